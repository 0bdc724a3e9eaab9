//! What a file is, by its first bytes.

use crate::content_type::ContentType;
use crate::text;

/// How many bytes [`sniff`] wants to see. It makes do with fewer.
pub const SNIFF_BYTES: usize = 8192;

/// The content type of a file that begins with `head`, is called `name` and was declared to be `declared`.
///
/// What the bytes say is never overruled. The name, and after it the declaration, only tell apart what the
/// first bytes cannot: sound from film in the same container, kinds of text, documents that are zip archives.
/// Anything unknown is [`ContentType::BINARY`].
#[must_use]
pub fn sniff(head: &[u8], declared: Option<&str>, name: &str) -> ContentType {
    let extension = extension(name);
    let declared = declared.map(|it| it.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let hints = Hints { extension: &extension, declared: declared.as_deref().unwrap_or_default() };
    if head.starts_with(b"%PDF-") {
        return ContentType("application/pdf");
    }
    // Before the signatures: some have only two bytes, with which a text can begin too.
    if let Some(text) = text::decode(head, &extension) {
        return text::content_type(&text, hints.extension, hints.declared);
    }
    binary(head, &hints)
}

/// What the uploader says.
struct Hints<'a> {
    extension: &'a str,
    declared: &'a str,
}

impl Hints<'_> {
    fn is_sound(&self, extensions: &[&str]) -> bool {
        extensions.contains(&self.extension) || self.declared.starts_with("audio/")
    }
}

/// What follows the last point, in small letters.
fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, extension)) if extension.len() <= 16 => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn binary(head: &[u8], hints: &Hints<'_>) -> ContentType {
    let found = infer::get(head).map_or(ContentType::BINARY.0, |it| it.mime_type());
    ContentType(match found {
        _ if head.starts_with(b"\x1A\x45\xDF\xA3") => matroska(head, hints),
        _ if head.starts_with(b"OggS") => ogg(head),
        "video/mp4" | "video/x-m4v" | "audio/m4a" => mp4(head, hints),
        "application/octet-stream" if head.get(4..8) == Some(b"ftyp") => mp4(head, hints),
        "audio/x-wav" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        // In the other order, `infer` takes every file of this container for a text.
        "application/msword" => ole(hints.extension),
        "application/zip" => zip(hints.extension),
        other => other,
    })
}

fn contains(head: &[u8], part: &[u8]) -> bool {
    head.windows(part.len()).any(|window| window == part)
}

/// The tracks are listed before the first cluster of what they contain.
fn matroska(head: &[u8], hints: &Hints<'_>) -> &'static str {
    let cluster = head.windows(4).position(|window| window == b"\x1F\x43\xB6\x75");
    let head = &head[..cluster.unwrap_or(head.len())];
    let has_pictures = contains(head, b"V_");
    let has_sound = contains(head, b"A_OPUS") || contains(head, b"A_VORBIS");
    let is_sound = !has_pictures && (has_sound || hints.is_sound(&["weba"]));
    match (contains(head, b"webm"), is_sound) {
        (true, true) => "audio/webm",
        (true, false) => "video/webm",
        (false, true) => "audio/x-matroska",
        (false, false) => "video/x-matroska",
    }
}

/// Each stream begins with a page that names its codec, before all other pages.
fn ogg(head: &[u8]) -> &'static str {
    if contains(head, b"\x80theora") || contains(head, b"BBCD\0") { "video/ogg" } else { "audio/ogg" }
}

/// The handlers say what the tracks are, but they may be at the end of the file.
fn mp4(head: &[u8], hints: &Hints<'_>) -> &'static str {
    let brand = head.get(8..12).unwrap_or_default();
    match brand {
        b"qt  " => return "video/quicktime",
        b"M4A " | b"M4B " | b"M4P " => return "audio/mp4",
        _ if brand.starts_with(b"3g") => return "video/3gpp",
        _ => {}
    }
    let handled = |handler: &[u8; 4]| {
        head.windows(16).any(|window| window.starts_with(b"hdlr") && &window[12..] == handler)
    };
    let is_sound = !handled(b"vide") && (handled(b"soun") || hints.is_sound(&["m4a", "m4b"]));
    if is_sound { "audio/mp4" } else { "video/mp4" }
}

/// The old Office formats share a container.
fn ole(extension: &str) -> &'static str {
    match extension {
        "doc" | "dot" => "application/msword",
        "xls" | "xlt" => "application/vnd.ms-excel",
        "ppt" | "pps" | "pot" => "application/vnd.ms-powerpoint",
        "msg" => "application/vnd.ms-outlook",
        _ => "application/x-ole-storage",
    }
}

/// Newer documents are archives, and some programs put other files first.
fn zip(extension: &str) -> &'static str {
    match extension {
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        _ => "application/zip",
    }
}
