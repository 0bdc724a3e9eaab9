//! Guests: who take part in one conversation, by a link, without an account.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::events::{self, Change};
use crate::{Query, StoreError, Tx, Value, conversation_languages};
use meeshy_domain::{ConversationId, GuestId, Language, ShareLinkId, Timestamp, text};

record! {
    /// A guest as shown to others in the conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Guest as "g" {
        /// Its id.
        pub id: GuestId,
        /// The chosen or generated name.
        pub username: String,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// The preferred language.
        pub language: Language,
    }
}

record! {
    /// A guest as a participant of a conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct GuestParticipant as "g" {
        /// The guest.
        pub guest: Guest = Guest::columns(),
        /// Whether the guest may write.
        pub can_send_messages: bool,
        /// Whether the guest may send files.
        pub can_send_files: bool,
        /// Whether the guest may send images.
        pub can_send_images: bool,
        /// The last activity.
        pub last_active_at: Timestamp,
        /// Since when the guest takes part.
        pub joined_at: Timestamp,
    }
}

record! {
    /// A guest who takes part, and what decides what they may do now.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Seat as "g" {
        /// The guest. What they may send is what was allowed when they joined and is still allowed.
        pub participant: GuestParticipant = SEATED,
        /// The conversation.
        pub conversation_id: ConversationId,
        /// The link by which they came.
        pub share_link_id: ShareLinkId,
        /// They see the messages after the one with this number.
        pub sees_after: i64,
        /// Whether the link is turned on.
        pub link_is_active: bool = "l.is_active",
        /// When it expires.
        pub link_expires_at: Option<Timestamp> = "l.expires_at",
    }
}

/// The columns of the participant of a seat.
const SEATED: &str = "g.id, g.username, g.first_name, g.last_name, g.language, \
    (g.can_send_messages AND l.allow_anonymous_messages) AS may_write, \
    (g.can_send_files AND l.allow_anonymous_files) AS may_send_files, \
    (g.can_send_images AND l.allow_anonymous_images) AS may_send_images, g.last_active_at, g.joined_at";

impl Seat {
    /// The guest.
    pub fn guest(&self) -> &Guest {
        &self.participant.guest
    }

    /// Whether the link by which the guest came still works.
    pub fn link_works(&self, now: Timestamp) -> bool {
        self.link_is_active && self.link_expires_at.is_none_or(|end| end > now)
    }
}

/// A guest who joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGuest {
    /// The guest.
    pub guest: Guest,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The link.
    pub share_link_id: ShareLinkId,
    /// The e-mail address, if given.
    pub email: Option<String>,
    /// The date of birth, if given.
    pub birthday: Option<Timestamp>,
    /// The hash of the secret by which the guest is known.
    pub token_hash: String,
    /// The IP address.
    pub ip_address: Option<String>,
    /// The code of the country, if known.
    pub country: Option<String>,
    /// What the client says of the device.
    pub device_fingerprint: Option<String>,
    /// Whether the guest may write.
    pub can_send_messages: bool,
    /// Whether the guest may send files.
    pub can_send_files: bool,
    /// Whether the guest may send images.
    pub can_send_images: bool,
    /// The guest sees the messages after the one with this number.
    pub sees_after: i64,
    /// When the guest joins.
    pub joined_at: Timestamp,
}

/// Adds a guest, whose language counts from now on.
pub fn insert(tx: &mut Tx<'_>, new: &NewGuest) -> Result<(), StoreError> {
    let guest = &new.guest;
    let row = vec![
        ("id", guest.id.into()),
        ("conversation_id", new.conversation_id.into()),
        ("share_link_id", new.share_link_id.into()),
        ("first_name", (&guest.first_name).into()),
        ("last_name", (&guest.last_name).into()),
        ("username", (&guest.username).into()),
        ("email", new.email.as_deref().into()),
        ("birthday", new.birthday.into()),
        ("session_token", (&new.token_hash).into()),
        ("ip_address", new.ip_address.as_deref().into()),
        ("country", new.country.as_deref().into()),
        ("language", guest.language.into()),
        ("device_fingerprint", new.device_fingerprint.as_deref().into()),
        ("last_active_at", new.joined_at.into()),
        ("can_send_messages", new.can_send_messages.into()),
        ("can_send_files", new.can_send_files.into()),
        ("can_send_images", new.can_send_images.into()),
        ("sees_after", new.sees_after.into()),
        ("username_key", text::key(&guest.username).into()),
        ("joined_at", new.joined_at.into()),
    ];
    tx.insert_into("guests", row)?;
    conversation_languages::add_guest(tx, new.conversation_id, guest.language)
}

/// The guest who takes part with one of these secrets: as they are stored, hashed or by the old system.
pub fn with_secret(stored: &[String]) -> Query<Option<Seat>> {
    let list = placeholders(1, stored.len().max(1));
    Query::optional(
        format!("SELECT {} {SEATS} AND g.session_token IN ({list})", Seat::columns()),
        padded(stored.iter().map(Value::from)),
    )
}

/// The guest with this id, if they take part.
pub fn seat(id: GuestId) -> Query<Option<Seat>> {
    Query::optional(format!("SELECT {} {SEATS} AND g.id = $1", Seat::columns()), vec![id.into()])
}

/// Those of some guests who take part.
pub fn seats(ids: &[GuestId]) -> Query<Vec<Seat>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, ids.len());
    Query::all(
        format!("SELECT {} {SEATS} AND g.id IN ({list})", Seat::columns()),
        padded(ids.iter().map(|id| Value::from(*id))),
    )
}

