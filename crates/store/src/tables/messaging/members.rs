//! Who takes part in which conversation.

use crate::conversations::Conversation;
use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::privacy::HIDES_COLUMNS;
use crate::users::{LANGUAGE_COLUMNS, SHOWN_NAME};
use crate::{Query, Row, StoreError, Tx, Value, conversation_languages, read_cursors};
use meeshy_domain::preferences::Hides;
use meeshy_domain::{ConversationId, LanguageSettings, MemberId, MemberRole, Role, Timestamp, UserId, text};
use std::collections::HashMap;

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

record! {
    /// A member as the others in the conversation see them.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Member as "u" {
        /// Which membership.
        pub id: MemberId = "m.id",
        /// Of which conversation.
        pub conversation_id: ConversationId = "m.conversation_id",
        /// Whose.
        pub user_id: UserId = "m.user_id",
        /// What this person may do there.
        pub role: MemberRole = "m.role",
        /// The name this person has there.
        pub nickname: Option<String> = "m.nickname",
        /// Whether this person may write there.
        pub can_send_message: bool = "m.can_send_message",
        /// What else this person may send there.
        pub can_send: CanSend = CanSend::columns(),
        /// Since when.
        pub joined_at: Timestamp = "m.joined_at",
        /// The unique name.
        pub username: String,
        /// The name that others see.
        pub display_name: String = SHOWN_NAME,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// Address of a picture.
        pub avatar: Option<String>,
        /// What this person may do on the whole site.
        pub site_role: Role = "u.role",
        /// When this person was last active.
        pub last_active_at: Timestamp,
        /// Since when this person has an account.
        pub registered_at: Timestamp = "u.created_at",
        /// When the account was last changed.
        pub updated_at: Timestamp,
        /// What this person reads.
        pub languages: LanguageSettings = LANGUAGE_COLUMNS,
        /// What this person hides from the others.
        pub hides: Hides = HIDES_COLUMNS,
    }
}

record! {
    /// What a member may send besides text, as the old system had it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct CanSend as "m" {
        /// Files.
        pub files: bool = "m.can_send_files",
        /// Images.
        pub images: bool = "m.can_send_images",
        /// Videos.
        pub videos: bool = "m.can_send_videos",
        /// Audio.
        pub audios: bool = "m.can_send_audios",
        /// Places.
        pub locations: bool = "m.can_send_locations",
        /// Links.
        pub links: bool = "m.can_send_links",
    }
}

/// Of an outer join: without a member, all columns are empty.
impl FromRow for Option<Member> {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        if row.next_is_null() { Ok(None) } else { Member::from_row(row).map(Some) }
    }
}

/// Adds a member, who has not read anything yet.
///
/// # Errors
/// [`StoreError::Conflict`] when this person is a member already.
pub fn insert(tx: &mut Tx<'_>, member: &NewMember) -> Result<(), StoreError> {
    let row = vec![
        ("id", member.id.into()),
        ("conversation_id", member.conversation_id.into()),
        ("user_id", member.user_id.into()),
        ("role", member.role.into()),
        ("joined_at", member.joined_at.into()),
    ];
    tx.insert_into("members", row)?;
    let settings = held_settings(tx, member.user_id)?;
    change_count(tx, member.conversation_id, 1)?;
    match settings {
        Some(settings) => conversation_languages::add_member(tx, member.conversation_id, &settings),
        None => Ok(()),
    }
}

/// The languages of an active account; nobody changes them before this transaction ends.
fn held_settings(tx: &mut Tx<'_>, user: UserId) -> Result<Option<LanguageSettings>, StoreError> {
    let held = tx.for_share();
    tx.fetch_optional(
        &format!("SELECT {LANGUAGE_COLUMNS} FROM users u WHERE u.id = $1 AND u.is_active AND u.deleted_at IS NULL {held}"),
        &[user.into()],
    )
}

fn change_count(tx: &mut Tx<'_>, conversation: ConversationId, change: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET member_count = member_count + $2 WHERE id = $1",
        &[conversation.into(), change.into()],
    )?;
    Ok(())
}

/// The membership that a user has or had, whether the account is active or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// The user is a member, with this role.
    Active(MemberRole),
    /// The user has left, or was removed.
    Ended,
    /// The user was banned.
    Banned,
}

/// The membership that a user has or had in a conversation.
pub fn past(conversation: ConversationId, user: UserId) -> Query<Option<Past>> {
    let found = Query::<(MemberRole, bool, Option<Timestamp>)>::optional(
        "SELECT role, is_active, banned_at FROM members WHERE conversation_id = $1 AND user_id = $2",
        vec![conversation.into(), user.into()],
    );
    found.map(|found| {
        found.map(|(role, is_active, banned_at)| match (is_active, banned_at) {
            (true, _) => Past::Active(role),
            (false, None) => Past::Ended,
            (false, Some(_)) => Past::Banned,
        })
    })
}

