//! Requests to a server that may hang, break off, send too much or send something else.

use super::config::Settings;
use crate::EngineError;
use meeshy_domain::Secret;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::Semaphore;

/// To set up a connection may take so long.
const CONNECT: Duration = Duration::from_secs(3);
/// What an answer may take up beyond a multiple of the request, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;
/// An answer may be so many times as long as the request: JSON may write a letter in six bytes, and a text may grow.
const ANSWER_GROWTH: usize = 16;
/// The waits before a request is made again that failed for a reason that passes.
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

/// Why a request has no answer.
struct Fault {
    error: EngineError,
    /// Whether the same request may succeed in a moment.
    passes: bool,
}

impl Server {
    pub(super) fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT.min(settings.timeout))
            // A body with a key in it must not go to where somebody else points.
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

    /// Asks for a resource.
    ///
    /// # Errors
    /// When there is no proper answer in time, after more than one attempt where that may help.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, EngineError> {
        self.call(Method::GET, path, Vec::new(), None).await
    }

    /// Sends a question, with the key as a bearer token where one is given.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
        bearer: Option<&str>,
    ) -> Result<T, EngineError> {
        let body = serde_json::to_vec(question).map_err(|_| self.nonsense("cannot be asked this"))?;
        self.call(Method::POST, path, body, bearer).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        bearer: Option<&str>,
    ) -> Result<T, EngineError> {
        let Ok(url) = self.base.join(path) else { return Err(self.nonsense("has no such address")) };
        let Ok(_place) = self.places.acquire().await else { return Err(self.nonsense("is closed")) };
        let limit = ANSWER_BYTES + ANSWER_GROWTH * body.len();
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
                            tracing::debug!(engine = self.name, %error, "A server is asked again in a moment");
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
            .map_err(|_| self.silent(&format!("did not answer in {seconds} s")))??;
        serde_json::from_slice(&bytes).map_err(|error| {
            // Without serde's own words, which quote what it found.
            self.nonsense(match error.classify() {
                serde_json::error::Category::Eof => "broke off its JSON",
                serde_json::error::Category::Data => "answered with JSON of another shape",
                _ => "answered with something that is no JSON",
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
                    let message = format!("answers with more than {limit} bytes");
                    return Err(Fault { error: self.nonsense(&message), passes: false });
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(_) => {
                    return Err(Fault { error: self.silent("broke off half-way"), passes: true });
                }
            }
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        let problem = if error.is_connect() { "cannot be reached" } else { "closed the connection" };
        // Only the innermost cause, such as `Connection refused`: the others repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Fault { error: self.silent(&format!("{problem}: {cause}")), passes: true }
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
            status if status.is_redirection() => "; set its url to where it leads",
            _ => "",
        };
        Fault { error: self.silent(&format!("answered with HTTP {}{hint}", status.as_u16())), passes }
    }

    fn silent(&self, problem: &str) -> EngineError {
        EngineError::Interrupted(format!("{} {problem}", self.name))
    }

    /// It answered with nothing that can be used.
    pub(super) fn nonsense(&self, problem: &str) -> EngineError {
        EngineError::Unusable(format!("{} {problem}", self.name))
    }
}
