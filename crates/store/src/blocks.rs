//! Who has blocked whom.
//!
//! `users.blocked_user_ids` is the list in the form of the old system, which imports and exports read and write. What is
//! looked up are the rows of `blocks`, an index of these lists by either side.

use crate::placeholders::{padded, placeholders};
use crate::{StoreError, Tx, Value};
use meeshy_domain::UserId;

/// People whose lists are read with one statement.
const BATCH: i64 = 500;

/// Makes `blocked` those whom a person has blocked.
///
/// # Errors
/// As the database says.
pub fn set(tx: &mut Tx<'_>, user: UserId, blocked: &[UserId]) -> Result<(), StoreError> {
    let list: Vec<String> = blocked.iter().map(ToString::to_string).collect();
    let text = serde_json::to_string(&list).map_err(|error| StoreError::Statement(error.to_string()))?;
    tx.execute("UPDATE users SET blocked_user_ids = $2 WHERE id = $1", &[user.into(), text.into()])?;
    tx.execute("DELETE FROM blocks WHERE user_id = $1", &[user.into()])?;
    insert(tx, &user.to_string(), &list)
}

/// Brings the rows in line with all lists: after an import has changed them.
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
            // The old system kept nothing else in it.
            let blocked: Vec<String> = serde_json::from_str(list).unwrap_or_default();
            insert(tx, user, &blocked)?;
        }
    }
}

/// Adds the rows of one list, without those who are not there (any more).
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
