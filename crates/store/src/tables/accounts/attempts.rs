//! Failed sign-in attempts: per account for unknown devices, per known device, and per name and network,
//! whether or not the name exists.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::FromRow;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::account::Attempts;
use meeshy_domain::{Timestamp, UserId};

/// The reason of a lock after too many failed attempts from unknown devices. Any other reason was set by a
/// person.
pub const FAILED_SIGN_INS: &str = "failed_sign_ins";

/// Makes other transactions that lock this account wait until this one ends: for those that write what they
/// have read of it, such as the number of failed attempts.
pub fn lock(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET failed_login_attempts = failed_login_attempts WHERE id = $1",
        &[user.into()],
    )?;
    Ok(())
}

/// The failed attempts of unknown devices on an account.
pub fn of_strangers(tx: &mut Tx<'_>, user: UserId) -> Result<Attempts, StoreError> {
    let found: Option<(Option<String>, Attempts)> = tx.fetch_optional(
        "SELECT locked_reason, failed_login_attempts, last_failed_login_at, locked_until FROM users WHERE id = $1",
        &[user.into()],
    )?;
    let Some((reason, attempts)) = found else { return Ok(Attempts::default()) };
    let locked_until = attempts.locked_until.filter(|_| reason.as_deref() == Some(FAILED_SIGN_INS));
    Ok(Attempts { locked_until, ..attempts })
}

/// Stores the failed attempts of unknown devices on an account. A lock for another reason stays.
pub fn set_of_strangers(tx: &mut Tx<'_>, user: UserId, attempts: &Attempts) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET failed_login_attempts = $2, last_failed_login_at = $3 WHERE id = $1",
        &[user.into(), attempts.failed.into(), attempts.last_failed_at.into()],
    )?;
    let reason = attempts.locked_until.map(|_| FAILED_SIGN_INS.to_owned());
    tx.execute(
        "UPDATE users SET locked_until = $2, locked_reason = $3 WHERE id = $1 \
           AND (locked_until IS NULL OR locked_reason = $4)",
        &[user.into(), attempts.locked_until.into(), reason.into(), FAILED_SIGN_INS.into()],
    )?;
    Ok(())
}

/// The first of `hashes` that belongs to a known device of the account.
pub fn known_device(tx: &mut Tx<'_>, user: UserId, hashes: &[String]) -> Result<Option<String>, StoreError> {
    if hashes.is_empty() {
        return Ok(None);
    }
    let mut values: Vec<Value> = vec![user.into()];
    values.extend(padded(hashes.iter().map(Value::from)));
    let list = placeholders(2, hashes.len());
    let sql = format!("SELECT device_hash FROM known_devices WHERE user_id = $1 AND device_hash IN ({list})");
    let found: Vec<String> = tx.fetch_all(&sql, &values)?;
    Ok(hashes.iter().find(|hash| found.contains(hash)).cloned())
}

impl FromRow for Attempts {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (failed, last_failed_at, locked_until) = FromRow::from_row(row)?;
        Ok(Self { failed, last_failed_at, locked_until })
    }
}

/// The failed attempts of a known device.
pub fn of_device(tx: &mut Tx<'_>, user: UserId, device_hash: &str) -> Result<Attempts, StoreError> {
    let found = tx.fetch_optional(
        "SELECT failed_attempts, last_failed_at, locked_until FROM known_devices WHERE user_id = $1 AND device_hash = $2",
        &[user.into(), device_hash.into()])?;
    Ok(found.unwrap_or_default())
}

/// Stores the failed attempts of a known device.
pub fn set_of_device(
    tx: &mut Tx<'_>,
    user: UserId,
    device_hash: &str,
    attempts: &Attempts,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE known_devices SET failed_attempts = $3, last_failed_at = $4, locked_until = $5 \
         WHERE user_id = $1 AND device_hash = $2",
        &[
            user.into(),
            device_hash.into(),
            attempts.failed.into(),
            attempts.last_failed_at.into(),
            attempts.locked_until.into(),
        ],
    )?;
    Ok(())
}

/// Adds known devices to an account or updates their time of last use, and keeps the `keep` most recently
/// used.
pub fn remember_devices(
    tx: &mut Tx<'_>,
    user: UserId,
    hashes: &[String],
    now: Timestamp,
    keep: i64,
) -> Result<(), StoreError> {
    for hash in hashes {
        tx.execute(
            "INSERT INTO known_devices (user_id, device_hash, last_used_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id, device_hash) DO UPDATE SET last_used_at = $3",
            &[user.into(), hash.into(), now.into()],
        )?;
    }
    tx.execute(
        "DELETE FROM known_devices WHERE user_id = $1 AND device_hash NOT IN (SELECT device_hash FROM known_devices \
           WHERE user_id = $1 ORDER BY last_used_at DESC, device_hash LIMIT $2)",
        &[user.into(), keep.into()],
    )?;
    Ok(())
}

/// Clears all failed attempts on an account and removes its lock, whatever the reason.
pub fn unlock(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET failed_login_attempts = 0, last_failed_login_at = NULL, locked_until = NULL, \
           locked_reason = NULL WHERE id = $1",
        &[user.into()],
    )?;
    tx.execute(
        "UPDATE known_devices SET failed_attempts = 0, last_failed_at = NULL, locked_until = NULL WHERE user_id = $1",
        &[user.into()],
    )?;
    Ok(())
}

/// The failed attempts on a name from a network. Other transactions that count there wait until this one
/// ends.
pub fn of_name(
    tx: &mut Tx<'_>,
    name_hash: &str,
    network_hash: &str,
    now: Timestamp,
) -> Result<Attempts, StoreError> {
    tx.fetch_one(
        "INSERT INTO guessed_names (name_hash, network_hash, last_failed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (name_hash, network_hash) DO UPDATE SET failed_attempts = guessed_names.failed_attempts \
         RETURNING failed_attempts, last_failed_at, locked_until",
        &[name_hash.into(), network_hash.into(), now.into()],
    )
}

/// Stores the failed attempts on a name from a network, as read by [`of_name`].
pub fn set_of_name(
    tx: &mut Tx<'_>,
    name_hash: &str,
    network_hash: &str,
    attempts: &Attempts,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE guessed_names SET failed_attempts = $3, last_failed_at = coalesce($4, last_failed_at), locked_until = $5 \
         WHERE name_hash = $1 AND network_hash = $2",
        &[
            name_hash.into(),
            network_hash.into(),
            attempts.failed.into(),
            attempts.last_failed_at.into(),
            attempts.locked_until.into(),
        ],
    )?;
    Ok(())
}

/// Clears the failed attempts on a name from all networks.
pub fn forget_name(tx: &mut Tx<'_>, name_hash: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM guessed_names WHERE name_hash = $1", &[name_hash.into()])?;
    Ok(())
}

/// Removes failed attempts on names from before a time, and all but the newest `keep`.
pub fn trim_names(tx: &mut Tx<'_>, before: Timestamp, keep: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM guessed_names WHERE last_failed_at < $1 OR last_failed_at <= \
           (SELECT last_failed_at FROM guessed_names ORDER BY last_failed_at DESC LIMIT 1 OFFSET $2)",
        &[before.into(), keep.into()],
    )?;
    Ok(())
}
