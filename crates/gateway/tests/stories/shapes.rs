//! The exact requests, responses and events, which installed clients depend on.

use meeshy_harness::Single;
use meeshy_testkit::{Person, Socket, both_databases, registration};
use serde_json::{Value, json};

/// Replaces the secrets, which differ from run to run.
fn masked(mut value: Value, people: &[&Person]) -> Value {
    fn walk(value: &mut Value, people: &[&Person]) {
        match value {
            Value::String(text) if people.iter().any(|person| *text == person.token) => {
                *text = "<token>".into();
            }
            Value::String(text) if people.iter().any(|person| *text == person.session_token) => {
                *text = "<session token>".into();
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, people)),
            Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, people)),
            _ => {}
        }
    }
    walk(&mut value, people);
    value
}

#[both_databases]
async fn accounts(Single(server): Single) {
    let registered = server.post("/api/v1/auth/register", registration("lea", "fr")).await.body;
    let lea = server.sign_in("lea").await;
    let mut shown = registered.clone();
    for secret in ["token", "sessionToken"] {
        shown["data"][secret] = format!("<{secret}>").into();
    }
    insta::assert_json_snapshot!("register", shown);
    insta::assert_json_snapshot!("me", masked(lea.get("/auth/me").await.body, &[&lea]));

    let refreshed =
        server.post("/api/v1/auth/refresh", json!({ "token": lea.token, "refreshToken": null })).await;
    let mut shown = refreshed.body;
    assert_eq!(shown["accessToken"], shown["data"]["token"]);
    shown["accessToken"] = "<token>".into();
    shown["data"]["token"] = "<token>".into();
    insta::assert_json_snapshot!("refresh", shown);

    server.sign_up("leandro", "pt").await;
    insta::assert_json_snapshot!("search", lea.get("/users/search?q=lean").await.body);
    let patch = json!({ "systemLanguage": "pt", "regionalLanguage": null, "useCustomDestination": true,
        "customDestinationLanguage": "ja", "bio": "Salut" });
    insta::assert_json_snapshot!("patch_me", lea.patch("/users/me", patch).await.body);
    let asked = server.get("/api/v1/auth/check-availability?username=lea&email=new@example.org").await.body;
    insta::assert_json_snapshot!("availability", asked);
    let languages = server.get("/api/v1/languages").await.body;
    insta::assert_json_snapshot!("languages", languages["data"]["languages"][0]);
}

#[both_databases]
async fn people(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    insta::assert_json_snapshot!("public_user", lea.get("/users/carlos").await.body);
    insta::assert_json_snapshot!("public_user_to_strangers", server.get("/api/v1/u/carlos").await.body);
    insta::assert_json_snapshot!("user_stats", lea.get("/users/carlos/stats").await.body);
    insta::assert_json_snapshot!("users", lea.get("/users?limit=1").await.body);
    insta::assert_json_snapshot!("sessions", lea.get("/auth/sessions").await.body);
    insta::assert_json_snapshot!("two_factor_status", lea.get("/auth/2fa/status").await.body);
    let mut there = Socket::of(&server, &carlos).await;
    let asked = json!({ "receiverId": carlos.id });
    let asked = lea.post("/users/friend-requests", asked).await.body;
    insta::assert_json_snapshot!("friend_request_sent", asked);
    let event = there.event("friend-request:updated").await;
    insta::assert_json_snapshot!("event_friend_request_updated", event);
    let path = format!("/friend-requests/{}", asked["data"]["friendRequest"]["id"].as_str().unwrap());
    let mut accepted = carlos.patch(&path, json!({ "status": "accepted" })).await.body;
    assert_eq!(accepted["data"]["conversation"]["type"], "direct");
    accepted["data"]["conversation"] = "<as created>".into();
    insta::assert_json_snapshot!("friend_request_accepted", accepted);
    let mut here = Socket::of(&server, &lea).await;
    lea.post(&format!("/users/{}/block", carlos.id), json!({})).await;
    // Both are told that the other one is gone.
    for socket in [&mut here, &mut there] {
        while socket.event("user:status").await["isOnline"] == true {}
    }
    let picture = json!({ "avatar": "data:image/png;base64,iVBORw0KGgoAAAA=" });
    let path = lea.patch("/users/me/avatar", picture).await.body["data"]["avatar"].clone();
    let picture = reqwest::get(format!("http://{}{}", server.address, path.as_str().unwrap())).await.unwrap();
    assert_eq!(
        (picture.status(), &picture.headers()["content-type"]),
        (reqwest::StatusCode::OK, &"image/png".parse().unwrap())
    );
}

