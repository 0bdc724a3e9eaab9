//! Reading messages.

use super::Messages;
use crate::ChatError;
use crate::access::{message_id, present, readable, viewer};
use crate::views::MessageView;
use meeshy_domain::{Actor, Language, LanguageSettings, MessageId};
use meeshy_store::Tx;
use meeshy_store::conversation_languages::{self, Counts};
use meeshy_store::conversations::Conversation;
use meeshy_store::messages::{self, Page};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::translations::{State, Translation};
use meeshy_store::visibility::Viewer;
use std::time::Duration;

/// A failed translation is requested again by readers after this time.
const RETRY_FAILED_AFTER: Duration = Duration::from_secs(600);

/// Which messages to read.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Where the page is.
    pub place: PagePlace,
    /// How many, at most.
    pub limit: i64,
}

/// Where a page is in a conversation. The message that it refers to may have been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagePlace {
    /// At the end, without this many of the newest.
    Newest {
        /// How many to pass over.
        offset: i64,
    },
    /// Before this message.
    Before(String),
    /// After this message.
    After(String),
    /// Half of it up to this message, half of it after.
    Around(String),
}

impl Default for PagePlace {
    fn default() -> Self {
        Self::Newest { offset: 0 }
    }
}

/// A page of messages.
#[derive(Debug, Clone)]
pub struct MessagePage {
    /// The messages, newest first.
    pub messages: Vec<MessageView>,
    /// How many the conversation has.
    pub total: i64,
    /// Whether there are older ones.
    pub has_older: bool,
    /// Whether there are newer ones.
    pub has_newer: bool,
    /// The language the reader reads in.
    pub reader_language: Language,
    /// The number of the newest event of the conversation.
    pub last_event: i64,
}

/// A part of a page, and how many messages it has at most.
type Part = (Page, i64);

