//! Friend requests. Two users are friends if one has accepted a request of the other.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::visibility::not_blocked;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{FriendRequestId, FriendRequestStatus, Timestamp, UserId};

record! {
    /// A friend request.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FriendRequest in friend_requests {
        /// Its id.
        pub id: FriendRequestId,
        /// Who asked.
        pub sender_id: UserId,
        /// Who was asked.
        pub receiver_id: UserId,
        /// What the sender wrote along with it.
        pub message: Option<String>,
        /// Whether it was accepted.
        pub status: FriendRequestStatus,
        /// When it was answered.
        pub responded_at: Option<Timestamp>,
        /// When it was sent.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

impl FriendRequest {
    /// The other of the two.
    pub fn other(&self, user: UserId) -> UserId {
        if self.sender_id == user { self.receiver_id } else { self.sender_id }
    }
}

/// Requests that were sent or received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Those that a user has sent.
    Sent,
    /// Those that a user has received.
    Received,
    /// Both.
    Both,
}

/// The most requests that are counted.
const MAX_COUNTED: i64 = 10_000;

/// Adds a request.
///
/// # Errors
/// [`StoreError::Conflict`] when the same one is waiting for an answer.
pub fn insert(tx: &mut Tx<'_>, request: &FriendRequest) -> Result<(), StoreError> {
    tx.insert(request)
}

/// The request with this id.
pub fn find(tx: &mut Tx<'_>, id: FriendRequestId) -> Result<Option<FriendRequest>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM friend_requests WHERE id = $1", FriendRequest::columns()),
        &[id.into()],
    )
}

/// Every request between two users, in both directions, the newest first.
pub fn between(tx: &mut Tx<'_>, one: UserId, other: UserId) -> Result<Vec<FriendRequest>, StoreError> {
    let columns = FriendRequest::columns();
    tx.fetch_all(
        &format!(
            "SELECT {columns} FROM friend_requests WHERE sender_id = $1 AND receiver_id = $2 \
             UNION ALL SELECT {columns} FROM friend_requests WHERE sender_id = $2 AND receiver_id = $1 \
             ORDER BY id DESC"
        ),
        &[one.into(), other.into()],
    )
}

/// The number of requests of a user that wait for an answer, up to `limit`.
pub fn count_pending(tx: &mut Tx<'_>, sender: UserId, limit: i64) -> Result<i64, StoreError> {
    tx.fetch_one(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM friend_requests \
           WHERE sender_id = $1 AND status = 'pending' LIMIT $2) waiting",
        &[sender.into(), limit.into()],
    )
}

/// Whether a user lets others ask, by the privacy preferences, which are JSON (`allowContactRequests`).
pub fn are_wanted(receiver: UserId) -> Query<bool> {
    let preferences = Query::<Option<String>>::optional(
        "SELECT privacy FROM user_preferences WHERE user_id = $1",
        vec![receiver.into()],
    );
    preferences.map(|found| {
        let privacy: serde_json::Value =
            found.flatten().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        privacy["allowContactRequests"].as_bool().unwrap_or(true)
    })
}

/// Answers a request.
pub fn respond(
    tx: &mut Tx<'_>,
    id: FriendRequestId,
    status: FriendRequestStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE friend_requests SET status = $2, responded_at = $3, updated_at = $3 WHERE id = $1",
        &[id.into(), status.into(), now.into()],
    )?;
    Ok(())
}

/// Removes a request.
pub fn remove(tx: &mut Tx<'_>, id: FriendRequestId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM friend_requests WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// The requests of a user, the newest first, with the number of all up to 10,000. Those with users who are not
/// active, or whom a block separates from this one, are left out.
pub fn list(
    user: UserId,
    direction: Direction,
    status: Option<FriendRequestStatus>,
    limit: i64,
    offset: i64,
) -> (Query<Vec<FriendRequest>>, Query<i64>) {
    let of_status = if status.is_some() { "AND f.status = $2" } else { "AND f.status <> $2" };
    // Nothing has the empty status.
    let status = status.map_or_else(String::new, |status| status.name().to_owned());
    // Each direction is read along its index, the newest first, and no further than needed.
    let half = |mine: &str, other: &str, rows: &str| {
        format!(
            "SELECT * FROM (SELECT f.* FROM friend_requests f JOIN users u ON u.id = f.{other} \
             WHERE f.{mine} = $1 {of_status} AND u.is_active AND u.deleted_at IS NULL AND {seen} \
             ORDER BY f.id DESC LIMIT {rows}) {mine}",
            seen = not_blocked("u", 1)
        )
    };
    let both = |rows: &str| match direction {
        Direction::Sent => half("sender_id", "receiver_id", rows),
        Direction::Received => half("receiver_id", "sender_id", rows),
        Direction::Both => format!(
            "{} UNION ALL {}",
            half("sender_id", "receiver_id", rows),
            half("receiver_id", "sender_id", rows)
        ),
    };
    let page = Query::all(
        format!(
            "SELECT {columns} FROM ({all}) found ORDER BY id DESC LIMIT $4 OFFSET $5",
            columns = FriendRequest::columns(),
            all = both("$3")
        ),
        vec![user.into(), (&status).into(), limit.saturating_add(offset).into(), limit.into(), offset.into()],
    );
    let total = Query::one(
        format!("SELECT count(*) AS total FROM ({}) found", both("$3")),
        vec![user.into(), status.into(), MAX_COUNTED.into()],
    );
    (page, total)
}

/// Which of some users are friends of a user.
pub fn friends_among(user: UserId, people: &[UserId]) -> Query<Vec<UserId>> {
    if people.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(2, people.len());
    let mut params = vec![user.into()];
    params.extend(padded(people.iter().map(|id| Value::from(*id))));
    // Both look for a receiver, for which there is an index.
    Query::all(
        format!(
            "SELECT sender_id FROM friend_requests WHERE receiver_id = $1 AND status = 'accepted' AND sender_id IN ({ids}) \
             UNION SELECT receiver_id FROM friend_requests \
               WHERE receiver_id IN ({ids}) AND status = 'accepted' AND sender_id = $1"
        ),
        params,
    )
}
