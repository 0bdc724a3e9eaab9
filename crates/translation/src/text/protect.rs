//! What a translation must not change: links, code, names, quantities, emoji.

use crate::engine::is_mark;
use icu_properties::props::{ExtendedPictographic, RegionalIndicator};
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};
use icu_segmenter::GraphemeClusterSegmenter;
use linkify::{LinkFinder, LinkKind};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Turns a digit into a keycap, with or without U+FE0F between them.
const KEYCAP: char = '\u{20E3}';

const PICTOGRAPHIC: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const REGIONAL: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<RegionalIndicator>();

/// From an opening fence to the closing one, or to the end of the text (CommonMark 4.5).
static FENCED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?ms)^[ \t]{0,3}```.*?(?:^[ \t]{0,3}```[^\n]*$|\z)"));

/// Backticks, as many again, and something between them on the same line.
static INLINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"```[^\n]+?```|``[^\n]+?``|`[^`\n]+`"));

/// Names and shorthands; those that would be part of a longer word are sorted out by [`stands_alone`].
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          www\.[^\s<>]+[^\s<>.,;:!?'\x22)\]}…]      # a link without its scheme
        | @[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*      # a mention (wire-contract 3.5)
        | \#[\p{L}\p{M}\p{N}_]+                     # a tag
        | [A-Za-z]\+[A-Za-z0-9_-]{3,}               # a tracking link, m+token (wire-contract 3.4)
        | :[a-z][a-z0-9_+-]+:                       # an emoji by name
        | \{\{?[A-Za-z0-9_.\ ]+\}?\}                # a placeholder
        ",
    )
});

