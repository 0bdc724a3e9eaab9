//! What users hide from others: columns of `users` that follow the documents of the category
//! [`Privacy`], so that queries need no second table.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::{Query, Row, StoreError, Tx, Value};
use meeshy_domain::preferences::{self, Category, Hides, Privacy};
use meeshy_domain::{ConversationId, UserId};

/// Users whose documents are read with one statement.
const BATCH: i64 = 500;

/// What a user hides from others.
pub fn of(user: UserId) -> Query<Option<Hides>> {
    Query::optional(format!("SELECT {HIDES_COLUMNS} FROM users u WHERE u.id = $1"), vec![user.into()])
}

/// Those of `users` who hide how far they have read.
pub fn hiding_read_receipts(users: &[UserId]) -> Query<Vec<UserId>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, users.len());
    Query::all(
        format!("SELECT u.id FROM users u WHERE u.id IN ({list}) AND u.hides_read_receipts"),
        padded(users.iter().map(|id| Value::from(*id))),
    )
}

/// Notes whether a user lets only friends call.
pub fn refuse_calls(tx: &mut Tx<'_>, user: UserId, only_friends: bool) -> Result<(), StoreError> {
    tx.execute("UPDATE users SET refuses_calls = $2 WHERE id = $1", &[user.into(), only_friends.into()])?;
    Ok(())
}

/// The other members of a conversation, at most `limit`, who let only friends call.
pub fn refusing_calls(conversation: ConversationId, caller: UserId, limit: i64) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT u.id FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.conversation_id = $1 AND m.is_active AND u.id <> $2 AND u.refuses_calls LIMIT $3",
        vec![conversation.into(), caller.into(), limit.into()],
    )
}

/// Marks what a user hides from others.
pub fn hide(tx: &mut Tx<'_>, user: UserId, hides: Hides) -> Result<(), StoreError> {
    mark(tx, user.into(), hides)
}

fn mark(tx: &mut Tx<'_>, user: Value, hides: Hides) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET hides_online_status = $2, hides_last_seen = $3, hides_read_receipts = $4, hides_typing = $5, \
           hides_profile = $6 WHERE id = $1",
        &[
            user,
            hides.online_status.into(),
            hides.last_seen.into(),
            hides.read_receipts.into(),
            hides.typing.into(),
            hides.profile.into(),
        ],
    )?;
    Ok(())
}

/// Marks what users hide as their documents say, after an import has changed them.
pub(crate) fn follow_documents(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET hides_online_status = FALSE, hides_last_seen = FALSE, hides_read_receipts = FALSE, \
           hides_typing = FALSE, hides_profile = FALSE WHERE hides_online_status OR hides_last_seen \
           OR hides_read_receipts OR hides_typing OR hides_profile",
        &[],
    )?;
    let mut after = String::new();
    loop {
        let documents: Vec<(String, String, String)> = tx.fetch_all(
            "SELECT id, user_id, privacy FROM user_preferences WHERE privacy IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
            &[after.into(), BATCH.into()],
        )?;
        let Some((last, ..)) = documents.last() else { return Ok(()) };
        after = last.clone();
        for (_, user, document) in documents {
            let privacy: Privacy = preferences::read(Some(&document));
            if let Some(hides) = privacy.hides().filter(|hides| *hides != Hides::default()) {
                mark(tx, user.into(), hides)?;
            }
        }
    }
}

/// The columns of a user `u` for [`Hides`].
pub(crate) const HIDES_COLUMNS: &str =
    "u.hides_online_status, u.hides_last_seen, u.hides_read_receipts, u.hides_typing, u.hides_profile";

impl FromRow for Hides {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (online_status, last_seen, read_receipts, typing, profile) = FromRow::from_row(row)?;
        Ok(Self { online_status, last_seen, read_receipts, typing, profile })
    }
}
