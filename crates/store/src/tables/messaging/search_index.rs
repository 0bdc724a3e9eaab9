//! The index for the search in texts of messages.
//!
//! A change of a message is queued in its own transaction ([`search_queue`](crate::search_queue)), and indexed later. A message is indexed by the grams of all
//! its texts ([`meeshy_domain::text::grams`]), by its conversation, and by the buckets of its number, small ones and large ones. A search goes through the
//! buckets from the newest on, so that a frequent word costs no more than a rare one.

use super::conversations::not_deleted;
use crate::engine::placeholders::{padded, placeholders};
use crate::messages::Message;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::text::{FOLD_VERSION, TextSearch};
use meeshy_domain::{ConversationId, MessageId, UserId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The numbers of a bucket, of each size. A search is in one bucket at a time.
const BUCKETS: [i64; 4] = [SMALLEST, 4 * SMALLEST, 16 * SMALLEST, 64 * SMALLEST];
const SMALLEST: i64 = 4_096;
/// Which grams a message has: entries of lower versions are replaced. It depends on how texts are folded, too.
pub(crate) const INDEX_VERSION: i64 = 100 * FOLD_VERSION + 1;

/// Makes the index.
pub(crate) fn create(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.batch(tx.full_text().create)?;
    tx.execute("INSERT INTO search_state (id, last_number, fold_version) VALUES (1, 0, 0)", &[]).map(drop)
}

/// Lets the event log queue what has to be indexed.
pub(crate) fn follow_log(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.batch(tx.full_text().queue)
}

/// A message to index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The grams of its texts.
    pub grams: BTreeSet<String>,
}

/// Replaces what is indexed of some messages: those without an entry are removed.
pub fn replace(tx: &mut Tx<'_>, messages: &BTreeSet<MessageId>, entries: &[Entry]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let list = placeholders(1, messages.len());
    let ids = padded(messages.iter().map(|id| Value::from(*id)));
    let known: Vec<(MessageId, i64)> = tx.fetch_all(
        &format!("SELECT message_id, number FROM search_entries WHERE message_id IN ({list})"),
        &ids,
    )?;
    for (_, number) in &known {
        tx.execute_later("DELETE FROM search_grams WHERE rowid = $1", &[(*number).into()])?;
    }
    tx.execute_later(&format!("DELETE FROM search_entries WHERE message_id IN ({list})"), &ids)?;
    let known: HashMap<MessageId, i64> = known.into_iter().collect();
    let new = entries.iter().filter(|entry| !known.contains_key(&entry.message)).count();
    let last: i64 = tx.fetch_one(
        "UPDATE search_state SET last_number = last_number + $1 WHERE id = 1 RETURNING last_number",
        &[i64::try_from(new).unwrap_or(i64::MAX).into()],
    )?;
    let mut next = last - i64::try_from(new).unwrap_or(0);
    let sql = format!("INSERT INTO search_grams (rowid, grams) VALUES ($1, {})", tx.full_text().value);
    let mut rows = Vec::new();
    for entry in entries {
        // An edited message keeps its place.
        let number = known.get(&entry.message).copied().unwrap_or_else(|| {
            next += 1;
            next
        });
        let mut grams: Vec<&str> = entry.grams.iter().map(String::as_str).collect();
        let place = conversation(entry.conversation);
        let buckets = BUCKETS.map(|size| bucket(number, size));
        grams.push(&place);
        grams.extend(buckets.iter().map(String::as_str));
        tx.execute_later(&sql, &[number.into(), grams.join(" ").into()])?;
        rows.extend([Value::from(entry.message), number.into(), INDEX_VERSION.into()]);
    }
    tx.insert_rows("search_entries", &["message_id", "number", "fold_version"], &rows, "").map(drop)
}

/// The gram of a conversation. Longer than those of texts.
fn conversation(id: ConversationId) -> String {
    format!("in{id}")
}

/// The gram of the bucket of this size that a number is in. Longer than those of texts.
fn bucket(number: i64, size: i64) -> String {
    format!("bucket{size}at{}", number / size)
}

/// Where to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In these conversations, a few.
    Conversations(Vec<ConversationId>),
    /// In all open conversations in which this person is. The index does not know them.
    AllOf(UserId),
}

/// A part of the index: a bucket, or its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The number after the highest.
    pub to: i64,
    /// The lowest number.
    from: i64,
    /// The size of the bucket.
    size: i64,
}

