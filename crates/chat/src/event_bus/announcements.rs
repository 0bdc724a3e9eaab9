//! What this process has to announce to others in its next note.

use super::event::Ephemeral;
use super::note::Line;
use meeshy_domain::{CallId, ConversationId, SessionId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most conversations, calls and sessions that wait to be announced; beyond that, others are told to
/// poll.
const MAX_WAITING: usize = 8_192;
/// The most ephemeral events that wait; further ones are dropped.
const MAX_EPHEMERAL: usize = 64;
/// The most notifications of users that wait: those of two messages to the largest conversations that are notified.
const MAX_NOTIFICATIONS: usize = 512;

/// Pending announcements. Adding one never blocks, because the threads of the store do it.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The newest number of each conversation, and whether it is new.
    numbers: HashMap<ConversationId, (i64, bool)>,
    /// The newest number of each call.
    calls: HashMap<CallId, i64>,
    sessions: Vec<(SessionId, UserId)>,
    ephemeral: Vec<Ephemeral>,
    notifications: Vec<Ephemeral>,
    left_out: bool,
}

impl Announcements {
    fn add(&self, add: impl FnOnce(&mut Waiting)) {
        add(&mut self.lock());
        self.added.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A conversation has reached this number.
    pub fn number(&self, conversation: ConversationId, number: i64, is_new: bool) {
        self.add(|waiting| {
            let is_full = waiting.numbers.len() >= MAX_WAITING;
            match waiting.numbers.get_mut(&conversation) {
                Some((newest, was_new)) => (*newest, *was_new) = (number.max(*newest), *was_new || is_new),
                None if is_full => waiting.left_out = true,
                None => _ = waiting.numbers.insert(conversation, (number, is_new)),
            }
        });
    }

    /// A call has reached this number.
    pub fn call(&self, call: CallId, number: i64) {
        self.add(|waiting| {
            let is_full = waiting.calls.len() >= MAX_WAITING;
            match waiting.calls.get_mut(&call) {
                Some(newest) => *newest = number.max(*newest),
                None if is_full => waiting.left_out = true,
                None => _ = waiting.calls.insert(call, number),
            }
        });
    }

    /// A session was revoked.
    pub fn session_ended(&self, session: SessionId, user: UserId) {
        self.add(|waiting| {
            // The others periodically check who is still authorized.
            if waiting.sessions.len() < MAX_WAITING {
                waiting.sessions.push((session, user));
            }
        });
    }

    /// An ephemeral event.
    pub fn ephemeral(&self, ephemeral: Ephemeral) {
        self.add(|waiting| {
            if waiting.ephemeral.len() < MAX_EPHEMERAL {
                waiting.ephemeral.push(ephemeral);
            }
        });
    }

    /// A notification of a user. Beyond many of them, devices learn of it when they ask.
    pub fn notification(&self, notification: Ephemeral) {
        self.add(|waiting| {
            if waiting.notifications.len() < MAX_NOTIFICATIONS {
                waiting.notifications.push(notification);
            }
        });
    }

    /// Ready when there are pending announcements.
    pub async fn added(&self) {
        self.added.notified().await;
    }

    /// Takes the pending announcements.
    pub fn take(&self) -> Vec<Line> {
        let Waiting { numbers, calls, sessions, ephemeral, notifications, left_out } =
            std::mem::take(&mut *self.lock());
        let numbers = numbers.into_iter().map(|(conversation, (number, is_new))| Line::Number {
            conversation,
            number,
            is_new,
        });
        let sessions = sessions.into_iter().map(|(session, user)| Line::SessionEnded(session, user));
        let calls = calls.into_iter().map(|(call, number)| Line::Call { call, number });
        let left_out = left_out.then_some(Line::LeftOut);
        sessions
            .chain(numbers)
            .chain(calls)
            .chain(left_out)
            .chain(ephemeral.into_iter().chain(notifications).map(Line::Ephemeral))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_announced_once_with_its_newest_number() {
        let (waiting, here) = (Announcements::default(), "65a0c0ffee0123456789abcd".parse().unwrap());
        waiting.number(here, 1, true);
        waiting.number(here, 3, false);
        waiting.number(here, 2, false);
        assert_eq!(waiting.take(), [Line::Number { conversation: here, number: 3, is_new: true }]);
        assert_eq!(waiting.take(), []);
    }

    #[test]
    fn a_call_is_announced_once_with_its_newest_number() {
        let (waiting, call) = (Announcements::default(), "65a0c0ffee0123456789abcd".parse().unwrap());
        for number in [1, 3, 2] {
            waiting.call(call, number);
        }
        assert_eq!(waiting.take(), [Line::Call { call, number: 3 }]);
    }

    #[test]
    fn what_has_no_room_is_told_of_as_a_whole() {
        let waiting = Announcements::default();
        for number in 0..=MAX_WAITING {
            waiting.number(format!("{number:024x}").parse().unwrap(), 1, false);
        }
        let lines = waiting.take();
        assert_eq!(lines.len(), MAX_WAITING + 1);
        assert_eq!(lines.last(), Some(&Line::LeftOut));
    }
}
