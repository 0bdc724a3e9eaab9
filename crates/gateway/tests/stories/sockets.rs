//! Sockets: authentication, delivery and order.

use crate::metrics::{operated, value};
use meeshy_gateway::GatewayConfig;
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Poller, Socket, both_databases, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn credentials_are_accepted_wherever_clients_put_them() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let ways = [
        json!({ "authToken": lea.token, "tokenType": "jwt" }),
        json!({ "token": lea.token }),
        json!({ "sessionToken": lea.session_token }),
        // The device secret is tried when the token is invalid.
        json!({ "token": "bad", "sessionToken": lea.session_token }),
    ];
    for auth in ways {
        let authenticated = Socket::connect(&server, auth.clone()).await.event("authenticated").await;
        let expected =
            json!({ "success": true, "user": { "id": lea.id, "language": "fr", "isAnonymous": false } });
        assert_eq!(authenticated, expected, "{auth}");
    }
    // In the query only where that is allowed; protocol 3 has no packet to put it into.
    let mut refused = Socket::open(&server, &format!("EIO=4&token={}", lea.token)).await;
    refused.write("40").await;
    assert_eq!(refused.event("authenticated").await["success"], false);
    let server = TestServer::start(GatewayConfig { query_tokens: true, ..unlimited() }).await;
    let lea = server.sign_up("lea", "fr").await;
    let mut phone = Socket::open(&server, &format!("EIO=4&token={}", lea.token)).await;
    phone.write("40").await;
    assert_eq!(phone.event("authenticated").await["success"], true);
    let mut old = Socket::open(&server, &format!("EIO=3&token={}", lea.token)).await;
    assert_eq!(old.event("authenticated").await["success"], true);
}

#[tokio::test]
async fn clients_recognise_a_failure_by_its_text_and_can_retry() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let bad = [
        json!({}),
        json!({ "token": "bad" }),
        json!({ "token": 7 }),
        json!({ "token": lea.token, "tokenType": "x" }),
    ];
    for auth in bad {
        let mut socket = Socket::connect(&server, auth.clone()).await;
        let refused = socket.event("authenticated").await;
        assert_eq!(refused["success"], false, "{auth}");
        let error = socket.event("error").await;
        assert_eq!(error["message"], refused["error"]);
        assert!(error["message"].as_str().unwrap().contains("Bearer token"), "{error}");

        socket.tell("authenticate", json!({ "sessionToken": lea.token })).await;
        assert_eq!(socket.event("authenticated").await["success"], true, "{auth}");
        // Some clients authenticate again.
        socket.tell("authenticate", json!({ "sessionToken": lea.token })).await;
        assert_eq!(socket.event("authenticated").await["success"], true, "{auth}");
    }
}

#[tokio::test]
async fn unauthenticated_sockets_are_disconnected() {
    let config = GatewayConfig { authentication_deadline: Duration::from_millis(300), ..unlimited() };
    let server = TestServer::start(config).await;
    let silent = Socket::connect(&server, json!({})).await;
    silent.closed().await;
    let mut guessing = Socket::connect(&server, json!({})).await;
    for _ in 0..10 {
        guessing.tell("authenticate", json!({ "sessionToken": "guess" })).await;
    }
    let tried = guessing.closed().await.iter().filter(|(name, _)| name == "authenticated").count();
    assert!(tried <= 6, "the first attempt and five more: {tried}");
    // Joining again and again gives no more time.
    let cycling = Poller::open(&server).await.unwrap();
    eventually("it is closed", async || {
        let is_closed = cycling.post("40\u{1e}41").await != StatusCode::OK;
        if !is_closed {
            cycling.poll().await;
        }
        is_closed
    })
    .await;
    // Once authenticated, it stays.
    let lea = server.sign_up("lea", "fr").await;
    let mut socket = Socket::of(&server, &lea).await;
    // One that comes later is closed before it, or not at all.
    Socket::connect(&server, json!({})).await.closed().await;
    socket.so_far().await;
}

