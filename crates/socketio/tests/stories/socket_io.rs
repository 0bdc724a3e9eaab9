//! Requirements of the Socket.IO protocol (version 5, and its public test suite), and how unsupported
//! features are rejected.

use crate::site::{Site, UNREACHABLE_TIMEOUT};
use reqwest::StatusCode;
use std::time::Duration;

#[tokio::test]
async fn a_client_joins_with_its_auth_data() {
    let site = Site::calm().await;
    for (packet, auth) in [("40", "{}"), ("40{\"token\":\"123\"}", "{\"token\":\"123\"}"), ("40/,{}", "{}")] {
        let mut wire = site.websocket("EIO=4").await;
        wire.receive().await;
        wire.send(packet).await;
        let joined = wire.receive().await.unwrap();
        assert!(joined.starts_with("40{\"sid\":\"id-"), "{joined}");
        assert!(wire.receive().await.unwrap().contains(&format!("\"auth\":{auth}")), "{packet}");
    }
}

#[tokio::test]
async fn other_namespaces_are_rejected_and_the_connection_stays_open() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await;
    wire.receive().await;
    for packet in ["40/random", "40/random,", "40/random,{\"token\":1}", "40/random?x=1,{}"] {
        wire.send(packet).await;
        assert_eq!(
            wire.receive().await.unwrap(),
            "44/random,{\"message\":\"Invalid namespace\"}",
            "{packet}"
        );
    }
    wire.send("40").await;
    assert!(wire.receive().await.unwrap().starts_with("40{"));
    wire.send("42/random,[\"echo\",1]").await;
    wire.receive().await;
    assert_eq!(wire.receive().await, None, "nobody has joined");
}

#[tokio::test]
async fn a_client_that_does_not_join_is_disconnected_despite_heartbeats() {
    let site = Site::new(Duration::from_millis(100), Duration::from_millis(500)).await;
    let mut wire = site.websocket("EIO=4").await;
    wire.receive().await;
    while let Some(packet) = wire.receive().await {
        assert_eq!(packet, "2");
        wire.send("3").await;
    }
    let session = site.open().await;
    loop {
        match site.get(&session).await {
            (StatusCode::OK, packet) if packet == "2" => {
                site.post(&session, "3").await;
            }
            (_, end) => {
                assert!(end == "1" || end.contains("Session ID unknown"), "{end}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn leaving_the_namespace_keeps_the_connection() {
    let site = Site::new(Duration::from_millis(300), UNREACHABLE_TIMEOUT).await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    wire.send("41").await;
    site.until_disconnected(1).await;
    assert_eq!(site.server.broadcast(&[1], &[], "told", &1), 0, "it has left all rooms");
    assert_eq!(wire.receive().await.as_deref(), Some("2"), "heartbeats continue");
    wire.send_together(&["3", "40{\"room\":2}", "420[\"count\"]"]).await;
    assert!(wire.receive().await.unwrap().starts_with("40{"));
    assert!(wire.receive().await.unwrap().contains("welcome"));
    assert_eq!(wire.receive().await.as_deref(), Some("430[0]"), "as a new socket");
    wire.send_together(&["41", "41", "421[\"count\"]"]).await;
    while let Some(packet) = wire.receive().await {
        assert_eq!(packet, "2", "a client that has left gets no answer");
    }
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn leaving_the_namespace_keeps_the_polling_session() {
    let site = Site::calm().await;
    let session = site.poll().await;
    assert_eq!(site.post(&session, "41").await.0, StatusCode::OK);
    site.until_disconnected(1).await;
    assert_eq!(site.post(&session, "40\u{1e}420[\"count\"]").await.0, StatusCode::OK);
    let polled = site.get(&session).await.1;
    assert!(polled.starts_with("40{") && polled.ends_with("\u{1e}430[0]"), "{polled}");
}

#[tokio::test]
async fn the_number_of_joins_is_limited() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await;
    for _ in 0..100 {
        wire.send_together(&["40", "41"]).await;
    }
    while wire.receive().await.is_some() {}
    site.until_disconnected(1).await;
    assert!(site.server.service().gone.load(std::sync::atomic::Ordering::SeqCst) <= 16);
}

#[tokio::test]
async fn all_arguments_of_an_event_arrive() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    wire.send("42456[\"all\",1,\"2\",{\"3\":[false]}]").await;
    assert_eq!(wire.receive().await.unwrap(), "43456[[1,\"2\",{\"3\":[false]}]]");
    let session = site.poll().await;
    site.post(&session, "427[\"all\",null, [] ]").await;
    assert_eq!(site.get(&session).await.1, "437[[null,[]]]");
}

#[tokio::test]
async fn attachments_are_dropped_and_their_event_is_flagged() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    let event = "452-789[\"attached\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]";
    wire.send(event).await;
    wire.send_binary(&[1, 2, 3]).await;
    wire.send_binary(&[4, 5, 6]).await;
    assert_eq!(wire.receive().await.unwrap(), "43789[true]");
    wire.send("421[\"attached\"]").await;
    assert_eq!(wire.receive().await.unwrap(), "431[false]");
    let session = site.poll().await;
    site.post(&session, &format!("{event}\u{1e}bAQID\u{1e}bBAUG")).await;
    assert_eq!(site.get(&session).await.1, "43789[true]");
}

#[tokio::test]
async fn binary_data_without_an_event_is_rejected_with_a_message() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    wire.send_binary(&[1, 2, 3, 4]).await;
    assert_eq!(wire.close_code().await, 1003, "unacceptable data (RFC 6455 7.4.1)");
    let session = site.poll().await;
    let (status, body) = site.post(&session, "bAQIDBA==").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("Binary data is not supported"), "{body}");
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn invalid_events_end_the_connection() {
    let site = Site::calm().await;
    let bad = ["4abc", "42{}", "42abc[\"echo\",1]", "42[]", "42[7]", "451-[\"x\"", "40", "42[\"early\"]"];
    for packet in bad {
        let mut wire = site.websocket("EIO=4").await;
        wire.receive().await;
        if !packet.contains("early") {
            wire.send("40").await;
        }
        wire.send(packet).await;
        while wire.receive().await.is_some() {}
    }
    assert!(site.received().is_empty());
}
