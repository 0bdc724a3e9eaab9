//! Sending messages.

use super::Messages;
use super::draft::{Disclosure, Draft, NewMessage, Origin};
use super::language::{evidence, written_in};
use super::mentions::mentioned;
use crate::ChatError;
use crate::access::{Party, find_with_member, guest_in, member, viewer};
use crate::accounts::{Authority, confirm_and};
use crate::context::order_key;
use crate::event_bus::{Event, HiddenFrom};
use crate::policy::{self, Action, Place};
use crate::translation::targets;
use crate::views::{MessageView, SenderView, shown_to};
use meeshy_domain::{
    Actor, AttachmentId, ConversationId, ConversationKind, FileKind, Language, MemberRole, MessageId,
    MessageType, UserId, text,
};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::conversations::{self, Conversation, Numbers};
use meeshy_store::events::{self, Change};
use meeshy_store::guests::Seat;
use meeshy_store::messages::{self, Details, Message};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::{StoreError, Tx, conversation_languages, mentions, read_cursors, visibility};
use std::sync::Arc;
use std::time::Duration;

/// A stored message.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message.
    pub message: Arc<MessageView>,
    /// Whether it already existed from an earlier attempt.
    pub repeated: bool,
}

impl Messages {
    /// Sends a message. Returns once it is on disk, with a job for each language that a member reads.
    ///
    /// # Errors
    /// When the text is invalid, or the caller may not write there.
    pub async fn send(&self, caller: impl Into<Actor>, new: NewMessage) -> Result<Sent, ChatError> {
        self.send_by(Writer { by: caller.into(), authority: None }, self.draft(new)?).await
    }

    /// The same for a socket, whose authority is confirmed in the same transaction.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`ChatError::Unauthenticated`] when the authority has ended.
    pub async fn send_with(&self, authority: Authority, new: NewMessage) -> Result<Sent, ChatError> {
        self.send_by(Writer { by: authority.user.into(), authority: Some(authority) }, self.draft(new)?).await
    }

    /// The same for a message that is forwarded from another place, with the files of `original`.
    pub(super) async fn send_from(
        &self,
        origin: Origin,
        original: MessageId,
        caller: UserId,
        new: NewMessage,
    ) -> Result<Sent, ChatError> {
        // It has a text, or files.
        let draft = Draft::with_files(new, self.max_chars, self.context.now())?;
        let draft = Draft { forwarded_from: Some(origin), files_of: Some(original), ..draft };
        self.send_by(Writer { by: caller.into(), authority: None }, draft).await
    }

    fn draft(&self, new: NewMessage) -> Result<Draft, ChatError> {
        Draft::new(new, self.max_chars, self.context.now())
    }

    async fn send_by(&self, writer: Writer, mut draft: Draft) -> Result<Sent, ChatError> {
        draft.evidence = evidence(&self.engines, draft.language, &draft.content).await;
        let (service, by, new) = (self.clone(), writer.clone(), draft.clone());
        let send = move |tx: &mut Tx<'_>| service.send_in(tx, &by, new.clone(), false);
        let outcome = self.context.store.write_in_turn(order_key(&draft.conversation), send).await;
        let may_be_there = match &outcome {
            Ok(_) | Err(ChatError::Store(StoreError::Unavailable(_))) => false,
            Err(_) => draft.client_message_id.is_some(),
        };
        if !may_be_there {
            return outcome;
        }
        // It may exist from an earlier attempt. That is rare, so it is only checked now.
        let service = self.clone();
        self.context.write_unless_there(move |tx| service.send_in(tx, &writer, draft.clone(), true)).await
    }

