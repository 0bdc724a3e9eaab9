//! Imported data is shown as in the old system.

use meeshy_harness::{Single, TestServer};
use meeshy_store::{StoreError, Tx, Value, blocks};
use meeshy_testkit::{Socket, both_databases};
use serde_json::{Value as Json, json};

async fn set(server: &TestServer, statements: Vec<(&'static str, Vec<Value>)>) {
    let write = move |tx: &mut Tx<'_>| {
        for (sql, params) in &statements {
            tx.execute(sql, params)?;
        }
        Ok::<_, StoreError>(())
    };
    server.store.write(write).await.unwrap();
}

#[both_databases]
async fn flags_and_counts_of_imported_rows_are_correct(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Salut").await;
    let text = |text: &str| Value::from(text);
    set(
        &server,
        vec![
            (
                "UPDATE users SET two_factor_enabled_at = 1000, email_verified_at = 2000, profile_completion_rate = 80 \
                 WHERE id = $1",
                vec![text(&lea.id)],
            ),
            (
                "INSERT INTO communities (id, identifier, name, created_by, created_at, updated_at) \
                 VALUES ('65d0000000000000000000c1', 'club', 'Club', $1, 1, 1)",
                vec![text(&lea.id)],
            ),
            (
                "UPDATE conversations SET community_id = '65d0000000000000000000c1', is_announcement_channel = TRUE, \
                   slow_mode_seconds = 5, default_write_role = 'admin' WHERE id = $1",
                vec![text(&talk)],
            ),
            (
                "UPDATE messages SET is_blurred = TRUE, pinned_at = 3000, pinned_by = $2, delivered_count = 2, read_count = 1, \
                   read_by_all_at = 4000, message_source = 'agent', forwarded_from_id = $1 WHERE id = $1",
                vec![text(&message), text(&lea.id)],
            ),
            (
                "INSERT INTO reactions (id, message_id, user_id, emoji, created_at, updated_at) VALUES \
                 ('65d0000000000000000000e1', $1, $2, '👍', 1, 1), ('65d0000000000000000000e2', $1, $3, '👍', 2, 2), \
                 ('65d0000000000000000000e3', $1, $3, '🎉', 3, 3)",
                vec![text(&message), text(&lea.id), text(&carlos.id)],
            ),
            (
                "INSERT INTO reaction_counts (message_id, emoji, total, since) \
                 SELECT message_id, emoji, count(*), min(created_at) FROM reactions WHERE message_id = $1 GROUP BY message_id, emoji",
                vec![text(&message)],
            ),
        ],
    )
    .await;
    set(
        &server,
        vec![
            (
                "INSERT INTO share_links (id, link_id, identifier, conversation_id, created_by, created_at, updated_at) \
                 VALUES ('65d0000000000000000000f1', 'mshy_l', 'mshy_l', $1, $2, 1, 1)",
                vec![text(&talk), text(&lea.id)],
            ),
            (
                "INSERT INTO guests (id, conversation_id, share_link_id, first_name, last_name, username, session_token, \
                   language, last_active_at, joined_at) \
                 VALUES ('65d0000000000000000000f2', $1, '65d0000000000000000000f1', 'Ana', 'Li', 'visitor', 't', 'es', 1, 1)",
                vec![text(&talk)],
            ),
            (
                "UPDATE messages SET sender_id = NULL, guest_sender_id = '65d0000000000000000000f2' WHERE id = $1",
                vec![text(&message)],
            ),
            (
                "INSERT INTO message_statuses (id, message_id, conversation_id, user_id, created_at, updated_at) \
                 VALUES ('65d0000000000000000000f3', $1, $2, $3, 1, 1)",
                vec![text(&message), text(&talk), text(&carlos.id)],
            ),
            (
                "INSERT INTO attachments (id, message_id, file_name, original_name, mime_type, file_path, file_url, \
                   uploaded_by, file_size, viewed_count, created_at) \
                 VALUES ('65d0000000000000000000f4', $1, 'a', 'a', 'image/png', 'a', '/a', $2, 3, 4, 1)",
                vec![text(&message), text(&lea.id)],
            ),
        ],
    )
    .await;
    let me = lea.get("/auth/me").await.body;
    let user = if me["data"]["user"].is_object() { &me["data"]["user"] } else { &me["data"] };
    assert_eq!(user["twoFactorEnabledAt"], "1970-01-01T00:00:01.000Z", "{me}");
    assert_eq!(
        (&user["emailVerifiedAt"], &user["profileCompletionRate"]),
        (&json!("1970-01-01T00:00:02.000Z"), &json!(80))
    );
    let shown = &lea.get(&format!("/conversations/{talk}")).await.body["data"];
    assert_eq!(shown["communityId"], "65d0000000000000000000c1", "{shown}");
    assert_eq!((&shown["slowModeSeconds"], &shown["defaultWriteRole"]), (&json!(5), &json!("admin")));
    let page = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    let shown = &page["data"][0];
    for (field, expected) in [
        ("isBlurred", json!(true)),
        ("pinnedAt", json!("1970-01-01T00:00:03.000Z")),
        ("pinnedBy", json!(lea.id)),
        ("deliveredCount", json!(2)),
        ("readCount", json!(1)),
        ("readByAllAt", json!("1970-01-01T00:00:04.000Z")),
        ("messageSource", json!("agent")),
        ("forwardedFromId", json!(message)),
        ("reactionSummary", json!({ "👍": 2, "🎉": 1 })),
        ("reactionCount", json!(3)),
        ("currentUserReactions", json!(["👍"])),
        ("_count", json!({ "reactions": 3, "statusEntries": 1 })),
        (
            "anonymousSender",
            json!({
                "id": "65d0000000000000000000f2", "username": "visitor", "firstName": "Ana", "lastName": "Li",
                "language": "es",
            }),
        ),
    ] {
        assert_eq!(shown[field], expected, "{field} in {shown}");
    }
    assert_eq!(shown["attachments"][0]["viewedCount"], 4, "{shown}");
    let listed = lea.get(&format!("/conversations/{talk}")).await.body;
    assert_eq!(listed["data"]["lastMessage"]["anonymousSender"]["username"], "visitor", "{listed}");
    assert_eq!(user["lastLoginIp"], "127.0.0.1", "she has just signed in here");
}

