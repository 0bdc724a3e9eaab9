//! What a member has missed: the events after those that a client knows.

use super::Events;
use super::log::{Reader, Stretch};
use crate::ChatError;
use crate::access::find_as_member;
use meeshy_domain::{ConversationId, UserId};
use meeshy_store::members::Membership;
use meeshy_store::{Tx, members, read_cursors, visibility};
use std::collections::{HashMap, HashSet};

/// The most events of one conversation in a response about all conversations.
const MAX_EVENTS_OF_EACH: i64 = 100;
/// The most events in such a response.
const MAX_EVENTS: usize = 500;
/// Conversations whose logs are read together for it.
const CONVERSATIONS_AT_ONCE: usize = 8;

/// What has happened in a conversation while a member was away.
#[derive(Debug, Clone)]
pub struct CaughtUp {
    /// The events that this member can see.
    pub stretch: Stretch,
    /// The current unread count of this member.
    pub unread_count: i64,
}

/// The same for all conversations.
#[derive(Debug, Clone)]
pub struct AllCaughtUp {
    /// The conversations with events.
    pub conversations: Vec<CaughtUp>,
    /// Whether the named conversations are no longer the start of the caller's list: one of them was left, or
    /// another one was active later.
    pub is_list_stale: bool,
}

impl Events {
    /// The events in a conversation after the event `after`, at most `limit`.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn after(
        &self,
        caller: UserId,
        reference: &str,
        after: i64,
        limit: i64,
    ) -> Result<CaughtUp, ChatError> {
        let (events, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let mut caught_up =
                events.caught_up(tx, caller, &[(conversation.id, after)], limit, usize::MAX)?;
            caught_up.pop().ok_or(ChatError::NotFound { what: "conversation" })
        };
        self.context.store.read(read).await
    }

    /// The events in all conversations of the caller, who knows some of them up to a number.
    pub async fn all_after(
        &self,
        caller: UserId,
        known: Vec<(ConversationId, i64)>,
    ) -> Result<AllCaughtUp, ChatError> {
        let events = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let memberships: HashMap<ConversationId, Membership> = tx
                .fetch(members::of_user(caller))?
                .into_iter()
                .map(|membership| (membership.conversation_id, membership))
                .collect();
            let is_list_stale = is_list_stale(&known, &memberships);
            let is_behind = |(id, number): &(ConversationId, i64)| {
                memberships.get(id).is_some_and(|membership| membership.last_event != *number)
            };
            let behind: Vec<_> = known.into_iter().filter(is_behind).collect();
            let conversations = events.caught_up(tx, caller, &behind, MAX_EVENTS_OF_EACH, MAX_EVENTS)?;
            Ok::<_, ChatError>(AllCaughtUp { conversations, is_list_stale })
        };
        self.context.store.read(read).await
    }

    /// The events of some conversations that a member can see, at most `limit` of each and `all` together.
    fn caught_up(
        &self,
        tx: &mut Tx<'_>,
        member: UserId,
        known: &[(ConversationId, i64)],
        limit: i64,
        all: usize,
    ) -> Result<Vec<CaughtUp>, ChatError> {
        let viewer = self.context.viewer(tx, member)?;
        let (mut stretches, mut count) = (Vec::new(), 0);
        for some in known.chunks(CONVERSATIONS_AT_ONCE) {
            if count < all {
                let read = self.stretches(tx, Reader::Member(viewer), some, limit)?;
                count += read.iter().map(|stretch| stretch.events.len()).sum::<usize>();
                stretches.extend(read);
            } else {
                stretches.extend(some.iter().map(|(id, number)| Stretch {
                    conversation_id: *id,
                    events: Vec::new(),
                    last: *number,
                    has_more: true,
                    is_too_old: false,
                }));
            }
        }
        let ids: Vec<ConversationId> = stretches.iter().map(|stretch| stretch.conversation_id).collect();
        let unread: HashMap<ConversationId, i64> = if viewer.is_special() {
            let unread = tx.fetch(visibility::unread(&ids, &[member], self.context.now()))?;
            unread.into_iter().map(|unread| (unread.conversation, unread.count)).collect()
        } else {
            tx.fetch(read_cursors::unread(member, &ids))?.into_iter().collect()
        };
        let caught_up = |stretch: Stretch| CaughtUp {
            unread_count: unread.get(&stretch.conversation_id).copied().unwrap_or(0),
            stretch,
        };
        Ok(stretches.into_iter().map(caught_up).collect())
    }
}

/// Whether the caller's list starts with other conversations than these.
fn is_list_stale(known: &[(ConversationId, i64)], memberships: &HashMap<ConversationId, Membership>) -> bool {
    let known: HashSet<ConversationId> = known.iter().map(|(id, _)| *id).collect();
    let is_theirs = known.iter().all(|id| memberships.contains_key(id));
    let times =
        known.iter().filter_map(|id| memberships.get(id)).map(|membership| membership.last_message_at);
    let oldest = times.min();
    let mut others = memberships.values().filter(|membership| !known.contains(&membership.conversation_id));
    !is_theirs || others.any(|other| oldest.is_none_or(|oldest| other.last_message_at >= oldest))
}
