//! Communities as shown to a user: with their creators and some of their members.

use super::Communities;
use super::policy::Standing;
use crate::ChatError;
use crate::presence::Seen;
use meeshy_domain::{CommunityRole, Timestamp, UserId};
use meeshy_store::communities::Community;
use meeshy_store::community_members::{self, CommunityMember};
use meeshy_store::users::{self, User};
use meeshy_store::visibility;
use meeshy_store::{StoreError, Tx};
use std::collections::HashMap;

/// The most members shown of a community in a list, and of a single one.
pub(super) const MEMBERS_OF_LISTED: i64 = 5;
const MEMBERS_OF_ONE: i64 = 100;

/// A member of a community, and whether they are online.
#[derive(Debug, Clone)]
pub struct CommunityMemberView {
    /// The membership and the user.
    pub member: CommunityMember,
    /// What the reader sees of the user's presence.
    pub seen: Seen,
}

/// A community as seen by a user.
#[derive(Debug, Clone)]
pub struct CommunityView {
    /// The community itself.
    pub community: Community,
    /// Who created it, if the account is active, and what the reader sees of their presence.
    pub creator: Option<(User, Seen)>,
    /// Its first members, in order of joining.
    pub members: Vec<CommunityMemberView>,
    /// The role of the user who sees it; `None` if they are not a member.
    pub role: Option<CommunityRole>,
}

impl Communities {
    /// A single community.
    pub(super) fn one_view(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        community: Community,
    ) -> Result<CommunityView, ChatError> {
        let views = self.views(tx, caller, vec![community], MEMBERS_OF_ONE)?;
        views.into_iter().next().ok_or(ChatError::NotFound { what: "community" })
    }

    /// Communities with the first `members_of_each` of their members.
    pub(super) fn views(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        communities: Vec<Community>,
        members_of_each: i64,
    ) -> Result<Vec<CommunityView>, StoreError> {
        let ids: Vec<_> = communities.iter().map(|community| community.id).collect();
        let mut creators: Vec<_> = communities.iter().map(|community| community.created_by).collect();
        creators.sort_unstable();
        creators.dedup();
        let asked = (
            community_members::roles(caller, &ids),
            users::find_all(&creators),
            visibility::separated(caller),
        );
        let (roles, creators, separated) = tx.fetch(asked)?;
        let roles: HashMap<_, _> = roles.into_iter().collect();
        let is_stranger =
            |community: &Community| !roles.contains_key(&community.id) && community.created_by != caller;
        let first: Vec<_> = (communities.iter())
            .map(|community| {
                let stranger = is_stranger(community).then_some(caller);
                community_members::page(community.id, stranger, members_of_each, 0)
            })
            .collect();
        let creators: HashMap<UserId, User> = (creators.into_iter())
            .filter(|creator| creator.is_active)
            .map(|creator| (creator.id, creator))
            .collect();
        let view = |(community, members): (Community, Vec<CommunityMember>)| {
            let creator = creators.get(&community.created_by).cloned();
            CommunityView {
                creator: creator.map(|creator| self.shown_creator(creator, community.created_at, &separated)),
                members: members.into_iter().map(|member| self.shown(member, &separated)).collect(),
                role: roles.get(&community.id).copied(),
                community,
            }
        };
        Ok(communities.into_iter().zip(tx.fetch(first)?).map(view).collect())
    }

    /// A member as seen by a user whom a block separates from `separated`, and who learns nothing of their presence.
    pub(super) fn shown(&self, member: CommunityMember, separated: &[UserId]) -> CommunityMemberView {
        let seen = match separated.contains(&member.user_id) {
            true => Seen { is_online: false, last_active_at: Some(member.joined_at) },
            false => self.presence.seen(member.user_id, member.hides, member.last_active_at),
        };
        CommunityMemberView { member, seen }
    }

    fn shown_creator(&self, user: User, created_at: Timestamp, separated: &[UserId]) -> (User, Seen) {
        let seen = match separated.contains(&user.id) {
            true => Seen { is_online: false, last_active_at: Some(created_at) },
            false => self.presence.seen(user.id, user.hides, user.last_active_at),
        };
        (user, seen)
    }

    /// The caller, if some members are not shown to them.
    pub(super) fn stranger(caller: UserId, standing: Standing) -> Option<UserId> {
        (!standing.belongs()).then_some(caller)
    }
}
