//! Messages that a reader deletes for themselves. The others keep them.

use super::Messages;
use crate::ChatError;
use crate::access::{all_readable, message_id};
use crate::conversations::read_positions::tell_unread;
use meeshy_domain::{MessageId, UserId, limits};
use meeshy_store::{Tx, members, messages, own_deletions};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Messages {
    /// Hides a message from the caller.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn delete_for_me(&self, caller: UserId, message: &str) -> Result<(), ChatError> {
        match self.delete_all_for_me(caller, vec![message.to_owned()]).await? {
            0 => Err(ChatError::NotFound { what: "message" }),
            _ => Ok(()),
        }
    }

    /// Hides messages from the caller; returns how many of them were there.
    ///
    /// # Errors
    /// When there are more than [`limits::OWN_DELETIONS`].
    pub async fn delete_all_for_me(&self, caller: UserId, messages: Vec<String>) -> Result<usize, ChatError> {
        if messages.is_empty() || messages.len() > limits::OWN_DELETIONS {
            let why = format!("expected 1 to {} messages", limits::OWN_DELETIONS);
            return Err(ChatError::invalid("messageIds", why));
        }
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            let now = context.now();
            let ids: Vec<MessageId> = messages.iter().filter_map(|id| id.parse().ok()).collect();
            let found = all_readable(tx, caller, &ids, now)?;
            for message in &found {
                own_deletions::hide(tx, &context.new_id::<String>(), caller, message.id, now)?;
            }
            let places: BTreeSet<_> = found.iter().map(|message| message.conversation_id).collect();
            for place in places {
                tell_unread(tx, &context, caller, place)?;
            }
            Ok(found.len())
        };
        self.context.store.write(write).await
    }

    /// Shows a message to the caller again.
    ///
    /// # Errors
    /// When the caller has not deleted such a message, or is no longer a member.
    pub async fn restore_for_me(&self, caller: UserId, message: &str) -> Result<(), ChatError> {
        let (context, id) = (Arc::clone(&self.context), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let missing = || ChatError::NotFound { what: "message" };
            let message = tx.fetch(messages::find(id))?.ok_or_else(missing)?;
            if !members::is_member(tx, message.conversation_id, caller)? {
                return Err(missing());
            }
            match own_deletions::show(tx, caller, id)? {
                true => Ok(tell_unread(tx, &context, caller, message.conversation_id)?),
                false => Err(ChatError::invalid("messageId", "you have not deleted this message")),
            }
        };
        self.context.store.write(write).await
    }
}
