//! What a caller has shown, and whether its session still accepts it.

use super::tokens::Claims;
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::Timestamp;
use meeshy_store::sessions::{self, Binding, NO_TOKEN_ID, Session};
use meeshy_store::{StoreError, Tx};
use std::sync::Arc;
use std::time::Duration;

/// How long a replaced token stays valid.
const OVERLAP: Duration = Duration::from_secs(600);

/// The credential that a caller presented.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A token with a session id.
    Token(Arc<str>),
    /// The SHA-256, in hexadecimal, of a token without a session id, as in the old system.
    BoundToken(Arc<str>),
    /// The secret of a session, which is never replaced.
    SessionSecret,
}

impl Credential {
    pub(crate) fn of(claims: &Claims, token: &str) -> Self {
        match claims.sid {
            Some(_) => Self::Token(claims.jti.as_deref().unwrap_or(NO_TOKEN_ID).into()),
            None => Self::BoundToken(digest(token).into()),
        }
    }
}

/// The state of a token in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The newest one.
    Current,
    /// Replaced a moment ago, and still valid.
    Replaced,
    /// Replaced too long ago.
    Reused,
}

/// The state of a caller's token in its session. A session whose tokens have no ids yet accepts all of them.
pub(crate) fn standing(
    tx: &mut Tx<'_>,
    session: &Session,
    credential: &Credential,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let is_good = match credential {
        Credential::SessionSecret => return Ok(Standing::Current),
        Credential::Token(id) => {
            if session.token_id.as_deref().is_none_or(|current| current == &**id) {
                return Ok(Standing::Current);
            }
            let replaced = sessions::replaced_tokens(tx, &[session.id], overlap(now))?;
            replaced.contains(&(session.id, id.to_string()))
        }
        Credential::BoundToken(hash) => match sessions::binding(tx, hash)? {
            Some(Binding { replaced_at: None, .. }) => return Ok(Standing::Current),
            Some(Binding { replaced_at: Some(at), .. }) => at > overlap(now),
            None => false,
        },
    };
    Ok(if is_good { Standing::Replaced } else { Standing::Reused })
}

/// Tokens that were replaced after this time are still valid.
pub(crate) fn overlap(now: Timestamp) -> Timestamp {
    now.minus(OVERLAP)
}

/// The error for a token that is no longer valid.
pub(crate) fn replaced() -> ChatError {
    ChatError::Unauthenticated("this token was replaced by a newer one; sign in again".into())
}
