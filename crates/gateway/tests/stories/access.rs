//! Every route, called by every kind of caller.

use crate::server::{Answer, Person, Server, answer, servers};
use meeshy_gateway::routes::{Access, Endpoint};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// A body that the route takes.
pub fn body(endpoint: &Endpoint, person: &Person) -> Value {
    match endpoint.body {
        Some("CreateConversation") => json!({ "type": "group", "title": "Another" }),
        Some("PostMessage" | "PutMessage") => json!({ "content": "hello" }),
        Some("PatchMe") => json!({ "bio": "hello" }),
        Some("Refresh") => json!({ "token": person.token }),
        Some("LoginCode") => json!({ "twoFactorToken": "f".repeat(64), "code": "123456" }),
        Some("Code") => json!({ "code": "123456" }),
        Some("Login") => json!({ "username": "lea", "password": "correct horse" }),
        Some("Register") => json!({
            "username": "nina", "password": "correct horse", "firstName": "Nina", "lastName": "Test",
            "email": "nina@example.org",
        }),
        Some("Translate") => json!({ "text": "hello", "source_language": "en", "target_language": "fr" }),
        Some("TranslateTexts") => json!([]),
        Some("AddTerm") => json!({ "term": "sprint" }),
        Some("ReportTranslation") => json!({ "reason": "wrong" }),
        Some("DetectLanguage") => json!({ "text": "hola" }),
        Some("LibreTranslateTranslate" | "LibreTranslateDetect") => {
            json!({ "q": "hola", "source": "es", "target": "fr" })
        }
        Some(other) => panic!("a body for {other} is missing here"),
        None => json!({}),
    }
}

/// A call about this conversation, or about the translation of a message that `talk` names as `conversation message`.
fn request(server: &Server, endpoint: &Endpoint, talk: &str, body: &Value) -> RequestBuilder {
    let (conversation, message) = talk.split_once(' ').unwrap_or((talk, ""));
    let path = endpoint
        .path
        .replace("{id}", conversation)
        .replace("{messageId}", message)
        .replace("{language}", "es")
        .replace("{termId}", "65a0c0ffee0123456789abcd")
        .replace("{jobId}", &format!("{message}-es"));
    let request = server.request(endpoint.method.clone(), &path);
    match endpoint.method {
        Method::GET => request.query(&[("username", "zoe"), ("q", "zoe")]),
        _ => request.json(body),
    }
}

/// Whether a route is closed to people whom it lets in, or misses what nobody has made here.
fn asks_for_more(endpoint: &Endpoint, status: u16) -> bool {
    let changes_a_glossary = endpoint.path.contains("/glossary") && endpoint.method != Method::GET;
    let changes_a_message = endpoint.body == Some("PutMessage");
    (changes_a_glossary && matches!(status, 403 | 404))
        || (changes_a_message && status == 403)
        || (endpoint.path.ends_with("/translations/reports") && status == 403)
}

/// A token that says that somebody else is calling, with the signature of its owner.
fn forged(token: &str, other: &Person) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = other.token.split('.').collect();
    [parts[0], others[1], parts[2]].join(".")
}

async fn is_answered(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_route_lets_in_whom_it_says() {
    for (kind, server) in servers().await {
        let (old, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
        let talk = old.group(&[&carlos]).await;
        let talk = format!("{talk} {}", old.say(&talk, "bonjour").await);
        let foreign = Server::foreign().await.sign_up("lea", "fr").await;
        server.hand.advance(DAY);
        let ended = server.sign_in("lea").await;
        ended.post("/auth/logout", json!({})).await;

        for endpoint in &server.endpoints {
            let lea = server.sign_in("lea").await;
            let carlos = server.sign_in("carlos").await;
            let what = format!("{} {} on {kind}", endpoint.method, endpoint.path);
            let body = body(endpoint, &lea);
            let call = || request(&server, endpoint, &talk, &body);
            let strangers = [
                ("an expired token", call().bearer_auth(&old.token)),
                ("a forged token", call().bearer_auth(forged(&lea.token, &carlos))),
                ("a foreign token", call().bearer_auth(&foreign.token)),
                ("the token of a device that was signed out", call().bearer_auth(&ended.token)),
                ("nonsense", call().bearer_auth("nonsense")),
                ("a foreign device", call().header("x-session-token", &foreign.session_token)),
                // A token goes before a device, also a bad one.
                ("a bad token with a good device", {
                    call().bearer_auth("a.b.c").header("x-session-token", &lea.session_token)
                }),
            ];
            for (who, call) in strangers {
                match endpoint.access {
                    Access::User | Access::Key => {
                        let refused = answer(call).await;
                        assert_eq!((refused.status, refused.code()), (401, "AUTH_FAILED"), "{who}: {what}");
                    }
                    // No token is set here.
                    Access::Operator => assert_eq!(is_answered(call).await, 404, "{who}: {what}"),
                    // There is neither a link nor a message here.
                    Access::Link => assert!([401, 404].contains(&is_answered(call).await), "{who}: {what}"),
                    // There the code is what lets in, and nobody here has one.
                    Access::Anyone if endpoint.path.contains("2fa") => {
                        assert_eq!(is_answered(call).await, 401, "{who}: {what}");
                    }
                    Access::Anyone => {
                        let status = is_answered(call).await;
                        assert!(status != 401 && status != 403, "{who}: {what}: {status}");
                    }
                }
            }
            if matches!(endpoint.access, Access::Operator | Access::Link) {
                continue;
            }
            let nobody = call();
            let with_token = call().bearer_auth(&lea.token);
            if endpoint.access != Access::Anyone {
                let refused = answer(nobody).await;
                assert_eq!((refused.status, refused.code()), (401, "AUTH_REQUIRED"), "{what}");
                let with_device = is_answered(call().header("x-session-token", &carlos.session_token)).await;
                let is_fine = with_device < 300 || asks_for_more(endpoint, with_device);
                assert!(is_fine, "with a device: {what}: {with_device}");
            }
            let status = is_answered(with_token).await;
            // The second registration of the same name is refused, and there are no files and no codes.
            let fails = ["/register", "/attachments/", "2fa"].iter().any(|part| endpoint.path.contains(part));
            let is_fine = status < 300 || asks_for_more(endpoint, status);
            assert!(is_fine || fails, "{what}: {status}");
        }
    }
}

#[tokio::test]
async fn a_conversation_is_its_members_business() {
    for (kind, server) in servers().await {
        let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
        let emma = server.sign_up("emma", "en").await;
        let talk = lea.group(&[&carlos]).await;
        let message = lea.say(&talk, "bonjour").await;
        let in_a_conversation: Vec<&Endpoint> =
            server.endpoints.iter().filter(|endpoint| endpoint.path.contains("{id}")).collect();
        assert!(in_a_conversation.len() >= 5);
        for endpoint in in_a_conversation {
            let what = format!("{} {} on {kind}", endpoint.method, endpoint.path);
            let body = body(endpoint, &emma);
            let by_emma = async |conversation: &str| -> Answer {
                let talk = format!("{conversation} {message}");
                answer(request(&server, endpoint, &talk, &body).bearer_auth(&emma.token)).await
            };
            let refused = by_emma(&talk).await;
            assert_eq!((refused.status, refused.code()), (403, "CONVERSATION_ACCESS_DENIED"), "{what}");
            for unknown in ["65a0c0ffee0123456789abcd", "nowhere", "a%00b"] {
                let missing = by_emma(unknown).await;
                assert_eq!(
                    (missing.status, missing.code()),
                    (404, "CONVERSATION_NOT_FOUND"),
                    "{what}: {unknown}"
                );
            }
        }
    }
}
