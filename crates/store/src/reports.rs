//! What readers say of translations.

use crate::{Row, StoreError, Tx};
use meeshy_domain::{Language, MessageId, ReportId, Timestamp, UserId};

/// A reader was not content with a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
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

const COLUMNS: &str = "id, message_id, language, revision, content, engine, reporter_id, reason, comment, wants_another, created_at";

fn read(row: &mut Row) -> Result<Report, StoreError> {
    Ok(Report {
        id: row.take("id")?,
        message_id: row.take("message_id")?,
        language: row.take("language")?,
        revision: row.take("revision")?,
        content: row.take("content")?,
        engine: row.take("engine")?,
        reporter_id: row.take("reporter_id")?,
        reason: row.take("reason")?,
        comment: row.take("comment")?,
        wants_another: row.take("wants_another")?,
        created_at: row.take("created_at")?,
    })
}

/// Keeps a report; who reports the same translation again corrects the first. Gives it as it is then.
///
/// # Errors
/// As the database says.
pub fn put(tx: &mut Tx<'_>, report: &Report) -> Result<Report, StoreError> {
    tx.query_one(
        &format!(
            "INSERT INTO translation_reports ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (message_id, language, revision, engine, reporter_id) DO UPDATE SET \
               content = excluded.content, reason = excluded.reason, comment = excluded.comment, \
               wants_another = excluded.wants_another \
             RETURNING {COLUMNS}"
        ),
        &[
            report.id.into(),
            report.message_id.into(),
            report.language.into(),
            report.revision.into(),
            (&report.content).into(),
            (&report.engine).into(),
            report.reporter_id.into(),
            (&report.reason).into(),
            report.comment.clone().into(),
            report.wants_another.into(),
            report.created_at.into(),
        ],
        read,
    )
}

/// The newest reports, at most so many.
///
/// # Errors
/// As the database says.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Report>, StoreError> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM translation_reports ORDER BY created_at DESC, id DESC LIMIT $1"),
        &[limit.into()],
        read,
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
    tx.query(
        "SELECT DISTINCT engine FROM translation_reports \
         WHERE message_id = $1 AND language = $2 AND revision = $3 AND wants_another ORDER BY engine",
        &[message.into(), language.into(), revision.into()],
        |row| row.take("engine"),
    )
}
