//! Files, and who viewed them.

use super::field::{Parent, flag, id, int, json, name, real, text, time};
use super::id_index::{Addresses, IdIndex};
use super::messages::one_of_two;
use super::{Destination, Draft, Mapping, Rejection, merge};
use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument};

/// The message id of a file that was uploaded and never sent.
const NO_MESSAGE: &str = "000000000000000000000000";

/// A file. Those never attached are marked, so that no purge of unattached files removes them.
pub static ATTACHMENT: Mapping = Mapping {
    table: "attachments",
    parent: Some(Parent::Attachment),
    computed: &["original_url", "is_legacy_orphan"],
    rule: attachment,
    fields: &[
        id("messageId"),
        text("fileName").required(),
        text("originalName").required(),
        text("mimeType").required(),
        int("fileSize").required(),
        text("filePath").required(),
        text("fileUrl").or_text(""),
        text("title"),
        text("alt"),
        text("caption"),
        id("forwardedFromAttachmentId"),
        flag("isForwarded").or_flag(false),
        flag("isViewOnce").or_flag(false),
        int("maxViewOnceCount"),
        int("viewOnceCount").or_int(0),
        flag("isBlurred").or_flag(false),
        int("width"),
        int("height"),
        text("thumbnailPath"),
        text("thumbnailUrl"),
        int("duration"),
        int("bitrate"),
        int("sampleRate"),
        text("codec"),
        int("channels"),
        real("fps"),
        text("videoCodec"),
        int("pageCount"),
        int("lineCount"),
        id("uploadedBy").required(),
        flag("isAnonymous").or_flag(false),
        time("createdAt").or_id_time(),
        json("transcription"),
        json("translations"),
        json("metadata"),
        name("scanStatus", &["pending", "clean", "infected", "error"]),
        time("scanCompletedAt"),
        name("moderationStatus", &["pending", "approved", "flagged", "rejected"]),
        text("moderationReason"),
        time("deliveredToAllAt"),
        time("viewedByAllAt"),
        time("downloadedByAllAt"),
        time("listenedByAllAt"),
        time("watchedByAllAt"),
        int("viewedCount").or_int(0),
        int("downloadedCount").or_int(0),
        int("consumedCount").or_int(0),
        flag("isEncrypted").or_flag(false),
        name("encryptionMode", &["server", "e2ee", "hybrid"]),
        text("encryptionIv"),
        text("encryptionAuthTag"),
        text("encryptionHmac"),
        text("originalFileHash"),
        text("encryptedFileHash"),
        int("originalFileSize"),
        text("serverKeyId"),
        text("thumbnailEncryptionIv"),
        text("thumbnailEncryptionAuthTag"),
    ],
    ..Mapping::PLAIN
};

fn attachment(draft: &mut Draft<'_>, raw: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    find_message(draft, ids);
    repair_addresses(draft, ids);
    if let Some(duration) = draft.int("duration") {
        let is_first_version = matches!(raw.get("bitrate"), Ok(None)) && matches!(raw.get("codec"), Ok(None));
        let in_millis = in_millis(duration, draft.int("file_size"), draft.int("bitrate"), is_first_version);
        if in_millis != duration {
            draft.set("duration", in_millis);
            draft.keep_original("duration", RawBsonRef::Int64(duration));
        }
    }
    if let Some(codec) = draft.text("codec").map(str::to_owned) {
        let usual = usual_codec(&codec);
        if usual != codec {
            draft.set("codec", usual);
            draft.keep_original("codec", RawBsonRef::String(&codec));
        }
    }
    Ok(Destination::Row)
}

fn find_message(draft: &mut Draft<'_>, ids: &IdIndex) {
    let message = draft.text("message_id").map(str::to_owned);
    let is_there = message.as_deref().is_some_and(|message| ids.has(Parent::Message, message));
    draft.set("is_legacy_orphan", !is_there);
    if is_there {
        return;
    }
    draft.set("message_id", None::<String>);
    if let Some(message) = message {
        if let Ok(id) = ObjectId::parse_str(&message) {
            draft.keep_original("messageId", RawBsonRef::ObjectId(id));
        }
        if message != NO_MESSAGE {
            draft.notice("messageId", "refers to a missing document, omitted", message);
        }
    }
}

