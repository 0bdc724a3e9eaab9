//! Two gateways on one database: events of one are delivered by the other, once and in order.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Person, Socket, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The events that two sockets receive of a conversation, until both have the event with this number.
async fn heard(sockets: &mut [Socket], last: i64) -> Vec<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for socket in sockets {
        let mut heard: Vec<(String, Value)> = Vec::new();
        eventually("the last event arrives", async || {
            // A socket that connects just then may still be told of the new conversation, which is the first event.
            let is_later = |(_, data): &(String, Value)| data["eventNumber"].as_i64() > Some(1);
            heard.extend(socket.so_far().await.into_iter().filter(is_later));
            heard.last().is_some_and(|(_, data)| data["eventNumber"].as_i64() >= Some(last))
        })
        .await;
        all.push(heard);
    }
    all
}

async fn last_event(person: &Person, talk: &str) -> i64 {
    person.get(&format!("/conversations/{talk}")).await.body["data"]["lastEventNumber"].as_i64().unwrap()
}

#[tokio::test]
async fn messages_edits_reads_and_translations_reach_the_sockets_of_both_in_the_same_order() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "es").await);
    let there = two.also(&carlos);
    let talk = lea.group(&[&carlos]).await;
    let mut sockets = [Socket::of(&one, &lea).await, Socket::of(&two, &carlos).await];
    let send = async |socket: &mut Socket, name: &str, number: usize| {
        let message = json!({ "conversationId": talk, "content": format!("{name} {number}") });
        let sent = socket.ask("message:send", message).await;
        sent["data"]["messageId"].as_str().unwrap().to_owned()
    };
    let mut first = String::new();
    for number in 0..20 {
        let [here, other] = &mut sockets;
        let (sent, _) = tokio::join!(send(here, "lea", number), send(other, "carlos", number));
        if number == 0 {
            first = sent;
        }
    }
    send(&mut sockets[0], "lea", 20).await;
    let edit = json!({ "messageId": first, "content": "autre chose" });
    assert_eq!(sockets[0].ask("message:edit", edit).await["success"], true);
    assert_eq!(there.post(&format!("/conversations/{talk}/mark-read"), Value::Null).await.status, 200);
    // Each message is translated for the other; only then is the last number known.
    eventually("everything is translated", async || {
        one.chat.health().statistics().await.unwrap().translation_jobs_waiting == 0
    })
    .await;
    let last = last_event(&lea, &talk).await;
    let [here, other] = &heard(&mut sockets, last).await[..] else { panic!("two") };
    let what = |heard: &[(String, Value)]| -> Vec<(i64, String)> {
        heard.iter().map(|(name, data)| (data["eventNumber"].as_i64().unwrap(), name.clone())).collect()
    };
    assert_eq!(what(here), what(other));
    assert!(what(here).windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", what(here));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in here {
        *counts.entry(name).or_default() += 1;
    }
    assert_eq!((counts["message:new"], counts["message:edited"], counts["read-status:updated"]), (41, 1, 1));
    assert!(counts["message:translation"] >= 41, "{counts:?}");
    let sequences: Vec<i64> = (other.iter())
        .filter(|(name, _)| name == "message:new")
        .map(|(_, data)| data["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=41).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_conversation_created_at_one_gateway_appears_at_the_other() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "fr").await);
    let mut socket = Socket::of(&two, &carlos).await;
    let talk = lea.group(&[&carlos]).await;
    assert_eq!(socket.event("conversation:new").await["conversationId"], json!(talk));
    for unread in 1..=3 {
        lea.say(&talk, "bonjour").await;
        assert_eq!(socket.event("message:new").await["sequence"], unread);
        let told = socket.event("conversation:unread-updated").await;
        assert_eq!((&told["conversationId"], &told["unreadCount"]), (&json!(talk), &json!(unread)));
    }
    // A read position set at one gateway is sent by the other.
    let read = one.also(&carlos).post(&format!("/conversations/{talk}/read"), Value::Null).await;
    assert_eq!(read.status, 200);
    assert_eq!(socket.event("conversation:unread-updated").await["unreadCount"], 0);
    lea.say(&talk, "encore").await;
    assert_eq!(socket.event("conversation:unread-updated").await["unreadCount"], 1);
}

#[tokio::test]
async fn typing_is_sent_by_the_other_gateway_and_a_sign_out_closes_its_sockets() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let (mut here, mut there) = (Socket::of(&one, &lea).await, Socket::of(&two, &carlos).await);
    here.tell("typing:start", json!({ "conversationId": talk })).await;
    let typing = there.event("typing:start").await;
    assert_eq!((&typing["userId"], &typing["username"]), (&json!(lea.id), &json!("Lea Test")));
    here.tell("typing:stop", json!({ "conversationId": talk })).await;
    assert_eq!(there.event("typing:stop").await["isTyping"], false);
    assert_eq!(one.also(&carlos).post("/auth/logout", Value::Null).await.status, 200);
    let last = there.closed().await;
    assert!(last.iter().any(|(name, data)| name == "authenticated" && data["success"] == false), "{last:?}");
}
