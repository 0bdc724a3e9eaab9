//! Conversations.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::events::{self, Change};
use crate::{FromRow, Query, Row, StoreError, Tx, Value};
use meeshy_domain::{CommunityId, ConversationId, ConversationKind, MessageId, Timestamp, UserId};

record! {
    /// A conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Conversation as "c" {
        /// Its id.
        pub id: ConversationId,
        /// Its unique name in URLs, such as `mshy_trip-20260112101500`.
        pub identifier: String,
        /// Its kind.
        pub kind: ConversationKind,
        /// Its title; direct conversations have none.
        pub title: Option<String>,
        /// Its description.
        pub description: Option<String>,
        /// The URL of its picture.
        pub avatar: Option<String>,
        /// The two users of a direct conversation.
        pub direct_key: Option<String>,
        /// The user who created it.
        pub created_by: Option<UserId>,
        /// Whether it is open.
        pub is_active: bool,
        /// The number of active memberships.
        pub member_count: i64,
        /// The number of its newest message; messages are numbered from 1 without gaps.
        pub last_sequence: i64,
        /// The number of its newest durable change ([`events`]).
        pub last_event: i64,
        /// When its newest message was written, or when it was created if there is none.
        pub last_message_at: Timestamp,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Its other attributes.
        pub details: Details = Details::columns(),
    }
}

impl Conversation {
    /// An open conversation without members, messages or other attributes.
    pub fn new(id: ConversationId, identifier: String, kind: ConversationKind, now: Timestamp) -> Self {
        Self {
            id,
            identifier,
            kind,
            title: None,
            description: None,
            avatar: None,
            direct_key: None,
            created_by: None,
            is_active: true,
            member_count: 0,
            last_sequence: 0,
            last_event: 1,
            last_message_at: now,
            created_at: now,
            updated_at: now,
            details: Details::default(),
        }
    }
}

record! {
    /// Attributes from the old system; new conversations have none yet.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Details as "c" {
        /// The URL of its banner.
        pub banner: Option<String>,
        /// The community it belongs to.
        pub community_id: Option<CommunityId>,
        /// The role required for writing: `member`, `moderator` …; `None` for everybody.
        pub default_write_role: Option<String> = "nullif(c.default_write_role, 'everyone')",
        /// Whether it is an announcement channel.
        pub is_announcement_channel: bool,
        /// The minimum time between two messages of a user.
        pub slow_mode_seconds: i64,
        /// How its messages are encrypted.
        pub encryption_mode: Option<String>,
        /// The protocol of the encryption.
        pub encryption_protocol: Option<String>,
        /// When it was turned on.
        pub encryption_enabled_at: Option<Timestamp>,
        /// Who turned it on.
        pub encryption_enabled_by: Option<String>,
        /// The key of the server for its messages.
        pub server_encryption_key_id: Option<String>,
    }
}

record! {
    /// The preferences of a user for a conversation that are shown with it.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Preferences as "p" {
        /// Pinned.
        pub is_pinned: bool,
        /// Muted.
        pub is_muted: bool,
        /// Archived.
        pub is_archived: bool,
        /// A custom name.
        pub custom_name: Option<String>,
        /// A custom emoji.
        pub reaction: Option<String>,
    }
}

/// Adds a conversation; its creation is the first of its [events].
///
/// # Errors
/// [`StoreError::Conflict`] when the identifier is taken, or the two users already have a direct
/// conversation.
pub fn insert(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO conversations (id, identifier, kind, title, description, avatar, direct_key, created_by, is_active, \
           last_sequence, last_message_at, created_at, updated_at, last_event, community_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            conversation.id.into(),
            (&conversation.identifier).into(),
            conversation.kind.into(),
            conversation.title.as_ref().into(),
            conversation.description.as_ref().into(),
            conversation.avatar.as_ref().into(),
            conversation.direct_key.as_ref().into(),
            conversation.created_by.into(),
            conversation.is_active.into(),
            conversation.last_sequence.into(),
            conversation.last_message_at.into(),
            conversation.created_at.into(),
            conversation.updated_at.into(),
            conversation.last_event.into(),
            conversation.details.community_id.into(),
        ],
    )?;
    events::insert(tx, conversation.id, conversation.last_event, &Change::Created, conversation.created_at)
}

