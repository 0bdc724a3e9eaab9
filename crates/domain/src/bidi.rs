//! Characters that change the direction of the surrounding text (UAX #9, section 2).
//!
//! They are legitimate in a text. In a file name they can only deceive: `photo_<U+202E>gpj.exe` is displayed
//! as `photo_exe.jpg`.

use std::borrow::Cow;

/// Whether a character is an embedding, an override, an isolate, the end of one, or a directional mark.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A file name without bidi and other control characters, so that it is displayed in the order in which it is
/// stored.
pub fn plain_file_name(name: &str) -> Cow<'_, str> {
    let is_unwanted = |c: char| is_bidi_control(c) || c.is_control();
    if name.contains(is_unwanted) { name.replace(is_unwanted, "").into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_shows_its_real_extension() {
        assert_eq!(plain_file_name("photo_\u{202e}gpj.exe"), "photo_gpj.exe");
        assert_eq!(plain_file_name("a\u{2067}b\u{2069}\u{200f}.\u{61c}txt\r\n"), "ab.txt");
        assert_eq!(plain_file_name("תמונה.jpg"), "תמונה.jpg");
        assert!(matches!(plain_file_name("photo.jpg"), Cow::Borrowed(_)));
    }
}
