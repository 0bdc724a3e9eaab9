//! Notifications, and the archive of old ones. What has happened waits in the [queue](crate::notification_queue) before.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::{FromRow, record};
use crate::{Query, Row, StoreError, Tx, Value};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use meeshy_domain::{ConversationId, MessageId, NotificationKind, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};

record! {
    /// A notification. What it refers to may have been deleted.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[expect(missing_docs, reason = "the fields bear the names that clients and the old database use")]
    pub struct Notification in notifications {
        pub id: String,
        pub user_id: UserId,
        #[serde(rename = "type")]
        pub kind: String = "type",
        pub title: String,
        pub content: String,
        pub data: Option<String>,
        pub priority: String,
        pub is_read: bool,
        pub read_at: Option<i64>,
        pub email_sent: bool,
        pub push_sent: bool,
        pub expires_at: Option<i64>,
        pub created_at: i64,
        pub sender_id: Option<String>,
        pub sender_username: Option<String>,
        pub sender_avatar: Option<String>,
        pub sender_display_name: Option<String>,
        pub sender_first_name: Option<String>,
        pub sender_last_name: Option<String>,
        pub message_preview: Option<String>,
        pub conversation_id: Option<String>,
        pub message_id: Option<String>,
        pub call_session_id: Option<String>,
    }
}

/// Adds a notification unless it exists.
pub fn insert(tx: &mut Tx<'_>, notification: &Notification) -> Result<(), StoreError> {
    tx.insert_then(notification, "ON CONFLICT (id) DO NOTHING")
}

/// The notifications of a user that are not archived, the oldest first.
pub fn list(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Notification>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM notifications WHERE user_id = $1 ORDER BY created_at, id",
            Notification::columns()
        ),
        &[user.into()],
    )
}

/// The most notifications of a user that are counted.
const MAX_COUNTED: i64 = 10_000;

/// Which notifications to list; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this type.
    pub kind: Option<String>,
    /// Only those that are read, or are not.
    pub is_read: Option<bool>,
    /// Only with this priority.
    pub priority: Option<String>,
    /// Only about this conversation.
    pub conversation: Option<String>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only up to this time.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// A condition that leaves the notifications of a user that are not archived and have not expired, and its parameters.
    fn condition(&self, user: UserId, now: Timestamp) -> (String, Vec<Value>) {
        let mut condition = "user_id = $1 AND (expires_at IS NULL OR expires_at > $2)".to_owned();
        let mut params: Vec<Value> = vec![user.into(), now.into()];
        let mut also = |comparison: &str, value: Option<Value>| {
            if let Some(value) = value {
                params.push(value);
                condition += &format!(" AND {comparison} ${}", params.len());
            }
        };
        also("type =", self.kind.as_deref().map(Value::from));
        also("is_read =", self.is_read.map(Value::from));
        also("priority =", self.priority.as_deref().map(Value::from));
        also("conversation_id =", self.conversation.as_deref().map(Value::from));
        also("created_at >=", self.since.map(Value::from));
        also("created_at <=", self.until.map(Value::from));
        (condition, params)
    }
}

/// The notifications of a user that are not archived and have not expired, the newest first.
pub fn page(
    user: UserId,
    filter: &Filter,
    now: Timestamp,
    limit: i64,
    offset: i64,
) -> Query<Vec<Notification>> {
    let (condition, mut params) = filter.condition(user, now);
    params.extend([limit.into(), offset.into()]);
    let sql = format!(
        "SELECT {} FROM notifications WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT ${} OFFSET ${}",
        Notification::columns(),
        params.len() - 1,
        params.len()
    );
    Query::all(sql, params)
}

/// A place in the list of a user's notifications, or in the archive, from which to go on: a time and an id.
pub type Place = (i64, String);

