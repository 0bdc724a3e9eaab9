//! Editing messages.

use super::Messages;
use super::language::{evidence, written_in};
use super::mentions::mentioned;
use crate::ChatError;
use crate::access::{Party, hidden_from, may_address, message_id, present, readable_in};
use crate::context::order_key;
use crate::event_bus::Event;
use crate::languages::declared_language;
use crate::policy::{Action, Written};
use crate::translation::{author_languages, targets};
use crate::views::MessageView;
use meeshy_domain::{Actor, Language, MessageId, UserId, text};
use meeshy_store::notification_queue::{self, Occasion};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::{Tx, conversation_languages, mentions, messages};
use std::sync::Arc;

/// An edit.
#[derive(Debug, Clone, Default)]
pub struct MessageEdit {
    /// The message.
    pub message: String,
    /// Its conversation, if given: an id or an identifier.
    pub conversation: Option<String>,
    /// The new text.
    pub content: String,
    /// Its language; detected if absent, and probably unchanged.
    pub original_language: Option<String>,
}

impl Messages {
    /// Replaces the text of a message and requests new translations. The same text again changes nothing.
    ///
    /// # Errors
    /// When the text is invalid, the caller cannot read such a message, or may not edit it.
    pub async fn edit(
        &self,
        caller: impl Into<Actor>,
        edit: MessageEdit,
    ) -> Result<Arc<MessageView>, ChatError> {
        let caller = caller.into();
        text::message(&edit.content, self.max_chars)?;
        let declared = declared_language("originalLanguage", edit.original_language.as_deref())?;
        let evidence = evidence(&self.engines, declared, &edit.content).await;
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let place = edit.conversation.as_deref();
            let place = place.map(|given| present(tx, caller, given, now)).transpose()?;
            let (message, conversation, editor) = readable_in(tx, caller, message_id(&edit.message)?, now)?;
            if place.is_some_and(|place| place.conversation.id != message.conversation_id) {
                return Err(ChatError::NotFound { what: "message" });
            }
            editor.standing().check(Action::Edit(Written {
                by_system: message.is_by_system(),
                by_caller: message.author() == Some(caller),
                at: message.created_at,
                now,
            }))?;
            if message.concealed(None).is_some() {
                let why = "the text of this message is hidden, so it cannot be edited";
                return Err(ChatError::InvalidOperation(why.into()));
            }
            may_address(tx, &conversation, caller)?;
            let before = [message.original_language];
            let language = written_in(declared, &before, &editor.languages(), &evidence);
            if message.content == edit.content && message.original_language == language {
                return service.views.message(tx, message, service.context.everybody()).map(Arc::new);
            }
            service.rewrite(tx, message.id, &edit.content, language, &editor)
        };
        self.context.store.write(write).await
    }

    fn rewrite(
        &self,
        tx: &mut Tx<'_>,
        id: MessageId,
        content: &str,
        language: Language,
        editor: &Party,
    ) -> Result<Arc<MessageView>, ChatError> {
        let now = self.context.now();
        let missing = || ChatError::NotFound { what: "message" };
        let number = messages::edit(tx, id, content, language, now)?.ok_or_else(missing)?;
        let edited = tx.fetch(messages::find(id))?.ok_or_else(missing)?;
        let (before, mentioned, readers) = tx.fetch((
            mentions::of_messages(&[id]),
            mentioned(edited.conversation_id, content),
            conversation_languages::list(edited.conversation_id),
        ))?;
        let mut mentioned: Vec<UserId> = mentioned.into_iter().map(|mentioned| mentioned.user).collect();
        mentions::retain(tx, id, &mentioned)?;
        mentioned.retain(|user| before.iter().all(|(_, known)| known.user != *user));
        for user in &mentioned {
            mentions::insert(tx, id, *user, Some(now))?;
            let occasion = Occasion::Mentioned(id, *user);
            notification_queue::add(tx, Some(edited.conversation_id), &occasion)?;
        }
        let author = match edited.author() {
            Some(author) if author == editor.actor() => Some(editor.languages()),
            _ => author_languages(tx, &edited)?,
        };
        let targets: Vec<Language> = targets(&edited, readers, author.as_ref()).into_iter().collect();
        translation_jobs::renew(tx, id, &targets, now)?;
        let edited = Arc::new(self.views.message(tx, edited, self.context.everybody())?);
        let hidden_from = hidden_from(tx, &edited)?;
        let signals = Arc::clone(&self.signals);
        tx.after_commit(order_key(edited.message.conversation_id), move || signals.notify(Priority::Live));
        let event = Event::MessageEdited { message: Arc::clone(&edited), hidden_from, mentioned };
        self.context.deliver(tx, Some(number), event);
        Ok(edited)
    }
}
