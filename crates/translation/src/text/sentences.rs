//! Sentences according to Unicode (UAX 29), none longer than a model can handle.

use crate::mark::is_mark;
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use std::ops::Range;

/// Models are trained on sentences of up to about 128 tokens. This is the maximum weight of a sentence, about a
/// third of which is its number of tokens.
const MAX_WEIGHT: usize = 400;

/// Abbreviations that precede a name or a number.
const ABBREVIATIONS: [&str; 32] = [
    "mr", "mrs", "ms", "dr", "dra", "prof", "profa", "sr", "sra", "srta", "sres", "st", "ste", "mt", "vs",
    "fig", "vol", "gen", "col", "lt", "capt", "sgt", "rev", "hon", "gov", "sen", "rep", "mme", "mlle", "hr",
    "fr", "núm",
];

/// The weight of a character: in the Latin, Greek and Cyrillic scripts, a token has several.
fn weight(c: char) -> usize {
    if matches!(c, '\0'..='\u{52F}' | '\u{1E00}'..='\u{206F}') || is_mark(c) { 1 } else { 2 }
}

/// Where a text exceeds the maximum weight.
fn limit(text: &str) -> Option<usize> {
    let mut sum = 0;
    text.char_indices().find_map(|(at, c)| {
        sum += weight(c);
        (sum > MAX_WEIGHT).then_some(at)
    })
}

/// Splits a line into adjacent sentences, each with the space after it.
pub(super) fn sentences(line: &str) -> Vec<Range<usize>> {
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let mut ranges = Vec::new();
    let mut start = 0;
    for end in segmenter.segment_str(line).skip(1) {
        if !is_unfinished(&line[start..end], &line[end..]) {
            cut_long(line, start..end, &mut ranges);
            start = end;
        }
    }
    cut_long(line, start..line.len(), &mut ranges);
    ranges
}

/// Whether a sentence seems to end, but goes on: after an initial (`J. Smith`) or another abbreviation (`Dr. Smith`),
/// or before a small letter (`Yahoo! and others`).
fn is_unfinished(sentence: &str, rest: &str) -> bool {
    let sentence = sentence.trim_end();
    if rest.starts_with(char::is_lowercase) && sentence.ends_with(['!', '?', '.']) {
        return true;
    }
    let last =
        sentence.rsplit(|c: char| c.is_whitespace() || "([\"'“‘«".contains(c)).next().unwrap_or(sentence);
    let Some(word) = last.strip_suffix('.').filter(|_| !rest.is_empty()) else { return false };
    let is_initials = word.split('.').all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    });
    is_initials || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Splits a sentence that is too long at a natural pause: after punctuation, otherwise at a space, otherwise
/// between words, which in Thai and Chinese requires a dictionary.
fn cut_long(line: &str, mut rest: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    while let Some(limit) = limit(&line[rest.clone()]).map(|at| rest.start + at) {
        let head = &line[rest.start..limit];
        let at = after_last(head, |c| ";:；：,،，、—".contains(c))
            .or_else(|| after_last(head, char::is_whitespace))
            .or_else(|| last_word_end(head))
            .unwrap_or_else(|| last_grapheme_end(&line[rest.start..], head.len()));
        ranges.push(rest.start..rest.start + at);
        rest.start += at;
    }
    if !rest.is_empty() {
        ranges.push(rest);
    }
}

/// After the last such character in the second half, so that no part is too short to be understood.
fn after_last(head: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let (at, character) = head.char_indices().rfind(|&(_, c)| wanted(c))?;
    let end = at + character.len_utf8();
    (end > head.len() / 2).then_some(end)
}

/// The last word boundary. The last word may continue after the head, so its end does not count.
fn last_word_end(head: &str) -> Option<usize> {
    let segmenter = WordSegmenter::new_auto(WordBreakInvariantOptions::default());
    segmenter.segment_str(head).filter(|&end| end > 0 && end < head.len()).last()
}

