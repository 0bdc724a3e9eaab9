//! Requirements of the Engine.IO protocol (version 4, and its public test suite): sessions, polls,
//! heartbeats, the upgrade to a WebSocket.

use crate::site::{Site, UNREACHABLE_TIMEOUT};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// Short enough to wait for.
const SHORT_INTERVAL: Duration = Duration::from_millis(300);

async fn is_unknown(site: &Site, session: &str) -> bool {
    site.get(session).await.0 == StatusCode::BAD_REQUEST
}

#[tokio::test]
async fn the_handshake_has_the_parameters_of_the_session() {
    let site = Site::calm().await;
    let polled = site.get("EIO=4").await.1;
    let connected = site.websocket("EIO=4").await.receive().await.unwrap();
    for (hello, upgrades) in [(polled, 1), (connected, 0)] {
        let hello: Value = serde_json::from_str(hello.strip_prefix('0').unwrap()).unwrap();
        let mut keys: Vec<_> = hello.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"]);
        assert_eq!(
            (hello["upgrades"].as_array().unwrap().len(), &hello["pingTimeout"]),
            (upgrades, &200.into())
        );
    }
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let site = Site::calm().await;
    let query = |query: &str| format!("http://{}/socket.io/?{query}", site.address);
    for asked in ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"] {
        assert_eq!(reqwest::get(query(asked)).await.unwrap().status(), StatusCode::BAD_REQUEST, "{asked}");
    }
    let session = site.open().await;
    for asked in ["EIO=4&transport=polling".to_owned(), format!("{session}&transport=polling")] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let request = reqwest::Client::new().request(method, query(&asked));
            assert_eq!(request.send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{asked}");
        }
    }
    for asked in ["EIO=abc", "EIO=4&sid=guess"] {
        assert!(site.try_websocket(asked).await.is_none(), "{asked}");
    }
}

#[tokio::test]
async fn untrusted_clients_have_small_limits() {
    let site = Site::calm().await;
    let stranger = async |answers: usize| {
        let session = site.open().await;
        assert_eq!(site.post(&session, "40{\"stranger\":true}").await.0, StatusCode::OK);
        let packets = vec!["421[\"echo\",1]"; answers].join("\u{1e}");
        site.post(&session, &packets).await;
        site.post(&session, "3").await.0
    };
    assert_eq!(stranger(10).await, StatusCode::OK);
    assert_eq!(stranger(30).await, StatusCode::BAD_REQUEST, "the session is closed");
    // A trusted client only misses what it does not receive.
    let session = site.poll().await;
    let packets = vec!["421[\"echo\",1]"; 30].join("\u{1e}");
    assert_eq!(site.post(&session, &packets).await.0, StatusCode::OK);
    assert_eq!(site.post(&session, "3").await.0, StatusCode::OK);
    for long in ["40/", "2"].map(|start| start.to_owned() + &"x".repeat(500)) {
        let session = site.open().await;
        assert_eq!(site.post(&session, &long).await.0, StatusCode::BAD_REQUEST, "it would be echoed");
    }
}

#[tokio::test]
async fn a_second_poll_ends_the_session() {
    let site = Site::calm().await;
    let session = site.poll().await;
    // Whichever of the two is second is rejected, and the other one is ended.
    let (one, another) = tokio::join!(site.get(&session), site.get(&session));
    let mut answers = [one, another];
    answers.sort_by_key(|(status, _)| *status);
    assert_eq!(answers[0], (StatusCode::OK, "1".into()));
    assert_eq!(answers[1].0, StatusCode::BAD_REQUEST);
    assert!(is_unknown(&site, &session).await);
    assert_eq!(site.post(&session, "42[\"echo\",1]").await.0, StatusCode::BAD_REQUEST);
    site.until_disconnected(1).await;
}

#[tokio::test]
async fn a_second_post_ends_the_session_once_the_first_is_handled() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let second = async {
        site.until_received("hold").await;
        let second = site.post(&session, "42[\"late\"]").await;
        assert!(is_unknown(&site, &session).await);
        assert_eq!(
            site.server.service().gone.load(std::sync::atomic::Ordering::SeqCst),
            0,
            "the session is busy"
        );
        site.release();
        second
    };
    let (_, second) = tokio::join!(site.post(&session, "42[\"hold\"]\u{1e}42[\"late\"]"), second);
    assert_eq!(second.0, StatusCode::BAD_REQUEST);
    site.until_disconnected(1).await;
    assert_eq!(site.received(), ["hold"], "nothing is handled after the session has ended");
}