/// Begins a membership, one that has ended or a new one. The caller has locked the conversation.
///
/// # Errors
/// [`StoreError::Conflict`] when this person is a member already.
pub fn join(tx: &mut Tx<'_>, member: &NewMember) -> Result<(), StoreError> {
    let begun = tx.execute(
        "UPDATE members SET is_active = TRUE, role = $3, joined_at = $4, left_at = NULL, banned_at = NULL \
         WHERE conversation_id = $1 AND user_id = $2 AND is_active = FALSE",
        &[member.conversation_id.into(), member.user_id.into(), member.role.into(), member.joined_at.into()],
    )?;
    if begun == 0 {
        return insert(tx, member);
    }
    let settings = held_settings(tx, member.user_id)?;
    change_count(tx, member.conversation_id, 1)?;
    match settings {
        Some(settings) => conversation_languages::add_member(tx, member.conversation_id, &settings),
        None => Ok(()),
    }
}

/// Ends a membership; returns whether it was active.
pub fn leave(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = tx.execute(
        "UPDATE members SET is_active = FALSE, left_at = $3 \
         WHERE conversation_id = $1 AND user_id = $2 AND is_active",
        &[conversation.into(), user.into(), now.into()],
    )?;
    if ended == 0 {
        return Ok(false);
    }
    let settings = held_settings(tx, user)?;
    change_count(tx, conversation, -1)?;
    if let Some(settings) = settings {
        conversation_languages::remove_member(tx, conversation, &settings)?;
    }
    Ok(true)
}

/// Bans a user from a conversation, or lifts the ban. One who was never a member cannot be banned.
pub fn set_ban(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
    banned_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE members SET banned_at = $3 WHERE conversation_id = $1 AND user_id = $2",
        &[conversation.into(), user.into(), banned_at.into()],
    )?;
    Ok(())
}

/// Changes the role of a member; returns whether the membership is active.
pub fn set_role(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
    role: MemberRole,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE members SET role = $3 WHERE conversation_id = $1 AND user_id = $2 AND is_active",
        &[conversation.into(), user.into(), role.into()],
    )?;
    Ok(changed > 0)
}

/// The member with this role who joined first.
pub fn first_with_role(conversation: ConversationId, role: MemberRole) -> Query<Option<UserId>> {
    Query::optional(
        format!(
            "SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id \
             WHERE m.conversation_id = $1 AND m.role = $2 AND {IS_HERE} ORDER BY m.joined_at, m.id LIMIT 1"
        ),
        vec![conversation.into(), role.into()],
    )
}

/// Whether a membership is active, and the account of its holder `u`.
pub(crate) const IS_HERE: &str = "m.is_active AND u.is_active AND u.deleted_at IS NULL";

fn select() -> String {
    format!("SELECT {} FROM members m JOIN users u ON u.id = m.user_id", Member::columns())
}

/// The active member of a conversation that a person is.
pub fn find(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Member>, StoreError> {
    let select = select();
    tx.fetch_optional(
        &format!("{select} WHERE m.conversation_id = $1 AND m.user_id = $2 AND {IS_HERE}"),
        &[conversation.into(), user.into()],
    )
}

/// Which conversation is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// The one with this id.
    Id(ConversationId),
    /// The one with this identifier, such as `meeshy`.
    Identifier(&'a str),
}

/// An open conversation, and the active member of it that a person is.
pub fn find_with_conversation(
    reference: Reference<'_>,
    user: UserId,
) -> Query<Option<(Conversation, Option<Member>)>> {
    let (column, value) = match reference {
        Reference::Id(id) => ("c.id", Value::from(id)),
        // No conversation has an empty one.
        Reference::Identifier("") => return Query::known(None),
        Reference::Identifier(identifier) => ("c.identifier", identifier.into()),
    };
    Query::optional(
        format!(
            "SELECT {}, {} FROM conversations c \
             LEFT JOIN members m ON m.conversation_id = c.id AND m.user_id = $2 AND m.is_active \
             LEFT JOIN users u ON u.id = m.user_id WHERE {column} = $1 AND c.is_active",
            Conversation::columns(),
            Member::columns()
        ),
        vec![value, user.into()],
    )
}

/// The first `limit` active members of each of some conversations, in order of joining: a query for each, which reads no more rows
/// than it gives.
pub fn first(conversations: &[ConversationId], limit: i64) -> Vec<Query<Vec<Member>>> {
    let sql = format!(
        "{} WHERE m.conversation_id = $1 AND {IS_HERE} ORDER BY m.joined_at, m.id LIMIT $2",
        select()
    );
    conversations.iter().map(|id| Query::all(&*sql, vec![(*id).into(), limit.into()])).collect()
}

/// The people of the first `limit` active memberships of a conversation, in order of joining.
pub fn first_ids(conversation: ConversationId, limit: i64) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT user_id FROM members WHERE conversation_id = $1 AND is_active ORDER BY joined_at, id LIMIT $2",
        vec![conversation.into(), limit.into()],
    )
}

