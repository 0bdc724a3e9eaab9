//! Sequences of three letters, with the borders of words: what [`profiles`](super::profiles) are made of and compared with.

/// A sequence; a space stands for the border of a word.
pub type Trigram = [char; 3];

/// The sequences of a text, in small letters.
pub fn trigrams(text: &str) -> Vec<Trigram> {
    let mut letters = vec![' '];
    // The dot that `İ` loses is no letter of its own.
    for c in text.chars().flat_map(char::to_lowercase).chain([' ']).filter(|&c| c != '\u{307}') {
        let c = if c.is_alphabetic() { c } else { ' ' };
        if c != ' ' || letters.last() != Some(&' ') {
            letters.push(c);
        }
    }
    letters.windows(3).filter_map(|window| window.try_into().ok()).collect()
}