#[both_databases]
async fn preferences(Single(server): Single) {
    let lea = server.sign_up("lea", "fr").await;
    insta::assert_json_snapshot!("preferences", lea.get("/me/preferences").await.body);
    for path in ["/me/preferences/", "/users/me/preferences", "/users/me/preferences?x=1"] {
        assert_eq!(lea.get(path).await.body, lea.get("/me/preferences").await.body, "{path}");
    }
    let wrong = lea.patch("/me/preferences/privacy/", json!({ "showLastSeen": 1 })).await;
    insta::assert_json_snapshot!("preferences_invalid", wrong.body);
    let saved = lea.put("/me/preferences/audio", json!({ "transcriptionEnabled": false })).await;
    assert_eq!((saved.status, &saved.body["data"]["transcriptionEnabled"]), (200, &json!(false)));
    assert_eq!(lea.get("/user-features/configuration").await.body, saved.body);
    let refused = lea.patch("/me/preferences/audio", json!({ "transcriptionEnabled": true })).await;
    assert_eq!(refused.status, 403);
    insta::assert_json_snapshot!("preferences_without_consent", refused.body);
    let done = lea.delete("/me/preferences/audio").await.body;
    insta::assert_json_snapshot!("preferences_reset", done);
    insta::assert_json_snapshot!("my_account", lea.get("/me/me").await.body);
    let font = json!({ "key": "font-family", "value": "inter" });
    insta::assert_json_snapshot!("preference_of_a_client", lea.post("/user-preferences", font).await.body);
    let family = json!({ "name": "Family", "color": "#3388ff" });
    insta::assert_json_snapshot!("category", lea.post("/me/preferences/categories", family).await.body);
    insta::assert_json_snapshot!("categories", lea.get("/user-preferences/categories/").await.body);
}

#[both_databases]
async fn communities(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let body = json!({ "name": "Jardins", "description": "Des plantes", "isPrivate": false });
    let made = lea.post("/communities", body.clone()).await;
    assert_eq!(made.status, 201);
    insta::assert_json_snapshot!("community", made.body);
    let id = made.body["data"]["id"].as_str().unwrap().to_owned();
    let taken = lea.post("/groups", json!({ "name": "J", "identifier": "jardins" })).await;
    assert_eq!(taken.status, 409);
    insta::assert_json_snapshot!("identifier_taken", taken.body);
    let checked = lea.get("/communities/check-identifier/jardins").await.body;
    insta::assert_json_snapshot!("identifier_checked", checked);

    let one = |path: &str| format!("/communities/{id}{path}");
    let link = lea.post(&one("/invite-link"), json!({})).await.body;
    let mut shown = link.clone();
    shown["data"]["link"] = "<link>".into();
    insta::assert_json_snapshot!("invite_link", shown);
    let joined = carlos.post("/communities/join-by-invite", json!({ "token": link["data"]["link"] })).await;
    insta::assert_json_snapshot!("joined_by_invite", joined.body);
    let member = joined.body["data"]["member"]["id"].as_str().unwrap().to_owned();
    let changed = lea.patch(&one(&format!("/members/{member}/role")), json!({ "role": "moderator" })).await;
    insta::assert_json_snapshot!("community_role_changed", changed.body);
    insta::assert_json_snapshot!("community_members", carlos.get(&one("/members")).await.body);
    let talk = json!({ "type": "group", "title": "Roses", "communityId": id, "participantIds": [] });
    assert_eq!(lea.post("/conversations", talk).await.status, 201);
    insta::assert_json_snapshot!("community_conversations", lea.get(&one("/conversations")).await.body);
    let listed = carlos.get("/communities").await.body;
    assert_eq!(carlos.get("/communities/search?q=jard").await.body, listed);
    insta::assert_json_snapshot!("communities", listed);
    insta::assert_json_snapshot!("community_joined", carlos.post(&one("/join"), json!({})).await.body);
    insta::assert_json_snapshot!("community_left", carlos.post(&one("/leave"), json!({})).await.body);
    assert_eq!(lea.put(&one(""), json!({ "isPrivate": true })).await.status, 200);
    assert_eq!(carlos.get(&one("")).await.status, 403);
    assert_eq!(lea.delete(&one("")).await.status, 200);
    assert_eq!(lea.get(&one("")).await.status, 404);
}

