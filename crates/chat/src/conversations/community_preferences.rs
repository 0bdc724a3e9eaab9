//! What a member prefers for a community.

use super::categories::{category_id, check_known, custom_name};
use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{UserId, limits};
use meeshy_store::community_preferences::{self as stored, CommunityPreferences as Stored};
use meeshy_store::{StoreError, Tx, attempts};
use std::sync::Arc;

/// The levels of notifications.
const LEVELS: [&str; 3] = ["all", "mentions", "none"];

/// Changes to the preferences of a user for a community; `None` leaves one unchanged.
#[derive(Debug, Clone, Default)]
pub struct CommunityPreferencesPatch {
    /// Pinned.
    pub is_pinned: Option<bool>,
    /// Muted.
    pub is_muted: Option<bool>,
    /// Archived.
    pub is_archived: Option<bool>,
    /// Not shown.
    pub is_hidden: Option<bool>,
    /// `all`, `mentions` or `none`.
    pub notification_level: Option<String>,
    /// A custom name; `Some(None)` or an empty text clears it.
    pub custom_name: Option<Option<String>>,
    /// The category; `Some(None)` takes the community out of it.
    pub category: Option<Option<String>>,
    /// The place in the category; `Some(None)` clears it.
    pub order_in_category: Option<Option<i64>>,
}

/// The preferences of users for communities. Cheap to clone.
#[derive(Clone)]
pub struct CommunityPreferences {
    context: Arc<Context>,
}

impl CommunityPreferences {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// A page of the caller's preferences for all communities, and their total.
    pub async fn list(
        &self,
        caller: UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Stored>, i64), ChatError> {
        let read = move |tx: &mut Tx<'_>| tx.fetch(stored::list(caller, limit, offset));
        Ok(self.context.store.read(read).await?)
    }

    /// The caller's preferences for a community, if any are set.
    ///
    /// # Errors
    /// When the caller is not a member of such a community.
    pub async fn get(&self, caller: UserId, community: &str) -> Result<Option<Stored>, ChatError> {
        let community = community.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let (is_member, found) =
                tx.fetch((stored::is_member(caller, &community), stored::find(caller, &community)))?;
            if is_member { Ok(found) } else { Err(MISSING) }
        };
        self.context.store.read(read).await
    }

    /// Changes the caller's preferences for a community.
    ///
    /// # Errors
    /// When a field is invalid, or the caller is not a member of such a community.
    pub async fn set(
        &self,
        caller: UserId,
        community: &str,
        patch: CommunityPreferencesPatch,
    ) -> Result<Stored, ChatError> {
        let custom_name = patch.custom_name.as_ref().map(|name| custom_name(name.as_deref())).transpose()?;
        let category = |id: &Option<String>| id.as_deref().map(category_id).transpose();
        let category = patch.category.as_ref().map(category).transpose()?;
        if patch.notification_level.as_deref().is_some_and(|level| !LEVELS.contains(&level)) {
            let problem = format!("expected one of {}", LEVELS.join(", "));
            return Err(ChatError::invalid("notificationLevel", problem));
        }
        let (context, community) = (Arc::clone(&self.context), community.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let before = found_or_none_yet(&context, tx, caller, &community)?;
            if let Some(Some(category)) = category {
                check_known(tx, caller, category)?;
            }
            let after = Stored {
                is_pinned: patch.is_pinned.unwrap_or(before.is_pinned),
                is_muted: patch.is_muted.unwrap_or(before.is_muted),
                is_archived: patch.is_archived.unwrap_or(before.is_archived),
                is_hidden: patch.is_hidden.unwrap_or(before.is_hidden),
                notification_level: patch.notification_level.clone().unwrap_or(before.notification_level),
                custom_name: custom_name.clone().unwrap_or(before.custom_name),
                category_id: match category {
                    Some(category) => category.map(|category| category.to_string()),
                    None => before.category_id,
                },
                order_in_category: patch.order_in_category.unwrap_or(before.order_in_category),
                updated_at: context.now(),
                ..before
            };
            stored::put(tx, &after)?;
            Ok(after)
        };
        self.context.store.write(write).await
    }

    /// Removes the caller's preferences for a community.
    ///
    /// # Errors
    /// When none were set.
    pub async fn clear(&self, caller: UserId, community: &str) -> Result<(), ChatError> {
        let community = community.to_owned();
        let write = move |tx: &mut Tx<'_>| stored::remove(tx, caller, &community);
        let is_removed = self.context.store.write::<_, StoreError>(write).await?;
        is_removed.then_some(()).ok_or(ChatError::NotFound { what: "preference" })
    }

    /// Sets the places of communities in their categories; those of which the caller is not a member are left out.
    ///
    /// # Errors
    /// When there are too many.
    pub async fn reorder(&self, caller: UserId, places: Vec<(String, i64)>) -> Result<(), ChatError> {
        if places.len() > limits::REORDERED {
            return Err(ChatError::invalid("updates", format!("at most {} items", limits::REORDERED)));
        }
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            for (community, place) in &places {
                match found_or_none_yet(&context, tx, caller, community) {
                    Ok(before) => {
                        let order_in_category = Some(*place);
                        stored::put(tx, &Stored { order_in_category, updated_at: context.now(), ..before })?;
                    }
                    Err(ChatError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        self.context.store.write(write).await
    }
}

const MISSING: ChatError = ChatError::NotFound { what: "community" };

/// The preferences of a member, or their defaults.
fn found_or_none_yet(
    context: &Context,
    tx: &mut Tx<'_>,
    user_id: UserId,
    community: &str,
) -> Result<Stored, ChatError> {
    let (is_member, found) =
        tx.fetch((stored::is_member(user_id, community), stored::find(user_id, community)))?;
    if !is_member {
        return Err(MISSING);
    }
    let now = context.now();
    Ok(found.unwrap_or_else(|| Stored {
        id: context.new_id(),
        user_id,
        community_id: community.to_owned(),
        is_pinned: false,
        is_muted: false,
        is_archived: false,
        is_hidden: false,
        notification_level: "all".to_owned(),
        custom_name: None,
        category_id: None,
        order_in_category: None,
        created_at: now,
        updated_at: now,
    }))
}
