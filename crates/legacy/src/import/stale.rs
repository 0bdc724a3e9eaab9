//! Translations of messages that a later dump changes: a new text makes the old ones wrong, and what a message has inside is all
//! that it has.

use super::error::ImportError;
use crate::mapping::Draft;
use crate::mapping::translations::has_inside;
use bson::RawDocument;
use meeshy_store::{Tx, Value, legacy};

/// The translations of a message that go if its row changes. Those that are documents of their own come and go with these.
pub(super) struct Stale {
    message: String,
    languages: Vec<String>,
}

impl Stale {
    /// Looks at a message before it changes: at its text, and at what it had inside.
    pub(super) fn look(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<Self, ImportError> {
        let message = row.id.clone();
        let id: Value = message.as_str().into();
        let text: Option<Value> =
            tx.query_first("SELECT content FROM messages WHERE id = $1", std::slice::from_ref(&id), |row| {
                row.take_value("content")
            })?;
        let is_new_text = text.is_none_or(|text| text != *row.get("content"));
        let prior = legacy::find(tx, "Message", &message)?;
        let rest = prior.as_ref().and_then(|prior| prior.rest.as_deref());
        let document = rest.and_then(|rest| RawDocument::from_bytes(rest).ok());
        let known: Vec<(String, Value)> = tx.query(
            "SELECT language, content FROM translations WHERE message_id = $1 AND id IS NULL",
            &[id],
            |row| Ok((row.take("language")?, row.take_value("content")?)),
        )?;
        let goes = |language: &str, content: &Value| {
            is_new_text || document.is_some_and(|document| has_inside(document, language, content))
        };
        let languages = known.into_iter().filter(|(language, content)| goes(language, content));
        Ok(Self { message, languages: languages.map(|(language, _)| language).collect() })
    }

    /// Removes them; what the message has inside now is written after it.
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
