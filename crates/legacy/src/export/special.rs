//! Values for the old system that are not in a row's own columns, and rows that it cannot represent.

use crate::mapping::field::{Field, flag, int, json, text, time};

/// The exceptions of a mapping.
#[derive(Debug)]
pub(super) struct Special {
    pub(super) filled: Filled,
    /// Fields without a column.
    pub(super) more: &'static [More],
    /// SQL: the rows that the old format can represent.
    pub(super) held: &'static str,
    /// SQL: the rows written here that need a document.
    pub(super) needed: &'static str,
    /// A collection of the same table that the old code does not read. An imported row of it that was changed
    /// here needs another document.
    pub(super) unread: Option<&'static str>,
}

/// A field without a column.
#[derive(Debug)]
pub(super) struct More {
    pub(super) field: Field,
    /// SQL of its value.
    pub(super) sql: &'static str,
    /// SQL: whether imported documents get a new value.
    pub(super) renews: &'static str,
}

const PLAIN: Special = Special { filled: &[], more: &[], held: "TRUE", needed: "TRUE", unread: None };

/// The old system stores who is online; while it does not run, nobody is.
static USER: Special =
    Special { more: &[More { field: flag("isOnline"), sql: "FALSE", renews: "FALSE" }], ..PLAIN };

static CONVERSATION: Special = Special {
    more: &[
        More {
            field: time("lastMessageAt"),
            sql: "t.last_message_at",
            renews: "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = t.id AND m.deleted_at IS NULL \
                AND m.created_at = t.last_message_at AND NOT EXISTS \
                  (SELECT 1 FROM legacy_documents o WHERE o.collection = 'Message' AND o.id = m.id))",
        },
        More {
            field: int("memberCount"),
            sql: "t.member_count",
            renews: "EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = t.id AND \
                (m.left_at > (SELECT max(i.finished_at) FROM legacy_imports i) OR NOT EXISTS \
                  (SELECT 1 FROM legacy_documents o WHERE o.collection = 'ConversationMember' AND o.id = m.id)))",
        },
    ],
    ..PLAIN
};

const HAS_NEW_REACTION: &str = "EXISTS (SELECT 1 FROM reactions r WHERE r.message_id = t.id AND NOT EXISTS \
    (SELECT 1 FROM legacy_documents o WHERE o.collection = 'Reaction' AND o.id = r.id))";

/// The old system shows a system message as written by the one who did something.
static MESSAGE: Special = Special {
    filled: &[(
        "sender_id",
        "coalesce(t.sender_id, (SELECT s.actor_id FROM system_messages s WHERE s.message_id = t.id))",
    )],
    more: &[
        More { field: int("reactionCount"), sql: "t.reaction_count", renews: HAS_NEW_REACTION },
        More { field: json("reactionSummary"), sql: "t.reaction_summary", renews: HAS_NEW_REACTION },
        // Translations of the text before an edit; those of the current text are separate documents.
        More { field: json("translations"), sql: "NULL", renews: "t.revision > 1" },
    ],
    ..PLAIN
};

static TRANSLATION: Special = Special {
    filled: &[(
        "source_language",
        "coalesce(t.source_language, (SELECT m.original_language FROM messages m WHERE m.id = t.message_id))",
    )],
    // Unique in the old system.
    more: &[More {
        field: text("cacheKey"),
        sql: "t.message_id || '_' || coalesce(t.source_language, (SELECT m.original_language FROM messages m \
            WHERE m.id = t.message_id)) || '_' || t.language",
        renews: "FALSE",
    }],
    held: "t.content IS NOT NULL AND t.revision = (SELECT m.revision FROM messages m WHERE m.id = t.message_id)",
    ..PLAIN
};

static MENTION: Special = Special {
    filled: &[(
        "mentioned_at",
        "coalesce(t.mentioned_at, (SELECT m.created_at FROM messages m WHERE m.id = t.message_id))",
    )],
    ..PLAIN
};

