//! A provider of text messages: a URL that takes a POST with a JSON object or a form.

use super::message::{Sms, SmsError};
use crate::local::is_local;
use meeshy_domain::{Address, Secret};
use reqwest::{StatusCode, Url, header, redirect};
use std::time::Duration;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one message may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How a provider is called.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Where messages are posted.
    pub url: Address,
    /// The sender, as the provider knows it: a number or a name.
    pub from: String,
    /// The body, with `{to}`, `{from}` and `{text}`: a JSON object, whose strings they are parts of, or a form.
    pub body: String,
    /// The value of the `Authorization` header.
    pub authorization: Option<Secret>,
}

/// The provider cannot be called like this.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The URL is not valid. Contains no password.
    #[error("the URL of the SMS provider must start with `https://`")]
    Url,
    /// Codes would cross the network in clear text.
    #[error("the URL of the SMS provider must start with `https://`, unless it is on this machine")]
    ClearText,
    /// Something is missing in the body.
    #[error("the body for the SMS provider must contain `{{to}}` and `{{text}}`")]
    Placeholders,
    /// The body begins like JSON.
    #[error("the body for the SMS provider is not valid JSON")]
    Json,
    /// It cannot be in a header.
    #[error("the authorization for the SMS provider is not a valid header")]
    Authorization,
    /// TLS is not available.
    #[error("failed to set up TLS for the SMS provider")]
    Tls,
}

/// A provider that can be called.
pub(super) struct Connection {
    client: reqwest::Client,
    url: Url,
    provider: Provider,
}

impl Provider {
    pub(super) fn connect(self) -> Result<Connection, ProviderError> {
        let url = Url::parse(self.url.expose()).map_err(|_| ProviderError::Url)?;
        match url.scheme() {
            "https" => {}
            "http" if is_local(self.url.expose()) => {}
            "http" => return Err(ProviderError::ClearText),
            _ => return Err(ProviderError::Url),
        }
        if !self.body.contains("{to}") || !self.body.contains("{text}") {
            return Err(ProviderError::Placeholders);
        }
        let sample = self.written("+1", "\"text\"\n");
        if self.is_json() && serde_json::from_str::<serde_json::Value>(&sample).is_err() {
            return Err(ProviderError::Json);
        }
        let mut headers = header::HeaderMap::new();
        if let Some(authorization) = &self.authorization {
            let mut value = header::HeaderValue::from_str(authorization.expose())
                .map_err(|_| ProviderError::Authorization)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let content = if self.is_json() { "application/json" } else { "application/x-www-form-urlencoded" };
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content));
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // A code must not follow a redirect.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("meeshy/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .build()
            .map_err(|_| ProviderError::Tls)?;
        Ok(Connection { client, url, provider: self })
    }

    fn is_json(&self) -> bool {
        self.body.trim_start().starts_with('{')
    }

    /// The body for a message.
    fn written(&self, to: &str, text: &str) -> String {
        let escaped = |value: &str| match self.is_json() {
            true => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            false => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        };
        // The text comes last: it is the only one that could contain braces.
        let body = self.body.replace("{to}", &escaped(to)).replace("{from}", &escaped(&self.from));
        body.replace("{text}", &escaped(text))
    }
}

impl Connection {
    pub(super) async fn send(&self, sms: &Sms) -> Result<(), SmsError> {
        let body = self.provider.written(&sms.to, &sms.text);
        let sent = self.client.post(self.url.clone()).body(body).send().await;
        match sent.map(|response| response.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => Err(refusal(status)),
            // The error of the client contains the URL.
            Err(error) if error.is_timeout() => Err(SmsError::Failed("it timed out".into())),
            Err(error) if error.is_connect() => Err(SmsError::Failed("it cannot be reached".into())),
            Err(_) => Err(SmsError::Failed("it closed the connection".into())),
        }
    }
}

/// What a provider says may contain the number, so only its status is kept.
fn refusal(status: StatusCode) -> SmsError {
    match status {
        // These are about the message.
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
            SmsError::Rejected(status.as_u16())
        }
        // The others are about us, or pass.
        status => SmsError::Failed(format!("it returned HTTP {}", status.as_u16())),
    }
}
