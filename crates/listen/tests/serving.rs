//! Connections that are idle, slow, or too many.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use axum::body::Bytes;
use axum::extract::Request;
use axum::routing::{get, post};
use axum::{Router, extract::ConnectInfo};
use hyper_util::rt::TokioIo;
use meeshy_listen::{BodyPace, Limits, serve};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Far longer than any test takes.
const UNREACHABLE_TIMEOUT: Duration = Duration::from_secs(600);
const SHORT_TIMEOUT: Duration = Duration::from_millis(150);

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

fn patient() -> Limits {
    let body = BodyPace { grace: UNREACHABLE_TIMEOUT, ..BodyPace::default() };
    Limits {
        header_timeout: UNREACHABLE_TIMEOUT,
        idle_timeout: UNREACHABLE_TIMEOUT,
        body: Some(body),
        ..Limits::default()
    }
}

async fn start(limits: Limits) -> Server {
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
        .route("/echo", post(async |body: Bytes| body))
        .route("/slow", get(async || tokio::time::sleep(SHORT_TIMEOUT * 4).await))
        .route("/upgrade", get(upgrade));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let serving =
        tokio::spawn(async move { serve(listener, router, limits, async { _ = stopped.await }).await });
    Server { address, stop, serving }
}

/// Upgrades to a protocol that echoes everything.
async fn upgrade(request: Request) -> axum::response::Response {
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut io = TokioIo::new(upgraded.await.unwrap());
        let mut buffer = [0; 64];
        while let Ok(length @ 1..) = io.read(&mut buffer).await {
            io.write_all(&buffer[..length]).await.unwrap();
        }
    });
    let headers = [("connection", "upgrade"), ("upgrade", "echo")];
    axum::response::IntoResponse::into_response((axum::http::StatusCode::SWITCHING_PROTOCOLS, headers))
}

struct Client(TcpStream);

impl Client {
    async fn from(server: &Server, ip: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
        Self(socket.connect(server.address).await.unwrap())
    }

    async fn new(server: &Server) -> Self {
        Self::from(server, "127.0.0.1").await
    }

