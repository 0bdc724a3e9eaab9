//! Splits HTML into text to translate and markup to keep: tags, comments, scripts and code come back byte for
//! byte.
//!
//! So do elements with `translate="no"` or of the class `notranslate`, including their content.
//!
//! A sentence may span inline tags: each becomes a placeholder in the text to translate, which a translator
//! preserves. At other tags, a text ends. The HTML is not parsed as a browser does: whatever looks like a tag
//! is kept, and nothing is repaired.

mod markup;
#[cfg(test)]
mod tests;

use html_escape::{decode_html_entities, encode_text};
use markup::{markup, name_of};
use meeshy_translation::is_mark;

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
