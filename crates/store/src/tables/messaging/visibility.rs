//! Which messages somebody gets to see.
//!
//! The old system hid messages: those that had expired, that somebody had deleted for themselves or cleared away, and
//! those of people whom somebody had blocked. Nothing here hides more yet; what was hidden stays so.

use crate::engine::placeholders::{padded, placeholders};
use crate::{FromRow, Query, Row, StoreError, Value};
use meeshy_domain::{Actor, ConversationId, GuestId, MessageId, Timestamp, UserId};

/// Somebody who looks at messages, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    by: Option<Actor>,
    now: Timestamp,
    /// They see the messages after the one with this number.
    sees_after: i64,
    /// Whether this person has deleted messages for themselves.
    has_deleted: bool,
    /// Whether this person has cleared the history of a conversation.
    has_cleared: bool,
    /// Whether this person has blocked somebody.
    has_blocked: bool,
    /// Whether somebody has blocked this person.
    is_blocked: bool,
}

impl Viewer {
    /// Nobody in particular: what every member of a conversation sees.
    pub fn anyone(now: Timestamp) -> Self {
        Self {
            by: None,
            now,
            sees_after: 0,
            has_deleted: false,
            has_cleared: false,
            has_blocked: false,
            is_blocked: false,
        }
    }

    /// A guest, who sees the messages after the one with the number `sees_after`.
    pub fn guest(guest: GuestId, sees_after: i64, now: Timestamp) -> Self {
        Self { by: Some(guest.into()), sees_after, ..Self::anyone(now) }
    }

    /// A person.
    pub fn find(user: UserId, now: Timestamp) -> Query<Self> {
        let found = Query::<(bool, bool, bool, bool)>::optional(
            "SELECT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = u.id) AS has_blocked, \
               EXISTS (SELECT 1 FROM blocks b WHERE b.blocked_id = u.id) AS is_blocked, \
               EXISTS (SELECT 1 FROM message_deletions d WHERE d.user_id = u.id) AS has_deleted, \
               EXISTS (SELECT 1 FROM conversation_preferences p WHERE p.user_id = u.id AND p.clear_history_before IS NOT NULL) \
                 AS has_cleared \
             FROM users u WHERE u.id = $1",
            vec![user.into()],
        );
        found.map(move |found| {
            let (has_blocked, is_blocked, has_deleted, has_cleared) = found.unwrap_or_default();
            let sees_after = 0;
            Self { by: Some(user.into()), now, sees_after, has_deleted, has_cleared, has_blocked, is_blocked }
        })
    }

    /// When.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who looks, if a user.
    pub fn user(&self) -> Option<UserId> {
        self.by.and_then(Actor::user)
    }

    /// Who looks.
    pub fn actor(&self) -> Option<Actor> {
        self.by
    }

    /// Those whom a block separates from this person, in either direction: neither learns of the other's presence.
    pub fn separated(&self) -> Query<Vec<UserId>> {
        match self.user() {
            Some(user) if self.has_blocked || self.is_blocked => separated(user),
            _ => Query::known(Vec::new()),
        }
    }

    /// Whether messages are hidden from this person that others see.
    pub fn is_special(&self) -> bool {
        self.has_deleted || self.has_cleared || self.has_blocked || self.sees_after > 0
    }

    /// A condition that leaves the messages `alias` that this person sees, and its parameters from `$from` on.
    pub(crate) fn condition(&self, alias: &str, from: usize) -> (String, Vec<Value>) {
        let user = from + 1;
        let mut condition = format!(
            "{alias}.deleted_at IS NULL AND ({alias}.expires_at IS NULL OR {alias}.expires_at > ${from})"
        );
        let mut params = vec![self.now.into()];
        if self.sees_after > 0 {
            condition += &format!(" AND {alias}.sequence > ${user}");
            params.push(self.sees_after.into());
            return (condition, params);
        }
        if self.is_special() {
            params.push(self.user().into());
        }
        if self.has_deleted {
            condition += &format!(
                " AND NOT EXISTS (SELECT 1 FROM message_deletions d WHERE d.user_id = ${user} AND d.message_id = {alias}.id)"
            );
        }
        if self.has_cleared {
            condition += &format!(
                " AND NOT EXISTS (SELECT 1 FROM conversation_preferences p WHERE p.user_id = ${user} \
                   AND p.conversation_id = {alias}.conversation_id AND p.clear_history_before > {alias}.created_at)"
            );
        }
        if self.has_blocked {
            condition += &format!(
                " AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = ${user} AND b.blocked_id = {alias}.sender_id)"
            );
        }
        (condition, params)
    }
}

/// A condition that leaves out the people `alias` whom the person in the parameter `$asker` has blocked, or who have
/// blocked that person.
pub(crate) fn not_blocked(alias: &str, asker: usize) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = {alias}.id AND b.blocked_id = ${asker}) \
         AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = ${asker} AND b.blocked_id = {alias}.id)"
    )
}

/// Those who have blocked a person.
pub fn blockers(user: UserId) -> Query<Vec<UserId>> {
    Query::all("SELECT user_id FROM blocks WHERE blocked_id = $1", vec![user.into()])
}

/// Those who have blocked a person, and those whom this person has blocked.
pub fn separated(user: UserId) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT user_id FROM blocks WHERE blocked_id = $1 UNION SELECT blocked_id FROM blocks WHERE user_id = $1",
        vec![user.into()],
    )
}

