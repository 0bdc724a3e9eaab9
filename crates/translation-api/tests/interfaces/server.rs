//! A translation API with a scripted engine.

use async_trait::async_trait;
use meeshy_translation::{Engine, EngineError, Offer, Pair, Translated, Translator, Urgency};
use meeshy_translation_api::{TranslationApi, TranslationApiConfig, router};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Words that can only be French.
pub const FRENCH: &str = "Où est la bibliothèque";
/// Words that can only be English.
pub const ENGLISH: &str = "Where is the library";
/// Letters of a language that Meeshy does not support.
pub const CHEROKEE: &str = "ᏣᎳᎩ";

/// Translates `text` to `fr:text`; keeps `ok`, stops at `crash`, and never finishes `slow`.
struct Fake;

#[async_trait]
impl Engine for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn offers(&self) -> Vec<Offer> {
        let offer = |pair: &str| Offer {
            pair: pair.parse().unwrap(),
            model: None,
            version: "1".to_owned(),
            lost: 1.0,
            cost_ms: 1.0,
        };
        ["en-es", "en-fr", "fr-en"].map(offer).to_vec()
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        if segments.iter().any(|text| text.contains("crash")) {
            return Err(EngineError::Interrupted("the engine stopped".to_owned()));
        }
        if segments.iter().any(|text| text.contains("slow")) {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        let text = |text: &String| if text == "ok" { text.clone() } else { format!("{}:{text}", pair.to) };
        Ok(segments
            .iter()
            .map(|segment| Translated { score: Some(0.5), ..Translated::new(text(segment)) })
            .collect())
    }

    async fn rest(&self) {}
}

/// A translation API with that engine.
pub fn api(config: TranslationApiConfig) -> TranslationApi {
    TranslationApi::new(Translator::with_engines(vec![Arc::new(Fake)], 1 << 20, None), config)
}

/// A translation API with nothing installed.
pub fn bare() -> TranslationApi {
    TranslationApi::new(Translator::with_engines(Vec::new(), 1 << 20, None), TranslationApiConfig::default())
}

/// Serves `router` on a free port for as long as the test runs.
pub async fn serve(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Both HTTP interfaces of a translation API.
pub struct Server {
    address: SocketAddr,
    http: reqwest::Client,
}

impl Server {
    pub async fn start() -> Self {
        Self::of(api(TranslationApiConfig::default())).await
    }

    pub async fn of(api: TranslationApi) -> Self {
        Self { address: serve(router(api)).await, http: reqwest::Client::new() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }
}

/// Sends a request; every response is JSON.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, and no JSON: {text}")))
}
