//! Conversations as a member reads them.

use super::Conversations;
use super::view::{ConversationView, Figures, MAX_MEMBERS_OF_LISTED};
use crate::ChatError;
use crate::access::{find_as_member, present};
use meeshy_domain::{Actor, ConversationId, ConversationKind, UserId};
use meeshy_store::Tx;
use meeshy_store::conversations::{self, Conversation, Filter};
use meeshy_store::visibility::Viewer;

/// Which conversations to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only those between the caller and this user.
    pub with_user: Option<String>,
}

impl Conversations {
    /// The caller's open conversations, the most recently active first, and their total.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub async fn list(
        &self,
        caller: UserId,
        filter: ListFilter,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationView>, i64), ChatError> {
        // Clients also filter by kinds that do not exist, such as `anonymous`; the result is empty.
        let kind: Option<ConversationKind> = match filter.kind.as_deref().map(str::parse) {
            Some(Err(_)) => return Ok((Vec::new(), 0)),
            Some(Ok(kind)) => Some(kind),
            None => None,
        };
        let with_user = filter
            .with_user
            .map(|id| id.parse().map_err(|error| ChatError::invalid("withUserId", error)))
            .transpose()?;
        let service = self.clone();
        self.context
            .store
            .read(move |tx| {
                let list = conversations::list(
                    caller,
                    Filter { kind, with_user, ..Filter::default() },
                    limit,
                    offset,
                );
                let ((page, total), viewer) =
                    tx.fetch((list, Viewer::find(caller, service.context.now())))?;
                let (views, ()) = service.views_of(tx, viewer, page, MAX_MEMBERS_OF_LISTED, ())?;
                Ok((views, total))
            })
            .await
    }

    /// A conversation of the caller, by id or identifier.
    ///
    /// # Errors
    /// When it does not exist, or the caller is neither a member nor a guest.
    pub async fn get(
        &self,
        caller: impl Into<Actor>,
        reference: &str,
    ) -> Result<ConversationView, ChatError> {
        let (service, reference, caller) = (self.clone(), reference.to_owned(), caller.into());
        let read = move |tx: &mut Tx<'_>| {
            let there = present(tx, caller, &reference, service.context.now())?;
            service.one_view(tx, there.viewer, there.conversation)
        };
        self.context.store.read(read).await
    }

    /// A conversation of the caller, by id or identifier, with its statistics.
    ///
    /// # Errors
    /// When it does not exist, or the caller is neither a member nor a guest.
    pub async fn figures(
        &self,
        caller: impl Into<Actor>,
        reference: &str,
    ) -> Result<(Conversation, Figures), ChatError> {
        let (service, reference, caller) = (self.clone(), reference.to_owned(), caller.into());
        let read = move |tx: &mut Tx<'_>| {
            let there = present(tx, caller, &reference, service.context.now())?;
            let figures = service.figures_of(tx, there.viewer, there.conversation.id)?;
            Ok((there.conversation, figures))
        };
        self.context.store.read(read).await
    }

    /// The id of a conversation of which the caller is a member now, by id or identifier.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn membership(&self, caller: UserId, reference: &str) -> Result<ConversationId, ChatError> {
        let reference = reference.to_owned();
        self.context.store.read(move |tx| Ok(find_as_member(tx, caller, &reference)?.id)).await
    }
}
