//! How far users have read conversations.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Timestamp, UserId};

/// The number of messages of the conversation `c` after the position `r` of a reader, without deleted ones and system messages, of
/// which at most 1,000 are subtracted. The index `messages_uncounted` is for this expression.
pub(crate) const UNREAD_COUNT: &str = "c.last_sequence - coalesce(r.read_sequence, 0) - \
    (SELECT count(*) FROM (SELECT 1 AS one FROM messages d WHERE d.conversation_id = c.id \
       AND (d.sequence + 0) > coalesce(r.read_sequence, 0) \
       AND (d.deleted_at IS NOT NULL OR d.message_source = 'system') LIMIT 1000) uncounted)";

/// How many messages of some conversations a person has not read, whether they see them or not. Deleted ones and system messages do not
/// count.
pub fn unread(user: UserId, conversations: &[ConversationId]) -> Query<Vec<(ConversationId, i64)>> {
    if conversations.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, conversations.len());
    let mut params = vec![user.into()];
    params.extend(padded(conversations.iter().map(|id| Value::from(*id))));
    let found = Query::<(ConversationId, i64)>::all(
        format!(
            "SELECT c.id, {UNREAD_COUNT} AS unread FROM conversations c \
             LEFT JOIN read_cursors r ON r.user_id = $1 AND r.conversation_id = c.id WHERE c.id IN ({list})"
        ),
        params,
    );
    found.map(|found| found.into_iter().map(|(id, unread)| (id, unread.max(0))).collect())
}

record! {
    /// How far a person has read a conversation.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ReadPosition {
        /// The person.
        pub user_id: UserId = "r.user_id",
        /// The number of the newest message that they have read.
        pub read_sequence: i64 = "r.read_sequence",
        /// Since when.
        pub read_at: Timestamp = "r.read_at",
        /// The number of the newest message there.
        pub last_sequence: i64 = "c.last_sequence",
        /// The number of the newest event there.
        pub last_event: i64 = "c.last_event",
        /// How many messages they have not read, whether they see them or not.
        pub unread_count: i64 = UNREAD_COUNT,
    }
}

/// The number of the newest message that a person has read, those of the newest message and of the newest event there, and
/// how many messages they have not read, whether they see them or not.
pub fn position(user: UserId, conversation: ConversationId) -> Query<Option<(i64, i64, i64, i64)>> {
    let sql = format!(
        "SELECT coalesce(r.read_sequence, 0), c.last_sequence, c.last_event, {UNREAD_COUNT} FROM conversations c \
         LEFT JOIN read_cursors r ON r.user_id = $1 AND r.conversation_id = c.id WHERE c.id = $2"
    );
    Query::optional(sql, vec![user.into(), conversation.into()])
}

/// How far some people have read a conversation.
pub fn positions(conversation: ConversationId, users: &[UserId]) -> Query<Vec<ReadPosition>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, users.len());
    let mut params = vec![conversation.into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    let sql = format!(
        "SELECT {} FROM conversations c JOIN read_cursors r ON r.conversation_id = c.id \
         WHERE c.id = $1 AND r.user_id IN ({list})",
        ReadPosition::columns()
    );
    Query::all(sql, params)
}

/// Moves a reader's cursor forward, never back.
pub fn advance(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
    sequence: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_later(
        "INSERT INTO read_cursors (user_id, conversation_id, read_sequence, read_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, conversation_id) WHERE user_id IS NOT NULL DO UPDATE SET \
           read_sequence = excluded.read_sequence, read_at = excluded.read_at, last_read_message_id = NULL \
           WHERE read_cursors.read_sequence < excluded.read_sequence",
        &[user.into(), conversation.into(), sequence.into(), now.into()],
    )
}
