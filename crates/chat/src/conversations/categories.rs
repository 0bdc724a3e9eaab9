//! Categories into which a user sorts conversations.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{CategoryId, UserId, limits, text};
use meeshy_store::conversation_categories::{self, ConversationCategory};
use meeshy_store::{Tx, attempts};
use std::sync::Arc;

/// A new category.
#[derive(Debug, Clone, Default)]
pub struct NewCategory {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub color: Option<String>,
    /// The name of its icon, or an emoji.
    pub icon: Option<String>,
    /// Its place; by default it is the last one.
    pub position: Option<i64>,
    /// Whether its conversations are shown; by default they are.
    pub is_expanded: Option<bool>,
}

/// Changes to a category; `None` leaves a field unchanged.
#[derive(Debug, Clone, Default)]
pub struct CategoryPatch {
    /// Its name.
    pub name: Option<String>,
    /// `Some(None)` clears it.
    pub color: Option<Option<String>>,
    /// `Some(None)` clears it.
    pub icon: Option<Option<String>>,
    /// Its place.
    pub position: Option<i64>,
    /// Whether its conversations are shown.
    pub is_expanded: Option<bool>,
}

/// The categories of users. Cheap to clone.
#[derive(Clone)]
pub struct Categories {
    context: Arc<Context>,
}

const MISSING: ChatError = ChatError::NotFound { what: "category" };

impl Categories {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The caller's categories in their order, and their total.
    pub async fn list(
        &self,
        caller: UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationCategory>, i64), ChatError> {
        let read = move |tx: &mut Tx<'_>| tx.fetch(conversation_categories::list(caller, limit, offset));
        Ok(self.context.store.read(read).await?)
    }

    /// A category of the caller.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn get(&self, caller: UserId, id: &str) -> Result<ConversationCategory, ChatError> {
        let id = category_id(id)?;
        let read = move |tx: &mut Tx<'_>| tx.fetch(conversation_categories::find(caller, id));
        self.context.store.read::<_, meeshy_store::StoreError>(read).await?.ok_or(MISSING)
    }

    /// Adds a category.
    ///
    /// # Errors
    /// When a field is invalid, or the caller has too many.
    pub async fn add(&self, caller: UserId, new: NewCategory) -> Result<ConversationCategory, ChatError> {
        let name = text::line("name", &new.name, limits::CATEGORY_CHARS)?;
        let (color, icon) = (symbol("color", new.color)?, symbol("icon", new.icon)?);
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let (count, end) = conversation_categories::end(tx, caller)?;
            if count >= limits::CATEGORIES {
                return Err(ChatError::invalid("name", format!("at most {} categories", limits::CATEGORIES)));
            }
            let now = context.now();
            let category = ConversationCategory {
                id: context.new_id(),
                user_id: caller,
                name: name.clone(),
                color: color.clone(),
                icon: icon.clone(),
                position: new.position.unwrap_or(end),
                is_expanded: new.is_expanded.unwrap_or(true),
                created_at: now,
                updated_at: now,
            };
            conversation_categories::insert(tx, &category)?;
            Ok(category)
        };
        self.context.store.write(write).await
    }

    /// Changes a category.
    ///
    /// # Errors
    /// When a field is invalid, or there is none with this id.
    pub async fn change(
        &self,
        caller: UserId,
        id: &str,
        patch: CategoryPatch,
    ) -> Result<ConversationCategory, ChatError> {
        let id = category_id(id)?;
        let CategoryPatch { name, color, icon, position, is_expanded } = patch;
        let name = name.map(|name| text::line("name", &name, limits::CATEGORY_CHARS)).transpose()?;
        let color = color.map(|color| symbol("color", color)).transpose()?;
        let icon = icon.map(|icon| symbol("icon", icon)).transpose()?;
        let now = self.context.now();
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let found = tx.fetch(conversation_categories::find(caller, id))?.ok_or(MISSING)?;
            let changed = ConversationCategory {
                name: name.clone().unwrap_or(found.name),
                color: color.clone().unwrap_or(found.color),
                icon: icon.clone().unwrap_or(found.icon),
                position: position.unwrap_or(found.position),
                is_expanded: is_expanded.unwrap_or(found.is_expanded),
                updated_at: now,
                ..found
            };
            conversation_categories::update(tx, &changed)?;
            Ok(changed)
        };
        self.context.store.write(write).await
    }

    /// Removes a category; its conversations are in none any more.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn remove(&self, caller: UserId, id: &str) -> Result<(), ChatError> {
        let id = category_id(id)?;
        let write = move |tx: &mut Tx<'_>| conversation_categories::remove(tx, caller, id);
        let is_removed = self.context.store.write::<_, meeshy_store::StoreError>(write).await?;
        is_removed.then_some(()).ok_or(MISSING)
    }

    /// Puts categories at other places.
    ///
    /// # Errors
    /// When there is none with one of these ids, or there are too many.
    pub async fn reorder(&self, caller: UserId, places: Vec<(String, i64)>) -> Result<(), ChatError> {
        if places.len() > limits::REORDERED {
            return Err(ChatError::invalid("updates", format!("at most {} items", limits::REORDERED)));
        }
        let places: Result<Vec<_>, ChatError> =
            places.into_iter().map(|(id, position)| Ok((category_id(&id)?, position))).collect();
        let (places, now) = (places?, self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            for &(id, position) in &places {
                if !conversation_categories::place(tx, caller, id, position, now)? {
                    return Err(MISSING);
                }
            }
            Ok(())
        };
        self.context.store.write(write).await
    }
}

pub(super) fn category_id(id: &str) -> Result<CategoryId, ChatError> {
    id.parse().map_err(|_| MISSING)
}

/// Fails if a user has no such category.
pub(super) fn check_known(tx: &mut Tx<'_>, user: UserId, id: CategoryId) -> Result<(), ChatError> {
    let known = tx.fetch(conversation_categories::find(user, id))?;
    known.map(drop).ok_or_else(|| ChatError::invalid("categoryId", "there is no such category"))
}

/// A name of the user's own for a conversation or a community; an empty one counts as none.
pub(super) fn custom_name(typed: Option<&str>) -> Result<Option<String>, ChatError> {
    let typed = typed.filter(|typed| !typed.trim().is_empty());
    Ok(typed.map(|typed| text::line("customName", typed, limits::TITLE_CHARS)).transpose()?)
}

/// A colour, an icon or an emoji; an empty one counts as none.
pub(super) fn symbol(field: &'static str, typed: Option<String>) -> Result<Option<String>, ChatError> {
    let typed = typed.filter(|typed| !typed.trim().is_empty());
    Ok(typed.map(|typed| text::line(field, &typed, limits::SYMBOL_CHARS)).transpose()?)
}
