//! Hands messages to push services.

use crate::error::{PushError, SetupError};
use crate::{PushMessage, Services, Subscription};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use meeshy_domain::Timestamp;
use reqwest::{StatusCode, Url, header, redirect};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;
use web_push_native::p256::pkcs8::EncodePrivateKey;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long handing over one message may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a token is valid; a service accepts up to 24 hours (RFC 8292 2).
const TOKEN_FOR: Duration = Duration::from_secs(12 * 3600);
/// The longest pause that a service can ask for.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// Sends to browsers.
pub struct WebPush {
    client: reqwest::Client,
    services: Services,
    signing: EncodingKey,
    public_key: String,
    contact: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: String,
    exp: i64,
    sub: &'a str,
}

impl WebPush {
    /// Identifies itself with the key pair that follows from `secret`. `contact` is how a push service reaches the operator:
    /// `mailto:…` or `https://…`.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn new(secret: &[u8; 32], services: Services, contact: &str) -> Result<Self, SetupError> {
        if !contact.starts_with("mailto:") && !contact.starts_with("https://") {
            return Err(SetupError::Contact);
        }
        let failed = |error: &dyn std::fmt::Display| SetupError::Failed(error.to_string());
        let key = key_of(secret).ok_or_else(|| failed(&"no key follows from the secret"))?;
        let pkcs8 = key.to_pkcs8_der().map_err(|error| failed(&error))?;
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Self {
            client,
            services,
            signing: EncodingKey::from_ec_der(pkcs8.as_bytes()),
            public_key: URL_SAFE_NO_PAD.encode(key.public_key().to_encoded_point(false)),
            contact: contact.to_owned(),
        })
    }

    /// The public key (`applicationServerKey`): a point of P-256 in base64url.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Whether a browser may be sent to.
    #[must_use]
    pub fn allows(&self, subscription: &Subscription) -> bool {
        subscription.parts().is_ok_and(|parts| self.services.allow(&parts.endpoint))
    }

    /// Hands a message to the push service of a browser.
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn send(
        &self,
        to: &Subscription,
        message: &PushMessage,
        now: Timestamp,
    ) -> Result<(), PushError> {
        let parts = to.parts().ok().filter(|parts| self.services.allow(&parts.endpoint));
        let Some(parts) = parts else { return Err(PushError::NotAllowed) };
        let crypto = |error: &dyn std::fmt::Display| PushError::Crypto(error.to_string());
        let body = web_push_native::encrypt(message.payload(), &parts.key, &parts.auth)
            .map_err(|error| crypto(&error))?;
        let token = self.token(&parts.endpoint, now).map_err(|error| crypto(&error))?;
        let request = self
            .client
            .post(parts.endpoint)
            .header(header::AUTHORIZATION, format!("vapid t={token}, k={}", self.public_key))
            .header(header::CONTENT_ENCODING, "aes128gcm")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header("ttl", message.keep_for.as_secs())
            .header("urgency", if message.is_urgent { "high" } else { "normal" })
            .header("topic", topic(&message.tag))
            .body(body);
        let answer = request.send().await.map_err(|error| PushError::Failed {
            // Without the URL, which is a secret of the device.
            why: error.without_url().to_string(),
            after: None,
        })?;
        outcome(answer.status(), answer.headers())
    }

    /// Says to the service of this URL who sends (RFC 8292 2).
    fn token(&self, endpoint: &Url, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            aud: endpoint.origin().ascii_serialization(),
            exp: now.plus(TOKEN_FOR).millis() / 1_000,
            sub: &self.contact,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.signing)
    }
}

/// The key that follows from a secret: one in 2^32 is not a valid one, and then its hash is tried.
fn key_of(secret: &[u8; 32]) -> Option<SecretKey> {
    let mut bytes = *secret;
    (0..4).find_map(|_| {
        let key = SecretKey::from_slice(&bytes).ok();
        bytes = Sha256::digest(bytes).into();
        key
    })
}

/// A message with the same topic replaces one that a device has not got yet: up to 32 characters of base64url (RFC 8030 5.4).
fn topic(tag: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(tag)[..24])
}

fn outcome(status: StatusCode, headers: &header::HeaderMap) -> Result<(), PushError> {
    let code = status.as_u16();
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(PushError::Gone(code)),
        _ if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let after = headers.get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
            let after = after.map(|seconds| Duration::from_secs(seconds).min(MAX_PAUSE));
            Err(PushError::Failed { why: format!("HTTP {code}"), after })
        }
        _ => Err(PushError::Rejected(code)),
    }
}