/// All notifications of a user that are not archived, the newest first, before a place.
pub fn before(user: UserId, last: Option<&Place>, limit: i64) -> Query<Vec<Notification>> {
    let (at, id) = last.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    let sql = format!(
        "SELECT {} FROM notifications WHERE user_id = $1 AND (created_at, id) < ($2, $3) \
         ORDER BY created_at DESC, id DESC LIMIT $4",
        Notification::columns()
    );
    Query::all(sql, vec![user.into(), at.into(), id.into(), limit.into()])
}

/// How many there are, up to 10,000.
pub fn count_of(user: UserId, filter: &Filter, now: Timestamp) -> Query<i64> {
    let (condition, mut params) = filter.condition(user, now);
    params.push(MAX_COUNTED.into());
    let sql = format!(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM notifications WHERE {condition} LIMIT ${}) counted",
        params.len()
    );
    Query::one(sql, params)
}

/// The newest 10,000 notifications of a user, counted by type: the type, how many, and how many of them are unread.
pub fn count_by_type(user: UserId, now: Timestamp) -> Query<Vec<(String, i64, i64)>> {
    Query::all(
        "SELECT type, count(*) AS total, CAST(sum(CASE WHEN is_read THEN 0 ELSE 1 END) AS BIGINT) AS unread FROM \
           (SELECT type, is_read FROM notifications WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > $2) \
              ORDER BY created_at DESC LIMIT $3) newest GROUP BY type ORDER BY type",
        vec![user.into(), now.into(), MAX_COUNTED.into()],
    )
}

/// A notification of a user.
pub fn find(user: UserId, id: &str) -> Query<Option<Notification>> {
    let sql = format!("SELECT {} FROM notifications WHERE user_id = $1 AND id = $2", Notification::columns());
    Query::optional(sql, vec![user.into(), id.into()])
}

/// Notes that a notification was sent to a device.
pub fn was_pushed(tx: &mut Tx<'_>, user: UserId, id: &str) -> Result<(), StoreError> {
    tx.execute_later(
        "UPDATE notifications SET push_sent = TRUE WHERE user_id = $1 AND id = $2",
        &[user.into(), id.into()],
    )
}

/// How many notifications of each of some users are unread; those without any are left out.
pub fn unread_of(users: &[UserId]) -> Query<Vec<(UserId, i64)>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    Query::all(
        format!(
            "SELECT user_id, count(*) AS unread FROM notifications WHERE user_id IN ({}) AND NOT is_read GROUP BY user_id",
            placeholders(1, users.len())
        ),
        padded(users.iter().map(|id| Value::from(*id))),
    )
}

/// Marks a notification of a user as read; returns whether there is one.
pub fn mark_read(tx: &mut Tx<'_>, user: UserId, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let marked = tx.execute(
        "UPDATE notifications SET is_read = TRUE, read_at = coalesce(read_at, $3) WHERE user_id = $1 AND id = $2",
        &[user.into(), id.into(), now.into()],
    )?;
    Ok(marked > 0)
}

/// Marks all notifications of a user as read; returns how many were not.
pub fn mark_all_read(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE notifications SET is_read = TRUE, read_at = $2 WHERE user_id = $1 AND NOT is_read",
        &[user.into(), now.into()],
    )
}

/// Marks the notifications of a user about a conversation as read, up to a message with this number; returns whether there were any.
pub fn mark_read_in(
    tx: &mut Tx<'_>,
    user: UserId,
    conversation: ConversationId,
    read_sequence: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let marked = tx.execute(
        "UPDATE notifications SET is_read = TRUE, read_at = $4 WHERE conversation_id = $1 AND user_id = $2 AND NOT is_read \
           AND (message_id IS NULL OR NOT EXISTS \
             (SELECT 1 FROM messages m WHERE m.id = notifications.message_id AND m.sequence > $3))",
        &[conversation.into(), user.into(), read_sequence.into(), now.into()],
    )?;
    Ok(marked > 0)
}

