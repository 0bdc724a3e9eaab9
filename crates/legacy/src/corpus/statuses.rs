//! Who received and read what: for each message in the old shape, for each conversation in the new one.

use super::collections::Name;
use super::fields::Fields;
use super::layout::{CURSORS, STATUSES};
use super::town::{LATER, MINUTE, Town};
use bson::{DateTime, RawDocumentBuf};

/// Positions from here on are cursors.
const FIRST_CURSOR: usize = STATUSES - CURSORS;

pub(super) fn time(town: &Town<'_>, at: usize) -> i64 {
    match at.checked_sub(FIRST_CURSOR) {
        None => town.time(Name::Message, town.layout.statuses[at].0) + 2_000,
        Some(cursor) => LATER + cursor as i64 * 30 * MINUTE,
    }
}

pub(super) fn status(town: &Town<'_>, at: usize) -> RawDocumentBuf {
    match at.checked_sub(FIRST_CURSOR) {
        None => {
            let (message, user) = town.layout.statuses[at];
            per_message(town, Name::MessageStatus, at, message, user)
        }
        Some(cursor) => self::cursor(town, at, cursor),
    }
}

/// Shape (a): a row for each message and reader.
fn per_message(town: &Town<'_>, of: Name, at: usize, message: usize, user: usize) -> RawDocumentBuf {
    let mut random = town.random(of, at);
    let received = town.time(of, at);
    let read = random.percent(70).then_some(received + (1 + random.below(300)) as i64 * MINUTE);
    Fields::new(town.id(of, at))
        .with("messageId", town.message(message))
        .with("userId", town.user(user))
        .maybe_date("receivedAt", (!random.percent(3)).then_some(received))
        .maybe_date("readAt", read)
        .done()
}

/// Shape (b): a row for each conversation and reader.
fn cursor(town: &Town<'_>, at: usize, cursor: usize) -> RawDocumentBuf {
    let (conversation, user) = town.layout.memberships[cursor];
    let read = !cursor.is_multiple_of(4);
    let received = time(town, at);
    Fields::new(town.id(Name::MessageStatus, at))
        .with("conversationId", town.conversation(conversation))
        .with("messageId", town.message(latest(town, conversation, received)))
        .with("userId", town.user(user))
        .date("receivedAt", received)
        .or_null("readAt", read.then(|| DateTime::from_millis(received + MINUTE)))
        .date("updatedAt", received + MINUTE)
        .done()
}

/// The last message of a conversation before a time; its first if there is none.
fn latest(town: &Town<'_>, conversation: usize, before: i64) -> usize {
    let messages = &town.layout.messages;
    (0..messages.len())
        .rev()
        .find(|at| messages[*at].conversation == conversation && town.time(Name::Message, *at) < before)
        .unwrap_or(conversation)
}

/// Two shapes that no schema describes.
pub(super) fn read(town: &Town<'_>, at: usize) -> RawDocumentBuf {
    let message = at * 26;
    let conversation = town.layout.messages[message].conversation;
    let members = &town.layout.members[conversation];
    let (message_id, user) = (town.message(message), town.user(members[at % members.len()]));
    let read = time_of_read(town, at);
    let fields = Fields::new(town.id(Name::MessageReadStatus, at));
    if at.is_multiple_of(3) {
        return fields.with("messageId", message_id).with("userId", user).date("readAt", read).done();
    }
    let name = if at % 3 == 1 { "lastReadMessageId" } else { "messageId" };
    fields
        .with("conversationId", town.conversation(conversation))
        .with("userId", user)
        .with(name, message_id)
        .date("readAt", read)
        .date("updatedAt", read)
        .done()
}

fn time_of_read(town: &Town<'_>, at: usize) -> i64 {
    town.time(Name::MessageReadStatus, at) + MINUTE
}

pub(super) fn old(town: &Town<'_>, at: usize) -> RawDocumentBuf {
    let user = town.layout.members[town.layout.messages[at].conversation][0];
    per_message(town, Name::OldMessageStatus, at, at, user)
}
