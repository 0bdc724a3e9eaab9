//! What system messages tell.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, MessageId, SystemEvent, Timestamp, UserId};

/// The latest system messages about what somebody has done that are looked at.
const LATEST: i64 = 50;

record! {
    /// What a system message tells.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SystemMessage as "s" in system_messages {
        /// The message.
        pub message_id: MessageId,
        /// What has happened.
        pub event: SystemEvent,
        /// Who did it.
        pub actor_id: UserId,
        /// To whom.
        pub target_id: Option<UserId>,
        /// The new title.
        pub value: Option<String>,
    }
}

/// Adds what a message tells.
pub fn insert(tx: &mut Tx<'_>, told: &SystemMessage) -> Result<(), StoreError> {
    tx.insert(told)
}

/// Whether a conversation was told since a time that `actor` has done this, to `target`: of the latest 50 things that the
/// actor has done anywhere.
pub fn was_told(
    conversation: ConversationId,
    event: SystemEvent,
    actor: UserId,
    target: Option<UserId>,
    since: Timestamp,
) -> Query<bool> {
    let target = target.map(|target| target.to_string()).unwrap_or_default();
    let found = Query::<i64>::one(
        "SELECT count(*) FROM (SELECT message_id, event, target_id FROM system_messages WHERE actor_id = $1 \
           ORDER BY message_id DESC LIMIT $2) s JOIN messages m ON m.id = s.message_id \
         WHERE s.event = $3 AND coalesce(s.target_id, '') = $4 AND m.conversation_id = $5 AND m.created_at > $6",
        vec![actor.into(), LATEST.into(), event.into(), target.into(), conversation.into(), since.into()],
    );
    found.map(|found| found > 0)
}

/// What some messages tell.
pub fn of_messages(messages: &[MessageId]) -> Query<Vec<SystemMessage>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    Query::all(
        format!("SELECT {} FROM system_messages s WHERE s.message_id IN ({ids})", SystemMessage::columns()),
        padded(messages.iter().map(|id| Value::from(*id))),
    )
}
