//! Whether the film in an MP4 or QuickTime file is shown turned by a right angle, as telephones record it.

use std::io::{Read, Seek, SeekFrom};

/// How many boxes are looked at.
const MAX_BOXES: usize = 256;

/// Whether width and height of the film have to be exchanged.
pub(super) fn is_turned(file: &mut (impl Read + Seek), length: u64) -> bool {
    header_of_film(file, length).is_some_and(|matrix| {
        // The first two columns of a matrix; turned by a right angle, its diagonal is zero.
        let [a, b, c, d] = [matrix[0], matrix[1], matrix[3], matrix[4]];
        a == 0 && d == 0 && b != 0 && c != 0
    })
}

/// The matrix of the first track that has a size.
fn header_of_film(file: &mut (impl Read + Seek), length: u64) -> Option<[i32; 9]> {
    let mut boxes_left = MAX_BOXES;
    // Within the film, and within each track of it.
    let mut ends = vec![length];
    let mut at = 0;
    while let Some(&end) = ends.last() {
        if at >= end {
            ends.pop();
            continue;
        }
        boxes_left = boxes_left.checked_sub(1)?;
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut header = [0; 16];
        file.read_exact(&mut header).ok()?;
        let short = u32::from_be_bytes(*header.first_chunk()?);
        let (size, start) = match short {
            0 => (end - at, 8),
            1 => (u64::from_be_bytes(*header[8..].first_chunk()?), 16),
            short => (u64::from(short), 8),
        };
        let next = at.checked_add(size).filter(|next| size >= start && *next <= end)?;
        match &header[4..8] {
            b"moov" | b"trak" => {
                ends.push(next);
                at += start;
            }
            b"tkhd" => {
                if let Some(matrix) = matrix(file, at + start) {
                    return Some(matrix);
                }
                at = next;
            }
            _ => at = next,
        }
    }
    None
}

/// The matrix in the header of a track, if the track has a size: sound has none.
fn matrix(file: &mut (impl Read + Seek), at: u64) -> Option<[i32; 9]> {
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut version = [0; 1];
    file.read_exact(&mut version).ok()?;
    let before = if version[0] == 1 { 52 } else { 40 };
    file.seek(SeekFrom::Start(at + before)).ok()?;
    let mut numbers = [0; 44];
    file.read_exact(&mut numbers).ok()?;
    let number = |index: usize| i32::from_be_bytes(std::array::from_fn(|byte| numbers[4 * index + byte]));
    let has_size = number(9) != 0 && number(10) != 0;
    has_size.then(|| std::array::from_fn(number))
}