/// The last grapheme boundary, at most at `limit`; at least one grapheme.
fn last_grapheme_end(text: &str, limit: usize) -> usize {
    let mut last = 0;
    for end in GraphemeClusterSegmenter::new().segment_str(text).skip(1) {
        if end > limit && last > 0 {
            break;
        }
        last = end;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn texts(line: &str) -> Vec<&str> {
        sentences(line).into_iter().map(|range| &line[range]).collect()
    }

    #[rstest]
    #[case("Hello there. How are you?  Fine!", &["Hello there. ", "How are you?  ", "Fine!"])]
    #[case("It costs 3.50 today.", &["It costs 3.50 today."])]
    #[case("今日は。元気ですか？はい！", &["今日は。", "元気ですか？", "はい！"])]
    #[case("你好。你在哪里？", &["你好。", "你在哪里？"])]
    #[case("안녕하세요. 어디 가요?", &["안녕하세요. ", "어디 가요?"])]
    #[case("مرحبا. كيف حالك؟ بخير.", &["مرحبا. ", "كيف حالك؟ ", "بخير."])]
    #[case("सब ठीक है। आप कैसे हैं?", &["सब ठीक है। ", "आप कैसे हैं?"])]
    #[case("کیا حال ہے۔ ٹھیک ہوں؟", &["کیا حال ہے۔ ", "ٹھیک ہوں؟"])]
    #[case("ሰላም። እንዴት ነህ?", &["ሰላም። ", "እንዴት ነህ?"])]
    #[case("សួស្តី។ សុខសប្បាយទេ?", &["សួស្តី។ ", "សុខសប្បាយទេ?"])]
    #[case("Բարև։ Ինչպե՞ս ես։", &["Բարև։ ", "Ինչպե՞ս ես։"])]
    #[case("Mr. Rudd met Dr. J. Smith. They talked.", &["Mr. Rudd met Dr. J. Smith. ", "They talked."])]
    #[case("O Sr. Silva e a Sra. Costa. Sim!", &["O Sr. Silva e a Sra. Costa. ", "Sim!"])]
    #[case("Yahoo! and others. Yes! No?", &["Yahoo! and others. ", "Yes! ", "No?"])]
    #[case("Roe v. Wade in the U.S. Senate. Next.", &["Roe v. Wade in the U.S. Senate. ", "Next."])]
    #[case("Ask Dr.", &["Ask Dr."])]
    #[case("This is the end. Mr. X left.", &["This is the end. ", "Mr. X left."])]
    #[case("", &[])]
    fn sentences_of_many_languages(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(line), expected);
    }

    #[test]
    fn a_long_sentence_is_split_at_a_pause() {
        let line = format!("{}, {}", "word ".repeat(60).trim_end(), "more ".repeat(60).trim_end());
        let cut = texts(&line);
        assert_eq!(cut.len(), 2);
        assert!(cut[0].ends_with("word,"), "{cut:?}");
    }

    #[rstest]
    #[case("ฉันไปตลาดกับเพื่อนของฉันทุกวัน", &["ฉัน", "ไป", "ตลาด", "กับ", "เพื่อน", "ของ", "ทุก", "วัน"])]
    #[case("我每天和我的朋友一起去市场", &["我", "每天", "和", "我的", "朋友", "一起", "去", "市场"])]
    fn a_text_without_spaces_is_split_between_words(#[case] phrase: &str, #[case] words: &[&str]) {
        let line = phrase.repeat(30);
        let cut = texts(&line);
        assert!(cut.len() > 1);
        for piece in &cut {
            assert!(piece.chars().map(weight).sum::<usize>() <= MAX_WEIGHT);
            assert!(words.iter().any(|word| piece.starts_with(word)), "{piece}");
            assert!(words.iter().any(|word| piece.ends_with(word)), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_cover_the_line(line in "[\\PC ]{0,600}") {
            let ranges = sentences(&line);
            prop_assert_eq!(ranges.iter().map(|range| &line[range.clone()]).collect::<String>(), line.clone());
            for range in ranges {
                prop_assert!(!range.is_empty());
            }
        }
    }
}
