//! Both transports, both versions, and the way from one to the other, as clients on the wire see them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::{SinkExt, StreamExt};
use meeshy_socketio::{Config, Event, Introduction, Server, Service, Socket};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What a test waits for comes within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says back what it hears; puts everybody into the room that their introduction names.
#[derive(Default)]
struct Echo {
    gone: AtomicUsize,
}

impl Service for Echo {
    type Room = u64;
    type State = AtomicU64;

    async fn connected(&self, socket: &Socket<Self>, introduction: &Introduction) {
        let auth: Value = serde_json::from_str(&introduction.auth).unwrap_or_default();
        socket.join(auth["room"].as_u64().unwrap_or_default());
        let _ = socket.emit("welcome", &json!({ "query": introduction.query, "auth": auth }));
    }

    async fn event(&self, socket: &Socket<Self>, event: Event) {
        match event.name.as_str() {
            // The first takes longest: the order is kept all the same.
            "count" => {
                let before = socket.state().fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(20_u64.saturating_sub(before * 10))).await;
                let _ = socket.acknowledge(&event, &before);
            }
            "tell" => {
                socket.tell_others(1, "told", &event.read::<Value>().unwrap());
            }
            "leave" => socket.disconnect(),
            _ => {
                let _ = socket.acknowledge(&event, &event.read::<Value>().unwrap());
            }
        }
    }

    async fn disconnected(&self, _: &Socket<Self>) {
        self.gone.fetch_add(1, Ordering::SeqCst);
    }
}

struct Site {
    server: Server<Echo>,
    address: String,
}

async fn site(ping_interval: Duration) -> Site {
    let last = AtomicU64::new(0);
    let config = Config {
        ping_interval,
        ping_timeout: Duration::from_millis(200),
        max_payload: 1000,
        queue: 16,
        make_id: Arc::new(move || format!("id-{}", last.fetch_add(1, Ordering::SeqCst))),
    };
    let server = Server::new(Echo::default(), config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = server.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Site { server, address }
}

impl Site {
    async fn calm() -> Self {
        site(Duration::from_secs(60)).await
    }

    async fn websocket(&self, query: &str) -> Wire {
        let url = format!("ws://{}/socket.io/?transport=websocket&{query}", self.address);
        Wire(connect_async(url).await.unwrap().0)
    }

    async fn get(&self, query: &str) -> (StatusCode, String) {
        let url = format!("http://{}/socket.io/?transport=polling&{query}", self.address);
        let answer = timeout(PATIENCE, reqwest::get(url)).await.unwrap().unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn post(&self, query: &str, body: &str) -> (StatusCode, String) {
        let url = format!("http://{}/socket.io/?transport=polling&{query}", self.address);
        let answer = reqwest::Client::new().post(url).body(body.to_owned()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Begins to poll, and gives the query of the session.
    async fn poll(&self) -> String {
        let (_, hello) = self.get("EIO=4").await;
        let hello: Value = serde_json::from_str(hello.strip_prefix('0').unwrap()).unwrap();
        assert_eq!((&hello["upgrades"], &hello["maxPayload"]), (&json!(["websocket"]), &json!(1000)));
        let session = format!("EIO=4&sid={}", hello["sid"].as_str().unwrap());
        assert_eq!(self.post(&session, "40{\"room\":1}").await, (StatusCode::OK, "ok".into()));
        let (_, let_in) = self.get(&session).await;
        assert!(let_in.starts_with("40{\"sid\":") && let_in.contains("\u{1e}42[\"welcome\""), "{let_in}");
        session
    }

    async fn until_gone(&self, count: usize) {
        let all = async {
            while self.server.service().gone.load(Ordering::SeqCst) < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, all).await.unwrap();
    }
}

struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text; `None` once the connection ends.
    async fn hear(&mut self) -> Option<String> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    async fn let_in(mut self) -> Self {
        self.say("40{\"room\":1}").await;
        assert!(self.hear().await.unwrap().starts_with("0{"));
        assert!(self.hear().await.unwrap().starts_with("40{"));
        assert!(self.hear().await.unwrap().starts_with("42[\"welcome\""));
        self
    }
}

#[tokio::test]
async fn events_are_answered_in_their_order() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4&token=x").await.let_in().await;
    for id in 0..5 {
        wire.say(&format!("42{id}[\"count\"]")).await;
    }
    for id in 0..5 {
        assert_eq!(wire.hear().await.unwrap(), format!("43{id}[{id}]"));
    }
}

#[tokio::test]
async fn a_room_hears_what_one_of_it_tells_whatever_the_transport() {
    let site = Site::calm().await;
    let (mut one, mut other) =
        (site.websocket("EIO=4").await.let_in().await, site.websocket("EIO=4").await.let_in().await);
    let session = site.poll().await;
    one.say("42[\"tell\",{\"é\":1}]").await;
    assert_eq!(other.hear().await.unwrap(), "42[\"told\",{\"é\":1}]");
    assert_eq!(site.get(&session).await.1, "42[\"told\",{\"é\":1}]");
    one.say("420[\"who tells does not hear\"]").await;
    assert_eq!(one.hear().await.unwrap(), "430[null]");
}

#[tokio::test]
async fn a_poll_waits_for_what_comes_and_there_is_one_at_a_time() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let (waiting, second) = tokio::join!(site.get(&session), async {
        sleep(Duration::from_millis(100)).await;
        let second = site.get(&session).await;
        site.post(&session, "427[\"echo\",[1]]\u{1e}428[\"echo\",2]").await;
        second
    });
    assert_eq!(second.0, StatusCode::BAD_REQUEST);
    let mut heard = waiting.1;
    if !heard.contains("438") {
        heard = format!("{heard}\u{1e}{}", site.get(&session).await.1);
    }
    assert_eq!(heard, "437[[1]]\u{1e}438[2]");
    assert_eq!(site.post(&session, "1").await.0, StatusCode::OK);
    site.until_gone(1).await;
    assert_eq!(site.get(&session).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_client_changes_from_polling_to_a_websocket_and_misses_nothing() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let mut other = site.websocket("EIO=4").await.let_in().await;
    let (waiting, mut wire) = tokio::join!(site.get(&session), async {
        let mut wire = site.websocket(&session).await;
        wire.say("2probe").await;
        assert_eq!(wire.hear().await.unwrap(), "3probe");
        wire
    });
    assert_eq!(waiting.1, "6", "the poll that waited is let go");
    assert_eq!(site.get(&session).await.1, "6", "and the next does not wait");
    other.say("42[\"tell\",1]").await;
    // Answered only when the other event was handled.
    other.say("420[\"echo\",0]").await;
    other.hear().await;
    wire.say("5").await;
    assert_eq!(wire.hear().await.unwrap(), "42[\"told\",1]");
    wire.say("421[\"echo\",2]").await;
    assert_eq!(wire.hear().await.unwrap(), "431[2]");
    assert_eq!(site.get(&session).await.0, StatusCode::BAD_REQUEST, "it polls no more");
    drop(wire);
    site.until_gone(1).await;
}

#[tokio::test]
async fn a_probe_that_comes_to_nothing_leaves_the_polling_as_it_was() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let mut wire = site.websocket(&session).await;
    wire.say("2probe").await;
    wire.hear().await;
    drop(wire);
    site.post(&session, "420[\"echo\",1]").await;
    let mut heard = String::new();
    while !heard.contains("430[1]") {
        heard = site.get(&session).await.1;
    }
}

#[tokio::test]
async fn version_3_is_let_in_without_asking_and_pings_by_itself() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=3&token=x").await;
    assert!(wire.hear().await.unwrap().starts_with("0{"));
    assert_eq!(wire.hear().await.unwrap(), "40");
    assert!(wire.hear().await.unwrap().contains("token=x"));
    wire.say("2").await;
    assert_eq!(wire.hear().await.unwrap(), "3");
    let (_, hello) = site.get("EIO=3").await;
    let (length, rest) = hello.split_once(':').unwrap();
    let (open, rest) = rest.split_at(length.parse().unwrap());
    assert!(open.starts_with("0{") && rest.starts_with("2:40"), "{hello}");
}

