//! A minimal Socket.IO client over polling.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use crate::{Api, Person};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// The separator of packets in a payload.
const BETWEEN: char = '\u{1e}';

/// A session over polling.
pub struct Poller {
    http: Client,
    url: String,
}

impl Poller {
    /// An authenticated session.
    pub async fn of(server: &Api, person: &Person) -> Self {
        let poller = Self::open(server).await.unwrap();
        let joined = poller.post(&format!("40{}", json!({ "token": person.token }))).await;
        assert_eq!(joined, StatusCode::OK);
        let mut heard = String::new();
        while !heard.contains("authenticated") {
            heard += &poller.poll().await.unwrap();
        }
        poller
    }

    /// A session that has sent nothing yet, or the status of the error response.
    pub async fn open(server: &Api) -> Result<Self, StatusCode> {
        Self::open_from(server, "127.0.0.1").await
    }

    /// The same from another address, behind a trusted proxy.
    pub async fn open_from(server: &Api, address: &str) -> Result<Self, StatusCode> {
        let http = Client::new();
        let url = format!("http://{}/socket.io/?EIO=4&transport=polling", server.address);
        let answer = http.get(&url).header("x-forwarded-for", address).send().await.unwrap();
        if answer.status() != StatusCode::OK {
            return Err(answer.status());
        }
        let hello = answer.text().await.unwrap();
        let hello: Value = serde_json::from_str(&hello[1..]).unwrap();
        Ok(Self { http, url: format!("{url}&sid={}", hello["sid"].as_str().unwrap()) })
    }

    /// The next packets; `None` if the session or the server is gone.
    pub async fn poll(&self) -> Option<String> {
        let answer = self.http.get(&self.url).send().await.ok()?;
        if answer.status() != StatusCode::OK {
            return None;
        }
        answer.text().await.ok()
    }

    /// Sends packets; returns the status of the response.
    pub async fn post(&self, packets: &str) -> StatusCode {
        self.http.post(&self.url).body(packets.to_owned()).send().await.unwrap().status()
    }

    /// Sends an event; returns the status of the response.
    pub async fn tell(&self, event: &str, data: Value) -> StatusCode {
        self.post(&format!("42{}", json!([event, data]))).await
    }

    /// Polls until the session is closed; returns the packets.
    pub async fn closed(self) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(payload) = self.poll().await {
            heard.extend(payload.split(BETWEEN).map(str::to_owned));
            if heard.last().is_some_and(|last| last == "2") {
                self.post("3").await;
            }
        }
        heard
    }
}
