//! Delivery and read states.

use super::field::{Parent, id, int, text, time};
use super::id_index::IdIndex;
use super::messages::one_of_two;
use super::{Destination, Draft, Implied, Mapping, Rejection, merge};
use bson::RawDocument;
use meeshy_store::Value;

/// The first shape: one row per message and user.
pub static STATUS: Mapping = Mapping {
    table: "message_statuses",
    computed: &["conversation_id", "delivered_at", "created_at"],
    merge_key: &["message_id", "user_id", "guest_id"],
    spans_collections: true,
    merge: merge::latest_dates,
    rule: status,
    fields: &[
        id("messageId").of(Parent::Message),
        id("userId").of(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        time("receivedAt"),
        time("readAt"),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// The conversation is that of the message; received means delivered, as the old system did not distinguish
/// them.
fn status(draft: &mut Draft<'_>, raw: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    let conversation = draft.text("message_id").and_then(|message| ids.conversation_of(message));
    draft.set("conversation_id", conversation);
    draft.set("delivered_at", draft.int("received_at"));
    let made = draft.object_id.map(|id| id.timestamp().timestamp_millis());
    draft.set("created_at", made);
    if draft.int("updated_at").is_none() {
        draft.set(
            "updated_at",
            [draft.int("received_at"), draft.int("read_at"), made].into_iter().flatten().max(),
        );
    }
    one_of_two(draft, raw, ids)
}

/// The fields that all shapes of cursors share: one cursor per user or guest and conversation.
const CURSOR_BASE: Mapping = Mapping {
    table: "read_cursors",
    key: &["user_id", "conversation_id"],
    implied: &[Implied::in_other_rows("unreadCount")],
    merge_key: &["conversation_id", "user_id", "guest_id"],
    spans_collections: true,
    merge: merge::furthest,
    ..Mapping::PLAIN
};

/// The second shape: the read position of a user in a conversation.
pub static CURSOR: Mapping = Mapping {
    computed: &["last_read_message_id"],
    rule: |draft, _, _| {
        if draft.int("read_at").is_some() {
            let message = draft.get("last_delivered_message_id").clone();
            draft.set("last_read_message_id", message);
        }
        Ok(Destination::Row)
    },
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("userId").of(Parent::User),
        id("messageId").column("last_delivered_message_id").required(),
        time("receivedAt").column("delivered_at"),
        time("readAt"),
        time("updatedAt"),
    ],
    ..CURSOR_BASE
};

/// The same under the names of an older collection without a surviving schema.
pub static OLD_CURSOR: Mapping = Mapping {
    computed: &["last_delivered_message_id", "delivered_at"],
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("userId").of(Parent::User),
        id("lastReadMessageId"),
        id("messageId").column("last_read_message_id"),
        time("readAt"),
        time("updatedAt"),
    ],
    rule: |draft, _, _| match draft.get("last_read_message_id") {
        Value::Null => Err(Rejection::missing("lastReadMessageId")),
        _ => Ok(Destination::Row),
    },
    ..CURSOR_BASE
};

/// A read position in a conversation as later versions wrote it. Its number is derived at the end.
pub static LATER_CURSOR: Mapping = Mapping {
    rule: one_of_two,
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        id("lastReadMessageId"),
        time("lastReadAt").column("read_at"),
        id("lastDeliveredMessageId"),
        time("lastDeliveredAt").column("delivered_at"),
        int("version").or_int(0),
        time("updatedAt"),
    ],
    ..CURSOR_BASE
};

/// The state of a message as later versions wrote it.
pub static LATER_STATUS: Mapping = Mapping {
    table: "message_statuses",
    merge_key: &["message_id", "user_id", "guest_id"],
    spans_collections: true,
    merge: merge::latest_dates,
    rule: one_of_two,
    fields: &[
        id("messageId").of(Parent::Message),
        id("conversationId").of(Parent::Conversation),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        time("deliveredAt"),
        time("receivedAt"),
        time("readAt"),
        int("readDurationMs"),
        text("readDevice"),
        text("clientVersion"),
        time("viewedOnceAt"),
        time("revealedAt"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// Which of the two shapes a `MessageStatus` has.
#[must_use]
pub fn shape_of_status(raw: &RawDocument) -> Option<&'static Mapping> {
    Some(if has(raw, "conversationId") { &CURSOR } else { &STATUS })
}

/// A `MessageReadStatus` with a conversation, a user and a message is a cursor; anything else is archived.
#[must_use]
pub fn shape_of_read_status(raw: &RawDocument) -> Option<&'static Mapping> {
    let is_cursor = has(raw, "conversationId")
        && has(raw, "userId")
        && (has(raw, "lastReadMessageId") || has(raw, "messageId"));
    is_cursor.then_some(&OLD_CURSOR)
}

fn has(raw: &RawDocument, name: &str) -> bool {
    matches!(raw.get(name), Ok(Some(value)) if value.as_null().is_none())
}