#[both_databases]
async fn everybody_receives_messages_in_order_and_once(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let mut here = Socket::of(&server, &lea).await;
    let (mut there, mut also_there) =
        (Socket::of(&server, &carlos).await, Socket::of(&server, &carlos).await);
    let mut numbers = Vec::new();
    for n in 0..50 {
        // Without waiting for the acknowledgements in between.
        let message =
            json!({ "conversationId": talk, "content": n.to_string(), "clientMessageId": format!("c-{n}") });
        numbers.push(here.begin("message:send", message).await);
    }
    for number in numbers {
        assert_eq!(here.acknowledgement(number).await["success"], true);
    }
    // A retry is the same message.
    let again = json!({ "conversationId": talk, "content": "7", "clientMessageId": "c-7" });
    let repeated = here.ask("message:send", again).await;
    for socket in [&mut here, &mut there, &mut also_there] {
        let mut heard = Vec::new();
        for _ in 0..50 {
            heard.push(socket.event("message:new").await);
        }
        let order: Vec<u64> = heard.iter().map(|message| message["sequence"].as_u64().unwrap()).collect();
        assert_eq!(order, (1..=50).collect::<Vec<_>>());
        let said: Vec<String> =
            heard.iter().map(|message| message["content"].as_str().unwrap().into()).collect();
        assert_eq!(said, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(heard[7]["id"], repeated["data"]["messageId"]);
        let more = socket.so_far().await.into_iter().filter(|(name, _)| name == "message:new").count();
        assert_eq!(more, 0);
    }
    let unread = carlos.get("/conversations").await.body["data"][0]["unreadCount"].clone();
    assert_eq!(unread, 50);
}

#[tokio::test]
async fn typing_is_sent_once_whatever_the_sockets_of_a_user_say() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let mut there = Socket::of(&server, &carlos).await;
    let mut here = [Socket::of(&server, &lea).await, Socket::of(&server, &lea).await];
    let typing = json!({ "conversationId": talk });
    for socket in &mut here {
        for _ in 0..20 {
            socket.tell("typing:start", typing.clone()).await;
        }
        socket.so_far().await;
    }
    for socket in &mut here {
        socket.tell("typing:stop", typing.clone()).await;
        socket.tell("typing:start", typing.clone()).await;
        socket.so_far().await;
    }
    let heard: Vec<String> = there.so_far().await.into_iter().map(|(name, _)| name).collect();
    let heard: Vec<&String> = heard.iter().filter(|name| name.starts_with("typing:")).collect();
    assert_eq!(heard, ["typing:start", "typing:stop"], "a while later it is sent again");
}

#[tokio::test]
async fn an_unauthenticated_socket_is_told_at_once() {
    let server = TestServer::start(unlimited()).await;
    let mut socket = Socket::connect(&server, json!({})).await;
    let message = json!({ "conversationId": "meeshy", "content": "hello" });
    let answer = socket.ask("message:send", message.clone()).await;
    assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("AUTH_REQUIRED")), "{answer}");
    let lea = server.sign_up("lea", "fr").await;
    socket.tell("authenticate", json!({ "sessionToken": lea.token })).await;
    while socket.event("authenticated").await["success"] != true {}
    assert_eq!(socket.ask("message:send", message).await["success"], true);
}

#[tokio::test]
async fn presence_changes_are_sent_once() {
    let server = operated().await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    lea.group(&[&carlos]).await;
    let mut there = Socket::of(&server, &carlos).await;
    there.event("user:status").await;
    let (one, another) = (Socket::of(&server, &lea).await, Socket::of(&server, &lea).await);
    let came = there.event("user:status").await;
    assert_eq!((&came["userId"], &came["isOnline"]), (&json!(lea.id), &json!(true)));
    assert_eq!(came["username"], "Lea Test");
    let closed = async || value(&server, "meeshy_sockets_closed_total").await;
    let before = closed().await;
    drop(one);
    eventually("the server has noticed", async || closed().await > before).await;
    assert!(there.so_far().await.iter().all(|(name, _)| name != "user:status"), "one socket is left");
    drop(another);
    assert_eq!(there.event("user:status").await["isOnline"], false);
}