#[both_databases]
async fn messages_of_a_blocked_user_are_not_delivered_live(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos, &emma]).await;
    let [who, whom] = [&lea, &carlos].map(|person| person.id.parse().unwrap());
    server.store.write(move |tx| blocks::set(tx, who, &[whom])).await.unwrap();
    let (mut at_lea, mut at_emma) = (Socket::of(&server, &lea).await, Socket::of(&server, &emma).await);
    let mut at_carlos = Socket::of(&server, &carlos).await;
    at_carlos.tell("typing:start", json!({ "conversationId": talk })).await;
    let hello = carlos.say(&talk, "hello?").await;
    let answer = json!({ "conversationId": talk, "content": "hi", "replyToId": hello });
    assert_eq!(emma.post(&format!("/conversations/{talk}/messages"), answer).await.status, 201);
    for expected in ["hello?", "hi"] {
        assert_eq!(at_emma.event("message:new").await["content"], expected);
    }
    while at_emma.event("message:translation").await["messageId"] != hello.as_str() {}
    assert_eq!(carlos.post(&format!("/conversations/{talk}/read"), json!({})).await.status, 200);
    drop(at_carlos);
    for name in ["typing:start", "read-status:updated"] {
        assert_eq!(at_emma.event(name).await["userId"], carlos.id.as_str());
    }
    while at_emma.event("user:status").await["isOnline"] != false {}
    let heard = at_lea.so_far().await;
    let from_carlos = |event: &&(String, Json)| event.1.to_string().contains(&carlos.id);
    let of_hello = |event: &&(String, Json)| event.1.to_string().contains("hello");
    assert_eq!(heard.iter().find(from_carlos), None);
    assert_eq!(heard.iter().find(of_hello), None);
    let of_name = |name: &'static str| heard.iter().filter(move |(found, _)| found == name);
    let new: Vec<&Json> = of_name("message:new").map(|(_, data)| &data["content"]).collect();
    assert_eq!(new, ["hi"], "{heard:?}");
    let unread: Vec<&Json> =
        of_name("conversation:unread-updated").map(|(_, data)| &data["unreadCount"]).collect();
    assert_eq!(unread, [1]);
    let listed = lea.get(&format!("/conversations/{talk}")).await.body;
    assert_eq!(listed["data"]["unreadCount"], 1, "{listed}");
}

#[both_databases]
async fn nobody_sees_a_person_typing_from_whom_a_block_separates_them(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos, &emma]).await;
    let [who, whom] = [&lea, &carlos].map(|person| person.id.parse().unwrap());
    server.store.write(move |tx| blocks::set(tx, who, &[whom])).await.unwrap();
    let mut sockets = [Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await];
    let mut at_emma = Socket::of(&server, &emma).await;
    for (socket, person) in sockets.iter_mut().zip([&lea, &carlos]) {
        socket.tell("typing:start", json!({ "conversationId": talk })).await;
        assert_eq!(at_emma.event("typing:start").await["userId"], person.id.as_str());
    }
    for mut socket in sockets {
        let heard = socket.so_far().await;
        assert!(heard.iter().all(|(name, _)| name != "typing:start"), "{heard:?}");
    }
}
