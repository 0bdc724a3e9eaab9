//! Files that were sent or only uploaded, and the backup of their addresses.

use super::content::content;
use super::fields::Fields;
use super::name::Name;
use super::world::{HOUR, LATER, MINUTE, START, World};
use bson::oid::ObjectId;
use bson::{DateTime, RawDocumentBuf};

/// The message id of files that were never attached.
const NO_MESSAGE: ObjectId = ObjectId::from_bytes([0; 12]);
/// Hosts in the addresses of the oldest rows.
const HOSTS: [&str; 3] = ["http://localhost:3000", "https://smpdev02.local:3000", "https://gate.meeshy.me"];
/// 2025-12-04, when the hosts were removed from the addresses.
const REWRITTEN: i64 = 1_764_806_400_000;

/// Message kind, MIME type and file extension.
const KINDS: [(&str, &str, &str); 8] = [
    ("image", "image/png", "png"),
    ("image", "image/jpeg", "jpg"),
    ("audio", "audio/webm", "webm"),
    ("image", "image/png", "png"),
    ("file", "text/plain", "txt"),
    ("audio", "audio/mp4", "m4a"),
    ("video", "video/mp4", "mp4"),
    ("file", "application/pdf", "pdf"),
];
const NAMES: [&str; 6] =
    ["Photo de famille", "réunion", "notes (1)", "voice message", "été 2025", "screenshot"];

pub(super) fn kind(at: usize) -> &'static str {
    KINDS[at % KINDS.len()].0
}

pub(super) fn time(world: &World<'_>, at: usize) -> i64 {
    match world.layout.attachments[at] {
        Some(message) => world.time(Name::Message, message) - 1_000,
        None => START + 3 * 24 * HOUR + at as i64 * 3 * HOUR,
    }
}

/// The path of a file in the folder of uploads, and its type.
pub(super) struct Upload {
    pub(super) path: String,
    pub(super) mime: &'static str,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn upload(world: &World<'_>, at: usize) -> Upload {
    let (_, mime, ending) = KINDS[at % KINDS.len()];
    let mut random = world.random(Name::MessageAttachment, at + 1_000_000);
    let hex = random.text("0123456789abcdef", 32);
    let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    let name: String = NAMES[at % NAMES.len()].replace([' ', '(', ')'], "_");
    let date = DateTime::from_millis(time(world, at)).try_to_rfc3339_string().unwrap_or_default();
    let (year, month) = (&date[..4], &date[5..7]);
    let path = format!("{year}/{month}/{}/{name}_{uuid}.{ending}", uploader(world, at).to_hex());
    Upload { path, mime, bytes: content(mime, at) }
}

/// The path of an image's thumbnail.
pub(super) fn thumbnail(path: &str, mime: &str) -> Option<String> {
    mime.starts_with("image/").then(|| path.replacen('_', "_thumb_", 1))
}

fn uploader(world: &World<'_>, at: usize) -> ObjectId {
    let message = world.layout.attachments[at];
    world.user(message.map_or(at % 50, |message| world.layout.messages[message].sender))
}

/// A path as the old gateway encoded it in a URL, with escaped slashes.
fn escaped(path: &str) -> String {
    path.bytes().fold(String::new(), |escaped, byte| match byte {
        b'-' | b'_' | b'.' => escaped + char::from(byte).encode_utf8(&mut [0; 4]),
        _ if byte.is_ascii_alphanumeric() => escaped + char::from(byte).encode_utf8(&mut [0; 4]),
        _ => escaped + &format!("%{byte:02X}"),
    })
}

pub(super) fn attachment(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let Upload { path, mime, bytes } = upload(world, at);
    let created = time(world, at);
    let later = created >= LATER;
    let (image, audio, video) =
        (mime.starts_with("image/"), mime.starts_with("audio/"), mime.starts_with("video/"));
    // Seconds at first, milliseconds later, and 0 if not measured.
    let duration = match at % 10 {
        0 => 0,
        _ if later => 12_500 + at as i64 * 10,
        _ => 12,
    };
    let url = format!("/api/attachments/file/{}", escaped(&path));
    let thumbnail = thumbnail(&path, mime);
    let thumbnail_url = thumbnail.as_ref().map(|path| format!("/api/attachments/file/{}", escaped(path)));
    let fields = Fields::new(world.id(Name::MessageAttachment, at))
        .with("messageId", world.layout.attachments[at].map_or(NO_MESSAGE, |message| world.message(message)))
        .with("fileName", path.rsplit('/').next().unwrap_or(&path))
        .with("originalName", format!("{}.{}", NAMES[at % NAMES.len()], KINDS[at % KINDS.len()].2).as_str())
        .with("mimeType", mime)
        .with("fileSize", bytes.len() as i64)
        .with("filePath", path.as_str())
        .with("fileUrl", url.as_str())
        .maybe("width", (image || video).then_some(8_i64))
        .maybe("height", (image || video).then_some(8_i64))
        .maybe("thumbnailPath", thumbnail.as_deref())
        .maybe("thumbnailUrl", thumbnail_url.as_deref())
        .maybe("duration", (audio || video).then_some(duration));
    let fields = if later && (audio || video) {
        let codec = ["opus", "mp4a.40.2", "aac", "webm", "m4a", "ogg"][at % 6];
        fields
            .with("bitrate", 64_000_i64)
            .maybe("sampleRate", audio.then_some(48_000_i64))
            .with("codec", codec)
            .maybe("channels", audio.then_some(1_i64))
            .maybe("fps", video.then_some(30.0))
            .maybe("videoCodec", video.then_some("h264"))
    } else {
        fields
            .maybe("pageCount", (later && mime == "application/pdf").then_some(1_i64))
            .maybe("lineCount", (later && mime == "text/plain").then_some(2_i64))
    };
    fields
        .with("uploadedBy", uploader(world, at))
        .with("isAnonymous", false)
        .date("createdAt", created)
        .done()
}

/// The URL of an attachment before the hosts were removed. The backup has the ids of the attachments.
pub(super) fn backup(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let host = HOSTS[at % HOSTS.len()];
    let image = KINDS[at % KINDS.len()].0 == "image";
    let path = upload(world, at).path;
    Fields::new(world.id(Name::BackupUrls, at))
        .with("fileUrl", absolute(host, &path).as_str())
        .maybe("thumbnailUrl", image.then(|| absolute(host, &path.replacen('_', "_thumb_", 1))).as_deref())
        .date("backedUpAt", REWRITTEN + at as i64 % 60 * MINUTE / 60)
        .done()
}

fn absolute(host: &str, path: &str) -> String {
    format!("{host}/api/attachments/file/{}", escaped(path))
}

/// The URL of an attachment on one of the three hosts, as in the oldest rows.
pub(super) fn absolute_url(world: &World<'_>, at: usize, host: usize) -> String {
    absolute(HOSTS[host % HOSTS.len()], &upload(world, at).path)
}
