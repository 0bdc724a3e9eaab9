//! What users prefer for single communities.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{PreferencesId, Timestamp, UserId};

record! {
    /// The preferences of a user for a community.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommunityPreferences in community_preferences {
        /// Their id.
        pub id: PreferencesId,
        /// The user.
        pub user_id: UserId,
        /// The community.
        pub community_id: String,
        /// Pinned.
        pub is_pinned: bool,
        /// Muted.
        pub is_muted: bool,
        /// Archived.
        pub is_archived: bool,
        /// Not shown, without leaving it.
        pub is_hidden: bool,
        /// What the user is notified of: `all`, `mentions` or `none`.
        pub notification_level: String,
        /// A custom name.
        pub custom_name: Option<String>,
        /// The category into which the user has sorted it. It may not exist.
        pub category_id: Option<String>,
        /// The place in the category.
        pub order_in_category: Option<i64>,
        /// When they were first set.
        pub created_at: Timestamp,
        /// When they were last changed.
        pub updated_at: Timestamp,
    }
}

/// Whether a user is a member of an open community.
pub fn is_member(user: UserId, community: &str) -> Query<bool> {
    let found = Query::<i64>::one(
        "SELECT count(*) AS total FROM community_members m JOIN communities k ON k.id = m.community_id \
         WHERE m.community_id = $2 AND m.user_id = $1 AND m.is_active AND k.is_active",
        vec![user.into(), community.into()],
    );
    found.map(|count| count > 0)
}

/// The preferences of a user for a community.
pub fn find(user: UserId, community: &str) -> Query<Option<CommunityPreferences>> {
    Query::optional(
        format!(
            "SELECT {} FROM community_preferences WHERE user_id = $1 AND community_id = $2",
            CommunityPreferences::columns()
        ),
        vec![user.into(), community.into()],
    )
}

/// A page of the preferences of a user for all communities, and their total.
pub fn list(user: UserId, limit: i64, offset: i64) -> (Query<Vec<CommunityPreferences>>, Query<i64>) {
    let page = Query::all(
        format!(
            "SELECT {} FROM community_preferences WHERE user_id = $1 ORDER BY community_id LIMIT $2 OFFSET $3",
            CommunityPreferences::columns()
        ),
        vec![user.into(), limit.into(), offset.into()],
    );
    let total = "SELECT count(*) AS total FROM community_preferences WHERE user_id = $1";
    (page, Query::one(total, vec![user.into()]))
}

/// Stores preferences in place of earlier ones.
pub fn put(tx: &mut Tx<'_>, preferences: &CommunityPreferences) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM community_preferences WHERE user_id = $1 AND community_id = $2",
        &[preferences.user_id.into(), (&preferences.community_id).into()],
    )?;
    tx.insert(preferences)
}

/// Removes the preferences of a user for a community; returns whether there were any.
pub fn remove(tx: &mut Tx<'_>, user: UserId, community: &str) -> Result<bool, StoreError> {
    let params: [Value; 2] = [user.into(), community.into()];
    let sql = "DELETE FROM community_preferences WHERE user_id = $1 AND community_id = $2";
    Ok(tx.execute(sql, &params)? > 0)
}
