//! The protection of accounts besides passwords, and sign-ins that wait for their second factor.

use crate::attempts::FAILED_SIGN_INS;
use crate::engine::record::record;
use crate::{StoreError, Tx};
use meeshy_domain::{Secret, Timestamp, UserId};

record! {
    /// The protection of an account besides its password.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Protection {
        /// Until when nobody can sign in, by a person's decision. Failed attempts lock out unknown devices
        /// only.
        pub locked_until: Option<Timestamp>,
        /// Since when a code is required.
        pub two_factor_enabled_at: Option<Timestamp>,
        /// The secret of the codes, in base32.
        pub two_factor_secret: Option<Secret>,
        /// The time step of the last accepted code, in half minutes since 1970.
        pub two_factor_step: i64,
    }
}

/// The protection of an account.
pub fn protection(tx: &mut Tx<'_>, user: UserId) -> Result<Protection, StoreError> {
    let found: Option<(Option<String>, Protection)> = tx.fetch_optional(
        &format!("SELECT locked_reason, {} FROM users WHERE id = $1", Protection::columns()),
        &[user.into()],
    )?;
    let Some((reason, protection)) = found else { return Ok(Protection::default()) };
    let locked_until = protection.locked_until.filter(|_| reason.as_deref() != Some(FAILED_SIGN_INS));
    Ok(Protection { locked_until, ..protection })
}

/// The secret of an authenticator that is being set up.
pub fn pending_secret(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Secret>, StoreError> {
    let found: Option<Option<Secret>> =
        tx.fetch_optional("SELECT two_factor_pending_secret FROM users WHERE id = $1", &[user.into()])?;
    Ok(found.flatten())
}

/// Replaces the secret of an authenticator that is being set up.
pub fn set_pending_secret(tx: &mut Tx<'_>, user: UserId, secret: Option<&Secret>) -> Result<(), StoreError> {
    let secret: Option<Secret> = secret.cloned();
    tx.execute(
        "UPDATE users SET two_factor_pending_secret = $2 WHERE id = $1",
        &[user.into(), secret.into()],
    )?;
    Ok(())
}

/// The hashes of the backup codes that are left.
pub fn backup_codes(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<String>, StoreError> {
    let list: Option<String> =
        tx.fetch_optional("SELECT two_factor_backup_codes FROM users WHERE id = $1", &[user.into()])?;
    // The old system stored only arrays of texts in it.
    Ok(serde_json::from_str(&list.unwrap_or_default()).unwrap_or_default())
}

/// Replaces the hashes of the backup codes.
pub fn set_backup_codes(tx: &mut Tx<'_>, user: UserId, hashes: &[String]) -> Result<(), StoreError> {
    let list = serde_json::to_string(hashes).map_err(|error| StoreError::Statement(error.to_string()))?;
    tx.execute("UPDATE users SET two_factor_backup_codes = $2 WHERE id = $1", &[user.into(), list.into()])?;
    Ok(())
}

/// Requires a code from now on, by the secret that was being set up. `step` is that of the first code.
pub fn enable(tx: &mut Tx<'_>, user: UserId, step: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET two_factor_secret = two_factor_pending_secret, two_factor_pending_secret = NULL, \
           two_factor_enabled_at = $2, two_factor_step = $3, updated_at = $2 \
         WHERE id = $1 AND two_factor_pending_secret IS NOT NULL",
        &[user.into(), now.into(), step.into()],
    )?;
    Ok(())
}

/// Requires no code any more.
pub fn disable(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET two_factor_secret = NULL, two_factor_pending_secret = NULL, two_factor_backup_codes = '[]', \
           two_factor_enabled_at = NULL, updated_at = $2 WHERE id = $1",
        &[user.into(), now.into()],
    )?;
    Ok(())
}

/// Records that a code was accepted; returns whether it is newer than all before.
pub fn take_code(tx: &mut Tx<'_>, user: UserId, step: i64) -> Result<bool, StoreError> {
    let taken = tx.execute(
        "UPDATE users SET two_factor_step = $2 WHERE id = $1 AND two_factor_step < $2",
        &[user.into(), step.into()],
    )?;
    Ok(taken == 1)
}

record! {
    /// A sign-in whose password was right.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Challenge in sign_in_challenges {
        /// SHA-256 of the token, in hexadecimal.
        pub token_hash: Secret,
        /// The user.
        pub user_id: UserId,
        /// Whether to remember the device.
        pub is_remembered: bool,
        /// The number of codes tried.
        pub attempts: i64,
        /// Until when a code is accepted.
        pub expires_at: Timestamp,
    }
}

/// Adds a challenge.
pub fn insert_challenge(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<(), StoreError> {
    tx.insert(challenge)
}

/// Removes the challenges that have expired; returns how many.
pub fn remove_expired_challenges(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE expires_at <= $1", &[now.into()])
}

/// Counts one more attempt and returns the challenge, if it exists.
pub fn attempt(tx: &mut Tx<'_>, token_hash: &str) -> Result<Option<Challenge>, StoreError> {
    tx.execute(
        "UPDATE sign_in_challenges SET attempts = attempts + 1 WHERE token_hash = $1",
        &[token_hash.into()],
    )?;
    tx.fetch_optional(
        &format!("SELECT {} FROM sign_in_challenges WHERE token_hash = $1", Challenge::columns()),
        &[token_hash.into()],
    )
}

/// Removes a challenge.
pub fn delete_challenge(tx: &mut Tx<'_>, token_hash: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE token_hash = $1", &[token_hash.into()])?;
    Ok(())
}

/// Removes all challenges of a user.
pub fn delete_challenges(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE user_id = $1", &[user.into()])?;
    Ok(())
}
