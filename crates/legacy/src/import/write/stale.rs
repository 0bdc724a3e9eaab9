//! Translations of messages that a later dump changes: a new text invalidates the old ones, and the embedded
//! translations of a message are all it has.

use super::base::{Base, ChangeContext};
use crate::import::error::ImportError;
use crate::mapping::Draft;
use crate::mapping::translations::has_inside;
use bson::RawDocument;
use meeshy_store::{Tx, Value, legacy};

/// The translations to remove if the row of a message changes. Those that are separate documents are updated
/// along with these, unless they were made again here.
pub(super) struct StaleTranslations {
    message: String,
    languages: Vec<String>,
}

impl StaleTranslations {
    /// Inspects a message before it changes: its text and its embedded translations.
    pub(super) fn look(
        tx: &mut Tx<'_>,
        row: &Draft<'_>,
        context: &ChangeContext<'_>,
    ) -> Result<Self, ImportError> {
        let message = row.id.clone();
        let id: Value = message.as_str().into();
        let text: Option<Value> =
            tx.fetch_optional("SELECT content FROM messages WHERE id = $1", std::slice::from_ref(&id))?;
        let is_new_text = text.is_none_or(|text| text != *row.get("content"));
        let prior = legacy::find(tx, "Message", &message)?;
        let rest = prior.as_ref().and_then(|prior| prior.rest.as_deref());
        let document = rest.and_then(|rest| RawDocument::from_bytes(rest).ok());
        let known: Vec<(String, Value)> = tx.fetch_all(
            "SELECT language, content FROM translations WHERE message_id = $1 AND id IS NULL",
            std::slice::from_ref(&id),
        )?;
        let goes = |language: &str, content: &Value| {
            is_new_text || document.is_some_and(|document| has_inside(document, language, content))
        };
        let languages = known.into_iter().filter(|(language, content)| goes(language, content));
        let mut languages: Vec<String> = languages.map(|(language, _)| language).collect();
        if is_new_text {
            languages.extend(made_here(tx, id, context)?);
        }
        Ok(Self { message, languages })
    }

    /// Removes them; the current embedded translations are written afterwards.
    pub(super) fn remove(self, tx: &mut Tx<'_>) -> Result<(), ImportError> {
        for language in self.languages {
            tx.execute(
                "DELETE FROM translations WHERE message_id = $1 AND language = $2",
                &[self.message.as_str().into(), language.into()],
            )?;
        }
        Ok(())
    }
}

/// The languages of translations that are separate documents and were made again here, from a text that was
/// written here.
fn made_here(
    tx: &mut Tx<'_>,
    message: Value,
    context: &ChangeContext<'_>,
) -> Result<Vec<String>, ImportError> {
    const COLLECTION: &str = "MessageTranslation";
    let known: Vec<(String, String)> = tx.fetch_all(
        "SELECT id, language FROM translations WHERE message_id = $1 AND id IS NOT NULL",
        &[message],
    )?;
    let ids: Vec<&str> = known.iter().map(|(id, _)| id.as_str()).collect();
    let entries = legacy::find_all(tx, COLLECTION, &ids)?;
    let returned = context.exported(tx, COLLECTION, &ids)?;
    let mut languages = Vec::new();
    let mappers = context.mappers.of_collection(COLLECTION);
    for (mapper, (id, language)) in mappers.flat_map(|mapper| known.iter().map(move |it| (mapper, it))) {
        let base = Base::of(entries.iter().find(|entry| entry.id == *id), returned.get(id));
        let is_unchanged = match base {
            Some(base) => base.is_unchanged_row(tx, COLLECTION, mapper, id)?,
            None => false,
        };
        if !is_unchanged {
            languages.push(language.clone());
        }
    }
    Ok(languages)
}
