//! Guests, and conversations and links as they see them.

use super::address::address;
use super::files::attachment;
use super::messages::message;
use super::participants::is_online;
use super::share_links::{link_creator, link_stats};
use meeshy_chat::model::{Conversation, GuestParticipant, ShareLink};
use meeshy_chat::{ConversationView, GuestCaller, LinkInfo, LinkPage, MemberView, MessagePage, MessageView};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// A guest, as they see themselves.
pub fn own_guest(guest: &GuestCaller) -> wire::OwnGuest {
    let GuestParticipant { guest, can_send_messages, can_send_files, can_send_images, .. } =
        &guest.seat.participant;
    wire::OwnGuest {
        id: guest.id,
        username: guest.username.clone(),
        first_name: guest.first_name.clone(),
        last_name: guest.last_name.clone(),
        language: guest.language,
        is_meeshyer: false,
        can_send_messages: *can_send_messages,
        can_send_files: *can_send_files,
        can_send_images: *can_send_images,
    }
}

/// The conversation of a guest.
pub fn guest_conversation(conversation: &Conversation, sees_after: i64) -> wire::GuestConversation {
    wire::GuestConversation {
        id: conversation.id,
        title: conversation.title.clone(),
        kind: conversation.kind,
        allow_view_history: sees_after == 0,
    }
}

/// A link, as everybody may see it.
pub fn link_info(info: LinkInfo) -> wire::LinkInfo {
    let LinkInfo { link, conversation, creator, figures } = info;
    let allowed_languages = link.origins().languages;
    wire::LinkInfo {
        id: link.id,
        link_id: link.link_id,
        name: link.name,
        description: link.description,
        expires_at: link.expires_at.map(Into::into),
        max_uses: link.max_uses,
        current_uses: link.current_uses,
        max_concurrent_users: link.max_concurrent_users,
        current_concurrent_users: link.current_concurrent_users,
        require_account: link.require_account,
        require_nickname: link.require_nickname,
        require_email: link.require_email,
        require_birthday: link.require_birthday,
        allowed_languages,
        conversation: wire::LinkInfoConversation {
            id: conversation.id,
            title: conversation.title,
            description: conversation.description,
            kind: conversation.kind,
            created_at: conversation.created_at.into(),
        },
        creator: creator.map(link_creator),
        stats: link_stats(figures),
    }
}

/// How a link is used.
pub fn link_usage(info: LinkInfo) -> wire::LinkUsage {
    let LinkInfo { link, figures, .. } = info;
    wire::LinkUsage {
        id: link.id,
        link_id: link.link_id,
        is_active: link.is_active,
        expires_at: link.expires_at.map(Into::into),
        max_uses: link.max_uses,
        current_uses: link.current_uses,
        max_concurrent_users: link.max_concurrent_users,
        current_concurrent_users: link.current_concurrent_users,
        max_unique_sessions: link.max_unique_sessions,
        current_unique_sessions: link.current_unique_sessions,
        stats: link_stats(figures),
    }
}

/// The parts of the page of a link that do not depend on who looks.
pub fn link_rules(link: &ShareLink) -> wire::LinkRules {
    wire::LinkRules {
        id: link.id,
        link_id: link.link_id.clone(),
        name: link.name.clone(),
        description: link.description.clone(),
        allow_view_history: link.allow_view_history,
        allow_anonymous_messages: link.allow_anonymous_messages,
        allow_anonymous_files: link.allow_anonymous_files,
        allow_anonymous_images: link.allow_anonymous_images,
        require_account: link.require_account,
        require_email: link.require_email,
        require_nickname: link.require_nickname,
        require_birthday: link.require_birthday,
        expires_at: link.expires_at.map(Into::into),
        is_active: link.is_active,
    }
}

