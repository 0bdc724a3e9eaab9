//! JPEG: segments, each with a marker and a length, and compressed data after each start of a scan.

use super::orientation::Exif;

const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];
const SCAN: u8 = 0xDA;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const EXIF: &[u8] = b"Exif\0\0";

/// A segment, and the compressed data that follows it.
struct Segment<'a> {
    marker: u8,
    payload: &'a [u8],
    compressed: &'a [u8],
}

/// The segments up to the end of the picture, or of what there is of it.
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.strip_prefix(&START).unwrap_or_default() }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        // Decoders skip what is between segments.
        let (at, marker) = next_marker(self.rest)?;
        let after = &self.rest[at + 2..];
        if marker == END[1] {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let payload = after.get(2..length)?;
        let after = &after[length..];
        let compressed = match marker {
            SCAN => &after[..next_marker(after).map_or(after.len(), |(at, _)| at)],
            _ => &[],
        };
        self.rest = &after[compressed.len()..];
        Some(Segment { marker, payload, compressed })
    }
}

/// The next marker that begins a segment or ends the picture, and where it is. Within compressed data, `FF` is
/// followed by 0, or by one of the markers that restart the decoder; before any marker there may be more `FF`.
fn next_marker(bytes: &[u8]) -> Option<(usize, u8)> {
    let is_marker = |two: &[u8]| two[0] == 0xFF && !matches!(two[1], 0 | 1 | 0xD0..=0xD8 | 0xFF);
    let at = bytes.windows(2).position(is_marker)?;
    Some((at, bytes[at + 1]))
}

/// The bytes for each pixel that a decoder needs besides the picture: all scans of a progressive JPEG are
/// collected before it is put together.
pub(crate) fn collected_bytes_per_pixel(bytes: &[u8]) -> u64 {
    let is_progressive = |marker| matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE);
    let frame = Segments::of(bytes).find(|it| is_progressive(it.marker));
    frame.and_then(|it| it.payload.get(5).copied()).map_or(0, |components| u64::from(components) * 2)
}

pub(super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    let before_scan = Segments::of(bytes).take_while(|it| it.marker != SCAN);
    before_scan.filter(|it| it.marker == APP1).find_map(|it| it.payload.strip_prefix(EXIF))
}

pub(super) fn strip(bytes: &[u8], orientation: Option<&Exif>) -> Option<Vec<u8>> {
    let mut stripped = Vec::with_capacity(bytes.len());
    let mut exif = orientation;
    let mut is_whole = false;
    stripped.extend(START);
    for segment in Segments::of(bytes) {
        // What says that the file is JFIF has to be first.
        if segment.marker != APP0
            && let Some(exif) = exif.take()
        {
            push(&mut stripped, APP1, &[EXIF, exif]);
        }
        match segment.marker {
            APP0 => {
                // Without its thumbnail, whose size follows 12 bytes.
                if let Some(start) = segment.payload.get(..12).filter(|it| it.starts_with(b"JFIF\0")) {
                    push(&mut stripped, APP0, &[start, &[0, 0]]);
                }
            }
            _ if is_needed(&segment) => {
                push(&mut stripped, segment.marker, &[segment.payload]);
                stripped.extend(segment.compressed);
                is_whole |= segment.marker == SCAN;
            }
            _ => {}
        }
    }
    stripped.extend(END);
    is_whole.then_some(stripped)
}

/// Tables, frames and scans; the colour profile, and how Adobe's programs encode colours.
fn is_needed(segment: &Segment<'_>) -> bool {
    match segment.marker {
        0xC0..=0xCF | 0xDA..=0xDF => true,
        APP2 => segment.payload.starts_with(b"ICC_PROFILE\0"),
        APP14 => segment.payload.starts_with(b"Adobe"),
        _ => false,
    }
}

/// Adds a segment. What is written is never longer than what was read, or than an Exif block.
fn push(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend([0xFF, marker]);
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    parts.iter().for_each(|part| out.extend(*part));
}