#[tokio::test]
async fn who_is_silent_or_not_let_in_has_to_go() {
    let site = site(Duration::from_millis(300)).await;
    let mut silent = site.websocket("EIO=4").await.let_in().await;
    let mut stranger = site.websocket("EIO=4").await;
    let mut awake = site.websocket("EIO=4").await.let_in().await;
    site.poll().await;
    let staying = async {
        for _ in 0..3 {
            assert_eq!(awake.hear().await.unwrap(), "2");
            awake.say("3").await;
        }
    };
    let leaving = async {
        assert_eq!(silent.hear().await.as_deref(), Some("2"));
        assert_eq!(silent.hear().await, None);
        stranger.hear().await;
        assert_eq!(stranger.hear().await, None);
    };
    tokio::join!(staying, leaving);
    site.until_gone(3).await;
}

#[tokio::test]
async fn who_is_sent_away_hears_it_and_a_stop_is_no_such_thing() {
    let site = Site::calm().await;
    let mut leaving = site.websocket("EIO=4").await.let_in().await;
    leaving.say("42[\"leave\"]").await;
    assert_eq!(leaving.hear().await.as_deref(), Some("41"));
    assert_eq!(leaving.hear().await, None);

    let mut wire = site.websocket("EIO=4").await.let_in().await;
    let session = site.poll().await;
    site.server.tell_all("restart", &0);
    let stop = async {
        timeout(PATIENCE, site.server.close()).await.unwrap();
    };
    let (polled, ()) = tokio::join!(
        async {
            assert_eq!(site.get(&session).await.1, "42[\"restart\",0]");
            site.get(&session).await.1
        },
        async {
            assert_eq!(wire.hear().await.as_deref(), Some("42[\"restart\",0]"));
            let closed = tokio::spawn(async move { assert_eq!(wire.hear().await, None) });
            stop.await;
            closed.await.unwrap();
        }
    );
    assert_eq!(polled, "1");
    assert_eq!(site.get("EIO=4").await.0, StatusCode::SERVICE_UNAVAILABLE, "nobody is let in any more");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_by_their_codes() {
    let site = Site::calm().await;
    for (query, code) in [("", 5), ("EIO=2", 5), ("EIO=4&sid=guess", 1), ("EIO=4&j=0", 0)] {
        let (status, body) = site.get(query).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{query}");
    }
    let url = format!("http://{}/socket.io/?EIO=4&transport=websocket", site.address);
    assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(site.post("EIO=4", "40").await.0, StatusCode::BAD_REQUEST);
    let session = site.poll().await;
    assert_eq!(site.post(&session, &"4".repeat(2000)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    site.until_gone(1).await;
}

#[tokio::test]
async fn who_does_not_read_misses_what_does_not_fit_and_holds_nobody_up() {
    let site = Site::calm().await;
    let _deaf = site.websocket("EIO=4").await.let_in().await;
    let mut missed = 0;
    let large = "x".repeat(100_000);
    for _ in 0..1_000 {
        missed += site.server.tell(&[1], "large", &large);
    }
    assert!(missed > 0, "a socket that takes nothing has a bound");
    assert!(missed < 1_000, "it took some");
}