#[tokio::test]
async fn non_members_cannot_join_write_or_type() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    let mut there = Socket::of(&server, &carlos).await;
    let mut stranger = Socket::of(&server, &emma).await;
    there.so_far().await;

    stranger.tell("conversation:join", json!({ "conversationId": talk })).await;
    assert_eq!(stranger.event("error").await["code"], "CONVERSATION_ACCESS_DENIED");
    let refused = stranger.ask("message:send", json!({ "conversationId": talk, "content": "hello" })).await;
    assert_eq!(
        (&refused["success"], &refused["code"]),
        (&json!(false), &json!("CONVERSATION_ACCESS_DENIED"))
    );
    stranger.tell("typing:start", json!({ "conversationId": talk })).await;
    stranger.so_far().await;

    // A client that leaves the page still receives events of the conversation.
    there.tell("conversation:leave", json!({ "conversationId": talk })).await;
    assert_eq!(there.event("conversation:left").await["conversationId"], json!(talk));
    lea.post(&format!("/conversations/{talk}/messages"), json!({ "content": "Salut" })).await;
    let heard = there.event("message:new").await;
    assert_eq!(heard["content"], "Salut", "the first one received");
    assert!(there.so_far().await.iter().all(|(name, _)| name != "typing:start"));
    assert!(stranger.so_far().await.iter().all(|(name, _)| name != "message:new"));
}

#[tokio::test]
async fn the_global_room_is_addressed_by_its_name() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let (mut here, mut there) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    here.tell("conversation:join", json!({ "conversationId": "meeshy" })).await;
    let id = here.event("conversation:joined").await["conversationId"].clone();
    assert_eq!(id.as_str().unwrap().len(), 24);
    assert_eq!(here.event("conversation:stats").await["conversationId"], "meeshy", "as the client named it");
    here.tell("typing:start", json!({ "conversationId": "meeshy" })).await;
    assert_eq!(there.event("typing:start").await["conversationId"], id);
    here.ask("message:send", json!({ "conversationId": "meeshy", "content": "Salut" })).await;
    assert_eq!(there.event("message:new").await["conversationId"], id);
}

#[both_databases]
async fn signing_out_closes_the_sockets_of_the_device(server: TestServer) {
    let (phone, desktop) = (server.sign_up("lea", "fr").await, server.sign_in("lea").await);
    let (on_phone, mut on_desktop) = (Socket::of(&server, &phone).await, Socket::of(&server, &desktop).await);
    assert_eq!(phone.post("/auth/logout", Value::Null).await.status, 200);
    on_phone.closed().await;
    on_desktop.so_far().await;
}

#[tokio::test]
async fn a_shutdown_notifies_the_sockets_and_loses_nothing() {
    // Between gateways that stop at the same time nothing is promised: clients catch up.
    let server = TestServer::single(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let (mut here, there) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let chat = server.chat.clone();
    for n in 0..20 {
        here.begin("message:send", json!({ "conversationId": talk, "content": n.to_string() })).await;
    }
    here.begin("no such event", Value::Null).await;
    let stopped = tokio::spawn(server.stop());
    let heard = there.closed().await;
    stopped.await.unwrap();
    let count = |name: &str| heard.iter().filter(|(found, _)| found == name).count();
    assert_eq!(count("server:restarting"), 1);
    let stored = chat.messages().page(
        lea.id.parse::<meeshy_domain::UserId>().unwrap(),
        &talk,
        meeshy_chat::PageRequest { limit: 50, ..Default::default() },
        || true,
    );
    assert_eq!(count("message:new"), stored.await.unwrap().messages.len(), "everything stored was delivered");
}

#[tokio::test]
async fn a_shutdown_notifies_every_socket_and_is_fast() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let (mut connected, mut polling) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        connected.push(tokio::spawn(Socket::of(&server, &lea).await.closed()));
        polling.push(tokio::spawn(Poller::of(&server, &lea).await.closed()));
    }
    // Polling clients are between two polls when the server stops.
    carlos.say(&talk, "Salut").await;
    let started = std::time::Instant::now();
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    for socket in connected {
        let heard = socket.await.unwrap();
        assert_eq!(heard.iter().filter(|(name, _)| name == "server:restarting").count(), 1, "{heard:?}");
    }
    for socket in polling {
        let heard = socket.await.unwrap();
        assert_eq!(
            heard.iter().filter(|packet| packet.contains("server:restarting")).count(),
            1,
            "{heard:?}"
        );
        assert_eq!(heard.last().unwrap(), "1");
    }
}
