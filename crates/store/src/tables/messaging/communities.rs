//! Communities: groups of users with conversations of their own.

use super::community_members::Past;
use super::community_names::{self, MAX_FOUND};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{CommunityId, CommunityRole, Role, Timestamp, UserId};

/// Open conversations of the community `c`, counted up to 1,000.
const CONVERSATIONS: &str = "(SELECT count(*) FROM (SELECT 1 AS one FROM conversations k \
    WHERE k.community_id = c.id AND k.is_active LIMIT 1000) counted)";

record! {
    /// A community.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Community as "c" {
        /// Its id.
        pub id: CommunityId,
        /// Its unique name in URLs, such as `mshy_gardeners`.
        pub identifier: String,
        /// Its name.
        pub name: String = "coalesce(c.display_name, c.name)",
        /// Its description.
        pub description: Option<String>,
        /// The URL of its picture.
        pub avatar: Option<String>,
        /// The URL of its banner.
        pub banner: Option<String>,
        /// Whether only its members can see it.
        pub is_private: bool,
        /// The user who created it.
        pub created_by: UserId,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// The number of active memberships.
        pub member_count: i64,
        /// The number of its open conversations, up to 1,000.
        pub conversation_count: i64 = CONVERSATIONS,
    }
}

/// Which community is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// The one with this id.
    Id(CommunityId),
    /// The one with this identifier.
    Identifier(&'a str),
}

/// A community as a user finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The community.
    pub community: Community,
    /// The user's role on the server.
    pub site_role: Role,
    /// The membership that the user has or had in it.
    pub past: Option<Past>,
}

/// A community that exists, and the membership of a user in it.
pub fn find(reference: Reference<'_>, user: UserId) -> Query<Option<Found>> {
    type Columns = (Community, Role, Option<CommunityRole>, Option<bool>, Option<Timestamp>);
    let (column, value) = match reference {
        Reference::Id(id) => ("c.id", Value::from(id)),
        Reference::Identifier(identifier) => ("c.identifier", identifier.into()),
    };
    let found = Query::<Columns>::optional(
        format!(
            "SELECT {}, u.role, {}, m.is_active, m.banned_at FROM communities c JOIN users u ON u.id = $2 \
             LEFT JOIN community_members m ON m.community_id = c.id AND m.user_id = u.id \
             WHERE {column} = $1 AND c.is_active",
            Community::columns(),
            super::community_members::ROLE,
        ),
        vec![value, user.into()],
    );
    found.map(|found| {
        found.map(|(community, site_role, role, is_active, banned_at)| {
            let past = role.zip(is_active).map(|(role, is_active)| Past::new(role, is_active, banned_at));
            Found { community, site_role, past }
        })
    })
}

/// Whether a community, deleted or not, has this identifier.
pub fn identifier_is_taken(identifier: &str) -> Query<bool> {
    let found = Query::<()>::optional(
        "SELECT 1 AS one FROM communities WHERE identifier = $1",
        vec![identifier.into()],
    );
    found.map(|found| found.is_some())
}

/// The number of communities that a user has created and not deleted.
pub fn created_by(user: UserId) -> Query<i64> {
    let sql = "SELECT count(*) AS total FROM communities c WHERE c.created_by = $1 AND c.is_active";
    Query::one(sql, vec![user.into()])
}

/// Adds a community without members.
///
/// # Errors
/// [`StoreError::Conflict`] when the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, community: &Community) -> Result<(), StoreError> {
    let row = vec![
        ("id", community.id.into()),
        ("identifier", (&community.identifier).into()),
        ("name", (&community.name).into()),
        ("description", community.description.as_ref().into()),
        ("avatar", community.avatar.as_ref().into()),
        ("banner", community.banner.as_ref().into()),
        ("is_private", community.is_private.into()),
        ("created_by", community.created_by.into()),
        ("created_at", community.created_at.into()),
        ("updated_at", community.updated_at.into()),
    ];
    tx.insert_into("communities", row)?;
    community_names::set(tx, community.id, &community.identifier, &community.name)
}

