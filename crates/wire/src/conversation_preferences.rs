//! What users prefer for single conversations and communities.

use crate::Iso;
use crate::request::present;
use meeshy_domain::{CategoryId, ConversationId, PreferencesId, UserId, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The caller's preferences for a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnConversationPreferences {
    /// `null` if none are set.
    pub id: Option<PreferencesId>,
    pub user_id: UserId,
    pub conversation_id: ConversationId,
    pub is_pinned: bool,
    pub is_muted: bool,
    pub is_archived: bool,
    pub tags: Vec<String>,
    pub category_id: Option<CategoryId>,
    pub order_in_category: Option<i64>,
    pub custom_name: Option<String>,
    pub reaction: Option<String>,
    /// Whether none are set.
    pub is_default: bool,
    pub created_at: Option<Iso>,
    pub updated_at: Option<Iso>,
    pub category: Option<CategoryLabel>,
}

/// A category in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryLabel {
    pub id: CategoryId,
    pub name: String,
    pub color: Option<String>,
    pub icon: Option<String>,
}

/// Changes to the preferences for a conversation; what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "isPinned": true }]))]
pub struct PutConversationPreferences {
    pub is_pinned: Option<bool>,
    pub is_muted: Option<bool>,
    pub is_archived: Option<bool>,
    #[schemars(length(max = limits::TAGS), inner(length(min = 1, max = limits::SYMBOL_CHARS)))]
    pub tags: Option<Vec<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<CategoryId>")]
    pub category_id: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<i32>", range(min = i32::MIN, max = i32::MAX))]
    pub order_in_category: Option<Option<i32>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = limits::TITLE_CHARS))]
    pub custom_name: Option<Option<String>>,
    /// An emoji.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = limits::SYMBOL_CHARS))]
    pub reaction: Option<Option<String>>,
}

/// New places of conversations in their categories.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "updates": [{ "conversationId": "65a0c0ffee0123456789abcd", "orderInCategory": 0 }],
}]))]
pub struct ReorderConversations {
    #[schemars(length(max = limits::REORDERED))]
    pub updates: Vec<ConversationPlace>,
}

/// The place of a conversation in its category.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationPlace {
    #[schemars(with = "ConversationId")]
    pub conversation_id: String,
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub order_in_category: i32,
}

/// The caller's preferences for a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnCommunityPreferences {
    /// `null` if none are set.
    pub id: Option<PreferencesId>,
    pub user_id: UserId,
    pub community_id: String,
    pub is_pinned: bool,
    pub is_muted: bool,
    pub is_archived: bool,
    pub is_hidden: bool,
    pub notification_level: String,
    pub custom_name: Option<String>,
    pub category_id: Option<String>,
    pub order_in_category: Option<i64>,
    /// Whether none are set.
    pub is_default: bool,
    pub created_at: Option<Iso>,
    pub updated_at: Option<Iso>,
}

/// Changes to the preferences for a community; what is missing stays as it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "notificationLevel": "mentions" }]))]
pub struct PutCommunityPreferences {
    pub is_pinned: Option<bool>,
    pub is_muted: Option<bool>,
    pub is_archived: Option<bool>,
    pub is_hidden: Option<bool>,
    #[schemars(extend("enum" = ["all", "mentions", "none", null]))]
    pub notification_level: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = limits::TITLE_CHARS))]
    pub custom_name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<CategoryId>")]
    pub category_id: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<i32>", range(min = i32::MIN, max = i32::MAX))]
    pub order_in_category: Option<Option<i32>>,
}

/// New places of communities in their categories.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "updates": [{ "communityId": "65a0c0ffee0123456789abcd", "orderInCategory": 0 }],
}]))]
pub struct ReorderCommunities {
    #[schemars(length(max = limits::REORDERED))]
    pub updates: Vec<CommunityPlace>,
}

/// The place of a community in its category.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommunityPlace {
    pub community_id: String,
    #[schemars(range(min = i32::MIN, max = i32::MAX))]
    pub order_in_category: i32,
}
