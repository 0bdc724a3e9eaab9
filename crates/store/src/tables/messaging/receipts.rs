//! Who has received and read a message.
//!
//! A member has read every message up to their read position. The old system also stored states for each message and
//! user, which come first, since they are exact. Those of members who hide what they read are not given.

use crate::engine::record::record;
use crate::members::IS_HERE;
use crate::statuses::note_first;
use crate::users::SHOWN_NAME;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, MessageId, Timestamp, UserId};

record! {
    /// The state of a message for a member.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Receipt as "u" {
        /// The member.
        pub user_id: UserId = "u.id",
        /// The unique name.
        pub username: String,
        /// The displayed name.
        pub display_name: String = SHOWN_NAME,
        /// The URL of the picture.
        pub avatar: Option<String>,
        /// When it was delivered, if that is known.
        pub delivered_at: Option<Timestamp> = "coalesce(s.delivered_at, s.received_at, CASE WHEN NOT u.hides_read_receipts THEN s.read_at END, \
            CASE WHEN r.read_sequence >= $2 AND NOT u.hides_read_receipts THEN r.read_at END)",
        /// When it was read, if it was and the member does not hide it.
        pub read_at: Option<Timestamp> = "CASE WHEN u.hides_read_receipts THEN NULL ELSE coalesce(s.read_at, \
            CASE WHEN r.read_sequence >= $2 THEN r.read_at END) END",
        /// On which device it was read, as the old system named it.
        pub read_device: Option<String> = "CASE WHEN NOT u.hides_read_receipts THEN s.read_device END",
    }
}

/// A message whose receipts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its number there.
    pub sequence: i64,
    /// The message.
    pub message: MessageId,
    /// Its author, who is left out.
    pub author: Option<UserId>,
    /// When it was written. Who has become a member since then is left out.
    pub created_at: Timestamp,
}

/// Which receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Of all members but the author.
    All,
    /// Of those to whom it was delivered.
    Delivered,
    /// Of those who have read it.
    Read,
    /// Of those who have not read it, or hide it.
    Unread,
}

const READ: &str = "(NOT u.hides_read_receipts AND (s.read_at IS NOT NULL OR r.read_sequence >= $2))";

fn delivered() -> String {
    format!("({READ} OR s.delivered_at IS NOT NULL OR s.received_at IS NOT NULL)")
}

fn from(filter: Filter) -> String {
    let condition = match filter {
        Filter::All => String::new(),
        Filter::Delivered => format!("AND {}", delivered()),
        Filter::Read => format!("AND {READ}"),
        Filter::Unread => format!("AND NOT coalesce({READ}, FALSE)"),
    };
    format!(
        "FROM members m JOIN users u ON u.id = m.user_id \
         LEFT JOIN read_cursors r ON r.user_id = m.user_id AND r.conversation_id = m.conversation_id \
         LEFT JOIN message_statuses s ON s.message_id = $3 AND s.user_id = m.user_id \
         WHERE m.conversation_id = $1 AND m.user_id <> $4 AND {IS_HERE} \
           AND (m.joined_at <= $5 OR s.user_id IS NOT NULL) {condition}"
    )
}

fn params(subject: Subject) -> Vec<Value> {
    // No user has an empty id.
    let author = subject.author.map_or_else(|| Value::from(""), Value::from);
    vec![
        subject.conversation.into(),
        subject.sequence.into(),
        subject.message.into(),
        author,
        subject.created_at.into(),
    ]
}

/// A page of receipts, in order of the users' ids. The caller makes sure that the conversation is small.
pub fn page(subject: Subject, filter: Filter, limit: i64, offset: i64) -> Query<Vec<Receipt>> {
    let sql = format!("SELECT {} {} ORDER BY m.user_id LIMIT $6 OFFSET $7", Receipt::columns(), from(filter));
    Query::all(sql, [params(subject), vec![limit.into(), offset.into()]].concat())
}

/// How many receipts there are. The caller makes sure that the conversation is small.
pub fn count(subject: Subject, filter: Filter) -> Query<i64> {
    Query::one(format!("SELECT count(*) AS total {} AND $2 >= 0", from(filter)), params(subject))
}

/// How many members there are, how many have received the message, and how many have read it. The caller makes sure that the
/// conversation is small.
pub fn counts(subject: Subject) -> Query<(i64, i64, i64)> {
    let sql = format!(
        "SELECT count(*) AS members, count(CASE WHEN {delivered} THEN 1 END) AS delivered, \
           count(CASE WHEN {READ} THEN 1 END) AS seen {from}",
        delivered = delivered(),
        from = from(Filter::All)
    );
    Query::one(sql, params(subject))
}

/// Notes that a message was delivered to a user, unless that is known; `id` is the key of a new row.
pub fn deliver(
    tx: &mut Tx<'_>,
    id: &str,
    conversation: ConversationId,
    message: MessageId,
    user: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_later(
        &note_first("delivered_at"),
        &[message.into(), conversation.into(), user.into(), now.into(), id.into()],
    )
}
