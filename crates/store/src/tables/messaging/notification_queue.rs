//! What has happened that may concern somebody, until they are notified of it, in the transaction in which it happens.

use super::changes::Change;
use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{CallId, ConversationId, FriendRequestId, MessageId, UserId};
use std::time::Duration;

/// For how long a message waits for its translations, so that its readers are notified in their languages.
pub const WAIT: Duration = Duration::from_secs(4);

/// Something that may concern somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// A logged change of a conversation.
    Change(Change),
    /// An edit of a message has mentioned a user.
    Mentioned(MessageId, UserId),
    /// A user (the first) has added another one.
    Added(UserId, UserId),
    /// A user has joined.
    Joined(UserId),
    /// A call was not answered.
    MissedCall(CallId),
    /// A user has asked another one to be friends.
    FriendRequest(FriendRequestId),
    /// The other one has accepted.
    FriendAccepted(FriendRequestId),
}

impl Occasion {
    /// The values of the columns `kind` and `subject`.
    fn columns(&self) -> (&'static str, String) {
        match self {
            Self::Change(change) => change.columns(),
            Self::Mentioned(message, user) => ("mentioned", format!("{message} {user}")),
            Self::Added(by, user) => ("added", format!("{by} {user}")),
            Self::Joined(user) => ("self-joined", user.to_string()),
            Self::MissedCall(call) => ("missed-call", call.to_string()),
            Self::FriendRequest(request) => ("friend-request", request.to_string()),
            Self::FriendAccepted(request) => ("friend-accepted", request.to_string()),
        }
    }

    /// `None` if a newer version of the program has queued it.
    fn parse(kind: &str, subject: &str) -> Option<Self> {
        Some(match kind {
            "mentioned" => {
                let (message, user) = subject.split_once(' ')?;
                Self::Mentioned(message.parse().ok()?, user.parse().ok()?)
            }
            "added" => {
                let (by, user) = subject.split_once(' ')?;
                Self::Added(by.parse().ok()?, user.parse().ok()?)
            }
            "self-joined" => Self::Joined(subject.parse().ok()?),
            "missed-call" => Self::MissedCall(subject.parse().ok()?),
            "friend-request" => Self::FriendRequest(subject.parse().ok()?),
            "friend-accepted" => Self::FriendAccepted(subject.parse().ok()?),
            _ => Self::Change(Change::parse(kind, subject)?),
        })
    }

    /// The message whose translations are waited for.
    fn message(&self) -> Option<MessageId> {
        match self {
            Self::Change(Change::MessageNew(message)) | Self::Mentioned(message, _) => Some(*message),
            _ => None,
        }
    }
}

/// Queues an occasion. If the same one waits, whoever takes it waits for this transaction.
pub fn add(
    tx: &mut Tx<'_>,
    conversation: Option<ConversationId>,
    occasion: &Occasion,
) -> Result<(), StoreError> {
    let (kind, subject) = occasion.columns();
    let sql = format!(
        "INSERT INTO notification_queue (conversation_id, kind, subject, at, message_id) VALUES ($1, $2, $3, {}, $4) \
         ON CONFLICT (conversation_id, kind, subject) DO UPDATE SET at = excluded.at",
        tx.now_sql()
    );
    tx.execute_later(&sql, &[place(conversation), kind.into(), subject.into(), occasion.message().into()])
}

/// Whether the message of an occasion is translated, or does not wait any longer.
const IS_DUE: &str = "(q.message_id IS NULL OR q.at <= $1 OR NOT EXISTS \
    (SELECT 1 FROM translation_jobs j WHERE j.message_id = q.message_id))";

/// The conversations of up to `limit` occasions that are due, in no particular order, with repetitions; `None` stands for those
/// that did not happen in a conversation.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Option<ConversationId>>, StoreError> {
    let waits_since = tx.now()?.minus(WAIT);
    let places: Vec<String> = tx.fetch_all(
        &format!("SELECT q.conversation_id FROM notification_queue q WHERE {IS_DUE} LIMIT $2"),
        &[waits_since.into(), limit.into()],
    )?;
    let known = |place: String| match place.as_str() {
        "" => Ok(None),
        place => place.parse().map(Some).map_err(|_| StoreError::Statement(format!("`{place}` in a queue"))),
    };
    places.into_iter().map(known).collect()
}

/// Takes up to `limit` occasions of a conversation that are due, in no particular order, but none of a message after one that still
/// waits. Those that this version of the program does not know are lost.
pub fn take(
    tx: &mut Tx<'_>,
    conversation: Option<ConversationId>,
    limit: i64,
) -> Result<Vec<Occasion>, StoreError> {
    let waits_since = tx.now()?.minus(WAIT);
    let mut waiting: Vec<Waiting> = tx.fetch_all(
        &format!(
            "SELECT q.subject, q.message_id, {IS_DUE} AS is_due FROM notification_queue q \
             WHERE q.conversation_id = $2 ORDER BY q.message_id LIMIT $3"
        ),
        &[waits_since.into(), place(conversation), limit.into()],
    )?;
    let first_waiting = waiting.iter().filter(|one| !one.is_due).filter_map(|one| one.message.clone()).min();
    waiting.retain(|one| first_waiting.is_none() || one.message < first_waiting);
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = vec![place(conversation)];
    params.extend(padded(waiting.iter().map(|one| Value::from(&one.subject))));
    let taken: Vec<(String, String)> = tx.fetch_all(
        &format!(
            "DELETE FROM notification_queue WHERE conversation_id = $1 AND subject IN ({}) RETURNING kind, subject",
            placeholders(2, waiting.len())
        ),
        &params,
    )?;
    Ok(taken.into_iter().filter_map(|(kind, subject)| Occasion::parse(&kind, &subject)).collect())
}

/// An occasion, its message, and whether it is due.
struct Waiting {
    subject: String,
    /// Ids are in order of time; what is about no message is before all.
    message: Option<String>,
    is_due: bool,
}

impl FromRow for Waiting {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (subject, message, is_due) = FromRow::from_row(row)?;
        Ok(Self { subject, message, is_due })
    }
}

fn place(conversation: Option<ConversationId>) -> Value {
    conversation.map(|id| id.to_string()).unwrap_or_default().into()
}
