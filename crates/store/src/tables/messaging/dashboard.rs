//! The overview of a user. Its statements read one row of an index for each of the user's conversations.

use super::community_members::CommunityMember;
use super::members::IS_HERE;
use crate::engine::record::record;
use crate::{Query, Value};
use meeshy_domain::{Language, Timestamp, UserId};

/// The most messages of a day whose translations are counted, and the most messages of a conversation that are subtracted.
const MAX_COUNTED: i64 = 1_000;

/// The numbers of a user's open conversations, of those with a message since `day`, and of the messages in all of them
/// since `week`: message numbers have no gaps. Deleted ones and system messages do not count, of which at most 1,000 of each
/// conversation are subtracted.
pub fn conversations(user: UserId, day: Timestamp, week: Timestamp) -> Query<(i64, i64, i64)> {
    Query::one(
        format!(
            "SELECT count(*), count(CASE WHEN c.last_message_at >= $2 THEN 1 END), \
               CAST(coalesce(sum(CASE WHEN c.last_message_at >= $3 THEN c.last_sequence - c.place - \
                 (SELECT count(*) FROM (SELECT 1 AS one FROM messages d WHERE d.conversation_id = c.id \
                    AND (d.sequence + 0) > c.place AND (d.deleted_at IS NOT NULL OR d.message_source = 'system') \
                    LIMIT {MAX_COUNTED}) uncounted) END), 0) AS BIGINT) \
             FROM (SELECT c.id, c.last_message_at, c.last_sequence, CASE WHEN c.last_message_at >= $3 THEN coalesce( \
                 (SELECT x.sequence FROM messages x WHERE x.conversation_id = c.id AND x.deleted_at IS NULL AND x.created_at < $3 \
                  ORDER BY x.created_at DESC LIMIT 1), 0) END AS place \
               FROM members m JOIN conversations c ON c.id = m.conversation_id \
               WHERE m.user_id = $1 AND m.is_active AND c.is_active) c"
        ),
        vec![user.into(), day.into(), week.into()],
    )
}

/// The number of translations into a language of the messages since `day` in a user's conversations, of at most 1,000 messages.
pub fn translations(user: UserId, language: Language, day: Timestamp) -> Query<i64> {
    Query::one(
        format!(
            "SELECT count(*) AS total FROM (SELECT x.id FROM members m JOIN conversations c ON c.id = m.conversation_id \
               JOIN messages x ON x.conversation_id = c.id AND x.deleted_at IS NULL AND x.created_at >= $3 \
               WHERE m.user_id = $1 AND m.is_active AND c.is_active AND c.last_message_at >= $3 LIMIT {MAX_COUNTED}) x \
             JOIN translations t ON t.message_id = x.id AND t.language = $2 WHERE t.state = 'done'"
        ),
        vec![user.into(), language.into(), day.into()],
    )
}

/// The numbers of a user's communities, and of their share links.
pub fn others(user: UserId) -> Query<(i64, i64)> {
    Query::one(
        "SELECT (SELECT count(*) FROM community_members m JOIN communities k ON k.id = m.community_id \
             WHERE m.user_id = $1 AND m.is_active AND k.is_active), \
           (SELECT count(*) FROM share_links l WHERE l.created_by = $1 AND l.is_active)",
        vec![user.into()],
    )
}

record! {
    /// A community of a user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OwnCommunity as "k" {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Its description.
        pub description: Option<String>,
        /// Whether only members see it.
        pub is_private: bool,
        /// How many members it has.
        pub member_count: i64,
    }
}

/// The communities that a user has joined last.
pub fn communities(user: UserId, limit: i64) -> Query<Vec<OwnCommunity>> {
    Query::all(
        format!(
            "SELECT {} FROM community_members m JOIN communities k ON k.id = m.community_id \
             WHERE m.user_id = $1 AND m.is_active AND k.is_active ORDER BY m.joined_at DESC, k.id LIMIT $2",
            OwnCommunity::columns()
        ),
        vec![user.into(), limit.into()],
    )
}

/// For each of some communities, its first members by id.
pub fn members(communities: &[String], limit: i64) -> Vec<Query<Vec<CommunityMember>>> {
    let first = format!(
        "SELECT {} FROM community_members m JOIN users u ON u.id = m.user_id \
         WHERE m.community_id = $1 AND {IS_HERE} ORDER BY m.user_id LIMIT $2",
        CommunityMember::columns()
    );
    let of_one = |id: &String| Query::all(&*first, vec![id.into(), Value::from(limit)]);
    communities.iter().map(of_one).collect()
}