impl Span {
    /// The newest messages with lower numbers than `to`: a bucket of the smallest size up to there.
    pub fn before(to: i64) -> Self {
        Self { to, from: (to - 1).max(0) / SMALLEST * SMALLEST, size: SMALLEST }
    }

    /// The bucket before this one, of the next size if one ends there. `None` if there is none.
    pub fn older(self) -> Option<Self> {
        let Self { from: to, size: before, .. } = self;
        let size = BUCKETS.into_iter().filter(|size| to % size == 0 && *size <= 4 * before).max()?;
        (to > 0).then_some(Self { to, from: to - size, size })
    }
}

/// The end of the index: higher than all numbers.
pub fn end() -> Query<i64> {
    Query::one("SELECT last_number + 1 AS past FROM search_state WHERE id = 1", Vec::new())
}

/// The grams by which to search, without those that are nearly everywhere, unless there are no others: the texts decide in any case.
pub fn selective_grams(tx: &mut Tx<'_>, search: &TextSearch) -> Result<Vec<String>, StoreError> {
    let grams: Vec<String> = search.grams().into_iter().collect();
    let Some(sql) = tx.full_text().common else { return Ok(grams) };
    let common: HashSet<String> = tx.fetch_all::<String>(sql, &[])?.into_iter().collect();
    let rare: Vec<String> = grams.iter().filter(|gram| !common.contains(*gram)).cloned().collect();
    Ok(if rare.is_empty() { grams } else { rare })
}

/// The newest messages of a span that have these grams, at most `limit`: their numbers, from the highest on.
pub fn matches(
    tx: &mut Tx<'_>,
    grams: &[String],
    scope: &Scope,
    span: Span,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut groups: Vec<Vec<String>> = grams.iter().map(|gram| vec![gram.clone()]).collect();
    groups.push(vec![bucket(span.from, span.size)]);
    if let Scope::Conversations(ids) = scope {
        groups.push(ids.iter().copied().map(conversation).collect());
    }
    // Materialized, so that the index of grams is read, and not the numbers from the end.
    let sql = format!(
        "WITH found AS MATERIALIZED (SELECT rowid AS number FROM search_grams WHERE {}) \
         SELECT number FROM found WHERE number < $2 ORDER BY number DESC LIMIT $3",
        tx.full_text().matches
    );
    tx.fetch_all(&sql, &[tx.full_text().search(&groups).into(), span.to.into(), limit.into()])
}

/// Those of the messages with these numbers that the viewer can read, with their numbers, the newest first.
pub fn readable(numbers: &[i64], scope: &Scope, viewer: &Viewer) -> Query<Vec<(i64, Message)>> {
    if numbers.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, numbers.len());
    let mut params = padded(numbers.iter().map(|number| Value::from(*number)));
    let is_member = match scope {
        Scope::Conversations(_) => String::new(),
        Scope::AllOf(user) => {
            params.push((*user).into());
            let at = params.len();
            format!(
                " AND EXISTS (SELECT 1 FROM members x JOIN conversations c ON c.id = x.conversation_id \
                   WHERE x.conversation_id = m.conversation_id AND x.user_id = ${at} AND x.is_active AND c.is_active AND {})",
                not_deleted(at)
            )
        }
    };
    let (seen, of_viewer) = viewer.condition("m", params.len() + 1);
    params.extend(of_viewer);
    let columns = Message::columns();
    Query::all(
        format!(
            "SELECT e.number, {columns} FROM search_entries e JOIN messages m ON m.id = e.message_id \
             WHERE e.number IN ({list}) AND {seen}{is_member} ORDER BY e.number DESC"
        ),
        params,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_back_to_the_first_number_without_gaps_in_few_steps() {
        for end in [0, 1, SMALLEST, SMALLEST + 1, 245 * SMALLEST - 96, 1_000_000, 12_345_678] {
            let (mut span, mut steps) = (Span::before(end), 1);
            while let Some(older) = span.older() {
                assert_eq!(older.to, span.from);
                assert_eq!(older.from % older.size, 0);
                assert_eq!(older.to - older.from, older.size);
                (span, steps) = (older, steps + 1);
            }
            assert_eq!(span.from, 0, "from {end}");
            assert!(steps <= 10 + end / (64 * SMALLEST), "{steps} steps from {end}");
        }
    }
}
