//! What belongs to a user, page by page, for an export.

use crate::engine::record::record;
use crate::{Query, Value};
use meeshy_domain::{
    CommunityId, CommunityRole, ConversationId, ConversationKind, FriendRequestId, Language, MemberRole,
    MessageId, ReactionId, Timestamp, UserId,
};

record! {
    /// A membership of a user, also one that has ended.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedConversation {
        /// The conversation.
        pub id: ConversationId = "m.conversation_id",
        /// Its identifier, for members.
        pub identifier: Option<String> = "CASE WHEN m.is_active AND c.is_active THEN c.identifier END",
        /// Its title, for members.
        pub title: Option<String> = "CASE WHEN m.is_active AND c.is_active THEN c.title END",
        /// Its kind.
        pub kind: ConversationKind = "c.kind",
        /// The role of the user.
        pub role: MemberRole = "m.role",
        /// Since when.
        pub joined_at: Timestamp = "m.joined_at",
        /// Until when, if the membership has ended.
        pub left_at: Option<Timestamp> = "m.left_at",
    }
}

/// The memberships of a user in order of the conversations, after one.
pub fn conversations(user: UserId, after: Option<&str>, limit: i64) -> Query<Vec<ExportedConversation>> {
    let sql = format!(
        "SELECT {} FROM members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.user_id = $1 AND m.conversation_id > $2 ORDER BY m.conversation_id LIMIT $3",
        ExportedConversation::columns()
    );
    Query::all(sql, vec![user.into(), after.unwrap_or_default().into(), limit.into()])
}

record! {
    /// A community of a user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedCommunity {
        /// The community.
        pub id: CommunityId = "m.community_id",
        /// Its name.
        pub name: String = "c.name",
        /// The role of the user.
        pub role: CommunityRole = "m.role",
        /// Since when.
        pub joined_at: Timestamp = "m.joined_at",
    }
}

/// The communities of a user in order of their ids, after one.
pub fn communities(user: UserId, after: Option<&str>, limit: i64) -> Query<Vec<ExportedCommunity>> {
    let sql = format!(
        "SELECT {} FROM community_members m JOIN communities c ON c.id = m.community_id \
         WHERE m.user_id = $1 AND m.is_active AND c.is_active AND m.community_id > $2 \
         ORDER BY m.community_id LIMIT $3",
        ExportedCommunity::columns()
    );
    Query::all(sql, vec![user.into(), after.unwrap_or_default().into(), limit.into()])
}

record! {
    /// A message that a user has written.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedMessage {
        /// The message.
        pub id: MessageId,
        /// Its conversation.
        pub conversation_id: ConversationId,
        /// Its number there.
        pub sequence: i64,
        /// The text.
        pub content: String,
        /// The language it was written in.
        pub original_language: Language,
        /// The revision of the text.
        pub revision: i64,
        /// The message it replies to.
        pub reply_to_id: Option<MessageId>,
        /// When it was written.
        pub created_at: Timestamp,
        /// When it was edited.
        pub edited_at: Option<Timestamp>,
    }
}

/// The messages that a user has written and not deleted, in order of the conversations and of their numbers there,
/// after one.
pub fn messages(
    user: UserId,
    after: Option<(ConversationId, i64)>,
    limit: i64,
) -> Query<Vec<ExportedMessage>> {
    let (conversation, sequence) = match after {
        Some((conversation, sequence)) => (conversation.into(), sequence),
        None => (Value::from(""), 0),
    };
    let sql = format!(
        "SELECT {} FROM messages WHERE sender_id = $1 AND deleted_at IS NULL AND message_source <> 'system' \
           AND NOT is_encrypted AND (conversation_id, sequence) > ($2, $3) ORDER BY conversation_id, sequence LIMIT $4",
        ExportedMessage::columns()
    );
    Query::all(sql, vec![user.into(), conversation, sequence.into(), limit.into()])
}

record! {
    /// A reaction of a user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedReaction {
        /// The reaction.
        pub id: ReactionId,
        /// The message.
        pub message_id: MessageId,
        /// The emoji.
        pub emoji: String,
        /// When.
        pub created_at: Timestamp,
    }
}

/// The reactions of a user, the oldest first, after one.
pub fn reactions(
    user: UserId,
    after: Option<(Timestamp, ReactionId)>,
    limit: i64,
) -> Query<Vec<ExportedReaction>> {
    let (at, id) = match after {
        Some((at, id)) => (at.millis(), id.into()),
        None => (i64::MIN, Value::from("")),
    };
    let sql = format!(
        "SELECT {} FROM reactions WHERE user_id = $1 AND (created_at, id) > ($2, $3) \
         ORDER BY created_at, id LIMIT $4",
        ExportedReaction::columns()
    );
    Query::all(sql, vec![user.into(), at.into(), id, limit.into()])
}

record! {
    /// A friend request, and the other user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedContact {
        /// The request.
        pub id: FriendRequestId = "f.id",
        /// The username of the other user.
        pub username: String = "u.username",
        /// `pending`, `accepted` or `rejected`.
        pub status: String = "f.status",
        /// What was written to the receiver.
        pub message: Option<String> = "f.message",
        /// When it was sent.
        pub created_at: Timestamp = "f.created_at",
    }
}

/// The friend requests that a user has sent, in order of their ids, after one.
pub fn sent_requests(user: UserId, after: Option<&str>, limit: i64) -> Query<Vec<ExportedContact>> {
    requests(("sender_id", "receiver_id"), user, after, limit)
}

/// Those that a user has received.
pub fn received_requests(user: UserId, after: Option<&str>, limit: i64) -> Query<Vec<ExportedContact>> {
    requests(("receiver_id", "sender_id"), user, after, limit)
}

fn requests(
    (own, other): (&str, &str),
    user: UserId,
    after: Option<&str>,
    limit: i64,
) -> Query<Vec<ExportedContact>> {
    let sql = format!(
        "SELECT {} FROM friend_requests f JOIN users u ON u.id = f.{other} \
         WHERE f.{own} = $1 AND f.id > $2 ORDER BY f.id LIMIT $3",
        ExportedContact::columns()
    );
    Query::all(sql, vec![user.into(), after.unwrap_or_default().into(), limit.into()])
}

record! {
    /// A user whom another one has blocked.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExportedBlock {
        /// The blocked user.
        pub user_id: UserId = "b.blocked_id",
        /// The username.
        pub username: String = "u.username",
    }
}

/// The users whom a user has blocked, in order of their ids, after one.
pub fn blocks(user: UserId, after: Option<&str>, limit: i64) -> Query<Vec<ExportedBlock>> {
    let sql = format!(
        "SELECT {} FROM blocks b JOIN users u ON u.id = b.blocked_id \
         WHERE b.user_id = $1 AND b.blocked_id > $2 ORDER BY b.blocked_id LIMIT $3",
        ExportedBlock::columns()
    );
    Query::all(sql, vec![user.into(), after.unwrap_or_default().into(), limit.into()])
}
