//! Metrics, also under hostile traffic.

use meeshy_gateway::{GatewayConfig, MetricsToken};
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, answer};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TOKEN: &str = "a token of the operator";
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// The current labels of all metrics: name and value.
async fn labels(server: &TestServer) -> BTreeSet<(String, String)> {
    let request = server.request(Method::GET, "/metrics").bearer_auth(TOKEN);
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("meeshy_http_requests_total"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let labels = lines.filter_map(|line| line.split_once('{')?.1.rsplit_once('}')).flat_map(|(labels, _)| {
        labels.split("\",").map(|label| {
            let (name, value) = label.split_once("=\"").unwrap();
            (name.to_owned(), value.trim_end_matches('"').to_owned())
        })
    });
    labels.collect()
}

/// The value of a metric without labels.
pub async fn value(server: &TestServer, name: &str) -> u64 {
    let request = server.request(Method::GET, "/metrics").bearer_auth(TOKEN);
    let text = request.send().await.unwrap().text().await.unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_default()
}

/// A server with metrics for the operator.
pub async fn operated() -> TestServer {
    let metrics_token = Some(MetricsToken::new(TOKEN.to_owned()));
    TestServer::start(GatewayConfig { metrics_token, ..unlimited() }).await
}

#[tokio::test]
async fn metrics_are_for_the_operator() {
    let server = operated().await;
    server.sign_up("lea", "fr").await;
    let get = |path: &str| server.request(Method::GET, path);
    for refused in [get("/metrics"), get("/metrics").bearer_auth("another token of sixteen")] {
        assert_eq!(answer(refused).await.status, 401);
    }
    let metrics = get("/metrics").bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("meeshy_users 1"), "{metrics}");
    let health = answer(get("/health").bearer_auth(TOKEN)).await;
    assert_eq!(health.body["services"]["database"]["userCount"], 1);
    let health = answer(get("/health")).await;
    assert_eq!(health.body["services"]["database"], json!({ "status": "up" }));

    let closed = TestServer::start(unlimited()).await;
    assert_eq!(answer(closed.request(Method::GET, "/metrics").bearer_auth(TOKEN)).await.status, 404);
}

#[tokio::test]
async fn strangers_cannot_add_values_to_labels() {
    let server = operated().await;
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    lea.say(&talk, "Salut").await;
    let mut socket = Socket::of(&server, &lea).await;
    for n in 0..20 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let lines =
            ["/api/v1/languages", "/health", "/socket.io/?EIO=4", "/nowhere", "/metrics"].map(|path| {
                format!("INVENTED{n} {path}?x={n} HTTP/1.1\r\nhost: host{n}\r\nuser-agent: agent{n}\r\n\r\n")
            });
        let closing = format!("GET /invented{n} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        stream.write_all((lines.concat() + &closing).as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        for path in [format!("/api/v1/conversations/{n}"), format!("/api/v1/status/{n}/{n}"), format!("/{n}")]
        {
            server.get(&path).await;
            lea.get(path.trim_start_matches("/api/v1")).await;
        }
        server.get(&format!("/api/v1/attachments/file/{n}")).await;
        socket.tell(&format!("event{n}"), json!({ "n": n })).await;
    }
    socket.so_far().await;
    let routes: BTreeSet<&str> = server.endpoints.iter().map(|endpoint| endpoint.path.as_str()).collect();
    for (name, value) in labels(&server).await {
        let is_known = match name.as_str() {
            "method" => METHODS.contains(&value.as_str()),
            "route" => routes.contains(value.as_str()) || value.starts_with("/socket.io"),
            "status" => value.len() == 3 && value.parse::<u16>().is_ok(),
            "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
            "state" => ["done", "identical", "unavailable", "failed"].contains(&value.as_str()),
            "reason" => ["total", "address"].contains(&value.as_str()),
            _ => panic!("list the allowed values of the label {name} here"),
        };
        assert!(is_known, "{name}={value}");
    }
}
