//! Users, for others.

use super::address::address;
use meeshy_chat::{PublicProfile, UserFigures};
use meeshy_wire as wire;

pub fn public_user(PublicProfile { user, seen }: PublicProfile) -> wire::PublicUser {
    wire::PublicUser {
        id: user.id,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
        banner: address(user.details.banner.as_deref()),
        bio: user.bio,
        role: user.role,
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
        languages: user.languages,
        is_active: user.is_active,
        deactivated_at: user.deactivated_at.map(Into::into),
        created_at: user.created_at.into(),
        updated_at: user.updated_at.into(),
        email: "",
        is_anonymous: false,
        is_meeshyer: true,
    }
}

pub fn user_page(PublicProfile { user, seen }: PublicProfile) -> wire::UserPage {
    wire::UserPage {
        id: user.id,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
        bio: user.bio,
        role: user.role,
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
        created_at: user.created_at.into(),
    }
}

pub fn user_stats(UserFigures { profile, figures }: UserFigures) -> wire::UserStats {
    wire::UserStats {
        messages_sent: figures.messages_sent,
        messages_received: figures.messages.saturating_sub(figures.messages_sent).max(0),
        conversations_count: figures.direct_conversations,
        groups_count: figures.groups,
        total_conversations: figures.direct_conversations.saturating_add(figures.groups),
        last_activity: profile.seen.last_active_at.map(Into::into),
    }
}