impl Messages {
    /// A message with its translations.
    ///
    /// # Errors
    /// When the caller cannot read such a message.
    pub async fn get(&self, caller: impl Into<Actor>, message: &str) -> Result<MessageView, ChatError> {
        let (service, id, caller) = (self.clone(), message_id(message)?, caller.into());
        let read = move |tx: &mut Tx<'_>| {
            let message = readable(tx, caller, id, service.context.now())?;
            let viewer = viewer(tx, caller, service.context.now())?;
            service.views.message(tx, message, viewer)
        };
        self.context.store.read(read).await
    }

    /// A page of a conversation. Translations that the reader needs and nobody has requested are requested
    /// with a lower priority than those of new messages, each if `may_ask` allows it. The newest page also loads the
    /// engines that new messages will need.
    ///
    /// # Errors
    /// When there is no such conversation or message, or the caller is not a member.
    pub async fn page(
        &self,
        caller: impl Into<Actor>,
        reference: &str,
        request: PageRequest,
        may_ask: impl FnMut() -> bool + Send,
    ) -> Result<MessagePage, ChatError> {
        let (service, reference, caller) = (self.clone(), reference.to_owned(), caller.into());
        let (mut page, members, reader) = self
            .context
            .store
            .read(move |tx| {
                let there = present(tx, caller, &reference, service.context.now())?;
                let reader = there.party.languages();
                let (page, members) =
                    service.page_in(tx, &there.conversation, there.viewer, request, &reader)?;
                Ok::<_, ChatError>((page, members, reader))
            })
            .await?;
        if let Some(members) = members {
            self.warm_up.opened(&reader, &members);
        }
        self.ask_for_missing(caller, &mut page.messages, &reader, may_ask).await?;
        Ok(page)
    }

    fn page_in(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        viewer: Viewer,
        request: PageRequest,
        reader: &LanguageSettings,
    ) -> Result<(MessagePage, Option<Vec<Counts>>), ChatError> {
        let is_newest = request.place == PagePlace::default();
        let (older, newer) = Self::parts(tx, conversation, request)?;
        let list = |part: Option<Part>| {
            part.map(|(page, limit)| messages::list_and_more(conversation.id, &viewer, page, limit))
        };
        let total = messages::total(conversation.id, self.context.now());
        let members = is_newest.then(|| conversation_languages::list(conversation.id));
        let (newer, older, total, members) = tx.fetch((list(newer), list(older), total, members))?;
        let (newer, has_newer) = newer.unwrap_or((Vec::new(), !is_newest));
        let (older, has_older) = older.unwrap_or((Vec::new(), true));
        let rows = newer.into_iter().chain(older).collect();
        let page = MessagePage {
            messages: self.views.messages(tx, rows, viewer)?,
            total: messages::count(tx, conversation.id, &viewer, total)?,
            has_older,
            has_newer,
            reader_language: reader.reading_language(),
            last_event: conversation.last_event,
        };
        Ok((page, members))
    }

    /// The parts of a page: the messages up to its place, and those after it.
    fn parts(
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        request: PageRequest,
    ) -> Result<(Option<Part>, Option<Part>), ChatError> {
        let limit = request.limit;
        let mut number = |field: &'static str, id: &str| {
            let id = id.parse().map_err(|error| ChatError::invalid(field, error))?;
            let found = tx.fetch(messages::sequence(conversation.id, id))?;
            found.ok_or(ChatError::NotFound { what: "message" })
        };
        Ok(match request.place {
            PagePlace::Newest { offset } => (Some((Page::Offset(offset), limit)), None),
            PagePlace::Before(id) => (Some((Page::Before(number("before", &id)?), limit)), None),
            PagePlace::After(id) => (None, Some((Page::After(number("after", &id)?), limit))),
            PagePlace::Around(id) => {
                let number = number("around", &id)?;
                let older = (Page::Before(number + 1), limit - limit / 2);
                (Some(older), Some((Page::After(number), limit / 2)))
            }
        })
    }

    /// Asks for the translations of a page that its reader wants and nobody has asked for.
    async fn ask_for_missing(
        &self,
        reader_id: Actor,
        page: &mut [MessageView],
        reader: &LanguageSettings,
        mut may_ask: impl FnMut() -> bool + Send,
    ) -> Result<(), ChatError> {
        if !reader.auto_translate_enabled {
            return Ok(());
        }
        let (wanted, now) = (reader.reading_language(), self.context.now());
        let missing: Vec<MessageId> = page
            .iter()
            .filter(|view| self.is_missing(view, reader_id, wanted) && may_ask())
            .map(|view| view.message.id)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let ids = missing.clone();
        let write = move |tx: &mut Tx<'_>| {
            for id in &ids {
                translation_jobs::enqueue(tx, *id, wanted, Priority::Backfill, now)?;
            }
            Ok::<_, ChatError>(())
        };
        self.context.store.write(write).await?;
        self.signals.notify(Priority::Backfill);
        for view in page.iter_mut().filter(|view| missing.contains(&view.message.id)) {
            view.translations.retain(|translation| translation.language != wanted);
            view.pending.push(wanted);
        }
        Ok(())
    }

    fn is_missing(&self, view: &MessageView, reader: Actor, wanted: Language) -> bool {
        let message = &view.message;
        // Shown as written, whatever its reader reads.
        if message.concealed(None).is_some() || message.author() == Some(reader) || message.is_by_system() {
            return false;
        }
        if message.original_language == wanted || view.pending.contains(&wanted) {
            return false;
        }
        match view.translations.iter().find(|translation| translation.language == wanted) {
            None => true,
            // An engine may have been installed since.
            Some(Translation { state: State::Unavailable { reason }, .. }) => {
                reason.code.is_temporary() || self.engines.serve(message.original_language, wanted)
            }
            // Whatever made it fail may have been repaired since.
            Some(Translation { state: State::Failed { .. }, updated_at, .. }) => {
                self.context.now() >= updated_at.plus(RETRY_FAILED_AFTER)
            }
            Some(_) => false,
        }
    }
}
