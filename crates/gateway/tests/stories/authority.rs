//! Sockets are closed when their user is no longer authorized.

use meeshy_gateway::{Forwarding, GatewayConfig};
use meeshy_harness::{TestServer, unlimited};
use meeshy_store::StoreError;
use meeshy_testkit::{Person, Poller, Socket, both_databases, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn hello(talk: &str) -> Value {
    json!({ "conversationId": talk, "content": "hello" })
}

/// A change of the database by another process, without an event.
async fn change(server: &TestServer, sql: &'static str, id: &str) {
    let id = id.to_owned();
    let change = move |tx: &mut meeshy_store::Tx<'_>| tx.execute(sql, &[id.as_str().into()]);
    assert!(server.store.write::<_, StoreError>(change).await.unwrap() > 0);
}

/// A message is rejected by a socket whose token is no longer valid, unless the periodic check has closed it.
async fn refused(socket: &mut Socket, talk: &str) {
    if let Ok(answer) = socket.ask_unless_closed("message:send", hello(talk)).await {
        assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("AUTH_FAILED")), "{answer}");
    }
}

async fn stored(server: &TestServer, reader: &Person, talk: &str) -> usize {
    let request = meeshy_chat::PageRequest { limit: 50, ..Default::default() };
    server
        .chat
        .messages()
        .page(reader.id.parse::<meeshy_domain::UserId>().unwrap(), talk, request, || true)
        .await
        .unwrap()
        .messages
        .len()
}

#[both_databases]
async fn logout_closes_polling_sockets(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let (idle, waiting) = (Poller::of(&server, &lea).await, Poller::of(&server, &lea).await);
    let (heard, ()) = tokio::join!(waiting.closed(), async {
        assert_eq!(lea.post("/auth/logout", Value::Null).await.status, 200);
        idle.tell("message:send", hello(&talk)).await;
        idle.tell("typing:start", json!({ "conversationId": talk })).await;
    });
    assert!(heard.contains(&"41".to_owned()), "{heard:?}");
    assert!(heard.iter().any(|packet| packet.contains("Bearer token")), "the reason is sent");
    let heard = idle.closed().await;
    assert!(heard.contains(&"41".to_owned()), "{heard:?}");
    assert_eq!(stored(&server, &carlos, &talk).await, 0);
}

#[both_databases]
async fn sockets_are_closed_with_their_authority(server: TestServer) {
    type Loss = (&'static str, &'static str);
    let losses: [Loss; 5] = [
        ("a session that is revoked", "UPDATE sessions SET revoked_at = 1 WHERE user_id = $1"),
        ("a session that is removed", "DELETE FROM sessions WHERE user_id = $1"),
        ("an account that is deactivated", "UPDATE users SET is_active = FALSE WHERE id = $1"),
        ("an account that the old system deleted", "UPDATE users SET deleted_at = 1 WHERE id = $1"),
        ("an account that is locked", "UPDATE users SET locked_until = 9999999999999 WHERE id = $1"),
    ];
    for (number, (loss, sql)) in losses.into_iter().enumerate() {
        let (lea, carlos) = (
            server.sign_up(&format!("lea{number}"), "fr").await,
            server.sign_up(&format!("carlos{number}"), "fr").await,
        );
        let talk = lea.group(&[&carlos]).await;
        let mut talking = Socket::of(&server, &lea).await;
        let (silent, polling) = (Socket::of(&server, &lea).await, Poller::of(&server, &lea).await);
        change(&server, sql, &lea.id).await;
        // Without waiting for the next check, which may just have happened.
        if let Ok(refused) = talking.ask_unless_closed("message:send", hello(&talk)).await {
            assert_eq!(refused["success"], false, "{loss}: {refused}");
        }
        let told = talking.closed().await;
        assert!(told.iter().any(|(_, data)| data.to_string().contains("Bearer token")), "{loss}: {told:?}");
        // A socket that sends nothing is closed, too.
        silent.closed().await;
        assert!(polling.closed().await.contains(&"41".to_owned()), "{loss}");
        assert_eq!(lea.get("/auth/me").await.status, 401, "{loss}");
        assert_eq!(stored(&server, &carlos, &talk).await, 0, "{loss}");
    }
}

/// Revoking a session closes the sockets in its room; one that is just joining has to check again.
#[both_databases]
async fn a_session_revoked_between_authentication_and_joining_is_noticed(server: TestServer) {
    server.sign_up("lea", "fr").await;
    let mut refused = false;
    // The periodic check of all sockets reads the clock as well, sometimes just here.
    for _ in 0..3 {
        refused = refused || !joins_after_revocation(&server).await;
    }
    assert!(refused);
}

/// Revokes a session after its token was verified and its socket has joined; returns whether the socket may
/// stay.
async fn joins_after_revocation(server: &TestServer) -> bool {
    let lea = server.sign_in("lea").await;
    let mut socket = Socket::open(server, "EIO=4").await;
    let (reached, reaching) = std::sync::mpsc::channel();
    let (go_on, going_on) = std::sync::mpsc::channel::<()>();
    // The first read of the clock is for the token, the second for the check after joining.
    server.hand.interrupt_after(1, move || {
        reached.send(()).unwrap();
        let _ = going_on.recv();
    });
    socket.write(&format!("40{}", json!({ "token": lea.token }))).await;
    tokio::task::spawn_blocking(move || reaching.recv().unwrap()).await.unwrap();
    change(server, "UPDATE sessions SET revoked_at = 1 WHERE user_id = $1", &lea.id).await;
    go_on.send(()).unwrap();
    socket.event("authenticated").await["success"] == true
}