    /// `may_be_there` says whether to look for the message of an earlier attempt.
    fn send_in(
        &self,
        tx: &mut Tx<'_>,
        writer: &Writer,
        draft: Draft,
        may_be_there: bool,
    ) -> Result<Sent, ChatError> {
        let (now, caller) = (self.context.now(), writer.by);
        let (conversation, sender) = self.place(tx, writer, &draft.conversation)?;
        if may_be_there && let Some(sent) = self.sent_before(tx, caller, conversation.id, &draft)? {
            return Ok(sent);
        }
        sender.standing().check(Action::Write(Place::of(&conversation)))?;
        self.wait_in_slow_mode(tx, &conversation, &sender)?;
        let reply_to =
            draft.reply_to_id.map(|id| self.answered(tx, caller, &conversation, id)).transpose()?;
        let is_direct = conversation.kind == ConversationKind::Direct;
        // The numbers come first: what is read after it is as the writers before have left it.
        let needs_habits = draft.language.is_none() && !draft.evidence.is_clear();
        let (numbers, is_blocked, mentioned, readers, from_message, from_answered, lately) = tx.fetch((
            conversations::take_numbers(conversation.id, now),
            caller
                .user()
                .filter(|_| is_direct)
                .map(|user| visibility::is_pair_blocked(conversation.id, user)),
            mentioned(conversation.id, &draft.content),
            conversation_languages::list(conversation.id),
            visibility::hidden_from_author(conversation.id, caller.user(), now),
            reply_to.as_ref().map(|answered| visibility::hidden_from(answered.message.id)),
            needs_habits.then(|| messages::languages_of_latest(conversation.id, caller)),
        ))?;
        policy::may_meet(1, is_blocked == Some(true))?;
        let languages = sender.languages();
        let language = written_in(draft.language, &lately.unwrap_or_default(), &languages, &draft.evidence);
        let files = unsent_files(tx, caller, &draft.files)?;
        if let Party::Guest(seat) = &sender {
            may_send(seat, &draft.disclosure, &files)?;
        }
        let first = files.first().map(|file| FileKind::of_type(&file.mime_type).message_type());
        let kind = draft.message_type.or(first).unwrap_or(MessageType::Text);
        let files_of = draft.files_of;
        let message = self.store_message(tx, &conversation, caller, (draft, kind), language, numbers)?;
        let files = match files_of {
            Some(original) => self.copy_files(tx, original, &message)?,
            None => self.attach(tx, &message, files)?,
        };
        if let Some(user) = caller.user() {
            read_cursors::advance(tx, conversation.id, user, message.sequence, now)?;
        }
        for mentioned in &mentioned {
            mentions::insert(tx, message.id, mentioned.user, None)?;
        }
        let targets = targets(&message, readers, Some(&languages));
        for target in &targets {
            translation_jobs::enqueue(tx, message.id, *target, Priority::Live, message.created_at)?;
        }
        let (sender, guest) = match &sender {
            Party::Member(member) => (Some(SenderView::of_member(member, self.views.presence())), None),
            Party::Guest(seat) => (None, Some(seat.guest().clone())),
        };
        let view = shown_to(
            None,
            MessageView {
                sender,
                guest,
                told: None,
                status_entries: 0,
                mentions: mentioned,
                attachments: files,
                translations: Vec::new(),
                pending: targets.into_iter().collect(),
                reactions: Vec::new(),
                reply_to: reply_to.map(Box::new),
                message,
            },
        );
        let view = Arc::new(view);
        let hidden_from = HiddenFrom::new(from_message, from_answered.unwrap_or_default());
        self.announce(tx, &view, hidden_from, numbers.event);
        Ok(Sent { message: view, repeated: false })
    }

    /// Where somebody writes, and who they are there.
    fn place(
        &self,
        tx: &mut Tx<'_>,
        writer: &Writer,
        reference: &str,
    ) -> Result<(Conversation, Party), ChatError> {
        let now = self.context.now();
        let user = match writer.by {
            Actor::User(user) => user,
            Actor::Guest(guest) => {
                let (conversation, seat) = guest_in(tx, guest, reference, now)?;
                return Ok((conversation, Party::Guest(Box::new(seat))));
            }
        };
        let found = find_with_member(user, reference);
        let found = match &writer.authority {
            Some(authority) => confirm_and(tx, authority, now, found)?,
            None => tx.fetch(found)?,
        };
        let (conversation, member) = member(found)?;
        Ok((conversation, Party::Member(Box::new(member))))
    }

    /// Fails if a member below a moderator, or a guest, has written a moment ago, in a conversation in slow mode.
    fn wait_in_slow_mode(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        sender: &Party,
    ) -> Result<(), ChatError> {
        let seconds = u64::try_from(conversation.details.slow_mode_seconds).unwrap_or(0);
        if seconds == 0 || sender.standing().member.is_at_least(MemberRole::Moderator) {
            return Ok(());
        }
        let (pause, now) = (Duration::from_secs(seconds), self.context.now());
        let latest = messages::latest_since(conversation.id, sender.actor(), now.minus(pause));
        match tx.fetch(latest)? {
            None => Ok(()),
            Some(latest) => {
                let left = pause.saturating_sub(now.since(latest)).as_secs().max(1);
                let why = format!("this conversation is in slow mode; write again in {left} seconds");
                Err(ChatError::InvalidOperation(why))
            }
        }
    }

    fn store_message(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        sender: Actor,
        (draft, kind): (Draft, MessageType),
        original_language: Language,
        numbers: Numbers,
    ) -> Result<Message, ChatError> {
        let (now, id) = (self.context.now(), self.context.new_id());
        events::insert(tx, conversation.id, numbers.event, &Change::MessageNew(id), now)?;
        let message = Message {
            id,
            conversation_id: conversation.id,
            sequence: numbers.sequence,
            sender_id: sender.user(),
            client_message_id: draft.client_message_id,
            content: draft.content,
            original_language,
            message_type: kind.to_string(),
            message_source: "user".into(),
            reply_to_id: draft.reply_to_id,
            revision: 1,
            edited_at: None,
            created_at: now,
            updated_at: now,
            details: Details {
                guest_sender_id: sender.guest(),
                ..details_of(draft.disclosure, draft.forwarded_from)
            },
        };
        messages::insert(tx, &message)?;
        Ok(message)
    }

