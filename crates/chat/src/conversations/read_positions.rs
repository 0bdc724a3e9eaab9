//! How far members have read.

use super::Conversations;
use crate::access::{find_with_member, member};
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
            let (conversation, member) = member(tx.fetch(find_with_member(caller, &reference))?)?;
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
                let is_hidden = member.hides.read_receipts;
                // Others would notice the number of an event that they do not get.
                let number = match is_hidden {
                    true => None,
                    // Before the read position moves: sending a message locks in this order, too.
                    false => Some(events::append(tx, id, &[Change::Read(caller)], now)?),
                };
                members::advance_cursor(tx, id, caller, read_sequence, now)?;
                let (conversation_id, user, at) = (id, caller, now);
                let event = Event::Read { conversation_id, user, read_sequence, at, hidden_from, is_hidden };
                context.deliver(tx, number, event);
            }
            Ok(unread)
        };
        self.context.store.write_in_turn(key, write).await
    }
}
