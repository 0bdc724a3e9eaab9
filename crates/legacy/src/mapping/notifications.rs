//! Notifications and push devices.

use super::field::{Parent, flag, id, int, name, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection, merge};
use bson::RawDocument;

/// How long a read notification is kept as a row.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// A notification. Read ones older than 30 days are archived whole.
pub static NOTIFICATION: Mapping = Mapping {
    table: "notifications",
    column_groups: &[&["is_read", "read_at"]],
    rule: notification,
    fields: &[
        id("userId").of(Parent::User),
        text("type").required(),
        text("title").required(),
        text("content").required(),
        text("data"),
        name("priority", &["low", "normal", "high", "urgent"]).or_text("normal"),
        flag("isRead").or_flag(false),
        time("readAt"),
        flag("emailSent").or_flag(false),
        flag("pushSent").or_flag(false),
        time("expiresAt"),
        time("createdAt").or_id_time(),
        id("senderId"),
        text("senderUsername"),
        text("senderAvatar"),
        text("senderDisplayName"),
        text("senderFirstName"),
        text("senderLastName"),
        text("messagePreview"),
        id("conversationId"),
        id("messageId"),
        id("callSessionId"),
    ],
    ..Mapping::PLAIN
};

fn notification(draft: &mut Draft<'_>, _: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    let is_old = draft.int("created_at").is_some_and(|at| at < ids.now.millis() - KEPT_MS);
    Ok(if is_old && draft.is_true("is_read") {
        Destination::Archive("read, and older than 30 days")
    } else {
        Destination::Row
    })
}

/// A device for push notifications.
pub static PUSH_TOKEN: Mapping = Mapping {
    table: "push_tokens",
    merge_key: &["user_id", "token", "type"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        text("token").required(),
        name("type", &["apns", "fcm", "voip"]).or_text("fcm"),
        name("platform", &["ios", "android", "web"]).required(),
        text("deviceId"),
        text("deviceName"),
        text("appVersion"),
        text("bundleId"),
        flag("isActive").or_flag(true),
        time("lastUsedAt"),
        int("failedAttempts").or_int(0),
        text("lastError"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};