/// Whether a user has unread notifications about a conversation.
pub fn has_unread_in(user: UserId, conversation: ConversationId) -> Query<bool> {
    let found = Query::<i64>::one(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM notifications \
           WHERE conversation_id = $1 AND user_id = $2 AND NOT is_read LIMIT 1) found",
        vec![conversation.into(), user.into()],
    );
    found.map(|found| found > 0)
}

/// Marks what a user was asked by another one as read.
pub fn mark_answered(
    tx: &mut Tx<'_>,
    user: UserId,
    kind: NotificationKind,
    sender: UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let marked = tx.execute(
        "UPDATE notifications SET is_read = TRUE, read_at = $4 \
         WHERE user_id = $1 AND NOT is_read AND type = $2 AND sender_id = $3",
        &[user.into(), kind.into(), sender.to_string().into(), now.into()],
    )?;
    Ok(marked > 0)
}

/// A notification that a newer one has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// What else it said.
    pub data: Option<String>,
}

impl FromRow for Replaced {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (id, user, data) = FromRow::from_row(row)?;
        Ok(Self { id, user, data })
    }
}

/// Removes the unread notifications of a type that some users have about a conversation; with `message`, only those about it.
pub fn replace(
    tx: &mut Tx<'_>,
    users: &[UserId],
    conversation: ConversationId,
    kind: NotificationKind,
    message: Option<MessageId>,
) -> Result<Vec<Replaced>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut params: Vec<Value> =
        vec![conversation.into(), kind.into(), message.map(|id| id.to_string()).unwrap_or_default().into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    tx.fetch_all(
        &format!(
            "DELETE FROM notifications WHERE conversation_id = $1 AND user_id IN ({}) AND NOT is_read AND type = $2 \
               AND ($3 = '' OR message_id = $3) RETURNING id, user_id, data",
            placeholders(4, users.len())
        ),
        &params,
    )
}

/// Adds new notifications.
pub fn insert_all(tx: &mut Tx<'_>, notifications: &[Notification]) -> Result<(), StoreError> {
    tx.insert_all(notifications)
}

/// Removes a notification of a user; returns whether there was one.
pub fn remove(tx: &mut Tx<'_>, user: UserId, id: &str) -> Result<bool, StoreError> {
    let removed =
        tx.execute("DELETE FROM notifications WHERE user_id = $1 AND id = $2", &[user.into(), id.into()])?;
    Ok(removed > 0)
}

/// Removes those of a user that are read; returns how many.
pub fn remove_read(tx: &mut Tx<'_>, user: UserId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notifications WHERE user_id = $1 AND is_read", &[user.into()])
}

/// The number of active and of archived notifications.
pub fn counts(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreError> {
    Ok((
        tx.fetch_one("SELECT COUNT(*) AS count FROM notifications", &[])?,
        tx.fetch_one(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM archived_notifications",
            &[],
        )?,
    ))
}

/// Which notifications have expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// Only those from before this time.
    pub before: Timestamp,
    /// This many unread ones of a user stay nevertheless, the newest ones.
    pub unread_kept: i64,
}

/// The users with notifications from before a time, by id, after the user `after`.
pub fn people_with_old(
    tx: &mut Tx<'_>,
    before: Timestamp,
    after: Option<UserId>,
    most: i64,
) -> Result<Vec<UserId>, StoreError> {
    let after = after.map(|user| user.to_string()).unwrap_or_default();
    tx.fetch_all(
        "SELECT DISTINCT user_id FROM notifications WHERE created_at < $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
        &[before.into(), after.into(), most.into()])
}

