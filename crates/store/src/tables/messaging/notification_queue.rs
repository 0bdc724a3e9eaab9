//! What has happened that may concern somebody, until they are notified of it, in the transaction in which it happens.

use crate::engine::record::FromRow;
use crate::events::Change;
use crate::{StoreError, Tx, Value};
use meeshy_domain::{CallId, ConversationId, FriendRequestId, MessageId, UserId};
use std::time::Duration;

/// For how long a message waits for its translations, so that its readers are notified in their languages.
pub const WAIT: Duration = Duration::from_secs(4);

/// Something that may concern somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// A logged change of a conversation.
    Change(Change),
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
            Self::Change(Change::MessageNew(message) | Change::MessageEdited(message)) => Some(*message),
            _ => None,
        }
    }
}

/// Queues an occasion, unless the same one waits.
pub fn add(
    tx: &mut Tx<'_>,
    conversation: Option<ConversationId>,
    occasion: &Occasion,
) -> Result<(), StoreError> {
    let (kind, subject) = occasion.columns();
    let sql = format!(
        "INSERT INTO notification_queue (conversation_id, kind, subject, at, message_id) VALUES ($1, $2, $3, {}, $4) \
         ON CONFLICT DO NOTHING",
        tx.now_sql()
    );
    tx.execute_later(&sql, &[place(conversation), kind.into(), subject.into(), occasion.message().into()])
}

/// Leaves the occasions whose messages are translated, or do not wait any longer.
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

/// Takes up to `limit` occasions of a conversation that are due, in no particular order. Those that this version of the program does
/// not know are lost.
pub fn take(
    tx: &mut Tx<'_>,
    conversation: Option<ConversationId>,
    limit: i64,
) -> Result<Vec<Occasion>, StoreError> {
    let waits_since = tx.now()?.minus(WAIT);
    let taken: Vec<Named> = tx.fetch_all(
        &format!(
            "DELETE FROM notification_queue WHERE (conversation_id, kind, subject) IN \
               (SELECT q.conversation_id, q.kind, q.subject FROM notification_queue q \
                WHERE q.conversation_id = $2 AND {IS_DUE} LIMIT $3) RETURNING kind, subject"
        ),
        &[waits_since.into(), place(conversation), limit.into()],
    )?;
    Ok(taken.into_iter().filter_map(|Named(kind, subject)| Occasion::parse(&kind, &subject)).collect())
}

fn place(conversation: Option<ConversationId>) -> Value {
    conversation.map(|id| id.to_string()).unwrap_or_default().into()
}

struct Named(String, String);

impl FromRow for Named {
    fn from_row(row: &mut crate::Row) -> Result<Self, StoreError> {
        let (kind, subject) = FromRow::from_row(row)?;
        Ok(Self(kind, subject))
    }
}
