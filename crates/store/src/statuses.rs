//! Who received and read which message, as the old system noted it for each person.

use crate::placeholders::{padded, placeholders};
use crate::{StoreError, Tx, Value};
use meeshy_domain::MessageId;

/// Of how many people and guests it is noted, for each of some messages that has any.
///
/// # Errors
/// As the database says.
pub fn counts(tx: &mut Tx<'_>, messages: &[MessageId]) -> Result<Vec<(MessageId, i64)>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    tx.fetch_all(
        // People and guests each have an index of their own.
        &format!(
            "SELECT s.message_id, count(*) AS total FROM \
               (SELECT message_id FROM message_statuses WHERE user_id IS NOT NULL AND message_id IN ({ids}) \
                UNION ALL \
                SELECT message_id FROM message_statuses WHERE guest_id IS NOT NULL AND message_id IN ({ids})) s \
             GROUP BY s.message_id"
        ),
        &padded(messages.iter().map(|id| Value::from(*id))))
}
