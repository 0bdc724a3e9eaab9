//! Conversations and histories that a member deletes for themselves. The others keep them.

use super::Conversations;
use super::read_positions::tell_unread;
use crate::ChatError;
use crate::access::find_as_member;
use meeshy_domain::{ConversationId, Timestamp, UserId, limits};
use meeshy_store::Tx;
use meeshy_store::own_deletions::{self, DeletedConversation};
use std::sync::Arc;

impl Conversations {
    /// Takes a conversation out of the caller's list until its next message.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn delete_for_me(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (context, reference) = (Arc::clone(&self.context), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?.id;
            let id = context.new_id();
            Ok(own_deletions::hide_conversation(tx, id, caller, conversation, context.now())?)
        };
        self.context.store.write(write).await
    }

    /// Puts a conversation back into the caller's list.
    ///
    /// # Errors
    /// When it does not exist, the caller is not a member, or has not deleted it.
    pub async fn restore_for_me(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (context, reference) = (Arc::clone(&self.context), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?.id;
            match own_deletions::show_conversation(tx, caller, conversation, context.now())? {
                true => Ok(()),
                false => Err(ChatError::invalid("conversationId", "you have not deleted this conversation")),
            }
        };
        self.context.store.write(write).await
    }

    /// Hides the messages of a conversation before a time, or all that are there, from the caller. They do not come back. Returns
    /// the time.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn clear_history(
        &self,
        caller: UserId,
        reference: &str,
        before: Option<Timestamp>,
    ) -> Result<(ConversationId, Timestamp), ChatError> {
        let (context, reference) = (Arc::clone(&self.context), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            // Of what is there: a later time would hide messages that nobody has seen.
            let end =
                conversation.last_message_at.max(context.now()).plus(std::time::Duration::from_millis(1));
            let before = before.map_or(end, |before| before.min(end));
            let id = context.new_id();
            own_deletions::clear_history(tx, id, caller, conversation.id, (before, context.now()))?;
            tell_unread(tx, &context, caller, conversation.id)?;
            Ok((conversation.id, before))
        };
        self.context.store.write(write).await
    }

    /// The conversations that the caller has deleted for themselves, the last one first.
    pub async fn deleted_for_me(&self, caller: UserId) -> Result<Vec<DeletedConversation>, ChatError> {
        let read = move |tx: &mut Tx<'_>| {
            tx.fetch(own_deletions::conversations(caller, limits::DELETED_CONVERSATIONS))
        };
        Ok(self.context.store.read(read).await?)
    }
}
