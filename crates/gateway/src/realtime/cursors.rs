//! The read positions of connected users, so that unread counts need no query.

use meeshy_chat::LeftUnread;
use meeshy_chat::model::Membership;
use meeshy_domain::{ConversationId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The read positions of connected users, one per conversation.
#[derive(Debug, Default)]
pub struct Cursors(Mutex<HashMap<UserId, Reader>>);

#[derive(Debug, Default)]
struct Reader {
    sockets: usize,
    /// Sorted by conversation; a missing one is the beginning.
    positions: Vec<Position>,
}

/// How far a user has read a conversation.
#[derive(Debug, Clone, Copy)]
struct Position {
    conversation: ConversationId,
    /// How many of the messages after `read` are not shown to the user.
    hidden: u32,
    /// The number of the newest message that was read.
    read: i64,
    /// The number of the newest event that this accounts for.
    as_of: i64,
}

impl Position {
    /// Moves it forward, or confirms it.
    fn read_to(&mut self, read: i64, left: LeftUnread) {
        if read >= self.read {
            self.as_of = self.as_of.max(left.last_event);
            let hidden = left.last_sequence.saturating_sub(read).saturating_sub(left.count);
            (self.read, self.hidden) = (read, u32::try_from(hidden.max(0)).unwrap_or(u32::MAX));
        }
    }

    fn unread(self, last: i64) -> i64 {
        last.saturating_sub(self.read).saturating_sub(self.hidden.into()).max(0)
    }
}

impl Reader {
    fn find(&self, conversation: ConversationId) -> Result<usize, usize> {
        self.positions.binary_search_by_key(&conversation, |position| position.conversation)
    }

    fn position(&mut self, conversation: ConversationId) -> &mut Position {
        let at = self.find(conversation).unwrap_or_else(|at| {
            self.positions.insert(at, Position { conversation, hidden: 0, read: 0, as_of: 0 });
            at
        });
        &mut self.positions[at]
    }

    fn unread(&self, conversation: ConversationId, last: i64) -> i64 {
        self.find(conversation).map_or(last, |at| self.positions[at].unread(last))
    }
}

impl Cursors {
    fn readers(&self) -> MutexGuard<'_, HashMap<UserId, Reader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a socket of `user`: from now on [`advance`](Self::advance) has an effect. To be called before
    /// the memberships are read for [`learn`](Self::learn).
    pub fn connect(&self, user: UserId) {
        self.readers().entry(user).or_default().sockets += 1;
    }

    /// Records that a socket of `user` has disconnected.
    pub fn disconnect(&self, user: UserId) {
        let mut readers = self.readers();
        let Some(reader) = readers.get_mut(&user) else { return };
        reader.sockets = reader.sockets.saturating_sub(1);
        if reader.sockets == 0 {
            readers.remove(&user);
        }
    }

    /// Sets the positions of a connected user from the database.
    pub fn learn(&self, user: UserId, memberships: &[Membership]) {
        if let Some(reader) = self.readers().get_mut(&user) {
            for membership in memberships {
                let Membership { conversation_id, last_sequence, last_event, .. } = *membership;
                let left = LeftUnread { last_sequence, last_event, count: membership.unread_count };
                reader.position(conversation_id).read_to(membership.read_sequence, left);
            }
            reader.positions.shrink_to_fit();
        }
    }

    /// Records that `user`, if connected, has read a conversation up to a message, and nothing after it is hidden.
    pub fn advance(&self, user: UserId, conversation: ConversationId, sequence: i64) {
        if let Some(reader) = self.readers().get_mut(&user) {
            let position = reader.position(conversation);
            if sequence > position.read {
                *position = Position { hidden: 0, read: sequence, ..*position };
            }
        }
    }

    /// Records that `user`, if connected, has read a conversation up to a message, and what is left.
    pub fn read(&self, user: UserId, conversation: ConversationId, sequence: i64, left: LeftUnread) {
        if let Some(reader) = self.readers().get_mut(&user) {
            reader.position(conversation).read_to(sequence, left);
        }
    }

    /// Records that a message with this number does not count as unread for `user`, if connected, since an event. Returns whether
    /// it counted; not if what is known is newer than the event.
    pub fn hide(
        &self,
        user: UserId,
        conversation: ConversationId,
        sequence: i64,
        event: Option<i64>,
    ) -> bool {
        let mut readers = self.readers();
        let Some(reader) = readers.get_mut(&user) else { return false };
        let position = reader.position(conversation);
        let is_known = event.is_some_and(|event| event <= position.as_of);
        let was_unread = sequence > position.read && !is_known;
        position.hidden += u32::from(was_unread);
        was_unread
    }

    /// The unread counts of `users` in a conversation whose newest message has the number `last`.
    pub fn unread(
        &self,
        users: impl IntoIterator<Item = UserId>,
        conversation: ConversationId,
        last: i64,
    ) -> Vec<(UserId, i64)> {
        let readers = self.readers();
        let unread =
            |user| (user, readers.get(&user).map_or(last, |reader| reader.unread(conversation, last)));
        users.into_iter().map(unread).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeshy_domain::Timestamp;

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: usize) -> T {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn cursors_only_advance_and_go_with_the_last_socket() {
        let (cursors, user, conversation) = (Cursors::default(), id(1), id(2));
        let unread = |last| cursors.unread([user], conversation, last)[0].1;
        cursors.connect(user);
        // Read while the memberships are being looked up.
        cursors.advance(user, conversation, 7);
        cursors.learn(
            user,
            &[Membership {
                conversation_id: conversation,
                member_count: 2,
                last_sequence: 9,
                last_message_at: Timestamp::from_millis(0),
                last_event: 9,
                read_sequence: 4,
                unread_count: 5,
            }],
        );
        assert_eq!(unread(9), 2);
        cursors.connect(user);
        cursors.disconnect(user);
        assert_eq!(unread(9), 2);
        cursors.disconnect(user);
        cursors.advance(user, conversation, 9);
        assert!(cursors.readers().is_empty());
    }

    #[test]
    fn what_is_hidden_counts_as_read_in_any_order() {
        let (cursors, user, conversation) = (Cursors::default(), id(1), id(2));
        let unread = |last| cursors.unread([user], conversation, last)[0].1;
        cursors.connect(user);
        cursors.advance(user, conversation, 4);
        assert!(!cursors.hide(user, conversation, 4, None), "it was read");
        for (sequence, left) in [(7, 2), (5, 1), (6, 0)] {
            assert!(cursors.hide(user, conversation, sequence, None));
            assert_eq!(unread(7), left);
        }
        assert_eq!(unread(8), 1);
        cursors.advance(user, conversation, 8);
        assert_eq!(unread(9), 1, "what was hidden is behind");
        assert!(!cursors.hide(id(9), conversation, 9, None), "not connected");
    }

    #[test]
    fn what_was_hidden_before_the_position_was_read_counts_once() {
        let (cursors, user, conversation) = (Cursors::default(), id(1), id(2));
        let unread = |last| cursors.unread([user], conversation, last)[0].1;
        cursors.connect(user);
        let left = LeftUnread { last_sequence: 9, last_event: 20, count: 3 };
        cursors.read(user, conversation, 5, left);
        assert!(!cursors.hide(user, conversation, 9, Some(20)));
        assert_eq!(unread(9), 3);
        assert!(cursors.hide(user, conversation, 10, Some(21)));
        assert_eq!(unread(10), 3);
    }

    #[test]
    fn a_conversation_that_nobody_has_read_is_unread_as_a_whole() {
        let cursors = Cursors::default();
        cursors.connect(id(1));
        assert_eq!(cursors.unread([id(1), id(3)], id(2), 5), [(id(1), 5), (id(3), 5)]);
    }
}
