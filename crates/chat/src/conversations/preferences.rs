//! What a member prefers for a conversation: a pin, silence, a name of their own, a category.

use super::Conversations;
use super::categories::{check_known, custom_name, symbol};
use crate::ChatError;
use crate::access::find_as_member;
use meeshy_domain::{CategoryId, ConversationId, UserId, limits, text};
use meeshy_store::conversation_preferences::{self, ConversationPreferences};
use meeshy_store::conversations::Preferences;
use meeshy_store::{StoreError, Tx, attempts};

/// Changes to the preferences of a user for a conversation; `None` leaves one unchanged.
#[derive(Debug, Clone, Default)]
pub struct ConversationPreferencesPatch {
    /// Pinned.
    pub is_pinned: Option<bool>,
    /// Muted.
    pub is_muted: Option<bool>,
    /// Archived.
    pub is_archived: Option<bool>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// The category; `Some(None)` takes the conversation out of it.
    pub category: Option<Option<String>>,
    /// The place in the category; `Some(None)` clears it.
    pub order_in_category: Option<Option<i64>>,
    /// A custom name; `Some(None)` or an empty text clears it.
    pub custom_name: Option<Option<String>>,
    /// A custom emoji; `Some(None)` or an empty text clears it.
    pub reaction: Option<Option<String>>,
}

impl Conversations {
    /// A page of the caller's preferences for all conversations, and their total.
    pub async fn list_preferences(
        &self,
        caller: UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ConversationPreferences>, i64), ChatError> {
        let read = move |tx: &mut Tx<'_>| tx.fetch(conversation_preferences::list(caller, limit, offset));
        Ok(self.context.store.read(read).await?)
    }

    /// The id of a conversation, and the caller's preferences for it, if any are set.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn preferences(
        &self,
        caller: UserId,
        reference: &str,
    ) -> Result<(ConversationId, Option<ConversationPreferences>), ChatError> {
        let reference = reference.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let id = find_as_member(tx, caller, &reference)?.id;
            Ok::<_, ChatError>((id, tx.fetch(conversation_preferences::find(caller, id))?))
        };
        self.context.store.read(read).await
    }

    /// Changes the caller's preferences for a conversation.
    ///
    /// # Errors
    /// When a field is invalid, it does not exist, or the caller is not a member.
    pub async fn set_preferences(
        &self,
        caller: UserId,
        reference: &str,
        patch: ConversationPreferencesPatch,
    ) -> Result<ConversationPreferences, ChatError> {
        let checked = Checked::new(patch)?;
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let id = find_as_member(tx, caller, &reference)?.id;
            attempts::lock(tx, caller)?;
            let found = tx.fetch(conversation_preferences::find(caller, id))?;
            let before = found.unwrap_or_else(|| service.none_yet(id));
            let category = match checked.category {
                Some(category) => category,
                None => before.category.as_ref().map(|category| category.id),
            };
            if let Some(category) = category {
                check_known(tx, caller, category)?;
            }
            let after = checked.applied(before, service.context.now());
            conversation_preferences::put(tx, caller, &after, category)?;
            let stored = tx.fetch(conversation_preferences::find(caller, id))?;
            Ok(stored.unwrap_or(after))
        };
        self.context.store.write(write).await
    }

    fn none_yet(&self, conversation_id: ConversationId) -> ConversationPreferences {
        let now = self.context.now();
        ConversationPreferences {
            id: self.context.new_id(),
            conversation_id,
            shown: Preferences::default(),
            tags: "[]".to_owned(),
            order_in_category: None,
            created_at: now,
            updated_at: now,
            category: None,
        }
    }

    /// Removes the caller's preferences for a conversation.
    ///
    /// # Errors
    /// When it does not exist, the caller is not a member, or none were set.
    pub async fn clear_preferences(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (reference, now) = (reference.to_owned(), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            let id = find_as_member(tx, caller, &reference)?.id;
            let is_removed = conversation_preferences::remove(tx, caller, id, now)?;
            is_removed.then_some(()).ok_or(ChatError::NotFound { what: "preference" })
        };
        self.context.store.write(write).await
    }

    /// Sets the places of conversations in their categories; those of which the caller is not a member are left out.
    ///
    /// # Errors
    /// When an id is invalid, or there are too many.
    pub async fn reorder(&self, caller: UserId, places: Vec<(String, i64)>) -> Result<(), ChatError> {
        if places.len() > limits::REORDERED {
            return Err(ChatError::invalid("updates", format!("at most {} items", limits::REORDERED)));
        }
        let parsed: Result<Vec<(ConversationId, i64)>, ChatError> = places
            .into_iter()
            .map(|(id, place)| {
                let id = id.parse().map_err(|error| ChatError::invalid("conversationId", error))?;
                Ok((id, place))
            })
            .collect();
        let (places, context, now) = (parsed?, std::sync::Arc::clone(&self.context), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            for &(id, place) in &places {
                conversation_preferences::place(tx, context.new_id(), caller, id, place, now)?;
            }
            Ok::<_, StoreError>(())
        };
        Ok(self.context.store.write(write).await?)
    }
}

/// A patch with valid values.
struct Checked {
    patch: ConversationPreferencesPatch,
    tags: Option<String>,
    category: Option<Option<CategoryId>>,
    custom_name: Option<Option<String>>,
    reaction: Option<Option<String>>,
}

impl Checked {
    fn new(patch: ConversationPreferencesPatch) -> Result<Self, ChatError> {
        let category = |id: &Option<String>| {
            let id = id.as_deref().map(str::parse::<CategoryId>).transpose();
            id.map_err(|error| ChatError::invalid("categoryId", error))
        };
        Ok(Self {
            tags: patch.tags.as_deref().map(tags).transpose()?,
            category: patch.category.as_ref().map(category).transpose()?,
            custom_name: patch.custom_name.as_ref().map(|name| custom_name(name.as_deref())).transpose()?,
            reaction: patch.reaction.clone().map(|reaction| symbol("reaction", reaction)).transpose()?,
            patch,
        })
    }

    fn applied(
        &self,
        before: ConversationPreferences,
        now: meeshy_domain::Timestamp,
    ) -> ConversationPreferences {
        let Self { patch, tags, custom_name, reaction, .. } = self;
        let shown = before.shown;
        ConversationPreferences {
            shown: Preferences {
                is_pinned: patch.is_pinned.unwrap_or(shown.is_pinned),
                is_muted: patch.is_muted.unwrap_or(shown.is_muted),
                is_archived: patch.is_archived.unwrap_or(shown.is_archived),
                custom_name: custom_name.clone().unwrap_or(shown.custom_name),
                reaction: reaction.clone().unwrap_or(shown.reaction),
            },
            tags: tags.clone().unwrap_or(before.tags),
            order_in_category: patch.order_in_category.unwrap_or(before.order_in_category),
            updated_at: now,
            ..before
        }
    }
}

/// Tags as they are stored.
fn tags(typed: &[String]) -> Result<String, ChatError> {
    if typed.len() > limits::TAGS {
        return Err(ChatError::invalid("tags", format!("at most {} tags", limits::TAGS)));
    }
    let tags: Result<Vec<String>, _> =
        typed.iter().map(|tag| text::line("tags", tag, limits::SYMBOL_CHARS)).collect();
    Ok(serde_json::json!(tags?).to_string())
}
