//! New translations of earlier messages with a term of the glossary.

use super::glossary::{Glossary, moderated};
use crate::ChatError;
use crate::context::order_key;
use meeshy_domain::limits::SEARCHED_MESSAGES;
use meeshy_domain::{TermId, UserId};
use meeshy_store::messages::{self, Text};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::translations::{self, Translation};
use meeshy_store::{Tx, glossary};
use meeshy_translation as translation;
use std::sync::Arc;

/// What is translated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retranslation {
    /// The number of translations that are made again.
    pub translations: i64,
    /// The number of the message to continue before; `None` if all have been searched.
    pub next: Option<i64>,
}

impl Glossary {
    /// Translates earlier messages of a conversation that contain a term again, with low priority. Searches
    /// the latest messages before the number `before`, a bounded number of them. Readers keep the translation
    /// they have until the new one replaces it.
    ///
    /// # Errors
    /// When the term does not exist, or the caller is not a moderator there.
    pub async fn retranslate(
        &self,
        caller: UserId,
        reference: &str,
        term: &str,
        before: Option<i64>,
    ) -> Result<Retranslation, ChatError> {
        let (service, reference, id) = (self.clone(), reference.to_owned(), term.parse::<TermId>());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?.id;
            let found = match id {
                Ok(id) => glossary::find(tx, conversation, id)?,
                Err(_) => None,
            };
            let term = found.ok_or(ChatError::NotFound { what: "term" })?;
            let before = before.unwrap_or(i64::MAX);
            let searched = tx.fetch(messages::texts_before(conversation, before, SEARCHED_MESSAGES))?;
            let has_more = i64::try_from(searched.len()) == Ok(SEARCHED_MESSAGES);
            let next = searched.last().map(|text| text.sequence).filter(|&last| has_more && last > 1);
            let wanted = translation::Term { text: term.text, language: None, translation: None }.composed();
            let with_term: Vec<&Text> =
                searched.iter().filter(|text| wanted.occurs_in(&text.content)).collect();
            let ids: Vec<_> = with_term.iter().map(|text| text.id).collect();
            let is_affected = |known: &Translation| {
                let is_current =
                    |text: &&Text| text.id == known.message_id && text.revision == known.revision;
                known.state.has_text()
                    && term.language.is_none_or(|language| language == known.language)
                    && with_term.iter().any(is_current)
            };
            let known = tx.fetch(translations::list(&ids))?;
            let again: Vec<&Translation> = known.iter().filter(|known| is_affected(known)).collect();
            let now = service.context.now();
            for known in &again {
                translation_jobs::enqueue(tx, known.message_id, known.language, Priority::Backfill, now)?;
            }
            if !again.is_empty() {
                let signals = Arc::clone(&service.signals);
                tx.after_commit(order_key(conversation), move || signals.notify(Priority::Backfill));
            }
            let translations = i64::try_from(again.len()).unwrap_or(i64::MAX);
            Ok(Retranslation { translations, next })
        };
        self.context.store.write(write).await
    }
}