    /// Attaches files that were unsent when this transaction has read them, and links them.
    fn attach(
        &self,
        tx: &mut Tx<'_>,
        message: &Message,
        files: Vec<Attachment>,
    ) -> Result<Vec<Attachment>, ChatError> {
        if files.is_empty() {
            return Ok(files);
        }
        let ids: Vec<AttachmentId> = files.iter().map(|file| file.id).collect();
        let attached = attachments::attach(tx, &ids, message.id, message.conversation_id)?;
        if usize::try_from(attached).ok() != Some(ids.len()) {
            return Err(no_such_file());
        }
        let sent = |file| self.views.linked(Attachment { message_id: Some(message.id), ..file });
        Ok(files.into_iter().map(sent).collect())
    }

    /// Adds the files of the original to a forwarded message.
    fn copy_files(
        &self,
        tx: &mut Tx<'_>,
        original: MessageId,
        message: &Message,
    ) -> Result<Vec<Attachment>, ChatError> {
        // Guests do not forward.
        let Some(caller) = message.sender_id else { return Ok(Vec::new()) };
        let copied = attachments::copy_to(
            tx,
            original,
            (message.id, message.conversation_id),
            (caller, message.created_at),
            || self.context.new_id(),
        )?;
        if copied.is_empty() && !text::is_visible(&message.content) {
            let why = "the files of this message cannot be forwarded, and it has no text";
            return Err(ChatError::InvalidOperation(why.into()));
        }
        Ok(copied.into_iter().map(|file| self.views.linked(file)).collect())
    }

    /// The message of an earlier attempt, in this conversation, with the same client message id.
    fn sent_before(
        &self,
        tx: &mut Tx<'_>,
        caller: Actor,
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
        let viewer = viewer(tx, caller, self.context.now())?;
        let message = Arc::new(self.views.message(tx, found, viewer)?);
        Ok(Some(Sent { message, repeated: true }))
    }

    fn answered(
        &self,
        tx: &mut Tx<'_>,
        caller: Actor,
        conversation: &Conversation,
        id: MessageId,
    ) -> Result<MessageView, ChatError> {
        let viewer = viewer(tx, caller, self.context.now())?;
        let found = messages::find_seen(tx, id, &viewer)?
            .filter(|message| message.conversation_id == conversation.id);
        let found = found.ok_or_else(|| {
            ChatError::invalid("replyToId", "there is no such message in this conversation")
        })?;
        // The other members get it as well.
        self.views.message(tx, found, self.context.everybody())
    }

    fn announce(&self, tx: &mut Tx<'_>, view: &Arc<MessageView>, hidden_from: HiddenFrom, number: i64) {
        let (signals, message) = (Arc::clone(&self.signals), Arc::clone(view));
        if !view.pending.is_empty() {
            tx.after_commit(order_key(view.message.conversation_id), move || signals.notify(Priority::Live));
        }
        self.context.deliver(tx, Some(number), Event::MessageNew { message, hidden_from });
    }
}

/// Uploaded files that their uploader has not sent yet, in the order of their ids.
fn unsent_files(
    tx: &mut Tx<'_>,
    uploader: Actor,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>, ChatError> {
    let mut found = tx.fetch(attachments::unsent(ids, uploader))?;
    if found.len() != ids.len() {
        return Err(no_such_file());
    }
    // As everywhere else.
    found.sort_by_key(|file| (file.created_at, file.id));
    Ok(found)
}

fn no_such_file() -> ChatError {
    ChatError::invalid("attachmentIds", "there is no such file of yours, or it was sent already")
}

/// The attributes of a new message, which may be a forwarded one.
fn details_of(disclosure: Disclosure, forwarded_from: Option<Origin>) -> Details {
    let (message, conversation) = forwarded_from.map(|origin| (origin.message, origin.conversation)).unzip();
    Details {
        forwarded_from_id: message,
        forwarded_from_conversation_id: conversation,
        expires_at: disclosure.expires_at,
        is_view_once: disclosure.is_view_once,
        max_view_once_count: disclosure.max_view_once_count.filter(|_| disclosure.is_view_once),
        is_blurred: disclosure.is_blurred,
        ..Details::default()
    }
}

/// Fails if a guest may not send these files, or a message that can be viewed only once: guests are not told apart as
/// its readers.
fn may_send(seat: &Seat, disclosure: &Disclosure, files: &[Attachment]) -> Result<(), ChatError> {
    if disclosure.is_view_once {
        return Err(ChatError::Forbidden("guests cannot send what can be viewed only once".into()));
    }
    let may_send = |file: &Attachment| match FileKind::of_type(&file.mime_type) {
        FileKind::Image => seat.participant.can_send_images,
        _ => seat.participant.can_send_files,
    };
    if files.iter().all(may_send) {
        return Ok(());
    }
    Err(ChatError::Forbidden("guests of this link cannot send such files".into()))
}

/// Who writes.
#[derive(Debug, Clone)]
struct Writer {
    by: Actor,
    /// What has to hold still.
    authority: Option<Authority>,
}
