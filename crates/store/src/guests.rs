//! Guests of the old system, who wrote without an account.

use crate::placeholders::{padded, placeholders};
use crate::record::record;
use crate::{StoreError, Tx, Value};
use meeshy_domain::Language;

record! {
    /// A guest as the others in the conversation see them.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Guest {
        /// Who.
        pub id: String,
        /// The name that the guest chose, or was given.
        pub username: String,
        /// Given name.
        pub first_name: String,
        /// Family name.
        pub last_name: String,
        /// What the guest reads.
        pub language: Language,
    }
}

/// Those of `ids` that exist, in no particular order.
///
/// # Errors
/// As the database says.
pub fn find_all(tx: &mut Tx<'_>, ids: &[&str]) -> Result<Vec<Guest>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, ids.len());
    tx.fetch_all(
        &format!("SELECT {} FROM guests WHERE id IN ({list})", Guest::columns()),
        &padded(ids.iter().map(|id| Value::from(*id))),
    )
}
