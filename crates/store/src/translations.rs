//! Translations of messages, the jobs that make them, and what the engines have answered before.
//!
//! A translation under way is a job; once it has come to an end, good or bad, it is a row of `translations` and the
//! job is gone, in one transaction.

use crate::tx::{padded, placeholders};
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, MessageId, Timestamp};

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
        /// Why, for a person.
        reason: String,
    },
    /// Every attempt failed.
    Failed {
        /// What the last one failed of, for a person.
        reason: String,
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

    pub(crate) fn read(row: &mut Row) -> Result<Self, StoreError> {
        let state: String = row.take("state")?;
        Ok(match state.as_str() {
            "done" => Self::Done {
                content: row.take("content")?,
                engine: row.take("engine")?,
                score: row.take("score")?,
            },
            "identical" => Self::Identical { content: row.take("content")? },
            "unavailable" => Self::Unavailable { reason: row.take("reason")? },
            "failed" => Self::Failed { reason: row.take("reason")? },
            other => return Err(StoreError::Statement(format!("`{other}` is no state of a translation"))),
        })
    }

    /// What the columns `content`, `engine`, `score` and `reason` hold.
    pub(crate) fn columns(&self) -> (Option<&String>, Option<&String>, Option<f64>, Option<&String>) {
        match self {
            Self::Done { content, engine, score } => (Some(content), Some(engine), *score, None),
            Self::Identical { content } => (Some(content), None, None, None),
            Self::Unavailable { reason } | Self::Failed { reason } => (None, None, None, Some(reason)),
        }
    }
}

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
    pub state: State,
    /// When it was first made.
    pub created_at: Timestamp,
    /// When it was made anew.
    pub updated_at: Timestamp,
}

fn read(row: &mut Row) -> Result<Translation, StoreError> {
    Ok(Translation {
        message_id: row.take("message_id")?,
        language: row.take("language")?,
        revision: row.take("revision")?,
        state: State::read(row)?,
        created_at: row.take("created_at")?,
        updated_at: row.take("updated_at")?,
    })
}

/// A translation that waits to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Of which message.
    pub message_id: MessageId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// The text to translate.
    pub content: String,
    /// Which revision of the message's text that is.
    pub revision: i64,
    /// The language it is in.
    pub from: Language,
    /// The language it is wanted in.
    pub to: Language,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Engines and routes that readers were not content with.
    pub avoid: Vec<String>,
}

/// Who waits for a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// People who read along.
    Live,
    /// Somebody who opened older messages.
    Backfill,
}

impl From<Priority> for Value {
    fn from(priority: Priority) -> Self {
        i64::from(priority == Priority::Backfill).into()
    }
}

/// Asks for a translation, unless it is asked for already; says whether it is new.
///
/// # Errors
/// As the database says.
pub fn enqueue(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    priority: Priority,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO translation_jobs (message_id, language, priority, run_at, created_at) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (message_id, language) DO NOTHING",
        &[message.into(), language.into(), priority.into(), now.into()],
    )?;
    Ok(changed > 0)
}

/// Asks for a translation by something else than some engines and routes.
///
/// # Errors
/// As the database says.
pub fn enqueue_another(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    avoid: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    enqueue(tx, message, language, Priority::Live, now)?;
    tx.execute(
        "UPDATE translation_jobs SET avoid = $3, priority = $4 WHERE message_id = $1 AND language = $2",
        &[message.into(), language.into(), avoid.join("\n").into(), Priority::Live.into()],
    )?;
    Ok(())
}

/// Who takes jobs, and which.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The id of the worker.
    pub by: String,
    /// No other worker has the jobs before this time.
    pub until: Timestamp,
    /// Of which kind.
    pub priority: Priority,
    /// How many, at most.
    pub limit: i64,
    /// Pairs of languages that are left to others.
    pub but: Vec<(Language, Language)>,
}

