//! Candidates for the search of conversations. The titles are compared by the caller: they have no index.

use super::conversations::{Conversation, not_deleted};
use super::members::IS_HERE;
use crate::{Query, StoreError, Tx, names};
use meeshy_domain::{ConversationId, UserId};

/// The most recently active conversations of a user in which titles and names are searched.
const MAX_RECENT: i64 = 500;
/// The most recently active conversations that are open to everybody.
const MAX_PUBLIC: i64 = 500;
/// Names are searched in conversations of at most so many members.
const MAX_MEMBERS: i64 = 100;

/// The most recently active conversations of a user.
pub fn recent(user: UserId) -> Query<Vec<Conversation>> {
    Query::all(
        format!(
            "SELECT {} FROM members m JOIN conversations c ON c.id = m.conversation_id \
             WHERE m.user_id = $1 AND m.is_active AND c.is_active AND {} \
             ORDER BY c.last_message_at DESC, c.id DESC LIMIT {MAX_RECENT}",
            Conversation::columns(),
            not_deleted(1)
        ),
        vec![user.into()],
    )
}

/// The ids of a user's conversations, at most `limit`.
pub fn ids(user: UserId, limit: i64) -> Query<Vec<ConversationId>> {
    Query::all(
        format!(
            "SELECT c.id FROM members m JOIN conversations c ON c.id = m.conversation_id \
             WHERE m.user_id = $1 AND m.is_active AND c.is_active AND {} LIMIT $2",
            not_deleted(1)
        ),
        vec![user.into(), limit.into()],
    )
}

/// The most recently active conversations that are open to everybody.
pub fn public() -> Query<Vec<Conversation>> {
    Query::all(
        format!(
            // The last condition holds for all of them; SQLite needs it to start at the end of the index.
            "SELECT {} FROM conversations c WHERE c.is_active AND c.kind IN ('public', 'global') AND c.last_message_at > 0 \
             ORDER BY c.last_message_at DESC LIMIT {MAX_PUBLIC}",
            Conversation::columns()
        ),
        Vec::new(),
    )
}

/// Those of a user's most recently active small conversations, except for the room of everybody, in which another member's names match, as in a
/// [search of users](crate::users::search).
pub fn with_names(
    tx: &mut Tx<'_>,
    user: UserId,
    text: &str,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let Some((matches, words)) = names::matching("m.user_id", text, 3) else { return Ok(Vec::new()) };
    let mut params = vec![user.into(), limit.into()];
    params.extend(words);
    tx.fetch_all(
        &format!(
            "SELECT r.id FROM (SELECT c.id, c.kind, c.member_count, c.last_message_at FROM members o \
               JOIN conversations c ON c.id = o.conversation_id \
               WHERE o.user_id = $1 AND o.is_active AND c.is_active AND {not_deleted} \
               ORDER BY c.last_message_at DESC LIMIT {MAX_RECENT}) r \
             WHERE r.kind <> 'global' AND r.member_count <= {MAX_MEMBERS} AND EXISTS (SELECT 1 FROM members m JOIN users u ON u.id = m.user_id \
               WHERE m.conversation_id = r.id AND m.user_id <> $1 AND {IS_HERE}{matches}) \
             ORDER BY r.last_message_at DESC LIMIT $2",
            not_deleted = not_deleted(1)
        ),
        &params,
    )
}
