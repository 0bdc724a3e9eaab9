//! Guests of the old system, who took part without an account.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, Value};
use meeshy_domain::{ConversationId, Language, Timestamp};

record! {
    /// A guest as shown to others in the conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Guest {
        /// Its id.
        pub id: String,
        /// The chosen or generated name.
        pub username: String,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// The preferred language.
        pub language: Language,
    }
}

record! {
    /// A guest as a participant of a conversation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct GuestParticipant {
        /// The guest.
        pub guest: Guest = Guest::columns(),
        /// Whether the guest may write.
        pub can_send_messages: bool,
        /// Whether the guest may send files.
        pub can_send_files: bool,
        /// Whether the guest may send images.
        pub can_send_images: bool,
        /// The last activity.
        pub last_active_at: Timestamp,
        /// Since when the guest takes part.
        pub joined_at: Timestamp,
    }
}

/// The first `limit` active guests of a conversation after the one with the id `after`, in order of their ids.
pub fn page(conversation: ConversationId, after: &str, limit: i64) -> Query<Vec<GuestParticipant>> {
    let sql = format!(
        "SELECT {} FROM guests WHERE conversation_id = $1 AND id > $2 AND is_active ORDER BY id LIMIT $3",
        GuestParticipant::columns()
    );
    Query::all(sql, vec![conversation.into(), after.into(), limit.into()])
}

/// The conversation of the guest with this id.
pub fn conversation_of(id: &str) -> Query<Option<ConversationId>> {
    Query::optional("SELECT conversation_id FROM guests WHERE id = $1", vec![id.into()])
}

/// Those of `ids` that exist, in no particular order.
pub fn find_all(ids: &[&str]) -> Query<Vec<Guest>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, ids.len());
    Query::all(
        format!("SELECT {} FROM guests WHERE id IN ({list})", Guest::columns()),
        padded(ids.iter().map(|id| Value::from(*id))),
    )
}
