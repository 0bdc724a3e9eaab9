//! Messages, reactions, mentions and hidden messages.

use super::Volatile;
use super::field::{Kind, Parent, flag, id, int, json, language, name, text, texts, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Implied, Mapping, Rejection, value};
use bson::{RawBson, RawBsonRef, RawDocument};
use meeshy_store::Value;

/// A message. Its number is assigned at the end, in order of time; its reactions are counted again.
pub static MESSAGE: Mapping = Mapping {
    table: "messages",
    parent: Some(Parent::Message),
    implied: &[
        Implied { name: "isEdited", value: |row| Some(RawBson::Boolean(row.int("edited_at").is_some())) },
        Implied { name: "isDeleted", value: |row| Some(RawBson::Boolean(row.int("deleted_at").is_some())) },
        Implied::in_other_rows("translations"),
        Implied::in_other_rows("reactionSummary"),
        Implied::in_other_rows("reactionCount"),
    ],
    computed: &["sequence"],
    provisional: &["sequence"],
    self_reference: Some("reply_to_id"),
    volatile: &[
        ("delivered_count", Volatile::Greater),
        ("read_count", Volatile::Greater),
        ("view_once_count", Volatile::Greater),
        ("delivered_to_all_at", Volatile::Greater),
        ("received_by_all_at", Volatile::Greater),
        ("read_by_all_at", Volatile::Greater),
    ],
    column_groups: &[
        &[
            "content",
            "original_language",
            "edited_at",
            "validated_mentions",
            "encrypted_content",
            "encryption_metadata",
        ],
        &["pinned_at", "pinned_by"],
    ],
    rule: message,
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("senderId").of_or_null(Parent::User),
        id("anonymousSenderId").of_or_null(Parent::Guest).column("guest_sender_id"),
        text("content").required(),
        language("originalLanguage").or_text("fr"),
        name("messageType", &["text", "image", "file", "audio", "video", "location", "system"])
            .or_text("text"),
        name("messageSource", &["user", "system", "ads", "app", "agent", "authority"]).or_text("user"),
        time("editedAt"),
        time("deletedAt"),
        id("replyToId").of_or_null(Parent::Message),
        id("forwardedFromId"),
        id("forwardedFromConversationId"),
        time("expiresAt"),
        flag("isViewOnce").or_flag(false),
        int("maxViewOnceCount"),
        int("viewOnceCount").or_int(0),
        flag("isBlurred").or_flag(false),
        time("pinnedAt"),
        id("pinnedBy"),
        texts("validatedMentions").or_text("[]"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("deliveredToAllAt"),
        time("receivedByAllAt"),
        time("readByAllAt"),
        int("deliveredCount").or_int(0),
        int("readCount").or_int(0),
        text("encryptedContent"),
        json("encryptionMetadata"),
        flag("isEncrypted").or_flag(false),
        name("encryptionMode", &["server", "e2ee", "hybrid"]),
    ],
    ..Mapping::PLAIN
};

fn message(draft: &mut Draft<'_>, raw: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    if draft.text("message_type") == Some("system") {
        draft.set("message_type", "text");
        draft.set("message_source", "system");
        draft.keep_original("messageType", RawBsonRef::String("system"));
    }
    date_for(draft, raw, "isDeleted", "deletedAt", "deleted_at");
    date_for(draft, raw, "isEdited", "editedAt", "edited_at");
    Ok(Destination::Row)
}

/// The old system had a flag and a date, and used the flag; here the date is the flag. If only the flag is
/// set, the time of the last change replaces the date: a deleted message must not come back.
fn date_for(
    draft: &mut Draft<'_>,
    raw: &RawDocument,
    switch: &'static str,
    date: &'static str,
    column: &str,
) {
    let is_on = raw.get(switch).ok().flatten().and_then(|value| value::convert(Kind::Flag, value).ok());
    let is_on = is_on.is_some_and(|taken| taken.value == Value::Bool(true));
    match (is_on, draft.int(column)) {
        (true, None) => {
            let made = draft.object_id.map(|id| id.timestamp().timestamp_millis());
            let changed = draft.int("updated_at").or(draft.int("created_at")).or(made);
            draft.set(column, changed);
            draft.keep_original(switch, RawBsonRef::Boolean(true));
            draft.notice(switch, "has no date, used the date of the last change", "");
        }
        (false, Some(at)) => {
            draft.set(column, Value::Null);
            draft.keep_original(date, RawBsonRef::DateTime(bson::DateTime::from_millis(at)));
            draft.notice(date, "is set although the flag is off, omitted", "");
        }
        _ => {}
    }
}

/// A reaction of a user or a guest, at most one each.
pub static REACTION: Mapping = Mapping {
    table: "reactions",
    merge_key: &["message_id", "user_id", "guest_id", "emoji"],
    rule: one_of_two,
    fields: &[
        id("messageId").of(Parent::Message),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        text("emoji").required(),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        id("anonymousUserId").of_or_null(Parent::Guest).column("guest_id"),
    ],
    ..Mapping::PLAIN
};

/// Checks that it is either a user or a guest.
///
/// # Errors
/// When it is neither or both.
pub fn one_of_two(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    match (draft.text("user_id"), draft.text("guest_id")) {
        (Some(_), None) | (None, Some(_)) => Ok(Destination::Row),
        (None, None) => Err(Rejection::wrong("userId", "refers to neither a user nor an existing guest")),
        (Some(_), Some(_)) => Err(Rejection::wrong("userId", "refers to both a user and a guest")),
    }
}

/// A user mentioned in a message.
pub static MENTION: Mapping = Mapping {
    table: "mentions",
    key: &["message_id", "user_id"],
    merge_key: &["message_id", "user_id"],
    fields: &[
        id("messageId").of(Parent::Message),
        id("mentionedUserId").of(Parent::User).column("user_id"),
        time("mentionedAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// A message that one user hid.
pub static DELETION: Mapping = Mapping {
    table: "message_deletions",
    merge_key: &["user_id", "message_id"],
    fields: &[
        id("userId").of(Parent::User),
        id("messageId").of(Parent::Message),
        time("deletedAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};