/// Makes other changes of a community wait until this transaction ends.
pub fn lock(tx: &mut Tx<'_>, id: CommunityId) -> Result<(), StoreError> {
    tx.execute("UPDATE communities SET updated_at = updated_at WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Changes the attributes that its creator can change.
///
/// # Errors
/// [`StoreError::Conflict`] when the identifier is taken.
pub fn update(tx: &mut Tx<'_>, community: &Community) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE communities SET identifier = $2, name = $3, display_name = NULL, description = $4, avatar = $5, banner = $6, \
           is_private = $7, updated_at = $8 WHERE id = $1",
        &[
            community.id.into(),
            (&community.identifier).into(),
            (&community.name).into(),
            community.description.as_ref().into(),
            community.avatar.as_ref().into(),
            community.banner.as_ref().into(),
            community.is_private.into(),
            community.updated_at.into(),
        ],
    )?;
    community_names::set(tx, community.id, &community.identifier, &community.name)
}

/// Makes another user the creator of a community.
pub fn set_creator(tx: &mut Tx<'_>, id: CommunityId, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE communities SET created_by = $2, updated_at = $3 WHERE id = $1",
        &[id.into(), user.into(), now.into()],
    )?;
    Ok(())
}

/// Deletes a community: nobody sees it any more. Its row and its identifier stay.
pub fn delete(tx: &mut Tx<'_>, id: CommunityId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE communities SET is_active = FALSE, deleted_at = $2, updated_at = $2 WHERE id = $1",
        &[id.into(), now.into()],
    )?;
    tx.execute("DELETE FROM community_invites WHERE community_id = $1", &[id.into()]).map(drop)
}

/// A page of communities, and the number of all.
type List = (Query<Vec<Community>>, Query<i64>);

/// The communities that a user has created or joined, the newest first; with a text, those whose names match it.
pub fn of_user(user: UserId, name: Option<&str>, limit: i64, offset: i64) -> List {
    let mut params: Vec<Value> = vec![user.into()];
    let mut condition = "c.is_active AND c.id IN \
        (SELECT m.community_id FROM community_members m WHERE m.user_id = $1 AND m.is_active \
         UNION SELECT o.id FROM communities o WHERE o.created_by = $1 AND o.is_active)"
        .to_owned();
    if let Some(name) = name {
        let Some((matches, words)) = community_names::matching("c.id", name, 2) else { return nothing() };
        condition += &matches;
        params.extend(words);
    }
    let total =
        Query::one(format!("SELECT count(*) AS total FROM communities c WHERE {condition}"), params.clone());
    (page(&condition, "c.created_at DESC, c.id DESC", params, limit, offset), total)
}

/// Public communities whose names match a text, the largest first, and their number, up to 1,000.
pub fn search(text: &str, limit: i64, offset: i64) -> List {
    let Some((found, mut params)) = community_names::public(text, 1) else { return nothing() };
    let total = Query::one(format!("SELECT count(DISTINCT f.id) AS total FROM ({found}) f"), params.clone());
    let (limit_at, offset_at) = (params.len() + 1, params.len() + 2);
    params.extend([limit.into(), offset.into()]);
    // `CROSS JOIN` keeps SQLite from reading all communities first.
    let page = Query::all(
        format!(
            "SELECT {columns} FROM (SELECT DISTINCT f.id, f.size FROM ({found}) f \
               ORDER BY f.size DESC, f.id LIMIT ${limit_at} OFFSET ${offset_at}) p \
             CROSS JOIN communities c WHERE c.id = p.id ORDER BY p.size DESC, p.id",
            columns = Community::columns()
        ),
        params,
    );
    (page, total)
}

/// Public communities that were created before `now`, the newest first, and their number, up to 1,000.
pub fn newest(now: Timestamp, limit: i64, offset: i64) -> List {
    let condition = "c.is_active AND NOT c.is_private AND c.created_at <= $1";
    let total = Query::one(
        format!(
            "SELECT count(*) AS total FROM (SELECT 1 AS one FROM communities c WHERE {condition} \
               ORDER BY c.created_at DESC LIMIT {MAX_FOUND}) f"
        ),
        vec![now.into()],
    );
    (page(condition, "c.created_at DESC, c.id DESC", vec![now.into()], limit, offset), total)
}

fn page(
    condition: &str,
    order: &str,
    mut params: Vec<Value>,
    limit: i64,
    offset: i64,
) -> Query<Vec<Community>> {
    let (limit_at, offset_at) = (params.len() + 1, params.len() + 2);
    params.extend([limit.into(), offset.into()]);
    let columns = Community::columns();
    Query::all(
        format!(
            "SELECT {columns} FROM communities c WHERE {condition} ORDER BY {order} LIMIT ${limit_at} OFFSET ${offset_at}"
        ),
        params,
    )
}

fn nothing() -> List {
    (Query::known(Vec::new()), Query::known(0))
}
