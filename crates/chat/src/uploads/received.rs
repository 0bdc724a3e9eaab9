//! What an uploaded file is, according to its bytes and to its uploader.

use super::naming;
use meeshy_domain::{Actor, AttachmentId, FileKind, ImageKind, Timestamp, limits};
use meeshy_media::{self as media, ContentType, MediaError, PictureLimits};
use meeshy_store::attachments::NewFile;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A file in its place, which is not in the database yet.
pub(super) type Received = NewFile;

/// What a file is.
pub(super) struct Look {
    mime_type: String,
    size: u64,
    dimensions: Option<(u32, u32)>,
    lines: Option<i64>,
    /// Whether a copy without metadata is at the better place.
    pub(super) is_cleaned: bool,
}

/// Looks at a received file, and copies a picture to `better` without what it says of its maker: place, time, camera. A
/// picture of which that is not possible becomes a plain file. Blocks.
///
/// # Errors
/// When the file cannot be read or written.
pub(super) fn look(
    place: &Path,
    better: &Path,
    declared: Option<&str>,
    name: &str,
) -> Result<Look, MediaError> {
    let mut mime_type = media::sniff(&head(place).map_err(unreadable)?, declared, name);
    let (mut dimensions, mut size) = (None, fs::metadata(place).map_err(unreadable)?.len());
    // Metadata is removed from these.
    if ImageKind::of_type(mime_type.as_str()).is_some() {
        match media::strip_metadata(place, better, &PictureLimits::default()) {
            Ok(copy) => (dimensions, size) = (Some((copy.width, copy.height)), copy.bytes),
            Err(error @ MediaError::File(..)) => return Err(error),
            Err(_) => mime_type = ContentType::BINARY,
        }
    }
    let is_text = FileKind::of_type(mime_type.as_str()) == FileKind::Text;
    let is_counted = is_text && size <= limits::COUNTED_TEXT_BYTES;
    let lines = if is_counted { lines(&fs::read(place).map_err(unreadable)?) } else { None };
    let is_cleaned = dimensions.is_some();
    Ok(Look { mime_type: mime_type.to_string(), size, dimensions, lines, is_cleaned })
}

fn unreadable(error: io::Error) -> MediaError {
    MediaError::File("read the file", error)
}

fn head(place: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(place)?.take(media::SNIFF_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn lines(text: &[u8]) -> Option<i64> {
    let ends = text.iter().filter(|byte| **byte == b'\n').count();
    let open = usize::from(text.last().is_some_and(|byte| *byte != b'\n'));
    i64::try_from(ends + open).ok()
}

/// A file as it is stored. Of what its uploader says, the duration has a column, and the rest is passed on.
pub(super) fn received(
    id: AttachmentId,
    uploader: Actor,
    name: String,
    path: String,
    look: Look,
    facts: Option<Value>,
    now: Timestamp,
) -> Received {
    let number = |name: &str| facts.as_ref().and_then(|facts| facts.get(name)?.as_f64());
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is out of the range, too")]
    let duration = number("duration").map(|duration| duration.round() as i64);
    let duration = duration.filter(|duration| (0..=limits::RECORDING_MS).contains(duration));
    NewFile {
        id,
        original_name: name,
        mime_type: look.mime_type,
        file_size: i64::try_from(look.size).unwrap_or(i64::MAX),
        file_url: naming::url(&path),
        file_path: path,
        dimensions: look.dimensions.map(|(width, height)| (width.into(), height.into())),
        duration,
        line_count: look.lines,
        metadata: facts.filter(Value::is_object).map(|facts| facts.to_string()),
        uploaded_by: uploader,
        created_at: now,
    }
}
