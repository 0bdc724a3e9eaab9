//! Every route, called by every kind of caller.

use crate::callers::{Login, Scene};
use meeshy_gateway::routes::{Access, Endpoint};
use meeshy_harness::{Single, TestServer};
use meeshy_store::{StoreError, Tx, Value as Sql};
use meeshy_testkit::{Answer, Person, answer, both_databases};
use meeshy_wire::ErrorCode;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// The id of nothing, which is in examples.
const UNKNOWN: &str = "65a0c0ffee0123456789abcd";

/// A body for the route: the example from its description, with a token of this caller if it has one.
pub fn body(endpoint: &Endpoint, person: &Person) -> Value {
    with_token(endpoint.body.clone().unwrap_or_else(|| json!({})), person)
}

fn with_token(mut body: Value, person: &Person) -> Value {
    if let Some(token) = body.get_mut("token") {
        *token = person.token.clone().into();
    }
    body
}

/// A call for this conversation, or for the translation of a message given in `talk` as `conversation
/// message`.
fn request(server: &TestServer, endpoint: &Endpoint, talk: &str, body: &Value) -> RequestBuilder {
    let (conversation, message) = talk.split_once(' ').unwrap_or((talk, ""));
    let path = endpoint
        .path
        .replace("{emoji}", "👍")
        .replace("{id}", conversation)
        .replace("{messageId}", message)
        .replace("{language}", "es")
        .replace("{termId}", UNKNOWN)
        .replace("{userId}", UNKNOWN)
        .replace("{sessionId}", UNKNOWN)
        .replace("{requestId}", UNKNOWN)
        .replace("{avatar}", UNKNOWN)
        .replace("{categoryId}", UNKNOWN)
        .replace("{identifier}", "mshy_trip")
        .replace("{notificationId}", UNKNOWN)
        .replace("{communityId}", UNKNOWN)
        .replace("{key}", "font-family")
        .replace("{memberId}", UNKNOWN)
        .replace("{callId}", UNKNOWN)
        .replace("{participantId}", UNKNOWN)
        .replace("{linkId}", "mshy_unknown")
        .replace("{deviceId}", UNKNOWN)
        .replace("{jobId}", &format!("{message}-es"));
    let request = server.request(endpoint.method.clone(), &path);
    match endpoint.method {
        Method::GET => request.query(&[("username", "zoe"), ("q", "zoe"), ("messageIds", message)]),
        _ => request.json(body),
    }
}

/// The conversation and its message; for a call that deletes it, a new one of the author.
async fn with_own_message(server: &TestServer, endpoint: &Endpoint, talk: &str, author: &str) -> String {
    if endpoint.access != Access::AuthorOrModerator {
        return talk.to_owned();
    }
    let (conversation, _) = talk.split_once(' ').unwrap();
    format!("{conversation} {}", server.sign_in(author).await.say(conversation, TEXT).await)
}

/// Whether calls of a route can end a membership or a conversation, or hide messages.
fn may_end(endpoint: &Endpoint) -> bool {
    let is_removal = endpoint.method == Method::DELETE && !endpoint.path.contains("{messageId}");
    let ends = ["/leave", "/delete-for-me", "/clear-history"];
    is_removal || ends.iter().any(|end| endpoint.path.ends_with(end))
}

/// Undoes what such a call has ended.
async fn restore(server: &TestServer, talk: &str, creator: &str) {
    let conversation = talk.split(' ').next().unwrap().to_owned();
    let creator = creator.to_owned();
    let write = move |tx: &mut Tx<'_>| {
        let id = Sql::from(conversation.as_str());
        tx.execute("UPDATE conversations SET is_active = TRUE WHERE id = $1", std::slice::from_ref(&id))?;
        tx.execute("UPDATE conversation_preferences SET clear_history_before = NULL", &[])?;
        tx.execute("DELETE FROM message_deletions", &[])?;
        tx.execute(
            "UPDATE members SET is_active = TRUE WHERE conversation_id = $1",
            std::slice::from_ref(&id),
        )?;
        tx.execute(
            "UPDATE members SET role = 'CREATOR' WHERE conversation_id = $1 \
               AND user_id = (SELECT id FROM users WHERE username = $2)",
            &[id, creator.as_str().into()],
        )
    };
    server.store.write::<_, StoreError>(write).await.unwrap();
}

