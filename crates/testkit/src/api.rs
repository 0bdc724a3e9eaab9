//! A client of the HTTP API, and users who are signed in with it.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// The password of every user of the tests.
pub const PASSWORD: &str = "correct horse";

/// How long a request of a user may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server, as its clients see it.
#[derive(Clone)]
pub struct Api {
    /// Where it listens.
    pub address: SocketAddr,
    http: Client,
}

impl Api {
    /// The server at this address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address, http: Client::new() }
    }

    /// The server on this port of this machine.
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        Self::at(([127, 0, 0, 1], port).into())
    }

    /// A request to be completed, and sent by [`answer`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    /// The answer to a request of nobody.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// The answer to a request of nobody.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// Registers a user.
    ///
    /// # Panics
    /// If that is rejected.
    pub async fn sign_up(&self, username: &str, language: &str) -> Person {
        let answer = self.post("/api/v1/auth/register", registration(username, language)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.person(&answer)
    }

    /// Signs a user in on another device.
    ///
    /// # Panics
    /// If that is rejected.
    pub async fn sign_in(&self, username: &str) -> Person {
        let answer = self.log_in(username, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.person(&answer)
    }

    /// The answer to an attempt to sign in.
    pub async fn log_in(&self, username: &str, password: &str) -> Answer {
        self.post("/api/v1/auth/login", json!({ "username": username, "password": password })).await
    }

    /// The user who signed in with this answer.
    ///
    /// # Panics
    /// If nobody did.
    #[must_use]
    pub fn person(&self, answer: &Answer) -> Person {
        let data = &answer.body["data"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            id: text(&data["user"]["id"]),
            token: text(&data["token"]),
            session_token: text(&data["sessionToken"]),
            api: self.clone(),
        }
    }

    /// The same user at this server, which has the same database as theirs.
    #[must_use]
    pub fn also(&self, person: &Person) -> Person {
        Person { api: self.clone(), ..person.clone() }
    }
}

/// The body that registers a user.
#[must_use]
pub fn registration(username: &str, language: &str) -> Value {
    json!({
        "username": username, "password": PASSWORD, "firstName": username, "lastName": "Test",
        "email": format!("{username}@example.org"), "systemLanguage": language, "regionalLanguage": language,
    })
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; every response of the API is JSON, also errors.
    pub body: Value,
}

impl Answer {
    /// A header field, or an empty text.
    ///
    /// # Panics
    /// If it is not text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of an error, or an empty text.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Sends a request.
///
/// # Panics
/// If the server does not answer in JSON.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, not JSON: {text}"));
    Answer { status, headers, body }
}

/// Sends a request to a server that may be down.
async fn try_answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.json().await? })
}

/// A signed-in user.
#[derive(Clone)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// The token of their session.
    pub token: String,
    /// The secret of their device.
    pub session_token: String,
    api: Api,
}

impl Person {
    /// A request of this user to be completed, and sent by [`answer`]. The path starts after `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api.request(method, &format!("/api/v1{path}")).bearer_auth(&self.token).timeout(TIMEOUT)
    }

    /// The answer to a `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// The answer to a `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// The answer to a `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    /// The answer to a `PATCH`.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    /// The answer to a `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// The answer to a `GET` of a server that may be down.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn try_get(&self, path: &str) -> Result<Answer, reqwest::Error> {
        try_answer(self.request(Method::GET, path)).await
    }

    /// The answer to a `POST` of a server that may be down.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        try_answer(self.request(Method::POST, path).json(&body)).await
    }

    /// The answer to a `PUT` of a server that may be down.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn try_put(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        try_answer(self.request(Method::PUT, path).json(&body)).await
    }

    /// Sends a message and returns its id.
    ///
    /// # Panics
    /// If it is rejected.
    pub async fn say(&self, conversation: &str, content: &str) -> String {
        let path = format!("/conversations/{conversation}/messages");
        self.create(&path, json!({ "content": content })).await
    }

    /// Creates a group with some others and returns its id.
    ///
    /// # Panics
    /// If it is rejected.
    pub async fn group(&self, others: &[&Self]) -> String {
        let others: Vec<&str> = others.iter().map(|other| other.id.as_str()).collect();
        self.create("/conversations", json!({ "type": "group", "title": "Trip", "participantIds": others }))
            .await
    }

    /// Creates something and returns its id.
    ///
    /// # Panics
    /// If it is rejected.
    pub async fn create(&self, path: &str, body: Value) -> String {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Every message of a conversation, oldest first.
    ///
    /// # Panics
    /// If a page is rejected.
    pub async fn history(&self, conversation: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/conversations/{conversation}/messages?limit=50&before={before}");
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let rows = page.body["data"].as_array().unwrap();
            messages.extend(rows.iter().cloned());
            if page.body["pagination"]["hasMore"] != true {
                break;
            }
            before = rows.last().unwrap()["id"].as_str().unwrap().to_owned();
        }
        messages.reverse();
        messages
    }
}
