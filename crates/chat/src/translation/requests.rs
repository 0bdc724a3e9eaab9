//! Translations of messages on request, and their progress.

use super::engines::Engines;
use super::signals::Signals;
use super::targets::{author_languages, targets};
use crate::ChatError;
use crate::access::{message_id, translatable};
use crate::context::Context;
use crate::event_bus::{Event, News};
use crate::languages::language;
use meeshy_domain::{Actor, Language, MessageId, UserId};
use meeshy_store::messages::{self, Message};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::translations::{self, Count, State, Translation};
use meeshy_store::{StoreError, Tx, conversation_languages, reports};
use std::sync::Arc;
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

/// The number of translations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranslationCounts {
    /// Finished ones, by state, engine and route.
    pub ended: Vec<Count>,
    /// Waiting or running ones.
    pub waiting: i64,
}

/// Translations of messages. Cheap to clone.
#[derive(Clone)]
pub struct Translations {
    context: Arc<Context>,
    engines: Engines,
    signals: Arc<Signals>,
}

impl Translations {
    pub(crate) fn new(context: Arc<Context>, engines: Engines, signals: Arc<Signals>) -> Self {
        Self { context, engines, signals }
    }

    /// Requests a translation of a message.
    ///
    /// An existing one is returned, and its event is sent to the caller's devices again. It is only repeated
    /// if that may help: after a failure, or if another engine serves the pair by now.
    ///
    /// # Errors
    /// When there is no such language, or the caller cannot read such a message.
    pub async fn request(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        target: &str,
    ) -> Result<Requested, ChatError> {
        let caller = caller.into();
        let (service, id, target) = (self.clone(), message_id(message)?, language("targetLanguage", target)?);
        let requested =
            self.context.store.write(move |tx| service.request_in(tx, caller, id, target)).await?;
        if requested.progress == Progress::Pending {
            self.signals.notify(Priority::Live);
        }
        Ok(requested)
    }

    fn request_in(
        &self,
        tx: &mut Tx<'_>,
        caller: Actor,
        id: MessageId,
        target: Language,
    ) -> Result<Requested, ChatError> {
        // No edit may come between what is read here and what is announced of it.
        messages::hold_revision(tx, id)?;
        let message = translatable(tx, caller, id, self.context.now())?;
        let avoid = reports::avoided(tx, id, target, message.revision)?;
        let progress = match progress(tx, &message, target)? {
            Some(Progress::Ended(known)) if !self.is_worth_another_try(&message, &known, &avoid) => {
                if let Some(user) = caller.user() {
                    self.announce_found(tx, user, &message, &known)?;
                }
                Progress::Ended(known)
            }
            _ if avoid.is_empty() => {
                translation_jobs::enqueue(tx, id, target, Priority::Live, self.context.now())?;
                Progress::Pending
            }
            _ => {
                translation_jobs::enqueue_another(tx, id, target, &avoid, self.context.now())?;
                Progress::Pending
            }
        };
        Ok(Requested { message, target, progress })
    }

    fn is_worth_another_try(&self, message: &Message, known: &Translation, avoid: &[String]) -> bool {
        let (from, to) = (message.original_language, known.language);
        match &known.state {
            State::Done { engine, .. } => {
                self.engines.another(from, to, avoid).is_some_and(|serving| serving != *engine)
            }
            State::Identical { .. } => false,
            State::Unavailable { reason } => reason.code.is_temporary() || self.engines.serve(from, to),
            State::Failed { .. } => true,
        }
    }

    fn announce_found(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        message: &Message,
        known: &Translation,
    ) -> Result<(), StoreError> {
        let asked = (translations::list(&[message.id]), translation_jobs::pending_of(message.id));
        let (all, pending) = tx.fetch(asked)?;
        let others = known.others(all, &pending);
        let event = Event::TranslationFound {
            user,
            conversation_id: message.conversation_id,
            source_language: message.original_language,
            translation: known.clone(),
            others,
        };
        self.context.deliver(tx, None, event);
        Ok(())
    }

    /// Requests a translation of a message and waits for it; after `timeout` it is returned as pending.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn request_and_wait(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        target: &str,
        timeout: Duration,
    ) -> Result<Requested, ChatError> {
        let caller = caller.into();
        // Before the request, because it may finish in between.
        let mut news = self.context.delivery.news();
        let mut requested = self.request(caller, message, target).await?;
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
                let known = self.progress(caller, message, target).await?.progress;
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
    pub async fn progress(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        target: &str,
    ) -> Result<Requested, ChatError> {
        let caller = caller.into();
        let (id, target) = (message_id(message)?, language("targetLanguage", target)?);
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            let message = translatable(tx, caller, id, now)?;
            let progress =
                progress(tx, &message, target)?.ok_or(ChatError::NotFound { what: "translation" })?;
            Ok(Requested { message, target, progress })
        };
        self.context.store.read(read).await
    }

    /// Cancels a waiting translation that no member reads; returns whether it did.
    ///
    /// # Errors
    /// When there is no such language, or the caller cannot read such a message.
    pub async fn cancel(
        &self,
        caller: impl Into<Actor>,
        message: &str,
        target: &str,
    ) -> Result<bool, ChatError> {
        let caller = caller.into();
        let (id, target) = (message_id(message)?, language("targetLanguage", target)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            let message = translatable(tx, caller, id, now)?;
            let author = author_languages(tx, &message)?;
            let readers = tx.fetch(conversation_languages::list(message.conversation_id))?;
            let read = targets(&message, readers, author.as_ref());
            Ok(!read.contains(&target) && translation_jobs::cancel(tx, id, target, now)?)
        };
        self.context.store.write(write).await
    }

    /// The number of translations of messages.
    pub async fn counts(&self) -> Result<TranslationCounts, ChatError> {
        let read = |tx: &mut Tx<'_>| {
            Ok(TranslationCounts {
                ended: translations::counts(tx)?,
                waiting: translation_jobs::waiting(tx)?,
            })
        };
        self.context.store.read(read).await
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
