//! Sequences of three letters, including word boundaries: the data of [`profiles`](super::profiles).

/// A sequence; a space stands for a word boundary.
pub type Trigram = [char; 3];

/// The sequences of a text, in lower case.
pub fn trigrams(text: &str) -> Vec<Trigram> {
    let mut letters = vec![' '];
    // The dot that `İ` loses is not a letter.
    for c in text.chars().flat_map(char::to_lowercase).chain([' ']).filter(|&c| c != '\u{307}') {
        let c = if c.is_alphabetic() { c } else { ' ' };
        if c != ' ' || letters.last() != Some(&' ') {
            letters.push(c);
        }
    }
    letters.windows(3).filter_map(|window| window.try_into().ok()).collect()
}
