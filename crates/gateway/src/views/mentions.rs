//! Mentions of users in messages.

use super::address::address;
use super::messages::message;
use meeshy_chat::model::Mention;
use meeshy_chat::{MentionOfCaller, MentionSuggestion};
use meeshy_domain::Timestamp;
use meeshy_wire as wire;

/// A member whom a message may mention.
pub fn mention_suggestion(suggestion: MentionSuggestion) -> wire::MentionSuggestion {
    let MentionSuggestion { member, is_friend } = suggestion;
    wire::MentionSuggestion {
        id: member.user_id,
        username: member.username,
        display_name: member.display_name,
        avatar: address(member.avatar.as_deref()),
        badge: "conversation",
        in_conversation: true,
        is_friend,
    }
}

/// A mention in a message that was written at `written_at`.
pub fn mention(mention: Mention, written_at: Timestamp) -> wire::Mention {
    wire::Mention {
        id: id(&mention),
        message_id: mention.message_id,
        mentioned_user_id: mention.user_id,
        mentioned_at: mention.mentioned_at.unwrap_or(written_at).into(),
        mentioned_user: wire::MentionedUser {
            id: mention.user_id,
            username: mention.username,
            display_name: mention.display_name,
            avatar: address(mention.avatar.as_deref()),
        },
    }
}

/// A mention of the caller.
pub fn mention_of_caller(found: &MentionOfCaller) -> wire::MentionOfCaller {
    wire::MentionOfCaller {
        id: id(&found.mention),
        message_id: found.mention.message_id,
        mentioned_at: found.at.into(),
        message: wire::MentioningMessage {
            message: message(&found.message),
            conversation: wire::MentioningConversation {
                id: found.conversation.id,
                title: found.conversation.title.clone(),
                kind: found.conversation.kind,
            },
        },
    }
}

/// New mentions have no id of their own: the message and the user name them.
fn id(mention: &Mention) -> String {
    let made = || format!("{}-{}", mention.message_id, mention.user_id);
    mention.legacy_id.clone().unwrap_or_else(made)
}
