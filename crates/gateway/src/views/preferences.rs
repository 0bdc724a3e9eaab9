//! The preferences of users.

use super::address::address;
use meeshy_chat::model::{
    CommunityPreferences, ConversationCategory, ConversationPreferences, PreferenceDocuments, Setting, User,
};
use meeshy_domain::{ConversationId, UserId};
use meeshy_wire as wire;

/// The preferences of all categories.
pub fn preferences(documents: &PreferenceDocuments) -> wire::Preferences {
    wire::Preferences {
        privacy: documents.read(),
        audio: documents.read(),
        message: documents.read(),
        notification: documents.read(),
        video: documents.read(),
        document: documents.read(),
        application: documents.read(),
    }
}

pub fn my_account(user: User) -> wire::MyAccount {
    wire::MyAccount {
        id: user.id,
        username: user.username,
        email: user.email,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
        role: user.role,
    }
}

pub fn setting(user_id: UserId, setting: Setting) -> wire::Setting {
    wire::Setting {
        id: setting.id,
        user_id,
        key: setting.key,
        value: setting.value,
        value_type: "string",
        created_at: setting.created_at.into(),
        updated_at: setting.updated_at.into(),
    }
}

pub fn category(category: ConversationCategory) -> wire::ConversationCategory {
    wire::ConversationCategory {
        id: category.id,
        user_id: category.user_id,
        name: category.name,
        color: category.color,
        icon: category.icon,
        order: category.position,
        is_expanded: category.is_expanded,
        created_at: category.created_at.into(),
        updated_at: category.updated_at.into(),
    }
}

/// The preferences for a conversation, or their defaults.
pub fn conversation_preferences(
    user_id: UserId,
    conversation_id: ConversationId,
    set: Option<ConversationPreferences>,
) -> wire::OwnConversationPreferences {
    let shown = set.as_ref().map(|set| set.shown.clone()).unwrap_or_default();
    let category = set.as_ref().and_then(|set| set.category.clone());
    wire::OwnConversationPreferences {
        id: set.as_ref().map(|set| set.id),
        user_id,
        conversation_id,
        is_pinned: shown.is_pinned,
        is_muted: shown.is_muted,
        is_archived: shown.is_archived,
        // Stored by the old system or by this one, as a list of texts.
        tags: set.as_ref().and_then(|set| serde_json::from_str(&set.tags).ok()).unwrap_or_default(),
        category_id: category.as_ref().map(|category| category.id),
        order_in_category: set.as_ref().and_then(|set| set.order_in_category),
        custom_name: shown.custom_name,
        reaction: shown.reaction,
        is_default: set.is_none(),
        created_at: set.as_ref().map(|set| set.created_at.into()),
        updated_at: set.as_ref().map(|set| set.updated_at.into()),
        category: category.map(|category| wire::CategoryLabel {
            id: category.id,
            name: category.name,
            color: category.color,
            icon: category.icon,
        }),
    }
}

pub fn community_preferences(set: CommunityPreferences) -> wire::OwnCommunityPreferences {
    wire::OwnCommunityPreferences {
        id: Some(set.id),
        user_id: set.user_id,
        community_id: set.community_id,
        is_pinned: set.is_pinned,
        is_muted: set.is_muted,
        is_archived: set.is_archived,
        is_hidden: set.is_hidden,
        notification_level: set.notification_level,
        custom_name: set.custom_name,
        category_id: set.category_id,
        order_in_category: set.order_in_category,
        is_default: false,
        created_at: Some(set.created_at.into()),
        updated_at: Some(set.updated_at.into()),
    }
}

/// The preferences for a community for which none are set.
pub fn default_community_preferences(user_id: UserId, community_id: String) -> wire::OwnCommunityPreferences {
    wire::OwnCommunityPreferences {
        id: None,
        user_id,
        community_id,
        is_pinned: false,
        is_muted: false,
        is_archived: false,
        is_hidden: false,
        notification_level: "all".to_owned(),
        custom_name: None,
        category_id: None,
        order_in_category: None,
        is_default: true,
        created_at: None,
        updated_at: None,
    }
}
