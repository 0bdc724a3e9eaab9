//! Emoji that users react with.

use icu_properties::CodePointSetData;
use icu_properties::props::{Emoji as IsEmoji, EmojiModifier, ExtendedPictographic, RegionalIndicator};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// Maximum length of an emoji, in characters.
pub const MAX_CHARS: usize = 10;

const JOINER: char = '\u{200D}';
/// Requests the colorful form of the character before it.
const COLORFUL: char = '\u{FE0F}';
/// Turns a digit into a keycap.
const KEYCAP: char = '\u{20E3}';
const LAST_TAG: char = '\u{E007F}';

/// A single emoji, such as 👍, 👍🏽, 🇫🇷 or 👩‍👩‍👧.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Emoji(#[schemars(length(min = 1, max = MAX_CHARS), extend("examples" = ["👍"]))] String);

/// The text is not a single emoji.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a single emoji")]
pub struct NotAnEmoji;

impl Emoji {
    /// Checks that a text is one emoji, by the grammar of possible emoji (Unicode Technical Standard #51, 1.4.9).
    ///
    /// # Errors
    /// When it is not, or is longer than [`MAX_CHARS`].
    pub fn parse(text: &str) -> Result<Self, NotAnEmoji> {
        let text = text.trim();
        if text.chars().nth(MAX_CHARS).is_none() && is_emoji(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NotAnEmoji)
    }

    /// The emoji as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text contains a picture.
pub fn has_picture(text: &str) -> bool {
    let is_picture = |c| {
        CodePointSetData::new::<ExtendedPictographic>().contains(c)
            || CodePointSetData::new::<RegionalIndicator>().contains(c)
    };
    text.chars().any(is_picture)
}

fn is_emoji(text: &str) -> bool {
    let is_regional = |c: &char| CodePointSetData::new::<RegionalIndicator>().contains(*c);
    let is_flag = text.chars().count() == 2 && text.chars().all(|c| is_regional(&c));
    // Digits can begin an emoji, but are none.
    let is_drawn =
        text.chars().any(|c| c == KEYCAP || CodePointSetData::new::<ExtendedPictographic>().contains(c));
    is_flag || (is_drawn && is_joined(text))
}

/// Whether a text is one or more elements with joiners between them.
fn is_joined(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    loop {
        if !skip_element(&mut rest) {
            return false;
        }
        match rest.next() {
            None => return true,
            Some(JOINER) => {}
            Some(_) => return false,
        }
    }
}

/// Skips a character and what modifies it; returns whether there was one.
fn skip_element(rest: &mut Peekable<Chars<'_>>) -> bool {
    if !rest.next().is_some_and(|c| CodePointSetData::new::<IsEmoji>().contains(c)) {
        return false;
    }
    match rest.peek() {
        Some(c) if CodePointSetData::new::<EmojiModifier>().contains(*c) => _ = rest.next(),
        Some(&COLORFUL) => {
            rest.next();
            rest.next_if_eq(&KEYCAP);
        }
        Some(&KEYCAP) => _ = rest.next(),
        // The flags of regions.
        Some('\u{E0020}'..='\u{E007E}') => {
            while rest.next_if(|c| ('\u{E0020}'..='\u{E007E}').contains(c)).is_some() {}
            return rest.next() == Some(LAST_TAG);
        }
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn single_emoji_are_accepted() {
        for emoji in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "☺",
            "🇫🇷",
            "3️⃣",
            "#⃣",
            "👩‍👩‍👧",
            "🏳️‍🌈",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "👩🏻‍❤️‍💋‍👨🏼",
            "©",
        ] {
            assert_eq!(Emoji::parse(emoji).as_ref().map(Emoji::as_str), Ok(emoji));
        }
        assert_eq!(Emoji::parse(" 👍 ").unwrap().as_str(), "👍");
    }

    #[test]
    fn anything_else_is_rejected() {
        for text in [
            "",
            " ",
            "5",
            "#",
            "a",
            "ok",
            "👍👍",
            "👍 👍",
            "👍a",
            "a👍",
            "🇫",
            "🇫🇷🇫🇷",
            "🏽",
            "\u{200D}",
            "👍\u{200D}",
            ":thumbsup:",
            "<b>👍</b>",
            "👍\0",
            "\u{202E}👍",
        ] {
            assert_eq!(Emoji::parse(text), Err(NotAnEmoji), "{text:?}");
        }
        let long = ["👩"; 6].join("\u{200D}");
        assert_eq!(Emoji::parse(&long), Err(NotAnEmoji), "too long");
    }

    #[test]
    fn pictures_in_texts_are_found() {
        assert_eq!(["Léa 🎉", "🇫🇷", "Ana👩‍👧"].map(has_picture), [true; 3]);
        assert_eq!(["", "Jean-Luc O’Neil 3rd", "李 # *", "नेहा"].map(has_picture), [false; 4]);
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_unchanged_or_rejected(text in "\\PC{0,12}") {
            if let Ok(emoji) = Emoji::parse(&text) {
                prop_assert_eq!(emoji.as_str(), text.trim());
                prop_assert!(emoji.as_str().chars().count() <= MAX_CHARS);
            }
        }
    }
}
