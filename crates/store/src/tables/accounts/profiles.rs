//! Profiles as other users see them.

use super::users::User;
use crate::visibility::not_blocked;
use crate::{Query, StoreError, Tx};
use meeshy_domain::text;
use meeshy_domain::{Timestamp, UserId};

/// The most messages that [`figures`] counts: for more, it would read too many rows.
const MAX_COUNTED: i64 = 10_000;

/// The user with this id or username (ignoring case). Deactivated accounts are found, deleted ones are not.
pub fn find(tx: &mut Tx<'_>, reference: &str) -> Result<Option<User>, StoreError> {
    let columns = User::columns();
    if let Ok(id) = reference.parse::<UserId>() {
        let sql = format!("SELECT {columns} FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL");
        return tx.fetch_optional(&sql, &[id.into()]);
    }
    // PostgreSQL would reject a NUL, and no name contains one.
    let Some(key) = text::key(reference).filter(|_| !reference.contains('\0')) else { return Ok(None) };
    tx.fetch_optional(
        &format!(
            "SELECT {columns} FROM users u WHERE u.username_key = $1 AND u.deleted_at IS NULL \
             ORDER BY CASE WHEN u.username = $2 THEN 0 WHEN u.name_twin = '' THEN 1 ELSE 2 END, u.id LIMIT 1"
        ),
        &[key.into(), reference.into()],
    )
}

/// Active users other than `asker` in order of their ids, after `after`, except those whom a block separates
/// from `asker`, and those who hide from search.
pub fn page(
    tx: &mut Tx<'_>,
    asker: UserId,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<User>, StoreError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    let sql = format!(
        "SELECT {columns} FROM users u WHERE u.id > $2 AND u.id <> $1 AND u.is_active AND u.deleted_at IS NULL \
           AND NOT u.hides_profile AND {seen} ORDER BY u.id LIMIT $3",
        columns = User::columns(),
        seen = not_blocked("u", 1)
    );
    tx.fetch_all(&sql, &[asker.into(), after.into(), limit.into()])
}

/// What a user has written and received, the room for everybody excluded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// The messages that the user has written, up to 10,000.
    pub messages_sent: i64,
    /// The messages of all conversations that the user is in.
    pub messages: i64,
    /// The direct conversations.
    pub direct_conversations: i64,
    /// The other conversations.
    pub groups: i64,
}

/// The figures of a user.
pub fn figures(tx: &mut Tx<'_>, user: UserId) -> Result<Figures, StoreError> {
    let memberships = Query::<(i64, i64, i64)>::one(
        "SELECT coalesce(CAST(sum((SELECT sum(l.messages) FROM conversation_languages l WHERE l.conversation_id = c.id)) AS BIGINT), 0), \
           count(CASE WHEN c.kind = 'direct' THEN 1 END), count(CASE WHEN c.kind <> 'direct' THEN 1 END) \
         FROM members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.user_id = $1 AND m.is_active AND c.is_active AND c.kind <> 'global'",
        vec![user.into()],
    );
    // The room for everybody is excluded by its id, so that nothing but the index is read.
    let sent = Query::<i64>::one(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM messages m WHERE m.sender_id = $1 AND m.deleted_at IS NULL \
           AND m.message_source <> 'system' AND m.conversation_id <> coalesce((SELECT c.id FROM conversations c WHERE c.identifier = 'meeshy'), '') \
           LIMIT $2) written",
        vec![user.into(), MAX_COUNTED.into()],
    );
    let ((messages, direct_conversations, groups), messages_sent) = tx.fetch((memberships, sent))?;
    Ok(Figures { messages_sent, messages, direct_conversations, groups })
}

/// Replaces the URL of a user's picture.
pub fn set_avatar(
    tx: &mut Tx<'_>,
    user: UserId,
    avatar: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1",
        &[user.into(), avatar.into(), now.into()],
    )?;
    Ok(())
}
