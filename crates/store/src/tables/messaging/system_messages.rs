//! What system messages tell.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{MessageId, SystemEvent, UserId};

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