#[tokio::test]
async fn invalid_packets_end_the_session() {
    let site = Site::calm().await;
    for (count, bad) in ["abc", "", "4", "42{}", "42[\"echo\",1]\u{1e}abc", "2", "5"].iter().enumerate() {
        let session = site.poll().await;
        assert_eq!(site.post(&session, bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
        assert!(is_unknown(&site, &session).await, "{bad}");
        let mut wire = site.websocket("EIO=4").await.joined().await;
        if !bad.contains('\u{1e}') {
            wire.send(bad).await;
            assert_eq!(wire.close_code().await, 1002, "{bad}");
        }
        drop(wire);
        site.until_disconnected(count * 2 + 2).await;
    }
}

#[tokio::test]
async fn heartbeats_start_before_the_client_joins() {
    let site = Site::new(SHORT_INTERVAL, UNREACHABLE_TIMEOUT).await;
    let session = site.open().await;
    let polling = async {
        for _ in 0..3 {
            assert_eq!(site.get(&session).await, (StatusCode::OK, "2".into()));
            assert_eq!(site.post(&session, "3").await.0, StatusCode::OK);
        }
    };
    let mut wire = site.websocket("EIO=4").await;
    let connected = async {
        wire.receive().await;
        for _ in 0..3 {
            assert_eq!(wire.receive().await.as_deref(), Some("2"));
            wire.send("3").await;
        }
    };
    tokio::join!(polling, connected);
}

#[tokio::test]
async fn a_client_that_does_not_answer_heartbeats_is_disconnected() {
    let site = Site::new(SHORT_INTERVAL, UNREACHABLE_TIMEOUT).await;
    let session = site.poll().await;
    let polling = async {
        assert_eq!(site.get(&session).await.1, "2");
        assert_eq!(site.get(&session).await.1, "1", "a poll does not count as a heartbeat");
        assert!(is_unknown(&site, &session).await);
    };
    let mut wire = site.websocket("EIO=4").await.joined().await;
    let connected = async {
        assert_eq!(wire.receive().await.as_deref(), Some("2"));
        assert_eq!(wire.receive().await, None);
    };
    tokio::join!(polling, connected);
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn closing_ends_the_waiting_poll() {
    let site = Site::calm().await;
    let session = loop {
        let session = site.poll().await;
        let (polled, posted) = tokio::join!(site.get(&session), site.post(&session, "1"));
        assert_eq!(posted.0, StatusCode::OK);
        // If the close was handled first, there was nothing left to poll.
        if polled.0 == StatusCode::OK {
            assert_eq!(polled.1, "6");
            break session;
        }
    };
    assert!(is_unknown(&site, &session).await);
    let mut wire = site.websocket("EIO=4").await.joined().await;
    wire.send("1").await;
    assert_eq!(wire.receive().await, None);
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn an_upgraded_session_rejects_other_requests() {
    let site = Site::calm().await;
    let session = site.poll().await;
    let mut wire = site.websocket(&session).await;
    let mut another = site.websocket(&session).await;
    wire.send("2probe").await;
    assert_eq!(wire.receive().await.as_deref(), Some("3probe"));
    another.send("2probe").await;
    assert_eq!(another.receive().await, None, "only one upgrade at a time");
    wire.send("5").await;
    wire.send("420[\"echo\",1]").await;
    assert_eq!(wire.receive().await.as_deref(), Some("430[1]"));
    assert!(is_unknown(&site, &session).await);
    assert_eq!(site.post(&session, "42[\"echo\",2]").await.0, StatusCode::BAD_REQUEST);
    assert!(site.try_websocket(&session).await.is_none());
    wire.send("421[\"echo\",3]").await;
    assert_eq!(wire.receive().await.as_deref(), Some("431[3]"));
}

#[tokio::test]
async fn frames_sent_together_are_all_handled() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await;
    // Joins and sends an event before either is answered.
    let packets: Vec<String> = (0..50).map(|id| format!("42{id}[\"count\"]")).collect();
    let mut at_once = vec!["40{\"room\":1}"];
    at_once.extend(packets.iter().map(String::as_str));
    wire.send_together(&at_once).await;
    for _ in 0..3 {
        wire.receive().await.unwrap();
    }
    for id in 0..50 {
        assert_eq!(wire.receive().await.unwrap(), format!("43{id}[{id}]"));
    }
}
