//! Reports of bad translations by readers.

use crate::engine::record::record;
use crate::engine::record::{Record, insert_statement};
use crate::{StoreError, Tx};
use meeshy_domain::{Language, MessageId, ReportId, Timestamp, UserId};

record! {
    /// A report of a bad translation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Report in translation_reports {
        /// Its id.
        pub id: ReportId,
        /// The message.
        pub message_id: MessageId,
        /// The target language.
        pub language: Language,
        /// The revision of the message's text.
        pub revision: i64,
        /// The translation that was shown.
        pub content: String,
        /// The engine that made it, and its route.
        pub engine: String,
        /// The reader.
        pub reporter_id: UserId,
        /// What is wrong with it, by the name on the wire.
        pub reason: String,
        /// The reader's comment.
        pub comment: Option<String>,
        /// Whether the reader asked for another engine.
        pub wants_another: bool,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Stores a report; a second one by the same reader on the same translation replaces the first. Returns the
/// stored report.
pub fn put(tx: &mut Tx<'_>, report: &Report) -> Result<Report, StoreError> {
    let statement = insert_statement::<Report>(&format!(
        "ON CONFLICT (message_id, language, revision, engine, reporter_id) DO UPDATE SET content = excluded.content, \
           reason = excluded.reason, comment = excluded.comment, wants_another = excluded.wants_another \
         RETURNING {}",
        Report::columns()
    ));
    tx.fetch_one(&statement, &report.values())
}

/// The newest reports, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Report>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM translation_reports ORDER BY created_at DESC, id DESC LIMIT $1",
            Report::columns()
        ),
        &[limit.into()],
    )
}

/// The engines not to use for a text: those of the reports that ask for another one.
pub fn avoided(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    revision: i64,
) -> Result<Vec<String>, StoreError> {
    tx.fetch_all(
        "SELECT DISTINCT engine FROM translation_reports \
         WHERE message_id = $1 AND language = $2 AND revision = $3 AND wants_another ORDER BY engine",
        &[message.into(), language.into(), revision.into()],
    )
}