/// Those of `users` who are active members of a conversation, at most `limit`, in no particular order: with one, SQLite would read
/// the whole conversation in that order.
pub fn among(conversation: ConversationId, users: &[UserId], limit: i64) -> Query<Vec<Member>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let (select, list) = (select(), placeholders(3, users.len()));
    let mut params = vec![conversation.into(), limit.into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    Query::all(
        format!("{select} WHERE m.conversation_id = $1 AND m.user_id IN ({list}) AND {IS_HERE} LIMIT $2"),
        params,
    )
}

/// The active members of a conversation with these usernames, in any spelling ([`text::key`]), in order of their usernames.
pub fn named(conversation: ConversationId, usernames: &[String]) -> Query<Vec<(UserId, String)>> {
    let keys: Vec<Value> =
        usernames.iter().filter_map(|username| text::key(username)).map(Value::from).collect();
    if keys.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, keys.len());
    let mut params = vec![conversation.into()];
    params.extend(padded(keys));
    Query::all(
        format!(
            "SELECT u.id, u.username FROM users u JOIN members m ON m.conversation_id = $1 AND m.user_id = u.id \
             WHERE u.username_key IN ({list}) AND {IS_HERE} ORDER BY u.username"
        ),
        params,
    )
}

/// Those of some conversations of which a person is a member.
pub fn joined(user: UserId, conversations: &[ConversationId]) -> Query<Vec<ConversationId>> {
    if conversations.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, conversations.len());
    let mut params = vec![user.into()];
    params.extend(padded(conversations.iter().map(|id| Value::from(*id))));
    Query::all(
        format!(
            "SELECT conversation_id FROM members WHERE user_id = $1 AND conversation_id IN ({list}) AND is_active"
        ),
        params,
    )
}

record! {
    /// A membership as the process that serves a person keeps it in mind.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Membership {
        /// In which conversation.
        pub conversation_id: ConversationId = "c.id",
        /// How many members that has.
        pub member_count: i64 = "c.member_count",
        /// The number of its newest message.
        pub last_sequence: i64 = "c.last_sequence",
        /// When that was written.
        pub last_message_at: Timestamp = "c.last_message_at",
        /// The number of its newest [event](crate::events).
        pub last_event: i64 = "c.last_event",
        /// The number of the newest message that the person has read there.
        pub read_sequence: i64 = "coalesce(r.read_sequence, 0)",
        /// How many messages there the person has not read, as [`unread`](crate::read_cursors::unread) counts.
        pub unread_count: i64 = read_cursors::UNREAD_COUNT,
    }
}

/// A person's memberships of open conversations.
pub fn of_user(user: UserId) -> Query<Vec<Membership>> {
    Query::all(
        format!(
            "SELECT {} \
         FROM members m JOIN conversations c ON c.id = m.conversation_id \
         LEFT JOIN read_cursors r ON r.user_id = m.user_id AND r.conversation_id = m.conversation_id \
         WHERE m.user_id = $1 AND m.is_active AND c.is_active",
            Membership::columns()
        ),
        vec![user.into()],
    )
}

/// Whether `user` takes part in a conversation.
pub fn is_member(tx: &mut Tx<'_>, conversation: ConversationId, user: UserId) -> Result<bool, StoreError> {
    tx.exists(
        "SELECT 1 FROM members WHERE conversation_id = $1 AND user_id = $2 AND is_active",
        &[conversation.into(), user.into()],
    )
}

/// The memberships of `users` that have ended.
pub fn ended(tx: &mut Tx<'_>, users: &[UserId]) -> Result<Vec<(UserId, ConversationId)>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, users.len());
    tx.fetch_all(
        &format!(
            "SELECT user_id, conversation_id FROM members WHERE user_id IN ({list}) AND is_active = FALSE"
        ),
        &padded(users.iter().map(|id| Value::from(*id))),
    )
}

/// A number for each of `users` that changes when a membership of theirs begins or is deleted: how many they have or had, plus the
/// time of the newest. One that has ended is found by its row.
pub fn states(tx: &mut Tx<'_>, users: &[UserId]) -> Result<HashMap<UserId, i64>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let list = placeholders(1, users.len());
    let found = tx.fetch_all(
        &format!(
            "SELECT user_id, count(*) + max(joined_at) AS state FROM members WHERE user_id IN ({list}) GROUP BY user_id"
        ),
        &padded(users.iter().map(|id| Value::from(*id))),
    )?;
    Ok(found.into_iter().collect())
}

/// The memberships of `users` that have not ended, in open conversations, each with the number of the conversation's newest
/// [event](crate::events).
pub fn active(
    tx: &mut Tx<'_>,
    users: &[UserId],
) -> Result<HashMap<(UserId, ConversationId), i64>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let list = placeholders(1, users.len());
    let found = tx.fetch_all(
        &format!(
            "SELECT m.user_id, m.conversation_id, c.last_event FROM members m JOIN conversations c ON c.id = m.conversation_id \
             WHERE m.user_id IN ({list}) AND m.is_active AND c.is_active"
        ),
        &padded(users.iter().map(|id| Value::from(*id))),
    )?;
    Ok(found.into_iter().collect())
}
