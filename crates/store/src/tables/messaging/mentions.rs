//! Mentions of users in messages.

use crate::engine::placeholders::{not_in, padded, placeholders};
use crate::engine::record::record;
use crate::users::SHOWN_NAME;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{MessageId, Timestamp, UserId};

record! {
    /// A mention, and the mentioned user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Mention as "u" {
        /// The message.
        pub message_id: MessageId = "n.message_id",
        /// The user.
        pub user_id: UserId = "n.user_id",
        /// The id that it had in the old system.
        pub legacy_id: Option<String> = "n.id",
        /// When, if not when the message was written.
        pub mentioned_at: Option<Timestamp> = "n.mentioned_at",
        /// The unique name.
        pub username: String,
        /// The displayed name.
        pub display_name: String = SHOWN_NAME,
        /// The URL of the picture.
        pub avatar: Option<String>,
    }
}

/// A mentioned user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentioned {
    /// The user.
    pub user: UserId,
    /// The unique name.
    pub username: String,
    /// When, if not when the message was written.
    pub at: Option<Timestamp>,
}

/// Adds a mention. `at` is when, if not when the message was written.
pub fn insert(
    tx: &mut Tx<'_>,
    message: MessageId,
    user: UserId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute_later(
        "INSERT INTO mentions (message_id, user_id, mentioned_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        &[message.into(), user.into(), at.into()],
    )?;
    Ok(())
}

/// Removes all mentions of a message except these.
pub fn retain(tx: &mut Tx<'_>, message: MessageId, users: &[UserId]) -> Result<(), StoreError> {
    let (others, users) = not_in("user_id", 2, users.iter().map(|user| Value::from(*user)).collect());
    let params = [vec![message.into()], users].concat();
    tx.execute(&format!("DELETE FROM mentions WHERE message_id = $1 {others}"), &params)?;
    Ok(())
}

/// The users that some messages mention.
pub fn of_messages(messages: &[MessageId]) -> Query<Vec<(MessageId, Mentioned)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    let found = Query::<(MessageId, UserId, String, Option<Timestamp>)>::all(
        format!(
            "SELECT n.message_id, u.id, u.username, n.mentioned_at FROM mentions n JOIN users u ON u.id = n.user_id \
             WHERE n.message_id IN ({ids}) ORDER BY u.username"
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    );
    let mentioned = |(message, user, username, at)| (message, Mentioned { user, username, at });
    found.map(move |found| found.into_iter().map(mentioned).collect())
}

/// The mentions in a message.
pub fn of_message(message: MessageId) -> Query<Vec<Mention>> {
    let columns = Mention::columns();
    Query::all(
        format!(
            "SELECT {columns} FROM mentions n JOIN users u ON u.id = n.user_id WHERE n.message_id = $1 \
             ORDER BY u.username"
        ),
        vec![message.into()],
    )
}

/// The latest mentions of a user in messages that the user can see, in conversations of which the user is a member now.
/// Ids of messages are in order of time.
pub fn latest(user: UserId, viewer: &Viewer, limit: i64) -> Query<Vec<Mention>> {
    let (seen, of_viewer) = viewer.condition("m", 3);
    let columns = Mention::columns();
    Query::all(
        format!(
            "SELECT {columns} FROM mentions n JOIN users u ON u.id = n.user_id \
             JOIN messages m ON m.id = n.message_id \
             JOIN members p ON p.conversation_id = m.conversation_id AND p.user_id = n.user_id AND p.is_active \
             JOIN conversations c ON c.id = m.conversation_id AND c.is_active \
             WHERE n.user_id = $1 AND {seen} ORDER BY n.message_id DESC LIMIT $2"
        ),
        [vec![user.into(), limit.into()], of_viewer].concat(),
    )
}
