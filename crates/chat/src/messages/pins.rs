//! Pinning messages, for all members of a conversation.

use super::Messages;
use crate::ChatError;
use crate::access::{find_as_member, may_address, message_id, readable_with_conversation};
use crate::event_bus::Event;
use crate::policy::{Action, Standing};
use crate::views::MessageView;
use meeshy_domain::{UserId, limits};
use meeshy_store::{Tx, messages, pins, visibility};

impl Messages {
    /// Pins a message, or takes its pin off, and returns the message as it is now. Repeated, it changes nothing.
    ///
    /// # Errors
    /// When the caller cannot read such a message or may not pin it, or when there are already as many pinned messages as allowed.
    pub async fn pin(
        &self,
        caller: UserId,
        message: &str,
        is_pinned: bool,
    ) -> Result<MessageView, ChatError> {
        let (service, id) = (self.clone(), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let (message, conversation, member) = readable_with_conversation(tx, caller, id, now)?;
            Standing::from(&member).check(Action::Pin(conversation.kind))?;
            may_address(tx, &conversation, caller)?;
            let is_new = message.details.pinned_at.is_none();
            let number = match is_pinned {
                true if is_new && tx.fetch(pins::count(conversation.id))? >= limits::PINNED_MESSAGES => {
                    let why = format!(
                        "at most {} messages can be pinned; take another pin off first",
                        limits::PINNED_MESSAGES
                    );
                    return Err(ChatError::InvalidOperation(why));
                }
                true => pins::pin(tx, id, caller, now)?,
                false => pins::unpin(tx, id, now)?,
            };
            let message = tx.fetch(messages::find(id))?.ok_or(ChatError::NotFound { what: "message" })?;
            if let Some(number) = number {
                let event = Event::MessagePinned {
                    conversation_id: conversation.id,
                    message_id: id,
                    pinned: message.details.pin(),
                    hidden_from: tx.fetch(visibility::hidden_from(id))?,
                };
                service.context.deliver(tx, Some(number), event);
            }
            let viewer = service.context.viewer(tx, caller)?;
            service.views.message(tx, message, viewer)
        };
        self.context.store.write(write).await
    }

    /// The pinned messages of a conversation, the latest pin first.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn pinned(&self, caller: UserId, reference: &str) -> Result<Vec<MessageView>, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let viewer = service.context.viewer(tx, caller)?;
            let rows = tx.fetch(pins::list(conversation.id, &viewer, limits::PINNED_MESSAGES))?;
            Ok::<_, ChatError>(service.views.messages(tx, rows, viewer)?)
        };
        self.context.store.read(read).await
    }
}