#[both_databases]
async fn a_message_from_its_author_to_its_readers(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let hana = server.sign_up("hana", "ja").await;
    let mut there = Socket::of(&server, &carlos).await;
    let talk = lea.group(&[&carlos, &hana]).await;
    insta::assert_json_snapshot!("event_conversation_new", there.event("conversation:new").await);
    let mut here = Socket::of(&server, &lea).await;
    here.tell("conversation:join", json!({ "conversationId": talk })).await;
    insta::assert_json_snapshot!("event_conversation_joined", here.event("conversation:joined").await);
    insta::assert_json_snapshot!("event_conversation_stats", here.event("conversation:stats").await);

    here.tell("typing:start", json!({ "conversationId": talk })).await;
    insta::assert_json_snapshot!("event_typing_start", there.event("typing:start").await);
    let message = json!({ "conversationId": talk, "content": "Salut @carlos", "originalLanguage": "fr",
        "clientMessageId": "c-1" });
    insta::assert_json_snapshot!("ack_message_send", here.ask("message:send", message).await);
    insta::assert_json_snapshot!("event_message_new", there.event("message:new").await);
    insta::assert_json_snapshot!("event_unread_updated", there.event("conversation:unread-updated").await);
    let mut ended =
        [there.event("message:translation").await, there.event("message:translation-state").await];
    // Either may end first.
    let mut numbers = ended.each_mut().map(|event| event["eventNumber"].take().as_i64());
    numbers.sort_unstable();
    assert_eq!(numbers, [Some(3), Some(4)]);
    let [translation, state] = ended;
    insta::assert_json_snapshot!("event_message_translation", translation);
    insta::assert_json_snapshot!("event_message_translation_state", state);

    let page = carlos.get(&format!("/conversations/{talk}/messages?limit=1")).await.body;
    insta::assert_json_snapshot!("messages", page);
    insta::assert_json_snapshot!("conversations", carlos.get("/conversations?limit=1").await.body);
    insta::assert_json_snapshot!("conversation", carlos.get(&format!("/conversations/{talk}")).await.body);
    let participants = carlos.get(&format!("/conversations/{talk}/participants?limit=1")).await.body;
    insta::assert_json_snapshot!("participants", participants);
    let read = carlos.post(&format!("/conversations/{talk}/mark-read"), json!({})).await;
    insta::assert_json_snapshot!("mark_read", read.body);
    insta::assert_json_snapshot!("event_read_status_updated", here.event("read-status:updated").await);

    let first = page["data"][0]["id"].clone();
    let path = format!("/conversations/{talk}/messages");
    let answered =
        carlos.post(&path, json!({ "content": "ok", "replyToId": first, "conversationId": talk })).await;
    insta::assert_json_snapshot!("message_with_reply", answered.body);
}

#[both_databases]
async fn refusals(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[]).await;
    let refusals = json!({
        "unknown route": server.get("/api/v1/nowhere").await.body,
        "wrong password": server.post("/api/v1/auth/login", json!({ "username": "lea", "password": "x" })).await.body,
        "name taken": server.post("/api/v1/auth/register", registration("lea", "fr")).await.body,
        "not a member": lea.get(&format!("/conversations/{talk}")).await.body,
        "empty message": carlos.post(&format!("/conversations/{talk}/messages"), json!({ "content": "" })).await.body,
        "no id to continue after": carlos.get(&format!("/conversations/{talk}/participants?after=x")).await.body,
        "unknown key": lea.patch("/users/me", json!({ "shoeSize": 38 })).await.body,
        "alone": lea.post("/conversations", json!({ "type": "direct", "participantIds": [lea.id] })).await.body,
    });
    insta::assert_json_snapshot!("refusals", refusals);
}

#[both_databases]
async fn preferences_for_a_conversation(Single(server): Single) {
    let lea = server.sign_up("lea", "fr").await;
    let path = "/user-preferences/conversations/meeshy";
    insta::assert_json_snapshot!("conversation_preferences_default", lea.get(path).await.body);
    let patch = json!({ "isPinned": true, "customName": "Everybody", "reaction": "🎉", "tags": ["all"] });
    insta::assert_json_snapshot!("conversation_preferences", lea.put(path, patch).await.body);
    let all = lea.get("/user-preferences/conversations").await.body;
    assert_eq!(
        (&all["data"][0], &all["pagination"]["total"]),
        (&lea.get(path).await.body["data"], &json!(1))
    );
    let listed = lea.get("/conversations").await.body;
    insta::assert_json_snapshot!("conversation_preferences_listed", listed["data"][0]["userPreferences"]);
}

#[both_databases]
async fn an_overview_and_a_search(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let mut at_lea = Socket::of(&server, &lea).await;
    carlos.say(&talk, "Hola").await;
    at_lea.event("message:translation").await;
    insta::assert_json_snapshot!("dashboard", lea.get("/users/me/dashboard-stats").await.body);
    let found = lea.get("/conversations/search?q=carl").await.body;
    assert_eq!((&found["data"][0]["id"], found["data"].as_array().unwrap().len()), (&json!(talk), 1));
    let free = lea.get("/conversations/check-identifier/MEESHY").await.body;
    insta::assert_json_snapshot!("identifier", free);
}
