//! Communities and their members.

use super::accounts::found_user;
use super::address::address;
use super::conversations::conversation;
use meeshy_chat::{CommunityMemberView, CommunityView, ConversationView};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// A community.
pub fn community(view: CommunityView) -> wire::Community {
    let community = view.community;
    wire::Community {
        id: community.id,
        identifier: community.identifier,
        name: community.name,
        description: community.description,
        avatar: address(community.avatar.as_deref()),
        banner: address(community.banner.as_deref()),
        is_private: community.is_private,
        is_active: true,
        deleted_at: None,
        created_by: community.created_by,
        created_at: community.created_at.into(),
        updated_at: community.updated_at.into(),
        creator: view.creator.map(|(user, seen)| found_user(user, seen)),
        members: view.members.into_iter().map(community_member).collect(),
        counts: wire::CommunityCounts {
            members: community.member_count,
            conversations: community.conversation_count,
        },
        member_count: community.member_count,
        conversation_count: community.conversation_count,
        current_user_role: view.role,
    }
}

/// A member of a community.
pub fn community_member(view: CommunityMemberView) -> wire::CommunityMember {
    let CommunityMemberView { member, seen } = view;
    wire::CommunityMember {
        id: member.id,
        community_id: member.community_id,
        user_id: member.user_id,
        joined_at: member.joined_at.into(),
        role: member.role,
        is_active: true,
        left_at: None,
        user: wire::FoundUser {
            id: member.user_id,
            username: member.username,
            first_name: member.first_name,
            last_name: member.last_name,
            display_name: member.display_name,
            email: "",
            avatar: address(member.avatar.as_deref()),
            is_online: seen.is_online,
            last_active_at: seen.last_active_at.map(Into::into),
            system_language: member.system_language,
        },
    }
}

/// A conversation of a community.
pub fn community_conversation(view: &ConversationView, now: Timestamp) -> wire::CommunityConversation {
    wire::CommunityConversation {
        conversation: conversation(view, now),
        counts: wire::ConversationCounts {
            messages: view.conversation.last_sequence,
            members: view.conversation.member_count,
        },
    }
}