/// The page of a link, for a caller who is there.
pub fn link_conversation(
    page: LinkPage,
    view: ConversationView,
    messages: MessagePage,
    user: wire::LinkUser,
    now: Timestamp,
) -> wire::LinkConversation {
    let LinkPage { link, guests, figures } = page;
    let conversation = view.conversation;
    let user_type = if user.is_meeshyer { wire::LinkUserType::Member } else { wire::LinkUserType::Anonymous };
    wire::LinkConversation {
        redirect_to: user.is_meeshyer.then(|| format!("/conversations/{}", conversation.id)),
        link: link_rules(&link),
        user_type,
        stats: wire::LinkConversationStats {
            total_messages: messages.total,
            total_members: figures.members,
            total_anonymous_participants: figures.guests,
            online_anonymous_participants: figures.online_guests,
            has_more: messages.has_older,
        },
        messages: messages.messages.iter().rev().map(link_message).collect(),
        members: view.members.into_iter().map(link_member).collect(),
        anonymous_participants: guests.into_iter().map(|guest| link_guest(guest, now)).collect(),
        current_user: user,
        conversation: wire::LinkedDetails {
            id: conversation.id,
            title: conversation.title,
            description: conversation.description,
            kind: conversation.kind,
            created_at: conversation.created_at.into(),
            updated_at: conversation.last_message_at.into(),
        },
    }
}

/// The caller of a page of a link, as a guest.
pub fn guest_user(guest: &GuestCaller) -> wire::LinkUser {
    let own = own_guest(guest);
    wire::LinkUser {
        id: own.id.into(),
        display_name: own.username.clone(),
        username: own.username,
        first_name: own.first_name,
        last_name: own.last_name,
        language: own.language,
        is_meeshyer: false,
        permissions: wire::LinkPermissions {
            can_send_messages: own.can_send_messages,
            can_send_files: own.can_send_files,
            can_send_images: own.can_send_images,
        },
    }
}

/// The caller of a page of a link, as a member.
pub fn member_user(user: &meeshy_chat::model::User) -> wire::LinkUser {
    wire::LinkUser {
        id: user.id.into(),
        username: user.username.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        display_name: user.display_name.clone(),
        language: user.languages.system_language,
        is_meeshyer: true,
        permissions: wire::LinkPermissions {
            can_send_messages: true,
            can_send_files: true,
            can_send_images: true,
        },
    }
}

fn link_message(view: &MessageView) -> wire::LinkMessage {
    let shown = message(view);
    wire::LinkMessage {
        id: shown.id,
        content: shown.content,
        original_language: shown.original_language,
        message_type: shown.message_type,
        is_edited: shown.is_edited,
        reply_to_id: shown.reply_to_id,
        created_at: shown.created_at,
        updated_at: shown.updated_at,
        status: [],
        sender: link_sender(view),
        attachments: view.attachments.iter().map(attachment).collect(),
        translations: shown.translations,
    }
}

fn link_sender(view: &MessageView) -> Option<wire::LinkSender> {
    let user = view.sender.as_ref().map(|sender| wire::LinkSender {
        id: sender.id.into(),
        username: sender.username.clone(),
        first_name: sender.first_name.clone(),
        last_name: sender.last_name.clone(),
        display_name: sender.display_name.clone(),
        avatar: address(sender.avatar.as_deref()),
        is_meeshyer: true,
    });
    user.or_else(|| {
        view.guest.as_ref().map(|guest| wire::LinkSender {
            id: guest.id.into(),
            username: guest.username.clone(),
            first_name: guest.first_name.clone(),
            last_name: guest.last_name.clone(),
            display_name: guest.username.clone(),
            avatar: None,
            is_meeshyer: false,
        })
    })
}

fn link_member(view: MemberView) -> wire::LinkMember {
    let MemberView { member, seen } = view;
    wire::LinkMember {
        id: member.user_id,
        role: member.role,
        joined_at: member.joined_at.into(),
        user: wire::LinkMemberUser {
            id: member.user_id,
            username: member.username,
            first_name: member.first_name,
            last_name: member.last_name,
            display_name: member.display_name,
            avatar: address(member.avatar.as_deref()),
            is_online: seen.is_online,
            last_active_at: seen.last_active_at.map(Into::into),
        },
    }
}

fn link_guest(participant: GuestParticipant, now: Timestamp) -> wire::LinkGuest {
    let guest = participant.guest;
    wire::LinkGuest {
        id: guest.id,
        username: guest.username,
        first_name: guest.first_name,
        last_name: guest.last_name,
        language: guest.language,
        is_online: is_online(participant.last_active_at, now),
        last_active_at: participant.last_active_at.into(),
        joined_at: participant.joined_at.into(),
        can_send_messages: participant.can_send_messages,
        can_send_files: participant.can_send_files,
        can_send_images: participant.can_send_images,
    }
}
