//! What strangers may know of a conversation that is open to everybody.

use super::Conversations;
use crate::ChatError;
use meeshy_domain::ConversationKind;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::{Tx, messages};

/// A conversation that is open to everybody.
#[derive(Debug, Clone)]
pub struct OpenConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// How many messages it has.
    pub messages: i64,
}

impl Conversations {
    /// The conversation with this id or identifier, if it is open to everybody.
    ///
    /// # Errors
    /// When there is none, or it is not open to everybody.
    pub async fn open_to_all(&self, reference: &str) -> Result<OpenConversation, ChatError> {
        let (now, reference) = (self.context.now(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let found = match reference.parse() {
                Ok(id) => conversations::find(tx, id)?,
                Err(_) => conversations::find_by_identifier(tx, &reference)?,
            };
            let is_open =
                |kind: ConversationKind| matches!(kind, ConversationKind::Public | ConversationKind::Global);
            let conversation = found
                .filter(|conversation| is_open(conversation.kind))
                .ok_or(ChatError::NotFound { what: "conversation" })?;
            let messages = tx.fetch(messages::total(conversation.id, now))?;
            Ok(OpenConversation { conversation, messages })
        };
        self.context.store.read(read).await
    }
}