/// The open conversation with this id.
pub fn find(tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT {columns} FROM conversations c WHERE c.id = $1 AND c.is_active",
            columns = Conversation::columns()
        ),
        &[id.into()],
    )
}

/// The open conversation with this identifier, such as `meeshy`; no conversation has an empty one.
pub fn find_by_identifier(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<Conversation>, StoreError> {
    if identifier.is_empty() {
        return Ok(None);
    }
    tx.fetch_optional(
        &format!(
            "SELECT {columns} FROM conversations c WHERE c.identifier = $1 AND c.is_active",
            columns = Conversation::columns()
        ),
        &[identifier.into()],
    )
}

/// Whether a conversation, open or closed, has this identifier.
pub fn identifier_is_taken(tx: &mut Tx<'_>, identifier: &str) -> Result<bool, StoreError> {
    tx.exists("SELECT 1 FROM conversations WHERE identifier = $1", &[identifier.into()])
}

/// The same, in any case.
pub fn identifier_is_taken_in_any_case(tx: &mut Tx<'_>, identifier: &str) -> Result<bool, StoreError> {
    let folded = identifier.to_ascii_lowercase();
    tx.exists("SELECT 1 FROM conversations WHERE lower(identifier) = $1", &[folded.into()])
}

/// Allows two users to open a new direct conversation after theirs was closed.
pub fn release_direct_key(tx: &mut Tx<'_>, direct_key: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET direct_key = NULL WHERE direct_key = $1 AND NOT is_active",
        &[direct_key.into()],
    )?;
    Ok(())
}

/// The open direct conversation of two users.
pub fn find_direct(tx: &mut Tx<'_>, direct_key: &str) -> Result<Option<Conversation>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT {columns} FROM conversations c WHERE c.direct_key = $1 AND c.is_active",
            columns = Conversation::columns()
        ),
        &[direct_key.into()],
    )
}

/// The attributes of a conversation that its moderators can change.
pub fn update(tx: &mut Tx<'_>, conversation: &Conversation, now: Timestamp) -> Result<(), StoreError> {
    let details = &conversation.details;
    tx.execute(
        "UPDATE conversations SET title = $2, description = $3, avatar = $4, banner = $5, kind = $6, default_write_role = $7, \
           is_announcement_channel = $8, slow_mode_seconds = $9, updated_at = $10 WHERE id = $1",
        &[
            conversation.id.into(),
            conversation.title.as_ref().into(),
            conversation.description.as_ref().into(),
            conversation.avatar.as_ref().into(),
            details.banner.as_ref().into(),
            conversation.kind.into(),
            details.default_write_role.as_deref().unwrap_or("everyone").into(),
            details.is_announcement_channel.into(),
            details.slow_mode_seconds.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Closes a conversation: nobody can read or write it any more.
pub fn close(tx: &mut Tx<'_>, id: ConversationId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET is_active = FALSE, updated_at = $2 WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    Ok(())
}

/// Whether a user has deleted the conversation `c` for themselves, by their preferences `p`: until its next message.
pub(super) const IS_DELETED: &str = "p.is_deleted_for_user \
    AND (p.deleted_for_user_at IS NULL OR p.deleted_for_user_at >= c.last_message_at)";

/// Leaves out the conversations `c` that the user in the parameter `$user` has deleted for themselves.
pub(super) fn not_deleted(user: usize) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM conversation_preferences p WHERE p.user_id = ${user} AND p.conversation_id = c.id \
           AND {IS_DELETED})"
    )
}

/// Which conversations of a user to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<ConversationKind>,
    /// Only those whose only members are the user and this other one.
    pub with_user: Option<UserId>,
    /// Only those of this community.
    pub community: Option<CommunityId>,
}

