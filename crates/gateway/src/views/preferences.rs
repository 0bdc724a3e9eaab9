//! The preferences of users.

use super::address::address;
use meeshy_chat::model::{ConversationCategory, PreferenceDocuments, Setting, User};
use meeshy_domain::UserId;
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
