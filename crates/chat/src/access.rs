//! What a caller may read: the conversations of which they are a member now, and the messages in them; and whether
//! they may write to the other person of a direct conversation.
//!
//! What is outside of it is reported as missing.

use crate::event_bus::HiddenFrom;
use crate::views::MessageView;
use crate::{ChatError, policy};
use meeshy_domain::{ConversationId, ConversationKind, MessageId, Timestamp, UserId};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::members::{self, Member, Reference};
use meeshy_store::messages::{self, Message};
use meeshy_store::visibility::{self, Viewer};
use meeshy_store::{Query, StoreError, Tx};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The open conversation with the id or identifier `reference`, if `user` is a member now.
pub(crate) fn find_as_member(
    tx: &mut Tx<'_>,
    user: UserId,
    reference: &str,
) -> Result<Conversation, ChatError> {
    Ok(member(tx.fetch(find_with_member(user, reference))?)?.0)
}

/// Fails in a direct conversation where one has blocked the other: what the caller writes is for the other one to
/// read.
pub(crate) fn may_address(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    caller: UserId,
) -> Result<(), ChatError> {
    let is_direct = conversation.kind == ConversationKind::Direct;
    let is_blocked = is_direct && tx.fetch(visibility::is_pair_blocked(conversation.id, caller))?;
    policy::may_meet(1, is_blocked)
}

/// A conversation, and the membership of a user in it.
pub(crate) type Found = Option<(Conversation, Option<Member>)>;

/// The open conversation with the id or identifier `reference`, and the membership of `user` in it, for
/// [`member`].
pub(crate) fn find_with_member(user: UserId, reference: &str) -> Query<Found> {
    let reference = match reference.parse() {
        Ok(id) => Reference::Id(id),
        // PostgreSQL would reject it, and no conversation has it.
        Err(_) if reference.contains('\0') => Reference::Identifier(""),
        Err(_) => Reference::Identifier(reference),
    };
    members::find_with_conversation(reference, user)
}

/// The conversation and the member, if both exist.
pub(crate) fn member(found: Found) -> Result<(Conversation, Member), ChatError> {
    let (conversation, member) = found.ok_or(ChatError::NotFound { what: "conversation" })?;
    Ok((conversation, member.ok_or(ChatError::NotAMember)?))
}

pub(crate) fn message_id(text: &str) -> Result<MessageId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound { what: "message" })
}

/// A message of a conversation of the caller; others are reported as missing.
pub(crate) fn readable(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, ChatError> {
    let missing = ChatError::NotFound { what: "message" };
    let viewer = tx.fetch(Viewer::find(caller, now))?;
    match messages::find_seen(tx, id, &viewer)? {
        Some(message) if members::is_member(tx, message.conversation_id, caller)? => Ok(message),
        _ => Err(missing),
    }
}

/// Those of some messages that the caller can read.
pub(crate) fn all_readable(
    tx: &mut Tx<'_>,
    caller: UserId,
    ids: &[MessageId],
    now: Timestamp,
) -> Result<Vec<Message>, ChatError> {
    let viewer = tx.fetch(Viewer::find(caller, now))?;
    let seen = tx.fetch(messages::find_all_seen(ids, &viewer))?;
    let mut memberships: HashMap<ConversationId, bool> = HashMap::new();
    let mut readable = Vec::new();
    for message in seen {
        let is_member = match memberships.entry(message.conversation_id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                *unknown.insert(members::is_member(tx, message.conversation_id, caller)?)
            }
        };
        readable.extend(is_member.then_some(message));
    }
    Ok(readable)
}

/// A message of a conversation of the caller, with the caller's membership.
pub(crate) fn readable_with_member(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<(Message, Member), ChatError> {
    let missing = ChatError::NotFound { what: "message" };
    let viewer = tx.fetch(Viewer::find(caller, now))?;
    let Some(message) = messages::find_seen(tx, id, &viewer)? else { return Err(missing) };
    let member = members::find(tx, message.conversation_id, caller)?.ok_or(missing)?;
    Ok((message, member))
}

/// A message of an open conversation of the caller, that conversation, and the caller's membership.
pub(crate) fn readable_with_conversation(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<(Message, Conversation, Member), ChatError> {
    let (message, member) = readable_with_member(tx, caller, id, now)?;
    let conversation = conversations::find(tx, message.conversation_id)?;
    let conversation = conversation.ok_or(ChatError::NotFound { what: "message" })?;
    Ok((message, conversation, member))
}

/// A message whose text is visible to everybody in the conversation; no other is translated.
pub(crate) fn translatable(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, ChatError> {
    let message = readable(tx, caller, id, now)?;
    match message.concealed(None) {
        None => Ok(message),
        Some(_) => Err(ChatError::InvalidOperation("the text of this message is hidden".into())),
    }
}

/// From whom a message, or the one it replies to, is hidden.
pub(crate) fn hidden_from(tx: &mut Tx<'_>, view: &MessageView) -> Result<HiddenFrom, StoreError> {
    let answered = view.reply_to.as_ref().map(|answered| visibility::hidden_from(answered.message.id));
    let (message, answered) = tx.fetch((visibility::hidden_from(view.message.id), answered))?;
    Ok(HiddenFrom::new(message, answered.unwrap_or_default()))
}
