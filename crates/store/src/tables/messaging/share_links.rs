//! Links by which people join a conversation.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{ConversationId, LinkState, Origins, ShareLinkId, Timestamp, UserId};

/// Guests who came by a link, counted up to 1,000.
const GUESTS: &str = "(SELECT count(*) FROM (SELECT 1 AS one FROM guests g WHERE g.share_link_id = share_links.id \
    LIMIT 1000) counted)";

record! {
    /// A link.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ShareLink in share_links {
        /// Its id.
        pub id: ShareLinkId,
        /// The secret part of its URL.
        pub link_id: String,
        /// Another unique name.
        pub identifier: String,
        /// Where it leads.
        pub conversation_id: ConversationId,
        /// Who created it.
        pub created_by: UserId,
        /// Its name.
        pub name: Option<String>,
        /// Its description.
        pub description: Option<String>,
        /// How many people can join by it.
        pub max_uses: Option<i64>,
        /// How many have.
        pub current_uses: i64,
        /// How many guests can be there at the same time.
        pub max_concurrent_users: Option<i64>,
        /// How many are.
        pub current_concurrent_users: i64 = "guest_count",
        /// How many sessions of guests there can be.
        pub max_unique_sessions: Option<i64>,
        /// How many there were.
        pub current_unique_sessions: i64,
        /// When it expires.
        pub expires_at: Option<Timestamp>,
        /// Whether it is turned on.
        pub is_active: bool,
        /// Whether guests may write.
        pub allow_anonymous_messages: bool,
        /// Whether guests may send files.
        pub allow_anonymous_files: bool,
        /// Whether guests may send images.
        pub allow_anonymous_images: bool,
        /// Whether guests see what was written before.
        pub allow_view_history: bool,
        /// Whether it is for registered users only.
        pub require_account: bool,
        /// Whether guests have to choose a name.
        pub require_nickname: bool,
        /// Whether guests have to give an e-mail address.
        pub require_email: bool,
        /// Whether guests have to give a date of birth.
        pub require_birthday: bool,
        /// From which countries guests may come, as JSON; from all if empty.
        pub allowed_countries: String,
        /// Which languages guests may have, as JSON; all if empty.
        pub allowed_languages: String,
        /// From which IP addresses guests may come, as JSON; from all if empty.
        pub allowed_ip_ranges: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

impl ShareLink {
    /// What decides whether people join by it.
    pub fn state(&self) -> LinkState {
        LinkState {
            is_active: self.is_active,
            expires_at: self.expires_at,
            max_uses: self.max_uses,
            current_uses: self.current_uses,
        }
    }

    /// Whether as many people have joined by it, or as many guests, as may.
    pub fn is_used_up(&self) -> bool {
        let is_reached = |most: Option<i64>, number| most.is_some_and(|most| number >= most);
        is_reached(self.max_uses, self.current_uses)
            || is_reached(self.max_unique_sessions, self.current_unique_sessions)
    }

    /// From where guests may come, and which languages they may have. Old rows may contain anything.
    pub fn origins(&self) -> Origins {
        let list = |json: &str| serde_json::from_str(json).unwrap_or_default();
        Origins {
            countries: list(&self.allowed_countries),
            languages: list(&self.allowed_languages),
            ip_ranges: list(&self.allowed_ip_ranges),
        }
    }
}

/// Whether the creator of a link is in its conversation.
const THERE: &str = "EXISTS (SELECT 1 FROM members m JOIN conversations c ON c.id = m.conversation_id \
    WHERE m.conversation_id = share_links.conversation_id AND m.user_id = $1 AND m.is_active AND c.is_active)";

record! {
    /// A link in a list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ListedLink {
        /// The link.
        pub link: ShareLink = ShareLink::columns(),
        /// How many guests came by it, up to 1,000.
        pub guests: i64 = GUESTS,
    }
}

/// Adds a link.
pub fn insert(tx: &mut Tx<'_>, link: &ShareLink) -> Result<(), StoreError> {
    tx.insert(link)
}

/// The link with this id.
pub fn by_id(id: ShareLinkId) -> Query<Option<ShareLink>> {
    let sql =
        format!("SELECT {} FROM share_links WHERE id = $1 AND removed_at IS NULL", ShareLink::columns());
    Query::optional(sql, vec![id.into()])
}

/// The link with this other name.
pub fn by_identifier(identifier: &str) -> Query<Option<ShareLink>> {
    let sql = format!(
        "SELECT {} FROM share_links WHERE identifier = $1 AND removed_at IS NULL",
        ShareLink::columns()
    );
    Query::optional(sql, vec![identifier.into()])
}

/// The link with this secret part of its URL.
pub fn find(link_id: &str) -> Query<Option<ShareLink>> {
    let sql =
        format!("SELECT {} FROM share_links WHERE link_id = $1 AND removed_at IS NULL", ShareLink::columns());
    Query::optional(sql, vec![link_id.into()])
}

/// The newest links to a conversation.
pub fn newest(conversation: ConversationId, limit: i64) -> Query<Vec<ListedLink>> {
    let sql = format!(
        "SELECT {} FROM share_links WHERE conversation_id = $1 AND removed_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2",
        ListedLink::columns()
    );
    Query::all(sql, vec![conversation.into(), limit.into()])
}

/// The newest links to a conversation that a user has created.
pub fn newest_of(conversation: ConversationId, creator: UserId, limit: i64) -> Query<Vec<ListedLink>> {
    let sql = format!(
        "SELECT {} FROM share_links WHERE conversation_id = $1 AND created_by = $2 AND removed_at IS NULL \
         ORDER BY created_at DESC, id DESC LIMIT $3",
        ListedLink::columns()
    );
    Query::all(sql, vec![conversation.into(), creator.into(), limit.into()])
}

