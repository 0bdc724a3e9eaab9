//! Reactions to messages.

use meeshy_chat::model::Reaction;
use meeshy_chat::{MessageReactions, ReactionChange, ReactionView};
use meeshy_domain::ConversationId;
use meeshy_wire as wire;

/// A reaction of a user or a guest.
pub fn reaction(reaction: Reaction) -> wire::Reaction {
    wire::Reaction {
        id: reaction.id,
        message_id: reaction.message_id,
        user_id: reaction.user_id,
        anonymous_id: reaction.guest_id,
        emoji: reaction.emoji,
        created_at: reaction.created_at.into(),
        updated_at: reaction.updated_at.into(),
    }
}

/// All reactions to a message.
pub fn reaction_sync(found: MessageReactions) -> wire::ReactionSync {
    let own = found.reactions.iter().filter(|reaction| reaction.is_own);
    wire::ReactionSync {
        message_id: found.message_id,
        total_count: found.reactions.iter().map(|reaction| reaction.total).sum(),
        user_reactions: own.map(|reaction| reaction.emoji.clone()).collect(),
        reactions: found.reactions.into_iter().map(aggregation).collect(),
    }
}

/// A changed reaction.
pub fn reaction_event(
    conversation_id: ConversationId,
    change: &ReactionChange,
    event_number: Option<i64>,
) -> wire::ReactionEvent {
    wire::ReactionEvent {
        message_id: change.message_id,
        conversation_id,
        user_id: change.by.user(),
        anonymous_id: change.by.guest(),
        emoji: change.reactions.emoji.clone(),
        action: if change.is_added { wire::ReactionAction::Add } else { wire::ReactionAction::Remove },
        aggregation: aggregation(change.reactions.clone()),
        timestamp: change.at.into(),
        event_number,
    }
}

fn aggregation(reaction: ReactionView) -> wire::ReactionAggregation {
    wire::ReactionAggregation {
        emoji: reaction.emoji,
        count: reaction.total,
        user_ids: reaction.users,
        anonymous_ids: reaction.guests,
        has_current_user: reaction.is_own,
    }
}
