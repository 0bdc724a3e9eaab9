//! What protects an account besides its password, and who is half signed in.

use crate::attempts::FAILED_SIGN_INS;
use crate::record::record;
use crate::{StoreError, Tx};
use meeshy_domain::{Secret, Timestamp, UserId};

record! {
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
}

/// What protects the account of a person.
///
/// # Errors
/// As the database says.
pub fn protection(tx: &mut Tx<'_>, user: UserId) -> Result<Protection, StoreError> {
    let found: Option<(Option<String>, Protection)> = tx.fetch_optional(
        &format!("SELECT locked_reason, {} FROM users WHERE id = $1", Protection::columns()),
        &[user.into()],
    )?;
    let Some((reason, protection)) = found else { return Ok(Protection::default()) };
    let locked_until = protection.locked_until.filter(|_| reason.as_deref() != Some(FAILED_SIGN_INS));
    Ok(Protection { locked_until, ..protection })
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

record! {
    /// Somebody whose password was right.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Challenge in sign_in_challenges {
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
}

/// Adds a challenge, and forgets those that have expired.
///
/// # Errors
/// As the database says.
pub fn insert_challenge(tx: &mut Tx<'_>, challenge: &Challenge, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_challenges WHERE expires_at <= $1", &[now.into()])?;
    tx.insert(challenge)
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
    tx.fetch_optional(
        &format!("SELECT {} FROM sign_in_challenges WHERE token_hash = $1", Challenge::columns()),
        &[token_hash.into()],
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
