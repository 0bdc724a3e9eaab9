//! Where a browser gets its messages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use web_push_native::{Auth, p256::PublicKey};

/// Where a browser gets its messages, as the Push API gives it. Who has it can send to the browser, but only from this server.
#[derive(Clone, Serialize, Deserialize)]
pub struct Subscription {
    endpoint: String,
    keys: Keys,
}

#[derive(Clone, Serialize, Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

/// A browser gives no such subscription.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidSubscription {
    /// Which part.
    pub field: &'static str,
    /// Why not.
    pub problem: &'static str,
}

/// The most bytes of an endpoint. Those of Microsoft have some 700.
const ENDPOINT_BYTES: usize = 1_500;

/// A subscription whose parts are valid.
pub(crate) struct Parts {
    pub endpoint: Url,
    pub key: PublicKey,
    pub auth: Auth,
}

impl Subscription {
    /// A subscription of these parts: a URL, a point of the curve P-256 and 16 bytes, both in base64url (RFC 8291 3).
    ///
    /// # Errors
    /// When one of them is not that.
    pub fn new(endpoint: String, p256dh: String, auth: String) -> Result<Self, InvalidSubscription> {
        let subscription = Self { endpoint, keys: Keys { p256dh, auth } };
        subscription.parts()?;
        Ok(subscription)
    }

    /// The subscription as text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A subscription from its [text](Self::text).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Its URL.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn parts(&self) -> Result<Parts, InvalidSubscription> {
        let invalid = |field, problem| InvalidSubscription { field, problem };
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let endpoint = Some(&self.endpoint).filter(|url| url.len() <= ENDPOINT_BYTES);
        let endpoint = endpoint.and_then(|url| url.parse().ok());
        let key = bytes(&self.keys.p256dh).and_then(|bytes| PublicKey::from_sec1_bytes(&bytes).ok());
        let auth = bytes(&self.keys.auth).and_then(|auth| <[u8; 16]>::try_from(auth).ok());
        Ok(Parts {
            endpoint: endpoint.ok_or_else(|| invalid("endpoint", "expected a URL"))?,
            key: key.ok_or_else(|| invalid("keys.p256dh", "expected a P-256 public key in base64url"))?,
            auth: auth
                .map(Auth::from)
                .ok_or_else(|| invalid("keys.auth", "expected 16 bytes in base64url"))?,
        })
    }
}
