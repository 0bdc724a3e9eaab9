//! Both transports, both versions, and the upgrade.

use crate::site::{Site, UNREACHABLE_TIMEOUT};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn events_are_acknowledged_in_order() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4&token=x").await.joined().await;
    for id in 0..5 {
        wire.send(&format!("42{id}[\"count\"]")).await;
    }
    for id in 0..5 {
        assert_eq!(wire.receive().await.unwrap(), format!("43{id}[{id}]"));
    }
}

#[tokio::test]
async fn a_room_receives_broadcasts_over_any_transport() {
    let site = Site::calm().await;
    let (mut one, mut other) =
        (site.websocket("EIO=4").await.joined().await, site.websocket("EIO=4").await.joined().await);
    let session = site.poll().await;
    one.send("42[\"tell\",{\"é\":1}]").await;
    assert_eq!(other.receive().await.unwrap(), "42[\"told\",{\"é\":1}]");
    assert_eq!(site.get(&session).await.1, "42[\"told\",{\"é\":1}]");
    one.send("420[\"the sender does not receive it\"]").await;
    assert_eq!(one.receive().await.unwrap(), "430[null]");
}

#[tokio::test]
async fn a_poll_waits_for_the_next_packet() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let (waiting, _) =
        tokio::join!(site.get(&session), site.post(&session, "427[\"echo\",[1]]\u{1e}428[\"echo\",2]"));
    let mut received = waiting.1;
    if !received.contains("438") {
        received = format!("{received}\u{1e}{}", site.get(&session).await.1);
    }
    assert_eq!(received, "437[[1]]\u{1e}438[2]");
    assert_eq!(site.post(&session, "1").await.0, StatusCode::OK);
    site.until_disconnected(1).await;
    assert_eq!(site.get(&session).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_upgrade_from_polling_to_websocket_loses_nothing() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let mut other = site.websocket("EIO=4").await.joined().await;
    let (waiting, mut wire) = tokio::join!(site.get(&session), async {
        let mut wire = site.websocket(&session).await;
        wire.send("2probe").await;
        assert_eq!(wire.receive().await.unwrap(), "3probe");
        wire
    });
    assert_eq!(waiting.1, "6", "the waiting poll is ended");
    assert_eq!(site.get(&session).await.1, "6", "and the next does not wait");
    other.send("42[\"tell\",1]").await;
    // Acknowledged only after the other event is handled.
    other.send("420[\"echo\",0]").await;
    other.receive().await;
    wire.send("5").await;
    assert_eq!(wire.receive().await.unwrap(), "42[\"told\",1]");
    wire.send("421[\"echo\",2]").await;
    assert_eq!(wire.receive().await.unwrap(), "431[2]");
    assert_eq!(site.get(&session).await.0, StatusCode::BAD_REQUEST, "it cannot poll any more");
    drop(wire);
    site.until_disconnected(1).await;
}

#[tokio::test]
async fn a_failed_probe_does_not_affect_polling() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let mut wire = site.websocket(&session).await;
    wire.send("2probe").await;
    wire.receive().await;
    drop(wire);
    // Only `probe` is answered.
    let mut wire = site.websocket(&session).await;
    wire.send("2abc").await;
    assert_eq!(wire.receive().await, None);
    site.post(&session, "420[\"echo\",1]").await;
    let mut received = String::new();
    while !received.contains("430[1]") {
        received = site.get(&session).await.1;
    }
}

#[tokio::test]
async fn version_3_joins_implicitly_and_pings() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=3&token=x").await;
    assert!(wire.receive().await.unwrap().starts_with("0{"));
    assert_eq!(wire.receive().await.unwrap(), "40");
    assert!(wire.receive().await.unwrap().contains("token=x"));
    wire.send("2").await;
    assert_eq!(wire.receive().await.unwrap(), "3");
    let (_, hello) = site.get("EIO=3").await;
    let (length, rest) = hello.split_once(':').unwrap();
    let (open, rest) = rest.split_at(length.parse().unwrap());
    assert!(open.starts_with("0{") && rest.starts_with("2:40"), "{hello}");
}

#[tokio::test]
async fn silent_clients_are_disconnected() {
    let site = Site::new(Duration::from_millis(300), UNREACHABLE_TIMEOUT).await;
    let mut silent = site.websocket("EIO=4").await.joined().await;
    let mut awake = site.websocket("EIO=4").await.joined().await;
    site.poll().await;
    let staying = async {
        for _ in 0..3 {
            assert_eq!(awake.receive().await.unwrap(), "2");
            awake.send("3").await;
        }
    };
    let leaving = async {
        assert_eq!(silent.receive().await.as_deref(), Some("2"));
        assert_eq!(silent.receive().await, None);
    };
    tokio::join!(staying, leaving);
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn invalid_requests_are_rejected_with_their_codes() {
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
    site.until_disconnected(1).await;
}

#[tokio::test]
async fn a_slow_reader_misses_packets_and_blocks_nobody() {
    let site = Site::calm().await;
    let _deaf = site.websocket("EIO=4").await.joined().await;
    let mut missed = 0;
    let large = "x".repeat(100_000);
    for _ in 0..1_000 {
        missed += site.server.broadcast(&[1], &[], "large", &large);
    }
    assert!(missed > 0, "the queue is bounded");
    assert!(missed < 1_000, "some packets were queued");
}
