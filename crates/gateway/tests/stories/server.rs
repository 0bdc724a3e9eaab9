//! A running gateway, and users who call it.
//!
//! With `MEESHY_TEST_GATEWAYS=2`, a server consists of two gateways on one PostgreSQL, behind a proxy that
//! distributes requests and sockets at random.

use crate::engine::{Engine, translation_api};
use meeshy_chat::{Chat, HashingCost, Secrets, Settings, SigningKey, Translate};
use meeshy_domain::Clock;
use meeshy_gateway::{Gateway, GatewayConfig, RateLimits, routes::Endpoint};
use meeshy_store::Store;
use meeshy_testkit::{Backend, Balancer, Database, clock};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How the clocks of two gateways advance.
const TICK: Duration = Duration::from_millis(1);

/// A gateway on a free port.
pub struct Server {
    pub address: SocketAddr,
    pub chat: Chat,
    pub hand: clock::ClockControl,
    pub endpoints: Vec<Endpoint>,
    pub store: Store,
    pub uploads: Arc<TempDir>,
    http: reqwest::Client,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    database: Arc<Database>,
    /// The other gateways behind the same address.
    others: Vec<Server>,
}

/// How a gateway is started.
struct Place<'a> {
    database: Arc<Database>,
    clock: (Clock, clock::ClockControl),
    uploads: Arc<TempDir>,
    secret: &'a str,
    /// Ids and secrets are counted from here.
    seed: u64,
}

impl Place<'_> {
    fn on(database: Database) -> Self {
        Self::beside(&Arc::new(database), 1)
    }

    fn beside(database: &Arc<Database>, seed: u64) -> Self {
        let (database, uploads) = (Arc::clone(database), Arc::new(tempfile::tempdir().unwrap()));
        Self { database, clock: clock::manual(), uploads, secret: SECRET, seed }
    }
}

/// Whether one server consists of two gateways.
#[expect(clippy::disallowed_methods, reason = "how tests run is not for the configuration")]
fn is_spread() -> bool {
    std::env::var("MEESHY_TEST_GATEWAYS").is_ok_and(|number| number == "2")
}

/// A configuration without rate limits.
pub fn unlimited() -> GatewayConfig {
    GatewayConfig { rate_limits: RateLimits::off(), ..GatewayConfig::default() }
}

/// A server on each database, with the name of the database for messages.
pub async fn servers() -> Vec<(&'static str, Server)> {
    if is_spread() {
        return vec![("two gateways", Server::spread(unlimited(), |_| {}).await)];
    }
    single_servers().await
}

/// One gateway on each database, in every configuration of the tests: for ids in snapshots.
pub async fn single_servers() -> Vec<(&'static str, Server)> {
    let mut servers = Vec::new();
    for (kind, database) in Database::both() {
        servers.push((kind, Server::at(Place::on(database), unlimited(), |_| {}).await));
    }
    servers
}

impl Server {
    /// A server on SQLite.
    pub async fn start(config: GatewayConfig) -> Self {
        if is_spread() { Self::spread(config, |_| {}).await } else { Self::single(config).await }
    }

    /// One gateway on SQLite, in every configuration of the tests: for what each gateway counts by itself.
    pub async fn single(config: GatewayConfig) -> Self {
        Self::at(Place::on(Database::sqlite()), config, |_| {}).await
    }