/// A page of the links to conversations in which their creator is, the newest first, and how many there are.
pub fn of_creator(creator: UserId, limit: i64, offset: i64) -> (Query<Vec<ListedLink>>, Query<i64>) {
    let sql = format!(
        "SELECT {} FROM share_links WHERE created_by = $1 AND removed_at IS NULL AND {THERE} \
         ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3",
        ListedLink::columns()
    );
    let page = Query::all(sql, vec![creator.into(), limit.into(), offset.into()]);
    let total = format!(
        "SELECT count(*) AS total FROM share_links WHERE created_by = $1 AND removed_at IS NULL AND {THERE}"
    );
    (page, Query::one(total, vec![creator.into()]))
}

/// Makes other transactions that change this link wait until this one ends.
pub fn lock(tx: &mut Tx<'_>, id: ShareLinkId) -> Result<(), StoreError> {
    tx.execute("UPDATE share_links SET updated_at = updated_at WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Stores what can be changed of a link: everything but its names, where it leads, and how often it was used.
pub fn update(tx: &mut Tx<'_>, link: &ShareLink) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE share_links SET name = $2, description = $3, max_uses = $4, max_concurrent_users = $5, \
           max_unique_sessions = $6, expires_at = $7, is_active = $8, allow_anonymous_messages = $9, \
           allow_anonymous_files = $10, allow_anonymous_images = $11, allow_view_history = $12, require_account = $13, \
           require_nickname = $14, require_email = $15, require_birthday = $16, allowed_countries = $17, \
           allowed_languages = $18, allowed_ip_ranges = $19, updated_at = $20 WHERE id = $1 AND removed_at IS NULL",
        &[
            link.id.into(),
            link.name.as_deref().into(),
            link.description.as_deref().into(),
            link.max_uses.into(),
            link.max_concurrent_users.into(),
            link.max_unique_sessions.into(),
            link.expires_at.into(),
            link.is_active.into(),
            link.allow_anonymous_messages.into(),
            link.allow_anonymous_files.into(),
            link.allow_anonymous_images.into(),
            link.allow_view_history.into(),
            link.require_account.into(),
            link.require_nickname.into(),
            link.require_email.into(),
            link.require_birthday.into(),
            (&link.allowed_countries).into(),
            (&link.allowed_languages).into(),
            (&link.allowed_ip_ranges).into(),
            link.updated_at.into(),
        ],
    )?;
    Ok(())
}

/// Removes a link: nobody finds it any more, and its row stays for what its guests wrote.
pub fn remove(tx: &mut Tx<'_>, link: ShareLinkId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE share_links SET is_active = FALSE, removed_at = $2, updated_at = $2 WHERE id = $1",
        &[link.into(), now.into()],
    )?;
    Ok(())
}

/// Turns off the links to a conversation that a user has created.
pub fn turn_off(tx: &mut Tx<'_>, conversation: ConversationId, creator: UserId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE share_links SET is_active = FALSE WHERE conversation_id = $1 AND created_by = $2 AND is_active",
        &[conversation.into(), creator.into()],
    )?;
    Ok(())
}

/// How many links to a conversation that a user has created are turned on, have not expired and are not used up.
pub fn count_open(conversation: ConversationId, creator: UserId, now: Timestamp) -> Query<i64> {
    Query::one(
        "SELECT count(*) AS total FROM share_links WHERE conversation_id = $1 AND created_by = $2 AND is_active \
           AND (expires_at IS NULL OR expires_at > $3) AND (max_uses IS NULL OR current_uses < max_uses)",
        vec![conversation.into(), creator.into(), now.into()],
    )
}

/// Whether a user has joined by a link before.
pub fn has_used(link: ShareLinkId, user: UserId) -> Query<bool> {
    let found = Query::<()>::optional(
        "SELECT 1 AS one FROM share_link_uses WHERE share_link_id = $1 AND user_id = $2",
        vec![link.into(), user.into()],
    );
    found.map(|found| found.is_some())
}

/// Counts a user who joins by a link for the first time; returns whether there was room. Transactions that do so at the same
/// time wait for each other.
///
/// # Errors
/// [`StoreError::Conflict`] when the user has joined by it in the meantime.
pub fn count_use(
    tx: &mut Tx<'_>,
    link: ShareLinkId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let counted = tx.execute(
        "UPDATE share_links SET current_uses = current_uses + 1 \
         WHERE id = $1 AND (max_uses IS NULL OR current_uses < max_uses)",
        &[link.into()],
    )?;
    if counted == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO share_link_uses (share_link_id, user_id, used_at) VALUES ($1, $2, $3)",
        &[link.into(), user.into(), now.into()],
    )?;
    Ok(true)
}

/// Counts a guest who joins by a link; returns whether it still works and there was room. Transactions that do so at the
/// same time wait for each other.
pub fn count_guest(tx: &mut Tx<'_>, link: ShareLinkId, now: Timestamp) -> Result<bool, StoreError> {
    let counted = tx.execute(
        "UPDATE share_links SET current_uses = current_uses + 1, current_unique_sessions = current_unique_sessions + 1, \
           guest_count = guest_count + 1 \
         WHERE id = $1 AND is_active AND removed_at IS NULL AND (expires_at IS NULL OR expires_at > $2) \
           AND (max_uses IS NULL OR current_uses < max_uses) \
           AND (max_unique_sessions IS NULL OR current_unique_sessions < max_unique_sessions) \
           AND (max_concurrent_users IS NULL OR guest_count < max_concurrent_users)",
        &[link.into(), now.into()],
    )?;
    Ok(counted > 0)
}