/// The same as [`blockers`] for some people: each of them with one of those who have blocked them.
pub fn blockers_of(users: &[UserId]) -> Query<Vec<(UserId, UserId)>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    Query::all(
        format!(
            "SELECT blocked_id, user_id FROM blocks WHERE blocked_id IN ({})",
            placeholders(1, users.len())
        ),
        padded(users.iter().map(|id| Value::from(*id))),
    )
}

/// Those from whom a message is hidden: they have blocked its author, deleted it for themselves, or cleared it away with the
/// history of its conversation. They need not be members of it.
pub fn hidden_from(message: MessageId) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT b.user_id FROM messages m JOIN blocks b ON b.blocked_id = m.sender_id WHERE m.id = $1 \
         UNION SELECT d.user_id FROM message_deletions d WHERE d.message_id = $1 AND d.user_id IS NOT NULL \
         UNION SELECT p.user_id FROM messages m JOIN conversation_preferences p \
           ON p.conversation_id = m.conversation_id AND p.clear_history_before > m.created_at WHERE m.id = $1",
        vec![message.into()],
    )
}

/// The same as [`hidden_from`] for some messages, with the message for each person.
pub fn hidden_from_all(messages: &[MessageId]) -> Query<Vec<(MessageId, UserId)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    Query::all(
        format!(
            "SELECT m.id, b.user_id FROM messages m JOIN blocks b ON b.blocked_id = m.sender_id WHERE m.id IN ({ids}) \
             UNION SELECT d.message_id, d.user_id FROM message_deletions d \
               WHERE d.message_id IN ({ids}) AND d.user_id IS NOT NULL \
             UNION SELECT m.id, p.user_id FROM messages m JOIN conversation_preferences p \
               ON p.conversation_id = m.conversation_id AND p.clear_history_before > m.created_at WHERE m.id IN ({ids})"
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    )
}

/// Messages that [`unread`] counts, at most: clients show no more than `99+`, and it is asked with each message.
const MAX_COUNTED_UNREAD: i64 = 100;

/// What somebody has not read of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// How many messages that this person sees, up to 100.
    pub count: i64,
}

impl FromRow for Unread {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (conversation, user, count) = FromRow::from_row(row)?;
        Ok(Self { conversation, user, count })
    }
}

/// What some people from whom messages are hidden have not read of some conversations: those messages do not count.
/// For everybody else it follows from the numbers of the messages.
pub fn unread(conversations: &[ConversationId], users: &[UserId], now: Timestamp) -> Query<Vec<Unread>> {
    if conversations.is_empty() || users.is_empty() {
        return Query::known(Vec::new());
    }
    let mut params = vec![now.into(), MAX_COUNTED_UNREAD.into()];
    let in_conversations = placeholders(params.len() + 1, conversations.len());
    params.extend(padded(conversations.iter().map(|id| Value::from(*id))));
    let in_users = placeholders(params.len() + 1, users.len());
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    Query::all(
        format!(
            "SELECT p.conversation_id, p.user_id, \
               (SELECT count(*) FROM (SELECT 1 AS one FROM messages m WHERE m.conversation_id = p.conversation_id \
                  AND m.sequence > coalesce(r.read_sequence, 0) AND m.deleted_at IS NULL AND m.message_source <> 'system' \
                  AND (m.expires_at IS NULL OR m.expires_at > $1) \
                  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = p.user_id AND b.blocked_id = m.sender_id) \
                  AND NOT EXISTS (SELECT 1 FROM message_deletions d WHERE d.user_id = p.user_id AND d.message_id = m.id) \
                  AND NOT EXISTS (SELECT 1 FROM conversation_preferences o WHERE o.user_id = p.user_id \
                    AND o.conversation_id = p.conversation_id AND o.clear_history_before > m.created_at) \
                  LIMIT $2) seen) AS total \
             FROM members p LEFT JOIN read_cursors r ON r.conversation_id = p.conversation_id AND r.user_id = p.user_id \
             WHERE p.conversation_id IN ({in_conversations}) AND p.user_id IN ({in_users}) AND p.is_active"
        ),
        params,
    )
}

/// Whether one of two people has blocked the other.
pub fn is_blocked(one: UserId, other: UserId) -> Query<bool> {
    let found = Query::<()>::optional(
        "SELECT 1 AS one FROM blocks WHERE (user_id = $1 AND blocked_id = $2) OR (user_id = $2 AND blocked_id = $1)",
        vec![one.into(), other.into()],
    );
    found.map(|found| found.is_some())
}

/// Whether a person and another member of a conversation of two have blocked each other, or one of them the other.
pub fn is_pair_blocked(conversation: ConversationId, user: UserId) -> Query<bool> {
    let found = Query::<()>::optional(
        "SELECT 1 AS one FROM members m JOIN blocks b ON b.user_id = m.user_id AND b.blocked_id = $2 \
           WHERE m.conversation_id = $1 AND m.is_active \
         UNION ALL SELECT 1 FROM members m JOIN blocks b ON b.blocked_id = m.user_id AND b.user_id = $2 \
           WHERE m.conversation_id = $1 AND m.is_active",
        vec![conversation.into(), user.into()],
    );
    found.map(|found| found.is_some())
}

/// Those from whom a message is hidden that its author, a user or a guest, writes to a conversation now: what [`hidden_from`] says of it once it is there.
pub fn hidden_from_author(
    conversation: ConversationId,
    author: Option<UserId>,
    now: Timestamp,
) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT user_id FROM blocks WHERE blocked_id = $2 \
         UNION SELECT user_id FROM conversation_preferences WHERE conversation_id = $1 AND clear_history_before > $3",
        vec![conversation.into(), author.into(), now.into()],
    )
}
