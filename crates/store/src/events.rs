//! The event log: every durable change of a conversation, numbered from 1 without gaps.
//!
//! A change takes its number under the lock of the conversation's row, in its own transaction. So when a number is
//! committed, all lower ones are, and whoever knows a number reads what came [`after`] it. The oldest rows are
//! [pruned](prune); then the rows after an old number no longer follow it directly, and its holder has to start anew.

use crate::placeholders::{padded, placeholders};
use crate::record::FromRow;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Language, MessageId, Timestamp, UserId};

/// Conversations that are looked up with one statement.
const BATCH: usize = 32;

/// A durable change of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was created.
    Created,
    /// A message was written.
    MessageNew(MessageId),
    /// A message was edited.
    MessageEdited(MessageId),
    /// A translation of a message ended, with or without a text.
    Translated(MessageId, Language),
    /// Somebody has read it to its end.
    Read(UserId),
}

impl Change {
    /// What the columns `kind` and `subject` hold.
    fn columns(self) -> (&'static str, String) {
        match self {
            Self::Created => ("created", String::new()),
            Self::MessageNew(message) => ("message", message.to_string()),
            Self::MessageEdited(message) => ("edit", message.to_string()),
            Self::Translated(message, language) => ("translation", format!("{message} {language}")),
            Self::Read(user) => ("read", user.to_string()),
        }
    }

    /// `None` for what a newer version of the program has written.
    fn parse(kind: &str, subject: &str) -> Option<Self> {
        Some(match kind {
            "created" => Self::Created,
            "message" => Self::MessageNew(subject.parse().ok()?),
            "edit" => Self::MessageEdited(subject.parse().ok()?),
            "translation" => {
                let (message, language) = subject.split_once(' ')?;
                Self::Translated(message.parse().ok()?, Language::parse(language).ok()?)
            }
            "read" => Self::Read(subject.parse().ok()?),
            _ => return None,
        })
    }

    /// The message that has changed, if one has.
    #[must_use]
    pub fn message(self) -> Option<MessageId> {
        match self {
            Self::MessageNew(id) | Self::MessageEdited(id) | Self::Translated(id, _) => Some(id),
            Self::Created | Self::Read(_) => None,
        }
    }
}

/// A row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedEvent {
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Its number there.
    pub number: i64,
    /// What has changed; `None` if this version of the program does not know it.
    pub change: Option<Change>,
    /// When.
    pub at: Timestamp,
}

impl FromRow for LoggedEvent {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (conversation_id, number, kind, subject, at): (_, _, String, String, _) = FromRow::from_row(row)?;
        Ok(Self { conversation_id, number, change: Change::parse(&kind, &subject), at })
    }
}

/// Logs some changes of a conversation and gives the number of the first; nobody else can log one there until this
/// transaction ends.
///
/// # Errors
/// As the database says.
pub fn append(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    changes: &[Change],
    now: Timestamp,
) -> Result<i64, StoreError> {
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let last: i64 = tx.fetch_one(
        "UPDATE conversations SET last_event = last_event + $2 WHERE id = $1 RETURNING last_event",
        &[conversation.into(), count.into()],
    )?;
    let first = last - count + 1;
    for (number, change) in (first..).zip(changes) {
        insert(tx, conversation, number, *change, now)?;
    }
    Ok(first)
}

/// Adds the row of a number that this transaction has taken.
///
/// # Errors
/// As the database says.
pub fn insert(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    number: i64,
    change: Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (kind, subject) = change.columns();
    tx.execute_later(
        "INSERT INTO conversation_events (conversation_id, number, kind, subject, at) VALUES ($1, $2, $3, $4, $5)",
        &[conversation.into(), number.into(), kind.into(), subject.into(), now.into()],
    )
}

