//! Whether sessions and accounts are still valid.

use super::credential::{Credential, Standing, standing};
use super::tokens::Claims;
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::{Secret, Timestamp, UserId};
use meeshy_store::sessions::{self, Session};
use meeshy_store::users::{self, User};
use meeshy_store::{Queries, Tx, attempts};

pub(crate) const WRONG_LOGIN: &str = "wrong username or password";

/// The session of a token that we signed.
pub(crate) enum Led {
    /// The session is active.
    To(Box<Session>, Standing),
    /// The token has no session id and is used for the first time.
    Nowhere,
}

/// The session of a token that we signed, and whether the token is its current one.
///
/// # Errors
/// [`ChatError::Unauthenticated`] when the session has ended.
pub(crate) fn lead(tx: &mut Tx<'_>, claims: &Claims, token: &str, now: Timestamp) -> Result<Led, ChatError> {
    Ok(lead_and(tx, claims, token, now, ())?.0)
}

/// The same, and asks for something else at the same time.
pub(crate) fn lead_and<Q: Queries>(
    tx: &mut Tx<'_>,
    claims: &Claims,
    token: &str,
    now: Timestamp,
    also: Q,
) -> Result<(Led, Q::Answers), ChatError> {
    let id = match claims.sid {
        Some(id) => id,
        None => match sessions::binding(tx, &digest(token))? {
            Some(binding) => binding.session_id,
            None => return Ok((Led::Nowhere, tx.fetch(also)?)),
        },
    };
    let (session, also) = tx.fetch((sessions::find(id), also))?;
    let session = session.filter(|session| session.user_id == claims.user_id && !has_ended(session, now));
    let session = session
        .ok_or_else(|| ChatError::Unauthenticated("this device was signed out; sign in again".into()))?;
    let standing = standing(tx, &session, &Credential::of(claims, token), now)?;
    Ok((Led::To(Box::new(session), standing), also))
}

/// The active session with this device secret; `None` for an empty one.
pub(crate) fn held_session(
    tx: &mut Tx<'_>,
    session_token: Option<&str>,
    now: Timestamp,
) -> Result<Option<Session>, ChatError> {
    let Some(token) = session_token.filter(|token| !token.trim().is_empty()) else { return Ok(None) };
    Ok(sessions::find_by_token(tx, &digest(token))?.filter(|session| !has_ended(session, now)))
}

pub(crate) fn has_ended(session: &Session, now: Timestamp) -> bool {
    session.revoked_at.is_some() || session.expires_at <= now
}

/// A user whose account is active and not locked.
pub(crate) fn active_user(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<User, ChatError> {
    active(tx.fetch(users::find_in_good_standing(id, now))?)
}

/// The person who was looked for, if the account is active and not locked.
pub(crate) fn active(found: Option<User>) -> Result<User, ChatError> {
    found.ok_or_else(|| ChatError::Unauthenticated("this account is not active, or is locked".into()))
}

/// Fails if the account's password has changed since it was read, or if the account can no longer be used;
/// stores a newer hash of the password unless it was changed. The account stays locked until the transaction
/// ends.
pub(crate) fn take_hash(
    tx: &mut Tx<'_>,
    read: &User,
    newer_hash: Option<&Secret>,
    now: Timestamp,
) -> Result<(), ChatError> {
    attempts::lock(tx, read.id)?;
    let user = active_user(tx, read.id, now)?;
    if user.details.last_password_change != read.details.last_password_change {
        return Err(ChatError::Unauthenticated(WRONG_LOGIN.into()));
    }
    match newer_hash.filter(|_| user.password_hash == read.password_hash) {
        Some(hash) => Ok(users::set_password_hash(tx, user.id, hash, now)?),
        None => Ok(()),
    }
}
