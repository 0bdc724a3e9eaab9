//! Links by which people join conversations.

use super::address::address;
use meeshy_chat::model::{Conversation, ShareLink, User};
use meeshy_chat::{GuestRules, LinkFigures, LinkView, NewShareLink, OwnLinkView, ShareLinkPatch};
use meeshy_wire as wire;

/// What a client asks for, with the default of what it leaves out.
pub fn new_share_link(asked: wire::CreateShareLink) -> NewShareLink {
    let usual = GuestRules::default();
    NewShareLink {
        name: asked.name,
        description: asked.description,
        max_uses: asked.max_uses,
        max_concurrent_users: asked.max_concurrent_users,
        max_unique_sessions: asked.max_unique_sessions,
        expires_at: asked.expires_at.map(|time| time.0),
        guests: GuestRules {
            allow_messages: asked.allow_anonymous_messages.unwrap_or(usual.allow_messages),
            allow_files: asked.allow_anonymous_files.unwrap_or(usual.allow_files),
            allow_images: asked.allow_anonymous_images.unwrap_or(usual.allow_images),
            allow_view_history: asked.allow_view_history.unwrap_or(usual.allow_view_history),
            require_account: asked.require_account.unwrap_or(usual.require_account),
            require_nickname: asked.require_nickname.unwrap_or(usual.require_nickname),
            require_email: asked.require_email.unwrap_or(usual.require_email),
            require_birthday: asked.require_birthday.unwrap_or(usual.require_birthday),
            countries: asked.allowed_countries.unwrap_or_default(),
            languages: asked.allowed_languages.unwrap_or_default(),
            ip_ranges: asked.allowed_ip_ranges.unwrap_or_default(),
        },
    }
}

/// What a client wants to change.
pub fn share_link_patch(asked: wire::UpdateShareLink) -> ShareLinkPatch {
    ShareLinkPatch {
        name: asked.name,
        description: asked.description,
        max_uses: asked.max_uses,
        max_concurrent_users: asked.max_concurrent_users,
        max_unique_sessions: asked.max_unique_sessions,
        expires_at: asked.expires_at.map(|time| time.map(|time| time.0)),
        is_active: asked.is_active,
        allow_messages: asked.allow_anonymous_messages,
        allow_files: asked.allow_anonymous_files,
        allow_images: asked.allow_anonymous_images,
        allow_view_history: asked.allow_view_history,
        require_account: asked.require_account,
        require_nickname: asked.require_nickname,
        require_email: asked.require_email,
        require_birthday: asked.require_birthday,
        countries: asked.allowed_countries,
        languages: asked.allowed_languages,
        ip_ranges: asked.allowed_ip_ranges,
    }
}

/// A link that the caller has created.
pub fn own_share_link(view: OwnLinkView) -> wire::OwnShareLink {
    let OwnLinkView { view, conversation, figures } = view;
    wire::OwnShareLink {
        conversation: wire::OwnLinkedConversation {
            conversation_url: format!("/conversations/{}", conversation.id),
            id: conversation.id,
            title: conversation.title,
            kind: conversation.kind,
            description: conversation.description,
        },
        creator: view.creator.map(link_creator),
        stats: link_stats(figures),
        link: share_link(view.link),
    }
}

/// Who has created a link.
pub fn link_creator(user: User) -> wire::LinkCreator {
    wire::LinkCreator {
        id: user.id,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
    }
}

/// Who is in the conversation of a link.
pub fn link_stats(figures: LinkFigures) -> wire::LinkStats {
    wire::LinkStats {
        total_participants: figures.members + figures.guests,
        member_count: figures.members,
        anonymous_count: figures.guests,
        language_count: figures.languages.len(),
        spoken_languages: figures.languages,
    }
}

pub fn share_link(link: ShareLink) -> wire::ShareLink {
    let origins = link.origins();
    wire::ShareLink {
        id: link.id,
        link_id: link.link_id,
        identifier: link.identifier,
        conversation_id: link.conversation_id,
        created_by: link.created_by,
        name: link.name,
        description: link.description,
        max_uses: link.max_uses,
        current_uses: link.current_uses,
        max_concurrent_users: link.max_concurrent_users,
        current_concurrent_users: link.current_concurrent_users,
        max_unique_sessions: link.max_unique_sessions,
        current_unique_sessions: link.current_unique_sessions,
        expires_at: link.expires_at.map(Into::into),
        is_active: link.is_active,
        allow_anonymous_messages: link.allow_anonymous_messages,
        allow_anonymous_files: link.allow_anonymous_files,
        allow_anonymous_images: link.allow_anonymous_images,
        allow_view_history: link.allow_view_history,
        require_account: link.require_account,
        require_nickname: link.require_nickname,
        require_email: link.require_email,
        require_birthday: link.require_birthday,
        allowed_countries: origins.countries,
        allowed_languages: origins.languages,
        allowed_ip_ranges: origins.ip_ranges,
        created_at: link.created_at.into(),
        updated_at: link.updated_at.into(),
    }
}

pub fn listed_share_link(view: LinkView, conversation: &Conversation) -> wire::ListedShareLink {
    wire::ListedShareLink {
        conversation: wire::LinkedConversation {
            id: conversation.id,
            title: conversation.title.clone(),
            kind: conversation.kind,
            description: conversation.description.clone(),
        },
        creator: view.creator.map(link_creator),
        counts: wire::ShareLinkCounts { anonymous_participants: view.guests },
        link: share_link(view.link),
    }
}
