//! Conversations, their members and their glossaries.

use super::address::address;
use super::messages::last_message;
use meeshy_chat::model::{Conversation, DeletedConversation, LanguageCounts, Preferences, Proposal, Term};
use meeshy_chat::{ConversationView, Figures, MemberView};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// A conversation, with its statistics if it is requested alone.
pub fn conversation(view: &ConversationView, now: Timestamp) -> wire::Conversation {
    let stats = view.figures.as_ref().map(|figures| stats(&view.conversation, figures, now));
    wire::Conversation {
        meta: stats.map(|conversation_stats| wire::ConversationMeta { conversation_stats }),
        ..columns(view)
    }
}

/// A conversation that the caller has deleted for themselves.
pub fn deleted_conversation(deleted: DeletedConversation) -> wire::DeletedConversation {
    let DeletedConversation { conversation, deleted_at } = deleted;
    wire::DeletedConversation {
        conversation_id: conversation.id,
        conversation: wire::DeletedConversationSummary {
            id: conversation.id,
            identifier: conversation.identifier,
            title: conversation.title,
            kind: conversation.kind,
            avatar: address(conversation.avatar.as_deref()),
            last_message_at: conversation.last_message_at.into(),
        },
        deleted_at: deleted_at.into(),
    }
}

fn columns(view: &ConversationView) -> wire::Conversation {
    let conversation = &view.conversation;
    let details = &conversation.details;
    wire::Conversation {
        id: conversation.id,
        identifier: conversation.identifier.clone(),
        title: view.title.clone(),
        kind: conversation.kind,
        description: conversation.description.clone(),
        avatar: address(conversation.avatar.as_deref()),
        banner: address(details.banner.as_deref()),
        image: address(conversation.avatar.as_deref()),
        is_active: conversation.is_active,
        community_id: details.community_id,
        member_count: conversation.member_count,
        default_write_role: details.default_write_role.clone().unwrap_or_else(|| "everyone".to_owned()),
        is_announcement_channel: details.is_announcement_channel,
        slow_mode_seconds: details.slow_mode_seconds,
        auto_translate_enabled: true,
        encryption_mode: details.encryption_mode.clone(),
        encryption_protocol: details.encryption_protocol.clone(),
        encryption_enabled_at: details.encryption_enabled_at.map(Into::into),
        encryption_enabled_by: details.encryption_enabled_by.clone(),
        server_encryption_key_id: details.server_encryption_key_id.clone(),
        last_message_at: conversation.last_message_at.into(),
        created_at: conversation.created_at.into(),
        updated_at: conversation.updated_at.into(),
        members: view.members.iter().map(member).collect(),
        user_preferences: view.preferences.as_ref().map(preferences).into_iter().collect(),
        last_message: view.last_message.as_ref().map(last_message),
        unread_count: view.unread_count,
        last_event_number: view.conversation.last_event,
        meta: None,
    }
}

fn preferences(set: &Preferences) -> wire::ConversationPreferences {
    wire::ConversationPreferences {
        is_pinned: set.is_pinned,
        is_muted: set.is_muted,
        is_archived: set.is_archived,
        is_deleted_for_user: false,
        custom_name: set.custom_name.clone(),
        reaction: set.reaction.clone(),
    }
}

/// A member of a conversation.
pub fn member(view: &MemberView) -> wire::Member {
    let member = &view.member;
    wire::Member {
        id: member.id,
        conversation_id: member.conversation_id,
        user_id: member.user_id,
        role: member.role,
        nickname: member.nickname.clone(),
        joined_at: member.joined_at.into(),
        is_active: true,
        left_at: None,
        can_send_message: member.can_send_message,
        can_send_files: member.can_send.files,
        can_send_images: member.can_send.images,
        can_send_videos: member.can_send.videos,
        can_send_audios: member.can_send.audios,
        can_send_locations: member.can_send.locations,
        can_send_links: member.can_send.links,
        user: wire::MemberUser {
            id: member.user_id,
            username: member.username.clone(),
            display_name: member.display_name.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            avatar: address(member.avatar.as_deref()),
            is_online: view.seen.is_online,
            last_active_at: view.seen.last_active_at.map(Into::into),
            system_language: member.languages.system_language,
        },
    }
}

/// The statistics of a conversation.
pub fn stats(conversation: &Conversation, figures: &Figures, now: Timestamp) -> wire::ConversationStats {
    let online = figures.online.iter().map(|member| wire::OnlineUser {
        id: member.user_id,
        username: member.username.clone(),
        first_name: member.first_name.clone(),
        last_name: member.last_name.clone(),
        display_name: member.display_name.clone(),
        avatar: address(member.avatar.as_deref()),
        system_language: member.languages.system_language,
    });
    let by_language = |count: fn(&LanguageCounts) -> i64| {
        let counts = figures.counts.iter().map(|counts| (counts.language, count(counts)));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    wire::ConversationStats {
        messages_per_language: by_language(|counts| counts.messages),
        participant_count: conversation.member_count,
        participants_per_language: by_language(|counts| counts.members),
        online_users: online.collect(),
        updated_at: now.into(),
    }
}

/// A proposed glossary term.
pub fn proposal(proposal: Proposal) -> wire::GlossaryProposal {
    wire::GlossaryProposal {
        id: proposal.id,
        term: proposal.text,
        language: proposal.language,
        translation: proposal.translation,
        proposed_by: proposal.proposed_by,
        proposer_name: proposal.proposer,
        created_at: proposal.created_at.into(),
    }
}

/// A glossary term.
pub fn term(term: Term) -> wire::GlossaryTerm {
    wire::GlossaryTerm {
        id: term.id,
        term: term.text,
        language: term.language,
        translation: term.translation,
        created_by: term.created_by,
        created_at: term.created_at.into(),
    }
}
