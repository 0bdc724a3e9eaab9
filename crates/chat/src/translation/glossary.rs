//! Glossaries: terms that a community or a conversation wants translated in a fixed way, or not at all.

use super::signals::Signals;
use crate::ChatError;
use crate::access::{find_as_member, find_with_member, may_address, member};
use crate::context::Context;
use crate::event_bus::Event;
use crate::languages::optional_language;
use crate::policy::{Action, Standing};
use meeshy_domain::text::is_blank;
use meeshy_domain::{ConversationId, TermId, UserId, limits};
use meeshy_store::conversations::Conversation;
use meeshy_store::events::{self, Change};
use meeshy_store::glossary::{self, Term};
use meeshy_store::members::Member;
use meeshy_store::{StoreError, Tx, glossary_proposals};
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
    pub(super) context: Arc<Context>,
    pub(super) signals: Arc<Signals>,
}

impl Glossary {
    pub(crate) fn new(context: Arc<Context>, signals: Arc<Signals>) -> Self {
        Self { context, signals }
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
    /// now on. Proposals of this term are done with.
    ///
    /// # Errors
    /// When it is not a term, the glossary is full, or the caller is not a moderator there, or one of two
    /// people between whom there is a block.
    pub async fn add(&self, caller: UserId, reference: &str, new: NewTerm) -> Result<Term, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let new = checked(new)?;
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?;
            may_address(tx, &conversation, caller)?;
            service.begin_change(tx, conversation.id)?;
            let term = Term {
                id: service.context.new_id(),
                conversation: conversation.id,
                text: new.text.clone(),
                language: new.language,
                translation: new.translation.clone(),
                created_by: caller,
                created_at: service.context.now(),
            };
            put(tx, &term)
        };
        self.context.store.write(write).await
    }

    /// Logs and announces a change of the glossary, or of the proposals for it. Others who change it wait until
    /// this transaction ends: what is read afterwards is as they have left it.
    pub(super) fn begin_change(
        &self,
        tx: &mut Tx<'_>,
        conversation_id: ConversationId,
    ) -> Result<(), ChatError> {
        glossary::lock(tx, conversation_id)?;
        let number = events::append(tx, conversation_id, &[Change::Glossary], self.context.now())?;
        self.context.deliver(tx, Some(number), Event::GlossaryChanged { conversation_id });
        Ok(())
    }

    /// Removes a term.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a moderator there.
    pub async fn remove(&self, caller: UserId, reference: &str, term: &str) -> Result<(), ChatError> {
        let (service, reference, id) = (self.clone(), reference.to_owned(), term.parse::<TermId>());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?.id;
            service.begin_change(tx, conversation)?;
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
pub(super) fn moderated(tx: &mut Tx<'_>, caller: UserId, reference: &str) -> Result<Conversation, ChatError> {
    let found = tx.fetch(find_with_member(caller, reference))?;
    let (conversation, member) = member(found)?;
    may_keep(tx, &conversation, &member)?;
    Ok(conversation)
}

/// Fails if a member may not change the glossary of a conversation.
pub(super) fn may_keep(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    member: &Member,
) -> Result<(), ChatError> {
    let &Conversation { id, kind, .. } = conversation;
    let community = glossary::role_in_community(tx, id, member.user_id)?;
    Standing::from(member).check(Action::KeepGlossary { kind, community })
}

/// Stores a term; proposals of it are done with.
pub(super) fn put(tx: &mut Tx<'_>, term: &Term) -> Result<Term, ChatError> {
    let term = glossary::put(tx, term)?;
    if is_more_than(limits::GLOSSARY_TERMS, glossary::count(tx, term.conversation)?) {
        let problem = format!("a glossary has at most {} terms", limits::GLOSSARY_TERMS);
        return Err(ChatError::invalid("term", problem));
    }
    glossary_proposals::remove_same(tx, term.conversation, &term.text, term.language)?;
    Ok(term)
}

pub(super) fn is_more_than(limit: usize, count: i64) -> bool {
    usize::try_from(count).is_ok_and(|count| count > limit)
}

/// A valid term with composed letters, so that the same words are the same term.
pub(super) fn checked(new: NewTerm) -> Result<translation::Term, ChatError> {
    let term = translation::Term {
        text: words("term", &new.text)?,
        language: optional_language("language", new.language.as_deref())?,
        translation: new.translation.map(|text| words("translation", &text)).transpose()?,
    };
    Ok(term.composed())
}

fn words(field: &str, typed: &str) -> Result<String, ChatError> {
    let text = typed.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.trim();
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
        let (longest, too_long) = ("é".repeat(limits::TERM_CHARS), "é".repeat(limits::TERM_CHARS + 1));
        let cases = [
            (" time zone ", Some("time zone")),
            ("time   zone", Some("time zone")),
            ("\u{a0}time\u{3000}", Some("time")),
            ("à\u{a0}: vous", Some("à\u{a0}: vous")),
            ("朝会", Some("朝会")),
            ("سبرنت", Some("سبرنت")),
            ("re\u{301}union", Some("r\u{e9}union")),
            ("C++", Some("C++")),
            ("24/7", Some("24/7")),
            ("e-mail", Some("e-mail")),
            ("Sprint", Some("Sprint")),
            ("a", Some("a")),
            (&longest, Some(longest.as_str())),
            ("", None),
            (" ", None),
            ("!?", None),
            ("🙂", None),
            ("\u{3164}", None),
            ("a\nb", None),
            ("a\tb", None),
            ("a\0", None),
            (&too_long, None),
        ];
        for (typed, expected) in cases {
            let new = |text: &str| NewTerm { text: text.into(), ..NewTerm::default() };
            let found = checked(new(typed)).ok().map(|term| term.text);
            assert_eq!(found.as_deref(), expected, "{typed:?}");
            let as_translation = NewTerm { translation: Some(typed.into()), ..new("sprint") };
            let found = checked(as_translation).ok().and_then(|term| term.translation);
            assert_eq!(found.as_deref(), expected, "{typed:?}");
        }
    }
}
