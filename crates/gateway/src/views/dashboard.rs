//! The overview that a user sees first.

use super::address::address;
use super::messages::last_message;
use meeshy_chat::{ConversationView, Dashboard, MemberView, RecentCommunity};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

pub fn dashboard(view: Dashboard, now: Timestamp) -> wire::Dashboard {
    wire::Dashboard {
        stats: wire::DashboardStats {
            total_conversations: view.conversations,
            total_communities: view.communities,
            total_messages: view.messages,
            active_conversations: view.active_conversations,
            translations_today: view.translations,
            total_links: view.links,
            last_updated: now.into(),
        },
        recent_conversations: view.recent_conversations.iter().map(conversation).collect(),
        recent_communities: view.recent_communities.into_iter().map(community).collect(),
    }
}

fn conversation(view: &ConversationView) -> wire::DashboardConversation {
    let last_message = view.last_message.as_ref().map(last_message);
    wire::DashboardConversation {
        id: view.conversation.id,
        title: view.title.clone(),
        kind: view.conversation.kind,
        is_active: view.conversation.is_active,
        last_message: last_message.map(|message| wire::DashboardMessage {
            content: message.content,
            created_at: message.created_at,
            sender: message.sender.map(|sender| wire::DashboardSender {
                username: sender.username,
                display_name: sender.display_name,
            }),
        }),
        members: view.members.iter().map(member).collect(),
    }
}

fn member(MemberView { member, seen }: &MemberView) -> wire::DashboardUser {
    wire::DashboardUser {
        id: member.user_id,
        username: member.username.clone(),
        display_name: member.display_name.clone(),
        first_name: member.first_name.clone(),
        last_name: member.last_name.clone(),
        avatar: address(member.avatar.as_deref()),
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
    }
}

fn community(view: RecentCommunity) -> wire::DashboardCommunity {
    let members = view.members.into_iter().map(|(member, seen)| wire::DashboardUser {
        id: member.user_id,
        username: member.username,
        display_name: member.display_name,
        first_name: member.first_name,
        last_name: member.last_name,
        avatar: address(member.avatar.as_deref()),
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
    });
    wire::DashboardCommunity {
        id: view.community.id,
        name: view.community.name,
        description: view.community.description,
        is_private: view.community.is_private,
        members: members.collect(),
        member_count: view.community.member_count,
    }
}
