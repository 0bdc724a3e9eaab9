//! What users prefer for single conversations.

use super::conversations::Preferences;
use crate::engine::record::{FromRow, record};
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::{CategoryId, ConversationId, PreferencesId, Timestamp, UserId};

record! {
    /// The preferences of a user for a conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ConversationPreferences as "p" {
        /// Their id.
        pub id: PreferencesId,
        /// The conversation.
        pub conversation_id: ConversationId,
        /// What is shown with the conversation.
        pub shown: Preferences = Preferences::columns(),
        /// The user's tags, as a JSON list.
        pub tags: String,
        /// The place in the category.
        pub order_in_category: Option<i64>,
        /// When they were first set.
        pub created_at: Timestamp,
        /// When they were last changed.
        pub updated_at: Timestamp,
        /// The category into which the user has sorted the conversation.
        pub category: Option<CategoryLabel> = CategoryLabel::columns(),
    }
}

record! {
    /// A category in short.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CategoryLabel as "g" {
        /// Its id.
        pub id: CategoryId,
        /// Its name.
        pub name: String,
        /// Its colour.
        pub color: Option<String>,
        /// The name of its icon, or an emoji.
        pub icon: Option<String>,
    }
}

/// Of an outer join: without a category, all columns are empty.
impl FromRow for Option<CategoryLabel> {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        if row.next_is_null() { Ok(None) } else { CategoryLabel::from_row(row).map(Some) }
    }
}

fn select(condition: &str) -> String {
    format!(
        "SELECT {} FROM conversation_preferences p \
         LEFT JOIN conversation_categories g ON g.id = p.category_id AND g.user_id = p.user_id \
         WHERE p.user_id = $1 AND {condition}",
        ConversationPreferences::columns()
    )
}

/// The preferences of a user for a conversation.
pub fn find(user: UserId, conversation: ConversationId) -> Query<Option<ConversationPreferences>> {
    Query::optional(select("p.conversation_id = $2"), vec![user.into(), conversation.into()])
}

/// A page of the preferences of a user for all conversations, and their total.
pub fn list(user: UserId, limit: i64, offset: i64) -> (Query<Vec<ConversationPreferences>>, Query<i64>) {
    let page = select("TRUE ORDER BY p.conversation_id LIMIT $2 OFFSET $3");
    let total = "SELECT count(*) AS total FROM conversation_preferences WHERE user_id = $1";
    (Query::all(page, vec![user.into(), limit.into(), offset.into()]), Query::one(total, vec![user.into()]))
}

/// Stores preferences in place of earlier ones.
pub fn put(
    tx: &mut Tx<'_>,
    user: UserId,
    preferences: &ConversationPreferences,
    category: Option<CategoryId>,
) -> Result<(), StoreError> {
    let ConversationPreferences { id, conversation_id, shown, tags, order_in_category, updated_at, .. } =
        preferences;
    tx.execute(
        "INSERT INTO conversation_preferences (id, user_id, conversation_id, is_pinned, is_muted, is_archived, custom_name, \
           reaction, tags, category_id, order_in_category, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) \
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET is_pinned = excluded.is_pinned, is_muted = excluded.is_muted, \
           is_archived = excluded.is_archived, custom_name = excluded.custom_name, reaction = excluded.reaction, \
           tags = excluded.tags, category_id = excluded.category_id, order_in_category = excluded.order_in_category, \
           updated_at = excluded.updated_at",
        &[
            (*id).into(),
            user.into(),
            (*conversation_id).into(),
            shown.is_pinned.into(),
            shown.is_muted.into(),
            shown.is_archived.into(),
            shown.custom_name.as_ref().into(),
            shown.reaction.as_ref().into(),
            tags.into(),
            category.into(),
            (*order_in_category).into(),
            (*updated_at).into(),
        ],
    )?;
    Ok(())
}

/// Removes the preferences of a user for a conversation; returns whether there were any. A row that also says which messages
/// the user has cleared away stays for that.
pub fn remove(
    tx: &mut Tx<'_>,
    user: UserId,
    conversation: ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let params: [Value; 2] = [user.into(), conversation.into()];
    let removed = tx.execute(
        "DELETE FROM conversation_preferences WHERE user_id = $1 AND conversation_id = $2 AND NOT is_deleted_for_user \
           AND deleted_for_user_at IS NULL AND clear_history_before IS NULL",
        &params,
    )?;
    if removed > 0 {
        return Ok(true);
    }
    let cleared = tx.execute(
        "UPDATE conversation_preferences SET is_pinned = FALSE, is_muted = FALSE, is_archived = FALSE, custom_name = NULL, \
           reaction = NULL, tags = '[]', category_id = NULL, order_in_category = NULL, updated_at = $3 \
         WHERE user_id = $1 AND conversation_id = $2",
        &[user.into(), conversation.into(), now.into()],
    )?;
    Ok(cleared > 0)
}

/// Sets the place of a conversation in its category, if the user is a member of it; returns whether they are.
pub fn place(
    tx: &mut Tx<'_>,
    id: PreferencesId,
    user: UserId,
    conversation: ConversationId,
    order_in_category: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let placed = tx.execute(
        "INSERT INTO conversation_preferences (id, user_id, conversation_id, order_in_category, created_at, updated_at) \
         SELECT CAST($1 AS TEXT), m.user_id, m.conversation_id, CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($5 AS BIGINT) \
         FROM members m WHERE m.user_id = $2 AND m.conversation_id = $3 AND m.is_active \
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET order_in_category = excluded.order_in_category, \
           updated_at = excluded.updated_at",
        &[id.into(), user.into(), conversation.into(), order_in_category.into(), now.into()],
    )?;
    Ok(placed > 0)
}