/// The open conversations of `user`, the most recently active first, and their total. All of them are looked at, each once.
pub fn list(user: UserId, filter: Filter, limit: i64, offset: i64) -> Query<(Vec<Conversation>, i64)> {
    let mut condition = format!("m.user_id = $1 AND m.is_active AND c.is_active AND {}", not_deleted(1));
    let mut params: Vec<Value> = vec![user.into(), limit.into(), offset.into()];
    if let Some(kind) = filter.kind {
        params.push(kind.into());
        condition += &format!(" AND c.kind = ${}", params.len());
    }
    if let Some(other) = filter.with_user {
        params.push(other.into());
        let other = params.len();
        condition += &format!(
            " AND EXISTS (SELECT 1 FROM members o WHERE o.conversation_id = c.id AND o.is_active AND o.user_id = ${other}) \
              AND NOT EXISTS (SELECT 1 FROM members o WHERE o.conversation_id = c.id AND o.is_active AND o.user_id NOT IN ($1, ${other}))"
        );
    }
    if let Some(community) = filter.community {
        params.push(community.into());
        condition += &format!(" AND c.community_id = ${}", params.len());
    }
    let sql = format!(
        "WITH own AS MATERIALIZED (SELECT c.id, c.last_message_at FROM members m JOIN conversations c ON c.id = m.conversation_id \
             WHERE {condition}), \
           page AS (SELECT id FROM own ORDER BY last_message_at DESC, id DESC LIMIT $2 OFFSET $3) \
         SELECT counted.total, c.id IS NOT NULL AS is_there, {columns} FROM (SELECT count(*) AS total FROM own) counted \
           LEFT JOIN page ON TRUE LEFT JOIN conversations c ON c.id = page.id ORDER BY c.last_message_at DESC, c.id DESC",
        columns = Conversation::columns()
    );
    Query::<Listed>::all(sql, params).map(|rows| {
        let total = rows.first().map_or(0, |listed| listed.total);
        (rows.into_iter().filter_map(|listed| listed.conversation).collect(), total)
    })
}

/// A row of a list; an empty page is a row without a conversation.
struct Listed {
    total: i64,
    conversation: Option<Conversation>,
}

impl FromRow for Listed {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (total, is_there) = FromRow::from_row(row)?;
        let conversation = if is_there { Some(Conversation::from_row(row)?) } else { None };
        Ok(Self { total, conversation })
    }
}

/// The preferences of a user for some conversations.
pub fn preferences(
    user: UserId,
    conversations: &[ConversationId],
) -> Query<Vec<(ConversationId, Preferences)>> {
    if conversations.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(2, conversations.len());
    let mut params = vec![user.into()];
    params.extend(padded(conversations.iter().map(|id| Value::from(*id))));
    Query::all(
        format!(
            "SELECT conversation_id, {} FROM conversation_preferences p WHERE user_id = $1 AND conversation_id IN ({ids})",
            Preferences::columns()
        ),
        params,
    )
}

/// The numbers for a new message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Among the messages of the conversation.
    pub sequence: i64,
    /// Among its [events].
    pub event: i64,
}

/// Takes the next message number of a conversation, and the number of the event that tells of it, which nobody else can do
/// until this transaction ends. The event is for the caller to [insert](events::insert).
pub fn take_numbers(id: ConversationId, now: Timestamp) -> Query<Numbers> {
    let numbers = Query::<(i64, i64)>::one(
        "UPDATE conversations SET last_sequence = last_sequence + 1, last_event = last_event + 1, last_message_at = $2, \
           updated_at = $2 WHERE id = $1 RETURNING last_sequence, last_event",
        vec![id.into(), now.into()],
    );
    numbers.map(|(sequence, event)| Numbers { sequence, event })
}

/// [Takes the numbers](take_numbers) of a system message, and counts it. It does not move the conversation up in the lists.
pub fn take_quiet_numbers(id: ConversationId) -> Query<Numbers> {
    let numbers = Query::<(i64, i64)>::one(
        "UPDATE conversations SET last_sequence = last_sequence + 1, last_event = last_event + 1, \
           system_message_count = system_message_count + 1 WHERE id = $1 RETURNING last_sequence, last_event",
        vec![id.into()],
    );
    numbers.map(|(sequence, event)| Numbers { sequence, event })
}

/// [Takes the numbers](take_numbers) of a new message and logs its event.
pub fn next_numbers(
    tx: &mut Tx<'_>,
    id: ConversationId,
    message: MessageId,
    now: Timestamp,
) -> Result<Numbers, StoreError> {
    let numbers = tx.fetch(take_numbers(id, now))?;
    events::insert(tx, id, numbers.event, &Change::MessageNew(message), now)?;
    Ok(numbers)
}
