//! Conversations as shown to a member.

use crate::views::MessageView;
use meeshy_store::conversation_languages::Counts;
use meeshy_store::conversations::{Conversation, Preferences};
use meeshy_store::members::Member;

/// A member, and whether they are online.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The membership and the user.
    pub member: Member,
    /// Whether the user is online.
    pub is_online: bool,
}

/// A conversation as seen by one of its members.
#[derive(Debug, Clone)]
pub struct ConversationView {
    /// The conversation itself.
    pub conversation: Conversation,
    /// Its title for this reader, never empty.
    pub title: String,
    /// Its first members, in order of joining.
    pub members: Vec<MemberView>,
    /// Its newest message.
    pub last_message: Option<MessageView>,
    /// The reader's unread count.
    pub unread_count: i64,
    /// The reader's preferences for it.
    pub preferences: Option<Preferences>,
    /// Its statistics; only for a single conversation.
    pub figures: Option<Figures>,
}

/// Statistics of a conversation.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Its members and messages by language.
    pub counts: Vec<Counts>,
    /// Online members; in a large conversation, some of them.
    pub online: Vec<Member>,
}
