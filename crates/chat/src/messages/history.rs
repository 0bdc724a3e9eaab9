//! The earlier texts of messages.

use super::Messages;
use crate::ChatError;
use crate::access::{message_id, readable_with_conversation};
use crate::policy::{Action, Standing};
use meeshy_domain::UserId;
use meeshy_store::Tx;
use meeshy_store::message_revisions::{self, Revision};
use meeshy_store::messages::Message;

/// A message and its earlier texts.
#[derive(Debug, Clone)]
pub struct MessageHistory {
    /// The message as it is now.
    pub message: Message,
    /// What it was before, the first text first; at most 50.
    pub revisions: Vec<Revision>,
}

impl Messages {
    /// The earlier texts of a message.
    ///
    /// # Errors
    /// When the caller cannot read such a message, or is neither its author nor a moderator.
    pub async fn history(&self, caller: UserId, id: &str) -> Result<MessageHistory, ChatError> {
        let (id, now) = (message_id(id)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let (message, conversation, member) = readable_with_conversation(tx, caller, id, now)?;
            let by_caller = message.sender_id == Some(caller);
            Standing::from(&member).check(Action::ReadHistory { by_caller, kind: conversation.kind })?;
            if message.concealed(Some(caller)).is_some() {
                return Err(ChatError::InvalidOperation("the text of this message is hidden".into()));
            }
            let revisions = tx.fetch(message_revisions::list(id))?;
            Ok(MessageHistory { message, revisions })
        };
        self.context.store.read(read).await
    }
}
