//! Finished translations of messages, successful or not. A pending one is a [job](crate::translation_jobs).

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::messages;
use crate::translation_jobs::{self, Job};
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::{Grade, Language, MessageId, Reason, ReasonCode, Timestamp};

/// The state of a translation.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Translated.
    Done {
        /// The translated text.
        content: String,
        /// The engine that made it, and its route.
        engine: String,
        /// The confidence of the engine, 0 to 1, if known.
        score: Option<f64>,
        /// How good it is expected to be; `None` in older rows.
        grade: Option<Grade>,
    },
    /// The text is the same in both languages.
    Identical {
        /// The text.
        content: String,
    },
    /// No engine serves this pair.
    Unavailable {
        /// The reason.
        reason: Reason,
    },
    /// Every attempt failed.
    Failed {
        /// The reason of the last failure.
        reason: Reason,
    },
}

impl State {
    /// The name on the wire and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Identical { .. } => "identical",
            Self::Unavailable { .. } => "unavailable",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether readers have a text.
    pub fn has_text(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Identical { .. })
    }

    /// The values of the columns `content`, `engine`, `score`, `reason`, `reason_code` and `grade`.
    pub(crate) fn columns(&self) -> [Value; 6] {
        let (content, reason) = match self {
            Self::Done { content, .. } | Self::Identical { content } => (Some(content), None),
            Self::Unavailable { reason } | Self::Failed { reason } => (None, Some(reason)),
        };
        let (engine, score, grade) = match self {
            Self::Done { engine, score, grade, .. } => (Some(engine), *score, *grade),
            _ => (None, None, None),
        };
        let (text, code) = (reason.map(|reason| &reason.text), reason.map(|reason| reason.code.name()));
        [content.into(), engine.into(), score.into(), text.into(), code.into(), grade.into()]
    }
}

/// The columns of a [`State`]. The release before and an import replace a translation, but not its grade.
const STATE_COLUMNS: &str = "state, content, engine, score, reason, reason_code, \
    CASE WHEN graded_at = updated_at THEN grade END AS grade";

impl FromRow for State {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (state, content, engine): (String, Option<String>, Option<String>) = FromRow::from_row(row)?;
        let (score, reason, code): (_, Option<String>, Option<String>) = FromRow::from_row(row)?;
        let grade = grade(row)?;
        let content = content.unwrap_or_default();
        // Rows from before there were codes have none.
        let code = code.map_or(ReasonCode::Unknown, |name| ReasonCode::of_name(&name));
        let reason = Reason { code, text: reason.unwrap_or_default() };
        Ok(match state.as_str() {
            "done" => Self::Done { content, engine: engine.unwrap_or_default(), score, grade },
            "identical" => Self::Identical { content },
            "unavailable" => Self::Unavailable { reason },
            "failed" => Self::Failed { reason },
            other => return Err(StoreError::Statement(format!("`{other}` is no state of a translation"))),
        })
    }
}

/// The next column as a grade; none in older rows, or if a newer version has other names.
pub(crate) fn grade(row: &mut Row) -> Result<Option<Grade>, StoreError> {
    let name: Option<String> = FromRow::from_row(row)?;
    Ok(name.and_then(|name| name.parse().ok()))
}

record! {
    /// A finished translation.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Translation {
        /// The message.
        pub message_id: MessageId,
        /// The target language.
        pub language: Language,
        /// The revision of the message's text.
        pub revision: i64,
        /// The state.
        pub state: State = STATE_COLUMNS,
        /// When it was first made.
        pub created_at: Timestamp,
        /// When it was last updated.
        pub updated_at: Timestamp,
    }
}

impl Translation {
    /// Those of `known` that are translations of the same text into other languages, without `pending` ones, which are
    /// being replaced.
    pub fn others(&self, known: impl IntoIterator<Item = Self>, pending: &[Language]) -> Vec<Self> {
        let is_other = |other: &Self| {
            (other.message_id, other.revision) == (self.message_id, self.revision)
                && other.language != self.language
                && !pending.contains(&other.language)
        };
        known.into_iter().filter(is_other).collect()
    }
}