    async fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` has arrived.
    async fn read_to(&mut self, end: &str) -> String {
        let mut read = String::new();
        while !read.contains(end) {
            let mut buffer = [0; 1024];
            let length = self.0.read(&mut buffer).await.unwrap();
            assert_ne!(length, 0, "closed after {read:?}");
            read += std::str::from_utf8(&buffer[..length]).unwrap();
        }
        read
    }

    async fn get(&mut self, path: &str) -> String {
        self.write(&format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n")).await;
        self.read_to("\r\n\r\n").await
    }

    /// The rest of the data until the server closes the connection.
    async fn closed(mut self) -> String {
        let mut rest = Vec::new();
        // Unread data makes the end of the connection a reset.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }
}

#[tokio::test]
async fn a_request_carries_the_peer_address() {
    let server = start(patient()).await;
    let mut client = Client::from(&server, "127.0.0.9").await;
    client.write("GET /peer HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
    assert!(client.closed().await.ends_with("127.0.0.9"));
}

#[tokio::test]
async fn connections_without_a_complete_head_are_closed() {
    let server = start(Limits { header_timeout: SHORT_TIMEOUT, ..patient() }).await;
    let silent = Client::new(&server).await;
    let mut half = Client::new(&server).await;
    half.write("GET / HTTP/1.1\r\nhost: he").await;
    let mut later = Client::new(&server).await;
    later.get("/").await;
    assert_eq!(silent.closed().await, "");
    assert_eq!(half.closed().await, "");
    // Meanwhile, this one has paused between two requests; within one it may not.
    later.get("/").await;
    later.write("GET / HT").await;
    later.closed().await;
}

#[tokio::test]
async fn connections_are_closed_when_idle_but_not_while_serving() {
    let server = start(Limits { idle_timeout: SHORT_TIMEOUT, ..patient() }).await;
    let mut idle = Client::new(&server).await;
    assert!(idle.get("/").await.starts_with("HTTP/1.1 200"));
    let mut waiting = Client::new(&server).await;
    assert!(waiting.get("/slow").await.starts_with("HTTP/1.1 200"), "it took four times the idle time-out");
    let mut upgraded = Client::new(&server).await;
    upgraded
        .write("GET /upgrade HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
    upgraded.read_to("\r\n\r\n").await;
    idle.closed().await;
    waiting.closed().await;
    upgraded.write("still here").await;
    assert_eq!(upgraded.read_to("here").await, "still here");
}

#[tokio::test]
async fn a_slow_body_gets_a_response_and_the_connection_is_closed() {
    let body = Some(BodyPace { grace: SHORT_TIMEOUT, bytes_per_second: 1_000_000, max: UNREACHABLE_TIMEOUT });
    let server = start(Limits { body, ..patient() }).await;
    let mut slow = Client::new(&server).await;
    slow.write("POST /echo HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\nabc").await;
    let answer = slow.closed().await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("REQUEST_TIMEOUT"), "{answer}");
    let mut chunked = Client::new(&server).await;
    chunked
        .write("POST /echo HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        .await;
    assert!(chunked.closed().await.starts_with("HTTP/1.1 408"));
    let mut quick = Client::new(&server).await;
    quick.write("POST /echo HTTP/1.1\r\nhost: here\r\ncontent-length: 3\r\n\r\nabc").await;
    assert!(quick.read_to("abc").await.starts_with("HTTP/1.1 200"));
    // A request without a route gets its response without waiting for the body.
    let mut unread = Client::new(&server).await;
    unread.write("POST /nowhere HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\nabc").await;
    assert!(unread.closed().await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn one_address_cannot_use_all_connections() {
    let limits = Limits { connections: 4, connections_per_address: Some(2), ..patient() };
    let server = start(limits).await;
    let mut greedy = Vec::new();
    for _ in 0..2 {
        let mut client = Client::from(&server, "127.0.0.2").await;
        client.get("/").await;
        greedy.push(client);
    }
    assert!(Client::from(&server, "127.0.0.2").await.closed().await.starts_with("HTTP/1.1 503"));
    let mut other = Client::from(&server, "127.0.0.3").await;
    assert!(other.get("/").await.starts_with("HTTP/1.1 200"));
    let mut upgraded = Client::from(&server, "127.0.0.4").await;
    upgraded
        .write("GET /upgrade HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
    upgraded.read_to("\r\n\r\n").await;
    assert!(
        Client::from(&server, "127.0.0.5").await.closed().await.starts_with("HTTP/1.1 503"),
        "four are open"
    );
    // Upgraded connections count until they are closed.
    drop(upgraded);
    let mut admitted = String::new();
    while !admitted.starts_with("HTTP/1.1 200") {
        let mut client = Client::from(&server, "127.0.0.5").await;
        client.write("GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
        admitted = client.closed().await;
    }
}

#[tokio::test]
async fn oversized_heads_are_rejected() {
    let server = start(patient()).await;
    let mut client = Client::new(&server).await;
    let _ = client
        .0
        .write_all(format!("GET / HTTP/1.1\r\nhost: here\r\nx: {}", "y".repeat(70_000)).as_bytes())
        .await;
    assert!(client.closed().await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn stopping_finishes_active_requests_and_closes_idle_connections() {
    let server = start(patient()).await;
    let mut idle = Client::new(&server).await;
    idle.get("/").await;
    let silent = Client::new(&server).await;
    let mut busy = Client::new(&server).await;
    busy.write("GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let mut begun = Client::new(&server).await;
    begun.write("POST /echo HTTP/1.1\r\nhost: here\r\ncontent-length: 6\r\n\r\nabc").await;
    // The server has read both by now, because it responds to another one.
    Client::new(&server).await.get("/").await;
    server.stop.send(()).unwrap();
    idle.closed().await;
    silent.closed().await;
    begun.write("def").await;
    assert!(begun.closed().await.ends_with("abcdef"));
    assert!(busy.closed().await.starts_with("HTTP/1.1 200"));
    server.serving.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