/// The rows after a number of each of some conversations, at most `limit` of each, in order of the conversations as given
/// and of their numbers.
///
/// # Errors
/// As the database says.
pub fn after(
    tx: &mut Tx<'_>,
    known: &[(ConversationId, i64)],
    limit: i64,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let mut found = Vec::new();
    for batch in known.chunks(BATCH) {
        // A search of its own for each conversation reads no more rows than it gives.
        let searches: Vec<String> = (0..batch.len().next_power_of_two())
            .map(|n| {
                format!(
                    "SELECT * FROM (SELECT conversation_id, number, kind, subject, at FROM conversation_events \
                       WHERE conversation_id = ${} AND number > ${} ORDER BY number LIMIT $1) after_{n}",
                    2 * n + 2,
                    2 * n + 3
                )
            })
            .collect();
        let mut params: Vec<Value> = vec![limit.into()];
        params.extend(batch.iter().flat_map(|(id, number)| [Value::from(*id), Value::from(*number)]));
        while params.len() < 2 * searches.len() + 1 {
            // No conversation has an empty id.
            params.extend([Value::from(""), Value::from(0_i64)]);
        }
        let mut rows: Vec<LoggedEvent> = tx.fetch_all(&searches.join(" UNION ALL "), &params)?;
        let place = |event: &LoggedEvent| batch.iter().position(|(id, _)| *id == event.conversation_id);
        rows.sort_by_cached_key(|event| (place(event), event.number));
        found.append(&mut rows);
    }
    Ok(found)
}

/// The number of the newest change of each of some conversations.
///
/// # Errors
/// As the database says.
pub fn last(
    tx: &mut Tx<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, i64)>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let ids = placeholders(1, conversations.len());
    tx.fetch_all(
        &format!("SELECT id, last_event FROM conversations WHERE id IN ({ids})"),
        &padded(conversations.iter().map(|id| Value::from(*id))),
    )
}

/// Makes everybody start anew: what they know of any conversation is too old from now on. For changes that are not logged
/// one by one, such as those of an import.
///
/// # Errors
/// As the database says.
pub fn restart(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM conversation_events", &[])?;
    tx.execute("UPDATE conversations SET last_event = last_event + 1", &[])?;
    Ok(())
}

/// What is kept of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Rows since then, and
    pub since: Timestamp,
    /// so many of a conversation at most, the newest ones.
    pub rows: i64,
}

/// The log of a conversation that has rows to be pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prunable {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// The number of the oldest row.
    pub first: i64,
    /// The number of the newest change.
    pub last: i64,
}

/// The number and the time of a row, if there is one.
type Oldest = Option<(i64, Timestamp)>;

/// Looks at the next `limit` conversations in order of their ids, from behind `from`: gives those that have rows to be
/// pruned, and where to go on, if there may be more.
///
/// # Errors
/// As the database says.
pub fn prunable(
    tx: &mut Tx<'_>,
    keep: Keep,
    from: Option<ConversationId>,
    limit: i64,
) -> Result<(Vec<Prunable>, Option<ConversationId>), StoreError> {
    let looked_at: Vec<(ConversationId, i64, Oldest)> = tx.fetch_all(
        "SELECT c.id, c.last_event, \
           (SELECT e.number FROM conversation_events e WHERE e.conversation_id = c.id ORDER BY e.number LIMIT 1), \
           (SELECT e.at FROM conversation_events e WHERE e.conversation_id = c.id ORDER BY e.number LIMIT 1) \
         FROM conversations c WHERE c.id > $1 ORDER BY c.id LIMIT $2",
        &[from.map_or_else(|| Value::from(""), Value::from), limit.into()],
    )?;
    let is_full = i64::try_from(looked_at.len()) == Ok(limit);
    let next = looked_at.last().map(|(id, ..)| *id).filter(|_| is_full);
    let prunable = |(conversation_id, last, oldest): (ConversationId, i64, Oldest)| {
        let (first, at) = oldest?;
        (at < keep.since || first <= last - keep.rows).then_some(Prunable { conversation_id, first, last })
    };
    Ok((looked_at.into_iter().filter_map(prunable).collect(), next))
}

/// Removes the oldest rows of a conversation that are not to be kept, `limit` at most; says how many.
///
/// # Errors
/// As the database says.
pub fn prune(tx: &mut Tx<'_>, log: Prunable, keep: Keep, limit: i64) -> Result<u64, StoreError> {
    let old: Option<i64> = tx.fetch_one(
        "SELECT max(number) AS newest FROM conversation_events WHERE conversation_id = $1 AND number < $2 AND at < $3",
        &[log.conversation_id.into(), (log.first + limit).into(), keep.since.into()])?;
    let too_many = (log.last - keep.rows).min(log.first + limit - 1);
    tx.execute(
        "DELETE FROM conversation_events WHERE conversation_id = $1 AND number <= $2",
        &[log.conversation_id.into(), old.unwrap_or(0).max(too_many).into()],
    )
}
