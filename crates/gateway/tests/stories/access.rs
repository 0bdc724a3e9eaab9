//! Every route, called by every kind of caller.

use crate::server::{Answer, Person, Server, answer, servers, single_servers, unlimited};
use meeshy_domain::{MemberRole, Permission, Role};
use meeshy_gateway::routes::{Access, Endpoint};
use meeshy_store::{StoreError, Tx};
use meeshy_wire::ErrorCode;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// A body for the route: the example from its description, with a token of this caller if it has one.
pub fn body(endpoint: &Endpoint, person: &Person) -> Value {
    let mut body = endpoint.body.clone().unwrap_or_else(|| json!({}));
    if let Some(token) = body.get_mut("token") {
        *token = person.token.clone().into();
    }
    body
}

/// A call for this conversation, or for the translation of a message given in `talk` as `conversation
/// message`.
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

/// Whether the caller got access: the call succeeded, or failed with a declared error.
fn was_let_in(endpoint: &Endpoint, answer: &Answer) -> bool {
    let code = answer.body["code"].as_str().unwrap_or_default();
    let is_declared = endpoint.errors.iter().any(|known| known.name() == code);
    answer.status < 300 || (is_declared && !REFUSALS.contains(&code))
}

/// How a caller without access is rejected.
const REFUSALS: [&str; 5] =
    ["AUTH_REQUIRED", "AUTH_FAILED", "FORBIDDEN", "CONVERSATION_ACCESS_DENIED", "MESSAGE_NOT_FOUND"];

/// A token with another user's claims and the signature of its owner.
fn forged(token: &str, other: &Person) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = other.token.split('.').collect();
    [parts[0], others[1], parts[2]].join(".")
}

async fn is_answered(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_route_enforces_its_access_rule() {
    for (kind, server) in single_servers().await {
        let (old, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
        let talk = old.group(&[&carlos]).await;
        let talk = format!("{talk} {}", old.say(&talk, "bonjour").await);
        let foreign = Server::foreign().await.sign_up("lea", "fr").await;
        server.hand.advance(DAY);
        let ended = server.sign_in("lea").await;
        ended.post("/auth/logout", json!({})).await;

        for endpoint in &server.endpoints {
            let lea = server.sign_in("lea").await;
            let (device, carlos) = (server.sign_in("lea").await, server.sign_in("carlos").await);
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
                    | Access::Key
                    | Access::Permission(_)
                    | Access::Member(_)
                    | Access::Author => {
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
            for call in
                [call().header("x-session-token", &device.session_token), call().bearer_auth(&lea.token)]
            {
                let answered = answer(call).await;
                assert!(was_let_in(endpoint, &answered), "{what}: {} {}", answered.status, answered.body);
            }
        }
    }
}

/// A kind of caller.
struct Caller {
    name: String,
    role: Role,
    member: Option<MemberRole>,
    is_author: bool,
}

impl Caller {
    /// Whether a route is for this caller; `None` if its rule is about something else.
    fn is_let_in(&self, access: Access) -> Option<bool> {
        match access {
            Access::Anyone | Access::Link | Access::Operator => None,
            Access::User | Access::Key => Some(true),
            Access::Permission(permission) => Some(self.role.allows(permission)),
            Access::Member(least) => Some(self.member.is_some_and(|role| role.is_at_least(least))),
            Access::Author => {
                let moderates = self.member.is_some() && self.role.allows(Permission::ModerateContent);
                Some(self.is_author || moderates)
            }
        }
    }
}

/// The author of a message, the other members of its conversation by role, and non-members by their role on
/// the server.
async fn callers(server: &Server) -> (Vec<Caller>, String) {
    let author = server.sign_up("author", "fr").await;
    let (mut callers, mut members) = (Vec::new(), Vec::new());
    for role in MemberRole::ALL {
        let name = format!("in_{}", role.name().to_lowercase());
        members.push((*role, server.sign_up(&name, "fr").await));
        callers.push(Caller { name, role: Role::User, member: Some(*role), is_author: false });
    }
    let others: Vec<&Person> = members.iter().map(|(_, person)| person).collect();
    let talk = author.group(&others).await;
    let message = author.say(&talk, "bonjour").await;
    for (role, person) in &members {
        let values = [role.name().into(), talk.as_str().into(), person.id.as_str().into()];
        let sql = "UPDATE members SET role = $1 WHERE conversation_id = $2 AND user_id = $3";
        let change = move |tx: &mut Tx<'_>| tx.execute(sql, &values);
        assert_eq!(server.store.write::<_, StoreError>(change).await.unwrap(), 1);
    }
    // The user who created the conversation is its creator.
    let creator = Some(MemberRole::Creator);
    callers.insert(0, Caller { name: "author".into(), role: Role::User, member: creator, is_author: true });
    for role in Role::ALL {
        let name = format!("out_{}", role.name().to_lowercase());
        server.sign_up(&name, "fr").await;
        server.chat.administration().set_role(&name, *role).await.unwrap();
        callers.push(Caller { name, role: *role, member: None, is_author: false });
    }
    (callers, format!("{talk} {message}"))
}

#[tokio::test]
async fn every_route_is_for_those_whom_it_names() {
    let server = Server::single(unlimited()).await;
    let (callers, talk) = callers(&server).await;
    let names: Vec<&str> = callers.iter().map(|caller| caller.name.as_str()).collect();
    let mut matrix = format!("route: {}\n", names.join(", "));
    for endpoint in &server.endpoints {
        let mut told = Vec::new();
        for caller in &callers {
            let Some(expected) = caller.is_let_in(endpoint.access) else { continue };
            let person = server.sign_in(&caller.name).await;
            let call = request(&server, endpoint, &talk, &body(endpoint, &person)).bearer_auth(&person.token);
            let answered = answer(call).await;
            let was_let_in = was_let_in(endpoint, &answered);
            let what = format!("{} {} by {}", endpoint.method, endpoint.path, caller.name);
            assert_eq!(was_let_in, expected, "{what}: {} {}", answered.status, answered.body);
            told.push(
                if was_let_in { "yes" } else { answered.body["code"].as_str().unwrap_or("no") }.to_owned(),
            );
        }
        let who = endpoint.access.describe();
        let line = if told.is_empty() { format!("for {who}") } else { told.join(", ") };
        matrix += &format!("{} {}: {line}\n", endpoint.method, endpoint.path);
    }
    insta::assert_snapshot!("matrix", matrix);
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
