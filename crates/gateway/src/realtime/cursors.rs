//! The read positions of connected users, so that unread counts need no query.

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
    /// Sorted by conversation; a missing one is 0.
    read: Vec<(ConversationId, i64)>,
}

impl Reader {
    fn position(&self, conversation: ConversationId) -> i64 {
        let found = self.read.binary_search_by_key(&conversation, |(id, _)| *id);
        found.map_or(0, |at| self.read[at].1)
    }

    fn advance(&mut self, conversation: ConversationId, sequence: i64) {
        match self.read.binary_search_by_key(&conversation, |(id, _)| *id) {
            Ok(at) => self.read[at].1 = self.read[at].1.max(sequence),
            Err(at) => self.read.insert(at, (conversation, sequence)),
        }
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
                reader.advance(membership.conversation_id, membership.read_sequence);
            }
            reader.read.shrink_to_fit();
        }
    }

    /// Records that `user`, if connected, has read a conversation up to a message.
    pub fn advance(&self, user: UserId, conversation: ConversationId, sequence: i64) {
        if let Some(reader) = self.readers().get_mut(&user) {
            reader.advance(conversation, sequence);
        }
    }

    /// Records that the newest message of a conversation is hidden from `user`, if connected: it does not
    /// count as unread.
    pub fn skip(&self, user: UserId, conversation: ConversationId) {
        if let Some(reader) = self.readers().get_mut(&user) {
            reader.advance(conversation, reader.position(conversation) + 1);
        }
    }

    /// The unread counts of `users` in a conversation whose newest message has the number `last`.
    pub fn unread(
        &self,
        users: impl IntoIterator<Item = UserId>,
        conversation: ConversationId,
        last: i64,
    ) -> Vec<(UserId, i64)> {
        let readers = self.readers();
        let unread = |user| {
            let read = readers.get(&user).map_or(0, |reader| reader.position(conversation));
            (user, last.saturating_sub(read).max(0))
        };
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
    fn a_conversation_that_nobody_has_read_is_unread_as_a_whole() {
        let cursors = Cursors::default();
        cursors.connect(id(1));
        assert_eq!(cursors.unread([id(1), id(3)], id(2), 5), [(id(1), 5), (id(3), 5)]);
    }
}
