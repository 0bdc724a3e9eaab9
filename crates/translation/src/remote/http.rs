//! Requests to a server that may hang, break off, send too much or send something unexpected.

use super::config::Settings;
use crate::EngineError;
use meeshy_domain::Secret;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The time-out for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum size of a response in bytes, in addition to a multiple of the request.
const MIN_RESPONSE_LIMIT: usize = 256 * 1024;
/// The maximum ratio of response to request size: JSON may escape a letter to six bytes, and a text may grow.
const MAX_RESPONSE_GROWTH: usize = 16;
/// The delays before retrying a request that failed for a temporary reason.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(600)];

/// A server.
pub(super) struct Server {
    name: String,
    base: Url,
    api_key: Option<Secret>,
    timeout: Duration,
    client: reqwest::Client,
    places: Semaphore,
}

/// Why a request failed.
struct Fault {
    error: EngineError,
    /// Whether a retry may succeed.
    passes: bool,
}

impl Server {
    pub(super) fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            // A body with an API key must not follow redirects.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("meeshy/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            name: settings.name.clone(),
            base: settings.url.clone(),
            api_key: settings.api_key.clone(),
            timeout: settings.timeout,
            client,
            places: Semaphore::new(settings.max_concurrency),
        })
    }

    pub(super) fn api_key(&self) -> Option<&str> {
        self.api_key.as_ref().map(Secret::expose)
    }

    /// Sends a `GET` request.
    ///
    /// # Errors
    /// If there is no valid response in time, including retries.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, EngineError> {
        self.call(Method::GET, path, Vec::new(), None).await
    }

    /// Sends a `POST` request, with the API key as a bearer token if given.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
        bearer: Option<&str>,
    ) -> Result<T, EngineError> {
        let body = serde_json::to_vec(question).map_err(|_| self.invalid("cannot encode this request"))?;
        self.call(Method::POST, path, body, bearer).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        bearer: Option<&str>,
    ) -> Result<T, EngineError> {
        let Ok(url) = self.base.join(path) else { return Err(self.invalid("has no such URL")) };
        let Ok(_place) = self.places.acquire().await else { return Err(self.invalid("is closed")) };
        let limit = MIN_RESPONSE_LIMIT + MAX_RESPONSE_GROWTH * body.len();
        let attempts = async {
            let mut waits = RETRY_DELAYS.iter();
            loop {
                let mut request = self.client.request(method.clone(), url.clone());
                if let Some(token) = bearer {
                    request = request.bearer_auth(token);
                }
                if !body.is_empty() {
                    request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
                }
                match self.attempt(request, limit).await {
                    Err(Fault { passes: true, error }) => match waits.next() {
                        Some(&wait) => {
                            tracing::debug!(engine = self.name, %error, "Retrying a request to a remote server");
                            tokio::time::sleep(wait).await;
                        }
                        None => return Err(error),
                    },
                    Err(Fault { error, .. }) => return Err(error),
                    Ok(bytes) => return Ok(bytes),
                }
            }
        };
        let seconds = self.timeout.as_secs();
        let bytes = tokio::time::timeout(self.timeout, attempts)
            .await
            .map_err(|_| self.interrupted(&format!("did not answer within {seconds} s")))??;
        serde_json::from_slice(&bytes).map_err(|error| {
            // Without serde's own message, which quotes the content.
            self.invalid(match error.classify() {
                serde_json::error::Category::Eof => "returned truncated JSON",
                serde_json::error::Category::Data => "returned JSON of an unexpected shape",
                _ => "returned invalid JSON",
            })
        })
    }

    async fn attempt(&self, request: RequestBuilder, limit: usize) -> Result<Vec<u8>, Fault> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(status));
        }
        self.read(response, limit).await
    }

    async fn read(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => {
                    let message = format!("returned more than {limit} bytes");
                    return Err(Fault { error: self.invalid(&message), passes: false });
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(_) => {
                    return Err(Fault {
                        error: self.interrupted("closed the connection during the response"),
                        passes: true,
                    });
                }
            }
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        let problem = if error.is_connect() { "cannot be reached" } else { "closed the connection" };
        // Only the innermost cause, such as `Connection refused`: the others repeat the URL.
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Fault { error: self.interrupted(&format!("{problem}: {cause}")), passes: true }
    }

    fn refused(&self, status: StatusCode) -> Fault {
        let passes = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; check its api_key",
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "; check its url and kind",
            status if status.is_redirection() => "; set its url to the redirect's target",
            _ => "",
        };
        Fault { error: self.interrupted(&format!("returned HTTP {}{hint}", status.as_u16())), passes }
    }

    fn interrupted(&self, problem: &str) -> EngineError {
        EngineError::Interrupted(format!("{} {problem}", self.name))
    }

    /// An error for a response that cannot be used.
    pub(super) fn invalid(&self, problem: &str) -> EngineError {
        EngineError::Unusable(format!("{} {problem}", self.name))
    }
}
