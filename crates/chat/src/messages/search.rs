//! Searching in the texts of messages.

use super::Messages;
use crate::ChatError;
use crate::access::find_as_member;
use crate::views::MessageView;
use meeshy_domain::text::{TextSearch, is_enough_to_search};
use meeshy_domain::{Language, LanguageSettings, UserId, limits};
use meeshy_store::messages::Message;
use meeshy_store::search_index::{self, Scope, Span};
use meeshy_store::translations::{self, State};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Tx, conversation_search, users};
use std::collections::HashSet;

/// Somebody in at most so many conversations searches only in those; others search in all and leave out what they cannot read.
const FEW_CONVERSATIONS: i64 = 64;
/// The most parts of the index that are searched for one page. With the two bounds below, this bounds the work of a request: a page may
/// be empty although the search goes on.
const STEPS: usize = 24;
/// The most messages of a part of the index that are looked at before the next step.
const MATCHES_AT_ONCE: i64 = 500;
/// Messages that are read at once.
const READ_AT_ONCE: usize = 100;

/// What to search for, and where.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Words that all have to be in the text.
    pub text: String,
    /// Only in this conversation: an id or an identifier.
    pub conversation: Option<String>,
    /// Where the page begins: [`next`](FoundMessages::next) of the one before.
    pub after: Option<String>,
    /// How many messages, at most.
    pub limit: i64,
}

/// Found messages.
#[derive(Debug, Clone)]
pub struct FoundMessages {
    /// The messages, the newest first.
    pub messages: Vec<MessageView>,
    /// Where the search continues, if there may be more, also when the page is empty. Nothing but this search knows what it means.
    pub next: Option<String>,
}

impl Messages {
    /// Finds messages of the caller's conversations by words of their original texts, or of their translations into the languages
    /// of the caller. Messages are found about a second after they were written.
    ///
    /// # Errors
    /// When there are no words in the text, `after` is no end of a page, or the caller cannot read that conversation.
    pub async fn search(&self, caller: UserId, request: SearchRequest) -> Result<FoundMessages, ChatError> {
        if request.text.chars().nth(limits::SEARCH_CHARS).is_some() {
            return Err(ChatError::invalid("q", format!("use at most {} characters", limits::SEARCH_CHARS)));
        }
        let search = TextSearch::new(&request.text).filter(|_| is_enough_to_search(&request.text));
        let search = search.ok_or_else(|| ChatError::invalid("q", "use at least two letters"))?;
        let after = request.after.as_deref().map(place).transpose()?;
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let viewer = service.context.viewer(tx, caller)?;
            let scope = scope(tx, caller, request.conversation.as_deref())?;
            let (end, reader) = tx.fetch((search_index::end(), users::find(caller)))?;
            let end = after.map_or(end, |after| after.min(end));
            let reader = reader.ok_or(ChatError::NotFound { what: "user" })?;
            let grams = search_index::selective_grams(tx, &search)?;
            let languages = spoken(&reader.languages);
            let walk = Walk { search: &search, grams, scope: &scope, viewer, languages };
            let (rows, next) = walk.newest(tx, end, usize::try_from(request.limit).unwrap_or(0))?;
            let messages = service.views.messages(tx, rows, viewer)?;
            Ok::<_, ChatError>(FoundMessages { messages, next: next.map(|number| number.to_string()) })
        };
        self.context.store.read(read).await
    }
}

/// The number before which a page begins.
fn place(after: &str) -> Result<i64, ChatError> {
    after.parse().map_err(|_| ChatError::invalid("after", "use the `next` of the page before"))
}

/// The conversations to search.
fn scope(tx: &mut Tx<'_>, caller: UserId, conversation: Option<&str>) -> Result<Scope, ChatError> {
    if let Some(reference) = conversation {
        return Ok(Scope::Conversations(vec![find_as_member(tx, caller, reference)?.id]));
    }
    let few = tx.fetch(conversation_search::ids(caller, FEW_CONVERSATIONS + 1))?;
    let are_few = i64::try_from(few.len()).is_ok_and(|number| number <= FEW_CONVERSATIONS);
    Ok(if are_few { Scope::Conversations(few) } else { Scope::AllOf(caller) })
}

/// The languages in which somebody may remember a text.
fn spoken(settings: &LanguageSettings) -> HashSet<Language> {
    [Some(settings.reading_language()), Some(settings.system_language), settings.regional_language]
        .into_iter()
        .flatten()
        .collect()
}

/// A search through the index, from the newest messages on.
struct Walk<'a> {
    search: &'a TextSearch,
    grams: Vec<String>,
    scope: &'a Scope,
    viewer: Viewer,
    languages: HashSet<Language>,
}

impl Walk<'_> {
    /// Up to `limit` messages before the number `end`, and before which number the search continues.
    fn newest(
        &self,
        tx: &mut Tx<'_>,
        end: i64,
        limit: usize,
    ) -> Result<(Vec<Message>, Option<i64>), ChatError> {
        let (mut found, mut last) = (Vec::new(), None);
        if matches!(self.scope, Scope::Conversations(none) if none.is_empty()) {
            return Ok((found, None));
        }
        let mut span = Span::before(end);
        for _ in 0..STEPS {
            let numbers = search_index::matches(tx, &self.grams, self.scope, span, MATCHES_AT_ONCE)?;
            for some in numbers.chunks(READ_AT_ONCE) {
                let candidates = tx.fetch(search_index::readable(some, self.scope, &self.viewer))?;
                for (number, message) in self.check(tx, candidates)? {
                    if found.len() == limit {
                        return Ok((found, last));
                    }
                    last = Some(number);
                    found.push(message);
                }
            }
            let is_full = i64::try_from(numbers.len()) == Ok(MATCHES_AT_ONCE);
            let next = match numbers.last() {
                Some(lowest) if is_full => Some(Span::before(*lowest)),
                _ => span.older(),
            };
            match next {
                Some(next) => span = next,
                None => return Ok((found, None)),
            }
        }
        Ok((found, Some(span.to)))
    }

    /// Those in whose texts all words are.
    fn check(
        &self,
        tx: &mut Tx<'_>,
        candidates: Vec<(i64, Message)>,
    ) -> Result<Vec<(i64, Message)>, ChatError> {
        let (mut found, mut others) = (HashSet::new(), Vec::new());
        for (_, message) in &candidates {
            if self.search.finds(&message.content) {
                found.insert(message.id);
            } else {
                others.push(message.id);
            }
        }
        for translation in tx.fetch(translations::list(&others))? {
            if let State::Done { content, .. } = &translation.state
                && self.languages.contains(&translation.language)
                && self.search.finds(content)
            {
                found.insert(translation.message_id);
            }
        }
        Ok(candidates.into_iter().filter(|(_, message)| found.contains(&message.id)).collect())
    }
}
