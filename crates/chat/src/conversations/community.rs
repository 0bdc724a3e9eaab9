//! Conversations of communities.

use super::Conversations;
use super::view::{ConversationView, MAX_MEMBERS_OF_LISTED};
use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{CommunityId, CommunityRole, UserId};
use meeshy_store::Tx;
use meeshy_store::communities::{self, Reference};
use meeshy_store::community_members::{self, NewCommunityMember, Past};
use meeshy_store::conversations::{self, Filter};
use meeshy_store::visibility::Viewer;
use std::collections::HashMap;

impl Conversations {
    /// The caller's conversations in a community, the most recently active first, and their number.
    pub(crate) fn in_community(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        community: CommunityId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationView>, i64), ChatError> {
        let filter = Filter { community: Some(community), ..Filter::default() };
        let list = conversations::list(caller, filter, limit, offset);
        let ((page, total), viewer) = tx.fetch((list, Viewer::find(caller, self.context.now())))?;
        let (views, ()) = self.views_of(tx, viewer, page, MAX_MEMBERS_OF_LISTED, ())?;
        Ok((views, total))
    }
}

/// Adds the members of a new conversation to its community.
///
/// # Errors
/// When there is no such community, the caller is not a member of it, or another one was banned from it.
pub(super) fn gather(
    tx: &mut Tx<'_>,
    context: &Context,
    community: CommunityId,
    caller: UserId,
    others: &[UserId],
) -> Result<(), ChatError> {
    let asked =
        (communities::find(Reference::Id(community), caller), community_members::pasts(community, others));
    let (found, pasts) = tx.fetch(asked)?;
    let found = found.ok_or(ChatError::NotFound { what: "community" })?;
    if !matches!(found.past, Some(Past::Active(_))) {
        return Err(ChatError::Forbidden("you are not a member of this community".into()));
    }
    let pasts: HashMap<UserId, Past> = pasts.into_iter().collect();
    if pasts.values().any(|past| *past == Past::Banned) {
        return Err(ChatError::Forbidden("one of these people was banned from this community".into()));
    }
    let is_new = |user: &&UserId| !matches!(pasts.get(*user), Some(Past::Active(_)));
    let joined_at = context.now();
    let role = CommunityRole::Member;
    let new: Vec<_> = (others.iter().filter(is_new))
        .map(|user| NewCommunityMember { id: context.new_id(), user_id: *user, role, joined_at })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let is_manager = found.community.created_by == caller
        || matches!(found.past, Some(Past::Active(role)) if role != CommunityRole::Member);
    if found.community.is_private && !is_manager {
        return Err(ChatError::Forbidden("all members must be members of this private community".into()));
    }
    Ok(community_members::join(tx, community, &new)?)
}
