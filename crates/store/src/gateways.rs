//! The gateways that serve clients on this database, and who is connected to each of them.
//!
//! A gateway is alive while its row was renewed lately, by the time of the database. Its `connected_users` hold for as long, so
//! they need no renewal of their own.

use crate::placeholders::{padded, placeholders};
use crate::record::record;
use crate::{StoreError, Tx, Value};
use meeshy_domain::{Timestamp, UserId};
use std::time::Duration;

/// A gateway that was not seen for this long is dead.
pub const GATEWAY_TIMEOUT: Duration = Duration::from_secs(10);

record! {
    /// A gateway.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Gateway {
        /// Its own id, another one at each start.
        pub id: String,
        /// Tells its signing key from others.
        pub key_fingerprint: String,
        /// Grows with each change of who is connected to it.
        pub presence_version: i64,
    }
}

/// Adds a gateway.
///
/// # Errors
/// As the database says.
pub fn insert(tx: &mut Tx<'_>, gateway: &Gateway) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO gateways (id, key_fingerprint, presence_version, seen_at) VALUES ($1, $2, $3, {})",
        tx.now_sql()
    );
    let Gateway { id, key_fingerprint, presence_version } = gateway;
    tx.execute(&sql, &[id.into(), key_fingerprint.into(), (*presence_version).into()])?;
    Ok(())
}

/// Shows that a gateway is alive; says whether it is still known. The others forget one that they take for dead.
///
/// # Errors
/// As the database says.
pub fn renew(tx: &mut Tx<'_>, id: &str, presence_version: i64) -> Result<bool, StoreError> {
    let sql = format!("UPDATE gateways SET seen_at = {}, presence_version = $2 WHERE id = $1", tx.now_sql());
    Ok(tx.execute(&sql, &[id.into(), presence_version.into()])? == 1)
}

/// Those that are alive.
///
/// # Errors
/// As the database says.
pub fn alive(tx: &mut Tx<'_>) -> Result<Vec<Gateway>, StoreError> {
    let sql = format!(
        "SELECT {} FROM gateways WHERE seen_at > {} - {} ORDER BY id",
        Gateway::columns(),
        tx.now_sql(),
        GATEWAY_TIMEOUT.as_millis()
    );
    tx.fetch_all(&sql, &[])
}

/// Removes the dead ones. The people connected to them were last active when their gateway was last seen.
///
/// # Errors
/// As the database says.
pub fn remove_dead(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let dead = format!("seen_at <= {} - {}", tx.now_sql(), GATEWAY_TIMEOUT.as_millis());
    remove_where(tx, &dead, &[])
}

/// Removes a gateway that stops.
///
/// # Errors
/// As the database says.
pub fn remove(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    remove_where(tx, "id = $1", &[id.into()])
}

fn remove_where(tx: &mut Tx<'_>, condition: &str, params: &[Value]) -> Result<(), StoreError> {
    // One that another process removes at this moment is left to it.
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

/// Notes that people are connected to a gateway.
///
/// # Errors
/// As the database says.
pub fn connect(tx: &mut Tx<'_>, gateway: &str, users: &[UserId]) -> Result<(), StoreError> {
    let rows: Vec<Value> = users.iter().flat_map(|user| [gateway.into(), (*user).into()]).collect();
    tx.insert_rows("connected_users", &["gateway_id", "user_id"], &rows, "ON CONFLICT DO NOTHING")?;
    Ok(())
}

/// Notes that people are not connected to a gateway any more.
///
/// # Errors
/// As the database says.
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

/// Who is connected to a gateway, with the version of that; nothing if it is not known.
///
/// # Errors
/// As the database says.
pub fn connected(tx: &mut Tx<'_>, gateway: &str) -> Result<Option<(i64, Vec<UserId>)>, StoreError> {
    let version =
        tx.fetch_optional("SELECT presence_version FROM gateways WHERE id = $1", &[gateway.into()])?;
    let Some(version) = version else { return Ok(None) };
    let users =
        tx.fetch_all("SELECT user_id FROM connected_users WHERE gateway_id = $1", &[gateway.into()])?;
    Ok(Some((version, users)))
}
