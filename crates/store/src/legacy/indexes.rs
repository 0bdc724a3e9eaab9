//! Indexes that a first import makes when all rows are there, rather than row by row.
//!
//! Sorted at once they are written from one end to the other; row by row, each row of a large table changes a page
//! somewhere in the middle, and time grows faster than the table.

use crate::{StoreError, Tx};

/// The plain indexes of large tables, as the migrations make them.
const PAUSED: [(&str, &str); 4] = [
    ("notifications_user", "notifications (user_id, is_read, created_at DESC)"),
    ("notifications_created", "notifications (created_at)"),
    ("messages_live", "messages (conversation_id, created_at DESC) WHERE deleted_at IS NULL"),
    ("tracking_link_clicks_link", "tracking_link_clicks (tracking_link_id, clicked_at)"),
];

/// Drops them, within the transaction.
///
/// # Errors
/// As the database says.
pub fn pause(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    PAUSED.iter().try_for_each(|(name, _)| tx.execute(&format!("DROP INDEX {name}"), &[]).map(drop))
}

/// Makes them again.
///
/// # Errors
/// As the database says.
pub fn resume(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    PAUSED
        .iter()
        .try_for_each(|(name, on)| tx.execute(&format!("CREATE INDEX {name} ON {on}"), &[]).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_again_is_what_the_migrations_make() {
        let migrations = concat!(
            include_str!("../migrations/0005_around_messages.sql"),
            include_str!("../migrations/0006_calls_and_notices.sql"),
            include_str!("../migrations/0007_links_and_oversight.sql"),
        );
        for (name, on) in PAUSED {
            assert!(migrations.contains(&format!("CREATE INDEX {name} ON {on};")), "{name}");
        }
    }
}
