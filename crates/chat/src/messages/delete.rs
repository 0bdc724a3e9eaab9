//! Deleting messages, for everybody.

use super::Messages;
use crate::ChatError;
use crate::access::{message_id, present, readable_in};
use crate::context::Context;
use crate::event_bus::Event;
use crate::policy::Action;
use crate::uploads::remove_later;
use meeshy_domain::{Actor, MessageId};
use meeshy_store::{Tx, attachments, deletions, visibility};
use std::sync::Arc;

impl Messages {
    /// Deletes a message for everybody: its text, translations, mentions and reactions are removed, and its number stays.
    /// `conversation` is its conversation, if given: an id or an identifier.
    ///
    /// # Errors
    /// When the caller cannot read such a message, or may not delete it.
    pub async fn delete(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        conversation: Option<&str>,
    ) -> Result<MessageId, ChatError> {
        let caller = caller.into();
        let (context, place, message) =
            (Arc::clone(&self.context), conversation.map(str::to_owned), message.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let missing = || ChatError::NotFound { what: "message" };
            let now = context.now();
            let place = place.as_deref().map(|given| present(tx, caller, given, now)).transpose()?;
            let (message, conversation, party) = readable_in(tx, caller, message_id(&message)?, now)?;
            if place.is_some_and(|place| place.conversation.id != message.conversation_id) {
                return Err(missing());
            }
            let by_caller = message.author() == Some(caller);
            party.standing().check(Action::Delete { by_caller, kind: conversation.kind })?;
            if delete_for_everybody(tx, &context, message.id)? { Ok(message.id) } else { Err(missing()) }
        };
        self.context.store.write(write).await
    }
}

/// Deletes a message and tells everybody who could see it; returns whether it still existed.
pub(crate) fn delete_for_everybody(
    tx: &mut Tx<'_>,
    context: &Context,
    message_id: MessageId,
) -> Result<bool, ChatError> {
    let hidden_from = tx.fetch(visibility::hidden_from(message_id))?;
    let Some(deleted) = deletions::delete(tx, message_id, context.now())? else { return Ok(false) };
    let files = attachments::remove_of_message(tx, message_id)?;
    remove_later(tx, &files)?;
    let event = Event::MessageDeleted {
        conversation_id: deleted.conversation_id,
        message_id,
        place: deleted.place,
        hidden_from,
    };
    context.deliver(tx, Some(deleted.event), event);
    Ok(true)
}
