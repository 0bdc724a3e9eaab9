//! Delivery and read states: per message in the old shape, per conversation in the new one.

use super::fields::Fields;
use super::layout::{CURSORS, STATUSES};
use super::name::Name;
use super::world::{LATER, MINUTE, World};
use bson::{DateTime, RawDocumentBuf};

/// Positions from here on are cursors.
const FIRST_CURSOR: usize = STATUSES - CURSORS;

pub(super) fn time(world: &World<'_>, at: usize) -> i64 {
    match at.checked_sub(FIRST_CURSOR) {
        None => world.time(Name::Message, world.layout.statuses[at].0) + 2_000,
        Some(cursor) => LATER + cursor as i64 * 30 * MINUTE,
    }
}

pub(super) fn status(world: &World<'_>, at: usize) -> RawDocumentBuf {
    match at.checked_sub(FIRST_CURSOR) {
        None => {
            let (message, user) = world.layout.statuses[at];
            per_message(world, Name::MessageStatus, at, message, user)
        }
        Some(cursor) => self::cursor(world, at, cursor),
    }
}

/// Shape (a): a row per message and reader.
fn per_message(world: &World<'_>, of: Name, at: usize, message: usize, user: usize) -> RawDocumentBuf {
    let mut random = world.random(of, at);
    let received = world.time(of, at);
    let read = random.percent(70).then_some(received + (1 + random.below(300)) as i64 * MINUTE);
    Fields::new(world.id(of, at))
        .with("messageId", world.message(message))
        .with("userId", world.user(user))
        .maybe_date("receivedAt", (!random.percent(3)).then_some(received))
        .maybe_date("readAt", read)
        .done()
}

/// Shape (b): a row per conversation and reader.
fn cursor(world: &World<'_>, at: usize, cursor: usize) -> RawDocumentBuf {
    let (conversation, user) = world.layout.memberships[cursor];
    let read = !cursor.is_multiple_of(4);
    let received = time(world, at);
    Fields::new(world.id(Name::MessageStatus, at))
        .with("conversationId", world.conversation(conversation))
        .with("messageId", world.message(latest(world, conversation, received)))
        .with("userId", world.user(user))
        .date("receivedAt", received)
        .or_null("readAt", read.then(|| DateTime::from_millis(received + MINUTE)))
        .date("updatedAt", received + MINUTE)
        .done()
}

/// The last message of a conversation before a time; its first one if there is none.
fn latest(world: &World<'_>, conversation: usize, before: i64) -> usize {
    let messages = &world.layout.messages;
    (0..messages.len())
        .rev()
        .find(|at| messages[*at].conversation == conversation && world.time(Name::Message, *at) < before)
        .unwrap_or(conversation)
}

/// Two shapes that no schema describes.
pub(super) fn read(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let message = at * 26;
    let conversation = world.layout.messages[message].conversation;
    let members = &world.layout.members[conversation];
    let (message_id, user) = (world.message(message), world.user(members[at % members.len()]));
    let read = time_of_read(world, at);
    let fields = Fields::new(world.id(Name::MessageReadStatus, at));
    if at.is_multiple_of(3) {
        return fields.with("messageId", message_id).with("userId", user).date("readAt", read).done();
    }
    let name = if at % 3 == 1 { "lastReadMessageId" } else { "messageId" };
    fields
        .with("conversationId", world.conversation(conversation))
        .with("userId", user)
        .with(name, message_id)
        .date("readAt", read)
        .date("updatedAt", read)
        .done()
}

fn time_of_read(world: &World<'_>, at: usize) -> i64 {
    world.time(Name::MessageReadStatus, at) + MINUTE
}

pub(super) fn old(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let user = world.layout.members[world.layout.messages[at].conversation][0];
    per_message(world, Name::OldMessageStatus, at, at, user)
}
