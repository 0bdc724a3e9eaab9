//! The jobs that make [translations](crate::translations). A job is deleted in the transaction that stores
//! its result.
//!
//! They are claimed like other [jobs](crate::jobs), but have a table of their own: every message adds some,
//! they are claimed by language pair, and looked up with each page of messages.

use crate::engine::placeholders::{not_in, padded, placeholders};
use crate::tables::job_table::{Due, JobTable};
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, MessageId, Timestamp};

const TABLE: JobTable = JobTable { name: "translation_jobs", key: ["message_id", "language"] };

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The message.
    pub message_id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The text to translate.
    pub content: String,
    /// The revision of that text.
    pub revision: i64,
    /// The source language.
    pub from: Language,
    /// The target language.
    pub to: Language,
    /// The number of attempts, including this one.
    pub attempts: i64,
    /// Engines and routes that readers have rejected.
    pub avoid: Vec<String>,
}

/// The priority of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Live: users are waiting.
    Live,
    /// For older messages that a user has opened.
    Backfill,
}

impl From<Priority> for Value {
    fn from(priority: Priority) -> Self {
        i64::from(priority == Priority::Backfill).into()
    }
}

/// Adds a job, unless it exists.
pub fn enqueue(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    priority: Priority,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = tx.now_sql();
    tx.execute_later(
        &format!(
            "INSERT INTO translation_jobs (message_id, language, priority, run_at, created_at) VALUES ($1, $2, $3, {due}, $4) \
             ON CONFLICT (message_id, language) DO NOTHING"
        ),
        &[message.into(), language.into(), priority.into(), now.into()],
    )
}

/// Replaces the jobs of a message whose text has changed, with a fresh number of attempts. A worker that has
/// claimed one of them keeps it until it notices.
pub fn renew(
    tx: &mut Tx<'_>,
    message: MessageId,
    languages: &[Language],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (others, kept) =
        not_in("language", 2, languages.iter().map(|language| Value::from(*language)).collect());
    let params = [vec![message.into()], kept].concat();
    tx.execute(&format!("DELETE FROM translation_jobs WHERE message_id = $1 {others}"), &params)?;
    let due = tx.now_sql();
    for language in languages {
        tx.execute(
            &format!(
                "INSERT INTO translation_jobs (message_id, language, priority, run_at, created_at) VALUES ($1, $2, $3, {due}, $4) \
                 ON CONFLICT (message_id, language) DO UPDATE SET \
                   priority = excluded.priority, run_at = excluded.run_at, attempts = 0, avoid = ''"
            ),
            &[message.into(), (*language).into(), Priority::Live.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Adds a job that avoids some engines and routes.
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

/// Which jobs to claim, and by whom.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The id of the worker.
    pub by: String,
    /// When the claim expires.
    pub until: Timestamp,
    /// The priority.
    pub priority: Priority,
    /// The maximum number.
    pub limit: i64,
    /// Language pairs to leave to other workers.
    pub but: Vec<(Language, Language)>,
}

/// Claims jobs that are due, the oldest first.
///
/// Drops jobs whose message was deleted, has expired or is hidden from everybody.
pub fn claim(tx: &mut Tx<'_>, now: Timestamp, claim: &Claim) -> Result<Vec<Job>, StoreError> {
    let Claim { by, until, priority, limit, but } = claim;
    let (others, pairs) = left_to_others(but);
    let due = Due { now, until: *until, by, limit: *limit };
    let params = [vec![(*priority).into()], pairs].concat();
    let claimed: Vec<(MessageId, Language, i64, String)> = TABLE.claim(
        tx,
        &due,
        &format!("priority = $5 {others}"),
        params,
        "message_id, language, attempts, avoid",
    )?;
    let mut ids: Vec<MessageId> = claimed.iter().map(|(id, ..)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let messages: std::collections::HashMap<_, _> =
        crate::messages::find_all(tx, &ids)?.into_iter().map(|message| (message.id, message)).collect();
    let mut jobs = Vec::with_capacity(claimed.len());
    for (id, language, attempts, avoid) in claimed {
        match messages.get(&id) {
            Some(message) if message.concealed(None).is_none() && !message.has_expired(now) => {
                jobs.push(Job {
                    message_id: id,
                    conversation_id: message.conversation_id,
                    content: message.content.clone(),
                    revision: message.revision,
                    from: message.original_language,
                    to: language,
                    attempts,
                    avoid: avoid.lines().map(str::to_owned).collect(),
                });
            }
            _ => remove(tx, id, language)?,
        }
    }
    Ok(jobs)
}

/// Extends the claims on jobs; returns whether `by` still has any of them.
pub fn extend_claims(
    tx: &mut Tx<'_>,
    by: &str,
    jobs: &[(MessageId, Language)],
    until: Timestamp,
) -> Result<bool, StoreError> {
    let mut has_any = false;
    for (message, language) in jobs {
        has_any |= TABLE.extend(tx, by, [(*message).into(), (*language).into()], until)?;
    }
    Ok(has_any)
}

/// A condition that excludes some pairs, and its parameters from the sixth on.
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

/// Releases all claims, for a process that starts with exclusive use of the data.
pub fn release_claims(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    TABLE.release_all(tx)
}

/// The number of waiting and claimed jobs.
pub fn waiting(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.fetch_one("SELECT count(*) AS total FROM translation_jobs", &[])
}

/// Schedules another attempt of a job.
pub fn postpone(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    TABLE.postpone(tx, [message.into(), language.into()], run_at)
}

/// Schedules a job again with a fresh number of attempts.
pub(crate) fn restart(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    run_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = TABLE.update("claimed_until = 0, run_at = $3, attempts = 0", "");
    tx.execute(&sql, &[message.into(), language.into(), run_at.into()]).map(drop)
}

/// Deletes a job.
pub(crate) fn remove(tx: &mut Tx<'_>, message: MessageId, language: Language) -> Result<(), StoreError> {
    TABLE.remove(tx, [message.into(), language.into()])
}

/// Cancels a job that is not claimed; returns whether it existed.
pub fn cancel(
    tx: &mut Tx<'_>,
    message: MessageId,
    language: Language,
    now: Timestamp,
) -> Result<bool, StoreError> {
    TABLE.cancel(tx, [message.into(), language.into()], now)
}

/// The languages of the pending translations of a message.
pub fn pending_of(message: MessageId) -> Query<Vec<Language>> {
    pending(&[message]).map(|pending| pending.into_iter().map(|(_, language)| language).collect())
}

/// The pending translations of some messages.
pub fn pending(messages: &[MessageId]) -> Query<Vec<(MessageId, Language)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    Query::all(
        format!(
            "SELECT message_id, language FROM translation_jobs WHERE message_id IN ({ids}) ORDER BY message_id, language"
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    )
}
