//! Token refresh.
//!
//! Each refresh gives the session a token with a new id. Older tokens stay valid for a short while, so that
//! several tabs or a lost response sign nobody out. A token that is used after that was probably copied: its
//! session ends, as RFC 9700 (4.14.2) advises for refresh tokens, unless the device proves itself with its
//! own secret.
//!
//! Clients refresh a token in its last five minutes. With an overlap of ten minutes, a legitimate copy of a
//! replaced token expires before its use counts as reuse.

use super::credential::{Standing, overlap};
use super::sessions::Sessions;
use super::tokens::{Claims, expired};
use super::validity::{Led, active_user, held_session, lead};
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::Timestamp;
use meeshy_store::Tx;
use meeshy_store::sessions::{self, NO_TOKEN_ID, Session};
use meeshy_store::users::User;
use std::fmt;

/// The most replaced tokens of one session that are still valid.
const MAX_REPLACED: usize = 32;

/// A new token. `Debug` does not show it.
#[derive(Clone)]
pub struct Refreshed {
    /// The JWT to call with.
    pub token: String,
    /// The token lifetime.
    pub expires_in_seconds: u64,
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expires_in_seconds, token: _ } = self;
        f.debug_struct("Refreshed").field("expires_in_seconds", expires_in_seconds).finish_non_exhaustive()
    }
}

/// What a client presents to get a new token.
struct Shown {
    token: String,
    /// The claims of the token, if it is ours; otherwise the reason.
    claims: Result<Claims, String>,
    is_expired: bool,
    /// The device secret.
    session_token: Option<String>,
}

impl Sessions {
    /// Refreshes a token, also an expired one of a trusted device: with the device's secret, or if it is still the
    /// newest of its session. A token of the old system, which names no session, gets one.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when neither is valid, or the token was replaced too long ago, which
    /// ends its session.
    pub async fn refresh(&self, token: &str, session_token: Option<&str>) -> Result<Refreshed, ChatError> {
        let now = self.context.now();
        let claims = self.tokens.read(token);
        // An expired token still says whose it was.
        let owner = claims.as_ref().ok().map(|claims| claims.user_id);
        let shown = Shown {
            token: token.to_owned(),
            is_expired: claims.as_ref().is_ok_and(|claims| claims.expires_at() <= now),
            claims: claims.map_err(|reason| reason.to_string()),
            session_token: session_token.map(str::to_owned),
        };
        let service = self.clone();
        let exchange = move |tx: &mut Tx<'_>| {
            let held = held_session(tx, shown.session_token.as_deref(), now)?;
            let held = held.filter(|session| owner.is_none_or(|owner| owner == session.user_id));
            match service.exchange(tx, &shown, held, now) {
                // The end of a session must be committed, so the rejection is not an error of the
                // transaction.
                Err(ChatError::Unauthenticated(reason)) => Ok(Err(reason)),
                outcome => outcome.map(Ok),
            }
        };
        let exchanged: Result<(User, Session), String> = self.context.store.write(exchange).await?;
        let (user, session) = exchanged.map_err(ChatError::Unauthenticated)?;
        Ok(Refreshed {
            token: self.token_for(&user, &session)?,
            expires_in_seconds: self.token_lifetime().as_secs(),
        })
    }

    /// Gives the session of the token a new token, or says why not.
    fn exchange(
        &self,
        tx: &mut Tx<'_>,
        shown: &Shown,
        held: Option<Session>,
        now: Timestamp,
    ) -> Result<(User, Session), ChatError> {
        let claims = shown.claims.as_ref().map_err(|reason| ChatError::Unauthenticated(reason.clone()));
        let led = claims.and_then(|claims| {
            if shown.is_expired {
                is_newest_of_trusted(tx, claims, &shown.token, now)?;
            }
            Ok((self.locked(tx, claims, &shown.token, held.as_ref(), now)?, claims))
        });
        let session = match led {
            Ok(((session, Standing::Current), claims)) => {
                if claims.sid.is_none() {
                    sessions::replace_bound(tx, &digest(&shown.token), now)?;
                }
                self.rotate(tx, session, now)?
            }
            Ok(((session, Standing::Replaced), _)) => session,
            Ok(((session, Standing::Reused), _)) => match held {
                Some(held) if held.id == session.id => self.rotate(tx, session, now)?,
                _ => {
                    self.end(tx, session.id, session.user_id)?;
                    tracing::warn!(session = %session.id, "Ended a session because a replaced token was reused");
                    return Err(ChatError::Unauthenticated(
                        "this refresh token was already used, so the device was signed out; sign in again"
                            .into(),
                    ));
                }
            },
            Err(error @ ChatError::Unauthenticated(_)) => match held.filter(|session| session.is_trusted) {
                Some(session) => self.rotate(tx, session, now)?,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        Ok((active_user(tx, session.user_id, now)?, session))
    }

    /// The session of a token, locked until the transaction ends. A token without a session is bound to the
    /// session of its device, or to a new one.
    fn locked(
        &self,
        tx: &mut Tx<'_>,
        claims: &Claims,
        token: &str,
        held: Option<&Session>,
        now: Timestamp,
    ) -> Result<(Session, Standing), ChatError> {
        let first = match lead(tx, claims, token, now)? {
            Led::Nowhere => {
                active_user(tx, claims.user_id, now)?;
                self.bind(tx, claims, token, held.cloned(), now)?
            }
            led @ Led::To(..) => led,
        };
        if let Led::To(session, _) = first {
            sessions::lock(tx, session.id)?;
        }
        // Read again, now that it is locked.
        match lead(tx, claims, token, now)? {
            Led::To(session, standing) => Ok((*session, standing)),
            Led::Nowhere => Err(expired()),
        }
    }

    /// Gives the session a new token. It keeps the current one while too many of its tokens overlap.
    fn rotate(&self, tx: &mut Tx<'_>, session: Session, now: Timestamp) -> Result<Session, ChatError> {
        let since = overlap(now);
        if sessions::replaced_tokens(tx, &[session.id], since)?.len() >= MAX_REPLACED {
            return Ok(session);
        }
        let token_id = self.new_token_id();
        let replaced = session.token_id.as_deref().unwrap_or(NO_TOKEN_ID);
        sessions::replace_token(tx, session.id, &token_id, replaced, now, since)?;
        Ok(Session { token_id: Some(token_id), ..session })
    }
}

/// Rejects an expired token unless it is still the newest of a trusted device, whose client was not open before it
/// expired.
fn is_newest_of_trusted(
    tx: &mut Tx<'_>,
    claims: &Claims,
    token: &str,
    now: Timestamp,
) -> Result<(), ChatError> {
    match lead(tx, claims, token, now)? {
        // A session without a token id accepts all of its tokens, so that none is the newest.
        Led::To(session, Standing::Current | Standing::Replaced)
            if session.is_trusted && (session.token_id.is_some() || claims.sid.is_none()) =>
        {
            Ok(())
        }
        _ => Err(expired()),
    }
}
