//! Reactions to messages, with those who reacted.

use meeshy_domain::{Actor, GuestId, MessageId, UserId, limits};
use meeshy_store::reactions::{self, Count};
use meeshy_store::{StoreError, Tx};
use std::collections::HashMap;

/// The reactions to a message with one emoji.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReactionView {
    /// The emoji.
    pub emoji: String,
    /// The number of users and guests.
    pub total: i64,
    /// The first users, in order of their reactions, at most [`limits::REACTORS`] with the guests.
    pub users: Vec<UserId>,
    /// The first guests.
    pub guests: Vec<GuestId>,
    /// Whether the viewer is one of them.
    pub is_own: bool,
}

/// The reactions to some messages by emoji, in order of their first use.
pub(crate) fn reactions(
    tx: &mut Tx<'_>,
    messages: &[MessageId],
    viewer: Option<Actor>,
) -> Result<HashMap<MessageId, Vec<ReactionView>>, StoreError> {
    let counts = tx.fetch(reactions::counts(messages, viewer))?;
    let of_each =
        |(message, count): &(MessageId, Count)| reactions::reactors(*message, &count.emoji, limits::REACTORS);
    let reactors = tx.fetch(counts.iter().map(of_each).collect::<Vec<_>>())?;
    let mut found: HashMap<MessageId, Vec<ReactionView>> = HashMap::new();
    for ((message, Count { emoji, total, is_own }), reactors) in counts.into_iter().zip(reactors) {
        let (users, guests): (Vec<_>, Vec<_>) = reactors.into_iter().unzip();
        let users = users.into_iter().flatten().collect();
        let guests = guests.into_iter().flatten().collect();
        found.entry(message).or_default().push(ReactionView { emoji, total, users, guests, is_own });
    }
    Ok(found)
}
