//! How far members have read.

use super::Conversations;
use crate::access::find_as_member;
use crate::context::order_key;
use crate::{ChatError, Event};
use meeshy_domain::UserId;
use meeshy_store::events::{self, Change};
use meeshy_store::{Tx, members, visibility};
use std::sync::Arc;

impl Conversations {
    /// Marks a conversation as read to its end; returns how many messages were unread.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn mark_read(&self, caller: UserId, reference: &str) -> Result<i64, ChatError> {
        let (context, key, now) = (Arc::clone(&self.context), order_key(reference), self.context.now());
        let reference = reference.to_owned();
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let (id, read_sequence) = (conversation.id, conversation.last_sequence);
            let asked = (
                members::cursors(caller, &[id]),
                members::unread(caller, &[id]),
                visibility::blockers(caller),
            );
            let (cursor, unread, hidden_from) = tx.fetch(asked)?;
            let before = cursor.first().map_or(0, |(_, sequence)| *sequence);
            let unread = unread.first().map_or(0, |(_, count)| *count);
            if read_sequence > before {
                // Before the read position moves: sending a message locks in this order, too.
                let number = events::append(tx, id, &[Change::Read(caller)], now)?;
                members::advance_cursor(tx, id, caller, read_sequence, now)?;
                let event =
                    Event::Read { conversation_id: id, user: caller, read_sequence, at: now, hidden_from };
                context.deliver(tx, Some(number), event);
            }
            Ok(unread)
        };
        self.context.store.write_in_turn(key, write).await
    }
}
