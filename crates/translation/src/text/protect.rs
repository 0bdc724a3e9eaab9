//! Text that a translation must not change: links, code, marks, names, telephone numbers, emoji.

use super::pattern::{Ranges, pattern};
use super::scripts::needs_no_spaces;
use super::{markdown, placeholders, symbols};
use crate::glossary::Found;
use meeshy_domain::spans::{self, Kind};
use regex::Regex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Names and shorthands; [`stands_alone`] filters out those that are part of a longer word.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          \#[\p{L}\p{M}\p{N}_]+                     # a tag
        | [A-Za-z]\+[A-Za-z0-9_-]{3,}               # a tracking link, m+token
        | :[a-z][a-z0-9_+-]+:                       # an emoji by name
        ",
    )
});

/// The maximum length of a word, in letters.
const MAX_WORD: usize = 200;

/// Telephone numbers. Other numbers are [`quantities`](super::quantities).
static TELEPHONES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+\d(?:[ ().-]{0,2}\d){6,14}"));

/// The protected pieces of a text: in order, disjoint, none empty; and the replacements of those found by
/// `terms`.
pub(super) fn protected(
    text: &str,
    terms: impl Fn(&Range<usize>) -> Vec<Found>,
) -> (Ranges, HashMap<Range<usize>, String>) {
    let mut instead: HashMap<Range<usize>, String> = HashMap::new();
    let mut found = Pieces::default();
    let spans = spans::spans(text);
    let of = |kinds: &'static [Kind]| {
        spans.iter().filter(|span| kinds.contains(&span.kind)).map(|span| span.range.clone())
    };
    found.extend(of(&[Kind::Code]));
    found.extend(markdown::links(text));
    // A URL may contain placeholders, and a placeholder may contain something like a mention.
    let addresses = Pieces { ranges: of(&[Kind::Link, Kind::Email]).collect() };
    found.extend(placeholders::find(text).into_iter().filter(|range| addresses.is_free(range)));
    found.extend(of(&[Kind::Link, Kind::Email, Kind::Mention]));
    found.extend(symbols::emoji(text));
    found.extend(symbols::signs(text));
    found.extend_gaps(text, |gap| alone(&NAMES, text, gap));
    found.extend_gaps(text, |gap| {
        let terms = terms(&gap);
        let ranges = terms.iter().map(|(range, _)| range.clone()).collect();
        terms.into_iter().for_each(|(range, term)| {
            instead.entry(range).or_insert(term);
        });
        ranges
    });
    found.extend_gaps(text, |gap| alone(&TELEPHONES, text, gap));
    found.extend_gaps(text, |gap| markdown::delimiters(text, gap));
    found.extend_gaps(text, |gap| endless(text, gap));
    (found.ranges, instead)
}

#[derive(Default)]
struct Pieces {
    ranges: Ranges,
}

impl Pieces {
    /// Adds ranges that do not overlap previous ones; of those that overlap each other, the one that starts
    /// first, and of these the longest.
    fn extend(&mut self, ranges: impl IntoIterator<Item = Range<usize>>) {
        let mut free: Ranges = ranges.into_iter().filter(|range| self.is_free(range)).collect();
        free.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        free.retain(|range| {
            let is_apart = end <= range.start;
            end = if is_apart { range.end } else { end };
            is_apart
        });
        self.ranges.append(&mut free);
        self.ranges.sort_unstable_by_key(|range| range.start);
    }

    /// Adds what `find` finds in each gap: a known piece is not part of any later one.
    fn extend_gaps(&mut self, text: &str, find: impl FnMut(Range<usize>) -> Ranges) {
        let more: Ranges = self.gaps(text).flat_map(find).collect();
        self.extend(more);
    }

    fn gaps<'a>(&'a self, text: &str) -> impl Iterator<Item = Range<usize>> + 'a {
        let starts = std::iter::once(0).chain(self.ranges.iter().map(|range| range.end));
        let ends = self.ranges.iter().map(|range| range.start).chain(std::iter::once(text.len()));
        starts.zip(ends).map(|(start, end)| start..end)
    }

    fn is_free(&self, range: &Range<usize>) -> bool {
        let next = self.ranges.partition_point(|known| known.end <= range.start);
        !range.is_empty() && self.ranges.get(next).is_none_or(|known| known.start >= range.end)
    }
}

fn alone(pattern: &Regex, text: &str, gap: Range<usize>) -> Ranges {
    let found =
        pattern.find_iter(&text[gap.clone()]).map(|found| gap.start + found.start()..gap.start + found.end());
    found.filter(|range| stands_alone(text, range)).collect()
}

/// Text without spaces that is longer than any word: keys, hashes, a cat on the keyboard.
fn endless(text: &str, gap: Range<usize>) -> Ranges {
    let mut ranges = Vec::new();
    let mut at = gap.start;
    for run in text[gap].split_inclusive(|c: char| c.is_whitespace() || c.is_control()) {
        let word = run.trim_end_matches(|c: char| c.is_whitespace() || c.is_control());
        if word.chars().nth(MAX_WORD).is_some() && !word.chars().any(needs_no_spaces) {
            ranges.push(at..at + word.len());
        }
        at += run.len();
    }
    ranges
}

/// Whether no word or number continues across the start of a piece. Scripts without spaces have no boundaries
/// there.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || ('À'..='ɏ').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pieces(text: &str) -> Vec<&str> {
        protected(text, |_| Vec::new()).0.into_iter().map(|range| &text[range]).collect()
    }

    #[rstest]
    #[case("see https://example.org/a?b=c#d, and www.example.org!", &["https://example.org/a?b=c#d", "www.example.org"])]
    #[case("(https://en.wikipedia.org/wiki/Foo_(bar))", &["https://en.wikipedia.org/wiki/Foo_(bar)"])]
    #[case("写信给 lea@example.org 吧", &["lea@example.org"])]
    #[case("hi @marie.d, and @Jean-Luc", &["@marie.d", "@Jean-Luc"])]
    #[case("你好@marie你好", &["@marie"])]
    #[case("#été2026 and #日本", &["#été2026", "#日本"])]
    #[case("open m+abc123 please", &["m+abc123"])]
    #[case("run `cargo\ntest` [now](https://example.org/a_(b)，)", &["`cargo\ntest`", "[", "](https://example.org/a_(b)，)"])]
    #[case("call +33 6 12 34 56 78 now", &["+33 6 12 34 56 78"])]
    #[case("nice 👍🏽 family 👨‍👩‍👧‍👦🇫🇷 1️⃣ ❤️", &["👍🏽", "👨‍👩‍👧‍👦🇫🇷", "1️⃣", "❤️"])]
    #[case("ok :thumbs_up: {{name}} {0}", &[":thumbs_up:", "{{name}}", "{0}"])]
    #[case("2 cats, C++ and a/b", &[])]
    #[case("x\u{E001}y", &["\u{E001}"])]
    fn protected_pieces_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(pieces(text), expected);
    }

    #[test]
    fn only_an_unreadable_word_is_protected() {
        let (key, thai) = ("Zm9v".repeat(60), "สวัสดีครับ".repeat(60));
        assert_eq!(pieces(&format!("the key is {key} and {thai}")), [key]);
        assert_eq!(pieces(&"long ".repeat(100)), Vec::<&str>::new());
    }
}
