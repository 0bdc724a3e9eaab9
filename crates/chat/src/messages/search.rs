//! Searching in the texts of messages.

use super::Messages;
use crate::ChatError;
use crate::access::{find_as_member, message_id};
use crate::views::MessageView;
use meeshy_domain::text::{TextSearch, is_enough_to_search};
use meeshy_domain::{Language, LanguageSettings, MessageId, UserId, limits};
use meeshy_store::messages::Message;
use meeshy_store::search_index::{self, Scope, Span};
use meeshy_store::translations::{self, State};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Tx, conversation_search, users};
use std::collections::HashSet;

/// Somebody in at most so many conversations searches only in those; others search in all and leave out what they cannot read.
const FEW_CONVERSATIONS: i64 = 64;
/// Messages whose texts are checked at once.
const CHECKED_AT_ONCE: i64 = 100;
/// The most messages whose texts are checked for one page.
const MAX_CHECKED: usize = 5_000;

/// What to search for, and where.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Words that all have to be in the text.
    pub text: String,
    /// Only in this conversation: an id or an identifier.
    pub conversation: Option<String>,
    /// Only what comes after this message in the results, which begin with the newest.
    pub after: Option<String>,
    /// How many messages, at most.
    pub limit: i64,
}

/// Found messages.
#[derive(Debug, Clone)]
pub struct FoundMessages {
    /// The messages, the newest first.
    pub messages: Vec<MessageView>,
    /// The message after which the search continues, if there may be more.
    pub next: Option<MessageId>,
}

impl Messages {
    /// Finds messages of the caller's conversations by words of their original texts, or of their translations into the languages
    /// of the caller. Messages are found about a second after they were written.
    ///
    /// # Errors
    /// When there are no words in the text, or the caller cannot read that conversation or message.
    pub async fn search(&self, caller: UserId, request: SearchRequest) -> Result<FoundMessages, ChatError> {
        if request.text.chars().nth(limits::SEARCH_CHARS).is_some() {
            return Err(ChatError::invalid("q", format!("use at most {} characters", limits::SEARCH_CHARS)));
        }
        let search = TextSearch::new(&request.text).filter(|_| is_enough_to_search(&request.text));
        let search = search.ok_or_else(|| ChatError::invalid("q", "use at least two letters"))?;
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let viewer = service.context.viewer(tx, caller)?;
            let scope = scope(tx, caller, request.conversation.as_deref())?;
            let missing = ChatError::NotFound { what: "message" };
            let end = match &request.after {
                Some(id) => tx.fetch(search_index::number(message_id(id)?))?.ok_or(missing)?,
                None => tx.fetch(search_index::end())?,
            };
            let reader = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            let walk = Walk { search: &search, scope: &scope, viewer, languages: spoken(&reader.languages) };
            let (rows, next) = walk.newest(tx, end, usize::try_from(request.limit).unwrap_or(0))?;
            Ok::<_, ChatError>(FoundMessages { messages: service.views.messages(tx, rows, viewer)?, next })
        };
        self.context.store.read(read).await
    }
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
    scope: &'a Scope,
    viewer: Viewer,
    languages: HashSet<Language>,
}

impl Walk<'_> {
    /// Up to `limit` messages before the number `end`, and after which one the search continues.
    fn newest(
        &self,
        tx: &mut Tx<'_>,
        end: i64,
        limit: usize,
    ) -> Result<(Vec<Message>, Option<MessageId>), ChatError> {
        let (mut found, mut checked) = (Vec::new(), 0);
        if matches!(self.scope, Scope::Conversations(none) if none.is_empty()) {
            return Ok((found, None));
        }
        let mut span = Some(Span::before(end));
        while let Some(part) = span {
            let some =
                search_index::candidates(tx, self.search, self.scope, part, &self.viewer, CHECKED_AT_ONCE)?;
            checked += some.len();
            let is_whole = i64::try_from(some.len()) != Ok(CHECKED_AT_ONCE);
            let last = some.last().map(|(number, message)| (*number, message.id));
            for message in self.check(tx, some)? {
                if found.len() == limit {
                    let next = found.last().map(|message: &Message| message.id);
                    return Ok((found, next));
                }
                found.push(message);
            }
            span = match last {
                Some((_, id)) if checked >= MAX_CHECKED => return Ok((found, Some(id))),
                Some((number, _)) if !is_whole => Some(Span { from: part.from, to: number }),
                _ => part.older(),
            };
        }
        Ok((found, None))
    }

    /// Those in whose texts all words are.
    fn check(&self, tx: &mut Tx<'_>, candidates: Vec<(i64, Message)>) -> Result<Vec<Message>, ChatError> {
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
        Ok(candidates
            .into_iter()
            .map(|(_, message)| message)
            .filter(|message| found.contains(&message.id))
            .collect())
    }
}