/// Moves up to `most` expired notifications of a user to the archive, the oldest first, and returns how many.
///
/// # Errors
/// [`StoreError::Conflict`] if another transaction moves them at the same time.
pub fn archive(tx: &mut Tx<'_>, user: UserId, expiry: Expiry, most: i64) -> Result<usize, StoreError> {
    let columns = Notification::columns();
    let old: Vec<Notification> = tx.fetch_all(
        &format!(
            "SELECT {columns} FROM (SELECT {columns}, \
               ROW_NUMBER() OVER (PARTITION BY is_read ORDER BY created_at DESC, id DESC) AS place \
               FROM notifications WHERE user_id = $1 AND created_at < $2) AS old \
             WHERE is_read OR place > $3 ORDER BY created_at, id LIMIT $4"
        ),
        &[user.into(), expiry.before.into(), expiry.unread_kept.into(), most.into()],
    )?;
    let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(0) };
    tx.execute(
        "INSERT INTO archived_notifications (id, user_id, count, first_at, last_at, notifications) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            (&first.id).into(),
            user.into(),
            i64::try_from(old.len()).unwrap_or(i64::MAX).into(),
            first.created_at.into(),
            last.created_at.into(),
            packed(&old).map_err(damaged)?.into(),
        ],
    )?;
    let removed = tx.execute(
        &format!("DELETE FROM notifications WHERE id IN ({})", placeholders(1, old.len())),
        &padded(old.iter().map(|notification| (&notification.id).into())),
    )?;
    if removed != old.len() as u64 {
        return Err(StoreError::Conflict("archived notification".to_owned()));
    }
    Ok(old.len())
}

/// The archived notifications of a user, the oldest first.
///
/// # Errors
/// Also for an archive that cannot be read.
pub fn archived(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Notification>, StoreError> {
    let packs: Vec<Vec<u8>> = tx.fetch_all(
        "SELECT notifications FROM archived_notifications WHERE user_id = $1 ORDER BY last_at, id",
        &[user.into()],
    )?;
    let mut all = Vec::new();
    for pack in packs {
        all.extend(unpacked(&pack).map_err(damaged)?);
    }
    Ok(all)
}

/// The notifications of a user at the next place in the archive, a bounded number, the newest first, and that place.
///
/// # Errors
/// As [`archived`].
pub fn archived_before(
    tx: &mut Tx<'_>,
    user: UserId,
    last: Option<&Place>,
) -> Result<Option<(Place, Vec<Notification>)>, StoreError> {
    let (at, id) = last.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    let found: Option<(i64, String, Vec<u8>)> = tx.fetch_optional(
        "SELECT last_at, id, notifications FROM archived_notifications WHERE user_id = $1 AND (last_at, id) < ($2, $3) \
         ORDER BY last_at DESC, id DESC LIMIT 1",
        &[user.into(), at.into(), id.into()],
    )?;
    let Some((at, id, pack)) = found else { return Ok(None) };
    let mut all = unpacked(&pack).map_err(damaged)?;
    all.reverse();
    Ok(Some(((at, id), all)))
}

/// Moves the notifications of a user out of the archive again, and returns how many.
///
/// # Errors
/// As [`archived`].
pub fn restore(tx: &mut Tx<'_>, user: UserId) -> Result<usize, StoreError> {
    let all = archived(tx, user)?;
    for notification in &all {
        insert(tx, notification)?;
    }
    tx.execute("DELETE FROM archived_notifications WHERE user_id = $1", &[user.into()])?;
    Ok(all.len())
}

/// Moves all notifications out of the archive again.
///
/// # Errors
/// As [`archived`].
pub fn restore_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let everybody: Vec<UserId> = tx.fetch_all("SELECT DISTINCT user_id FROM archived_notifications", &[])?;
    for user in everybody {
        restore(tx, user)?;
    }
    Ok(())
}

fn packed(notifications: &[Notification]) -> io::Result<Vec<u8>> {
    let mut pack = GzEncoder::new(Vec::new(), Compression::default());
    for notification in notifications {
        serde_json::to_writer(&mut pack, notification)?;
        pack.write_all(b"\n")?;
    }
    pack.finish()
}

fn unpacked(pack: &[u8]) -> io::Result<Vec<Notification>> {
    let lines = BufReader::new(GzDecoder::new(pack)).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

fn damaged(error: io::Error) -> StoreError {
    StoreError::Statement(format!("the archive of notifications: {error}"))
}
