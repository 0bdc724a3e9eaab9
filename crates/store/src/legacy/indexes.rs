//! Indexes that a first import builds when all rows are there, rather than row by row.
//!
//! An index of sorted rows is written from start to end. Row by row, each insert into a large table changes a
//! page somewhere in the middle, and the time grows faster than the table.

use crate::{StoreError, Tx};

/// The indexes of large tables that an import does not use while it adds rows, as the migrations create them.
const PAUSED: [(&str, &str); 18] = [
    ("members_user", "CREATE INDEX members_user ON members (user_id, conversation_id)"),
    ("members_active", "CREATE INDEX members_active ON members (user_id, is_active, conversation_id)"),
    ("messages_reply", "CREATE INDEX messages_reply ON messages (reply_to_id) WHERE reply_to_id IS NOT NULL"),
    ("attachments_message", "CREATE INDEX attachments_message ON attachments (message_id)"),
    (
        "attachments_uploader",
        "CREATE INDEX attachments_uploader ON attachments (uploaded_by, created_at DESC)",
    ),
    ("attachments_file", "CREATE INDEX attachments_file ON attachments (file_path)"),
    ("attachments_thumbnail", "CREATE INDEX attachments_thumbnail ON attachments (thumbnail_path)"),
    ("translations_updated", "CREATE INDEX translations_updated ON translations (updated_at)"),
    (
        "reactions_user",
        "CREATE UNIQUE INDEX reactions_user ON reactions (message_id, user_id, emoji) WHERE user_id IS NOT NULL",
    ),
    (
        "reactions_guest",
        "CREATE UNIQUE INDEX reactions_guest ON reactions (message_id, guest_id, emoji) WHERE guest_id IS NOT NULL",
    ),
    ("message_statuses_id", "CREATE UNIQUE INDEX message_statuses_id ON message_statuses (id)"),
    (
        "message_statuses_user",
        "CREATE UNIQUE INDEX message_statuses_user ON message_statuses (message_id, user_id) WHERE user_id IS NOT NULL",
    ),
    (
        "message_statuses_guest",
        "CREATE UNIQUE INDEX message_statuses_guest ON message_statuses (message_id, guest_id) WHERE guest_id IS NOT NULL",
    ),
    ("notifications_id", "CREATE UNIQUE INDEX notifications_id ON notifications (id)"),
    (
        "notifications_user",
        "CREATE INDEX notifications_user ON notifications (user_id, is_read, created_at DESC)",
    ),
    ("notifications_created", "CREATE INDEX notifications_created ON notifications (created_at)"),
    (
        "tracking_link_clicks_link",
        "CREATE INDEX tracking_link_clicks_link ON tracking_link_clicks (tracking_link_id, clicked_at)",
    ),
    ("legacy_documents_id", "CREATE UNIQUE INDEX legacy_documents_id ON legacy_documents (collection, id)"),
];

/// Drops them, within the transaction.
pub fn pause(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    PAUSED.iter().try_for_each(|(name, _)| tx.execute(&format!("DROP INDEX {name}"), &[]).map(drop))
}

/// Creates them again.
///
/// # Errors
/// Also when rows violate a unique index.
pub fn resume(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    PAUSED.iter().try_for_each(|(_, sql)| tx.execute(sql, &[]).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_again_is_what_the_migrations_make() {
        let migrations = concat!(
            include_str!("../migrations/0001_first_conversation.sql"),
            include_str!("../migrations/0004_communities.sql"),
            include_str!("../migrations/0005_around_messages.sql"),
            include_str!("../migrations/0006_calls_and_notices.sql"),
            include_str!("../migrations/0007_links_and_oversight.sql"),
            include_str!("../migrations/0011_files.sql"),
            include_str!("../migrations/0014_keys_made_later.sql"),
        );
        for (name, sql) in PAUSED {
            assert!(migrations.contains(&format!("{sql};")), "{name}");
            assert!(sql.contains(&format!(" INDEX {name} ON ")), "{name}");
        }
    }
}