/// Removes the host from addresses, of which the old system had several. A missing address is restored from
/// the backup made before all addresses were rewritten.
fn repair_addresses(draft: &mut Draft<'_>, ids: &IdIndex) {
    let old = draft.object_id.and_then(|id| ids.addresses_of(id)).cloned().unwrap_or_default();
    let Addresses { file, thumbnail } = old;
    for (column, field, old) in [("file_url", "fileUrl", file), ("thumbnail_url", "thumbnailUrl", thumbnail)]
    {
        let given = draft.text(column).unwrap_or_default().to_owned();
        let mut path = path_of(&given).to_owned();
        if !path.starts_with('/')
            && let Some(old) = old.as_deref().map(path_of).filter(|old| old.starts_with('/'))
            && !(column == "thumbnail_url" && given.is_empty())
        {
            draft.notice(field, "was broken, restored from the backup of the addresses", "");
            path = old.to_owned();
        }
        if path == given {
            continue;
        }
        draft.set(column, path);
        draft.keep_original(field, RawBsonRef::String(&given));
        if column == "file_url" {
            draft.set("original_url", given);
        }
    }
}

/// The path of a URL: `/api/x` for `https://gate.example.org/api/x`.
fn path_of(address: &str) -> &str {
    let Some((_, after)) = address.split_once("://") else { return address };
    after.find('/').map_or("", |slash| &after[slash..])
}

/// The first version wrote seconds, later ones milliseconds. Size and bit rate tell which, if known;
/// otherwise the fields that only later versions wrote.
fn in_millis(duration: i64, size: Option<i64>, bitrate: Option<i64>, is_first_version: bool) -> i64 {
    let expected = match (size, bitrate) {
        (Some(size), Some(bitrate)) if size > 0 && bitrate > 0 => {
            size.checked_mul(8_000).map(|bits| bits / bitrate)
        }
        _ => None,
    };
    let is_seconds = match expected {
        Some(expected) => duration.saturating_mul(1_000).abs_diff(expected) < duration.abs_diff(expected),
        None => is_first_version,
    };
    if is_seconds { duration.saturating_mul(1_000) } else { duration }
}

fn usual_codec(codec: &str) -> &str {
    match codec.to_ascii_lowercase().as_str() {
        "mp4" | "m4a" | "aac" => "aac",
        "webm" | "ogg" | "opus" => "opus",
        _ => codec,
    }
}

/// Reads a document of the backup of addresses.
#[must_use]
pub fn addresses(raw: &RawDocument) -> Option<(ObjectId, Addresses)> {
    let id = raw.get_object_id("_id").ok()?;
    let text = |name: &str| raw.get_str(name).ok().filter(|text| !text.is_empty()).map(str::to_owned);
    Some((id, Addresses { file: text("fileUrl"), thumbnail: text("thumbnailUrl") }))
}

/// The playback position of a user in a file.
pub static STATUS: Mapping = Mapping {
    table: "attachment_statuses",
    merge_key: &["attachment_id", "user_id", "guest_id"],
    merge: merge::newest,
    rule: one_of_two,
    fields: &[
        id("attachmentId").of(Parent::Attachment),
        id("messageId").of(Parent::Message),
        id("conversationId").of(Parent::Conversation),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        time("deliveredAt"),
        time("viewedAt"),
        time("downloadedAt"),
        time("listenedAt"),
        int("listenCount").or_int(0),
        int("lastPlayPositionMs"),
        int("totalListenDurationMs").or_int(0),
        flag("listenedComplete").or_flag(false),
        time("watchedAt"),
        int("watchCount").or_int(0),
        int("lastWatchPositionMs"),
        int("totalWatchDurationMs").or_int(0),
        flag("watchedComplete").or_flag(false),
        int("viewDurationMs"),
        flag("wasZoomed").or_flag(false),
        int("pagesViewed").or_int(0),
        int("lastPageViewed"),
        time("viewedOnceAt"),
        time("revealedAt"),
        text("accessDevice"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A reaction to a file.
pub static REACTION: Mapping = Mapping {
    table: "attachment_reactions",
    merge_key: &["attachment_id", "user_id", "guest_id", "emoji"],
    rule: one_of_two,
    fields: &[
        id("attachmentId").of(Parent::Attachment),
        id("messageId").of(Parent::Message),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        text("emoji").required(),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_milliseconds_whatever_it_was_in() {
        // 12 s at 64 kbit/s are 96,000 bytes.
        assert_eq!(in_millis(12, Some(96_000), Some(64_000), false), 12_000);
        assert_eq!(in_millis(12_000, Some(96_000), Some(64_000), true), 12_000);
        assert_eq!(in_millis(12, Some(96_000), None, true), 12_000);
        assert_eq!(in_millis(12_000, None, None, false), 12_000);
        assert_eq!(in_millis(0, Some(96_000), Some(64_000), true), 0);
    }

    #[test]
    fn an_address_loses_its_host() {
        assert_eq!(
            path_of("https://gate.example.org/api/attachments/file/a.png"),
            "/api/attachments/file/a.png"
        );
        assert_eq!(path_of("/api/attachments/file/a.png"), "/api/attachments/file/a.png");
        assert_eq!(path_of("http://localhost:3000"), "");
    }
}
