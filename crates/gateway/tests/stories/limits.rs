//! Rate limits.

use meeshy_gateway::{Forwarding, GatewayConfig, Limit, RateLimits};
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Answer, Person, Socket, answer, registration};
use reqwest::Method;
use serde_json::json;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

async fn refused(answer: Answer, limit: u64) {
    assert_eq!((answer.status, answer.code()), (429, "RATE_LIMIT_EXCEEDED"), "{}", answer.body);
    assert_eq!(
        (&answer.body["success"], &answer.body["error"]),
        (&json!(false), &json!("RATE_LIMIT_EXCEEDED"))
    );
    assert_eq!(answer.body["limit"], limit);
    assert_eq!(answer.header("x-ratelimit-limit"), limit.to_string());
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
    let seconds = answer.body["retryAfter"].as_u64().unwrap();
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert!(
        answer.body["message"].as_str().unwrap().contains(&format!("{seconds} seconds")),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn registration_and_sign_in_are_limited_by_address() {
    let server = TestServer::start(GatewayConfig {
        forwarding: Forwarding { trusted_hops: 1, ..Forwarding::default() },
        ..GatewayConfig::default()
    })
    .await;
    let calls = AtomicU8::new(0);
    let call = async |path: &str, from: &str, body| {
        // The proxy appends a line to whatever the client sends.
        let invented = format!("6.6.6.{}", calls.fetch_add(1, Ordering::Relaxed));
        let request = server.request(Method::POST, path).header("x-forwarded-for", invented);
        let request = request.header("x-forwarded-for", from);
        answer(request.json(&body)).await
    };
    for name in ["ada", "bob", "eve"] {
        let registered = call("/api/v1/auth/register", "10.0.0.1", registration(name, "en")).await;
        assert_eq!(registered.status, 200, "{}", registered.body);
    }
    refused(call("/api/v1/auth/register", "10.0.0.1", registration("zoe", "en")).await, 3).await;
    assert_eq!(call("/api/v1/auth/register", "10.0.0.2", registration("zoe", "en")).await.status, 200);

    let guess = json!({ "username": "ada", "password": "guess" });
    for _ in 0..5 {
        assert_eq!(call("/api/v1/auth/login", "10.0.0.3", guess.clone()).await.status, 401);
    }
    refused(call("/api/v1/auth/login", "10.0.0.3", guess.clone()).await, 5).await;
    let right = json!({ "username": "ADA@example.org", "password": "correct horse" });
    refused(call("/api/v1/auth/login", "10.0.0.3", right.clone()).await, 5).await;
    assert_eq!(call("/api/v1/auth/login", "10.0.0.4", right).await.status, 200);
    // Thirteen more names; with the seven above, these are twenty.
    for n in 0..13 {
        let other = json!({ "username": format!("{n:03}"), "password": "guess" });
        assert_eq!(call("/api/v1/auth/login", "10.0.0.3", other).await.status, 401, "{n}");
    }
    // The two that were refused above may not count: a gateway that refuses a call by itself tells no other.
    let mut last = None;
    for name in ["uvw", "vwx", "xyz"] {
        let other = json!({ "username": name, "password": "guess" });
        last = Some(call("/api/v1/auth/login", "10.0.0.3", other).await);
        if last.as_ref().is_some_and(|answer| answer.status != 401) {
            break;
        }
    }
    refused(last.unwrap(), 20).await;
}

#[tokio::test]
async fn responses_contain_the_remaining_calls() {
    let server = TestServer::single(GatewayConfig::default()).await;
    let first = server.get("/api/v1/languages").await;
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("300", "299"));
    for _ in 1..300 {
        server.get("/api/v1/languages").await;
    }
    refused(server.get("/api/v1/languages").await, 300).await;
    assert_eq!(server.get("/health").await.status, 200, "operator routes are not limited");

    let server =
        TestServer::single(GatewayConfig { rate_limits: RateLimits::off(), ..GatewayConfig::default() })
            .await;
    assert_eq!(server.get("/api/v1/languages").await.header("x-ratelimit-limit"), "");
}

#[tokio::test]
async fn translation_is_limited_by_user() {
    let limit = Limit::new("translation", 3, Duration::from_secs(60));
    let rate_limits = RateLimits { translation: Some(limit), ..RateLimits::off() };
    let server = TestServer::single(GatewayConfig { rate_limits, ..GatewayConfig::default() }).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let text = json!({ "text": "hello", "source_language": "en", "target_language": "fr" });
    let libretranslate = json!({ "q": "hello", "source": "en", "target": "fr", "api_key": lea.token });
    assert_eq!(lea.post("/translate", text.clone()).await.status, 200);
    assert_eq!(lea.post("/detect-language", json!({ "text": "hola" })).await.status, 200);
    assert_eq!(server.post("/libretranslate/translate", libretranslate.clone()).await.status, 200);
    refused(lea.post("/translate-blocking", text.clone()).await, 3).await;
    refused(server.post("/libretranslate/translate", libretranslate).await, 3).await;
    assert_eq!(carlos.post("/translate", text).await.status, 200);
}

fn limited(change: impl FnOnce(&mut RateLimits)) -> GatewayConfig {
    let mut rate_limits = RateLimits::off();
    change(&mut rate_limits);
    GatewayConfig { rate_limits, ..GatewayConfig::default() }
}

#[tokio::test]
async fn messages_have_one_budget_over_rest_and_sockets() {
    let window = Duration::from_secs(60);
    let server = TestServer::single(limited(|limits| {
        limits.conversation_messages = Some(Limit::new("conversation_messages", 4, window));
        limits.messages = Some(Limit::new("messages", 8, window));
    }))
    .await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let mut sockets = [Socket::of(&server, &lea).await, Socket::of(&server, &lea).await];
    sockets[0].tell("conversation:join", json!({ "conversationId": "meeshy" })).await;
    let everybody = sockets[0].event("conversation:joined").await["conversationId"].clone();
    let everybody = everybody.as_str().unwrap();
    let say = |talk: &str| json!({ "conversationId": talk, "content": "Salut" });
    // By identifier and by id, on two sockets and over REST.
    assert_eq!(sockets[0].ask("message:send", say("meeshy")).await["success"], true);
    assert_eq!(sockets[0].ask("message:send", say(everybody)).await["success"], true);
    assert_eq!(sockets[1].ask("message:send", say(&everybody.to_uppercase())).await["success"], true);
    let message = lea.say("meeshy", "Salut").await;
    for socket in &mut sockets {
        assert_eq!(socket.ask("message:send", say(everybody)).await["code"], "RATE_LIMIT_EXCEEDED");
    }
    let path = format!("/conversations/{everybody}/messages");
    refused(lea.post(&path, json!({ "content": "Salut" })).await, 4).await;
    // Other users and other conversations have their own; a user has one for all conversations.
    carlos.say("meeshy", "Hola").await;
    let talk = lea.group(&[&carlos]).await;
    lea.say(&talk, "Salut").await;
    let edit = json!({ "messageId": message, "content": "Bonjour" });
    assert_eq!(sockets[1].ask("message:edit", edit).await["code"], "RATE_LIMIT_EXCEEDED");
    refused(lea.patch(&format!("/messages/{message}"), json!({ "content": "Bonjour" })).await, 8).await;
    assert_eq!(sockets[0].ask("message:send", say(&talk)).await["code"], "RATE_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn events_are_counted_over_all_sockets_of_a_user() {
    let limit = Limit::new("events", 6, Duration::from_secs(60));
    let server = TestServer::single(limited(|limits| limits.events = Some(limit))).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let (mut one, mut another) = (Socket::of(&server, &lea).await, Socket::of(&server, &lea).await);
    for _ in 0..3 {
        assert_eq!(one.ask("no such event", json!(0)).await["code"], "UNKNOWN_EVENT");
        assert_eq!(another.ask("no such event", json!(0)).await["code"], "UNKNOWN_EVENT");
    }
    assert_eq!(one.ask("no such event", json!(0)).await["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(another.ask("no such event", json!(0)).await["code"], "RATE_LIMIT_EXCEEDED");
    let mut other = Socket::of(&server, &carlos).await;
    assert_eq!(other.ask("no such event", json!(0)).await["code"], "UNKNOWN_EVENT");
}

#[tokio::test]
async fn translations_for_sockets_count_as_those_over_rest() {
    let limit = Limit::new("translation", 3, Duration::from_secs(60));
    let server = TestServer::single(limited(|limits| limits.translation = Some(limit))).await;
    let lea = server.sign_up("lea", "fr").await;
    let message = lea.say("meeshy", "Salut").await;
    let ask = json!({ "messageId": message, "targetLanguage": "de" });
    let (mut one, mut another) = (Socket::of(&server, &lea).await, Socket::of(&server, &lea).await);
    for socket in [&mut one, &mut another] {
        assert_eq!(socket.ask("request_translation", ask.clone()).await["success"], true);
    }
    let text = json!({ "text": "hello", "source_language": "en", "target_language": "fr" });
    assert_eq!(lea.post("/translate", text.clone()).await.status, 200);
    assert_eq!(one.ask("request_translation", ask).await["code"], "RATE_LIMIT_EXCEEDED");
    refused(lea.post("/translate", text).await, 3).await;
}

#[tokio::test]
async fn translations_that_sockets_wait_for_are_bounded() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let message = lea.say("meeshy", "endless").await;
    server.leaves_jobs();
    let ask = json!({ "messageId": message, "targetLanguage": "de" });
    let mut socket = Socket::of(&server, &lea).await;
    let mut waiting = 0;
    let refused = loop {
        let answer = socket.ask("request_translation", ask.clone()).await;
        if answer["success"] != true {
            break answer;
        }
        waiting += 1;
        assert!(waiting < 1_000, "it is not bounded");
    };
    assert_eq!((waiting, &refused["code"]), (256, &json!("SERVICE_UNAVAILABLE")), "{refused}");
}

#[tokio::test]
async fn a_known_device_has_attempts_of_its_own() {
    let forwarding = Forwarding { trusted_hops: 1, ..Forwarding::default() };
    let allowed_origins = vec!["https://chat.example".to_owned()];
    let server =
        TestServer::start(GatewayConfig { forwarding, allowed_origins, ..GatewayConfig::default() }).await;
    let call = async |path: &str, from: &str, header: (&str, &str), body| {
        let request = server.request(Method::POST, path).header("x-forwarded-for", from);
        answer(request.header(header.0, header.1).header("origin", "https://chat.example").json(&body)).await
    };
    let nothing = ("x-nothing", "");
    let joined = call("/api/v1/auth/register", "10.0.0.1", nothing, registration("ada", "en")).await;
    let cookie = joined.header("set-cookie");
    for word in ["meeshy_device=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();

    // Attackers guess from everywhere, also from the address of ada.
    let guess = json!({ "username": "ada", "password": "guess" });
    let mut last = 0;
    for n in 0..12 {
        let from = format!("10.0.1.{n}");
        last = call("/api/v1/auth/login", &from, nothing, guess.clone()).await.status;
        call("/api/v1/auth/login", "10.0.0.7", nothing, guess.clone()).await;
    }
    assert_eq!(last, 401);
    let right = json!({ "username": "ada", "password": "correct horse" });
    let stranger = call("/api/v1/auth/login", "10.0.9.9", nothing, right.clone()).await;
    assert_eq!(stranger.status, 401, "the right password is not verified: {}", stranger.body);
    let known = call("/api/v1/auth/login", "10.0.0.7", ("cookie", cookie), right.clone()).await;
    assert_eq!((known.status, known.header("set-cookie")), (200, ""), "{}", known.body);
    let session_token = joined.body["data"]["sessionToken"].as_str().unwrap();
    let known = call("/api/v1/auth/login", "10.0.0.7", ("x-session-token", session_token), right).await;
    assert_eq!(known.status, 200, "{}", known.body);
}

#[tokio::test]
async fn availability_checks_are_limited_and_reveal_no_addresses() {
    let server = TestServer::start(GatewayConfig::default()).await;
    server.sign_up("lea", "fr").await;
    let path = "/api/v1/auth/check-availability?username=lea&email=lea@example.org";
    let asked = server.get(path).await.body;
    assert_eq!(asked["data"]["usernameAvailable"], false);
    assert_eq!(asked["data"]["emailAvailable"], true);
    for _ in 1..30 {
        assert_eq!(server.get(path).await.status, 200);
    }
    refused(server.get(path).await, 30).await;
}

#[tokio::test]
async fn each_text_counts_as_a_translation() {
    let limit = Limit::new("translation", 3, Duration::from_secs(60));
    let server = TestServer::single(limited(|limits| limits.translation = Some(limit))).await;
    let lea = server.sign_up("lea", "fr").await;
    let text = json!({ "text": "hello", "source_language": "en", "target_language": "fr" });
    let list = json!({ "q": ["one", "two"], "source": "en", "target": "fr", "api_key": lea.token });
    refused(lea.post("/translate/batch", json!(vec![&text; 4])).await, 3).await;
    assert_eq!(
        lea.post("/translate/batch", json!([text, text])).await.status,
        200,
        "a refusal uses up nothing"
    );
    refused(server.post("/libretranslate/translate", list).await, 3).await;
    let one = json!({ "q": ["one"], "source": "en", "target": "fr", "api_key": lea.token });
    assert_eq!(server.post("/libretranslate/translate", one).await.status, 200);
    refused(lea.post("/translate", text).await, 3).await;
}

#[tokio::test]
async fn translations_requested_by_reading_are_limited_by_user() {
    let limit = Limit::new("page_translations", 3, Duration::from_secs(60));
    let server = TestServer::single(limited(|limits| limits.page_translations = Some(limit))).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    for n in 0..5 {
        carlos.say(&talk, &format!("endless {n}")).await;
    }
    let asked = async |person: &Person, language: &str| {
        let reads = json!({ "systemLanguage": language });
        assert_eq!(person.patch("/users/me", reads).await.status, 200);
        let page = person.get(&format!("/conversations/{talk}/messages?limit=50")).await.body;
        let states =
            page["data"].as_array().unwrap().iter().filter_map(|said| said["translationStates"].as_array());
        states
            .flatten()
            .filter(|state| state["targetLanguage"] == language && state["state"] == "pending")
            .count()
    };
    assert_eq!(asked(&lea, "de").await, 3);
    assert_eq!(asked(&lea, "en").await, 0, "the page is returned anyway");
}

#[tokio::test]
async fn creating_conversations_is_limited_by_user() {
    let limit = Limit::new("conversations", 1, Duration::from_secs(60));
    let server = TestServer::single(limited(|limits| limits.conversations = Some(limit))).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    lea.group(&[&carlos]).await;
    let another = json!({ "type": "group", "title": "Trip", "participantIds": [carlos.id] });
    refused(lea.post("/conversations", another).await, 1).await;
    carlos.group(&[&lea]).await;
}

#[tokio::test]
async fn calls_of_signed_in_users_are_counted_by_account() {
    let limit = Limit::new("rest", 6, Duration::from_secs(60));
    let forwarding = Forwarding { trusted_hops: 1, ..Forwarding::default() };
    let config = GatewayConfig { forwarding, ..limited(|limits| limits.rest = Some(limit)) };
    let server = TestServer::single(config).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let call = async |from: &str, token: &str| {
        let request = server.request(Method::GET, "/api/v1/auth/me").header("x-forwarded-for", from);
        answer(request.bearer_auth(token)).await
    };
    // The first call of a token counts for the address, because nobody has checked it yet.
    for _ in 0..7 {
        assert_eq!(call("10.0.0.1", &lea.token).await.status, 200);
    }
    refused(call("10.0.0.2", &lea.token).await, 6).await;
    assert_eq!(call("10.0.0.1", &carlos.token).await.status, 200);
    // Invented tokens use up the budget of their address, which is not that of signed-in users there.
    for number in 0..4 {
        assert_eq!(call("10.0.0.1", &format!("a.b.{number}")).await.status, 401);
    }
    refused(call("10.0.0.1", "a.b.c").await, 6).await;
    assert_eq!(call("10.0.0.1", &carlos.token).await.status, 200);
    // A token that was revoked counts for its account once, then for the address.
    assert_eq!(carlos.post("/auth/logout", json!({})).await.status, 200);
    assert_eq!(call("10.0.0.1", &carlos.token).await.status, 401);
    refused(call("10.0.0.1", &carlos.token).await, 6).await;
}

/// Fields whose values somebody could try one after the other.
const GUESSED: [&str; 8] = [
    "password",
    "currentPassword",
    "code",
    "email",
    "newEmail",
    "fullEmail",
    "phoneNumber",
    "newPhoneNumber",
];

/// More calls than any of the limits of guesses allows.
const GUESSES: usize = 25;

#[tokio::test]
async fn whatever_can_be_guessed_is_limited() {
    let rate_limits = RateLimits { rest: None, register: None, ..RateLimits::default() };
    let forwarding = Forwarding { trusted_hops: 1, ..Forwarding::default() };
    let server =
        TestServer::start(GatewayConfig { rate_limits, forwarding, ..GatewayConfig::default() }).await;
    let (mut tried, mut unlimited) = (0, Vec::new());
    for (number, endpoint) in server.endpoints.iter().enumerate() {
        let Some(body) = &endpoint.body else { continue };
        if !GUESSED.iter().any(|field| body.get(field).is_some()) {
            continue;
        }
        // Each route is called by somebody of its own from an address of its own.
        let from = |network: usize| format!("10.{network}.{}.{}", number / 200, number % 200 + 1);
        let call = |method: Method, path: &str, network| {
            server.request(method, path).header("x-forwarded-for", from(network))
        };
        let person = registration(&format!("guesser{number}"), "en");
        let person = answer(call(Method::POST, "/api/v1/auth/register", 1).json(&person)).await;
        let person = server.person(&person);
        let mut is_limited = false;
        for _ in 0..GUESSES {
            let guess = call(endpoint.method.clone(), &endpoint.path, 2).bearer_auth(&person.token);
            let answered = answer(guess.json(body)).await;
            let reason = answered.body["error"].as_str().unwrap_or_default().to_lowercase();
            is_limited |= answered.status == 429 || reason == "rate_limited";
        }
        tried += 1;
        if !is_limited {
            unlimited.push(format!("{} {}", endpoint.method, endpoint.path));
        }
    }
    assert!(tried > 25, "{tried} routes");
    assert!(unlimited.is_empty(), "these can be tried for ever: {unlimited:#?}");
}