/// Deletes the job of a text that already has a translation, which it was to replace; returns that one, if the
/// text is still the same.
pub fn keep_known(tx: &mut Tx<'_>, job: &Job) -> Result<Option<Translation>, StoreError> {
    if messages::hold_revision(tx, job.message_id)? != Some(job.revision) {
        return Ok(None);
    }
    let known = tx
        .fetch(list(&[job.message_id]))?
        .into_iter()
        .find(|known| known.language == job.to && known.revision == job.revision && known.state.has_text());
    if known.is_some() {
        translation_jobs::remove(tx, job.message_id, job.to)?;
    }
    Ok(known)
}

record! {
    /// The number of translations of one kind.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Count {
        /// `done`, `identical`, `unavailable` or `failed`.
        pub state: String = "t.state",
        /// The engine that made them, and its route; `None` if there was none.
        pub engine: Option<String> = "t.engine",
        /// The language of the messages.
        pub from: Language = "m.original_language",
        /// The language they were translated into.
        pub to: Language = "t.language",
        /// The number.
        pub total: i64 = "count(*)",
    }
}

/// The number of translations of each kind.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<Count>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM translations t JOIN messages m ON m.id = t.message_id \
         GROUP BY t.state, t.engine, m.original_language, t.language ORDER BY 3, 4, 1, 2",
            Count::columns()
        ),
        &[],
    )
}

/// Stores the result of a translation and deletes its job; returns when the translation was first made, if it
/// was stored.
///
/// It is not stored if the text of the message has changed meanwhile: then the job stays and is due at once
/// for the new text.
pub fn finish(tx: &mut Tx<'_>, translation: &Translation) -> Result<Option<Timestamp>, StoreError> {
    let created_at = keep(tx, translation)?;
    if created_at.is_some() {
        translation_jobs::remove(tx, translation.message_id, translation.language)?;
    }
    Ok(created_at)
}

/// Stores why a translation has to wait, and schedules its job at `run_at` with a fresh number of attempts.
/// Returns when the translation was first made, if it was stored: not if the same state is already known.
pub fn wait(
    tx: &mut Tx<'_>,
    translation: &Translation,
    run_at: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let is_same = |known: &Translation| {
        (known.language, known.revision) == (translation.language, translation.revision)
            && known.state == translation.state
    };
    let is_current = messages::hold_revision(tx, translation.message_id)? == Some(translation.revision);
    let is_known = is_current && tx.fetch(list(&[translation.message_id]))?.iter().any(is_same);
    let created_at = if is_known { None } else { keep(tx, translation)? };
    if is_known || created_at.is_some() {
        translation_jobs::restart(tx, translation.message_id, translation.language, run_at)?;
    }
    Ok(created_at)
}

/// Stores a translation of the current text of a message. A job for an older text becomes due at once, one
/// without a text is deleted; a job for this text stays.
fn keep(tx: &mut Tx<'_>, translation: &Translation) -> Result<Option<Timestamp>, StoreError> {
    match messages::hold_revision(tx, translation.message_id)? {
        Some(current) if current != translation.revision => {
            translation_jobs::postpone(
                tx,
                translation.message_id,
                translation.language,
                translation.updated_at,
            )?;
            return Ok(None);
        }
        None => {
            translation_jobs::remove(tx, translation.message_id, translation.language)?;
            return Ok(None);
        }
        Some(_) => {}
    }
    let [content, engine, score, reason, code, grade] = translation.state.columns();
    tx.fetch_optional(
        "INSERT INTO translations (message_id, language, revision, state, content, engine, score, reason, created_at, updated_at, reason_code, grade, graded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10) ON CONFLICT (message_id, language) DO UPDATE SET \
           revision = excluded.revision, state = excluded.state, content = excluded.content, engine = excluded.engine, \
           score = excluded.score, reason = excluded.reason, reason_code = excluded.reason_code, grade = excluded.grade, \
           graded_at = excluded.graded_at, updated_at = excluded.updated_at \
         WHERE translations.revision <= excluded.revision RETURNING created_at",
        &[
            translation.message_id.into(),
            translation.language.into(),
            translation.revision.into(),
            translation.state.name().into(),
            content,
            engine,
            score,
            reason,
            translation.created_at.into(),
            translation.updated_at.into(),
            code,
            grade,
        ])
}

/// The finished translations of some messages.
pub fn list(messages: &[MessageId]) -> Query<Vec<Translation>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    Query::all(
        format!(
            "SELECT {} FROM translations WHERE message_id IN ({ids}) AND NOT is_encrypted ORDER BY message_id, language",
            Translation::columns()
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    )
}
