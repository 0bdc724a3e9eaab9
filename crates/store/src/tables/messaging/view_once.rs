//! Messages that everybody may view only once.

use crate::statuses::note_first;
use crate::{StoreError, Tx};
use meeshy_domain::{ConversationId, MessageId, Timestamp, UserId};

/// What became of an attempt to view a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewed {
    /// It may be shown, this once.
    Now,
    /// This user has viewed it before.
    Before,
    /// As many users as allowed have viewed it.
    ByOthers,
}

/// Notes that a user views a message. `id` is the key of a new row. Unless the outcome is [`Viewed::Now`], the transaction
/// must be rolled back.
pub fn view(
    tx: &mut Tx<'_>,
    id: &str,
    (conversation, message): (ConversationId, MessageId),
    user: UserId,
    now: Timestamp,
) -> Result<Viewed, StoreError> {
    let noted = tx.execute(
        &note_first("viewed_once_at"),
        &[message.into(), conversation.into(), user.into(), now.into(), id.into()],
    )?;
    if noted == 0 {
        return Ok(Viewed::Before);
    }
    let counted = tx.execute(
        "UPDATE messages SET view_once_count = view_once_count + 1 WHERE id = $1 \
           AND (max_view_once_count IS NULL OR view_once_count < max_view_once_count)",
        &[message.into()],
    )?;
    Ok(if counted == 0 { Viewed::ByOthers } else { Viewed::Now })
}
