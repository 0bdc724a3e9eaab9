//! Markdown syntax around translated text, which is kept.

use super::pattern::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A link or an image: the first and the last group are the syntax, with the URL; the text is between them.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)
          (!?\[) [^\[\]\n]*
          (\]\( (?:[^\s()]|\([^\s()]*\))* (?:[\ \t]+"[^"\n]*")? [\ \t]*\))
        "#,
    )
});

/// Characters that may start or end emphasis, and backslash escapes.
static DELIMITER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\[!-/:-@\[-`{-~]|\*+|_+|~~+"));

/// The syntax around link texts: `[` and `](url)`, or `![` for an image.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    if !text.contains("](") {
        return Vec::new();
    }
    LINK.captures_iter(text)
        .flat_map(|link| [link.get(1), link.get(2)])
        .flatten()
        .map(|mark| mark.range())
        .collect()
}

/// Emphasis delimiters and escaped characters.
pub(super) fn delimiters(text: &str, gap: Range<usize>) -> Vec<Range<usize>> {
    let found = DELIMITER
        .find_iter(&text[gap.clone()])
        .map(|found| gap.start + found.start()..gap.start + found.end());
    found.filter(|range| is_delimiter(text, range)).collect()
}

/// Whether such characters are next to a word: between spaces they are a bullet, a rule or arithmetic; within
/// a word, `_` is part of a name. Escaped characters always stay escaped.
fn is_delimiter(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back().unwrap_or(' ');
    let after = text[range.end..].chars().next().unwrap_or(' ');
    match text.as_bytes().get(range.start) {
        Some(b'\\') => true,
        Some(b'_') => !(before.is_alphanumeric() && after.is_alphanumeric()),
        _ => !(before.is_whitespace() && after.is_whitespace()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn texts<'a>(text: &'a str, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|range| &text[range.clone()]).collect()
    }

    #[rstest]
    #[case("see [the page](https://example.org/a_(b)) now", &["[", "](https://example.org/a_(b))"])]
    #[case(r#"![a cat](/cat.png "so sweet")"#, &["![", r#"](/cat.png "so sweet")"#])]
    #[case("[one](a)[two](b)", &["[", "](a)", "[", "](b)"])]
    #[case("array[0](x y) and [x] (y)", &[])]
    fn link_syntax_is_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text, &links(text)), expected);
    }

    #[rstest]
    #[case("a **bold** and _thin_ word", &["**", "**", "_", "_"])]
    #[case("~~gone~~ ***all***", &["~~", "~~", "***", "***"])]
    #[case("my_own_name is about ~5", &[])]
    #[case("* a bullet, 2 * 3, * * *", &[])]
    #[case(r"2\*3 and C:\dir", &[r"\*"])]
    #[case("**今日**は", &["**", "**"])]
    fn emphasis_delimiters_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text, &delimiters(text, 0..text.len())), expected);
    }
}
