//! The search of conversations by title and by the names of their members.

use super::Conversations;
use super::view::{ConversationView, MAX_MEMBERS_OF_LISTED};
use crate::ChatError;
use meeshy_domain::{ConversationId, UserId, text};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, conversation_search};
use std::collections::HashSet;

/// The most conversations that are found.
const MAX_FOUND: usize = 50;

impl Conversations {
    /// Whether no conversation has this identifier, in any case.
    pub async fn identifier_is_free(&self, identifier: &str) -> Result<bool, ChatError> {
        let identifier = identifier.to_owned();
        let read = move |tx: &mut Tx<'_>| conversations::identifier_is_taken_in_any_case(tx, &identifier);
        Ok(!self.context.store.read::<_, StoreError>(read).await?)
    }

    /// The caller's conversations with a matching title, or a matching name of another member, and those that are open to
    /// everybody with a matching title. Each word of `searched` must be the prefix of a word. Of a conversation of which the
    /// caller is not a member, neither messages nor members are shown.
    pub async fn search(&self, caller: UserId, searched: &str) -> Result<Vec<ConversationView>, ChatError> {
        let searched = text::nfc(searched.trim());
        if !text::is_enough_to_search(&searched) {
            return Ok(Vec::new());
        }
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let viewer = Viewer::find(caller, service.context.now());
            let candidates = (conversation_search::recent(caller), conversation_search::public(), viewer);
            let (recent, public, viewer) = tx.fetch(candidates)?;
            let limit = i64::try_from(MAX_FOUND).unwrap_or(i64::MAX);
            let named = conversation_search::with_names(tx, caller, &searched, limit)?;
            let named: HashSet<ConversationId> = named.into_iter().collect();
            let words = text::searched_words(&searched);
            let own: HashSet<ConversationId> = recent.iter().map(|own| own.id).collect();
            let is_found = |own: &Conversation| named.contains(&own.id) || has_title(own, &words);
            let mut found: Vec<Conversation> = recent.into_iter().filter(is_found).take(MAX_FOUND).collect();
            let is_open = |open: &Conversation| !own.contains(&open.id) && has_title(open, &words);
            let free = MAX_FOUND - found.len();
            let open: Vec<Conversation> = public.into_iter().filter(is_open).take(free).collect();
            let ids: Vec<ConversationId> = open.iter().map(|open| open.id).collect();
            let joined = tx.fetch(meeshy_store::members::joined(caller, &ids))?;
            let (joined, strange): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|open| joined.contains(&open.id));
            found.extend(joined);
            let (mut views, ()) = service.views_of(tx, viewer, found, MAX_MEMBERS_OF_LISTED, ())?;
            views.extend(strange.into_iter().map(from_outside));
            Ok::<_, ChatError>(views)
        };
        self.context.store.read(read).await
    }
}

/// Whether each of `words` is the prefix of a word of the title.
fn has_title(conversation: &Conversation, words: &[String]) -> bool {
    let title = text::words(conversation.title.as_deref().unwrap_or(&conversation.identifier));
    !words.is_empty() && words.iter().all(|word| title.iter().any(|known| known.starts_with(word.as_str())))
}

/// A conversation that is open to everybody, as seen by somebody who is not a member.
fn from_outside(conversation: Conversation) -> ConversationView {
    ConversationView {
        title: conversation.title.clone().unwrap_or_else(|| conversation.identifier.clone()),
        members: Vec::new(),
        last_message: None,
        unread_count: 0,
        preferences: None,
        figures: None,
        conversation,
    }
}
