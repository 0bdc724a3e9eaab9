//! The followed conversations, and the last delivered number of each.
//!
//! Local events and announcements of others arrive in any order; the numbers decide. What was already
//! delivered is dropped. After a gap a conversation is behind: its rows are read from the log.

use meeshy_domain::ConversationId;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most conversations without listeners whose newest number is remembered, in each of two generations: a
/// client may be about to listen, with an older number.
const MAX_RECENT: usize = 4_096;

/// The followed conversations.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    state: Mutex<State>,
    /// Conversations are behind.
    behind: Notify,
}

#[derive(Debug, Default)]
struct State {
    conversations: HashMap<ConversationId, Progress>,
    /// The conversations whose rows have to be read.
    behind: HashSet<ConversationId>,
    recent: [HashMap<ConversationId, i64>; 2],
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Everything up to this number was delivered.
    delivered: i64,
    /// The newest known number.
    newest: i64,
    /// Whether it was followed since the last [`Followed::retain`].
    is_fresh: bool,
}

impl State {
    fn note_recent(&mut self, conversation: ConversationId, number: i64) {
        if self.recent[0].len() >= MAX_RECENT {
            self.recent[1] = std::mem::take(&mut self.recent[0]);
        }
        let newest = self.recent[0].entry(conversation).or_default();
        *newest = number.max(*newest);
    }

    fn recent(&self, conversation: ConversationId) -> i64 {
        self.recent.iter().filter_map(|recent| recent.get(&conversation)).copied().max().unwrap_or(0)
    }

    fn note_newest(&mut self, conversation: ConversationId, number: i64) {
        let Some(progress) = self.conversations.get_mut(&conversation) else { return };
        progress.newest = progress.newest.max(number);
        if progress.newest > progress.delivered {
            self.behind.insert(conversation);
        }
    }
}

