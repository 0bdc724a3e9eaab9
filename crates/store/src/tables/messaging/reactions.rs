//! Reactions to messages, and their numbers.
//!
//! The number of reactions with each emoji is kept in `reaction_counts`, so that a message costs the same with three reactions
//! and with ten thousand. An import recomputes them ([`recount`]).

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{Actor, GuestId, MessageId, ReactionId, Timestamp, UserId};

record! {
    /// The reaction of a user or a guest to a message.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Reaction in reactions {
        /// Its id.
        pub id: ReactionId,
        /// The message.
        pub message_id: MessageId,
        /// The user.
        pub user_id: Option<UserId>,
        /// The guest, if no user.
        pub guest_id: Option<GuestId>,
        /// The emoji.
        pub emoji: String,
        /// When it was added.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// The number of reactions to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The emoji.
    pub emoji: String,
    /// The number of users and guests.
    pub total: i64,
    /// Whether the viewer is one of them.
    pub is_own: bool,
}

impl Reaction {
    /// Who has reacted.
    pub fn by(&self) -> Option<Actor> {
        Actor::of(self.user_id, self.guest_id)
    }
}

/// A user or a guest who has reacted.
pub type Reactor = (Option<UserId>, Option<GuestId>);

/// The column that has who has reacted.
fn column(reactor: Actor) -> &'static str {
    match reactor {
        Actor::User(_) => "user_id",
        Actor::Guest(_) => "guest_id",
    }
}

/// The reactions to some messages by emoji, in order of their first use, as `viewer` sees them.
pub fn counts(messages: &[MessageId], viewer: Option<Actor>) -> Query<Vec<(MessageId, Count)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(2, messages.len());
    let own = viewer.map_or("user_id", column);
    let mut params = vec![viewer.into()];
    params.extend(padded(messages.iter().map(|id| Value::from(*id))));
    let counted = Query::<(MessageId, String, i64, bool)>::all(
        format!(
            "SELECT c.message_id, c.emoji, c.total, EXISTS (SELECT 1 FROM reactions r \
               WHERE r.message_id = c.message_id AND r.{own} = $1 AND r.emoji = c.emoji) AS is_own \
             FROM reaction_counts c WHERE c.message_id IN ({ids}) ORDER BY c.since, c.emoji"
        ),
        params,
    );
    let count = |(message, emoji, total, is_own)| (message, Count { emoji, total, is_own });
    counted.map(move |counted| counted.into_iter().map(count).collect())
}

/// The first `limit` users and guests who have reacted to a message with an emoji.
pub fn reactors(message: MessageId, emoji: &str, limit: i64) -> Query<Vec<Reactor>> {
    Query::all(
        "SELECT user_id, guest_id FROM reactions WHERE message_id = $1 AND emoji = $2 ORDER BY created_at, id LIMIT $3",
        vec![message.into(), emoji.into(), limit.into()],
    )
}

/// The reaction of somebody to a message with an emoji.
pub fn find(message: MessageId, by: Actor, emoji: &str) -> Query<Option<Reaction>> {
    Query::optional(
        format!(
            "SELECT {} FROM reactions WHERE message_id = $1 AND {} = $2 AND emoji = $3",
            Reaction::columns(),
            column(by)
        ),
        vec![message.into(), by.into(), emoji.into()],
    )
}

/// The latest reactions of a user to messages that are not deleted.
pub fn latest(user: UserId, limit: i64) -> Query<Vec<Reaction>> {
    Query::all(
        format!(
            "SELECT {} FROM reactions WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            Reaction::columns()
        ),
        vec![user.into(), limit.into()],
    )
}

/// Adds a reaction and counts it.
///
/// # Errors
/// [`StoreError::Conflict`] when the same one has already reacted with this emoji.
pub fn insert(tx: &mut Tx<'_>, reaction: &Reaction) -> Result<(), StoreError> {
    tx.insert(reaction)?;
    tx.execute(
        "INSERT INTO reaction_counts AS c (message_id, emoji, total, since) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (message_id, emoji) DO UPDATE SET total = c.total + 1",
        &[reaction.message_id.into(), (&reaction.emoji).into(), reaction.created_at.into()],
    )?;
    Ok(())
}

/// Removes a reaction; returns whether there was one.
pub fn remove(tx: &mut Tx<'_>, message: MessageId, by: Actor, emoji: &str) -> Result<bool, StoreError> {
    let removed = tx.execute(
        &format!("DELETE FROM reactions WHERE message_id = $1 AND {} = $2 AND emoji = $3", column(by)),
        &[message.into(), by.into(), emoji.into()],
    )?;
    if removed == 0 {
        return Ok(false);
    }
    let key = [message.into(), emoji.into()];
    tx.execute("UPDATE reaction_counts SET total = total - 1 WHERE message_id = $1 AND emoji = $2", &key)?;
    tx.execute("DELETE FROM reaction_counts WHERE message_id = $1 AND emoji = $2 AND total <= 0", &key)?;
    Ok(true)
}

/// Removes all reactions to a message.
pub(crate) fn remove_all(tx: &mut Tx<'_>, message: MessageId) -> Result<(), StoreError> {
    tx.execute_later("DELETE FROM reaction_counts WHERE message_id = $1", &[message.into()])?;
    tx.execute_later("DELETE FROM reactions WHERE message_id = $1", &[message.into()])
}

/// Recomputes the numbers, after rows were changed without counting them.
pub(crate) fn recount(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM reaction_counts", &[])?;
    tx.execute(
        "INSERT INTO reaction_counts (message_id, emoji, total, since) \
         SELECT message_id, emoji, count(*), min(created_at) FROM reactions GROUP BY message_id, emoji",
        &[],
    )?;
    Ok(())
}
