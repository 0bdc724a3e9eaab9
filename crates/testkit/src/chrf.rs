//! The score chrF (Popović 2015), exactly as [sacrebleu](https://github.com/mjpost/sacrebleu) computes it by default:
//! n-grams of one to six characters without white space, recall twice as important as precision.

use std::collections::HashMap;

/// The longest n-grams.
const ORDER: usize = 6;

/// How much more important recall is than precision.
const BETA: f64 = 2.0;

/// The n-grams of an order.
#[derive(Default, Clone, Copy)]
struct Counts {
    /// Those of the translations whose reference has any.
    translated: usize,
    reference: usize,
    shared: usize,
}

/// The score of translations against their references, 0 to 100.
///
/// # Panics
/// If their numbers differ.
#[must_use]
pub fn chrf<T: AsRef<str>, R: AsRef<str>>(translations: &[T], references: &[R]) -> f64 {
    assert_eq!(translations.len(), references.len(), "a reference for each translation");
    let mut counts = [Counts::default(); ORDER];
    for (translation, reference) in translations.iter().zip(references) {
        let (translation, reference) = (letters(translation.as_ref()), letters(reference.as_ref()));
        for (index, counts) in counts.iter_mut().enumerate() {
            let (translated, expected) = (ngrams(&translation, index + 1), ngrams(&reference, index + 1));
            if !expected.is_empty() {
                counts.translated += translated.values().sum::<usize>();
            }
            counts.reference += expected.values().sum::<usize>();
            counts.shared += translated
                .iter()
                .map(|(ngram, &count)| count.min(expected.get(ngram).copied().unwrap_or(0)))
                .sum::<usize>();
        }
    }
    score(&counts)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn ngrams(letters: &[char], length: usize) -> HashMap<&[char], usize> {
    let mut counts = HashMap::new();
    for ngram in letters.windows(length) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}

/// The means of precision and recall over the orders that occur, combined.
#[expect(clippy::cast_precision_loss, reason = "the counts of texts are small")]
fn score(counts: &[Counts]) -> f64 {
    let known: Vec<&Counts> =
        counts.iter().filter(|counts| counts.translated > 0 && counts.reference > 0).collect();
    let mean = |whole: fn(&Counts) -> usize| {
        known.iter().map(|counts| counts.shared as f64 / whole(counts) as f64).sum::<f64>()
            / known.len() as f64
    };
    let (precision, recall) = (mean(|counts| counts.translated), mean(|counts| counts.reference));
    if known.is_empty() || precision + recall == 0.0 {
        return 0.0;
    }
    let factor = BETA * BETA;
    100.0 * (1.0 + factor) * precision * recall / (factor * precision + recall)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// The expected values are those of sacrebleu 2.6.0.
    #[rstest]
    #[case("O gato está aqui.", "O gato está aqui.", 100.0)]
    #[case("O gato está ali.", "O gato está aqui.", 69.291534971)]
    #[case("", "O gato", 0.0)]
    #[case("O gato", "", 0.0)]
    #[case("a", "a", 100.0)]
    #[case("a", "b", 0.0)]
    #[case("ab", "abc", 63.6363636364)]
    #[case("abc", "ab", 87.5)]
    #[case("Where is the cat?", "Where was the cat?", 62.3496838931)]
    #[case("o  gato \t está", "o gato está", 100.0)]
    #[case("O GATO", "o gato", 0.0)]
    #[case("àéîõü", "aeiou", 0.0)]
    #[case("今日は東京へ行きます。", "今日は大阪へ行きました。", 26.0118041376)]
    #[case("👍🏽 great", "👍 great", 58.9179047327)]
    #[case("aaaaaaa", "aaa", 70.2364394993)]
    #[case("aaa", "aaaaaaa", 37.1050698016)]
    #[case("The train leaves at 11:20.", "The train leaves at 11.20.", 84.0210783941)]
    #[case("abcdefghij", "abcdefghij klmnop", 60.2693953979)]
    #[case("abcdefghij klmnop", "abcdefghij", 85.8513367645)]
    #[case("Chegarei por volta das 11:00 da manhã.", "Vou chegar por volta das 11h.", 56.7908590188)]
    #[case("x", "x y z", 38.4615384615)]
    #[case("não", "nao", 22.2222222222)]
    #[case("1 234,5", "1,234.5", 23.9272943981)]
    #[case("\u{A0}a\u{202F}b\u{3000}c", "abc", 100.0)]
    #[case("e\u{301}", "é", 0.0)]
    fn a_text_scores_as_in_sacrebleu(
        #[case] translation: &str,
        #[case] reference: &str,
        #[case] expected: f64,
    ) {
        let score = chrf(&[translation], &[reference]);
        assert!((score - expected).abs() < 1e-9, "{score}");
    }

    #[test]
    fn the_texts_of_a_corpus_are_counted_together() {
        let translations = ["O gato está ali.", "", "Where is the cat?", "aaa"];
        let references = ["O gato está aqui.", "O cão", "Where was the cat?", "aaaaaaa"];
        let score = chrf(&translations, &references);
        assert!((score - 56.7075415561).abs() < 1e-9, "{score}");
    }
}
