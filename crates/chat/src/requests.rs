//! Translations of messages on request, and their progress.

use crate::accounts::language;
use crate::event_bus::News;
use crate::messages::targets;
use crate::{Chat, ChatError, Event, MessageView, view};
use meeshy_domain::{Language, MessageId, Timestamp, UserId};
use meeshy_store::members::Member;
use meeshy_store::messages::{self, Message};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::translations::{self, State, Translation};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Tx, conversation_languages, members, reports};
use meeshy_translation::Request;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// A requested translation.
#[derive(Debug, Clone)]
pub struct Requested {
    /// The message.
    pub message: Message,
    /// The target language.
    pub target: Language,
    /// Its progress.
    pub progress: Progress,
}

/// The progress of a translation.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is pending.
    Pending,
    /// It has finished, successfully or not.
    Ended(Translation),
}

impl Chat {
    /// Requests a translation of a message.
    ///
    /// An existing one is returned, and its event is sent to the caller's devices again. It is only repeated
    /// if that may help: after a failure, or if another engine serves the pair by now.
    ///
    /// # Errors
    /// When there is no such language, or the caller cannot read such a message.
    pub async fn request_translation(
        &self,
        caller: UserId,
        message: &str,
        target: &str,
    ) -> Result<Requested, ChatError> {
        let (chat, id, target) = (self.clone(), message_id(message)?, language("targetLanguage", target)?);
        let requested = self.inner.store.write(move |tx| chat.request_in(tx, caller, id, target)).await?;
        if requested.progress == Progress::Pending {
            self.inner.jobs.notify(Priority::Live);
        }
        Ok(requested)
    }

    fn request_in(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        id: MessageId,
        target: Language,
    ) -> Result<Requested, ChatError> {
        // No edit may come between what is read here and what is announced of it.
        messages::hold_revision(tx, id)?;
        let message = translatable(tx, caller, id, self.now())?;
        let avoid = reports::avoided(tx, id, target, message.revision)?;
        let progress = match progress(tx, &message, target)? {
            Some(Progress::Ended(known)) if !self.is_worth_another_try(&message, &known, &avoid) => {
                self.announce_found(tx, caller, &message, &known);
                Progress::Ended(known)
            }
            _ if avoid.is_empty() => {
                translation_jobs::enqueue(tx, id, target, Priority::Live, self.now())?;
                Progress::Pending
            }
            _ => {
                translation_jobs::enqueue_another(tx, id, target, &avoid, self.now())?;
                Progress::Pending
            }
        };
        Ok(Requested { message, target, progress })
    }

    fn is_worth_another_try(&self, message: &Message, known: &Translation, avoid: &[String]) -> bool {
        let (from, to) = (message.original_language, known.language);
        match &known.state {
            State::Done { engine, .. } => {
                let request = Request { avoid: avoid.to_vec(), ..Request::new(from, to) };
                self.inner.translator.engine(&request).is_some_and(|serving| serving != *engine)
            }
            State::Identical { .. } => false,
            State::Unavailable { reason } => reason.code.is_temporary() || self.serves(from, to),
            State::Failed { .. } => true,
        }
    }

    fn announce_found(&self, tx: &mut Tx<'_>, user: UserId, message: &Message, known: &Translation) {
        let event = Event::TranslationFound {
            user,
            conversation_id: message.conversation_id,
            source_language: message.original_language,
            translation: known.clone(),
        };
        self.deliver(tx, None, event);
    }

    /// Requests a translation of a message and waits for it; after `timeout` it is returned as pending.
    ///
    /// # Errors
    /// As [`request_translation`](Self::request_translation).
    pub async fn await_translation(
        &self,
        caller: UserId,
        message: &str,
        target: &str,
        timeout: Duration,
    ) -> Result<Requested, ChatError> {
        // Before the request, because it may finish in between.
        let mut news = self.inner.events.news();
        let mut requested = self.request_translation(caller, message, target).await?;
        let (id, language) = (requested.message.id, requested.target);
        let conversation = requested.message.conversation_id;
        let ended = async {
            loop {
                match news.recv().await {
                    Ok(News::Translated(known)) if known.message_id == id && known.language == language => {
                        return Ok(Progress::Ended(Translation::clone(&known)));
                    }
                    Ok(News::Translated(_)) => continue,
                    Ok(News::Changed(changed)) if changed != conversation => continue,
                    Ok(News::Changed(_) | News::Missed) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(Progress::Pending),
                }
                let known = self.translation_progress(caller, message, target).await?.progress;
                if known != Progress::Pending {
                    return Ok(known);
                }
            }
        };
        if requested.progress == Progress::Pending
            && let Ok(progress) = tokio::time::timeout(timeout, ended).await
        {
            requested.progress = progress.map_err(|error: ChatError| error)?;
        }
        Ok(requested)
    }