/// The last message that a user has read.
macro_rules! read_message {
    () => {
        "coalesce(t.last_read_message_id, (SELECT m.id FROM messages m \
          WHERE m.conversation_id = t.conversation_id AND m.sequence = t.read_sequence))"
    };
}

const CURSOR_UPDATED: (&str, &str) = (
    "updated_at",
    "CASE WHEN t.updated_at >= t.read_at THEN t.updated_at ELSE coalesce(t.read_at, t.updated_at) END",
);

/// Cursors left by older code, which nothing reads.
const UNREAD_CURSORS: &str = "MessageReadStatus";

/// A cursor that was never in the old system and is further than what is known to be read without it: the
/// user's own last message and their statuses.
const CURSOR_NEEDED: &str = "t.read_at IS NOT NULL AND EXISTS (SELECT 1 FROM messages m \
      WHERE m.conversation_id = t.conversation_id AND m.sequence = t.read_sequence) \
    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = t.conversation_id \
      AND m.sender_id = t.user_id AND m.sequence >= t.read_sequence) \
    AND NOT EXISTS (SELECT 1 FROM message_statuses s JOIN messages m ON m.id = s.message_id \
      WHERE s.conversation_id = t.conversation_id AND s.user_id = t.user_id AND s.read_at IS NOT NULL \
      AND m.sequence >= t.read_sequence)";

/// The old system stores one message as delivered and, with a date, as read: the read one counts.
static CURSOR: Special = Special {
    filled: &[
        (
            "last_delivered_message_id",
            concat!(
                "CASE WHEN t.read_at IS NULL THEN t.last_delivered_message_id ELSE coalesce(",
                read_message!(),
                ", t.last_delivered_message_id) END"
            ),
        ),
        CURSOR_UPDATED,
    ],
    held: "t.user_id IS NOT NULL",
    needed: CURSOR_NEEDED,
    unread: Some(UNREAD_CURSORS),
    ..PLAIN
};

static LATER_CURSOR: Special = Special {
    filled: &[("last_read_message_id", read_message!()), CURSOR_UPDATED],
    needed: CURSOR_NEEDED,
    unread: Some(UNREAD_CURSORS),
    ..PLAIN
};

/// The old system has other tokens, so users who signed in here have to sign in again there.
static SESSION: Special = Special { needed: "FALSE", ..PLAIN };

/// The exceptions of the rows of a collection in a table.
pub(super) fn of(collection: &str, table: &str) -> &'static Special {
    match (collection, table) {
        ("User", _) => &USER,
        ("Conversation", _) => &CONVERSATION,
        ("Message", _) => &MESSAGE,
        ("MessageTranslation", _) => &TRANSLATION,
        ("Mention", _) => &MENTION,
        ("MessageStatus", "read_cursors") => &CURSOR,
        ("MessageReadStatus" | "ConversationReadCursor", _) => &LATER_CURSOR,
        ("UserSession", _) => &SESSION,
        _ => &PLAIN,
    }
}

/// Columns with the SQL of their value for the old system, in a row `t` that was written or changed here.
pub(crate) type Filled = &'static [(&'static str, &'static str)];

/// The values of nullable columns that the old system requires, by collection and table.
pub(crate) fn filled(collection: &str, table: &str) -> Filled {
    of(collection, table).filled
}

/// For tables with several collections, those collections; the first is the one in the database of
/// 2026-01-25.
pub(super) const HOMES: &[(&str, &[&str])] = &[
    ("message_statuses", &["MessageStatus", "MessageStatusEntry"]),
    ("read_cursors", &["MessageStatus", "ConversationReadCursor"]),
];

/// Collections that were not named after their models on 2026-01-25.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("CallSession", "call_sessions"),
    ("CallParticipant", "call_participants"),
    ("UserConversationPreferences", "user_conversation_preferences"),
    ("UserConversationCategory", "user_conversation_categories"),
    ("NotificationPreference", "notification_preferences"),
    ("UserPreferences", "user_preferences"),
];
