//! HTML cut into what is translated and what is kept: tags, comments, scripts and code come back byte for byte.
//!
//! The text between two tags is translated by itself. It is not parsed as a browser does it: what looks like a tag is
//! kept, and nothing is repaired.

use html_escape::{decode_html_entities, encode_text};

/// Elements whose content is not for readers, or must not change.
const KEPT: [&str; 7] = ["script", "style", "code", "pre", "textarea", "template", "svg"];

/// A text with marks of HTML.
#[derive(Debug, PartialEq, Eq)]
pub struct Html<'a> {
    pieces: Vec<Piece<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Kept(&'a str),
    Text {
        raw: &'a str,
        /// Without entities and line breaks, which mean nothing in HTML.
        plain: String,
    },
}

impl<'a> Html<'a> {
    /// Cuts a text into pieces.
    pub fn cut(html: &'a str) -> Self {
        let mut pieces = Vec::new();
        let (mut from, mut at) = (0, 0);
        while let Some(found) = html[at..].find('<').map(|found| at + found) {
            match markup(&html[found..]) {
                Some(length) => {
                    text(&html[from..found], &mut pieces);
                    pieces.push(Piece::Kept(&html[found..found + length]));
                    (from, at) = (found + length, found + length);
                }
                None => at = found + 1,
            }
        }
        text(&html[from..], &mut pieces);
        Self { pieces }
    }

    /// The texts to translate, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text { plain, .. } => Some(plain.as_str()),
            Piece::Kept(_) => None,
        })
    }

    /// Puts it together again with these translations of [`texts`](Self::texts), in order.
    pub fn assemble(&self, translations: impl IntoIterator<Item = String>) -> String {
        let mut translations = translations.into_iter();
        let mut html = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Kept(kept) => html.push_str(kept),
                Piece::Text { raw, plain } => match translations.next() {
                    Some(translation) if translation != *plain => html.push_str(&encode_text(&translation)),
                    _ => html.push_str(raw),
                },
            }
        }
        html
    }
}

/// Keeps the space around a text apart, since it separates words of different tags.
fn text<'a>(raw: &'a str, pieces: &mut Vec<Piece<'a>>) {
    let begun = raw.trim_start();
    let (before, rest) = raw.split_at(raw.len() - begun.len());
    let (middle, after) = rest.split_at(begun.trim_end().len());
    for piece in [Piece::Kept(before), plain_text(middle), Piece::Kept(after)] {
        if !matches!(piece, Piece::Kept("")) {
            pieces.push(piece);
        }
    }
}

fn plain_text(raw: &str) -> Piece<'_> {
    if raw.is_empty() {
        return Piece::Kept("");
    }
    let words: Vec<&str> = raw.split_ascii_whitespace().collect();
    Piece::Text { raw, plain: decode_html_entities(&words.join(" ")).into_owned() }
}

/// How many bytes of markup a text begins with, if its `<` begins any.
fn markup(html: &str) -> Option<usize> {
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
    let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let kept = KEPT.iter().find(|kept| kept.eq_ignore_ascii_case(name) && !tag.ends_with("/>"));
    match kept {
        Some(name) => closing(&html[end..], name).map(|length| end + length).or(to_the_end),
        None => Some(end),
    }
}

/// Where the tag that a text begins with ends; a `>` in quotes does not end it.
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

/// Where the first `</name …>` of a text ends.
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
        let cut = Html::cut(html);
        let shouted: Vec<String> = cut.texts().map(str::to_uppercase).collect();
        cut.assemble(shouted)
    }

    #[rstest]
    #[case("<p class=\"green\">Hello!</p>", "<p class=\"green\">HELLO!</p>")]
    #[case("a <b>big</b> world", "A <b>BIG</b> WORLD")]
    #[case("<a title='x > y'>x</a>", "<a title='x > y'>X</a>")]
    #[case("<script>if (a < b) go()</script>now", "<script>if (a < b) go()</script>NOW")]
    #[case("<CODE>let x</Code> is code<br/>", "<CODE>let x</Code> IS CODE<br/>")]
    #[case("<!-- keep > me -->x", "<!-- keep > me -->X")]
    #[case("caf&eacute; &amp; bar", "CAFÉ &amp; BAR")]
    #[case("1 < 2 &#60; x", "1 &lt; 2 &lt; X")]
    #[case("two\n  lines", "TWO LINES")]
    #[case("open <b", "OPEN <b")]
    #[case("<pre>never closed", "<pre>never closed")]
    #[case("<>", "<>")]
    #[case("", "")]
    fn only_what_people_read_is_translated(#[case] html: &str, #[case] expected: &str) {
        assert_eq!(shouted(html), expected);
    }

    #[test]
    fn what_did_not_change_is_the_same_byte_for_byte() {
        let html = "a&nbsp;<i>b</i>\n c &lt; d";
        let cut = Html::cut(html);
        let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
        assert_eq!(cut.assemble(texts), html);
    }

    proptest! {
        #[test]
        fn any_text_survives(html in r#"([a-z <>/!\-"'&;é漢\n]|<b>|</b>|<script>|</script|<!--|-->|&lt;){0,40}"#) {
            let cut = Html::cut(&html);
            let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
            prop_assert_eq!(cut.assemble(texts), html);
        }
    }
}
