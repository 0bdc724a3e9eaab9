//! What readers say of translations.

use crate::record::record;
use crate::record::{Record, insert_statement};
use crate::{StoreError, Tx};
use meeshy_domain::{Language, MessageId, ReportId, Timestamp, UserId};

record! {
    /// A reader was not content with a translation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Report in translation_reports {
        /// Which.
        pub id: ReportId,
        /// Of which message.
        pub message_id: MessageId,
        /// Into which language.
        pub language: Language,
        /// Of which revision of its text.
        pub revision: i64,
        /// The translation that was shown.
        pub content: String,
        /// Which engine had made it, and over which languages.
        pub engine: String,
        /// Who says so.
        pub reporter_id: UserId,
        /// What is wrong with it, by the name on the wire.
        pub reason: String,
        /// The same in the reader's words.
        pub comment: Option<String>,
        /// Whether another engine was asked for.
        pub wants_another: bool,
        /// When.
        pub created_at: Timestamp,
    }
}

/// Keeps a report; who reports the same translation again corrects the first. Gives it as it is then.
///
/// # Errors
/// As the database says.
pub fn put(tx: &mut Tx<'_>, report: &Report) -> Result<Report, StoreError> {
    let statement = insert_statement::<Report>(&format!(
        "ON CONFLICT (message_id, language, revision, engine, reporter_id) DO UPDATE SET content = excluded.content, \
           reason = excluded.reason, comment = excluded.comment, wants_another = excluded.wants_another \
         RETURNING {}",
        Report::columns()
    ));
    tx.fetch_one(&statement, &report.values())
}

/// The newest reports, at most so many.
///
/// # Errors
/// As the database says.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Report>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM translation_reports ORDER BY created_at DESC, id DESC LIMIT $1",
            Report::columns()
        ),
        &[limit.into()],
    )
}

/// The engines that somebody wants no more for a text: those of the reports that ask for another one.
///
/// # Errors
/// As the database says.
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
