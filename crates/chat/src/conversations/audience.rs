//! Who is notified of what a user does, and who is a member where.

use super::Conversations;
use crate::ChatError;
use meeshy_domain::preferences::Hides;
use meeshy_domain::{ConversationId, Timestamp, UserId};
use meeshy_store::members::{self, Membership};
use meeshy_store::visibility::{self, Viewer};
use meeshy_store::{StoreError, Tx, privacy, users};
use std::collections::HashMap;

/// Who is notified of what a user does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The members of these conversations, if they are small. Messages hidden from this user are not unread.
    pub memberships: Vec<Membership>,
    /// Except for those whom a block separates from this user.
    pub hidden_from: Vec<UserId>,
    /// What this user hides from all of them.
    pub hides: Hides,
}

impl Conversations {
    /// Who is notified that `user` connects or disconnects, with this user's read positions.
    pub async fn audience(&self, user: UserId) -> Result<Audience, ChatError> {
        let now = self.context.now();
        Ok(self.context.store.read(move |tx| audience(tx, user, now)).await?)
    }

    /// The displayed name of `user` and the audience; `None` if the account does not exist.
    pub async fn named_audience(&self, user: UserId) -> Result<Option<(String, Audience)>, ChatError> {
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            let Some(found) = tx.fetch(users::find(user))? else { return Ok(None) };
            Ok::<_, StoreError>(Some((found.display_name, audience(tx, user, now)?)))
        };
        Ok(self.context.store.read(read).await?)
    }

    /// The memberships of some people, each with the number of its conversation's newest event. The caller
    /// limits a batch to a few thousand.
    pub async fn memberships(
        &self,
        people: Vec<UserId>,
    ) -> Result<HashMap<(UserId, ConversationId), i64>, ChatError> {
        Ok(self.context.store.read(move |tx| members::active(tx, &people)).await?)
    }
}

fn audience(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<Audience, StoreError> {
    let asked =
        (members::of_user(user), Viewer::find(user, now), visibility::separated(user), privacy::of(user));
    let (mut memberships, viewer, hidden_from, hides) = tx.fetch(asked)?;
    if viewer.is_special() {
        let ids: Vec<_> = memberships.iter().map(|membership| membership.conversation_id).collect();
        let unread = tx.fetch(visibility::unread(&ids, &[user], now))?;
        let unread: HashMap<_, _> =
            unread.into_iter().map(|unread| (unread.conversation, unread.count)).collect();
        for membership in &mut memberships {
            membership.unread_count = unread.get(&membership.conversation_id).copied().unwrap_or(0);
        }
    }
    Ok(Audience { memberships, hidden_from, hides: hides.unwrap_or_default() })
}
