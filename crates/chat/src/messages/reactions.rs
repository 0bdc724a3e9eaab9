//! Reactions to messages.

use crate::ChatError;
use crate::access::{all_readable, may_address, message_id, readable};
use crate::context::Context;
use crate::event_bus::{Event, ReactionChange};
use crate::views::{ReactionView, reactions};
use meeshy_domain::{Actor, Emoji, MessageId, UserId, limits};
use meeshy_store::events::{self, Change};
use meeshy_store::messages::Message;
use meeshy_store::reactions::{self as table, Count, Reaction};
use meeshy_store::{Tx, conversations, visibility};
use std::sync::Arc;

/// Reactions to messages. Cheap to clone.
#[derive(Clone)]
pub struct Reactions {
    context: Arc<Context>,
}

/// The reactions to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReactions {
    /// The message.
    pub message_id: MessageId,
    /// By emoji, in order of their first use.
    pub reactions: Vec<ReactionView>,
}

impl Reactions {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Adds a reaction. The same one again changes nothing.
    ///
    /// # Errors
    /// When the text is not an emoji, the caller cannot read such a message or has been blocked, or there are too many
    /// reactions.
    pub async fn add(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        emoji: &str,
    ) -> Result<Reaction, ChatError> {
        let caller = caller.into();
        let emoji = Emoji::parse(emoji).map_err(|error| ChatError::invalid("emoji", error))?;
        let (context, id) = (Arc::clone(&self.context), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let message = answerable(tx, &context, caller, id)?;
            if let Some(known) = tx.fetch(table::find(id, caller, emoji.as_str()))? {
                return Ok(known);
            }
            let now = context.now();
            let change = Change::Reaction(id, caller, emoji.to_string());
            // It also locks the conversation, so that nobody else adds one between the check and the insertion.
            let number = events::append(tx, message.conversation_id, &[change], now)?;
            check_number(&tx.fetch(table::counts(&[id], Some(caller)))?, &emoji)?;
            let reaction = Reaction {
                id: context.new_id(),
                message_id: id,
                user_id: caller.user(),
                guest_id: caller.guest(),
                emoji: emoji.to_string(),
                created_at: now,
                updated_at: now,
            };
            table::insert(tx, &reaction)?;
            announce(tx, &context, &message, (caller, emoji.as_str(), true), number)?;
            Ok(reaction)
        };
        self.context.write_unless_there(write).await
    }

    /// Removes a reaction of the caller.
    ///
    /// # Errors
    /// When the caller cannot read such a message, or has not reacted with this emoji.
    pub async fn remove(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        emoji: &str,
    ) -> Result<MessageId, ChatError> {
        let caller = caller.into();
        let missing = || ChatError::NotFound { what: "reaction" };
        let (context, id) = (Arc::clone(&self.context), message_id(message)?);
        let emoji = emoji.trim().to_owned();
        let write = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, context.now())?;
            // PostgreSQL would reject it, and no reaction has it.
            if emoji.contains('\0') || tx.fetch(table::find(id, caller, &emoji))?.is_none() {
                return Err(missing());
            }
            let change = Change::Reaction(id, caller, emoji.clone());
            let number = events::append(tx, message.conversation_id, &[change], context.now())?;
            if !table::remove(tx, id, caller, &emoji)? {
                return Err(missing());
            }
            announce(tx, &context, &message, (caller, &emoji, false), number)?;
            Ok(id)
        };
        self.context.store.write(write).await
    }

    /// The reactions to some messages, in the same order; `None` for a message that the caller cannot read.
    pub async fn of_messages(
        &self,
        caller: impl Into<Actor>,
        messages: Vec<String>,
    ) -> Result<Vec<Option<MessageReactions>>, ChatError> {
        let caller = caller.into();
        let context = Arc::clone(&self.context);
        let read = move |tx: &mut Tx<'_>| {
            let ids: Vec<Option<MessageId>> = messages.iter().map(|id| id.parse().ok()).collect();
            let known: Vec<MessageId> = ids.iter().copied().flatten().collect();
            let readable = all_readable(tx, caller, &known, context.now())?;
            let readable: Vec<MessageId> = readable.into_iter().map(|message| message.id).collect();
            let found = reactions(tx, &readable, Some(caller))?;
            let of_message = |id: Option<MessageId>| {
                let message_id = id.filter(|id| readable.contains(id))?;
                let reactions = found.get(&message_id).cloned().unwrap_or_default();
                Some(MessageReactions { message_id, reactions })
            };
            Ok(ids.into_iter().map(of_message).collect())
        };
        self.context.store.read(read).await
    }

    /// The reactions to a message.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn of_message(
        &self,
        caller: impl Into<Actor>,
        message: &str,
    ) -> Result<MessageReactions, ChatError> {
        let found = self.of_messages(caller, vec![message.to_owned()]).await?.pop().flatten();
        found.ok_or(ChatError::NotFound { what: "message" })
    }

    /// The latest reactions of the caller, at most [`limits::LATEST`].
    pub async fn latest(&self, caller: UserId) -> Result<Vec<Reaction>, ChatError> {
        self.context.store.read(move |tx| Ok(tx.fetch(table::latest(caller, limits::LATEST))?)).await
    }
}

/// A message that the caller can read, and whose author can be addressed.
fn answerable(
    tx: &mut Tx<'_>,
    context: &Context,
    caller: Actor,
    id: MessageId,
) -> Result<Message, ChatError> {
    let message = readable(tx, caller, id, context.now())?;
    let missing = ChatError::NotFound { what: "conversation" };
    let conversation = conversations::find(tx, message.conversation_id)?.ok_or(missing)?;
    may_address(tx, &conversation, caller)?;
    Ok(message)
}

/// Fails when there are already as many reactions as allowed. Clients know the error by the words `Maximum` and `different
/// reactions`.
fn check_number(counts: &[(MessageId, Count)], emoji: &Emoji) -> Result<(), ChatError> {
    let own = counts.iter().filter(|(_, count)| count.is_own).count();
    if own >= limits::OWN_REACTIONS {
        let problem =
            format!("Maximum {} different reactions of a person to a message", limits::OWN_REACTIONS);
        return Err(ChatError::InvalidOperation(problem));
    }
    let is_used = counts.iter().any(|(_, count)| count.emoji == emoji.as_str());
    if !is_used && counts.len() >= limits::REACTIONS {
        let problem = format!("Maximum {} different reactions to a message", limits::REACTIONS);
        return Err(ChatError::InvalidOperation(problem));
    }
    Ok(())
}

/// Tells the members who can see the message, and have not blocked the user, of a change.
fn announce(
    tx: &mut Tx<'_>,
    context: &Context,
    message: &Message,
    (by, emoji, is_added): (Actor, &str, bool),
    number: i64,
) -> Result<(), ChatError> {
    let blockers = by.user().map(visibility::blockers);
    let (mut hidden_from, blockers) = tx.fetch((visibility::hidden_from(message.id), blockers))?;
    hidden_from.extend(blockers.unwrap_or_default());
    let known = reactions(tx, &[message.id], None)?.remove(&message.id).unwrap_or_default();
    let event = Event::Reaction {
        conversation_id: message.conversation_id,
        sequence: message.sequence,
        change: ReactionChange::new(message.id, by, emoji, is_added, known, context.now()),
        hidden_from,
    };
    context.deliver(tx, Some(number), event);
    Ok(())
}