    /// The progress of a translation of a message. Requests nothing.
    ///
    /// # Errors
    /// When there is no such language or message, or nobody has requested this translation.
    pub async fn translation_progress(
        &self,
        caller: UserId,
        message: &str,
        target: &str,
    ) -> Result<Requested, ChatError> {
        let (id, target) = (message_id(message)?, language("targetLanguage", target)?);
        let now = self.now();
        let read = move |tx: &mut Tx<'_>| {
            let message = translatable(tx, caller, id, now)?;
            let progress =
                progress(tx, &message, target)?.ok_or(ChatError::NotFound { what: "translation" })?;
            Ok(Requested { message, target, progress })
        };
        self.inner.store.read(read).await
    }

    /// Cancels a waiting translation that no member reads; returns whether it did.
    ///
    /// # Errors
    /// When there is no such language, or the caller cannot read such a message.
    pub async fn cancel_translation(
        &self,
        caller: UserId,
        message: &str,
        target: &str,
    ) -> Result<bool, ChatError> {
        let (id, target) = (message_id(message)?, language("targetLanguage", target)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            let message = translatable(tx, caller, id, now)?;
            let author = match message.sender_id {
                Some(author) => members::find(tx, message.conversation_id, author)?,
                None => None,
            };
            let readers = tx.fetch(conversation_languages::list(message.conversation_id))?;
            let read = targets(&message, readers, author.as_ref().map(|author| &author.languages));
            Ok(!read.contains(&target) && translation_jobs::cancel(tx, id, target, now)?)
        };
        self.inner.store.write(write).await
    }

    /// A message with its translations.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn message(&self, caller: UserId, message: &str) -> Result<MessageView, ChatError> {
        let (chat, id) = (self.clone(), message_id(message)?);
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, chat.now())?;
            let viewer = chat.viewer(tx, caller)?;
            view::message(tx, message, chat.lens(viewer))
        };
        self.inner.store.read(read).await
    }
}

pub(crate) fn message_id(text: &str) -> Result<MessageId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound { what: "message" })
}

/// A message of a conversation of the caller; others are reported as missing.
pub(crate) fn readable(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, ChatError> {
    let missing = ChatError::NotFound { what: "message" };
    let viewer = tx.fetch(Viewer::find(caller, now))?;
    match messages::find_seen(tx, id, &viewer)? {
        Some(message) if members::is_member(tx, message.conversation_id, caller)? => Ok(message),
        _ => Err(missing),
    }
}

/// The same, with the member that the caller is.
pub(crate) fn readable_with_member(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<(Message, Member), ChatError> {
    let missing = ChatError::NotFound { what: "message" };
    let viewer = tx.fetch(Viewer::find(caller, now))?;
    let Some(message) = messages::find_seen(tx, id, &viewer)? else { return Err(missing) };
    let member = members::find(tx, message.conversation_id, caller)?.ok_or(missing)?;
    Ok((message, member))
}

/// A message whose text is visible to everybody in the conversation; no other is translated.
pub(crate) fn translatable(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: MessageId,
    now: Timestamp,
) -> Result<Message, ChatError> {
    let message = readable(tx, caller, id, now)?;
    match message.concealed(None) {
        None => Ok(message),
        Some(_) => Err(ChatError::InvalidOperation("the text of this message is hidden".into())),
    }
}

fn progress(tx: &mut Tx<'_>, message: &Message, target: Language) -> Result<Option<Progress>, ChatError> {
    if target == message.original_language || message.is_by_system() {
        return Ok(Some(Progress::Ended(original(message, target))));
    }
    if tx.fetch(translation_jobs::pending(&[message.id]))?.contains(&(message.id, target)) {
        return Ok(Some(Progress::Pending));
    }
    let known = tx.fetch(translations::list(&[message.id]))?.into_iter();
    let mut current = known.filter(|known| known.language == target && known.revision == message.revision);
    Ok(current.next().map(Progress::Ended))
}

/// A message is its own translation into its own language; a system message is so in every language.
fn original(message: &Message, target: Language) -> Translation {
    Translation {
        message_id: message.id,
        language: target,
        revision: message.revision,
        state: State::Identical { content: message.content.clone() },
        created_at: message.created_at,
        updated_at: message.created_at,
    }
}
