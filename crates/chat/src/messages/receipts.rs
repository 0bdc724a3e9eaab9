//! Who has received and read messages.

use super::Messages;
use crate::ChatError;
use crate::access::{find_as_member, message_id, readable};
use meeshy_domain::{MessageId, UserId, limits};
use meeshy_store::conversations::Conversation;
use meeshy_store::messages::Message;
use meeshy_store::receipts::{self, Filter, Receipt, Subject};
use meeshy_store::{Tx, conversations, messages};

/// How many members have received and read a message, without its author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// All other members.
    pub members: i64,
    /// Those to whom it was delivered.
    pub delivered: i64,
    /// Those who have read it, and do not hide it.
    pub read: i64,
}

/// A page of receipts.
#[derive(Debug, Clone, Default)]
pub struct ReceiptPage {
    /// The receipts, in order of the users' ids.
    pub receipts: Vec<Receipt>,
    /// How many there are.
    pub total: i64,
}

/// The members who have received and read a message, the first of each by their ids.
#[derive(Debug, Clone, Default)]
pub struct ReadStatus {
    /// How many there are.
    pub counts: ReceiptCounts,
    /// Those to whom it was delivered.
    pub delivered: Vec<Receipt>,
    /// Those who have read it.
    pub read: Vec<Receipt>,
}

impl Messages {
    /// Who has received and read a message. In conversations of more than [`limits::RECEIPT_MEMBERS`] members nobody is told.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn receipts(
        &self,
        caller: UserId,
        id: &str,
        filter: Filter,
        limit: i64,
        offset: i64,
    ) -> Result<ReceiptPage, ChatError> {
        let (id, now) = (message_id(id)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, now)?;
            let Some(subject) = subject_of(tx, &message)? else { return Ok(ReceiptPage::default()) };
            let asked = (receipts::page(subject, filter, limit, offset), receipts::count(subject, filter));
            let (receipts, total) = tx.fetch(asked)?;
            Ok(ReceiptPage { receipts, total })
        };
        self.context.store.read(read).await
    }

    /// The numbers of those who have received and read a message, and the first `limit` of each.
    ///
    /// # Errors
    /// As [`receipts`](Self::receipts).
    pub async fn read_status(&self, caller: UserId, id: &str, limit: i64) -> Result<ReadStatus, ChatError> {
        let (id, now) = (message_id(id)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, now)?;
            let Some(subject) = subject_of(tx, &message)? else { return Ok(ReadStatus::default()) };
            let page = |filter| receipts::page(subject, filter, limit, 0);
            let asked = (receipts::counts(subject), page(Filter::Delivered), page(Filter::Read));
            let (counts, delivered, read) = tx.fetch(asked)?;
            Ok(ReadStatus { counts: counted(counts), delivered, read })
        };
        self.context.store.read(read).await
    }

    /// How many members have received and read a message.
    ///
    /// # Errors
    /// As [`receipts`](Self::receipts).
    pub async fn receipt_counts(&self, caller: UserId, id: &str) -> Result<ReceiptCounts, ChatError> {
        let (id, now) = (message_id(id)?, self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, now)?;
            Ok(match subject_of(tx, &message)? {
                Some(subject) => counted(tx.fetch(receipts::counts(subject))?),
                None => ReceiptCounts::default(),
            })
        };
        self.context.store.read(read).await
    }

    /// The same for some messages of a conversation; others are left out.
    ///
    /// # Errors
    /// When there is no such conversation, or the caller is not a member.
    pub async fn receipt_counts_of(
        &self,
        caller: UserId,
        reference: &str,
        ids: Vec<MessageId>,
    ) -> Result<Vec<(MessageId, ReceiptCounts)>, ChatError> {
        let (context, reference) = (std::sync::Arc::clone(&self.context), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let viewer = context.viewer(tx, caller)?;
            let seen = tx.fetch(messages::find_all_seen(&ids, &viewer))?;
            let subjects: Vec<Subject> = (seen.iter())
                .filter(|message| message.conversation_id == conversation.id)
                .filter_map(|message| subject(&conversation, message))
                .collect();
            let counts =
                tx.fetch(subjects.iter().map(|subject| receipts::counts(*subject)).collect::<Vec<_>>())?;
            Ok(subjects.iter().map(|subject| subject.message).zip(counts.into_iter().map(counted)).collect())
        };
        self.context.store.read(read).await
    }
}

/// What to ask for; `None` in a large conversation.
pub(super) fn subject(conversation: &Conversation, message: &Message) -> Option<Subject> {
    (conversation.member_count <= limits::RECEIPT_MEMBERS).then_some(Subject {
        conversation: message.conversation_id,
        sequence: message.sequence,
        message: message.id,
        author: message.sender_id,
        created_at: message.created_at,
    })
}

fn subject_of(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Subject>, ChatError> {
    let conversation = conversations::find(tx, message.conversation_id)?;
    Ok(conversation.and_then(|conversation| subject(&conversation, message)))
}

pub(super) fn counted((members, delivered, read): (i64, i64, i64)) -> ReceiptCounts {
    ReceiptCounts { members, delivered, read }
}
