//! Splits HTML into text to translate and markup to keep: tags, comments, scripts and code come back byte for
//! byte.
//!
//! So do elements with `translate="no"` or of the class `notranslate`, including their content.
//!
//! A sentence may span inline tags: each becomes a placeholder in the text to translate, which a translator
//! preserves. At other tags, a text ends. The HTML is not parsed as a browser does: whatever looks like a tag
//! is kept, and nothing is repaired.

use html_escape::{decode_html_entities, encode_text};
use meeshy_translation::is_mark;

/// Elements whose content is not for readers, or must not change.
const KEPT: [&str; 7] = ["script", "style", "code", "pre", "textarea", "template", "svg"];

/// Elements without content.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Inline elements.
const INLINE: [&str; 26] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var",
];

/// The placeholder of the first tag of a text; the others follow.
const FIRST_MARK: u32 = 0xE000;
/// Maximum number of placeholders in a text.
const MAX_MARKS: usize = 1_000;

/// Where a text is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// At tags that end a sentence.
    AtBlocks,
    /// At every tag.
    AtTags,
}

/// An HTML document split into pieces.
#[derive(Debug, PartialEq, Eq)]
pub struct Html<'a> {
    pieces: Vec<Piece<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Kept(&'a str),
    Text(Text<'a>),
}

#[derive(Debug, PartialEq, Eq)]
struct Text<'a> {
    raw: &'a str,
    /// Without entities and line breaks, which are insignificant in HTML; with placeholders for tags.
    plain: String,
    tags: Vec<&'a str>,
}

impl<'a> Html<'a> {
    /// Splits a document into pieces.
    pub fn cut(html: &'a str, cut: Cut) -> Self {
        // Characters that look like our placeholders would be mistaken for them.
        let cut = if html.contains(is_mark) { Cut::AtTags } else { cut };
        let mut pieces = Vec::new();
        // Where a text starts, and the tags in it.
        let (mut start, mut tags) = (0, Vec::new());
        let mut at = 0;
        while let Some(found) = html[at..].find('<').map(|found| at + found) {
            let Some(length) = markup(&html[found..]) else {
                at = found + 1;
                continue;
            };
            let end = found + length;
            if cut == Cut::AtBlocks && is_inline(&html[found..end]) && tags.len() < MAX_MARKS {
                tags.push(found..end);
            } else {
                text(html, start..found, &std::mem::take(&mut tags), &mut pieces);
                pieces.push(Piece::Kept(&html[found..end]));
                start = end;
            }
            at = end;
        }
        text(html, start..html.len(), &tags, &mut pieces);
        Self { pieces }
    }

    /// The texts to translate, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.plain.as_str()),
            Piece::Kept(_) => None,
        })
    }

    /// Reassembles the document with translations of [`texts`](Self::texts), in order; `None` if tags came
    /// back crossed.
    pub fn assemble(&self, translations: impl IntoIterator<Item = String>) -> Option<String> {
        let mut translations = translations.into_iter();
        let mut html = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Kept(kept) => html.push_str(kept),
                Piece::Text(text) => match translations.next() {
                    Some(translation) if translation != text.plain => {
                        html.push_str(&text.with_tags(&translation)?);
                    }
                    _ => html.push_str(text.raw),
                },
            }
        }
        Some(html)
    }
}

