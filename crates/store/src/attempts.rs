//! Wrong passwords and codes: those of strangers, counted with the account, and those of devices that are known to it.

use crate::tx::placeholders;
use crate::{Row, StoreError, Tx, Value};
use meeshy_domain::account::Attempts;
use meeshy_domain::{Timestamp, UserId};

/// Why an account is locked when strangers have guessed too often; any other reason is somebody's decision.
pub const FAILED_SIGN_INS: &str = "failed_sign_ins";

/// Lets other transactions that count attempts at an account wait until this one has ended.
///
/// # Errors
/// As the database says.
pub fn lock(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET failed_login_attempts = failed_login_attempts WHERE id = $1",
        &[user.into()],
    )?;
    Ok(())
}

/// What strangers have guessed at an account.
///
/// # Errors
/// As the database says.
pub fn of_strangers(tx: &mut Tx<'_>, user: UserId) -> Result<Attempts, StoreError> {
    let found = tx.query_first(
        "SELECT failed_login_attempts, last_failed_login_at, locked_until, locked_reason FROM users WHERE id = $1",
        &[user.into()],
        |row| {
            let reason: Option<String> = row.take("locked_reason")?;
            let locked_until: Option<Timestamp> = row.take("locked_until")?;
            Ok(Attempts {
                failed: row.take("failed_login_attempts")?,
                last_failed_at: row.take("last_failed_login_at")?,
                locked_until: locked_until.filter(|_| reason.as_deref() == Some(FAILED_SIGN_INS)),
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps what strangers have guessed at an account. A lock for another reason stays.
///
/// # Errors
/// As the database says.
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

/// A device that is known to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// What it is known by.
    pub device_hash: String,
    /// What was guessed from it.
    pub attempts: Attempts,
}

fn read(row: &mut Row) -> Result<KnownDevice, StoreError> {
    Ok(KnownDevice {
        device_hash: row.take("device_hash")?,
        attempts: Attempts {
            failed: row.take("failed_attempts")?,
            last_failed_at: row.take("last_failed_at")?,
            locked_until: row.take("locked_until")?,
        },
    })
}

/// The first of `hashes` that a device is known to the account by.
///
/// # Errors
/// As the database says.
pub fn known_device(
    tx: &mut Tx<'_>,
    user: UserId,
    hashes: &[String],
) -> Result<Option<KnownDevice>, StoreError> {
    if hashes.is_empty() {
        return Ok(None);
    }
    let mut values: Vec<Value> = vec![user.into()];
    values.extend(hashes.iter().map(Value::from));
    let mut found = tx.query(
        &format!(
            "SELECT device_hash, failed_attempts, last_failed_at, locked_until FROM known_devices \
             WHERE user_id = $1 AND device_hash IN ({})",
            placeholders(2, hashes.len())
        ),
        &values,
        read,
    )?;
    let rank = |device: &KnownDevice| hashes.iter().position(|hash| *hash == device.device_hash);
    found.sort_by_key(rank);
    Ok(found.into_iter().next())
}

/// Keeps what was guessed from a known device.
///
/// # Errors
/// As the database says.
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

/// Makes devices known to an account, or notes that they were used again, and forgets all but the `keep` used last.
///
/// # Errors
/// As the database says.
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

/// Forgets everything that was guessed at an account, and lifts its lock, whatever the reason.
///
/// # Errors
/// As the database says.
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

/// Counts an attempt under a name that nobody has.
///
/// # Errors
/// As the database says.
pub fn count_unknown(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("UPDATE unknown_sign_ins SET attempts = attempts + 1 WHERE id = 1", &[])?;
    Ok(())
}
