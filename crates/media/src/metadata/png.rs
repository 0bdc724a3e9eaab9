//! PNG: chunks, each with a length, a type, and a checksum at the end.

use super::orientation::Exif;
use crc::{CRC_32_ISO_HDLC, Crc};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Pixels, colours, their encoding, the size of a pixel, and the frames of an animation.
const NEEDED: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV",
    b"cLLI", b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

struct Chunk<'a> {
    name: &'a [u8],
    payload: &'a [u8],
    /// With its length and checksum.
    whole: &'a [u8],
}

/// The chunks up to the end of the picture, or of what there is of it.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.strip_prefix(SIGNATURE).unwrap_or_default() }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let length = usize::try_from(u32::from_be_bytes(*self.rest.first_chunk()?)).ok()?;
        let whole = self.rest.get(..length.checked_add(12)?)?;
        let name = &whole[4..8];
        self.rest = if name == b"IEND" { &[] } else { &self.rest[whole.len()..] };
        Some(Chunk { name, payload: &whole[8..8 + length], whole })
    }
}

pub(super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    Chunks::of(bytes).find(|it| it.name == b"eXIf").map(|it| it.payload)
}

pub(super) fn strip(bytes: &[u8], orientation: Option<&Exif>) -> Option<Vec<u8>> {
    let mut stripped = Vec::with_capacity(bytes.len());
    let mut is_ended = false;
    stripped.extend(SIGNATURE);
    for chunk in Chunks::of(bytes).filter(|it| NEEDED.iter().any(|needed| *needed == it.name)) {
        stripped.extend(chunk.whole);
        if let (b"IHDR", Some(exif)) = (chunk.name, orientation) {
            push(&mut stripped, b"eXIf", exif);
        }
        is_ended = chunk.name == b"IEND";
    }
    is_ended.then_some(stripped)
}

fn push(out: &mut Vec<u8>, name: &[u8; 4], payload: &Exif) {
    let mut digest = CRC.digest();
    digest.update(name);
    digest.update(payload);
    out.extend(u32::try_from(payload.len()).unwrap_or(0).to_be_bytes());
    out.extend(name);
    out.extend(payload);
    out.extend(digest.finalize().to_be_bytes());
}
