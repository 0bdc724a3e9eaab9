//! What has become of the latest messages of a conversation, and what strangers may know of one.

use super::address::address;
use meeshy_chat::model::{Receipt, User};
use meeshy_chat::{LatestReactions, MessageReceipts, OpenConversation, ReactionView, ReceiptCounts};
use meeshy_domain::{GuestId, UserId};
use meeshy_wire as wire;
use std::collections::HashMap;

/// The reactions to the latest messages of a conversation.
pub fn conversation_reactions(found: LatestReactions) -> wire::ConversationReactions {
    let LatestReactions { messages, users } = found;
    let reactions: Vec<wire::ReactedMessage> = messages
        .into_iter()
        .map(|found| wire::ReactedMessage {
            message_id: found.message_id,
            reactions: found.reactions.into_iter().map(|reaction| named(reaction, &users)).collect(),
        })
        .collect();
    wire::ConversationReactions { total: reactions.len(), reactions }
}

fn named(reaction: ReactionView, users: &HashMap<UserId, User>) -> wire::NamedReactions {
    let person = |id: UserId| wire::Reactor {
        user_id: id.to_string(),
        is_anonymous: false,
        user: users.get(&id).map(|user| wire::MentionedUser {
            id,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            avatar: address(user.avatar.as_deref()),
        }),
    };
    let guest = |id: GuestId| wire::Reactor { user_id: id.to_string(), is_anonymous: true, user: None };
    wire::NamedReactions {
        emoji: reaction.emoji,
        count: reaction.total,
        users: reaction.users.into_iter().map(person).chain(reaction.guests.into_iter().map(guest)).collect(),
    }
}

/// Who has received and read the latest messages of a conversation.
pub fn conversation_statuses(found: Vec<MessageReceipts>) -> wire::ConversationStatuses {
    let statuses: Vec<wire::MessageReceipts> = found.into_iter().map(receipts).collect();
    wire::ConversationStatuses { total: statuses.len(), statuses }
}

fn receipts(found: MessageReceipts) -> wire::MessageReceipts {
    let ReceiptCounts { members, delivered, read } = found.counts;
    wire::MessageReceipts {
        message_id: found.message_id,
        sender_id: found.sender_id,
        summary: wire::StatusSummary {
            total_members: members,
            delivered_count: delivered,
            read_count: read,
            delivered_to_all_at: None,
            read_by_all_at: None,
        },
        entries: found.receipts.into_iter().map(entry).collect(),
    }
}

fn entry(receipt: Receipt) -> wire::ReceiptEntry {
    wire::ReceiptEntry {
        user_id: receipt.user_id,
        is_anonymous: false,
        delivered_at: receipt.delivered_at.map(Into::into),
        read_at: receipt.read_at.map(Into::into),
        user: wire::MentionedUser {
            id: receipt.user_id,
            username: receipt.username,
            display_name: receipt.display_name,
            avatar: address(receipt.avatar.as_deref()),
        },
    }
}

/// A conversation that is open to everybody.
pub fn open_conversation(found: OpenConversation) -> wire::OpenConversation {
    let OpenConversation { conversation, messages } = found;
    wire::OpenConversation {
        id: conversation.id,
        title: conversation.title.unwrap_or_else(|| conversation.identifier.clone()),
        identifier: conversation.identifier,
        kind: conversation.kind,
        created_at: conversation.created_at.into(),
        last_message_at: conversation.last_message_at.into(),
        message_count: messages,
        member_count: conversation.member_count,
    }
}
