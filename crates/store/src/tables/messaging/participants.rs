//! The members of a conversation, page by page in order of their user ids.

use super::members::{IS_HERE, Member};
use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, Value, names};
use meeshy_domain::{ConversationId, MemberRole, Timestamp, UserId};

record! {
    /// A member, and their account.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Participant as "u" {
        /// The membership.
        pub member: Member = Member::columns(),
        /// When the account was created.
        pub created_at: Timestamp,
        /// When the account was last changed.
        pub updated_at: Timestamp,
    }
}

/// Which members are listed; both conditions apply.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those with this role in the conversation.
    pub role: Option<MemberRole>,
    /// Only those whose names match this text, as in a [search of users](crate::users::search).
    pub name: Option<String>,
}

impl Filter {
    /// The conditions on a member `m`, whose parameters are added; `None` if no name can match.
    fn conditions(&self, params: &mut Vec<Value>) -> Option<String> {
        let mut conditions = String::new();
        if let Some(role) = self.role {
            params.push(role.into());
            conditions += &format!(" AND m.role = ${}", params.len());
        }
        if let Some(name) = &self.name {
            let (condition, words) = names::matching("m.user_id", name, params.len() + 1)?;
            conditions += &condition;
            params.extend(words);
        }
        Some(conditions)
    }
}

/// The first `limit` members after `after`. With a name, it reads all members up to the last one found, so this
/// is for small conversations; see [`found`].
pub fn page(
    conversation: ConversationId,
    filter: &Filter,
    after: Option<UserId>,
    limit: i64,
) -> Query<Vec<Participant>> {
    let mut params = first_params(conversation, after, limit);
    let Some(conditions) = filter.conditions(&mut params) else { return Query::known(Vec::new()) };
    let sql = format!(
        "SELECT {columns} FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id = $1 AND m.user_id > $2 AND {IS_HERE}{conditions} ORDER BY m.user_id LIMIT $3",
        columns = Participant::columns()
    );
    Query::all(sql, params)
}

/// The same members, for a large conversation and a filter with a name. Only the first 1,000 matching words of
/// all names on the server are considered, in alphabetical order.
pub fn found(
    conversation: ConversationId,
    filter: &Filter,
    after: Option<UserId>,
    limit: i64,
) -> Query<Vec<Participant>> {
    let mut params = first_params(conversation, after, limit);
    let by_role = Filter { name: None, ..filter.clone() };
    let conditions = by_role.conditions(&mut params).unwrap_or_default();
    let text = filter.name.as_deref().unwrap_or_default();
    let Some((first, words)) = names::first_words(text, params.len() + 1) else {
        return Query::known(Vec::new());
    };
    params.extend(words);
    // `CROSS JOIN` keeps SQLite from reading the members in their order instead.
    let sql = format!(
        "SELECT {columns} FROM (SELECT DISTINCT w.user_id FROM ({first}) w) f CROSS JOIN members m \
         JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id = $1 AND m.user_id = f.user_id AND m.user_id > $2 AND {IS_HERE}{conditions} \
         ORDER BY m.user_id LIMIT $3",
        columns = Participant::columns()
    );
    Query::all(sql, params)
}

/// Those of `users` who are members, in no particular order: with one, SQLite would read the whole
/// conversation in that order.
pub fn among(conversation: ConversationId, filter: &Filter, users: &[UserId]) -> Query<Vec<Participant>> {
    let mut params = vec![conversation.into()];
    let conditions = filter.conditions(&mut params).filter(|_| !users.is_empty());
    let Some(conditions) = conditions else { return Query::known(Vec::new()) };
    let list = placeholders(params.len() + 1, users.len());
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    let sql = format!(
        "SELECT {columns} FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id = $1 AND m.user_id IN ({list}) AND {IS_HERE}{conditions}",
        columns = Participant::columns()
    );
    Query::all(sql, params)
}

fn first_params(conversation: ConversationId, after: Option<UserId>, limit: i64) -> Vec<Value> {
    // No id is as low as the empty text.
    let after = after.map_or_else(String::new, |id| id.to_string());
    vec![conversation.into(), after.into(), limit.into()]
}
