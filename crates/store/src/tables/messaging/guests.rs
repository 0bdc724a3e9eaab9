//! Guests of the old system, who took part without an account.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, Value};
use meeshy_domain::Language;

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
