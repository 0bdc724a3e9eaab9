//! WebP: chunks in a RIFF file, each with a name and a length, padded to an even one.

use super::orientation::Exif;

/// Flags in the chunk that announces the others.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// What precedes the chunks within a frame of an animation: its place, size and duration.
const FRAME_HEADER: usize = 16;

const PICTURE: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"ALPH"];

struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    /// The name and the payload.
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.rest.split_at_checked(4)?;
        let length = usize::try_from(u32::from_le_bytes(*rest.first_chunk()?)).ok()?;
        let payload = rest.get(4..length.checked_add(4)?)?;
        self.rest = rest.get(4 + length + length % 2..).unwrap_or_default();
        Some((name, payload))
    }
}

/// The chunks of a file, as far as it says that it goes.
fn chunks(bytes: &[u8]) -> Chunks<'_> {
    let body = bytes.get(12..).filter(|_| bytes.starts_with(b"RIFF") && &bytes[8..12] == b"WEBP");
    let length = bytes.get(4..8).and_then(<[u8]>::first_chunk).map_or(0, |it| u32::from_le_bytes(*it));
    let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(4);
    Chunks { rest: body.map_or(&[], |body| &body[..length.min(body.len())]) }
}

pub(super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    // Only the extended format has such chunks.
    chunks(bytes).next().filter(|(name, _)| name == b"VP8X")?;
    let (_, exif) = chunks(bytes).find(|(name, _)| name == b"EXIF")?;
    Some(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

pub(super) fn strip(bytes: &[u8], orientation: Option<&Exif>) -> Option<Vec<u8>> {
    let mut stripped = Vec::with_capacity(bytes.len());
    let mut has_picture = false;
    stripped.extend(b"RIFF\0\0\0\0WEBP");
    for (name, payload) in chunks(bytes) {
        match name {
            b"VP8X" => {
                let mut announced = payload.get(..10)?.to_vec();
                announced[0] &= !(HAS_EXIF | HAS_XMP);
                if orientation.is_some() {
                    announced[0] |= HAS_EXIF;
                }
                push(&mut stripped, name, &announced);
            }
            b"ICCP" | b"ANIM" => push(&mut stripped, name, payload),
            b"ANMF" => {
                let (header, picture) = payload.split_at_checked(FRAME_HEADER)?;
                let mut frame = header.to_vec();
                for (name, payload) in (Chunks { rest: picture }) {
                    if PICTURE.iter().any(|it| *it == name) {
                        push(&mut frame, name, payload);
                    }
                }
                push(&mut stripped, name, &frame);
                has_picture = true;
            }
            _ if PICTURE.iter().any(|it| *it == name) => {
                push(&mut stripped, name, payload);
                has_picture |= name != b"ALPH";
            }
            _ => {}
        }
    }
    if let Some(exif) = orientation {
        push(&mut stripped, b"EXIF", exif);
    }
    let length = u32::try_from(stripped.len() - 8).ok()?;
    stripped[4..8].copy_from_slice(&length.to_le_bytes());
    has_picture.then_some(stripped)
}

fn push(out: &mut Vec<u8>, name: &[u8], payload: &[u8]) {
    out.extend(name);
    out.extend(u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(payload);
    out.extend(&[0][..payload.len() % 2]);
}