impl Text<'_> {
    /// The translation with its placeholders replaced by the tags.
    fn with_tags(&self, translation: &str) -> Option<String> {
        let mut html = String::new();
        let mut order = Vec::new();
        let mut rest = translation;
        while let Some((at, mark)) = rest.char_indices().find(|&(_, c)| is_mark(c)) {
            let index = usize::try_from(u32::from(mark).checked_sub(FIRST_MARK)?).ok()?;
            html.push_str(&encode_text(&rest[..at]));
            html.push_str(self.tags.get(index)?);
            order.push(index);
            rest = &rest[at + mark.len_utf8()..];
        }
        html.push_str(&encode_text(rest));
        self.is_sound(&order).then_some(html)
    }

    /// Whether all tags are present in a valid order: their own, or one in which elements are properly
    /// nested.
    fn is_sound(&self, order: &[usize]) -> bool {
        if order.len() != self.tags.len() {
            return false;
        }
        if order.is_sorted() {
            return true;
        }
        let mut open: Vec<&str> = Vec::new();
        for &index in order {
            let tag = self.tags[index];
            match (tag.strip_prefix("</"), tag.strip_prefix('<')) {
                (Some(end), _) => match open.pop() {
                    Some(begun) if name_of(begun).eq_ignore_ascii_case(name_of(end)) => {}
                    _ => return false,
                },
                (None, Some(begin)) if !is_whole(tag) => open.push(begin),
                _ => {}
            }
        }
        open.is_empty()
    }
}

/// The name at the start of the rest of a tag.
fn name_of(tag: &str) -> &str {
    tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default()
}

/// Whether markup is complete by itself: it contains its end tag, or needs none.
fn is_whole(markup: &str) -> bool {
    markup.ends_with("/>") || markup.starts_with("<!") || markup[1..].contains("</")
}

fn is_inline(markup: &str) -> bool {
    let name = name_of(markup.trim_start_matches(['<', '/']));
    INLINE.iter().any(|inline| inline.eq_ignore_ascii_case(name))
}

/// Splits off the surrounding space, which separates words of different tags.
fn text<'a>(
    html: &'a str,
    range: std::ops::Range<usize>,
    tags: &[std::ops::Range<usize>],
    pieces: &mut Vec<Piece<'a>>,
) {
    let raw = &html[range.clone()];
    let mut words = String::new();
    let mut at = range.start;
    for (index, tag) in (0..).zip(tags) {
        words.push_str(&html[at..tag.start]);
        words.extend(char::from_u32(FIRST_MARK + index));
        at = tag.end;
    }
    words.push_str(&html[at..range.end]);
    if words.chars().all(|c| c.is_whitespace() || is_mark(c)) && !raw.contains(is_mark) {
        if !raw.is_empty() {
            pieces.push(Piece::Kept(raw));
        }
        return;
    }
    let begun = raw.trim_start();
    let (before, rest) = raw.split_at(raw.len() - begun.len());
    let (middle, after) = rest.split_at(begun.trim_end().len());
    if !before.is_empty() {
        pieces.push(Piece::Kept(before));
    }
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    pieces.push(Piece::Text(Text {
        raw: middle,
        plain: decode_html_entities(words.join(" ").trim()).into_owned(),
        tags: tags.iter().map(|tag| &html[tag.clone()]).collect(),
    }));
    if !after.is_empty() {
        pieces.push(Piece::Kept(after));
    }
}

/// The length of the markup at the start of a text, in bytes; `None` if its `<` starts none.
fn markup(html: &str) -> Option<usize> {
    element(html, true)
}

/// Like [`markup`]; within an element that is not to be translated, nested ones are not treated specially.
fn element(html: &str, is_to_be_translated: bool) -> Option<usize> {
    let to_the_end = Some(html.len());
    if html.starts_with("<!--") {
        return html.find("-->").map(|end| end + 3).or(to_the_end);
    }
    let after = html[1..].chars().next()?;
    if !after.is_ascii_alphabetic() && !matches!(after, '/' | '!' | '?') {
        return None;
    }
    let Some(end) = tag_end(html) else { return to_the_end };
    let tag = &html[..end];
    let name = name_of(&tag[1..]);
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    if name.is_empty() || tag.ends_with("/>") || VOID.iter().any(is) {
        return Some(end);
    }
    if KEPT.iter().any(is) {
        return closing(&html[end..], name).map(|length| end + length).or(to_the_end);
    }
    if is_to_be_translated && says_no(tag) {
        return closing_nested(&html[end..], name).map(|length| end + length).or(to_the_end);
    }
    Some(end)
}

