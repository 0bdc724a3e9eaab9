//! Blocked users.
//!
//! `users.blocked_user_ids` is the list in the old system's format, which imports and exports read and write.
//! Queries use the rows of `blocks`, which index these lists in both directions.

use crate::engine::placeholders::{padded, placeholders};
use crate::{StoreError, Tx, Value};
use meeshy_domain::UserId;

/// Users whose lists are read with one statement.
const BATCH: i64 = 500;

/// Replaces the list of users that a user has blocked.
pub fn set(tx: &mut Tx<'_>, user: UserId, blocked: &[UserId]) -> Result<(), StoreError> {
    let list: Vec<String> = blocked.iter().map(ToString::to_string).collect();
    let text = serde_json::to_string(&list).map_err(|error| StoreError::Statement(error.to_string()))?;
    tx.execute("UPDATE users SET blocked_user_ids = $2 WHERE id = $1", &[user.into(), text.into()])?;
    tx.execute("DELETE FROM blocks WHERE user_id = $1", &[user.into()])?;
    insert(tx, &user.to_string(), &list)
}

/// The users that a user has blocked, in the order in which they were.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<UserId>, StoreError> {
    let list: Option<String> =
        tx.fetch_optional("SELECT blocked_user_ids FROM users WHERE id = $1", &[user.into()])?;
    // The old system stored only arrays of ids in it.
    let ids: Vec<String> = serde_json::from_str(&list.unwrap_or_default()).unwrap_or_default();
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Updates the rows to match all lists, after an import has changed them.
pub(crate) fn follow_lists(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM blocks", &[])?;
    let mut after = String::new();
    loop {
        let lists: Vec<(String, String)> = tx.fetch_all(
            "SELECT id, blocked_user_ids FROM users WHERE blocked_user_ids <> '[]' AND id > $1 ORDER BY id LIMIT $2",
            &[after.into(), BATCH.into()])?;
        let Some((last, _)) = lists.last() else { return Ok(()) };
        after = last.clone();
        for (user, list) in &lists {
            // The old system stored only arrays of ids in it.
            let blocked: Vec<String> = serde_json::from_str(list).unwrap_or_default();
            insert(tx, user, &blocked)?;
        }
    }
}

/// Adds the rows of one list, except for users that do not exist (any more).
fn insert(tx: &mut Tx<'_>, user: &str, blocked: &[String]) -> Result<(), StoreError> {
    for some in blocked.chunks(500) {
        let mut params: Vec<Value> = vec![user.into()];
        params.extend(padded(some.iter().map(Value::from)));
        tx.execute(
            &format!(
                "INSERT INTO blocks (user_id, blocked_id) SELECT $1, u.id FROM users u WHERE u.id IN ({})",
                placeholders(2, some.len())
            ),
            &params,
        )?;
    }
    Ok(())
}
