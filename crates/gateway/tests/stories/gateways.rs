//! Two gateways on one database behave as one server.

use meeshy_gateway::GatewayConfig;
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, registration};
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_of_one_gateway_is_accepted_by_the_other() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let lea = one.sign_up("lea", "fr").await;
    let me = two.also(&lea).get("/auth/me").await;
    assert_eq!((me.status, &me.body["data"]["user"]["id"]), (200, &json!(lea.id)));
    // And rejected by both once the device has signed out.
    assert_eq!(lea.post("/auth/logout", Value::Null).await.status, 200);
    assert_eq!(two.also(&lea).get("/auth/me").await.status, 401);
}

#[tokio::test]
async fn presence_at_one_gateway_is_sent_at_the_other() {
    let [one, two] = TestServer::pair(unlimited()).await;
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

    // She has a second socket at the other gateway: nothing is sent until both are closed.
    let also_here = Socket::of(&two, &lea).await;
    drop(here);
    drop(also_here);
    assert_eq!(there.event("user:status").await["isOnline"], false);
    assert_eq!(shown().await, false);
    assert!(there.so_far().await.iter().all(|(name, _)| name != "user:status"), "sent once");
}

#[tokio::test]
async fn a_starting_gateway_knows_who_is_online_and_a_stopping_one_takes_its_users_offline() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let (lea, carlos) = (one.sign_up("lea", "fr").await, one.sign_up("carlos", "es").await);
    lea.group(&[&carlos]).await;
    // Connected first: a socket is not told of those who were online before.
    let mut there = Socket::of(&two, &carlos).await;
    let _here = Socket::of(&one, &lea).await;
    while there.event("user:status").await["userId"] != json!(lea.id) {}
    let third = one.beside(1_000_000_000).await;
    let is_online = third.chat.presence().is_online(lea.id.parse().unwrap());
    assert!(is_online, "before it serves clients");
    one.stop().await;
    loop {
        let status = there.event("user:status").await;
        if status["userId"] == json!(lea.id) {
            assert_eq!(status["isOnline"], false);
            break;
        }
    }
}

#[tokio::test]
async fn failed_sign_ins_are_counted_over_both() {
    let [one, two] = TestServer::pair(GatewayConfig::default()).await;
    let mut answers = Vec::new();
    for (number, server) in [&one, &two, &one, &two, &one, &two].into_iter().enumerate() {
        let guess = json!({ "username": format!("lea{number}"), "password": "guess" });
        answers.push(server.post("/api/v1/auth/login", guess).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429], "five per start of a name");
    let refused = &answers[5];
    assert_eq!((refused.code(), refused.header("retry-after")), ("RATE_LIMIT_EXCEEDED", "900"));
    let mut registered = Vec::new();
    for (server, name) in [(&one, "ada"), (&two, "bob"), (&one, "eve"), (&two, "zoe")] {
        registered.push(server.post("/api/v1/auth/register", registration(name, "en")).await.status);
    }
    assert_eq!(registered, [200, 200, 200, 429]);
}

#[tokio::test]
async fn attempts_on_an_account_are_counted_over_both() {
    let [one, two] = TestServer::pair(unlimited()).await;
    one.sign_up("lea", "fr").await;
    let mut statuses = Vec::new();
    for number in 0..11 {
        let server = if number % 2 == 0 { &one } else { &two };
        let guess = json!({ "username": "lea", "password": format!("guess {number}") });
        statuses.push(server.post("/api/v1/auth/login", guess).await.status);
    }
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10], 429, "ten over both");
}
