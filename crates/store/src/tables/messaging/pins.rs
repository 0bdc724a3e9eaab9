//! Pinned messages.

use crate::events::{self, Change};
use crate::messages::Message;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{ConversationId, MessageId, Timestamp, UserId};

/// Pins a message. Returns the number of the event, or `None` if it does not exist or is pinned already.
pub fn pin(tx: &mut Tx<'_>, id: MessageId, by: UserId, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let pinned: Option<ConversationId> = tx.fetch_optional(
        "UPDATE messages SET pinned_at = $2, pinned_by = $3, updated_at = $2 \
         WHERE id = $1 AND deleted_at IS NULL AND pinned_at IS NULL RETURNING conversation_id",
        &[id.into(), now.into(), by.into()],
    )?;
    pinned.map(|place| events::append(tx, place, &[Change::Pinned(id)], now)).transpose()
}

/// Takes the pin off a message. Returns the number of the event, or `None` if it does not exist or is not pinned.
pub fn unpin(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let unpinned: Option<ConversationId> = tx.fetch_optional(
        "UPDATE messages SET pinned_at = NULL, pinned_by = NULL, updated_at = $2 \
         WHERE id = $1 AND deleted_at IS NULL AND pinned_at IS NOT NULL RETURNING conversation_id",
        &[id.into(), now.into()],
    )?;
    unpinned.map(|place| events::append(tx, place, &[Change::Pinned(id)], now)).transpose()
}

/// How many messages of a conversation are pinned.
pub fn count(conversation: ConversationId) -> Query<i64> {
    Query::one(
        "SELECT count(*) AS total FROM messages WHERE conversation_id = $1 AND pinned_at IS NOT NULL",
        vec![conversation.into()],
    )
}

/// The pinned messages of a conversation that this person sees, the latest pin first.
pub fn list(conversation: ConversationId, viewer: &Viewer, limit: i64) -> Query<Vec<Message>> {
    let (seen, of_viewer) = viewer.condition("m", 3);
    let sql = format!(
        "SELECT {} FROM messages m WHERE m.conversation_id = $1 AND m.pinned_at IS NOT NULL AND {seen} \
         ORDER BY m.pinned_at DESC LIMIT $2",
        Message::columns()
    );
    Query::all(sql, [vec![conversation.into(), limit.into()], of_viewer].concat())
}
