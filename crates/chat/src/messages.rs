//! Sending messages.

use crate::accounts::declared_language;
use crate::authority::{Authority, confirm_and};
use crate::conversations::{find_with_member, member, order_key};
use crate::policy::{self, Action, Standing};
use crate::view::{MessageView, SenderView};
use crate::{Chat, ChatError, Event, HiddenFrom, view};
use meeshy_domain::{
    ConversationId, ConversationKind, Language, LanguageSettings, MessageId, MessageType, UserId, limits,
    spans, target_languages, text,
};
use meeshy_store::conversation_languages::{self, Counts};
use meeshy_store::conversations::{self, Conversation, Numbers};
use meeshy_store::events::{self, Change};
use meeshy_store::members::{self, Member};
use meeshy_store::messages::{self, Message};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::{Query, StoreError, Tx, visibility};
use meeshy_translation::detect::{self, Evidence};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A message to send.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// The conversation: an id or an identifier.
    pub conversation: String,
    /// The new text.
    pub content: String,
    /// Its language; detected if absent, empty, `auto`, or impossible for the script of the text.
    pub original_language: Option<String>,
    /// Its kind; `text` if absent.
    pub message_type: Option<String>,
    /// The message it replies to.
    pub reply_to_id: Option<String>,
    /// The client's id for it: sent to this conversation again, it identifies the same message.
    pub client_message_id: Option<String>,
}

/// A stored message.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message.
    pub message: Arc<MessageView>,
    /// Whether it already existed from an earlier attempt.
    pub repeated: bool,
}

impl Chat {
    /// Sends a message. Returns once it is on disk, with a job for each language that a member reads.
    ///
    /// # Errors
    /// When the text is invalid, or the caller may not write there.
    pub async fn send(&self, caller: UserId, new: NewMessage) -> Result<Sent, ChatError> {
        self.send_by(Writer { user: caller, authority: None }, new).await
    }

    /// The same for a socket, whose authority is confirmed in the same transaction.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`ChatError::Unauthenticated`] when the authority has ended.
    pub async fn send_with(&self, authority: Authority, new: NewMessage) -> Result<Sent, ChatError> {
        self.send_by(Writer { user: authority.user, authority: Some(authority) }, new).await
    }

    async fn send_by(&self, writer: Writer, new: NewMessage) -> Result<Sent, ChatError> {
        let mut draft = self.draft(new)?;
        draft.evidence = self.evidence(draft.language, &draft.content).await;
        let (chat, by, new) = (self.clone(), writer.clone(), draft.clone());
        let send = move |tx: &mut Tx<'_>| chat.send_in(tx, &by, new.clone(), false);
        let outcome = self.inner.store.write_in_turn(order_key(&draft.conversation), send).await;
        let may_be_there = match &outcome {
            Ok(_) | Err(ChatError::Store(StoreError::Unavailable(_))) => false,
            Err(_) => draft.client_message_id.is_some(),
        };
        if !may_be_there {
            return outcome;
        }
        // It may exist from an earlier attempt. That is rare, so it is only checked now.
        let chat = self.clone();
        self.write_unless_there(move |tx| chat.send_in(tx, &writer, draft.clone(), true)).await
    }

    /// The evidence for the language of a text, if it has to be detected.
    pub(crate) async fn evidence(&self, declared: Option<Language>, content: &str) -> Evidence {
        if declared.is_some_and(|declared| detect::may_be(declared, content)) {
            return Evidence::default();
        }
        self.inner.translator.evidence(content).await
    }

    fn draft(&self, new: NewMessage) -> Result<Draft, ChatError> {
        text::message(&new.content, self.inner.settings.message_chars)?;
        // An invisible id counts as none: two messages that have one are different.
        let client_message_id = new.client_message_id.filter(|id| text::is_visible(id));
        if let Some(id) = &client_message_id {
            text::client_message_id(id)?;
        }
        let message_type = new.message_type.unwrap_or_else(|| MessageType::Text.to_string());
        let known: Vec<&str> = MessageType::ALL.iter().map(|kind| kind.name()).collect();
        if !known.contains(&message_type.as_str()) {
            return Err(ChatError::invalid("messageType", format!("expected one of {}", known.join(", "))));
        }
        let reply_to_id = new.reply_to_id.filter(|id| !id.is_empty());
        Ok(Draft {
            conversation: new.conversation,
            content: new.content,
            language: declared_language("originalLanguage", new.original_language.as_deref())?,
            message_type,
            reply_to_id: reply_to_id
                .map(|id| id.parse().map_err(|error| ChatError::invalid("replyToId", error)))
                .transpose()?,
            client_message_id,
            evidence: Evidence::default(),
        })
    }

