//! What a caller may read: the conversations of which they are a member or a guest now, and the messages in them; and
//! whether they may write to the other person of a direct conversation.
//!
//! What is outside of it is reported as missing.

use crate::event_bus::HiddenFrom;
use crate::policy::Standing;
use crate::views::MessageView;
use crate::{ChatError, policy};
use meeshy_domain::{
    Actor, ConversationId, ConversationKind, GuestId, LanguageSettings, LinkClosed, MessageId, Timestamp,
    UserId,
};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::guests::{self, Seat};
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
    caller: impl Into<Actor>,
) -> Result<(), ChatError> {
    let Some(user) = caller.into().user().filter(|_| conversation.kind == ConversationKind::Direct) else {
        return Ok(());
    };
    let is_blocked = tx.fetch(visibility::is_pair_blocked(conversation.id, user))?;
    policy::may_meet(1, is_blocked)
}

/// A member or a guest, as they take part in a conversation now.
#[derive(Debug, Clone)]
pub(crate) enum Party {
    /// A member.
    Member(Box<Member>),
    /// A guest.
    Guest(Box<Seat>),
}

impl Party {
    /// Who it is.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Member(member) => member.user_id.into(),
            Self::Guest(seat) => seat.guest().id.into(),
        }
    }

    /// What they read.
    pub fn languages(&self) -> LanguageSettings {
        match self {
            Self::Member(member) => member.languages,
            Self::Guest(seat) => LanguageSettings::reading(seat.guest().language),
        }
    }

    /// What decides what they may do.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Member(member) => Standing::from(&**member),
            Self::Guest(seat) => Standing::from(&**seat),
        }
    }
}

/// A conversation, somebody in it, and what they see of it.
pub(crate) struct Present {
    /// The conversation.
    pub conversation: Conversation,
    /// The caller.
    pub party: Party,
    /// The same, as a viewer.
    pub viewer: Viewer,
}

/// The open conversation with the id or identifier `reference`, if `caller` is a member or a guest there now.
pub(crate) fn present(
    tx: &mut Tx<'_>,
    caller: Actor,
    reference: &str,
    now: Timestamp,
) -> Result<Present, ChatError> {
    match caller {
        Actor::User(user) => {
            let (found, viewer) = tx.fetch((find_with_member(user, reference), Viewer::find(user, now)))?;
            let (conversation, member) = member(found)?;
            Ok(Present { conversation, party: Party::Member(Box::new(member)), viewer })
        }
        Actor::Guest(guest) => {
            let (conversation, seat) = guest_in(tx, guest, reference, now)?;
            let viewer = Viewer::guest(guest, seat.sees_after, now);
            Ok(Present { conversation, party: Party::Guest(Box::new(seat)), viewer })
        }
    }
}

/// A guest who takes part now.
///
/// # Errors
/// [`ChatError::Unauthenticated`] when the guest does not; [`ChatError::LinkClosed`] when their link does not work.
pub(crate) fn seat(tx: &mut Tx<'_>, guest: GuestId, now: Timestamp) -> Result<Seat, ChatError> {
    with_working_link(tx.fetch(guests::seat(guest))?, now)
}

/// The same for what was found.
pub(crate) fn with_working_link(found: Option<Seat>, now: Timestamp) -> Result<Seat, ChatError> {
    let seat = found.ok_or_else(|| ChatError::Unauthenticated("your session as a guest has ended".into()))?;
    if seat.link_works(now) {
        return Ok(seat);
    }
    let is_off = !seat.link_is_active;
    Err(ChatError::LinkClosed(if is_off { LinkClosed::TurnedOff } else { LinkClosed::Expired }))
}

/// The open conversation with the id or identifier `reference`, if the guest takes part there.
pub(crate) fn guest_in(
    tx: &mut Tx<'_>,
    guest: GuestId,
    reference: &str,
    now: Timestamp,
) -> Result<(Conversation, Seat), ChatError> {
    let seat = seat(tx, guest, now)?;
    let missing = || ChatError::NotFound { what: "conversation" };
    let conversation = conversations::find(tx, seat.conversation_id)?.ok_or_else(missing)?;
    let is_named = reference.parse() == Ok(conversation.id) || reference == conversation.identifier;
    if is_named { Ok((conversation, seat)) } else { Err(ChatError::NotAMember) }
}

/// What somebody sees, and the only conversation of a guest.
fn view_of(
    tx: &mut Tx<'_>,
    caller: Actor,
    now: Timestamp,
) -> Result<(Viewer, Option<ConversationId>), ChatError> {
    match caller {
        Actor::User(user) => Ok((tx.fetch(Viewer::find(user, now))?, None)),
        Actor::Guest(guest) => {
            let seat = seat(tx, guest, now)?;
            Ok((Viewer::guest(guest, seat.sees_after, now), Some(seat.conversation_id)))
        }
    }
}

/// What somebody sees.
pub(crate) fn viewer(tx: &mut Tx<'_>, caller: Actor, now: Timestamp) -> Result<Viewer, ChatError> {
    Ok(view_of(tx, caller, now)?.0)
}

/// Whether somebody takes part in a conversation; `only` is that of a guest.
fn is_in(
    tx: &mut Tx<'_>,
    caller: Actor,
    only: Option<ConversationId>,
    conversation: ConversationId,
) -> Result<bool, StoreError> {
    match caller {
        Actor::User(user) => members::is_member(tx, conversation, user),
        Actor::Guest(_) => Ok(only == Some(conversation)),
    }
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
    caller: impl Into<Actor>,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, ChatError> {
    let found = all_readable(tx, caller, &[id], now)?.pop();
    found.ok_or(ChatError::NotFound { what: "message" })
}

/// Those of some messages that the caller can read.
pub(crate) fn all_readable(
    tx: &mut Tx<'_>,
    caller: impl Into<Actor>,
    ids: &[MessageId],
    now: Timestamp,
) -> Result<Vec<Message>, ChatError> {
    let caller = caller.into();
    let (viewer, only) = view_of(tx, caller, now)?;
    let seen = tx.fetch(messages::find_all_seen(ids, &viewer))?;
    let mut places: HashMap<ConversationId, bool> = HashMap::new();
    let mut readable = Vec::new();
    for message in seen {
        let is_there = match places.entry(message.conversation_id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => *unknown.insert(is_in(tx, caller, only, message.conversation_id)?),
        };
        readable.extend(is_there.then_some(message));
    }
    Ok(readable)
}

/// A message of an open conversation of the caller, that conversation, and the caller there.
pub(crate) fn readable_in(
    tx: &mut Tx<'_>,
    caller: Actor,
    id: MessageId,
    now: Timestamp,
) -> Result<(Message, Conversation, Party), ChatError> {
    match caller {
        Actor::User(user) => {
            let (message, conversation, member) = readable_with_conversation(tx, user, id, now)?;
            Ok((message, conversation, Party::Member(Box::new(member))))
        }
        Actor::Guest(guest) => {
            let message = readable(tx, guest, id, now)?;
            let (conversation, seat) = guest_in(tx, guest, &message.conversation_id.to_string(), now)?;
            Ok((message, conversation, Party::Guest(Box::new(seat))))
        }
    }
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
    caller: impl Into<Actor>,
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
