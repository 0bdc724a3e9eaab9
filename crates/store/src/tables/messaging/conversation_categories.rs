//! Categories into which users sort their conversations.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{CategoryId, Timestamp, UserId};

record! {
    /// A category.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ConversationCategory in conversation_categories {
        /// Its id.
        pub id: CategoryId,
        /// The user who sorts conversations into it.
        pub user_id: UserId,
        /// Its name.
        pub name: String,
        /// Its colour.
        pub color: Option<String>,
        /// The name of its icon, or an emoji.
        pub icon: Option<String>,
        /// Its place in the list.
        pub position: i64,
        /// Whether its conversations are shown.
        pub is_expanded: bool,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// The categories of a user in their order, and their total.
pub fn list(user: UserId, limit: i64, offset: i64) -> (Query<Vec<ConversationCategory>>, Query<i64>) {
    let page = Query::all(
        format!(
            "SELECT {} FROM conversation_categories WHERE user_id = $1 ORDER BY position, id LIMIT $2 OFFSET $3",
            ConversationCategory::columns()
        ),
        vec![user.into(), limit.into(), offset.into()],
    );
    let total = "SELECT count(*) AS total FROM conversation_categories WHERE user_id = $1";
    (page, Query::one(total, vec![user.into()]))
}

/// A category of a user.
pub fn find(user: UserId, id: CategoryId) -> Query<Option<ConversationCategory>> {
    Query::optional(
        format!(
            "SELECT {} FROM conversation_categories WHERE id = $2 AND user_id = $1",
            ConversationCategory::columns()
        ),
        vec![user.into(), id.into()],
    )
}

/// The number of categories of a user, and the place after the last one.
pub fn end(tx: &mut Tx<'_>, user: UserId) -> Result<(i64, i64), StoreError> {
    tx.fetch_one(
        "SELECT count(*), coalesce(max(position), -1) + 1 FROM conversation_categories WHERE user_id = $1",
        &[user.into()],
    )
}

/// Adds a category.
pub fn insert(tx: &mut Tx<'_>, category: &ConversationCategory) -> Result<(), StoreError> {
    tx.insert(category)
}

/// Stores a changed category.
pub fn update(tx: &mut Tx<'_>, category: &ConversationCategory) -> Result<(), StoreError> {
    let ConversationCategory { id, name, color, icon, position, is_expanded, updated_at, .. } = category;
    tx.execute(
        "UPDATE conversation_categories SET name = $2, color = $3, icon = $4, position = $5, is_expanded = $6, \
           updated_at = $7 WHERE id = $1",
        &[
            (*id).into(),
            name.into(),
            color.as_ref().into(),
            icon.as_ref().into(),
            (*position).into(),
            (*is_expanded).into(),
            (*updated_at).into(),
        ],
    )?;
    Ok(())
}

/// Moves a category of a user to another place; returns whether there is such a category.
pub fn place(
    tx: &mut Tx<'_>,
    user: UserId,
    id: CategoryId,
    position: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql =
        "UPDATE conversation_categories SET position = $3, updated_at = $4 WHERE id = $2 AND user_id = $1";
    Ok(tx.execute(sql, &[user.into(), id.into(), position.into(), now.into()])? == 1)
}

/// Removes a category of a user; its conversations are in no category any more. Returns whether there was one.
pub fn remove(tx: &mut Tx<'_>, user: UserId, id: CategoryId) -> Result<bool, StoreError> {
    let params = [user.into(), id.into()];
    // A soft reference.
    tx.execute(
        "UPDATE community_preferences SET category_id = NULL WHERE user_id = $1 AND category_id = $2",
        &params,
    )?;
    Ok(tx.execute("DELETE FROM conversation_categories WHERE id = $2 AND user_id = $1", &params)? == 1)
}
