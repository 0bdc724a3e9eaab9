//! How far members have read.

use super::Conversations;
use crate::access::{find_as_member, find_with_member, member, message_id, readable_with_conversation};
use crate::context::{Context, order_key};
use crate::notifications::mark_read_in;
use crate::{ChatError, Event, LeftUnread};
use meeshy_domain::{ConversationId, MessageId, Timestamp, UserId};
use meeshy_store::conversations::Conversation;
use meeshy_store::events::{self, Change};
use meeshy_store::members::Member;
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, messages, notifications, read_cursors, receipts, visibility};
use std::sync::Arc;

impl Conversations {
    /// Marks a conversation as read to its end; returns how many messages were unread.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn mark_read(&self, caller: UserId, reference: &str) -> Result<i64, ChatError> {
        let (context, key) = (Arc::clone(&self.context), order_key(reference));
        let reference = reference.to_owned();
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, member) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            advance(tx, &context, &conversation, &member, conversation.last_sequence)
        };
        self.context.store.write_in_turn(key, write).await
    }

    /// Marks a conversation as read up to a message; returns how many messages were read now.
    ///
    /// # Errors
    /// When the caller cannot read such a message, or has written it.
    pub async fn mark_read_to(&self, caller: UserId, message: &str) -> Result<i64, ChatError> {
        let (context, id) = (Arc::clone(&self.context), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let (sequence, conversation, member) = received(tx, caller, id, context.now())?;
            advance(tx, &context, &conversation, &member, sequence)
        };
        self.context.store.write(write).await
    }

    /// Notes that a message was delivered to the caller.
    ///
    /// # Errors
    /// As [`mark_read_to`](Self::mark_read_to).
    pub async fn mark_delivered(&self, caller: UserId, message: &str) -> Result<(), ChatError> {
        let (context, id) = (Arc::clone(&self.context), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = context.now();
            let (_, conversation, _) = received(tx, caller, id, now)?;
            let key = context.new_id::<String>();
            Ok(receipts::deliver(tx, &key, conversation.id, id, caller, now)?)
        };
        self.context.store.write(write).await
    }

    /// Notes that everything in a conversation was delivered to the caller.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn mark_all_delivered(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (context, reference) = (Arc::clone(&self.context), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let now = context.now();
            let conversation = find_as_member(tx, caller, &reference)?;
            let viewer = context.viewer(tx, caller)?;
            let newest = tx.fetch(messages::newest(&[conversation.id], &viewer))?.pop().flatten();
            let Some(newest) = newest.filter(|newest| newest.sender_id != Some(caller)) else {
                return Ok(());
            };
            let key = context.new_id::<String>();
            Ok(receipts::deliver(tx, &key, conversation.id, newest.id, caller, now)?)
        };
        self.context.store.write(write).await
    }
}

/// The number and the conversation of a message that somebody else has written for the caller.
fn received(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<(i64, Conversation, Member), ChatError> {
    let (message, conversation, member) = readable_with_conversation(tx, caller, id, now)?;
    if message.sender_id == Some(caller) {
        return Err(ChatError::invalid("messageId", "you have written this message"));
    }
    Ok((message.sequence, conversation, member))
}

/// Moves the read position of a member forward; returns how many unread messages it passed.
fn advance(
    tx: &mut Tx<'_>,
    context: &Context,
    conversation: &Conversation,
    member: &Member,
    read_sequence: i64,
) -> Result<i64, ChatError> {
    let (id, caller, now) = (conversation.id, member.user_id, context.now());
    let asked = (
        read_cursors::position(caller, id),
        Viewer::find(caller, now),
        visibility::blockers(caller),
        notifications::has_unread_in(caller, id),
    );
    let (before, viewer, hidden_from, are_notified) = tx.fetch(asked)?;
    let (before, _, _, unread) = before.unwrap_or_default();
    if read_sequence <= before {
        if are_notified {
            mark_read_in(tx, context, caller, id, before)?;
        }
        return Ok(0);
    }
    let is_hidden = member.hides.read_receipts;
    // Others would notice the number of an event that they do not get.
    let number = match is_hidden {
        true => None,
        // Before the read position moves: sending a message locks in this order, too.
        false => Some(events::append(tx, id, &[Change::Read(caller)], now)?),
    };
    read_cursors::advance(tx, id, caller, read_sequence, now)?;
    if are_notified {
        mark_read_in(tx, context, caller, id, read_sequence)?;
    }
    // Somebody may have written since the conversation was read.
    let (_, last_sequence, last_event, still_unread) =
        tx.fetch(read_cursors::position(caller, id))?.unwrap_or_default();
    let left = LeftUnread { last_sequence, last_event, count: still_unread };
    let left = seen_of(tx, &viewer, id, left)?;
    let (conversation_id, user, at) = (id, caller, now);
    let event = Event::Read { conversation_id, user, read_sequence, left, at, hidden_from, is_hidden };
    context.deliver(tx, number, event);
    Ok(unread.saturating_sub(still_unread).max(0))
}

/// Tells the devices of a member what is left unread, after messages were hidden from them or shown again.
pub(crate) fn tell_unread(
    tx: &mut Tx<'_>,
    context: &Context,
    user: UserId,
    conversation_id: ConversationId,
) -> Result<(), StoreError> {
    let at = context.now();
    let asked = (read_cursors::position(user, conversation_id), Viewer::find(user, at));
    let (position, viewer) = tx.fetch(asked)?;
    let (read_sequence, last_sequence, last_event, count) = position.unwrap_or_default();
    let left = seen_of(tx, &viewer, conversation_id, LeftUnread { last_sequence, last_event, count })?;
    let (hidden_from, is_hidden) = (Vec::new(), true);
    let event = Event::Read { conversation_id, user, read_sequence, left, at, hidden_from, is_hidden };
    context.deliver(tx, None, event);
    Ok(())
}

/// The part of what is left that a member sees.
fn seen_of(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    conversation: ConversationId,
    left: LeftUnread,
) -> Result<LeftUnread, StoreError> {
    let mut count = left.count.max(0);
    if let Some(user) = viewer.user().filter(|_| viewer.is_special()) {
        let seen = tx.fetch(visibility::unread(&[conversation], &[user], viewer.now()))?;
        count = seen.first().map_or(0, |seen| seen.count);
    }
    Ok(LeftUnread { count, ..left })
}