/// Quantities: a bare integer is left to the engine, because the words around it agree with it.
static QUANTITIES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          \+\d(?:[\ ().-]{0,2}\d){6,14}                                  # a telephone number
        | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}                               # a date
        | \d{1,2}[:h]\d{2}(?::\d{2})?(?:\ ?[ap]m)?(?-u:\b)              # a time
        | \p{Sc}\ ?\d+(?:[.,'’\u{A0}\u{202F}]\d+)*                      # an amount, with its currency before
        | \d+(?:[.,'’\u{A0}\u{202F}]\d+)*[\ \u{A0}\u{202F}]?(?:         # a number with its unit
            [%‰\p{Sc}] | °\ ?[CFK]? | (?:
              km/h|mph|m/s|[kcm]?m[²³2]?|nm|µm|mi|ft|[kmµ]?g|lbs?|oz|[cmd]?l|[kMGT]i?B|[kMG]?bit/s|k?Wh?|mA?h|
              [kMG]?Hz|px|min|m?s|h|EUR|USD|GBP|CHF|CAD|JPY|CNY|XAF|XOF)(?-u:\b))
        | \d+(?:[.,'’\u{A0}\u{202F}]\d+)+                               # a number with separators
        ",
    )
});

fn pattern(text: &str) -> Regex {
    // The patterns are constants, and a test compiles each of them.
    Regex::new(text).expect("a constant pattern is valid")
}

/// The protected pieces of a text: in order, apart from each other, none empty.
pub(super) fn protected(text: &str) -> Vec<Range<usize>> {
    let mut found = Found::default();
    found.extend(FENCED.find_iter(text).map(|fence| fence.range()));
    found.extend(INLINE.find_iter(text).map(|code| code.range()));
    found.extend(links(text));
    found.extend(emoji(text));
    for pattern in [&NAMES, &QUANTITIES] {
        let alone = found.gaps(text).flat_map(|gap| alone(pattern, text, gap)).collect::<Vec<_>>();
        found.extend(alone);
    }
    found.extend(text.char_indices().filter(|&(_, c)| is_mark(c)).map(|(at, c)| at..at + c.len_utf8()));
    found.ranges
}

#[derive(Default)]
struct Found {
    ranges: Vec<Range<usize>>,
}

impl Found {
    /// Adds what does not overlap with anything that was found before it.
    fn extend(&mut self, ranges: impl IntoIterator<Item = Range<usize>>) {
        let mut free: Vec<Range<usize>> = ranges.into_iter().filter(|range| self.is_free(range)).collect();
        self.ranges.append(&mut free);
        self.ranges.sort_unstable_by_key(|range| range.start);
    }

    /// What lies between: a piece that was found is no part of anything that is found later.
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

fn links(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    let found: Vec<_> = finder.links(text).map(|link| link.start()..link.end()).collect();
    found.into_iter()
}

fn alone(pattern: &Regex, text: &str, gap: Range<usize>) -> Vec<Range<usize>> {
    let found =
        pattern.find_iter(&text[gap.clone()]).map(|found| gap.start + found.start()..gap.start + found.end());
    found.filter(|range| stands_alone(text, range)).collect()
}

/// Whether no word or number goes on over the start of a piece. Scripts without spaces put no border there.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || ('À'..='ɏ').contains(&c))
}

/// Emoji, with everything that joins or modifies them; neighbours are one piece.
fn emoji(text: &str) -> Vec<Range<usize>> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for end in GraphemeClusterSegmenter::new().segment_str(text).skip(1) {
        if text[start..end].chars().any(|c| c == KEYCAP || PICTOGRAPHIC.contains(c) || REGIONAL.contains(c)) {
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        start = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pieces(text: &str) -> Vec<&str> {
        protected(text).into_iter().map(|range| &text[range]).collect()
    }

    #[rstest]
    #[case("see https://example.org/a?b=c#d, and www.example.org!", &["https://example.org/a?b=c#d", "www.example.org"])]
    #[case("(https://en.wikipedia.org/wiki/Foo_(bar))", &["https://en.wikipedia.org/wiki/Foo_(bar)"])]
    #[case("写信给 lea@example.org 吧", &["lea@example.org"])]
    #[case("hi @marie.d, and @Jean-Luc", &["@marie.d", "@Jean-Luc"])]
    #[case("你好@marie你好", &["@marie"])]
    #[case("#été2026 and #日本", &["#été2026", "#日本"])]
    #[case("open m+abc123 please", &["m+abc123"])]
    #[case("run `cargo test` or ``a`b``", &["`cargo test`", "``a`b``"])]
    #[case("a\n```rust\nfn main() {}\n\n```\nb", &["```rust\nfn main() {}\n\n```"])]
    #[case("a\n```\nnever closed\n", &["```\nnever closed\n"])]
    #[case("12:30, 5 km, 20 %, €5, 3.50€, 1,234.5 and 2026-11-21", &["12:30", "5 km", "20 %", "€5", "3.50€", "1,234.5", "2026-11-21"])]
    #[case("走5km回家", &["5km"])]
    #[case("call +33 6 12 34 56 78 now", &["+33 6 12 34 56 78"])]
    #[case("nice 👍🏽 family 👨‍👩‍👧‍👦🇫🇷 1️⃣ ❤️", &["👍🏽", "👨‍👩‍👧‍👦🇫🇷", "1️⃣", "❤️"])]
    #[case("ok :thumbs_up: {{name}} {0}", &[":thumbs_up:", "{{name}}", "{0}"])]
    #[case("2 cats, C++ and a/b", &[])]
    #[case("x\u{E001}y", &["\u{E001}"])]
    fn what_must_not_change(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(pieces(text), expected);
    }

    /// The old system's emoji pattern swallowed the letters of these.
    #[test]
    fn letters_of_no_language_are_taken_for_emoji() {
        for text in [
            "今日は東京へ行きます。",
            "오늘 서울에 갑니다.",
            "วันนี้ฉันไปกรุงเทพ",
            "اليوم أذهب",
            "आज मैं",
            "ዛሬ",
            "დღეს",
        ] {
            assert_eq!(pieces(text), Vec::<&str>::new(), "{text}");
        }
    }
}