#[tokio::test]
async fn sockets_are_closed_when_their_token_expires_unless_it_is_renewed() {
    let server = TestServer::single(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let mut staying = Socket::of(&server, &lea).await;
    let (mut talking, silent) = (Socket::of(&server, &lea).await, Socket::of(&server, &lea).await);
    let polling = Poller::of(&server, &lea).await;
    server.hand.advance(DAY / 2);
    let fresh = server.post("/api/v1/auth/refresh", json!({ "token": lea.token })).await;
    let fresh = fresh.body["data"]["token"].as_str().unwrap().to_owned();
    staying.tell("authenticate", json!({ "sessionToken": fresh })).await;
    assert_eq!(staying.event("authenticated").await["success"], true);

    server.hand.advance(DAY / 2 + Duration::from_secs(1));
    refused(&mut talking, &talk).await;
    talking.closed().await;
    silent.closed().await;
    assert!(polling.closed().await.contains(&"41".to_owned()));
    assert_eq!(staying.ask("message:send", hello(&talk)).await["success"], true);
    assert_eq!(stored(&server, &carlos, &talk).await, 1);
}

#[both_databases]
async fn a_replaced_token_closes_sockets_and_rejects_calls(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let (mut talking, silent) = (Socket::of(&server, &lea).await, Socket::of(&server, &lea).await);
    let mut staying = Socket::of(&server, &lea).await;
    let fresh = server.post("/api/v1/auth/refresh", json!({ "token": lea.token })).await;
    let fresh = fresh.body["data"]["token"].as_str().unwrap().to_owned();
    staying.tell("authenticate", json!({ "sessionToken": fresh })).await;
    assert_eq!(staying.event("authenticated").await["success"], true);
    assert_eq!(talking.ask("message:send", hello(&talk)).await["success"], true);

    server.hand.advance(Duration::from_secs(601));
    assert_eq!(lea.get("/auth/me").await.status, 401);
    refused(&mut talking, &talk).await;
    talking.closed().await;
    silent.closed().await;
    assert_eq!(staying.ask("message:send", hello(&talk)).await["success"], true);
}

#[both_databases]
async fn a_removed_member_cannot_send_or_receive(server: TestServer) {
    removed(server, "UPDATE members SET is_active = FALSE WHERE user_id = $1").await;
}

#[both_databases]
async fn a_member_whose_row_was_deleted_cannot_send_or_receive(server: TestServer) {
    removed(server, "DELETE FROM members WHERE user_id = $1").await;
}

async fn removed(server: TestServer, removal: &'static str) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let (mut there, mut removed) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    there.so_far().await;
    change(&server, removal, &carlos.id).await;
    for event in ["typing:start", "conversation:join", "conversation:leave"] {
        removed.tell(event, json!({ "conversationId": talk })).await;
        assert_eq!(removed.event("error").await["code"], "CONVERSATION_ACCESS_DENIED", "{event}");
    }
    let refused = removed.ask("message:send", hello(&talk)).await;
    assert_eq!(refused["code"], "CONVERSATION_ACCESS_DENIED");
    let heard = there.so_far().await;
    assert!(heard.iter().all(|(name, _)| !name.starts_with("typing")), "{heard:?}");
    // A second at most, and it stays connected for events of its other conversations.
    eventually("the removed member hears nothing any more", async || {
        lea.say(&talk, "Salut").await;
        there.tell("typing:start", json!({ "conversationId": talk })).await;
        removed.so_far().await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn unauthenticated_connections_are_limited() {
    let forwarding = Forwarding { trusted_hops: 1, ..Forwarding::default() };
    let server = TestServer::single(GatewayConfig { forwarding, ..unlimited() }).await;
    let lea = server.sign_up("lea", "fr").await;
    server.leaves_sockets();
    let mut pending = Vec::new();
    for _ in 0..256 {
        let poller = Poller::open_from(&server, "10.0.0.1").await.unwrap();
        // Joining and leaving does not authenticate.
        assert_eq!(poller.post("40\u{1e}41").await, StatusCode::OK);
        pending.push(poller);
    }
    // Authenticated connections no longer count.
    let inside = pending.remove(0);
    assert_eq!(inside.post(&format!("40{}", json!({ "token": lea.token }))).await, StatusCode::OK);
    pending.push(Poller::open_from(&server, "10.0.0.1").await.unwrap());
    let another = Poller::open_from(&server, "10.0.0.2").await.unwrap();
    assert_eq!(pending[0].post("3").await, StatusCode::OK);
    // One more evicts the oldest.
    pending.push(Poller::open_from(&server, "10.0.0.1").await.unwrap());
    assert_eq!(pending[0].post("3").await, StatusCode::BAD_REQUEST);
    for stays in [&pending[1], &inside, &another] {
        assert_eq!(stays.post("3").await, StatusCode::OK);
    }
}