/// Guests who take part, and their links.
const SEATS: &str = "FROM guests g JOIN share_links l ON l.id = g.share_link_id AND l.removed_at IS NULL \
    JOIN conversations c ON c.id = g.conversation_id AND c.is_active WHERE g.is_active";

/// Records that some guests are active.
pub fn touch(tx: &mut Tx<'_>, ids: &[GuestId], now: Timestamp) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = placeholders(2, ids.len());
    let mut params = vec![now.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let sql = format!("UPDATE guests SET last_active_at = $1 WHERE id IN ({list}) AND last_active_at < $1");
    tx.execute(&sql, &params)?;
    Ok(())
}

/// Makes other transactions that lock this guest wait until this one ends.
pub fn lock(tx: &mut Tx<'_>, id: GuestId) -> Result<(), StoreError> {
    tx.execute("UPDATE guests SET last_active_at = last_active_at WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Ends the part of a guest who was last active before a time; their language does not count any more. Returns the
/// conversation and the number of the event, or `None` if they do not take part, or have come back.
pub fn end(
    tx: &mut Tx<'_>,
    id: GuestId,
    idle_since: Timestamp,
    now: Timestamp,
) -> Result<Option<(ConversationId, i64)>, StoreError> {
    let ended: Option<(ConversationId, ShareLinkId, Language)> = tx.fetch_optional(
        "UPDATE guests SET is_active = FALSE, left_at = $3 WHERE id = $1 AND is_active AND last_active_at <= $2 \
         RETURNING conversation_id, share_link_id, language",
        &[id.into(), idle_since.into(), now.into()],
    )?;
    let Some((conversation, link, language)) = ended else { return Ok(None) };
    // The conversation before the link and the counts: so do guests who join, and messages.
    let number = events::append(tx, conversation, &[Change::Updated], now)?;
    tx.execute(
        "UPDATE share_links SET guest_count = guest_count - 1 WHERE id = $1 AND guest_count > 0",
        &[link.into()],
    )?;
    conversation_languages::remove_guest(tx, conversation, language)?;
    Ok(Some((conversation, number)))
}

/// Guests who take part and were last active before a time, the longest idle first.
pub fn idle_since(before: Timestamp, limit: i64) -> Query<Vec<GuestId>> {
    Query::all(
        "SELECT id FROM guests WHERE is_active AND last_active_at <= $1 ORDER BY last_active_at LIMIT $2",
        vec![before.into(), limit.into()],
    )
}

/// Whether a user, or a guest of a conversation, has this name, in any case.
pub fn is_name_taken(conversation: ConversationId, username: &str) -> Query<bool> {
    let found = Query::<()>::optional(
        "SELECT 1 AS one FROM guests WHERE conversation_id = $1 AND username_key = $2 AND is_active \
         UNION ALL SELECT 1 FROM users WHERE username_key = $2 AND is_active LIMIT 1",
        vec![conversation.into(), text::key(username).into()],
    );
    found.map(|found| found.is_some())
}

/// The guests who came by a link and take part, at most `limit`.
pub fn of_link(link: ShareLinkId, limit: i64) -> Query<Vec<GuestId>> {
    Query::all(
        "SELECT id FROM guests WHERE share_link_id = $1 AND is_active LIMIT $2",
        vec![link.into(), limit.into()],
    )
}

/// Computes from the links and the messages what imported guests see, and how many are there.
pub(crate) fn follow_links(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE guests SET sees_after = coalesce((SELECT max(m.sequence) FROM messages m \
           WHERE m.conversation_id = guests.conversation_id AND m.created_at < guests.joined_at), 0) \
         WHERE is_active AND sees_after = 0 AND share_link_id IN \
           (SELECT l.id FROM share_links l WHERE NOT l.allow_view_history)",
        &[],
    )?;
    tx.execute(
        "UPDATE share_links SET guest_count = \
           (SELECT count(*) FROM guests g WHERE g.share_link_id = share_links.id AND g.is_active)",
        &[],
    )?;
    Ok(())
}

/// How many guests take part in a conversation, and how many of them were active since a time; each up to `limit`.
pub fn count(conversation: ConversationId, since: Timestamp, limit: i64) -> Query<(i64, i64)> {
    Query::one(
        "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM guests \
             WHERE conversation_id = $1 AND is_active LIMIT $3) counted) AS total, \
           (SELECT count(*) FROM (SELECT 1 AS one FROM guests \
             WHERE conversation_id = $1 AND is_active AND last_active_at > $2 LIMIT $3) counted) AS online",
        vec![conversation.into(), since.into(), limit.into()],
    )
}

/// The first `limit` active guests of a conversation after the one with the id `after`, in order of their ids.
pub fn page(conversation: ConversationId, after: &str, limit: i64) -> Query<Vec<GuestParticipant>> {
    let sql = format!(
        "SELECT {} FROM guests g WHERE g.conversation_id = $1 AND g.id > $2 AND g.is_active ORDER BY g.id LIMIT $3",
        GuestParticipant::columns()
    );
    Query::all(sql, vec![conversation.into(), after.into(), limit.into()])
}

/// The conversation of the guest with this id.
pub fn conversation_of(id: &str) -> Query<Option<ConversationId>> {
    Query::optional("SELECT conversation_id FROM guests WHERE id = $1", vec![id.into()])
}

/// Those of `ids` that exist, in no particular order.
pub fn find_all(ids: &[GuestId]) -> Query<Vec<Guest>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, ids.len());
    Query::all(
        format!("SELECT {} FROM guests g WHERE g.id IN ({list})", Guest::columns()),
        padded(ids.iter().map(|id| Value::from(*id))),
    )
}
