//! Translations of messages that have come to an end, good or bad. One under way is a [job](crate::translation_jobs).

use crate::messages;
use crate::placeholders::{padded, placeholders};
use crate::record::{FromRow, record};
use crate::translation_jobs::{self, Job};
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::{Language, MessageId, Reason, ReasonCode, Timestamp};

/// Where a translation has come to.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// There is a text.
    Done {
        /// The translated text.
        content: String,
        /// Which engine made it, and over which languages.
        engine: String,
        /// How sure the engine is, 0 to 1, if it says.
        score: Option<f64>,
    },
    /// The text is the same in both languages.
    Identical {
        /// That text.
        content: String,
    },
    /// No engine serves this pair.
    Unavailable {
        /// Why.
        reason: Reason,
    },
    /// Every attempt failed.
    Failed {
        /// What the last one failed of.
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

    /// What the columns `content`, `engine`, `score`, `reason` and `reason_code` hold.
    pub(crate) fn columns(&self) -> [Value; 5] {
        let (content, engine, score, reason) = match self {
            Self::Done { content, engine, score } => (Some(content), Some(engine), *score, None),
            Self::Identical { content } => (Some(content), None, None, None),
            Self::Unavailable { reason } | Self::Failed { reason } => (None, None, None, Some(reason)),
        };
        let (text, code) = (reason.map(|reason| &reason.text), reason.map(|reason| reason.code.name()));
        [content.into(), engine.into(), score.into(), text.into(), code.into()]
    }
}

/// The columns of a [`State`].
pub(crate) const STATE_COLUMNS: &str = "state, content, engine, score, reason, reason_code";

impl FromRow for State {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (state, content, engine): (String, Option<String>, Option<String>) = FromRow::from_row(row)?;
        let (score, reason, code): (_, Option<String>, Option<String>) = FromRow::from_row(row)?;
        let content = content.unwrap_or_default();
        // Rows from before there were codes have none.
        let code = code.map_or(ReasonCode::Unknown, |name| ReasonCode::of_name(&name));
        let reason = Reason { code, text: reason.unwrap_or_default() };
        Ok(match state.as_str() {
            "done" => Self::Done { content, engine: engine.unwrap_or_default(), score },
            "identical" => Self::Identical { content },
            "unavailable" => Self::Unavailable { reason },
            "failed" => Self::Failed { reason },
            other => return Err(StoreError::Statement(format!("`{other}` is no state of a translation"))),
        })
    }
}

record! {
    /// A translation that has come to an end.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Translation {
        /// Of which message.
        pub message_id: MessageId,
        /// Into which language.
        pub language: Language,
        /// Of which revision of its text.
        pub revision: i64,
        /// What came of it.
        pub state: State = STATE_COLUMNS,
        /// When it was first made.
        pub created_at: Timestamp,
        /// When it was made anew.
        pub updated_at: Timestamp,
    }
}

/// Ends the job of a text that has a translation, which stays; gives that one, if there is, and the text is still the same.
///
/// # Errors
/// As the database says.
pub fn keep_known(tx: &mut Tx<'_>, job: &Job) -> Result<Option<Translation>, StoreError> {
    if messages::hold_revision(tx, job.message_id)? != Some(job.revision) {
        return Ok(None);
    }
    let known = tx
        .fetch(list(&[job.message_id]))?
        .into_iter()
        .find(|known| known.language == job.to && known.revision == job.revision);
    if known.is_some() {
        translation_jobs::remove(tx, job.message_id, job.to)?;
    }
    Ok(known)
}

record! {
    /// How many translations of one kind there are.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Count {
        /// `done`, `identical`, `unavailable` or `failed`.
        pub state: String = "t.state",
        /// Which engine made them, and over which languages; `None` where none did.
        pub engine: Option<String> = "t.engine",
        /// The language of the messages.
        pub from: Language = "m.original_language",
        /// The language they were translated into.
        pub to: Language = "t.language",
        /// How many.
        pub total: i64 = "count(*)",
    }
}

/// How many translations there are of each kind.
///
/// # Errors
/// As the database says.
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

/// Keeps what came of a translation and ends its job; says since when there is one, if it was kept.
///
/// It is not kept when the message has a newer text by now: then the job stays, and is due at once for that text.
///
/// # Errors
/// As the database says.
pub fn finish(tx: &mut Tx<'_>, translation: &Translation) -> Result<Option<Timestamp>, StoreError> {
    let created_at = keep(tx, translation)?;
    if created_at.is_some() {
        translation_jobs::remove(tx, translation.message_id, translation.language)?;
    }
    Ok(created_at)
}

/// Keeps why a translation has to wait, and tries its job again at `run_at`, as if for the first time; says since when there
/// is one, if it was kept: not when the same is known already.
///
/// # Errors
/// As the database says.
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

/// Writes a translation of the text that a message has now. A job of another text is due at once, and one of no text is
/// gone; that of this text stays.
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
    let [content, engine, score, reason, code] = translation.state.columns();
    tx.fetch_optional(
        "INSERT INTO translations (message_id, language, revision, state, content, engine, score, reason, created_at, updated_at, reason_code) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (message_id, language) DO UPDATE SET \
           revision = excluded.revision, state = excluded.state, content = excluded.content, engine = excluded.engine, \
           score = excluded.score, reason = excluded.reason, reason_code = excluded.reason_code, updated_at = excluded.updated_at \
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

/// Translations that came to an end at or after `from`, the oldest first; of more than so many, the newest.
///
/// # Errors
/// As the database says.
pub fn since(tx: &mut Tx<'_>, from: Timestamp, limit: i64) -> Result<Vec<(MessageId, Language)>, StoreError> {
    let mut newest = tx.fetch_all(
        "SELECT message_id, language FROM translations WHERE updated_at >= $1 \
         ORDER BY updated_at DESC, message_id DESC, language DESC LIMIT $2",
        &[from.into(), limit.into()],
    )?;
    newest.reverse();
    Ok(newest)
}
