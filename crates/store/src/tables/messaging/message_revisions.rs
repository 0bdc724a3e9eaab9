//! The texts that messages had before they were edited.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{Language, MessageId, Timestamp};

/// The most earlier texts of a message that are kept.
const MAX_KEPT: i64 = 50;

record! {
    /// An earlier text of a message.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Revision {
        /// Its number, from 1.
        pub revision: i64,
        /// The text.
        pub content: String,
        /// Its language.
        pub language: Language,
        /// When it was written.
        pub written_at: Timestamp,
    }
}

/// Keeps the current text of a message that is about to be edited.
pub(crate) fn keep(tx: &mut Tx<'_>, message: MessageId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO message_revisions (message_id, revision, content, language, written_at) \
         SELECT id, revision, content, original_language, coalesce(edited_at, created_at) FROM messages \
         WHERE id = $1 AND deleted_at IS NULL ON CONFLICT DO NOTHING",
        &[message.into()],
    )?;
    tx.execute_later(
        "DELETE FROM message_revisions WHERE message_id = $1 AND revision <= \
           (SELECT max(revision) FROM message_revisions WHERE message_id = $1) - $2",
        &[message.into(), MAX_KEPT.into()],
    )
}

/// Removes the earlier texts of a message.
pub(crate) fn remove_all(tx: &mut Tx<'_>, message: MessageId) -> Result<(), StoreError> {
    tx.execute_later("DELETE FROM message_revisions WHERE message_id = $1", &[message.into()])
}

/// The earlier texts of a message, the first one first.
pub fn list(message: MessageId) -> Query<Vec<Revision>> {
    Query::all(
        format!(
            "SELECT {} FROM message_revisions WHERE message_id = $1 ORDER BY revision",
            Revision::columns()
        ),
        vec![message.into()],
    )
}
