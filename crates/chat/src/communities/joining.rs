//! Joining and leaving communities, and invitations to them.

use super::Communities;
use super::access::{find, known, seen};
use super::change::delete;
use super::policy::{Action, Standing};
use super::view::{CommunityMemberView, CommunityView};
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::{CommunityId, CommunityRole, Timestamp, UserId, limits};
use meeshy_store::communities::{self, Community, Reference};
use meeshy_store::community_invites::{self, Invite};
use meeshy_store::community_members::{self, Past};
use meeshy_store::{Tx, users};

/// An invitation to a community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The secret with which users join.
    pub token: String,
    /// Until when it is valid.
    pub expires_at: Timestamp,
}

impl Communities {
    /// Joins a public community. For a member, nothing happens.
    ///
    /// # Errors
    /// When it does not exist, is private, or the caller was banned.
    pub async fn join(&self, caller: UserId, reference: &str) -> Result<CommunityMemberView, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let found = known(tx.fetch(find(caller, &reference))?, caller)?;
            service.admit(tx, caller, &found, false)
        };
        self.context.write_unless_there(write).await
    }

    /// Leaves a community. Its conversations are left one by one.
    ///
    /// # Errors
    /// When the caller is not a member, or has created it.
    pub async fn leave(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            standing.check(Action::Leave)?;
            let now = service.context.now();
            if !community_members::leave(tx, community.id, caller, false, now)? {
                return Err(ChatError::InvalidOperation("you are not a member of this community".into()));
            }
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Ends what a user whose account was deleted is in a community. The administrator, moderator or member who joined
    /// first becomes its creator; without members, it is deleted.
    pub(crate) fn depart(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        community: CommunityId,
    ) -> Result<(), ChatError> {
        let now = self.context.now();
        communities::lock(tx, community)?;
        community_members::leave(tx, community, user, false, now)?;
        let found = tx.fetch(communities::find(Reference::Id(community), user))?;
        let Some(found) = found.filter(|found| found.community.created_by == user) else { return Ok(()) };
        let roles = [CommunityRole::Admin, CommunityRole::Moderator, CommunityRole::Member];
        let first: Vec<_> =
            roles.iter().map(|role| community_members::first_with_role(community, *role, user)).collect();
        match tx.fetch(first)?.into_iter().flatten().next() {
            Some(heir) => {
                communities::set_creator(tx, community, heir, now)?;
                Ok(community_members::set_role(tx, community, heir, CommunityRole::Admin)?)
            }
            None => delete(tx, &found.community, now),
        }
    }

    /// A new invitation, which is valid for a week, and only as long as the caller may invite. The oldest of more than 50 is no longer valid.
    ///
    /// # Errors
    /// When the caller may not.
    pub async fn invite(&self, caller: UserId, reference: &str) -> Result<Invitation, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let token = self.context.secrets.hex(16);
        let write = move |tx: &mut Tx<'_>| {
            let (community, standing) = seen(tx, caller, &reference)?;
            standing.check(Action::Invite)?;
            let created_at = service.context.now();
            let expires_at = created_at.plus(limits::INVITE_LIFETIME);
            let invite = Invite {
                token_hash: digest(&token),
                community_id: community.id,
                created_by: caller,
                created_at,
                expires_at,
            };
            community_invites::add(tx, &invite)?;
            Ok(Invitation { token: token.clone(), expires_at })
        };
        self.context.store.write(write).await
    }

    /// Joins the community of an invitation: its token, or a link that ends with it. For a member, nothing happens.
    ///
    /// # Errors
    /// When the invitation is not valid, or the caller was banned.
    pub async fn join_by_invite(
        &self,
        caller: UserId,
        invite: &str,
    ) -> Result<(CommunityView, CommunityMemberView), ChatError> {
        let token = invite.trim().rsplit(['/', '=']).next().unwrap_or_default();
        let (service, token_hash) = (self.clone(), digest(token));
        let write = move |tx: &mut Tx<'_>| {
            let missing = || ChatError::NotFound { what: "invitation" };
            let invite = tx.fetch(community_invites::find(&token_hash, service.context.now()))?;
            let invite = invite.ok_or_else(missing)?;
            let reference = Reference::Id(invite.community_id);
            let asked = (
                communities::find(reference, caller),
                communities::find(reference, invite.created_by),
                users::find(invite.created_by),
            );
            let (found, of_inviter, inviter) = tx.fetch(asked)?;
            let (_, inviter_is, _) = known(of_inviter, invite.created_by).map_err(|_| missing())?;
            let may_invite = inviter_is.check(Action::Invite).is_ok();
            if !may_invite || !inviter.is_some_and(|inviter| inviter.is_active) {
                return Err(missing());
            }
            let found = known(found, caller)?;
            let member = service.admit(tx, caller, &found, true)?;
            let (community, ..) = known(tx.fetch(communities::find(reference, caller))?, caller)?;
            Ok((service.one_view(tx, caller, community)?, member))
        };
        self.context.write_unless_there(write).await
    }

    fn admit(
        &self,
        tx: &mut Tx<'_>,
        caller: UserId,
        (community, standing, past): &(Community, Standing, Option<Past>),
        is_invited: bool,
    ) -> Result<CommunityMemberView, ChatError> {
        let is_banned = *past == Some(Past::Banned);
        standing.check(Action::Join { is_private: community.is_private, is_banned, is_invited })?;
        if standing.role.is_some() {
            let member = tx.fetch(community_members::find(community.id, caller))?;
            return Ok(self.shown(member.ok_or(ChatError::NotFound { what: "member" })?, &[]));
        }
        let role = if standing.is_creator { CommunityRole::Admin } else { CommunityRole::Member };
        self.enter(tx, community.id, caller, role)
    }
}
