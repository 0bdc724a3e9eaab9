//! Glossaries: terms that a community or a conversation wants translated in a fixed way, or not at all.

use crate::ChatError;
use crate::access::{find_as_member, find_with_member, member};
use crate::context::Context;
use crate::languages::optional_language;
use crate::policy::{Action, Standing};
use meeshy_domain::text::is_blank;
use meeshy_domain::{ConversationId, TermId, UserId, limits};
use meeshy_store::conversations::Conversation;
use meeshy_store::glossary::{self, Term};
use meeshy_store::{StoreError, Tx};
use meeshy_translation as translation;
use std::collections::HashMap;
use std::sync::Arc;

/// A term to add.
#[derive(Debug, Clone, Default)]
pub struct NewTerm {
    /// The words as they occur in messages.
    pub text: String,
    /// The target language; if absent, all languages without an entry of their own.
    pub language: Option<String>,
    /// The translation; if absent, the term is left untranslated.
    pub translation: Option<String>,
}

/// The glossaries of conversations. Cheap to clone.
#[derive(Clone)]
pub struct Glossary {
    context: Arc<Context>,
}

impl Glossary {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The glossary of a conversation.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn list(&self, caller: UserId, reference: &str) -> Result<Vec<Term>, ChatError> {
        let reference = reference.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            Ok(glossary::list(tx, &[conversation.id])?)
        };
        self.context.store.read(read).await
    }

    /// Adds a term, or replaces the translation of an existing one. It applies to messages translated from
    /// now on.
    ///
    /// # Errors
    /// When it is not a term, the glossary is full, or the caller is not a moderator there.
    pub async fn add(&self, caller: UserId, reference: &str, new: NewTerm) -> Result<Term, ChatError> {
        let (context, reference) = (Arc::clone(&self.context), reference.to_owned());
        let text = words("term", &new.text)?;
        let language = optional_language("language", new.language.as_deref())?;
        let translation = new.translation.map(|text| words("translation", &text)).transpose()?;
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?;
            let term = Term {
                id: context.new_id(),
                conversation,
                text: text.clone(),
                language,
                translation: translation.clone(),
                created_by: caller,
                created_at: context.now(),
            };
            let term = glossary::put(tx, &term)?;
            if usize::try_from(glossary::count(tx, conversation)?)
                .is_ok_and(|count| count > limits::GLOSSARY_TERMS)
            {
                let problem = format!("a glossary has at most {} terms", limits::GLOSSARY_TERMS);
                return Err(ChatError::invalid("term", problem));
            }
            Ok(term)
        };
        self.context.store.write(write).await
    }

    /// Removes a term.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a moderator there.
    pub async fn remove(&self, caller: UserId, reference: &str, term: &str) -> Result<(), ChatError> {
        let (reference, id) = (reference.to_owned(), term.parse::<TermId>());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?;
            let known = match id {
                Ok(id) => glossary::remove(tx, conversation, id)?,
                Err(_) => false,
            };
            if known { Ok(()) } else { Err(ChatError::NotFound { what: "term" }) }
        };
        self.context.store.write(write).await
    }
}

/// The glossary for the engines, by conversation; conversations without terms are omitted.
pub(crate) fn glossaries(
    tx: &mut Tx<'_>,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Arc<translation::Glossary>>, StoreError> {
    let mut terms: HashMap<ConversationId, Vec<translation::Term>> = HashMap::new();
    for Term { conversation, text, language, translation, .. } in glossary::list(tx, conversations)? {
        terms.entry(conversation).or_default().push(translation::Term { text, language, translation });
    }
    Ok(terms.into_iter().map(|(owner, terms)| (owner, Arc::new(translation::Glossary::new(terms)))).collect())
}

/// The conversation, if the caller may change its glossary: a moderator of the conversation or of its
/// community, either member of a direct conversation, or somebody who manages translations on the server.
fn moderated(tx: &mut Tx<'_>, caller: UserId, reference: &str) -> Result<ConversationId, ChatError> {
    let found = tx.fetch(find_with_member(caller, reference))?;
    let (Conversation { id, kind, .. }, member) = member(found)?;
    let community = glossary::role_in_community(tx, id, caller)?;
    Standing::from(&member).check(Action::KeepGlossary { kind, community })?;
    Ok(id)
}

fn words(field: &str, typed: &str) -> Result<String, ChatError> {
    let text = typed.trim();
    if !text.chars().any(|c| c.is_alphanumeric() && !is_blank(c)) || text.chars().any(char::is_control) {
        return Err(ChatError::invalid(field, "expected one or more words on one line"));
    }
    if text.chars().nth(limits::TERM_CHARS).is_some() {
        return Err(ChatError::invalid(field, format!("at most {} characters", limits::TERM_CHARS)));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_words_of_one_line() {
        assert_eq!(words("term", " time zone ").unwrap(), "time zone");
        assert_eq!(words("term", "朝会").unwrap(), "朝会");
        for typed in ["", " ", "!?", "\u{3164}", "a\nb", "a\0", &"a".repeat(limits::TERM_CHARS + 1)] {
            assert!(words("term", typed).is_err(), "{typed:?}");
        }
    }
}
