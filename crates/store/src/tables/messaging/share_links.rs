//! Links by which people join a conversation.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{ConversationId, LinkState, ShareLinkId, Timestamp, UserId};

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
        pub current_concurrent_users: i64,
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
}

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

/// The link with this secret part of its URL.
pub fn find(link_id: &str) -> Query<Option<ShareLink>> {
    let sql = format!("SELECT {} FROM share_links WHERE link_id = $1", ShareLink::columns());
    Query::optional(sql, vec![link_id.into()])
}

/// The newest links to a conversation.
pub fn newest(conversation: ConversationId, limit: i64) -> Query<Vec<ListedLink>> {
    let sql = format!(
        "SELECT {} FROM share_links WHERE conversation_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        ListedLink::columns()
    );
    Query::all(sql, vec![conversation.into(), limit.into()])
}

/// The newest links to a conversation that a user has created.
pub fn newest_of(conversation: ConversationId, creator: UserId, limit: i64) -> Query<Vec<ListedLink>> {
    let sql = format!(
        "SELECT {} FROM share_links WHERE conversation_id = $1 AND created_by = $2 \
         ORDER BY created_at DESC, id DESC LIMIT $3",
        ListedLink::columns()
    );
    Query::all(sql, vec![conversation.into(), creator.into(), limit.into()])
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
