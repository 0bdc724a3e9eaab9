//! Guests, over the API and sockets, as clients of the old system use them.

use meeshy_harness::TestServer;
use meeshy_testkit::{Answer, Api, Person, Socket, answer, both_databases, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// A guest who has joined.
struct Guest<'a> {
    server: &'a Api,
    id: String,
    secret: String,
}

impl<'a> Guest<'a> {
    async fn join(server: &'a Api, link: &str, name: &str, language: &str) -> Self {
        let joined = join(server, link, name, language).await;
        assert_eq!(joined.status, 201, "{}", joined.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let data = &joined.body["data"];
        Self { server, id: text(&data["participant"]["id"]), secret: text(&data["sessionToken"]) }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let call = self.server.request(method, &format!("/api/v1{path}"));
        let call = call.header("x-session-token", &self.secret);
        answer(match body {
            Some(body) => call.json(&body),
            None => call,
        })
        .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn socket(&self) -> Socket {
        let auth = json!({ "sessionToken": self.secret, "sessionType": "anonymous" });
        let mut socket = Socket::connect(self.server, auth).await;
        let authenticated = socket.event("authenticated").await;
        assert_eq!(authenticated["user"]["id"], json!(self.id), "{authenticated}");
        assert_eq!(authenticated["user"]["isAnonymous"], true);
        socket
    }
}

async fn join(server: &Api, link: &str, name: &str, language: &str) -> Answer {
    let body = json!({
        "firstName": "Anna", "lastName": "Lind", "username": name, "email": "", "birthday": "",
        "language": language, "deviceFingerprint": "Mozilla/5.0",
    });
    server.post(&format!("/api/v1/anonymous/join/{link}"), body).await
}

/// A new link to a conversation.
async fn link(who: &Person, talk: &str, options: Value) -> String {
    let made = who.post(&format!("/conversations/{talk}/new-link"), options).await;
    made.body["data"]["code"].as_str().unwrap().to_owned()
}

#[both_databases]
async fn a_guest_follows_the_sequence_of_the_old_client(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    lea.say(&talk, "bonjour").await;
    let link = link(&lea, &talk, json!({ "name": "Fête", "allowAnonymousFiles": true })).await;
    for path in ["/api/v1/anonymous/link/", "/anonymous/link/", "/api/v1/links/"] {
        let end = if path.ends_with("/links/") { "/info" } else { "" };
        let info = server.get(&format!("{path}{link}{end}")).await;
        let data = &info.body["data"];
        assert_eq!((info.status, &data["name"]), (200, &json!("Fête")), "{}", info.body);
        assert_eq!(data["stats"]["spokenLanguages"], json!(["es", "fr"]));
        assert_eq!(
            (&data["creator"]["username"], &data["conversation"]["id"]),
            (&json!("lea"), &json!(talk))
        );
    }
    let anna = Guest::join(&server, &link, "anna", "de").await;
    let back = server.post("/api/v1/anonymous/refresh", json!({ "sessionToken": anna.secret })).await;
    let participant = &back.body["data"]["participant"];
    assert_eq!((&participant["username"], &participant["isMeeshyer"]), (&json!("anna"), &json!(false)));
    assert_eq!(back.body["data"]["conversation"]["allowViewHistory"], true);
    let page = anna.get(&format!("/links/{link}?limit=20&offset=0")).await;
    let data = &page.body["data"];
    assert_eq!((page.status, &data["userType"]), (200, &json!("anonymous")), "{}", page.body);
    assert_eq!(data["currentUser"]["permissions"]["canSendFiles"], true);
    assert_eq!(data["messages"][0]["sender"]["isMeeshyer"], true);
    assert_eq!(
        (&data["stats"]["totalMembers"], &data["members"][1]["user"]["username"]),
        (&json!(2), &json!("carlos"))
    );
    assert!(data["redirectTo"].is_null());
    let mut hers = anna.socket().await;
    let mut his = Socket::of(&server, &carlos).await;
    hers.tell("conversation:join", json!({ "conversationId": talk })).await;
    let joined = hers.event("conversation:joined").await;
    assert_eq!((&joined["conversationId"], &joined["userId"]), (&json!(talk), &json!(anna.id)));
    hers.event("conversation:stats").await;
    let sent = json!({ "conversationId": talk, "content": "guten Tag", "originalLanguage": "de" });
    let acknowledged = hers.ask("message:send", sent).await;
    assert_eq!(acknowledged["success"], true, "{acknowledged}");
    let heard = his.event("message:new").await;
    assert_eq!((&heard["anonymousSenderId"], &heard["senderId"]), (&json!(anna.id), &Value::Null));
    assert_eq!(heard["anonymousSender"]["username"], "anna");
    // She hears herself, and what the others write, with its translation.
    assert_eq!(hers.event("message:new").await["content"], "guten Tag");
    carlos.say(&talk, "hola").await;
    assert_eq!(hers.event("message:new").await["content"], "hola");
    eventually("the translation arrives", async || {
        let event = hers.event("message:translation").await;
        let german = |one: &Value| one["targetLanguage"] == "de";
        event["translations"].as_array().unwrap().iter().any(german)
    })
    .await;
    let page = anna.get(&format!("/links/{link}/messages?limit=20")).await.body;
    let texts: Vec<_> =
        page["data"]["messages"].as_array().unwrap().iter().map(|one| &one["content"]).collect();
    assert_eq!(texts, ["bonjour", "guten Tag", "hola"]);
    assert_eq!((&page["data"]["total"], &page["data"]["hasMore"]), (&json!(3), &json!(false)));
    let posted = anna.post(&format!("/links/{link}/messages"), json!({ "content": "noch eins" })).await;
    assert_eq!(
        (posted.status, &posted.body["data"]["message"]["sender"]),
        (201, &Value::Null),
        "{}",
        posted.body
    );
    assert_eq!(his.event("message:new").await["content"], "hola");
    assert_eq!(his.event("message:new").await["content"], "noch eins");
    let left = server.post("/api/v1/anonymous/leave", json!({ "sessionToken": anna.secret })).await;
    assert_eq!(left.status, 200);
    assert_eq!(anna.get(&format!("/links/{link}")).await.status, 401);
    hers.closed().await;
}

#[both_databases]
async fn members_see_the_page_of_a_link_as_members(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[]).await;
    let link = link(&lea, &talk, json!({})).await;
    let page = lea.get(&format!("/links/{link}")).await.body["data"].clone();
    assert_eq!(page["userType"], "member");
    assert_eq!(
        (&page["redirectTo"], &page["currentUser"]["isMeeshyer"]),
        (&json!(format!("/conversations/{talk}")), &json!(true))
    );
    let posted = lea.post(&format!("/links/{link}/messages/auth"), json!({ "content": "salut" })).await;
    assert_eq!((posted.status, &posted.body["data"]["message"]["senderId"]), (201, &json!(lea.id)));
    let refused = carlos.get(&format!("/links/{link}")).await;
    assert_eq!((refused.status, refused.code()), (403, "CONVERSATION_ACCESS_DENIED"));
    assert_eq!(server.get(&format!("/api/v1/links/{link}")).await.status, 401);
    let joined = carlos.post(&format!("/conversations/join/{link}"), json!({})).await;
    assert_eq!(joined.body["data"]["conversationId"], json!(talk));
}

#[both_databases]
async fn somebody_who_cannot_join_learns_why(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let account = link(&lea, &talk, json!({ "requireAccount": true })).await;
    let refused = join(&server, &account, "anna", "fr").await;
    assert_eq!((refused.status, refused.code()), (403, "ACCOUNT_REQUIRED"));
    assert_eq!(refused.body["requiresAccount"], true);
    let open = link(&lea, &talk, json!({})).await;
    let taken = join(&server, &open, "lea", "fr").await;
    assert_eq!((taken.status, taken.code()), (409, "NICKNAME_TAKEN"));
    let suggestion = taken.body["suggestedNickname"].as_str().unwrap();
    assert_eq!(join(&server, &open, suggestion, "fr").await.status, 201);
    let full = link(&lea, &talk, json!({ "maxConcurrentUsers": 1 })).await;
    Guest::join(&server, &full, "eva", "fr").await;
    let refused = join(&server, &full, "ina", "fr").await;
    assert_eq!((refused.status, refused.code()), (429, "LINK_FULL"));
    let german = link(&lea, &talk, json!({ "allowedLanguages": ["de"] })).await;
    assert_eq!(join(&server, &german, "ina", "fr").await.code(), "GUEST_NOT_ALLOWED");
    let body = json!({ "firstName": "Ina", "lastName": "Lind", "username": "ina", "birthday": "soon" });
    let invalid = server.post(&format!("/api/v1/anonymous/join/{open}"), body).await;
    assert_eq!((invalid.status, &invalid.body["details"][0]["field"]), (400, &json!("birthday")));
    lea.patch(&format!("/links/{open}/toggle"), json!({ "isActive": false })).await;
    let closed = join(&server, &open, "ina", "fr").await;
    assert_eq!((closed.status, closed.code()), (410, "LINK_CLOSED"));
    assert_eq!(server.get(&format!("/api/v1/anonymous/link/{open}")).await.status, 410);
    assert_eq!(join(&server, "mshy_nothing", "ina", "fr").await.status, 404);
    let unknown = server.post("/api/v1/anonymous/refresh", json!({ "sessionToken": "anon_1_2_" })).await;
    assert_eq!(unknown.status, 401);
}

#[both_databases]
async fn a_guest_is_told_no_and_not_to_sign_out(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let (talk, other) = (lea.group(&[&carlos]).await, lea.group(&[&carlos]).await);
    let link_here = link(&lea, &talk, json!({})).await;
    let link_again = link(&lea, &talk, json!({})).await;
    let anna = Guest::join(&server, &link_here, "anna", "fr").await;
    for path in ["/auth/me", "/users/me/dashboard-stats", "/friend-requests/received", "/me/preferences"] {
        let refused = anna.get(path).await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"), "{path}");
    }
    for path in [
        format!("/conversations/{other}"),
        format!("/conversations/{other}/messages"),
        format!("/links/{link_again}"),
    ] {
        let refused = anna.get(&path).await;
        assert_eq!((refused.status, refused.code()), (403, "CONVERSATION_ACCESS_DENIED"), "{path}");
    }
    let own = anna.get("/conversations").await.body;
    assert_eq!((&own["data"][0]["id"], &own["pagination"]["total"]), (&json!(talk), &json!(1)));
    let page = anna.get(&format!("/conversations/{talk}/participants")).await.body["data"].clone();
    let guest = page.as_array().unwrap().iter().find(|one| one["isAnonymous"] == true).unwrap();
    assert_eq!((&guest["id"], &guest["isOnline"]), (&json!(anna.id), &json!(true)));
    let mut hers = anna.socket().await;
    let refused = hers.ask("call:initiate", json!({ "conversationId": talk, "type": "audio" })).await;
    assert_eq!((&refused["success"], &refused["code"]), (&json!(false), &json!("FORBIDDEN")), "{refused}");
    let refused = hers.ask("message:send", json!({ "conversationId": other, "content": "hallo" })).await;
    assert_eq!(refused["code"], "CONVERSATION_ACCESS_DENIED", "{refused}");
    // A link that is turned off closes her socket, and one that is turned on again lets her back in.
    lea.patch(&format!("/links/{link_here}/toggle"), json!({ "isActive": false })).await;
    hers.closed().await;
    let gone = anna.get(&format!("/conversations/{talk}")).await;
    assert_eq!((gone.status, gone.code()), (410, "LINK_CLOSED"));
    lea.patch(&format!("/links/{link_here}/toggle"), json!({ "isActive": true })).await;
    assert_eq!(anna.get(&format!("/conversations/{talk}")).await.status, 200);
}

#[both_databases]
async fn guests_without_history_hear_only_of_what_comes(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let before = lea.say(&talk, "un secret").await;
    let link_here = link(&lea, &talk, json!({ "allowViewHistory": false })).await;
    let anna = Guest::join(&server, &link_here, "anna", "de").await;
    let mut hers = anna.socket().await;
    lea.put(&format!("/messages/{before}"), json!({ "content": "un autre secret" })).await;
    lea.post("/reactions", json!({ "messageId": before, "emoji": "👍" })).await;
    carlos.post(&format!("/messages/{before}/translate"), json!({ "targetLanguage": "it" })).await;
    let reply = json!({ "content": "une réponse", "replyToId": before });
    lea.post(&format!("/conversations/{talk}/messages"), reply).await;
    lea.delete(&format!("/messages/{before}")).await;
    let last = lea.say(&talk, "fin").await;
    lea.post("/reactions", json!({ "messageId": last, "emoji": "🎉" })).await;
    let mut seen = Vec::new();
    eventually("she hears of the last reaction", async || {
        for (name, data) in hers.so_far().await {
            let text = data.to_string();
            assert!(!text.contains("secret") && data["messageId"] != json!(before), "{name}: {text}");
            if name == "reaction:added" {
                assert_eq!(data["messageId"], json!(last));
            }
            seen.push(name);
        }
        seen.iter().any(|name| name == "reaction:added")
    })
    .await;
    let count = |wanted: &str| seen.iter().filter(|name| *name == wanted).count();
    assert_eq!(
        (count("message:new"), count("message:edited"), count("message:deleted")),
        (2, 0, 0),
        "{seen:?}"
    );
}

#[both_databases]
async fn guests_react_type_and_send_files(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let of_lea = lea.say(&talk, "bonjour").await;
    let images = link(&lea, &talk, json!({})).await;
    let anna = Guest::join(&server, &images, "anna", "fr").await;
    let (mut hers, mut his) = (anna.socket().await, Socket::of(&server, &carlos).await);
    let react = json!({ "messageId": of_lea, "emoji": "👍" });
    let added = hers.ask("reaction:add", react.clone()).await;
    assert_eq!(added["data"]["anonymousId"], json!(anna.id), "{added}");
    let heard = his.event("reaction:added").await;
    assert_eq!(heard["anonymousId"], json!(anna.id));
    assert_eq!(heard["aggregation"]["anonymousIds"], json!([anna.id]));
    let synced = hers.ask("reaction:request_sync", json!(of_lea)).await;
    assert_eq!(synced["data"]["userReactions"], json!(["👍"]), "{synced}");
    assert_eq!(hers.ask("reaction:remove", react).await["success"], true);
    assert_eq!(his.event("reaction:removed").await["anonymousId"], json!(anna.id));
    hers.tell("typing:start", json!({ "conversationId": talk })).await;
    let typing = his.event("typing:start").await;
    assert_eq!((&typing["userId"], &typing["username"]), (&json!(anna.id), &json!("anna")));
    his.tell("typing:start", json!({ "conversationId": talk })).await;
    assert_eq!(hers.event("typing:start").await["userId"], json!(carlos.id));
    // Images are allowed, other files are not.
    let text = anna.post("/attachments/upload-text", json!({ "content": "notes" })).await;
    let file = text.body["data"]["attachment"]["id"].as_str().unwrap().to_owned();
    let message = json!({ "content": "voilà", "attachmentIds": [file] });
    let refused = anna.post(&format!("/conversations/{talk}/messages"), message).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"), "{}", refused.body);
    lea.patch(&format!("/links/{images}"), json!({ "allowAnonymousFiles": true })).await;
    let everything = link(&lea, &talk, json!({ "allowAnonymousFiles": true })).await;
    let eva = Guest::join(&server, &everything, "eva", "fr").await;
    let theft = json!({ "attachmentIds": [file], "content": "" });
    let stolen = eva.post(&format!("/conversations/{talk}/messages"), theft).await;
    assert_eq!(stolen.status, 400, "the file of another guest");
    let text = eva.post("/attachments/upload-text", json!({ "content": "notes" })).await;
    let own = text.body["data"]["attachment"].clone();
    assert_eq!((&own["uploadedBy"], &own["isAnonymous"]), (&json!(eva.id), &json!(true)), "{own}");
    let message = json!({ "content": "", "attachmentIds": [own["id"]] });
    let sent = eva.post(&format!("/conversations/{talk}/messages"), message).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let id = own["id"].as_str().unwrap();
    for guest in [&anna, &eva] {
        let call = server.request(Method::GET, &format!("/api/v1/attachments/{id}"));
        let answered = call.header("x-session-token", &guest.secret).send().await.unwrap();
        assert_eq!((answered.status().as_u16(), answered.text().await.unwrap()), (200, "notes".to_owned()));
    }
    let silent = link(&lea, &talk, json!({ "allowAnonymousImages": false })).await;
    let ina = Guest::join(&server, &silent, "ina", "fr").await;
    assert_eq!(ina.post("/attachments/upload-text", json!({ "content": "notes" })).await.status, 403);
}

#[both_databases]
async fn links_are_kept_by_those_who_made_them(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let made = lea.post("/links", json!({ "name": "Open day", "maxUses": 50 })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let data = &made.body["data"];
    let link = data["linkId"].as_str().unwrap().to_owned();
    let talk = data["conversationId"].as_str().unwrap().to_owned();
    assert!(data["link"].as_str().unwrap().ends_with(&format!("/join/{link}")));
    let opened = lea.get(&format!("/conversations/{talk}")).await.body["data"].clone();
    assert_eq!((&opened["title"], &opened["type"]), (&json!("Open day"), &json!("public")));
    let new = json!({ "newConversation": { "title": "Reading", "memberIds": [carlos.id] }, "name": "Book" });
    let made = lea.post("/links", new).await.body["data"].clone();
    let reading = lea.get(&format!("/conversations/{}", made["conversationId"].as_str().unwrap())).await;
    assert_eq!(
        (&reading.body["data"]["title"], &reading.body["data"]["memberCount"]),
        (&json!("Reading"), &json!(2))
    );
    let untitled = json!({ "newConversation": { "title": "", "memberIds": [carlos.id] } });
    assert_eq!(lea.post("/links", untitled).await.status, 400);
    let bad = lea.post("/links", json!({ "name": "Bad", "maxUses": 0 })).await;
    assert_eq!(bad.status, 400);
    let existing = lea.post("/links", json!({ "conversationId": talk })).await;
    assert_eq!((existing.status, &existing.body["data"]["conversationId"]), (201, &json!(talk)));
    let own = lea.get("/links/my-links?limit=2").await.body;
    assert_eq!((own["data"].as_array().unwrap().len(), &own["pagination"]["total"]), (2, &json!(3)), "{own}");
    assert_eq!(own["data"][0]["conversation"]["conversationUrl"], json!(format!("/conversations/{talk}")));
    let check = lea.get(&format!("/links/check-identifier/{link}")).await.body["data"].clone();
    assert_eq!((&check["available"], &check["identifier"]), (&json!(false), &json!(link)));
    let changed = lea
        .patch(
            &format!("/links/{link}"),
            json!({ "name": null, "maxUses": null, "allowedLanguages": ["fr"] }),
        )
        .await;
    let data = &changed.body["data"];
    assert_eq!(
        (&data["name"], &data["maxUses"], &data["allowedLanguages"]),
        (&Value::Null, &Value::Null, &json!(["fr"]))
    );
    let later = "2099-01-01T00:00:00.000Z";
    let extended = lea.patch(&format!("/links/{link}/extend"), json!({ "expiresAt": later })).await;
    assert_eq!(extended.body["data"]["expiresAt"], later);
    let put = lea.put(&format!("/links/{link}"), json!({ "description": "Come" })).await;
    assert_eq!(put.body["data"]["description"], "Come");
    let usage = server.get(&format!("/api/v1/links/{link}/stats")).await.body["data"].clone();
    assert_eq!((&usage["currentUses"], &usage["memberCount"]), (&json!(0), &json!(1)), "{usage}");
    let refused = carlos.patch(&format!("/links/{link}"), json!({ "name": "Mine" })).await;
    assert_eq!(refused.status, 404, "strangers do not learn of it");
    assert_eq!(lea.delete(&format!("/links/{link}")).await.status, 200);
    assert_eq!(server.get(&format!("/api/v1/anonymous/link/{link}")).await.status, 404);
}
