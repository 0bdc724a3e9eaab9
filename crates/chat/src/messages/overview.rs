//! What has become of the latest messages of a conversation: the reactions to them, and who has received them.

use super::receipts::{counted, subject};
use super::{MessageReactions, Messages, ReceiptCounts};
use crate::ChatError;
use crate::access::find_as_member;
use crate::views::reactions;
use meeshy_domain::{MessageId, UserId};
use meeshy_store::conversations::Conversation;
use meeshy_store::messages::{self, Message, Page};
use meeshy_store::receipts::{self, Filter, Receipt, Subject};
use meeshy_store::users::User;
use meeshy_store::{Tx, users};
use std::collections::{BTreeSet, HashMap};

/// The reactions to the latest messages of a conversation.
#[derive(Debug, Clone, Default)]
pub struct LatestReactions {
    /// Those to each message that has some, the newest message first.
    pub messages: Vec<MessageReactions>,
    /// The users who are named in them.
    pub users: HashMap<UserId, User>,
}

/// Who has received and read a message.
#[derive(Debug, Clone)]
pub struct MessageReceipts {
    /// The message.
    pub message_id: MessageId,
    /// Its author, if it was not a guest.
    pub sender_id: Option<UserId>,
    /// How many there are.
    pub counts: ReceiptCounts,
    /// The first of them.
    pub receipts: Vec<Receipt>,
}

impl Messages {
    /// The reactions to the latest messages of a conversation, of which at most `among` are looked at.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn latest_reactions(
        &self,
        caller: UserId,
        reference: &str,
        among: i64,
    ) -> Result<LatestReactions, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let latest = service.latest(tx, caller, &conversation, among)?;
            let ids: Vec<MessageId> = latest.iter().map(|message| message.id).collect();
            let mut found = reactions(tx, &ids, Some(caller.into()))?;
            let messages: Vec<MessageReactions> = ids
                .into_iter()
                .filter_map(|id| {
                    found.remove(&id).map(|reactions| MessageReactions { message_id: id, reactions })
                })
                .filter(|found| !found.reactions.is_empty())
                .collect();
            let named: BTreeSet<UserId> = messages
                .iter()
                .flat_map(|found| &found.reactions)
                .flat_map(|reaction| reaction.users.iter().copied())
                .collect();
            let users = tx.fetch(users::find_all(&named.into_iter().collect::<Vec<_>>()))?;
            let users = users.into_iter().map(|user| (user.id, user)).collect();
            Ok::<_, ChatError>(LatestReactions { messages, users })
        };
        self.context.store.read(read).await
    }

    /// Who has received and read each of the latest `number` messages of a conversation, the newest first, with the first `listed`
    /// of them by their ids. In conversations of more than [`RECEIPT_MEMBERS`](meeshy_domain::limits::RECEIPT_MEMBERS) members nobody is told.
    ///
    /// # Errors
    /// As [`latest_reactions`](Self::latest_reactions).
    pub async fn latest_receipts(
        &self,
        caller: UserId,
        reference: &str,
        number: i64,
        listed: i64,
    ) -> Result<Vec<MessageReceipts>, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let latest = service.latest(tx, caller, &conversation, number)?;
            let subjects: Vec<Subject> =
                latest.iter().filter_map(|message| subject(&conversation, message)).collect();
            let asked: Vec<_> = subjects.iter().map(|subject| receipts::counts(*subject)).collect();
            let lists: Vec<_> = subjects
                .iter()
                .map(|subject| receipts::page(*subject, Filter::Delivered, listed, 0))
                .collect();
            let (counts, lists) = tx.fetch((asked, lists))?;
            let rows = subjects.iter().zip(counts.into_iter().zip(lists));
            Ok::<_, ChatError>(
                rows.map(|(subject, (counts, receipts))| MessageReceipts {
                    message_id: subject.message,
                    sender_id: subject.author,
                    counts: counted(counts),
                    receipts,
                })
                .collect(),
            )
        };
        self.context.store.read(read).await
    }

    /// The latest messages of a conversation that the caller sees, the newest first.
    fn latest(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        conversation: &Conversation,
        number: i64,
    ) -> Result<Vec<Message>, ChatError> {
        let viewer = self.context.viewer(tx, caller)?;
        Ok(tx.fetch(messages::list(conversation.id, &viewer, Page::Offset(0), number))?)
    }
}
