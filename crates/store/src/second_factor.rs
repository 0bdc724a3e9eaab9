//! What protects an account besides its password, and who is half signed in.

use crate::attempts::FAILED_SIGN_INS;
use crate::{StoreError, Tx};
use meeshy_domain::{Secret, Timestamp, UserId};

/// What protects an account besides its password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// Until when nobody can sign in, by somebody's decision; guesses of strangers lock out strangers only.
    pub locked_until: Option<Timestamp>,
    /// Since when a code is needed.
    pub two_factor_enabled_at: Option<Timestamp>,
    /// The secret that the codes are made from, in base32.
    pub two_factor_secret: Option<Secret>,
    /// The half minute, since 1970, for which the last code was made that was taken.
    pub two_factor_step: i64,
}

/// What protects the account of a person.
///
/// # Errors
/// As the database says.
pub fn protection(tx: &mut Tx<'_>, user: UserId) -> Result<Protection, StoreError> {
    let found = tx.query_first(
        "SELECT locked_until, locked_reason, two_factor_enabled_at, two_factor_secret, two_factor_step FROM users WHERE id = $1",
        &[user.into()],
        |row| {
            let reason: Option<String> = row.take("locked_reason")?;
            let locked_until: Option<Timestamp> = row.take("locked_until")?;
            Ok(Protection {
                locked_until: locked_until.filter(|_| reason.as_deref() != Some(FAILED_SIGN_INS)),
                two_factor_enabled_at: row.take("two_factor_enabled_at")?,
                two_factor_secret: row.take("two_factor_secret")?,
                two_factor_step: row.take("two_factor_step")?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Notes that a code was taken; says whether it is newer than every one before it.
///
/// # Errors
/// As the database says.
pub fn take_code(tx: &mut Tx<'_>, user: UserId, step: i64) -> Result<bool, StoreError> {
    let taken = tx.execute(
        "UPDATE users SET two_factor_step = $2 WHERE id = $1 AND two_factor_step < $2",
        &[user.into(), step.into()],
    )?;
    Ok(taken == 1)
}

/// Somebody whose password was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: Secret,
    /// Who.
    pub user_id: UserId,
    /// Whether the device is to be remembered.
    pub is_remembered: bool,
    /// Codes that were tried.
    pub attempts: i64,
    /// Until when a code can be shown.
    pub expires_at: Timestamp,
}

/// Adds a challenge, and forgets those that have expired.
///
/// # Errors
/// As the database says.
pub fn insert_challenge(tx: &mut Tx<'_>, challenge: &Challenge, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE expires_at <= $1", &[now.into()])?;
    tx.execute(
        "INSERT INTO sign_in_challenges (token_hash, user_id, is_remembered, attempts, expires_at) \
         VALUES ($1, $2, $3, $4, $5)",
        &[
            (&challenge.token_hash).into(),
            challenge.user_id.into(),
            challenge.is_remembered.into(),
            challenge.attempts.into(),
            challenge.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Counts one more attempt, and gives the challenge if there is one.
///
/// # Errors
/// As the database says.
pub fn attempt(tx: &mut Tx<'_>, token_hash: &str) -> Result<Option<Challenge>, StoreError> {
    tx.execute(
        "UPDATE sign_in_challenges SET attempts = attempts + 1 WHERE token_hash = $1",
        &[token_hash.into()],
    )?;
    tx.query_first(
        "SELECT token_hash, user_id, is_remembered, attempts, expires_at FROM sign_in_challenges WHERE token_hash = $1",
        &[token_hash.into()],
        |row| {
            Ok(Challenge {
                token_hash: row.take("token_hash")?,
                user_id: row.take("user_id")?,
                is_remembered: row.take("is_remembered")?,
                attempts: row.take("attempts")?,
                expires_at: row.take("expires_at")?,
            })
        },
    )
}

/// Forgets a challenge.
///
/// # Errors
/// As the database says.
pub fn delete_challenge(tx: &mut Tx<'_>, token_hash: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE token_hash = $1", &[token_hash.into()])?;
    Ok(())
}

/// Forgets all challenges of a person.
///
/// # Errors
/// As the database says.
pub fn delete_challenges(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE user_id = $1", &[user.into()])?;
    Ok(())
}
