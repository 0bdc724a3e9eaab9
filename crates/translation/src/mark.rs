//! Marks: characters that stand for protected pieces of a text while it is translated.

use std::ops::RangeInclusive;

/// Marks are private-use characters: they have no meaning in any language and do not affect word and sentence
/// boundaries.
const MARKS: RangeInclusive<char> = '\u{E000}'..='\u{F8FF}';

/// Whether a character is a mark of a protected piece.
pub fn is_mark(character: char) -> bool {
    MARKS.contains(&character)
}

/// The mark of the piece with this index.
pub(crate) fn mark(index: usize) -> char {
    u32::try_from(index)
        .ok()
        .and_then(|index| char::from_u32(u32::from(*MARKS.start()) + index))
        .filter(|&character| is_mark(character))
        .unwrap_or(*MARKS.end())
}

/// The index of the piece of a mark.
pub(crate) fn mark_index(mark: char) -> Option<usize> {
    is_mark(mark)
        .then(|| u32::from(mark) - u32::from(*MARKS.start()))
        .and_then(|index| usize::try_from(index).ok())
}

/// Whether both texts contain the same marks, each equally often.
pub(crate) fn same_marks(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut marks: Vec<char> = text.chars().filter(|&c| is_mark(c)).collect();
        marks.sort_unstable();
        marks
    };
    sorted(one) == sorted(other)
}