    /// `may_be_there` says whether to look for the message of an earlier attempt.
    fn send_in(
        &self,
        tx: &mut Tx<'_>,
        writer: &Writer,
        draft: Draft,
        may_be_there: bool,
    ) -> Result<Sent, ChatError> {
        let (now, caller) = (self.now(), writer.user);
        let found = find_with_member(caller, &draft.conversation);
        let found = match &writer.authority {
            Some(authority) => confirm_and(tx, authority, now, found)?,
            None => tx.fetch(found)?,
        };
        let (conversation, sender) = member(found)?;
        if may_be_there && let Some(sent) = self.sent_before(tx, caller, conversation.id, &draft)? {
            return Ok(sent);
        }
        Standing::from(&sender).check(Action::Write)?;
        let reply_to =
            draft.reply_to_id.map(|id| self.answered(tx, caller, &conversation, id)).transpose()?;
        let is_direct = conversation.kind == ConversationKind::Direct;
        // The numbers come first: what is read after it is as the writers before have left it.
        let (numbers, is_blocked, mentioned, readers, from_message, from_answered) = tx.fetch((
            conversations::take_numbers(conversation.id, now),
            is_direct.then(|| visibility::is_pair_blocked(conversation.id, caller)),
            mentioned(conversation.id, &draft.content),
            conversation_languages::list(conversation.id),
            visibility::hidden_from_author(conversation.id, caller, now),
            reply_to.as_ref().map(|answered| visibility::hidden_from(answered.message.id)),
        ))?;
        policy::may_meet(1, is_blocked == Some(true))?;
        let message = self.store_message(tx, &conversation, &sender, draft, numbers)?;
        members::advance_cursor(tx, conversation.id, caller, message.sequence, now)?;
        for (user, _) in &mentioned {
            messages::insert_mention(tx, message.id, *user)?;
        }
        let targets = targets(&message, readers, Some(&sender.languages));
        for target in &targets {
            translation_jobs::enqueue(tx, message.id, *target, Priority::Live, message.created_at)?;
        }
        let view = Arc::new(MessageView {
            sender: Some(SenderView::of_member(&sender, &self.inner.presence)),
            guest: None,
            status_entries: 0,
            mentions: mentioned.into_iter().map(|(_, username)| username).collect(),
            attachments: Vec::new(),
            translations: Vec::new(),
            pending: targets.into_iter().collect(),
            reactions: Vec::new(),
            reply_to: reply_to.map(Box::new),
            message,
        });
        let hidden_from = HiddenFrom::new(from_message, from_answered.unwrap_or_default());
        self.announce(tx, &view, hidden_from, numbers.event);
        Ok(Sent { message: view, repeated: false })
    }

    fn store_message(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        sender: &Member,
        draft: Draft,
        numbers: Numbers,
    ) -> Result<Message, ChatError> {
        let (now, id) = (self.now(), self.new_id());
        let original_language = written_in(draft.language, None, &sender.languages, &draft.evidence);
        events::insert(tx, conversation.id, numbers.event, Change::MessageNew(id), now)?;
        let message = Message {
            id,
            conversation_id: conversation.id,
            sequence: numbers.sequence,
            sender_id: Some(sender.user_id),
            client_message_id: draft.client_message_id,
            content: draft.content,
            original_language,
            message_type: draft.message_type,
            message_source: "user".into(),
            reply_to_id: draft.reply_to_id,
            revision: 1,
            edited_at: None,
            created_at: now,
            updated_at: now,
            details: Default::default(),
        };
        messages::insert(tx, &message)?;
        Ok(message)
    }

