//! Deletion of messages.
//!
//! A message that is deleted for everybody keeps its row and its number, so that numbers have no gaps; what was in it is
//! removed.

use crate::engine::placeholders::{padded, placeholders};
use crate::events::{self, Change};
use crate::{Query, StoreError, Tx, Value, conversation_languages, message_revisions, reactions};
use meeshy_domain::{ConversationId, Language, MessageId, Timestamp};

/// The place of a message, deleted or not, in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub sequence: i64,
    /// The number of the newest message, whether deleted or not.
    pub last_sequence: i64,
    /// Whether it counted as unread before it was deleted. System messages do not.
    pub counts: bool,
}

/// A message that was deleted just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its place there.
    pub place: Place,
    /// The number of the event.
    pub event: i64,
}

/// Deletes a message for everybody, with its translations, mentions and reactions. `None` if it does not exist or was
/// deleted before.
pub fn delete(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<Option<Deleted>, StoreError> {
    let found: Option<(ConversationId, i64, Language, bool)> = tx.fetch_optional(
        "UPDATE messages SET deleted_at = $2, updated_at = $2, content = '', encrypted_content = NULL, \
           pinned_at = NULL, pinned_by = NULL, validated_mentions = '[]' \
         WHERE id = $1 AND deleted_at IS NULL \
         RETURNING conversation_id, sequence, original_language, message_source <> 'system'",
        &[id.into(), now.into()],
    )?;
    let Some((conversation_id, sequence, language, counts)) = found else { return Ok(None) };
    // Before the counts change: sending a message locks in this order, too.
    let event = events::append(tx, conversation_id, &[Change::MessageDeleted(id)], now)?;
    let last_sequence = tx.fetch_one(
        "UPDATE conversations SET updated_at = $2, last_message_at = coalesce( \
           (SELECT max(m.created_at) FROM messages m WHERE m.conversation_id = $1 AND m.deleted_at IS NULL \
              AND m.message_source <> 'system'), created_at), system_message_count = system_message_count - $3 \
         WHERE id = $1 RETURNING last_sequence",
        &[conversation_id.into(), now.into(), i64::from(!counts).into()],
    )?;
    if counts {
        conversation_languages::remove_message(tx, conversation_id, language)?;
    }
    for table in ["translation_jobs", "translations", "mentions"] {
        tx.execute_later(&format!("DELETE FROM {table} WHERE message_id = $1"), &[id.into()])?;
    }
    tx.execute_later("UPDATE system_messages SET value = NULL WHERE message_id = $1", &[id.into()])?;
    reactions::remove_all(tx, id)?;
    message_revisions::remove_all(tx, id)?;
    Ok(Some(Deleted { conversation_id, place: Place { sequence, last_sequence, counts }, event }))
}

/// Up to `limit` messages that have expired by `now` and are not deleted yet, those that expired first.
pub fn expired(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<MessageId>, StoreError> {
    tx.fetch_all(
        "SELECT id FROM messages WHERE deleted_at IS NULL AND expires_at IS NOT NULL AND expires_at <= $1 \
         ORDER BY expires_at LIMIT $2",
        &[now.into(), limit.into()],
    )
}

/// The places of some messages.
pub fn places(messages: &[MessageId]) -> Query<Vec<(MessageId, Place)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    let found = Query::<(MessageId, i64, i64, bool)>::all(
        format!(
            "SELECT m.id, m.sequence, c.last_sequence, m.message_source <> 'system' AS counts FROM messages m JOIN conversations c ON c.id = m.conversation_id \
             WHERE m.id IN ({ids})"
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    );
    let place = |(id, sequence, last_sequence, counts)| (id, Place { sequence, last_sequence, counts });
    found.map(move |found| found.into_iter().map(place).collect())
}
