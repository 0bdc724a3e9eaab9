//! What users have deleted for themselves: messages, conversations, and the history of conversations. Others still see it.

use super::conversations::{Conversation, IS_DELETED};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{ConversationId, MessageId, PreferencesId, Timestamp, UserId};

record! {
    /// A conversation that a user has deleted for themselves.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeletedConversation as "c" {
        /// The conversation.
        pub conversation: Conversation = Conversation::columns(),
        /// When it was deleted.
        pub deleted_at: Timestamp = "coalesce(p.deleted_for_user_at, p.updated_at)",
    }
}

/// Hides a message from a user; `id` is the key of a new row.
pub fn hide(
    tx: &mut Tx<'_>,
    id: &str,
    user: UserId,
    message: MessageId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_later(
        "INSERT INTO message_deletions (id, user_id, message_id, deleted_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, message_id) DO NOTHING",
        &[id.into(), user.into(), message.into(), now.into()],
    )
}

/// Shows a message to a user again; returns whether it was hidden.
pub fn show(tx: &mut Tx<'_>, user: UserId, message: MessageId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM message_deletions WHERE user_id = $1 AND message_id = $2";
    Ok(tx.execute(sql, &[user.into(), message.into()])? > 0)
}

/// Leaves a conversation out of the list of a user until its next message; `id` is the key of a new row.
pub fn hide_conversation(
    tx: &mut Tx<'_>,
    id: PreferencesId,
    user: UserId,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_later(
        "INSERT INTO conversation_preferences \
           (id, user_id, conversation_id, is_deleted_for_user, deleted_for_user_at, created_at, updated_at) \
         VALUES ($1, $2, $3, TRUE, $4, $4, $4) ON CONFLICT (user_id, conversation_id) DO UPDATE SET \
           is_deleted_for_user = TRUE, deleted_for_user_at = excluded.deleted_for_user_at, updated_at = excluded.updated_at",
        &[id.into(), user.into(), conversation.into(), now.into()],
    )
}

/// Lists a conversation again; returns whether it was deleted.
pub fn show_conversation(
    tx: &mut Tx<'_>,
    user: UserId,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE conversation_preferences SET is_deleted_for_user = FALSE, deleted_for_user_at = NULL, updated_at = $3 \
         WHERE user_id = $1 AND conversation_id = $2 AND is_deleted_for_user",
        &[user.into(), conversation.into(), now.into()],
    )?;
    Ok(changed > 0)
}

/// Hides the messages of a conversation before a time from a user; `id` is the key of a new row. What is hidden stays so.
pub fn clear_history(
    tx: &mut Tx<'_>,
    id: PreferencesId,
    user: UserId,
    conversation: ConversationId,
    (before, now): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    tx.execute_later(
        "INSERT INTO conversation_preferences AS p \
           (id, user_id, conversation_id, clear_history_before, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5) \
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET updated_at = excluded.updated_at, clear_history_before = \
           CASE WHEN p.clear_history_before > excluded.clear_history_before THEN p.clear_history_before \
           ELSE excluded.clear_history_before END",
        &[id.into(), user.into(), conversation.into(), before.into(), now.into()],
    )
}

/// The conversations that a user has deleted for themselves and is still a member of, the last one first.
pub fn conversations(user: UserId, limit: i64) -> Query<Vec<DeletedConversation>> {
    let sql = format!(
        "SELECT {} FROM conversation_preferences p JOIN conversations c ON c.id = p.conversation_id AND c.is_active \
         JOIN members m ON m.conversation_id = c.id AND m.user_id = p.user_id AND m.is_active \
         WHERE p.user_id = $1 AND {IS_DELETED} \
         ORDER BY coalesce(p.deleted_for_user_at, p.updated_at) DESC, p.conversation_id LIMIT $2",
        DeletedConversation::columns()
    );
    Query::all(sql, vec![user.into(), limit.into()])
}
