//! The overview of a user. Its statements read one row of an index for each of the user's conversations.

use super::members::IS_HERE;
use crate::engine::record::record;
use crate::users::SHOWN_NAME;
use crate::{Query, Value};
use meeshy_domain::{Language, Timestamp, UserId};

/// Messages of a day whose translations are counted, at most.
const MAX_COUNTED: i64 = 1_000;
/// Members of a community that are counted, at most.
const MAX_MEMBERS: i64 = 10_000;

/// The numbers of a user's open conversations, of those with a message since `day`, and of the messages in all of them
/// since `week`: message numbers have no gaps.
pub fn conversations(user: UserId, day: Timestamp, week: Timestamp) -> Query<(i64, i64, i64)> {
    Query::one(
        "SELECT count(*), count(CASE WHEN c.last_message_at >= $2 THEN 1 END), \
           CAST(coalesce(sum(CASE WHEN c.last_message_at >= $3 THEN c.last_sequence - coalesce( \
             (SELECT x.sequence FROM messages x WHERE x.conversation_id = c.id AND x.deleted_at IS NULL AND x.created_at < $3 \
              ORDER BY x.created_at DESC LIMIT 1), 0) END), 0) AS BIGINT) \
         FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE m.user_id = $1 AND m.is_active AND c.is_active",
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

record! {
    /// A member of a community.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommunityMember as "u" {
        /// The user.
        pub id: UserId,
        /// The unique name.
        pub username: String,
        /// The displayed name.
        pub display_name: String = SHOWN_NAME,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// The URL of the picture.
        pub avatar: Option<String>,
        /// When the user was last active.
        pub last_active_at: Timestamp,
        /// What the user hides from others.
        pub hides: meeshy_domain::preferences::Hides = crate::privacy::HIDES_COLUMNS,
    }
}

/// For each of some communities, its first members by id, and how many there are, up to 10,000.
pub fn members(communities: &[String], limit: i64) -> Vec<(Query<Vec<CommunityMember>>, Query<i64>)> {
    let first = format!(
        "SELECT {} FROM community_members m JOIN users u ON u.id = m.user_id \
         WHERE m.community_id = $1 AND {IS_HERE} ORDER BY m.user_id LIMIT $2",
        CommunityMember::columns()
    );
    let count = format!(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM community_members m WHERE m.community_id = $1 AND m.is_active \
         LIMIT {MAX_MEMBERS}) m"
    );
    let of_one = |id: &String| {
        let first = Query::all(&*first, vec![id.into(), Value::from(limit)]);
        (first, Query::one(&*count, vec![id.into()]))
    };
    communities.iter().map(of_one).collect()
}
