//! The event log: every durable change of a conversation, numbered from 1 without gaps.
//!
//! A change takes its number under the lock of the conversation's row, in its own transaction. When a number
//! is committed, so are all lower ones, and a reader that knows a number finds what followed with [`after`].
//! The oldest rows are [pruned](prune). A reader whose next row was pruned has to reload. A trigger queues the messages whose texts
//! have changed for the [search](crate::search_queue); what may concern somebody is queued for their [notifications](crate::notification_queue).

pub use super::changes::Change;
use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::notification_queue::{self, Occasion};
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::{ConversationId, Timestamp};

/// Conversations that are looked up with one statement.
const BATCH: usize = 32;

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the event in the conversation.
    pub number: i64,
    /// The change; `None` if this version of the program does not know it.
    pub change: Option<Change>,
    /// The time of the change.
    pub at: Timestamp,
}

impl FromRow for LoggedEvent {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (conversation_id, number, kind, subject, at): (_, _, String, String, _) = FromRow::from_row(row)?;
        Ok(Self { conversation_id, number, change: Change::parse(&kind, &subject), at })
    }
}

/// Logs changes of a conversation and returns the number of the first. Other transactions cannot log changes
/// there until this one ends.
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
        insert(tx, conversation, number, change, now)?;
    }
    Ok(first)
}

/// Adds the row of a number that this transaction has reserved.
pub fn insert(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    number: i64,
    change: &Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Change::Created | Change::MessageNew(_) | Change::Reaction(..) = change {
        notification_queue::add(tx, Some(conversation), &Occasion::Change(change.clone()))?;
    }
    let (kind, subject) = change.columns();
    tx.execute_later(
        "INSERT INTO conversation_events (conversation_id, number, kind, subject, at) VALUES ($1, $2, $3, $4, $5)",
        &[conversation.into(), number.into(), kind.into(), subject.into(), now.into()],
    )
}

/// The rows after a known number in each of several conversations, at most `limit` per conversation. They
/// come in the given order of the conversations and by number.
pub fn after(
    tx: &mut Tx<'_>,
    known: &[(ConversationId, i64)],
    limit: i64,
) -> Result<Vec<LoggedEvent>, StoreError> {
    let mut found = Vec::new();
    for batch in known.chunks(BATCH) {
        // A separate subquery for each conversation reads no more rows than it returns.
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

/// The number of the newest change in each of several conversations.
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

/// Makes every reader reload: all numbers known before are now too old. For changes that are not logged one
/// by one, such as those of an import.
pub fn restart(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM conversation_events", &[])?;
    tx.execute("UPDATE conversations SET last_event = last_event + 1", &[])?;
    Ok(())
}

/// How much of the log to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Keep rows since this time,
    pub since: Timestamp,
    /// and at most this many of a conversation, the newest ones.
    pub rows: i64,
}

/// What [`prune`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many rows were removed.
    pub removed: u64,
    /// The conversation to continue after.
    pub last: Option<ConversationId>,
    /// Whether all conversations have been checked.
    pub is_done: bool,
}

/// The number and the time of a row, if there is one.
type Oldest = Option<(i64, Timestamp)>;

/// Checks up to `conversations` conversations by id, after `after`, and removes up to `rows` of their oldest
/// rows beyond what `keep` allows. To check all, begin without an id and continue after [`Pruned::last`].
pub fn prune(
    tx: &mut Tx<'_>,
    keep: Keep,
    after: Option<ConversationId>,
    conversations: i64,
    rows: i64,
) -> Result<Pruned, StoreError> {
    let checked: Vec<(ConversationId, i64, Oldest)> = tx.fetch_all(
        "SELECT c.id, c.last_event, \
           (SELECT e.number FROM conversation_events e WHERE e.conversation_id = c.id ORDER BY e.number LIMIT 1), \
           (SELECT e.at FROM conversation_events e WHERE e.conversation_id = c.id ORDER BY e.number LIMIT 1) \
         FROM conversations c WHERE c.id > $1 ORDER BY c.id LIMIT $2",
        &[after.map_or_else(|| Value::from(""), Value::from), conversations.into()],
    )?;
    let are_all = i64::try_from(checked.len()) != Ok(conversations);
    let (mut removed, mut last) = (0, after);
    for (id, last_event, oldest) in checked {
        let surplus = last_event - keep.rows;
        if let Some((first, at)) = oldest
            && (at < keep.since || first <= surplus)
        {
            removed += remove_oldest(tx, id, first + rows - removed, surplus, keep.since)?;
            if removed >= rows {
                return Ok(Pruned { removed: removed.unsigned_abs(), last, is_done: false });
            }
        }
        last = Some(id);
    }
    Ok(Pruned { removed: removed.unsigned_abs(), last, is_done: are_all })
}

/// Removes rows below `end`: those up to the number `surplus`, and those up to the newest row before `since`.
/// Times need not ascend with the numbers, but the log must not get gaps.
fn remove_oldest(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    end: i64,
    surplus: i64,
    since: Timestamp,
) -> Result<i64, StoreError> {
    let removed = tx.execute(
        "DELETE FROM conversation_events WHERE conversation_id = $1 AND number < $2 AND (number <= $3 OR number <= \
           (SELECT max(number) FROM conversation_events WHERE conversation_id = $1 AND number < $2 AND at < $4))",
        &[conversation.into(), end.into(), surplus.into(), since.into()],
    )?;
    Ok(i64::try_from(removed).unwrap_or(i64::MAX))
}