/// Takes jobs that are due, the oldest first.
///
/// A job whose message was deleted is dropped.
///
/// # Errors
/// As the database says.
pub fn claim(tx: &mut Tx<'_>, now: Timestamp, claim: &Claim) -> Result<Vec<Job>, StoreError> {
    let lock = tx.skip_locked();
    let (others, pairs) = left_to_others(&claim.but);
    let mut params =
        vec![now.into(), claim.until.into(), claim.limit.into(), (&claim.by).into(), claim.priority.into()];
    params.extend(pairs);
    let claimed: Vec<(MessageId, Language, i64, String)> = tx.query(
        &format!(
            "UPDATE translation_jobs SET claimed_until = $2, claimed_by = $4, attempts = attempts + 1 \
             WHERE (message_id, language) IN \
               (SELECT message_id, language FROM translation_jobs job WHERE priority = $5 AND run_at <= $1 AND claimed_until <= $1 {others} \
                ORDER BY run_at, message_id LIMIT $3 {lock}) \
             RETURNING message_id, language, attempts, avoid"
        ),
        &params,
        |row| {
            Ok((row.take("message_id")?, row.take("language")?, row.take("attempts")?, row.take("avoid")?))
        },
    )?;
    let mut ids: Vec<MessageId> = claimed.iter().map(|(id, ..)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let messages: std::collections::HashMap<_, _> =
        crate::messages::find_all(tx, &ids)?.into_iter().map(|message| (message.id, message)).collect();
    let mut jobs = Vec::with_capacity(claimed.len());
    for (id, language, attempts, avoid) in claimed {
        match messages.get(&id) {
            Some(message) => jobs.push(Job {
                message_id: id,
                conversation_id: message.conversation_id,
                content: message.content.clone(),
                revision: message.revision,
                from: message.original_language,
                to: language,
                attempts,
                avoid: avoid.lines().map(str::to_owned).collect(),
            }),
            None => remove_job(tx, id, language)?,
        }
    }
    Ok(jobs)
}

/// Keeps claimed jobs for longer: whoever has them is still at work.
///
/// # Errors
/// As the database says.
pub fn extend_claims(
    tx: &mut Tx<'_>,
    by: &str,
    jobs: &[(MessageId, Language)],
    until: Timestamp,
) -> Result<(), StoreError> {
    for (message, language) in jobs {
        tx.execute(
            "UPDATE translation_jobs SET claimed_until = $4 \
             WHERE message_id = $1 AND language = $2 AND claimed_by = $3 AND claimed_until > 0",
            &[(*message).into(), (*language).into(), by.into(), until.into()],
        )?;
    }
    Ok(())
}

/// A condition that leaves out some pairs, and its parameters from the sixth on.
fn left_to_others(pairs: &[(Language, Language)]) -> (String, Vec<Value>) {
    if pairs.is_empty() {
        return (String::new(), Vec::new());
    }
    let list = placeholders(6, pairs.len());
    let condition = format!(
        "AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = job.message_id \
         AND messages.original_language || '-' || job.language IN ({list}))"
    );
    (condition, padded(pairs.iter().map(|(from, to)| Value::from(format!("{from}-{to}")))))
}

/// Lets go of every claim: for a process that starts and is alone with its data, so that each claim is of a dead one.
///
/// # Errors
/// As the database says.
pub fn release_claims(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute("UPDATE translation_jobs SET claimed_until = 0 WHERE claimed_until > 0", &[])
}

/// How many jobs wait or are being worked on.
///
/// # Errors
/// As the database says.
pub fn waiting(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one("SELECT count(*) AS total FROM translation_jobs", &[], |row| row.take("total"))
}

/// Puts a job back for a later attempt.
///
/// # Errors
/// As the database says.
pub fn postpone(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE translation_jobs SET claimed_until = 0, run_at = $3 WHERE message_id = $1 AND language = $2",
        &[message.into(), language.into(), run_at.into()],
    )?;
    Ok(())
}

fn remove_job(tx: &mut Tx<'_>, message: MessageId, language: Language) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM translation_jobs WHERE message_id = $1 AND language = $2",
        &[message.into(), language.into()],
    )?;
    Ok(())
}

/// Ends the job of a text that has a translation, which stays; gives that one, if there is.
///
/// # Errors
/// As the database says.
pub fn keep_known(tx: &mut Tx<'_>, job: &Job) -> Result<Option<Translation>, StoreError> {
    let known = list(tx, &[job.message_id])?
        .into_iter()
        .find(|known| known.language == job.to && known.revision == job.revision);
    if known.is_some() {
        remove_job(tx, job.message_id, job.to)?;
    }
    Ok(known)
}

/// Gives up a job that no worker has; says whether there was one.
///
/// # Errors
/// As the database says.
pub fn cancel(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let removed = tx.execute(
        "DELETE FROM translation_jobs WHERE message_id = $1 AND language = $2 AND claimed_until <= $3",
        &[message.into(), language.into(), now.into()],
    )?;
    Ok(removed > 0)
}