/// Whether an element must not be translated (HTML 3.2.6.5, and the class that translators support).
fn says_no(tag: &str) -> bool {
    attributes(tag).any(|(name, value)| {
        name.eq_ignore_ascii_case("translate") && value.trim().eq_ignore_ascii_case("no")
            || name.eq_ignore_ascii_case("class")
                && value.split_ascii_whitespace().any(|class| class.eq_ignore_ascii_case("notranslate"))
    })
}

/// The attributes of a tag with their values, which are empty if missing.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_between = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let mut rest = tag.split_at(1 + name_of(&tag[1..]).len()).1;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_between);
        let length = rest.find(|c: char| is_between(c) || c == '=').unwrap_or(rest.len());
        // A `=` where a name should start is part of the name.
        let length = if length == 0 && !rest.is_empty() { 1 } else { length };
        let (name, after) = rest.split_at(length);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            rest = after;
            return (!name.is_empty()).then_some((name, ""));
        };
        let value = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let (value, after) = value[1..].split_once(quote).unwrap_or((&value[1..], ""));
                rest = after;
                value
            }
            None => {
                let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len());
                rest = &value[end..];
                &value[..end]
            }
        };
        Some((name, value))
    })
}

/// The end of the element `name` that was opened before a text; elements of the same name may be nested.
fn closing_nested(html: &str, name: &str) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(found) = html[at..].find('<').map(|found| at + found) {
        let rest = &html[found..];
        if !name_of(rest.trim_start_matches(['<', '/'])).eq_ignore_ascii_case(name) {
            at = found + element(rest, false).unwrap_or(1);
            continue;
        }
        let is_end = rest.starts_with("</");
        // A paragraph ends where the next one starts.
        if !is_end && name.eq_ignore_ascii_case("p") {
            return Some(found);
        }
        at = found + tag_end(rest)?;
        depth = if is_end { depth - 1 } else { depth + usize::from(!html[found..at].ends_with("/>")) };
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The end of the tag at the start of a text; a `>` in quotes does not end it.
fn tag_end(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The end of the first `</name …>` of a text.
fn closing(html: &str, name: &str) -> Option<usize> {
    html.match_indices("</").find_map(|(at, _)| {
        let rest = html.get(at + 2..at + 2 + name.len())?;
        rest.eq_ignore_ascii_case(name).then(|| Some(at + tag_end(&html[at..])?)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn shouted(html: &str) -> String {
        let cut = Html::cut(html, Cut::AtBlocks);
        let shouted: Vec<String> = cut.texts().map(str::to_uppercase).collect();
        cut.assemble(shouted).unwrap()
    }

    #[rstest]
    #[case("<p class=\"green\">Hello!</p>", "<p class=\"green\">HELLO!</p>")]
    #[case("a <b>big</b> world", "A <b>BIG</b> WORLD")]
    #[case("<a title='x > y'>x</a>", "<a title='x > y'>X</a>")]
    #[case("<script>if (a < b) go()</script>now", "<script>if (a < b) go()</script>NOW")]
    #[case("<CODE>let x</Code> is code<br/>", "<CODE>let x</Code> IS CODE<br/>")]
    #[case("<!-- keep > me -->x", "<!-- keep > me -->X")]
    #[case("a <b translate=\"no\">big</b> x", "A <b translate=\"no\">big</b> X")]
    #[case("a <b class='x notranslate y'>big</b> x", "A <b class='x notranslate y'>big</b> X")]
    #[case("<DIV TRANSLATE=NO><div>a</div>b</DIV>c", "<DIV TRANSLATE=NO><div>a</div>b</DIV>C")]
    #[case("<p translate=\"no\">a <b>b</b><p>c</p>", "<p translate=\"no\">a <b>b</b><p>C</p>")]
    #[case(
        "<i class=notranslate>a<!-- </i> --><script>'</i>'</script>b</i>c",
        "<i class=notranslate>a<!-- </i> --><script>'</i>'</script>b</i>C"
    )]
    #[case(
        "<img translate=no alt=x>a<br class=\"notranslate\">b",
        "<img translate=no alt=x>A<br class=\"notranslate\">B"
    )]
    #[case(
        "<b class=\"notranslated\" data-translate=\"no\" title='translate=\"no\"'>a</b>",
        "<b class=\"notranslated\" data-translate=\"no\" title='translate=\"no\"'>A</b>"
    )]
    #[case(
        "<b translate=\"yes\">a</b><b translate>b</b><b\ntranslate = 'no' >c</b>",
        "<b translate=\"yes\">A</b><b translate>B</b><b\ntranslate = 'no' >c</b>"
    )]
    #[case("<x-a translate=no><x-b>a</x-b>b</x-a>c", "<x-a translate=no><x-b>a</x-b>b</x-a>C")]
    #[case("<div translate=no>never <div>closed</div>", "<div translate=no>never <div>closed</div>")]
    #[case("caf&eacute; &amp; bar", "CAFÉ &amp; BAR")]
    #[case("1 < 2 &#60; x", "1 &lt; 2 &lt; X")]
    #[case("two\n  lines", "TWO LINES")]
    #[case("open <b", "OPEN <b")]
    #[case("<pre>never closed", "<pre>never closed")]
    #[case("<>", "<>")]
    #[case("", "")]
    fn only_readable_text_is_translated(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(shouted(html), expected);
    }

    #[test]
    fn unchanged_text_is_identical_byte_for_byte() {
        let html = "a&nbsp;<i>b</i>\n c &lt; d";
        let cut = Html::cut(html, Cut::AtBlocks);
        let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
        assert_eq!(cut.assemble(texts).unwrap(), html);
    }

    #[test]
    fn a_sentence_spans_inline_tags() {
        let html = "<p>See <a href='/x'>the <b>big</b> page</a>, run <code>ls</code>.</p><p>Then <br>go.</p>";
        let cut = Html::cut(html, Cut::AtBlocks);
        let texts: Vec<String> = cut.texts().map(|text| text.replace(is_mark, "◆")).collect();
        assert_eq!(texts, ["See ◆the ◆big◆ page◆, run ◆.", "Then", "go."]);
        assert_eq!(Html::cut(html, Cut::AtTags).texts().count(), 8);
    }

    #[rstest]
    #[case("a <b>b</b> <i>c</i>", &[2, 3, 0, 1], Some("<i>x</i><b>x</b>"))]
    #[case("a <b>b</b> <i>c</i>", &[0, 2, 1, 3], None)]
    #[case("a <b>b</b> c", &[1, 0], None)]
    #[case("a <b>b</b> c", &[0], None)]
    #[case("a <b>b</b> c", &[0, 1, 1], None)]
    #[case("a <b>b</b> c", &[0, 7], None)]
    #[case("a <code>ls</code> b <b>c</b>", &[1, 2, 0], Some("<b>x</b><code>ls</code>"))]
    fn tags_may_be_reordered_but_not_crossed(
        #[case] html: &str,
        #[case] order: &[u32],
        #[case] expected: Option<&str>,
    ) {
        let mut text = String::new();
        for (at, index) in order.iter().enumerate() {
            text.extend(char::from_u32(FIRST_MARK + index));
            text.push_str(if at % 2 == 0 && order.len() > at + 1 { "x" } else { "" });
        }
        assert_eq!(Html::cut(html, Cut::AtBlocks).assemble([text]).as_deref(), expected);
    }

    proptest! {
        #[test]
        fn any_text_survives(html in r#"([a-z <>/!\-"'&;é漢\n]|<b>|</b>|<script>|</script|<!--|-->|&lt;|<b translate=no>|<p class="notranslate">|<br translate=no>){0,40}"#) {
            for cut in [Cut::AtBlocks, Cut::AtTags] {
                let cut = Html::cut(&html, cut);
                let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
                let assembled = cut.assemble(texts);
                prop_assert_eq!(assembled.as_ref(), Some(&html));
            }
        }
    }
}
