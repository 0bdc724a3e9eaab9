//! Members of communities: list, add and remove them, change their roles.

use super::Communities;
use super::access::seen;
use super::policy::{Action, Target};
use super::view::CommunityMemberView;
use crate::{ChatError, policy};
use meeshy_domain::{CommunityId, CommunityRole, UserId};
use meeshy_store::communities::Community;
use meeshy_store::community_members::{self, CommunityMember, NewCommunityMember, Past};
use meeshy_store::{Tx, users, visibility};

/// The most members that a list goes back.
const MAX_OFFSET: i64 = 10_000;

/// A page of the members of a community.
#[derive(Debug, Clone)]
pub struct CommunityMemberPage {
    /// The members, in order of joining.
    pub members: Vec<CommunityMemberView>,
    /// The number of all; on the last page, the number of those who are shown.
    pub total: i64,
}

impl Communities {
    /// A page of the members of a community. Those whose accounts are not active are left out; if the caller is not a member, also
    /// those from whom a block separates the caller.
    ///
    /// # Errors
    /// When it does not exist, or is private and the caller not a member.
    pub async fn members(
        &self,
        caller: UserId,
        reference: &str,
        limit: i64,
        offset: i64,
    ) -> Result<CommunityMemberPage, ChatError> {
        let (service, reference, offset) = (self.clone(), reference.to_owned(), offset.min(MAX_OFFSET));
        let read = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            let stranger = Self::stranger(caller, standing);
            let page = community_members::page(community.id, stranger, limit.saturating_add(1), offset);
            let (mut members, separated) = tx.fetch((page, visibility::separated(caller)))?;
            let has_more = i64::try_from(members.len()).is_ok_and(|found| found > limit);
            members.truncate(usize::try_from(limit).unwrap_or(0));
            // The count includes those who are not shown.
            let shown = offset.saturating_add(i64::try_from(members.len()).unwrap_or(i64::MAX));
            let total = if has_more { community.member_count.max(shown.saturating_add(1)) } else { shown };
            let members = members.into_iter().map(|member| service.shown(member, &separated)).collect();
            Ok(CommunityMemberPage { members, total })
        };
        self.context.store.read(read).await
    }

    /// Adds a user to a community, with the role of a member unless another one is given.
    ///
    /// # Errors
    /// When the caller may not, there is no such user, or the user is a member already or is separated from the caller by a block.
    pub async fn add_member(
        &self,
        caller: UserId,
        reference: &str,
        user: &str,
        role: Option<CommunityRole>,
    ) -> Result<CommunityMemberView, ChatError> {
        let user: UserId = user.parse().map_err(|_| ChatError::NotFound { what: "user" })?;
        let (service, reference) = (self.clone(), reference.to_owned());
        let role = role.unwrap_or(CommunityRole::Member);
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            standing.check(Action::Add(role))?;
            let asked = (
                users::find(user),
                community_members::pasts(community.id, &[user]),
                visibility::is_blocked(caller, user),
            );
            let (found, pasts, is_blocked) = tx.fetch(asked)?;
            if !found.is_some_and(|found| found.is_active) {
                return Err(ChatError::NotFound { what: "user" });
            }
            policy::may_meet(1, is_blocked)?;
            if matches!(pasts.first(), Some((_, Past::Active(_)))) {
                return Err(ChatError::InvalidOperation("this person is a member already".into()));
            }
            service.enter(tx, community.id, user, role)
        };
        self.context.write_unless_there(write).await
    }

    /// Removes a member, or bans one, who then cannot join again.
    ///
    /// # Errors
    /// When the caller may not, or there is no such member.
    pub async fn remove_member(
        &self,
        caller: UserId,
        reference: &str,
        member: &str,
        is_ban: bool,
    ) -> Result<(), ChatError> {
        let (service, reference, member) = (self.clone(), reference.to_owned(), member.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            let found = target(tx, &community, &member)?;
            if found.user_id == caller {
                return Err(ChatError::InvalidOperation("to leave a community is another operation".into()));
            }
            standing.check(Action::Remove(target_of(&community, &found)))?;
            let now = service.context.now();
            community_members::leave(tx, community.id, found.user_id, is_ban, now)?;
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Changes the role of a member.
    ///
    /// # Errors
    /// When the caller may not, or there is no such member.
    pub async fn set_member_role(
        &self,
        caller: UserId,
        reference: &str,
        member: &str,
        role: CommunityRole,
    ) -> Result<CommunityMemberView, ChatError> {
        let (service, reference, member) = (self.clone(), reference.to_owned(), member.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            let found = target(tx, &community, &member)?;
            standing.check(Action::SetRole(target_of(&community, &found), role))?;
            community_members::set_role(tx, community.id, found.user_id, role)?;
            let separated = tx.fetch(visibility::separated(caller))?;
            Ok(service.shown(CommunityMember { role, ..found }, &separated))
        };
        self.context.store.write(write).await
    }

    /// Begins a membership of a user who is not a member.
    pub(super) fn enter(
        &self,
        tx: &mut Tx<'_>,
        community: CommunityId,
        user: UserId,
        role: CommunityRole,
    ) -> Result<CommunityMemberView, ChatError> {
        let joined_at = self.context.now();
        let new = NewCommunityMember { id: self.context.new_id(), user_id: user, role, joined_at };
        community_members::join(tx, community, &[new])?;
        let member = tx.fetch(community_members::find(community, user))?;
        Ok(self.shown(member.ok_or(ChatError::NotFound { what: "member" })?, &[]))
    }
}

/// The member with this id of a membership or of a user: clients use both.
fn target(tx: &mut Tx<'_>, community: &Community, id: &str) -> Result<CommunityMember, ChatError> {
    let missing = || ChatError::NotFound { what: "member" };
    let id = id.parse().map_err(|_| missing())?;
    tx.fetch(community_members::find(community.id, id))?.ok_or_else(missing)
}

fn target_of(community: &Community, member: &CommunityMember) -> Target {
    Target { is_creator: community.created_by == member.user_id, role: member.role }
}
