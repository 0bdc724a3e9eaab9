//! Members of communities.

use super::members::IS_HERE;
use super::visibility::not_blocked;
use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::privacy::HIDES_COLUMNS;
use crate::users::SHOWN_NAME;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::preferences::Hides;
use meeshy_domain::{CommunityId, CommunityMemberId, CommunityRole, Language, Timestamp, UserId};

/// The role of a membership `m`. In the old system, some creators have a role of their own.
pub(super) const ROLE: &str = "CASE m.role WHEN 'creator' THEN 'admin' ELSE m.role END AS role";

record! {
    /// A member, and their account.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommunityMember as "u" {
        /// The id of the membership.
        pub id: CommunityMemberId = "m.id",
        /// Of which community.
        pub community_id: CommunityId = "m.community_id",
        /// Whose.
        pub user_id: UserId = "m.user_id",
        /// What this user may do there.
        pub role: CommunityRole = ROLE,
        /// Since when.
        pub joined_at: Timestamp = "m.joined_at",
        /// The unique name.
        pub username: String,
        /// The name that others see.
        pub display_name: String = SHOWN_NAME,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// The URL of the user's picture.
        pub avatar: Option<String>,
        /// When the user was last active.
        pub last_active_at: Timestamp,
        /// What the user reads.
        pub system_language: Language,
        /// What the user hides from others.
        pub hides: Hides = HIDES_COLUMNS,
    }
}

/// The membership that a user has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// The user is a member, with this role.
    Active(CommunityRole),
    /// The user has left, or was removed.
    Ended,
    /// The user was banned.
    Banned,
}

impl Past {
    pub(super) fn new(role: CommunityRole, is_active: bool, banned_at: Option<Timestamp>) -> Self {
        match (is_active, banned_at) {
            (true, _) => Self::Active(role),
            (false, None) => Self::Ended,
            (false, Some(_)) => Self::Banned,
        }
    }
}

/// The memberships that some users have or had in a community.
pub fn pasts(community: CommunityId, users: &[UserId]) -> Query<Vec<(UserId, Past)>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, users.len());
    let mut params = vec![community.into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    let found = Query::<(UserId, CommunityRole, bool, Option<Timestamp>)>::all(
        format!(
            "SELECT m.user_id, {ROLE}, m.is_active, m.banned_at FROM community_members m \
             WHERE m.community_id = $1 AND m.user_id IN ({list})"
        ),
        params,
    );
    found.map(|found| {
        let past = |(user, role, is_active, banned_at)| (user, Past::new(role, is_active, banned_at));
        found.into_iter().map(past).collect()
    })
}

/// The roles of a user in some communities.
pub fn roles(user: UserId, communities: &[CommunityId]) -> Query<Vec<(CommunityId, CommunityRole)>> {
    if communities.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(2, communities.len());
    let mut params = vec![user.into()];
    params.extend(padded(communities.iter().map(|id| Value::from(*id))));
    Query::all(
        format!(
            "SELECT m.community_id, {ROLE} FROM community_members m \
             WHERE m.user_id = $1 AND m.community_id IN ({list}) AND m.is_active"
        ),
        params,
    )
}

/// A page of members in order of joining. `stranger` is a user who is not a member, and to whom members are not
/// shown from whom a block separates them.
pub fn page(
    community: CommunityId,
    stranger: Option<UserId>,
    limit: i64,
    offset: i64,
) -> Query<Vec<CommunityMember>> {
    let mut params = vec![community.into(), limit.into(), offset.into()];
    let mut condition = String::new();
    if let Some(stranger) = stranger {
        params.push(stranger.into());
        condition = format!(" AND {}", not_blocked("u", 4));
    }
    let columns = CommunityMember::columns();
    Query::all(
        format!(
            "SELECT {columns} FROM community_members m JOIN users u ON u.id = m.user_id \
             WHERE m.community_id = $1 AND {IS_HERE}{condition} ORDER BY m.joined_at, m.id LIMIT $2 OFFSET $3"
        ),
        params,
    )
}

/// The members other than one, in order of joining, whose accounts can be used: those with this role, at most one.
pub fn first_with_role(community: CommunityId, role: CommunityRole, except: UserId) -> Query<Option<UserId>> {
    Query::optional(
        "SELECT m.user_id FROM community_members m JOIN users u ON u.id = m.user_id \
         WHERE m.community_id = $1 AND m.is_active AND m.role = $2 AND m.user_id <> $3 AND u.is_active \
           AND u.deleted_at IS NULL ORDER BY m.joined_at, m.id LIMIT 1",
        vec![community.into(), role.into(), except.into()],
    )
}

/// The member with this id of a membership or of a user.
pub fn find(community: CommunityId, id: UserId) -> Query<Option<CommunityMember>> {
    let columns = CommunityMember::columns();
    Query::optional(
        format!(
            "SELECT {columns} FROM community_members m JOIN users u ON u.id = m.user_id \
             WHERE m.community_id = $1 AND (m.id = $2 OR m.user_id = $2) AND {IS_HERE}"
        ),
        vec![community.into(), id.into()],
    )
}

/// A membership to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommunityMember {
    /// The id of the membership.
    pub id: CommunityMemberId,
    /// Whose.
    pub user_id: UserId,
    /// What this user may do.
    pub role: CommunityRole,
    /// Since when.
    pub joined_at: Timestamp,
}

/// Begins memberships, which have ended or are new.
///
/// # Errors
/// [`StoreError::Conflict`] when one of the users is a member already.
pub fn join(
    tx: &mut Tx<'_>,
    community: CommunityId,
    members: &[NewCommunityMember],
) -> Result<(), StoreError> {
    // Locks the community first, so that nobody else changes its members.
    change_count(tx, community, i64::try_from(members.len()).unwrap_or(i64::MAX))?;
    for member in members {
        let begun = tx.execute(
            "UPDATE community_members SET is_active = TRUE, role = $3, joined_at = $4, left_at = NULL, banned_at = NULL \
             WHERE community_id = $1 AND user_id = $2 AND is_active = FALSE",
            &[community.into(), member.user_id.into(), member.role.into(), member.joined_at.into()],
        )?;
        if begun == 0 {
            let row = vec![
                ("id", member.id.into()),
                ("community_id", community.into()),
                ("user_id", member.user_id.into()),
                ("role", member.role.into()),
                ("joined_at", member.joined_at.into()),
            ];
            tx.insert_into("community_members", row)?;
        }
    }
    Ok(())
}

/// Ends a membership, with a ban or without; returns whether it was active.
pub fn leave(
    tx: &mut Tx<'_>,
    community: CommunityId,
    user: UserId,
    is_ban: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = tx.execute(
        "UPDATE community_members SET is_active = FALSE, left_at = $3, banned_at = $4 \
         WHERE community_id = $1 AND user_id = $2 AND is_active",
        &[community.into(), user.into(), now.into(), is_ban.then_some(now).into()],
    )?;
    if ended > 0 {
        change_count(tx, community, -1)?;
    }
    Ok(ended > 0)
}

/// Changes the role of a member.
pub fn set_role(
    tx: &mut Tx<'_>,
    community: CommunityId,
    user: UserId,
    role: CommunityRole,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE community_members SET role = $3 WHERE community_id = $1 AND user_id = $2 AND is_active",
        &[community.into(), user.into(), role.into()],
    )?;
    Ok(())
}

fn change_count(tx: &mut Tx<'_>, community: CommunityId, change: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE communities SET member_count = member_count + $2 WHERE id = $1",
        &[community.into(), change.into()],
    )?;
    Ok(())
}
