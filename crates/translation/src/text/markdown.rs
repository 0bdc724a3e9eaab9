//! The marks of Markdown: code stays as it is, and so does what surrounds a text that is translated.

use super::protect::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// From an opening fence to the closing one, or to the end of the text (`CommonMark` 4.5); in lists and quotes too.
static FENCED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xms)
          ^[\ \t>]*```.*?(?:^[\ \t>]*```[^\n]*$|\z)
        | ^[\ \t>]*~~~.*?(?:^[\ \t>]*~~~[^\n]*$|\z)
        ",
    )
});

/// Backticks, as many again, and something between them on the same line.
static INLINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"```[^\n]+?```|``[^\n]+?``|`[^`\n]+`"));

/// A link or an image: the first and the last group are its marks, with the address; the text is between them.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)
          (!?\[) [^\[\]\n]*
          (\]\( (?:[^\s()]|\([^\s()]*\))* (?:[\ \t]+"[^"\n]*")? [\ \t]*\))
        "#,
    )
});

/// What may begin or end an emphasis, and what a backslash makes an ordinary character.
static DELIMITER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\[!-/:-@\[-`{-~]|\*+|_+|~~+"));

/// Fenced and inline code, with its marks.
pub(super) fn code(text: &str) -> Vec<Range<usize>> {
    if !text.contains(['`', '~']) {
        return Vec::new();
    }
    let fenced: Vec<Range<usize>> = FENCED.find_iter(text).map(|found| found.range()).collect();
    let mut all = fenced.clone();
    all.extend(INLINE.find_iter(text).map(|found| found.range()).filter(|inline| {
        let next = fenced.partition_point(|fence| fence.end <= inline.start);
        fenced.get(next).is_none_or(|fence| inline.end <= fence.start)
    }));
    all
}

/// What surrounds the texts of links: `[` and `](address)`, or `![` for an image.
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

/// The marks of emphasis, and escaped characters.
pub(super) fn delimiters(text: &str, gap: Range<usize>) -> Vec<Range<usize>> {
    let found = DELIMITER
        .find_iter(&text[gap.clone()])
        .map(|found| gap.start + found.start()..gap.start + found.end());
    found.filter(|range| is_delimiter(text, range)).collect()
}

/// Whether such characters stand next to a word: between spaces they are a bullet, a rule or a sum; within a word
/// `_` is part of a name. What is escaped stays escaped, wherever it is.
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
    #[case("run `cargo test` or ``a`b``", &["`cargo test`", "``a`b``"])]
    #[case("a\n```rust\nfn main() {}\n\n```\nb", &["```rust\nfn main() {}\n\n```"])]
    #[case("a\n~~~\n`x`\n~~~\nb `y`", &["~~~\n`x`\n~~~", "`y`"])]
    #[case("> ```\n> x\n> ```\ny", &["> ```\n> x\n> ```"])]
    #[case("a\n```\nnever closed\n", &["```\nnever closed\n"])]
    #[case("it's `open and ~ 5", &[])]
    fn code_is_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text, &code(text)), expected);
    }

    #[rstest]
    #[case("see [the page](https://example.org/a_(b)) now", &["[", "](https://example.org/a_(b))"])]
    #[case(r#"![a cat](/cat.png "so sweet")"#, &["![", r#"](/cat.png "so sweet")"#])]
    #[case("[one](a)[two](b)", &["[", "](a)", "[", "](b)"])]
    #[case("array[0](x y) and [x] (y)", &[])]
    fn link_marks_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text, &links(text)), expected);
    }

    #[rstest]
    #[case("a **bold** and _thin_ word", &["**", "**", "_", "_"])]
    #[case("~~gone~~ ***all***", &["~~", "~~", "***", "***"])]
    #[case("my_own_name is about ~5", &[])]
    #[case("* a bullet, 2 * 3, * * *", &[])]
    #[case(r"2\*3 and C:\dir", &[r"\*"])]
    #[case("**今日**は", &["**", "**"])]
    fn marks_of_emphasis_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text, &delimiters(text, 0..text.len())), expected);
    }
}