impl Followed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change, and wakes the reader if there is something to read.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let outcome = change(&mut state);
        if !state.behind.is_empty() {
            self.behind.notify_one();
        }
        outcome
    }

    /// Follows a conversation from after `number`, unless it is already followed. It stays until a listener can
    /// have come.
    pub fn follow(&self, conversation: ConversationId, number: i64) {
        self.change(|state| {
            let recent = state.recent(conversation);
            let fresh = Progress { delivered: number, newest: number, is_fresh: true };
            state.conversations.entry(conversation).or_insert(fresh).is_fresh = true;
            state.note_newest(conversation, recent);
        });
    }

    /// Stops following conversations without listeners. Those that were asked for since the last call stay,
    /// since their listeners may be about to come.
    pub fn retain(&self, has_listeners: impl Fn(ConversationId) -> bool) {
        let mut state = self.state();
        let State { conversations, behind, .. } = &mut *state;
        conversations.retain(|id, progress| {
            let is_fresh = std::mem::take(&mut progress.is_fresh);
            is_fresh || has_listeners(*id)
        });
        conversations.shrink_to(2 * conversations.len());
        behind.retain(|id| conversations.contains_key(id));
    }

    /// Whether a local event is the next one of its conversation, and is to be delivered; otherwise it was
    /// already delivered, or will be found in the log.
    pub fn is_next(&self, conversation: ConversationId, number: i64) -> bool {
        self.change(|state| {
            let Some(progress) = state.conversations.get_mut(&conversation) else {
                state.note_recent(conversation, number);
                return true;
            };
            let is_next = number == progress.delivered + 1;
            if is_next {
                progress.delivered = number;
            }
            state.note_newest(conversation, number);
            is_next
        })
    }

    /// Another process has announced a number of a conversation. A new conversation is followed for a while,
    /// because its members have to be found.
    pub fn announced(&self, conversation: ConversationId, number: i64, is_new: bool) {
        self.change(|state| {
            if is_new && !state.conversations.contains_key(&conversation) {
                let progress = Progress { delivered: 0, newest: number, is_fresh: true };
                state.conversations.insert(conversation, progress);
            }
            if state.conversations.contains_key(&conversation) {
                state.note_newest(conversation, number);
            } else {
                state.note_recent(conversation, number);
            }
        });
    }

    /// Some conversations that are behind, each with its last delivered number.
    pub fn take_behind(&self, limit: usize) -> Vec<(ConversationId, i64)> {
        let mut state = self.state();
        let some: Vec<ConversationId> = state.behind.iter().take(limit).copied().collect();
        some.into_iter()
            .filter_map(|id| {
                state.behind.remove(&id);
                let progress = state.conversations.get(&id)?;
                (progress.newest > progress.delivered).then_some((id, progress.delivered))
            })
            .collect()
    }

    /// They could not be read and are still behind.
    pub fn put_back(&self, conversations: &[(ConversationId, i64)]) {
        self.change(|state| {
            state.behind.extend(conversations.iter().map(|(id, _)| *id));
        });
    }

    /// Whether an event read from the log was not delivered yet; marks it as delivered.
    pub fn deliver(&self, conversation: ConversationId, number: i64) -> bool {
        let mut state = self.state();
        let Some(progress) = state.conversations.get_mut(&conversation) else { return false };
        let is_new = number > progress.delivered;
        progress.delivered = progress.delivered.max(number);
        is_new
    }

    /// The log was read up to this number.
    pub fn read_up_to(&self, conversation: ConversationId, number: i64) {
        self.deliver(conversation, number);
        self.change(|state| state.note_newest(conversation, number));
    }

    /// The followed conversations, each with its last delivered number.
    pub fn all(&self) -> Vec<(ConversationId, i64)> {
        self.state().conversations.iter().map(|(id, progress)| (*id, progress.delivered)).collect()
    }

    /// The database has lost everything after `number`, and numbers are given out again.
    pub fn set_back(&self, conversation: ConversationId, number: i64) {
        let mut state = self.state();
        state.behind.remove(&conversation);
        for recent in &mut state.recent {
            recent.remove(&conversation);
        }
        if let Some(progress) = state.conversations.get_mut(&conversation) {
            (progress.delivered, progress.newest) = (number, number);
        }
    }

    /// Whether no conversation is behind.
    pub fn is_level(&self) -> bool {
        self.state().behind.is_empty()
    }

    /// Ready when a conversation is behind.
    pub async fn fell_behind(&self) {
        self.behind.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(number: u64) -> ConversationId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn numbers_are_delivered_once_and_in_order() {
        let (followed, here) = (Followed::default(), conversation(1));
        followed.follow(here, 4);
        assert!(!followed.is_next(here, 4), "delivered before");
        assert!(followed.is_next(here, 5));
        assert!(!followed.is_next(here, 5), "once");
        assert!(followed.is_level());
        assert!(!followed.is_next(here, 8), "6 and 7 are missing");
        assert_eq!(followed.take_behind(10), [(here, 5)]);
        assert!(followed.is_level());
        assert!([6, 7].iter().all(|number| followed.deliver(here, *number)));
        assert!(followed.is_next(here, 8), "it came once more before its row was read");
        assert!(!followed.deliver(here, 8));
        followed.read_up_to(here, 8);
        assert!(followed.is_level());
    }

    #[test]
    fn an_announcement_is_read_unless_it_was_delivered() {
        let (followed, here) = (Followed::default(), conversation(1));
        followed.follow(here, 4);
        followed.announced(here, 4, false);
        assert!(followed.is_level());
        followed.announced(here, 6, false);
        followed.announced(here, 5, false);
        let behind = followed.take_behind(10);
        assert_eq!(behind, [(here, 4)]);
        followed.put_back(&behind);
        assert_eq!(followed.take_behind(10), [(here, 4)]);
        followed.read_up_to(here, 5);
        assert_eq!(followed.take_behind(10), [(here, 5)], "6 is still to be read");
    }

    #[test]
    fn what_was_announced_just_before_somebody_listens_is_not_lost() {
        let (followed, here, new) = (Followed::default(), conversation(1), conversation(2));
        followed.announced(here, 7, false);
        assert!(followed.is_next(here, 6), "nobody listens: whoever is there gets it");
        followed.follow(here, 5);
        assert_eq!(followed.take_behind(10), [(here, 5)]);
        followed.announced(new, 2, true);
        assert_eq!(followed.take_behind(10), [(new, 0)], "who is in it has to be found");
    }

    #[test]
    fn numbers_that_are_given_out_again_are_delivered() {
        let (followed, here) = (Followed::default(), conversation(1));
        followed.follow(here, 4);
        followed.announced(here, 9, false);
        assert_eq!(followed.all(), [(here, 4)]);
        followed.set_back(here, 2);
        assert!(followed.is_level());
        assert!(followed.is_next(here, 3));
        assert_eq!(followed.all(), [(here, 3)]);
    }

    #[test]
    fn what_nobody_listens_to_is_forgotten_and_memory_is_bounded() {
        let followed = Followed::default();
        for number in 0..3 * MAX_RECENT as u64 {
            followed.announced(conversation(number), 1, false);
        }
        assert!(followed.state().recent.iter().all(|recent| recent.len() <= MAX_RECENT));
        followed.follow(conversation(1), 1);
        followed.retain(|_| false);
        assert_eq!(followed.all().len(), 1, "its listener may be about to come");
        followed.follow(conversation(1), 1);
        followed.retain(|_| false);
        assert_eq!(followed.all().len(), 1, "the listener of the second call may be about to come");
        followed.retain(|_| true);
        assert_eq!(followed.all().len(), 1);
        followed.announced(conversation(1), 9, false);
        followed.retain(|_| false);
        assert!(followed.all().is_empty() && followed.is_level());
    }
}