    /// The message of an earlier attempt, in this conversation, with the same client message id.
    fn sent_before(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        conversation: ConversationId,
        draft: &Draft,
    ) -> Result<Option<Sent>, ChatError> {
        let Some(client_message_id) = &draft.client_message_id else { return Ok(None) };
        let Some(found) = messages::find_by_client_id(tx, conversation, caller, client_message_id)? else {
            return Ok(None);
        };
        // An edited message is still the one that was sent, whatever its text is now.
        if found.content != draft.content && found.edited_at.is_none() {
            return Err(ChatError::invalid("clientMessageId", "this id was used for another message"));
        }
        let viewer = self.viewer(tx, caller)?;
        let message = Arc::new(view::message(tx, found, self.lens(viewer))?);
        Ok(Some(Sent { message, repeated: true }))
    }

    fn answered(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        conversation: &Conversation,
        id: MessageId,
    ) -> Result<MessageView, ChatError> {
        let viewer = self.viewer(tx, caller)?;
        let found = messages::find_seen(tx, id, &viewer)?
            .filter(|message| message.conversation_id == conversation.id);
        let found = found.ok_or_else(|| {
            ChatError::invalid("replyToId", "there is no such message in this conversation")
        })?;
        // The other members get it as well.
        view::message(tx, found, self.lens(self.everybody()))
    }

    fn announce(&self, tx: &mut Tx<'_>, view: &Arc<MessageView>, hidden_from: HiddenFrom, number: i64) {
        let (jobs, message) = (Arc::clone(&self.inner.jobs), Arc::clone(view));
        if !view.pending.is_empty() {
            tx.after_commit(order_key(view.message.conversation_id), move || jobs.notify(Priority::Live));
        }
        self.deliver(tx, Some(number), Event::MessageNew { message, hidden_from });
    }

    /// Delivers an event once the transaction is on disk.
    pub(crate) fn deliver(&self, tx: &mut Tx<'_>, number: Option<i64>, event: Event) {
        let key = event.conversation().map_or(0, order_key);
        let events = self.inner.events.clone();
        tx.after_commit(key, move || events.publish(number, event));
    }
}

/// From whom a message, or the one it replies to, is hidden.
pub(crate) fn hidden_from(tx: &mut Tx<'_>, view: &MessageView) -> Result<HiddenFrom, StoreError> {
    let answered = view.reply_to.as_ref().map(|answered| visibility::hidden_from(answered.message.id));
    let (message, answered) = tx.fetch((visibility::hidden_from(view.message.id), answered))?;
    Ok(HiddenFrom::new(message, answered.unwrap_or_default()))
}

/// Who writes.
#[derive(Debug, Clone)]
struct Writer {
    user: UserId,
    /// What has to hold still.
    authority: Option<Authority>,
}

/// A validated message.
#[derive(Debug, Clone)]
struct Draft {
    conversation: String,
    content: String,
    language: Option<Language>,
    message_type: String,
    reply_to_id: Option<MessageId>,
    client_message_id: Option<String>,
    evidence: Evidence,
}

/// The language of a text: as declared, otherwise as detected, otherwise what its author usually writes,
/// which is first of all the language of the message `before` the edit.
pub(crate) fn written_in(
    declared: Option<Language>,
    before: Option<Language>,
    writer: &LanguageSettings,
    evidence: &Evidence,
) -> Language {
    let habits = [before, Some(writer.system_language), writer.regional_language];
    let habits: Vec<Language> = habits.into_iter().flatten().collect();
    detect::original_language(declared, &habits, evidence).unwrap_or(writer.system_language)
}

/// The languages that a message is translated into: those that its `readers` read. What the system wrote is not translated.
/// `author` are the settings of its author, if still a member.
pub(crate) fn targets(
    message: &Message,
    readers: Vec<Counts>,
    author: Option<&LanguageSettings>,
) -> BTreeSet<Language> {
    if message.is_by_system() {
        return BTreeSet::new();
    }
    let readers = readers.into_iter().map(|counts| (counts.language, counts.readers));
    target_languages(message.original_language, readers, author)
}

/// The members mentioned in a text by `@username`, and these, in order; beyond [`limits::MENTIONS`] they are
/// plain text.
pub(crate) fn mentioned(conversation: ConversationId, content: &str) -> Query<Vec<(UserId, String)>> {
    let names: BTreeSet<&str> = spans::mentions(content).into_iter().take(limits::MENTIONS).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    members::named(conversation, &names)
}
