//! The index for the search in texts of messages.
//!
//! A change of a message is queued in its own transaction ([`search_queue`]), and indexed later. A message is indexed by the grams of all
//! its texts ([`meeshy_domain::text::grams`]), and by two more: its conversation, and the bucket of its number. A search goes through the
//! buckets from the newest on, so that a frequent word costs no more than a rare one.

use super::conversations::not_deleted;
use crate::engine::placeholders::{padded, placeholders};
use crate::messages::Message;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value, search_queue};
use meeshy_domain::text::TextSearch;
use meeshy_domain::{ConversationId, MessageId, UserId};
use std::collections::{BTreeSet, HashMap};

/// Messages in a bucket.
const BUCKET: i64 = 4_096;

/// Makes the index, and queues all messages.
pub(crate) fn create(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.batch(tx.full_text().create)?;
    search_queue::start(tx)
}

/// Empties the index and queues all messages, if texts are folded differently now.
pub fn follow_folding(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    if search_queue::restart(tx)? {
        tx.execute("DELETE FROM search_entries", &[])?;
        tx.execute("DELETE FROM search_grams WHERE rowid > 0", &[])?;
    }
    Ok(())
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
        let (place, bucket) = (conversation(entry.conversation), bucket(number / BUCKET));
        grams.extend([place.as_str(), bucket.as_str()]);
        tx.execute_later(&sql, &[number.into(), grams.join(" ").into()])?;
        rows.extend([Value::from(entry.message), number.into()]);
    }
    tx.insert_rows("search_entries", &["message_id", "number"], &rows, "").map(drop)
}

/// The gram of a conversation. Longer than those of texts.
fn conversation(id: ConversationId) -> String {
    format!("in{id}")
}

/// The gram of a bucket. Longer than those of texts.
fn bucket(number: i64) -> String {
    format!("bucket{number}")
}

/// Where to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In these conversations, a few.
    Conversations(Vec<ConversationId>),
    /// In all open conversations in which this person is.
    AllOf(UserId),
}

/// A part of the index: the numbers from `from` to before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The lowest number, at the start of a bucket.
    pub from: i64,
    /// The number after the highest.
    pub to: i64,
}

impl Span {
    /// The newest messages with lower numbers than `to`: to the start of a bucket, which is not always a whole one.
    pub fn before(to: i64) -> Self {
        Self { from: (to - 1).max(0) / BUCKET * BUCKET, to }
    }

    /// The messages before these, at least twice as many buckets. `None` if there are none.
    pub fn older(self) -> Option<Self> {
        let buckets = ((self.to - self.from) / BUCKET).max(1) * 2;
        (self.from > 0).then(|| Self { from: (self.from - buckets * BUCKET).max(0), to: self.from })
    }

    fn buckets(self) -> Vec<String> {
        (self.from / BUCKET..=(self.to - 1).max(0) / BUCKET).map(bucket).collect()
    }
}

/// The end of the index: higher than all numbers.
pub fn end() -> Query<i64> {
    Query::one("SELECT last_number + 1 AS past FROM search_state WHERE id = 1", Vec::new())
}

/// The number of a message, if it is indexed.
pub fn number(message: MessageId) -> Query<Option<i64>> {
    Query::optional("SELECT number FROM search_entries WHERE message_id = $1", vec![message.into()])
}

/// Up to `limit` messages of a span that may have what is searched, with their numbers, the newest first. The caller checks the texts.
pub fn candidates(
    tx: &mut Tx<'_>,
    search: &TextSearch,
    scope: &Scope,
    span: Span,
    viewer: &Viewer,
    limit: i64,
) -> Result<Vec<(i64, Message)>, StoreError> {
    let mut groups: Vec<Vec<String>> = search.grams().into_iter().map(|gram| vec![gram]).collect();
    groups.push(span.buckets());
    let is_member = match scope {
        Scope::Conversations(ids) => {
            groups.push(ids.iter().copied().map(conversation).collect());
            String::new()
        }
        Scope::AllOf(_) => format!(
            " AND EXISTS (SELECT 1 FROM members x JOIN conversations c ON c.id = x.conversation_id \
               WHERE x.conversation_id = m.conversation_id AND x.user_id = $4 AND x.is_active AND c.is_active AND {})",
            not_deleted(4)
        ),
    };
    let mut params = vec![tx.full_text().search(&groups).into(), span.to.into(), limit.into()];
    if let Scope::AllOf(user) = scope {
        params.push((*user).into());
    }
    let (seen, of_viewer) = viewer.condition("m", params.len() + 1);
    params.extend(of_viewer);
    // Materialized, so that the index of grams is read first, and not the messages from the end.
    let sql = format!(
        "WITH found AS MATERIALIZED (SELECT rowid AS number FROM search_grams WHERE {matches}) \
         SELECT found.number, {columns} FROM found JOIN search_entries e ON e.number = found.number \
           JOIN messages m ON m.id = e.message_id \
         WHERE found.number < $2 AND {seen}{is_member} ORDER BY found.number DESC LIMIT $3",
        matches = tx.full_text().matches,
        columns = Message::columns()
    );
    tx.fetch_all(&sql, &params)
}
