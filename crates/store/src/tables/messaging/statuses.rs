//! Delivery and read states per user, as stored by the old system.

use crate::engine::placeholders::{padded, placeholders};
use crate::{Query, Value};
use meeshy_domain::MessageId;

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
