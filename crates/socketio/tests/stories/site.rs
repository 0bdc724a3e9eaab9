//! An echo server, and clients that write their packets by hand.

use axum::http::request::Parts;
use futures::{SinkExt, StreamExt};
use meeshy_socketio::{Config, Event, Handle, Server, Service, Socket};
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits at most.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// Never elapses in a test.
pub const UNREACHABLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Echoes events; puts everybody into the room that they give when they join.
pub struct Echo {
    pub gone: AtomicUsize,
    pub received: Mutex<Vec<String>>,
    /// An event `hold` waits until the test adds a permit.
    pub release: Semaphore,
}

impl Service for Echo {
    type Room = u64;
    type State = AtomicU64;
    type Connection = String;

    fn open(&self, request: &Parts, _: Handle) -> String {
        request.uri.query().unwrap_or_default().to_owned()
    }

    async fn connected(&self, socket: &Socket<Self>, auth: &str) {
        let auth: Value = serde_json::from_str(auth).unwrap_or_default();
        if auth["stranger"] != true {
            socket.trust();
        }
        socket.join(auth["room"].as_u64().unwrap_or_default());
        let _ = socket.emit("welcome", &json!({ "query": socket.connection(), "auth": auth }));
    }

    async fn event(&self, socket: &Socket<Self>, event: Event) {
        self.received.lock().unwrap().push(event.name.clone());
        match event.name.as_str() {
            // The first takes longest; the order is kept nevertheless.
            "count" => {
                let before = socket.state().fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(20_u64.saturating_sub(before * 10))).await;
                let _ = socket.acknowledge(&event, &before);
            }
            "tell" => {
                socket.broadcast_others(1, &[], "told", &serde_json::from_str::<Value>(&event.data).unwrap());
            }
            "leave" => socket.disconnect(),
            "hold" => self.release.acquire().await.unwrap().forget(),
            "all" => {
                let arguments = std::iter::once(&event.data).chain(&event.more);
                let arguments: Vec<&RawValue> =
                    arguments.map(|json| serde_json::from_str(json).unwrap()).collect();
                let _ = socket.acknowledge(&event, &arguments);
            }
            "attached" => {
                let _ = socket.acknowledge(&event, &event.is_binary);
            }
            _ => {
                let _ = socket.acknowledge(&event, &serde_json::from_str::<Value>(&event.data).unwrap());
            }
        }
    }

    async fn disconnected(&self, _: &Socket<Self>) {
        self.gone.fetch_add(1, Ordering::SeqCst);
    }
}

pub struct Site {
    pub server: Server<Echo>,
    pub address: String,
}

impl Site {
    /// A site that does not ping while a test runs.
    pub async fn calm() -> Self {
        Self::new(UNREACHABLE_TIMEOUT, UNREACHABLE_TIMEOUT).await
    }

    pub async fn new(ping_interval: Duration, join_timeout: Duration) -> Self {
        let last = AtomicU64::new(0);
        let config = Config {
            ping_interval,
            ping_timeout: Duration::from_millis(200),
            join_timeout,
            max_payload: 1000,
            queue: 16,
            make_id: Arc::new(move || format!("id-{}", last.fetch_add(1, Ordering::SeqCst))),
        };
        let echo =
            Echo { gone: AtomicUsize::default(), received: Mutex::default(), release: Semaphore::new(0) };
        let server = Server::new(echo, config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = server.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { server, address }
    }

    pub async fn websocket(&self, query: &str) -> Wire {
        self.try_websocket(query).await.unwrap()
    }

    /// `None` if the WebSocket request is rejected.
    pub async fn try_websocket(&self, query: &str) -> Option<Wire> {
        let url = format!("ws://{}/socket.io/?transport=websocket&{query}", self.address);
        connect_async(url).await.ok().map(|(stream, _)| Wire(stream))
    }

    pub async fn get(&self, query: &str) -> (StatusCode, String) {
        let url = format!("http://{}/socket.io/?transport=polling&{query}", self.address);
        let answer = timeout(TIMEOUT, reqwest::get(url)).await.unwrap().unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub async fn post(&self, query: &str, body: &str) -> (StatusCode, String) {
        let url = format!("http://{}/socket.io/?transport=polling&{query}", self.address);
        let answer = reqwest::Client::new().post(url).body(body.to_owned()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Opens a polling session, and returns its query.
    pub async fn open(&self) -> String {
        let (_, hello) = self.get("EIO=4").await;
        let hello: Value = serde_json::from_str(hello.strip_prefix('0').unwrap()).unwrap();
        assert_eq!((&hello["upgrades"], &hello["maxPayload"]), (&json!(["websocket"]), &json!(1000)));
        format!("EIO=4&sid={}", hello["sid"].as_str().unwrap())
    }

    /// Opens a polling session, and joins.
    pub async fn poll(&self) -> String {
        let session = self.open().await;
        assert_eq!(self.post(&session, "40{\"room\":1}").await, (StatusCode::OK, "ok".into()));
        let (_, joined) = self.get(&session).await;
        assert!(joined.starts_with("40{\"sid\":") && joined.contains("\u{1e}42[\"welcome\""), "{joined}");
        session
    }

    pub async fn until(&self, holds: impl Fn(&Echo) -> bool) {
        let wait = async {
            while !holds(self.server.service()) {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(TIMEOUT, wait).await.unwrap();
    }

    pub async fn until_disconnected(&self, count: usize) {
        self.until(|echo| echo.gone.load(Ordering::SeqCst) >= count).await;
    }

    pub async fn until_received(&self, name: &str) {
        self.until(|echo| echo.received.lock().unwrap().iter().any(|received| received == name)).await;
    }

    pub fn received(&self) -> Vec<String> {
        self.server.service().received.lock().unwrap().clone()
    }

    /// Releases an event `hold`.
    pub fn release(&self) {
        self.server.service().release.add_permits(1);
    }
}

pub struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    pub async fn send(&mut self, text: &str) {
        // A closed server receives nothing; the test fails when it waits for the effect.
        let _ = self.0.send(Message::text(text)).await;
    }

    pub async fn send_binary(&mut self, bytes: &[u8]) {
        let _ = self.0.send(Message::binary(bytes.to_vec())).await;
    }

    /// Several frames in one write.
    pub async fn send_together(&mut self, texts: &[&str]) {
        for text in texts {
            self.0.feed(Message::text(*text)).await.unwrap();
        }
        self.0.flush().await.unwrap();
    }

    /// The next text; `None` once the connection is closed.
    pub async fn receive(&mut self) -> Option<String> {
        loop {
            match timeout(TIMEOUT, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code of the close frame.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            if let Some(Ok(Message::Close(frame))) = timeout(TIMEOUT, self.0.next()).await.unwrap() {
                return frame.unwrap().code.into();
            }
        }
    }

    pub async fn joined(mut self) -> Self {
        self.send("40{\"room\":1}").await;
        assert!(self.receive().await.unwrap().starts_with("0{"));
        assert!(self.receive().await.unwrap().starts_with("40{"));
        assert!(self.receive().await.unwrap().starts_with("42[\"welcome\""));
        self
    }
}
