//! The e-mail addresses of accounts: whether their owners have confirmed them, and new ones that they have not
//! confirmed yet. Of tokens, only hashes are stored.

use crate::engine::record::record;
use crate::users::User;
use crate::{StoreError, Tx};
use meeshy_domain::{Secret, Timestamp, UserId, text};

/// The account with this address, in any spelling ([`text::email_key`]). An exact match comes first.
pub fn find(tx: &mut Tx<'_>, email: &str) -> Result<Option<User>, StoreError> {
    // An empty value matches no user.
    let Some(key) = text::email_key(email) else { return Ok(None) };
    let sql = format!(
        "SELECT {} FROM users u WHERE u.email_key = $2 \
         ORDER BY CASE WHEN u.email = $1 THEN 0 WHEN u.name_twin = '' THEN 1 ELSE 2 END, u.created_at LIMIT 1",
        User::columns()
    );
    tx.fetch_optional(&sql, &[email.into(), key.into()])
}

record! {
    /// A token that confirms the address of an account.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Verification {
        /// SHA-256 of the token, in hexadecimal.
        pub token_hash: Option<Secret> = "email_verification_token",
        /// Until when it is accepted.
        pub expires_at: Option<Timestamp> = "email_verification_expiry",
    }
}

/// The token that confirms the address of a user.
pub fn verification(tx: &mut Tx<'_>, user: UserId) -> Result<Verification, StoreError> {
    let sql = format!("SELECT {} FROM users WHERE id = $1", Verification::columns());
    Ok(tx.fetch_optional(&sql, &[user.into()])?.unwrap_or_default())
}

/// Replaces that token.
pub fn set_verification(
    tx: &mut Tx<'_>,
    user: UserId,
    token_hash: &Secret,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET email_verification_token = $2, email_verification_expiry = $3 WHERE id = $1",
        &[user.into(), token_hash.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Records that the address of a user was confirmed, unless it was before.
pub fn verify(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET email_verified_at = $2, updated_at = $2 WHERE id = $1 AND email_verified_at IS NULL",
        &[user.into(), now.into()],
    )?;
    Ok(())
}

/// Since when links that are sent to the address of a user sign in and change the password; `None` is from the
/// start.
pub fn recovers_from(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Timestamp>, StoreError> {
    tx.fetch_one("SELECT email_recovers_from FROM users WHERE id = $1", &[user.into()])
}

/// A hash of the address that a user had before the newest changes, as long as the new one does not recover the
/// account.
pub fn replaced(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<Option<Secret>, StoreError> {
    let found: Option<Option<Secret>> = tx.fetch_optional(
        "SELECT replaced_email_hash FROM users WHERE id = $1 AND email_recovers_from > $2",
        &[user.into(), now.into()],
    )?;
    Ok(found.flatten())
}

record! {
    /// A new address of an account that is not confirmed yet.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Pending {
        /// The address.
        pub email: Option<String> = "pending_email",
        /// SHA-256 of the token that confirms it, in hexadecimal; `None` until it is sent.
        pub token_hash: Option<Secret> = "pending_email_verification_token",
        /// Until when it is accepted.
        pub expires_at: Option<Timestamp> = "pending_email_verification_expiry",
    }
}

/// The new address of a user.
pub fn pending(tx: &mut Tx<'_>, user: UserId) -> Result<Pending, StoreError> {
    let sql = format!("SELECT {} FROM users WHERE id = $1", Pending::columns());
    Ok(tx.fetch_optional(&sql, &[user.into()])?.unwrap_or_default())
}

/// Replaces the new address of a user, and its token.
pub fn set_pending(tx: &mut Tx<'_>, user: UserId, pending: &Pending) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET pending_email = $2, pending_email_verification_token = $3, \
           pending_email_verification_expiry = $4 WHERE id = $1",
        &[
            user.into(),
            pending.email.as_ref().into(),
            pending.token_hash.as_ref().into(),
            pending.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Changes the address of a user to one that was confirmed, and forgets the tokens of both. Links sent to the new one
/// sign in and change the password from `recovers_from`. Until then, `replaced` is kept, a hash of the address before; of several
/// changes in that time, the first one.
///
/// # Errors
/// [`StoreError::Conflict`] when it is taken.
pub fn change(
    tx: &mut Tx<'_>,
    user: UserId,
    email: &str,
    replaced: Option<Secret>,
    now: Timestamp,
    recovers_from: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4, updated_at = $4, \
           email_verification_token = NULL, email_verification_expiry = NULL, email_recovers_from = $5, \
           replaced_email_hash = CASE WHEN email_recovers_from > $4 THEN coalesce(replaced_email_hash, $6) ELSE $6 END WHERE id = $1",
        &[
            user.into(),
            email.into(),
            text::email_key(email).into(),
            now.into(),
            recovers_from.into(),
            replaced.as_ref().into(),
        ],
    )?;
    set_pending(tx, user, &Pending::default())
}
