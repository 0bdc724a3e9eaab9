//! Who takes part in which conversation, and how far each has read.

use crate::tx::{padded, placeholders};
use crate::users::{LANGUAGE_COLUMNS, SHOWN_NAME, read_languages};
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, LanguageSettings, MemberId, MemberRole, Role, Timestamp, UserId};
use std::collections::{HashMap, HashSet};

/// A membership to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Which membership.
    pub id: MemberId,
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Whose.
    pub user_id: UserId,
    /// What this person may do there.
    pub role: MemberRole,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A member as the others in the conversation see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which membership.
    pub id: MemberId,
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Whose.
    pub user_id: UserId,
    /// What this person may do there.
    pub role: MemberRole,
    /// The name this person has there.
    pub nickname: Option<String>,
    /// Whether this person may write there.
    pub can_send_message: bool,
    /// Since when.
    pub joined_at: Timestamp,
    /// The unique name.
    pub username: String,
    /// The name that others see.
    pub display_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Address of a picture.
    pub avatar: Option<String>,
    /// What this person may do on the whole site.
    pub site_role: Role,
    /// The last sign of life.
    pub last_active_at: Timestamp,
    /// What this person reads.
    pub languages: LanguageSettings,
    /// The number of the newest message this person has read.
    pub read_sequence: i64,
    /// Whether this person has blocked somebody, and so may not see every message.
    pub has_blocked: bool,
}

fn read(row: &mut Row) -> Result<Member, StoreError> {
    Ok(Member {
        id: row.take("member_id")?,
        conversation_id: row.take("conversation_id")?,
        user_id: row.take("user_id")?,
        role: row.take("member_role")?,
        nickname: row.take("nickname")?,
        can_send_message: row.take("can_send_message")?,
        joined_at: row.take("joined_at")?,
        username: row.take("username")?,
        display_name: row.take("display_name")?,
        first_name: row.take("first_name")?,
        last_name: row.take("last_name")?,
        avatar: row.take("avatar")?,
        site_role: row.take("role")?,
        last_active_at: row.take("last_active_at")?,
        languages: read_languages(row)?,
        read_sequence: row.take("read_sequence")?,
        has_blocked: row.take("has_blocked")?,
    })
}

/// Adds a member.
///
/// # Errors
/// [`StoreError::Conflict`] when this person is a member already.
pub fn insert(tx: &mut Tx<'_>, member: &NewMember) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO members (id, conversation_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            member.id.into(),
            member.conversation_id.into(),
            member.user_id.into(),
            member.role.into(),
            member.joined_at.into(),
        ],
    )?;
    Ok(())
}

/// The active members of some conversations, in order of joining.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<Vec<Member>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, conversations.len());
    tx.query(
        &format!(
            "SELECT m.id AS member_id, m.conversation_id, m.user_id, m.role AS member_role, m.nickname, m.can_send_message, \
               m.joined_at, u.username, {SHOWN_NAME}, u.first_name, u.last_name, u.avatar, u.role, u.last_active_at, \
               u.blocked_user_ids <> '[]' AS has_blocked, {LANGUAGE_COLUMNS}, coalesce(r.read_sequence, 0) AS read_sequence \
             FROM members m JOIN users u ON u.id = m.user_id \
             LEFT JOIN read_cursors r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id \
             WHERE m.conversation_id IN ({ids}) AND m.is_active AND u.is_active ORDER BY m.joined_at, m.id"
        ),
        &padded(conversations.iter().map(|id| Value::from(*id))),
        read,
    )
}

/// Whether `user` takes part in a conversation.
///
/// # Errors
/// As the database says.
pub fn is_member(tx: &mut Tx<'_>, conversation: ConversationId, user: UserId) -> Result<bool, StoreError> {
    let found = tx.query_first(
        "SELECT 1 AS one FROM members WHERE conversation_id = $1 AND user_id = $2 AND is_active",
        &[conversation.into(), user.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// The memberships of `users` that have ended.
///
/// # Errors
/// As the database says.
pub fn ended(tx: &mut Tx<'_>, users: &[UserId]) -> Result<Vec<(UserId, ConversationId)>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, users.len());
    tx.query(
        &format!(
            "SELECT user_id, conversation_id FROM members WHERE user_id IN ({list}) AND is_active = FALSE"
        ),
        &padded(users.iter().map(|id| Value::from(*id))),
        |row| Ok((row.take("user_id")?, row.take("conversation_id")?)),
    )
}

/// How many memberships each of `users` has or had. One that was deleted instead of ended shows only here.
///
/// # Errors
/// As the database says.
pub fn counts(tx: &mut Tx<'_>, users: &[UserId]) -> Result<HashMap<UserId, i64>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let list = placeholders(1, users.len());
    let found = tx.query(
        &format!("SELECT user_id, count(*) AS total FROM members WHERE user_id IN ({list}) GROUP BY user_id"),
        &padded(users.iter().map(|id| Value::from(*id))),
        |row| Ok((row.take("user_id")?, row.take("total")?)),
    )?;
    Ok(found.into_iter().collect())
}

/// The memberships of `users` that have not ended.
///
/// # Errors
/// As the database says.
pub fn active(tx: &mut Tx<'_>, users: &[UserId]) -> Result<HashSet<(UserId, ConversationId)>, StoreError> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let list = placeholders(1, users.len());
    let found = tx.query(
        &format!("SELECT user_id, conversation_id FROM members WHERE user_id IN ({list}) AND is_active"),
        &padded(users.iter().map(|id| Value::from(*id))),
        |row| Ok((row.take("user_id")?, row.take("conversation_id")?)),
    )?;
    Ok(found.into_iter().collect())
}

/// The people who share a conversation with `user`, without this person.
///
/// # Errors
/// As the database says.
pub fn neighbours(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<UserId>, StoreError> {
    tx.query(
        "SELECT DISTINCT o.user_id FROM members m JOIN members o ON o.conversation_id = m.conversation_id \
         WHERE m.user_id = $1 AND m.is_active AND o.is_active AND o.user_id <> $1",
        &[user.into()],
        |row| row.take("user_id"),
    )
}

/// Moves a reader's cursor forward, never back; says how far it was before.
///
/// # Errors
/// As the database says.
pub fn move_cursor(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
    sequence: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let before: Option<i64> = tx.query_first(
        "SELECT read_sequence FROM read_cursors WHERE conversation_id = $1 AND user_id = $2",
        &[conversation.into(), user.into()],
        |row| row.take("read_sequence"),
    )?;
    let before = before.unwrap_or(0);
    if sequence > before {
        tx.execute(
            "INSERT INTO read_cursors (user_id, conversation_id, read_sequence, read_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id, conversation_id) WHERE user_id IS NOT NULL DO UPDATE SET read_sequence = excluded.read_sequence, read_at = excluded.read_at, \
               last_read_message_id = NULL WHERE read_cursors.read_sequence < excluded.read_sequence",
            &[user.into(), conversation.into(), sequence.into(), now.into()],
        )?;
    }
    Ok(before)
}
