//! Forwarding messages to other conversations.

use super::draft::{Disclosure, Origin};
use super::{Messages, NewMessage, Sent};
use crate::ChatError;
use crate::access::{message_id, translatable};
use meeshy_domain::{MessageType, UserId};
use meeshy_store::Tx;

impl Messages {
    /// Sends a message to another conversation as a message of the caller, which names its origin. Its files go with it, except those
    /// that are encrypted, can be viewed only once, or are forbidden.
    ///
    /// # Errors
    /// When the caller cannot read the text, or may not write to that conversation.
    pub async fn forward(
        &self,
        caller: UserId,
        message: &str,
        conversation: &str,
    ) -> Result<Sent, ChatError> {
        let (id, now) = (message_id(message)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| translatable(tx, caller, id, now);
        let original = self.context.store.read(read).await?;
        if original.is_by_system() {
            return Err(ChatError::InvalidOperation("system messages cannot be forwarded".into()));
        }
        // What was forwarded before still names the first one.
        let details = &original.details;
        let origin = Origin {
            message: details.forwarded_from_id.clone().unwrap_or_else(|| original.id.to_string()),
            conversation: details
                .forwarded_from_conversation_id
                .clone()
                .unwrap_or_else(|| original.conversation_id.to_string()),
        };
        let new = NewMessage {
            conversation: conversation.to_owned(),
            content: original.content,
            original_language: Some(original.original_language.to_string()),
            message_type: Some(original.message_type).filter(|kind| kind.parse::<MessageType>().is_ok()),
            // The limits of its author stay.
            disclosure: Disclosure {
                is_blurred: original.details.is_blurred,
                expires_at: original.details.expires_at,
                ..Disclosure::default()
            },
            ..NewMessage::default()
        };
        self.send_from(origin, id, caller, new).await
    }
}