    /// Two gateways on one PostgreSQL, behind one address.
    async fn spread(config: GatewayConfig, adjust: impl Fn(&mut Settings)) -> Self {
        let one = Place::on(Database::postgres());
        let two = Place {
            clock: one.clock.clone(),
            uploads: Arc::clone(&one.uploads),
            ..Place::beside(&one.database, 1_000_000)
        };
        // Ids of two processes are not ordered by time, so objects created at the same time have no order.
        let ticking = one.clock.1.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                ticking.advance(TICK);
            }
        });
        let named = |name: &str| GatewayConfig { name: Some(name.to_owned()), ..config.clone() };
        let mut server = Self::at(one, named("a"), &adjust).await;
        let other = Self::at(two, named("b"), &adjust).await;
        let backend = |name: &str, port| Backend { name: name.to_owned(), port };
        let backends = vec![backend("a", server.address.port()), backend("b", other.address.port())];
        server.address = Balancer::before(backends).address();
        server.others.push(other);
        server
    }

    /// Another gateway on the same database, which is PostgreSQL.
    pub async fn beside(&self, seed: u64) -> Self {
        Self::at(Place::beside(&self.database, seed), unlimited(), |_| {}).await
    }

    /// Two gateways on one PostgreSQL, each with an address of its own.
    pub async fn pair(config: GatewayConfig) -> [Self; 2] {
        let one = Place::on(Database::postgres());
        let two = Place::beside(&one.database, 1_000_000);
        [Self::at(one, config.clone(), |_| {}).await, Self::at(two, config, |_| {}).await]
    }

    /// A server on SQLite with other settings.
    pub async fn adjusted(adjust: impl Fn(&mut Settings)) -> Self {
        if is_spread() {
            return Self::spread(unlimited(), adjust).await;
        }
        Self::at(Place::on(Database::sqlite()), unlimited(), adjust).await
    }

    /// A server whose tokens no other server accepts.
    pub async fn foreign() -> Self {
        let secret = "another secret of thirty-two bytes";
        let place = Place { secret, seed: 1 << 32, ..Place::on(Database::sqlite()) };
        Self::at(place, unlimited(), |_| {}).await
    }

    async fn at(place: Place<'_>, config: GatewayConfig, adjust: impl Fn(&mut Settings)) -> Self {
        let Place { database, clock: (clock, hand), uploads, secret, seed } = place;
        let mut settings = Settings::new(SigningKey::Secret(secret.into()));
        settings.hashing = HashingCost { memory_kib: 64, passes: 1, at_once: 2 };
        adjust(&mut settings);
        let store = database.open().await.unwrap().with_clock(clock.clone());
        let engine = Arc::new(Engine) as Arc<dyn Translate>;
        let chat = Chat::open(store.clone(), engine, settings, clock, counted_secrets(seed)).await.unwrap();
        chat.gateways().join().await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = GatewayConfig { uploads: uploads.path().to_owned(), ..config };
        let gateway = Gateway::new(chat.clone(), config, Some(translation_api()));
        let endpoints = gateway.endpoints();
        let (stop, stopping) = watch::channel(false);
        let told =
            |mut stopping: watch::Receiver<bool>| async move { _ = stopping.wait_for(|stop| *stop).await };
        tokio::spawn({
            let (chat, told) = (chat.clone(), told(stopping.clone()));
            async move { chat.worker().run(told).await }
        });
        tokio::spawn({
            let (chat, told) = (chat.clone(), told(stopping.clone()));
            async move { chat.cluster().run(told).await }
        });
        tokio::spawn({
            let (chat, told) = (chat.clone(), told(stopping.clone()));
            async move { chat.gateways().run(told).await }
        });
        let serving = tokio::spawn(gateway.serve(listener, told(stopping)));
        let http = reqwest::Client::new();
        let others = Vec::new();
        Self { address, chat, hand, endpoints, store, uploads, http, stop, serving, database, others }
    }

    /// Tells the server to stop and waits until it has.
    pub async fn stop(mut self) {
        let others = std::mem::take(&mut self.others);
        let all: Vec<Self> = others.into_iter().chain([self]).collect();
        for gateway in &all {
            gateway.stop.send(true).unwrap();
        }
        for gateway in all {
            gateway.serving.await.unwrap();
        }
    }

    /// A request to be completed and sent by [`Server::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// The same user at another gateway.
    pub fn also(&self, person: &Person) -> Person {
        let base = format!("http://{}/api/v1", self.address);
        Person { base, http: self.http.clone(), ..person.clone() }
    }

    pub async fn sign_up(&self, username: &str, language: &str) -> Person {
        let answer = self.post("/api/v1/auth/register", registration(username, language)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Person::new(self, &answer.body["data"])
    }

    pub async fn sign_in(&self, username: &str) -> Person {
        let body = json!({ "username": username, "password": "correct horse" });
        let answer = self.post("/api/v1/auth/login", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Person::new(self, &answer.body["data"])
    }
}

pub fn registration(username: &str, language: &str) -> Value {
    json!({
        "username": username, "password": "correct horse", "firstName": username, "lastName": "Test",
        "email": format!("{username}@example.org"), "systemLanguage": language, "regionalLanguage": language,
    })
}

/// Predictable secrets, so that ids can be in snapshots.
fn counted_secrets(seed: u64) -> Secrets {
    let counter = AtomicU64::new(seed);
    Secrets::new(move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            let number = counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    })
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Sends a request; every response of the API is JSON, also errors.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, not JSON: {text}"));
    Answer { status, headers, body }
}

/// A signed-in user.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub token: String,
    pub session_token: String,
    http: reqwest::Client,
    base: String,
}

impl Person {
    fn new(server: &Server, data: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&data["user"]["id"]),
            token: text(&data["token"]),
            session_token: text(&data["sessionToken"]),
            http: server.http.clone(),
            base: format!("http://{}/api/v1", server.address),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.http.patch(format!("{}{path}", self.base)).bearer_auth(&self.token).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.http.delete(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    /// Sends a message and returns its id.
    pub async fn say(&self, talk: &str, content: &str) -> String {
        let path = format!("/conversations/{talk}/messages");
        let answer = self.post(&path, json!({ "content": content })).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Creates a group with some others and returns its id.
    pub async fn group(&self, others: &[&Person]) -> String {
        let others: Vec<&str> = others.iter().map(|other| other.id.as_str()).collect();
        let body = json!({ "type": "group", "title": "Trip", "participantIds": others });
        let answer = self.post("/conversations", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"]["id"].as_str().unwrap().to_owned()
    }
}
