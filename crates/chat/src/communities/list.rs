//! Communities as users find and read them.

use super::Communities;
use super::access::seen;
use super::create::identifier;
use super::view::{CommunityView, MEMBERS_OF_LISTED};
use crate::{ChatError, ConversationView};
use meeshy_domain::{UserId, limits, text};
use meeshy_store::communities::{self, Community};
use meeshy_store::{Query, Tx};

/// The most communities that a list goes back.
const MAX_OFFSET: i64 = 10_000;

type Page = (Query<Vec<Community>>, Query<i64>);

impl Communities {
    /// The communities that the caller has created or joined, the newest first, and their number; with a text, those whose
    /// names match it.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn list(
        &self,
        caller: UserId,
        search: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<CommunityView>, i64), ChatError> {
        let search = searched("search", search)?;
        if search.as_deref().is_some_and(|search| !text::is_enough_to_search(search)) {
            return Ok((Vec::new(), 0));
        }
        let page = move || communities::of_user(caller, search.as_deref(), limit, offset.min(MAX_OFFSET));
        self.page(caller, page).await
    }

    /// Public communities whose names match a text, the largest first, and their number, up to 1,000; without a text, the newest
    /// ones.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn search(
        &self,
        caller: UserId,
        search: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<CommunityView>, i64), ChatError> {
        let (now, offset) = (self.context.now(), offset.min(MAX_OFFSET));
        match searched("q", search)? {
            None => self.page(caller, move || communities::newest(now, limit, offset)).await,
            Some(search) if !text::is_enough_to_search(&search) => Ok((Vec::new(), 0)),
            Some(search) => self.page(caller, move || communities::search(&search, limit, offset)).await,
        }
    }

    async fn page(
        &self,
        caller: UserId,
        page: impl Fn() -> Page + Send + 'static,
    ) -> Result<(Vec<CommunityView>, i64), ChatError> {
        let service = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let (found, total) = tx.fetch(page())?;
            Ok((service.views(tx, caller, found, MEMBERS_OF_LISTED)?, total))
        };
        self.context.store.read(read).await
    }

    /// A community by its id or identifier, with its first 100 members.
    ///
    /// # Errors
    /// When it does not exist, or is private and the caller not a member.
    pub async fn get(&self, caller: UserId, reference: &str) -> Result<CommunityView, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let (community, _) = seen(tx, caller, &reference)?;
            service.one_view(tx, caller, community)
        };
        self.context.store.read(read).await
    }

    /// The identifier that a community gets which requests this one, and whether it is free.
    ///
    /// # Errors
    /// When no community can have it.
    pub async fn check_identifier(&self, requested: &str) -> Result<(String, bool), ChatError> {
        let identifier = identifier(requested)?;
        let read = move |tx: &mut Tx<'_>| {
            let is_taken = tx.fetch(communities::identifier_is_taken(&identifier))?;
            Ok((identifier, !is_taken))
        };
        self.context.store.read(read).await
    }

    /// The conversations of a community of which the caller is a member, the most recently active first, and their number.
    ///
    /// # Errors
    /// When it does not exist, or is private and the caller not a member.
    pub async fn conversations(
        &self,
        caller: UserId,
        reference: &str,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationView>, i64), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let (community, _) = seen(tx, caller, &reference)?;
            service.conversations.in_community(tx, caller, community.id, limit, offset.min(MAX_OFFSET))
        };
        self.context.store.read(read).await
    }
}

/// A text to search for, if there is one.
fn searched(field: &'static str, typed: Option<&str>) -> Result<Option<String>, ChatError> {
    let search = typed.map(|typed| text::nfc(typed.trim())).filter(|search| !search.is_empty());
    if search.as_ref().is_some_and(|search| search.chars().count() > limits::COMMUNITY_NAME_CHARS) {
        let problem = format!("at most {} characters", limits::COMMUNITY_NAME_CHARS);
        return Err(ChatError::invalid(field, problem));
    }
    Ok(search)
}
