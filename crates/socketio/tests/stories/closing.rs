//! Sockets closed by the server: a single one, and all of them at shutdown.

use crate::site::{Site, TIMEOUT};
use reqwest::StatusCode;
use tokio::time::timeout;

#[tokio::test]
async fn a_disconnected_socket_is_notified() {
    let site = Site::calm().await;
    let mut leaving = site.websocket("EIO=4").await.joined().await;
    leaving.send("42[\"leave\"]").await;
    assert_eq!(leaving.receive().await.as_deref(), Some("41"));
    assert_eq!(leaving.receive().await, None);

    let session = site.poll().await;
    site.post(&session, "42[\"leave\"]").await;
    assert_eq!(site.get(&session).await.1, "41\u{1e}1");
    site.until_disconnected(2).await;
}

#[tokio::test]
async fn a_disconnected_socket_is_not_read_any_more() {
    let site = Site::calm().await;
    let (waiting, idle) = (site.poll().await, site.poll().await);
    let (polled, ()) = tokio::join!(site.get(&waiting), async {
        // The poll is probably waiting by now; if not yet, the result is the same.
        site.open().await;
        site.server.disconnect(1);
    });
    assert_eq!(polled.1, "41\u{1e}1", "a waiting poll gets a response");
    for session in [&waiting, &idle] {
        let posted = site.post(session, "42[\"echo\",1]").await;
        assert_eq!(posted.0, StatusCode::BAD_REQUEST, "{posted:?}");
    }
    assert_eq!(site.get(&idle).await.1, "41\u{1e}1", "and so does the next poll");
    site.until_disconnected(2).await;
    for session in [waiting, idle] {
        assert_eq!(site.get(&session).await.0, StatusCode::BAD_REQUEST);
    }
    assert!(site.received().is_empty());
}

#[tokio::test]
async fn packets_after_the_event_that_ends_a_socket_are_not_handled() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    wire.send_together(&["42[\"hold\"]", "42[\"after\"]", "42[\"after\"]"]).await;
    site.until_received("hold").await;
    site.server.disconnect(1);
    site.release();
    while wire.receive().await.is_some() {}

    let session = site.poll().await;
    let (posted, ()) = tokio::join!(site.post(&session, "42[\"hold\"]\u{1e}42[\"after\"]"), async {
        site.until(|echo| echo.received.lock().unwrap().len() == 2).await;
        site.server.disconnect(1);
        site.release();
    });
    assert_eq!(posted.0, StatusCode::BAD_REQUEST, "the client learns that a packet was not handled");
    site.until_disconnected(2).await;
    assert_eq!(site.received(), ["hold", "hold"]);
}

#[tokio::test]
async fn shutdown_notifies_all_and_waits_for_polling_clients() {
    let site = Site::calm().await;
    let mut wire = site.websocket("EIO=4").await.joined().await;
    let (waiting, between) = (site.poll().await, site.poll().await);
    let _stranger = site.open().await;
    let stop = async {
        // The poll is probably waiting by now; if not yet, the result is the same.
        site.open().await;
        timeout(TIMEOUT, site.server.close("restart", &0)).await.unwrap();
    };
    let clients = async {
        assert_eq!(site.get(&waiting).await.1, "42[\"restart\",0]\u{1e}1");
        assert_eq!(site.get(&between).await.1, "42[\"restart\",0]\u{1e}1");
        assert_eq!(wire.receive().await.as_deref(), Some("42[\"restart\",0]"));
        assert_eq!(wire.receive().await, None);
    };
    tokio::join!(stop, clients);
    site.until_disconnected(3).await;
    assert_eq!(site.get("EIO=4").await.0, StatusCode::SERVICE_UNAVAILABLE, "new connections are rejected");
}
