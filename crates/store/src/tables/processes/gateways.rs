//! The gateways that serve clients on this database, and the users connected to each.
//!
//! A gateway is alive if its row was renewed recently, by the clock of the database. Its `connected_users`
//! are valid for as long, so they need no renewal of their own.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{StoreError, Tx, Value};
use meeshy_domain::{Timestamp, UserId};
use std::time::Duration;

/// A gateway that has not renewed its row for this long counts as dead.
pub const GATEWAY_TIMEOUT: Duration = Duration::from_secs(10);

record! {
    /// A gateway.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Gateway {
        /// Its id, a new one at each start.
        pub id: String,
        /// The fingerprint of its signing key.
        pub key_fingerprint: String,
        /// Incremented with each change of its connected users.
        pub presence_version: i64,
    }
}

/// Adds a gateway.
pub fn insert(tx: &mut Tx<'_>, gateway: &Gateway) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO gateways (id, key_fingerprint, presence_version, seen_at) VALUES ($1, $2, $3, {})",
        tx.now_sql()
    );
    let Gateway { id, key_fingerprint, presence_version } = gateway;
    tx.execute(&sql, &[id.into(), key_fingerprint.into(), (*presence_version).into()])?;
    Ok(())
}

/// Renews the row of a gateway; returns whether it still exists. Other gateways remove one that they consider
/// dead.
pub fn renew(tx: &mut Tx<'_>, id: &str, presence_version: i64) -> Result<bool, StoreError> {
    let sql = format!("UPDATE gateways SET seen_at = {}, presence_version = $2 WHERE id = $1", tx.now_sql());
    Ok(tx.execute(&sql, &[id.into(), presence_version.into()])? == 1)
}

/// The gateways that are alive.
pub fn alive(tx: &mut Tx<'_>) -> Result<Vec<Gateway>, StoreError> {
    let sql = format!(
        "SELECT {} FROM gateways WHERE seen_at > {} - {} ORDER BY id",
        Gateway::columns(),
        tx.now_sql(),
        GATEWAY_TIMEOUT.as_millis()
    );
    tx.fetch_all(&sql, &[])
}

/// Removes dead gateways. Their connected users were last active when the gateway was last seen.
pub fn remove_dead(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let dead = format!("seen_at <= {} - {}", tx.now_sql(), GATEWAY_TIMEOUT.as_millis());
    remove_where(tx, &dead, &[])
}

/// Removes a gateway that stops.
pub fn remove(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    remove_where(tx, "id = $1", &[id.into()])
}

fn remove_where(tx: &mut Tx<'_>, condition: &str, params: &[Value]) -> Result<(), StoreError> {
    // A row that another process is removing at the moment is left to it.
    let sql = format!("SELECT id, seen_at FROM gateways WHERE {condition} {}", tx.skip_locked());
    let removed: Vec<(String, Timestamp)> = tx.fetch_all(&sql, params)?;
    for (id, seen_at) in removed {
        tx.execute(
            "UPDATE users SET last_active_at = $2 WHERE last_active_at < $2 \
             AND id IN (SELECT user_id FROM connected_users WHERE gateway_id = $1)",
            &[(&id).into(), seen_at.into()],
        )?;
        tx.execute("DELETE FROM gateways WHERE id = $1", &[id.into()])?;
    }
    Ok(())
}

/// Adds users who have connected to a gateway.
pub fn connect(tx: &mut Tx<'_>, gateway: &str, users: &[UserId]) -> Result<(), StoreError> {
    let rows: Vec<Value> = users.iter().flat_map(|user| [gateway.into(), (*user).into()]).collect();
    tx.insert_rows("connected_users", &["gateway_id", "user_id"], &rows, "ON CONFLICT DO NOTHING")?;
    Ok(())
}

/// Removes users who are no longer connected to a gateway.
pub fn disconnect(tx: &mut Tx<'_>, gateway: &str, users: &[UserId]) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let list = placeholders(2, users.len());
    let mut params: Vec<Value> = vec![gateway.into()];
    params.extend(padded(users.iter().map(|user| (*user).into())));
    tx.execute(
        &format!("DELETE FROM connected_users WHERE gateway_id = $1 AND user_id IN ({list})"),
        &params,
    )?;
    Ok(())
}

/// The users connected to a gateway and the version of that list; `None` if the gateway is unknown.
pub fn connected(tx: &mut Tx<'_>, gateway: &str) -> Result<Option<(i64, Vec<UserId>)>, StoreError> {
    let version =
        tx.fetch_optional("SELECT presence_version FROM gateways WHERE id = $1", &[gateway.into()])?;
    let Some(version) = version else { return Ok(None) };
    let users =
        tx.fetch_all("SELECT user_id FROM connected_users WHERE gateway_id = $1", &[gateway.into()])?;
    Ok(Some((version, users)))
}
