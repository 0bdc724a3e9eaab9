//! Two gateways on one database are one messenger.

use crate::server::{Server, unlimited};
use crate::socket::Socket;
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_of_one_gateway_is_taken_by_the_other() {
    let [one, two] = Server::pair(unlimited()).await;
    let lea = one.sign_up("lea", "fr").await;
    let me = two.also(&lea).get("/auth/me").await;
    assert_eq!((me.status, &me.body["data"]["user"]["id"]), (200, &json!(lea.id)));
    // And is refused by both once the device has signed out.
    assert_eq!(lea.post("/auth/logout", Value::Null).await.status, 200);
    assert_eq!(two.also(&lea).get("/auth/me").await.status, 401);
}

#[tokio::test]
async fn who_comes_and_goes_at_one_gateway_is_told_at_the_other() {
    let [one, two] = Server::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let mut there = Socket::of(&two, &carlos).await;
    there.event("user:status").await;
    let here = Socket::of(&one, &lea).await;
    let came = there.event("user:status").await;
    assert_eq!((&came["userId"], &came["isOnline"]), (&json!(lea.id), &json!(true)));
    assert_eq!(came["username"], "Lea Test");
    let shown = async || {
        let talk = two.also(&carlos).get(&format!("/conversations/{talk}")).await.body["data"].clone();
        let members = talk["members"].as_array().unwrap().clone();
        members.into_iter().find(|member| member["userId"] == json!(lea.id)).unwrap()["user"]["isOnline"]
            .clone()
    };
    assert_eq!(shown().await, true);

    // She has a second socket, at the other gateway: nobody is told until both are gone.
    let also_here = Socket::of(&two, &lea).await;
    drop(here);
    drop(also_here);
    assert_eq!(there.event("user:status").await["isOnline"], false);
    assert_eq!(shown().await, false);
    assert!(there.so_far().await.iter().all(|(name, _)| name != "user:status"), "told once");
}

#[tokio::test]
async fn those_who_are_there_already_are_known_to_a_gateway_that_starts_and_go_with_one_that_stops() {
    let [one, two] = Server::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "es").await);
    lea.group(&[&carlos]).await;
    let _here = Socket::of(&one, &lea).await;
    let mut there = Socket::of(&two, &carlos).await;
    while there.event("user:status").await["userId"] != json!(lea.id) {}
    let third = one.beside(1_000_000_000).await;
    let is_online = third.chat.presence().is_online(lea.id.parse().unwrap());
    assert!(is_online, "before it serves anybody");
    one.stop().await;
    let gone = there.event("user:status").await;
    assert_eq!((&gone["userId"], &gone["isOnline"]), (&json!(lea.id), &json!(false)));
}
