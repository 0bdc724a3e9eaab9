//! Terms that a community wants translated in a certain way, or not at all.
//!
//! A term in a message becomes a mark, like a link, and is replaced afterwards. This works with every engine,
//! and the check of marks covers terms. Cached segments contain the mark instead of the term, so a changed
//! glossary never makes a cached text wrong.

use crate::text::{composed, needs_no_spaces};
use meeshy_domain::Language;
use std::ops::Range;

/// A term: one or more words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The term as it appears in messages; also found with a capital first letter.
    pub text: String,
    /// The target language; `None` for all without their own entry.
    pub language: Option<Language>,
    /// Its translation; `None` to keep the term as it is.
    pub translation: Option<String>,
}

/// The terms of a community or of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    /// The longest first, because `time zone` takes precedence over `time`.
    terms: Vec<Term>,
}

/// A term in a text, and its replacement.
pub(crate) type Found = (Range<usize>, String);

impl Glossary {
    /// A glossary of these terms.
    pub fn new(terms: impl IntoIterator<Item = Term>) -> Self {
        let terms = terms.into_iter().filter(|term| !term.text.trim().is_empty());
        let mut terms: Vec<Term> = terms.map(Term::composed).collect();
        terms.sort_by(|one, other| {
            let order = |term: &Term| (std::cmp::Reverse(term.text.len()), term.language.is_none());
            order(one).cmp(&order(other)).then_with(|| one.text.cmp(&other.text))
        });
        Self { terms }
    }

    /// The disjoint occurrences of its terms for a target language in a part of a text.
    pub(crate) fn find(&self, text: &str, gap: &Range<usize>, to: Language) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for term in self.terms.iter().filter(|term| term.language.is_none_or(|language| language == to)) {
            for (range, instead) in term.find(text, gap) {
                if found.iter().all(|(other, _)| range.end <= other.start || other.end <= range.start) {
                    found.push((range, instead));
                }
            }
        }
        found
    }
}

impl Term {
    /// The term with composed letters, as it is searched for.
    #[must_use]
    pub fn composed(self) -> Self {
        Self {
            text: composed(&self.text).into_owned(),
            translation: self.translation.map(|translation| composed(&translation).into_owned()),
            ..self
        }
    }

    /// Whether a text contains this [composed](Self::composed) term, in code and links as well.
    pub fn occurs_in(&self, text: &str) -> bool {
        let text = composed(text);
        !self.find(&text, &(0..text.len())).is_empty()
    }

    fn find(&self, text: &str, gap: &Range<usize>) -> Vec<Found> {
        let mut found = Vec::new();
        let capital = capitalized(&self.text);
        let mut forms = vec![(self.text.as_str(), self.translation.clone())];
        if capital != self.text {
            forms.push((&capital, self.translation.as_deref().map(capitalized)));
        }
        for (form, translation) in &forms {
            for (at, _) in text[gap.clone()].match_indices(form) {
                let range = gap.start + at..gap.start + at + form.len();
                if stands_alone(text, &range) {
                    let instead = translation.clone().unwrap_or_else(|| (*form).to_owned());
                    found.push((range, instead));
                }
            }
        }
        found
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether a term is not part of a longer word. Scripts without spaces have no boundaries there.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let goes_on = |one: Option<char>, other: Option<char>| {
        let in_word = |c: char| c.is_alphanumeric() && !needs_no_spaces(c);
        one.is_some_and(in_word) && other.is_some_and(in_word)
    };
    let term = &text[range.clone()];
    let (before, after) = (text[..range.start].chars().next_back(), text[range.end..].chars().next());
    !goes_on(before, term.chars().next()) && !goes_on(term.chars().next_back(), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn glossary() -> Glossary {
        let term = |text: &str, language: Option<&str>, translation: Option<&str>| Term {
            text: text.to_owned(),
            language: language.map(|code| Language::parse(code).unwrap()),
            translation: translation.map(str::to_owned),
        };
        Glossary::new([
            term("time", None, None),
            term("time zone", Some("fr"), Some("fuseau")),
            term("sprint", None, Some("sprint")),
            term("sprint", Some("fr"), Some("itération")),
            term("朝会", Some("fr"), Some("mêlée")),
            term("re\u{301}union", None, Some("Re\u{301}union")),
        ])
    }

    #[rstest]
    #[case("a time zone, time!", "fr", &["fuseau", "time"])]
    #[case("a time zone", "es", &["time"])]
    #[case("sprint. Sprint sprints Xsprint", "fr", &["itération", "Itération"])]
    #[case("sprint", "es", &["sprint"])]
    #[case("今日の朝会は、time的", "fr", &["mêlée", "time"])]
    #[case("une réunion", "es", &["Réunion"])]
    #[case("timeless, overtime, time_", "fr", &["time"])]
    fn terms_are_whole_words_of_their_target_language(
        #[case] text: &str,
        #[case] to: &str,
        #[case] expected: &[&str],
    ) {
        let mut found = glossary().find(text, &(0..text.len()), Language::parse(to).unwrap());
        found.sort_by_key(|(range, _)| range.start);
        assert_eq!(found.into_iter().map(|(_, instead)| instead).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_message_contains_a_term_as_a_whole_word() {
        let cases = [
            ("sprint", "el sprint", true),
            ("sprint", "los sprints", false),
            ("sprint", "presprint", false),
            ("sprint", "sprint2", false),
            ("sprint", "sprint_2", true),
            ("sprint", "pre-sprint", true),
            ("sprint", "«sprint»", true),
            ("sprint", "", false),
            ("sprint", "Sprint, ¿no?", true),
            ("sprint", "SPRINT", false),
            ("Sprint", "Sprint", true),
            ("Sprint", "sprint", false),
            ("été", "Été", true),
            ("été", "Étés", false),
            ("été", "l’été", true),
            ("time zone", "a time zone!", true),
            ("time zone", "Time zone", true),
            ("time zone", "time-zone", false),
            ("time zone", "a time", false),
            ("r\u{e9}union", "une re\u{301}union", true),
            ("re\u{301}union", "une r\u{e9}union", true),
            ("r\u{e9}union", "une reunion", false),
            ("朝会", "今日の朝会は", true),
            ("朝会", "会朝", false),
            ("C++", "en C++.", true),
            ("C++", "C+", false),
            ("meeshy", "`meeshy serve`", true),
            ("meeshy", "https://meeshy.example", true),
        ];
        for (text, message, expected) in cases {
            let term = Term { text: text.into(), language: None, translation: None }.composed();
            assert_eq!(term.occurs_in(message), expected, "{text} in {message}");
        }
    }
}