/// Whether the caller got access: the call succeeded, or failed with a declared error.
fn is_let_in(endpoint: &Endpoint, status: u16, code: &str) -> bool {
    let is_declared = endpoint.errors.iter().any(|known| known.name() == code);
    status < 400 || (is_declared && !REFUSALS.contains(&code))
}

/// How a caller without access is rejected.
const REFUSALS: [&str; 6] = [
    "AUTH_REQUIRED",
    "AUTH_FAILED",
    "FORBIDDEN",
    "CONVERSATION_ACCESS_DENIED",
    "MESSAGE_NOT_FOUND",
    "LINK_CLOSED",
];

/// A token with another user's claims and the signature of its owner.
fn forged(token: &str, other: &Person) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = other.token.split('.').collect();
    [parts[0], others[1], parts[2]].join(".")
}

async fn is_answered(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[both_databases]
async fn every_route_enforces_its_access_rule(Single(server): Single) {
    let (old, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = old.group(&[&carlos]).await;
    let talk = format!("{talk} {}", old.say(&talk, "bonjour").await);
    let foreign = TestServer::foreign().await.sign_up("lea", "fr").await;
    server.hand.advance(DAY);
    let ended = server.sign_in("lea").await;
    ended.post("/auth/logout", json!({})).await;

    for endpoint in &server.endpoints {
        let lea = server.sign_in("lea").await;
        let carlos = server.sign_in("carlos").await;
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let mut body = body(endpoint, &lea);
        if body["messageId"].is_string() {
            body["messageId"] = json!(talk.split_once(' ').unwrap().1);
        }
        let call = || request(&server, endpoint, &talk, &body);
        let strangers = [
            ("an expired token", call().bearer_auth(&old.token)),
            ("a forged token", call().bearer_auth(forged(&lea.token, &carlos))),
            ("a foreign token", call().bearer_auth(&foreign.token)),
            ("the token of a device that was signed out", call().bearer_auth(&ended.token)),
            ("nonsense", call().bearer_auth("nonsense")),
            ("a foreign device", call().header("x-session-token", &foreign.session_token)),
            // A token takes precedence over a device secret, even if it is invalid.
            ("a bad token with a good device", {
                call().bearer_auth("a.b.c").header("x-session-token", &lea.session_token)
            }),
        ];
        for (who, call) in strangers {
            match endpoint.access {
                // No token is configured here.
                Access::Operator => assert_eq!(is_answered(call).await, 404, "{who}: {what}"),
                // There is neither a link nor a message here.
                Access::Link => assert!([401, 404].contains(&is_answered(call).await), "{who}: {what}"),
                // There a code or another token authenticates.
                Access::Anyone if endpoint.errors.contains(&ErrorCode::AuthFailed) => {}
                Access::Anyone => {
                    let status = is_answered(call).await;
                    assert!(status != 401 && status != 403, "{who}: {what}: {status}");
                }
                Access::User
                | Access::UserOrGuest
                | Access::Key
                | Access::Permission(_)
                | Access::Member(_)
                | Access::Participant
                | Access::Author
                | Access::AuthorOrModerator => {
                    let refused = answer(call).await;
                    assert_eq!((refused.status, refused.code()), (401, "AUTH_FAILED"), "{who}: {what}");
                }
            }
        }
        if matches!(endpoint.access, Access::Anyone | Access::Operator | Access::Link) {
            continue;
        }
        let refused = answer(call()).await;
        assert_eq!((refused.status, refused.code()), (401, "AUTH_REQUIRED"), "{what}");
        if matches!(endpoint.access, Access::Permission(_)) {
            continue;
        }
        for with_token in [false, true] {
            // The call before may have ended other sessions.
            let person = server.sign_in("lea").await;
            let talk = with_own_message(&server, endpoint, &talk, "lea").await;
            let call = request(&server, endpoint, &talk, &body);
            let call = match with_token {
                false => call.header("x-session-token", &person.session_token),
                true => call.bearer_auth(&person.token),
            };
            let answered = answer(call).await;
            if may_end(endpoint) {
                restore(&server, &talk, "lea").await;
            }
            assert!(
                is_let_in(endpoint, answered.status, answered.code()),
                "{what}: {} {}",
                answered.status,
                answered.body
            );
        }
    }
}

/// What nobody but members may read.
const TEXT: &str = "le trésor est sous le vieux chêne";

/// The bodies to call a route with: its example, with the id of the conversation, and one that names the
/// message if it can.
fn bodies(endpoint: &Endpoint, described: &Value, scene: &Scene) -> Vec<Value> {
    let example = endpoint.body.clone().unwrap_or(Value::Null).to_string();
    let mut bodies = vec![serde_json::from_str(&example.replace(UNKNOWN, &scene.talk)).unwrap()];
    let operation = &described["paths"][&endpoint.path][endpoint.method.as_str().to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let schema = described.pointer(schema.as_str().unwrap_or("#/none").trim_start_matches('#'));
    let has = |field: &str| schema.is_some_and(|schema| schema["properties"][field].is_object());
    if has("message_id") {
        bodies.push(json!({ "message_id": scene.message, "target_language": "de" }));
    }
    if has("messageId") {
        bodies[0]["messageId"] = json!(scene.message);
    }
    bodies
}

#[both_databases]
async fn every_route_is_for_those_whom_it_names(Single(server): Single) {
    let scene = Scene::on(&server, TEXT, &[]).await;
    let described = server.get("/docs/openapi.json").await.body;
    let talk = format!("{} {}", scene.talk, scene.message);
    let mut matrix = format!("route: {}\n", scene.names());
    for endpoint in &server.endpoints {
        for body in bodies(endpoint, &described, &scene) {
            let about_message = body["message_id"].is_string() || body["messageId"].is_string();
            let mut cells = Vec::new();
            for caller in &scene.callers {
                let person = caller.sign_in(&server).await;
                let body = with_token(body.clone(), &person);
                let talk = with_own_message(&server, endpoint, &talk, "author").await;
                let call = request(&server, endpoint, &talk, &body);
                let call = match caller.login {
                    Login::No => call,
                    Login::Yes => call.bearer_auth(&person.token),
                    Login::Guest(_) => call.header("x-session-token", scene.secret(caller)),
                    Login::Ended => {
                        assert_eq!(person.post("/auth/logout", Value::Null).await.status, 200);
                        call.bearer_auth(&person.token)
                    }
                };
                let what = format!("{} {} by {}", endpoint.method, endpoint.path, caller.name);
                let (status, text) = sent(call).await;
                if may_end(endpoint) {
                    restore(&server, &talk, "author").await;
                }
                let code = code(&text);
                // There a password, a code or a token in the body authenticates.
                let by_body =
                    endpoint.access == Access::Anyone && endpoint.errors.contains(&ErrorCode::AuthFailed);
                let was_let_in = match endpoint.access {
                    Access::Link | Access::Operator => ![401, 404].contains(&status),
                    // The conversation is named in the body, and is not that of the guest.
                    Access::UserOrGuest if code == "CONVERSATION_ACCESS_DENIED" => true,
                    _ => by_body || is_let_in(endpoint, status, &code),
                };
                assert_eq!(
                    was_let_in,
                    caller.may_call(endpoint.access, about_message),
                    "{what}: {status} {text}"
                );
                assert!(caller.may_read() || !text.contains(TEXT), "{what} reads the message: {text}");
                cells.push(if was_let_in { "yes".to_owned() } else { code });
            }
            let note = if about_message { " of the message" } else { "" };
            matrix += &format!("{} {}{note}: {}\n", endpoint.method, endpoint.path, cells.join(", "));
        }
    }
    insta::assert_snapshot!("matrix", matrix);
}

/// The status and the body of an answer.
async fn sent(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The code of an error.
fn code(text: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    body["code"].as_str().unwrap_or_default().to_owned()
}

#[both_databases]
async fn a_conversation_is_its_members_business(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "bonjour").await;
    let in_a_conversation: Vec<&Endpoint> =
        server.endpoints.iter().filter(|endpoint| endpoint.path.contains("{id}")).collect();
    assert!(in_a_conversation.len() >= 5);
    for endpoint in in_a_conversation {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let body = body(endpoint, &emma);
        let by_emma = async |conversation: &str| -> Answer {
            let talk = format!("{conversation} {message}");
            answer(request(&server, endpoint, &talk, &body).bearer_auth(&emma.token)).await
        };
        let refused = by_emma(&talk).await;
        assert_eq!((refused.status, refused.code()), (403, "CONVERSATION_ACCESS_DENIED"), "{what}");
        for unknown in [UNKNOWN, "nowhere", "a%00b"] {
            let missing = by_emma(unknown).await;
            assert_eq!(
                (missing.status, missing.code()),
                (404, "CONVERSATION_NOT_FOUND"),
                "{what}: {unknown}"
            );
        }
    }
}