/// How many translations of one kind there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// `done`, `identical`, `unavailable` or `failed`.
    pub state: String,
    /// Which engine made them, and over which languages; `None` where none did.
    pub engine: Option<String>,
    /// The language of the messages.
    pub from: Language,
    /// The language they were translated into.
    pub to: Language,
    /// How many.
    pub total: i64,
}

/// How many translations there are of each kind.
///
/// # Errors
/// As the database says.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<Count>, StoreError> {
    tx.query(
        "SELECT t.state AS state, t.engine AS engine, m.original_language AS source, t.language AS target, count(*) AS total \
         FROM translations t JOIN messages m ON m.id = t.message_id \
         GROUP BY t.state, t.engine, m.original_language, t.language ORDER BY 3, 4, 1, 2",
        &[],
        |row| {
            Ok(Count {
                state: row.take("state")?,
                engine: row.take("engine")?,
                from: row.take("source")?,
                to: row.take("target")?,
                total: row.take("total")?,
            })
        },
    )
}

/// Keeps what came of a translation and ends its job; says since when there is one, if it was kept.
///
/// It is not kept when the message has a newer text by now: then the job stays, and is due at once for that text.
///
/// # Errors
/// As the database says.
pub fn finish(tx: &mut Tx<'_>, translation: &Translation) -> Result<Option<Timestamp>, StoreError> {
    let revision: Option<i64> = tx.query_first(
        "SELECT revision FROM messages WHERE id = $1 AND deleted_at IS NULL",
        &[translation.message_id.into()],
        |row| row.take("revision"),
    )?;
    match revision {
        Some(current) if current != translation.revision => {
            postpone(tx, translation.message_id, translation.language, translation.updated_at)?;
            return Ok(None);
        }
        None => {
            remove_job(tx, translation.message_id, translation.language)?;
            return Ok(None);
        }
        Some(_) => {}
    }
    let (content, engine, score, reason) = translation.state.columns();
    let created_at = tx.query_first(
        "INSERT INTO translations (message_id, language, revision, state, content, engine, score, reason, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (message_id, language) DO UPDATE SET \
           revision = excluded.revision, state = excluded.state, content = excluded.content, engine = excluded.engine, \
           score = excluded.score, reason = excluded.reason, updated_at = excluded.updated_at \
         WHERE translations.revision <= excluded.revision RETURNING created_at",
        &[
            translation.message_id.into(),
            translation.language.into(),
            translation.revision.into(),
            translation.state.name().into(),
            content.into(),
            engine.into(),
            score.into(),
            reason.into(),
            translation.created_at.into(),
            translation.updated_at.into(),
        ],
        |row| row.take("created_at"),
    )?;
    remove_job(tx, translation.message_id, translation.language)?;
    Ok(created_at)
}

/// The finished translations of some messages.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx<'_>, messages: &[MessageId]) -> Result<Vec<Translation>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    tx.query(
        &format!(
            "SELECT message_id, language, revision, state, content, engine, score, reason, created_at, updated_at \
             FROM translations WHERE message_id IN ({ids}) ORDER BY message_id, language"
        ),
        &padded(messages.iter().map(|id| Value::from(*id))),
        read,
    )
}

/// Translations that came to an end at or after `from`, the oldest first, at most so many.
///
/// # Errors
/// As the database says.
pub fn since(tx: &mut Tx<'_>, from: Timestamp, limit: i64) -> Result<Vec<(MessageId, Language)>, StoreError> {
    tx.query(
        "SELECT message_id, language FROM translations WHERE updated_at >= $1 ORDER BY updated_at LIMIT $2",
        &[from.into(), limit.into()],
        |row| Ok((row.take("message_id")?, row.take("language")?)),
    )
}

/// The translations of some messages that are under way.
///
/// # Errors
/// As the database says.
pub fn pending(tx: &mut Tx<'_>, messages: &[MessageId]) -> Result<Vec<(MessageId, Language)>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    tx.query(
        &format!(
            "SELECT message_id, language FROM translation_jobs WHERE message_id IN ({ids}) ORDER BY message_id, language"
        ),
        &padded(messages.iter().map(|id| Value::from(*id))),
        |row| Ok((row.take("message_id")?, row.take("language")?)),
    )
}
