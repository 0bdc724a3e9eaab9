//! A push service for browsers (RFC 8030) that decrypts what it gets (RFC 8291) and checks who sends it (RFC 8292).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use web_push_native::Auth;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;

/// A push service on this machine.
pub struct PushService {
    /// Where it is.
    pub url: String,
    browsers: Browsers,
}

type Browsers = Arc<Mutex<HashMap<String, Inner>>>;

/// A browser that has subscribed.
#[derive(Debug, Clone)]
pub struct SubscribedBrowser {
    /// Its URL at the service.
    pub endpoint: String,
    /// Its public key, in base64url.
    pub p256dh: String,
    /// Its secret, in base64url.
    pub auth: String,
}

struct Inner {
    secret: SecretKey,
    auth: [u8; 16],
    /// What the service answers.
    status: StatusCode,
    received: Vec<Pushed>,
}

/// What a browser was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The decrypted message.
    pub message: Value,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// Who sent it: the public key, and the claims of the token.
    pub sender: (String, Value),
}

impl PushService {
    /// Starts a service.
    ///
    /// # Panics
    /// When this machine has no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let browsers = Browsers::default();
        let routes = Router::new().route("/push/{browser}", post(receive)).with_state(Arc::clone(&browsers));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, browsers }
    }

    /// Subscribes a browser. `seed` distinguishes it from the others.
    ///
    /// # Panics
    /// When `seed` is 0.
    #[must_use]
    pub fn subscribe(&self, seed: u8) -> SubscribedBrowser {
        let secret = SecretKey::from_slice(&[seed; 32]).expect("a key");
        let p256dh = URL_SAFE_NO_PAD.encode(secret.public_key().to_encoded_point(false));
        let auth = [seed; 16];
        let inner = Inner { secret, auth, status: StatusCode::CREATED, received: Vec::new() };
        self.browsers().insert(seed.to_string(), inner);
        SubscribedBrowser {
            endpoint: format!("{}/push/{seed}", self.url),
            p256dh,
            auth: URL_SAFE_NO_PAD.encode(auth),
        }
    }

    /// What the service answers to messages for a browser from now on.
    ///
    /// # Panics
    /// When there is no such browser, or the status is none.
    pub fn answer(&self, seed: u8, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.browsers().get_mut(&seed.to_string()).expect("a browser").status = status;
    }

    /// What a browser was sent so far, also if the service has not accepted it.
    #[must_use]
    pub fn received(&self, seed: u8) -> Vec<Pushed> {
        self.browsers().get(&seed.to_string()).map(|browser| browser.received.clone()).unwrap_or_default()
    }

    fn browsers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Inner>> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(
    State(browsers): State<Browsers>,
    Path(browser): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut browsers = browsers.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(browser) = browsers.get_mut(&browser) else { return StatusCode::NOT_FOUND };
    let decrypted = web_push_native::decrypt(body.to_vec(), &browser.secret, &Auth::from(browser.auth));
    let (Ok(message), Some(sender)) = (decrypted, sender(&headers)) else { return StatusCode::BAD_REQUEST };
    let Ok(message) = serde_json::from_slice(&message) else { return StatusCode::BAD_REQUEST };
    let headers =
        headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    browser.received.push(Pushed { message, headers: headers.collect(), sender });
    browser.status
}

/// The key of a sender, whose signature is checked, and the claims of the token.
fn sender(headers: &HeaderMap) -> Option<(String, Value)> {
    let given = headers.get("authorization")?.to_str().ok()?.strip_prefix("vapid ")?;
    let part = |name: &str| given.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let (token, key) = (part("t")?, part("k")?);
    let point = URL_SAFE_NO_PAD.decode(key).ok()?;
    let (x, y) = (point.get(1..33)?, point.get(33..65)?);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let key_of_sender = DecodingKey::from_ec_components(&x, &y).ok()?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_aud = false;
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(token, &key_of_sender, &validation).ok()?.claims;
    Some((key.to_owned(), claims))
}
