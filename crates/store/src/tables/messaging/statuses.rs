//! What users have done with single messages: when it was delivered to them, read or viewed.

use crate::engine::placeholders::{padded, placeholders};
use crate::{Query, Value};
use meeshy_domain::MessageId;

/// The statement that stores the time of something in `column`, unless there is one. Its parameters are the message, its
/// conversation, the user, the time, and the key of a new row.
pub(super) fn note_first(column: &'static str) -> String {
    format!(
        "INSERT INTO message_statuses (id, message_id, conversation_id, user_id, {column}, created_at, updated_at) \
         VALUES ($5, $1, $2, $3, $4, $4, $4) ON CONFLICT (message_id, user_id) WHERE user_id IS NOT NULL \
         DO UPDATE SET {column} = excluded.{column}, updated_at = excluded.updated_at \
           WHERE message_statuses.{column} IS NULL"
    )
}

/// The numbers of users and guests with a state, for each of some messages that has any.
pub fn counts(messages: &[MessageId]) -> Query<Vec<(MessageId, i64)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    Query::all(
        // Users and guests have separate indexes.
        format!(
            "SELECT s.message_id, count(*) AS total FROM \
               (SELECT message_id FROM message_statuses WHERE user_id IS NOT NULL AND message_id IN ({ids}) \
                UNION ALL \
                SELECT message_id FROM message_statuses WHERE guest_id IS NOT NULL AND message_id IN ({ids})) s \
             GROUP BY s.message_id"
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    )
}
