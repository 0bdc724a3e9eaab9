//! Callers and their devices.

use super::credential::Credential;
use crate::secrets::digest;
use crate::{ChatError, policy};
use meeshy_domain::{Network, Permission, Secret, SessionId, Timestamp};
use meeshy_store::sessions::Session;
use meeshy_store::users::User;
use std::fmt;

/// The device of a request.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// The user agent.
    pub user_agent: Option<String>,
    /// Its address.
    pub ip_address: Option<String>,
    /// The secret of a current or past session, which shows that it has signed in before.
    pub session_token: Option<Secret>,
    /// A secret that identifies the device.
    pub cookie: Option<Secret>,
}

impl Device {
    /// The network of its address.
    pub fn network(&self) -> Network {
        Network::of(self.ip_address.as_deref().and_then(|address| address.parse().ok()))
    }

    /// How this device may be known: by its secrets, then by its network.
    pub(crate) fn hashes(&self) -> Vec<String> {
        self.shown_hashes().into_iter().chain(self.network_hash()).collect()
    }

    /// Its secrets, which only a device that has signed in before has.
    pub(crate) fn shown_hashes(&self) -> Vec<String> {
        let session = self.session_token.as_ref().filter(|token| !token.is_empty());
        let cookie = self.cookie.as_ref().filter(|cookie| !cookie.is_empty());
        session.map(|token| digest(token.expose())).into_iter().chain(cookie.map(cookie_hash)).collect()
    }

    pub(crate) fn network_hash(&self) -> Option<String> {
        self.ip_address.as_ref().map(|_| self.network_key())
    }

    /// The network that its attempts count for; unknown addresses are counted together.
    pub(crate) fn network_key(&self) -> String {
        digest(&format!("network {}", self.network()))
    }
}

pub(crate) fn cookie_hash(cookie: &Secret) -> String {
    digest(&format!("device {}", cookie.expose()))
}

/// A successful sign-in. `Debug` shows neither of the tokens.
#[derive(Clone)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// The JWT to call with.
    pub token: String,
    /// The secret of this device, sent only once.
    pub session_token: String,
    /// The session of this device.
    pub session: Session,
    /// How long the client may consider itself signed in.
    pub expires_in_seconds: u64,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, session, expires_in_seconds, token: _, session_token: _ } = self;
        let mut shown = f.debug_struct("SignedIn");
        shown.field("user", user).field("session", session).field("expires_in_seconds", expires_in_seconds);
        shown.finish_non_exhaustive()
    }
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user.
    pub user: User,
    /// The session.
    pub session_id: Option<SessionId>,
    /// The credential.
    pub credential: Credential,
    /// When the token or the session expires, whichever comes first.
    pub expires_at: Timestamp,
}

impl Caller {
    /// Fails if a caller lacks a permission.
    ///
    /// # Errors
    /// [`ChatError::Forbidden`] when the caller's role does not include it.
    pub fn require(&self, permission: Permission) -> Result<(), ChatError> {
        policy::require(self.user.role, permission)
    }
}
