//! Invalid input gets a message and a status, quickly, and affects nobody else.

use crate::server::{CHEROKEE, Server, answer, api, bare};
use meeshy_translation_api::TranslationApiConfig;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

#[rstest]
#[case(json!({ "source": "en", "target": "fr" }), "missing q")]
#[case(json!({ "q": "", "source": "en", "target": "fr" }), "missing q")]
#[case(json!({ "q": [], "source": "en", "target": "fr" }), "missing q")]
#[case(json!({ "q": null, "source": "en", "target": "fr" }), "missing q")]
#[case(json!({ "q": 7, "source": "en", "target": "fr" }), "q must be")]
#[case(json!({ "q": ["a", 7], "source": "en", "target": "fr" }), "q must be")]
#[case(json!({ "q": { "a": 1 }, "source": "en", "target": "fr" }), "q must be")]
#[case(json!({ "q": "x", "target": "fr" }), "missing source")]
#[case(json!({ "q": "x", "source": "en" }), "missing target")]
#[case(json!({ "q": "x", "source": ["en"], "target": "fr" }), "source must be a string")]
#[case(json!({ "q": "x", "source": "tlh", "target": "fr" }), "`tlh` is not a language")]
#[case(json!({ "q": "x", "source": "en", "target": "auto" }), "`auto` is not a language")]
#[case(json!({ "q": "x", "source": "en", "target": "ja" }), "no installed engine translates English to Japanese")]
#[case(json!({ "q": "x", "source": "en", "target": "fr", "format": "pdf" }), "pdf format is not supported")]
#[case(json!({ "q": "x", "source": "en", "target": "fr", "alternatives": -1 }), "alternatives")]
#[case(json!({ "q": vec!["x"; 101], "source": "en", "target": "fr" }), "101 texts exceed")]
#[case(json!({ "q": "x".repeat(100_001), "source": "en", "target": "fr" }), "100000 characters")]
#[case(json!({ "q": ["x".repeat(60_000), "y".repeat(60_000)], "source": "en", "target": "fr" }), "100000 characters")]
#[case(json!(["q"]), "JSON object")]
#[case(json!("q"), "JSON object")]
#[case(json!({ "text": "", "target_language": "fr" }), "missing text")]
#[case(json!({ "text": 7, "target_language": "fr" }), "expected a string")]
#[case(json!({ "text": "x" }), "target_language")]
#[case(json!({ "text": CHEROKEE, "target_language": "fr", "source_language": "" }), "cannot be detected")]
#[case(json!({ "text": "x", "target_language": "fr", "source_language": "en", "model_type": "huge" }), "huge")]
#[tokio::test]
async fn invalid_requests_are_rejected_with_a_message(#[case] body: Value, #[case] word: &str) {
    let server = Server::start().await;
    let (status, refused) = server.post("/translate", body).await;
    let sentence = refused["error"].as_str().or(refused["detail"].as_str()).unwrap();
    assert_eq!(status, 400, "{sentence}");
    assert!(sentence.contains(word), "{sentence}");
}

#[tokio::test]
async fn bodies_that_are_not_json_are_rejected() {
    let server = Server::start().await;
    let long = " ".repeat(2_000_000);
    for (body, expected) in [
        ("", 400),
        ("{", 400),
        ("null", 400),
        (r#"{"q":"\ud800","source":"en","target":"fr"}"#, 400),
        (r#"{"text":"\udc00 x","target_language":"fr"}"#, 400),
        (&"[".repeat(100_000), 400),
        (&long, 413),
    ] {
        for path in ["/translate", "/translate/batch", "/detect"] {
            let request = server.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
            let (status, refused) = answer(request.body(body.to_owned())).await;
            assert_eq!(status, expected, "{path}: {refused}");
            assert!(refused["error"].is_string() || refused["detail"].is_string(), "{path}: {refused}");
        }
    }
    assert_eq!(server.get("/translate").await.0, 405);
    assert_eq!(server.get("/nowhere").await.0, 404);
}

#[tokio::test]
async fn a_hundred_thousand_letters_of_one_word_are_translated() {
    let server = Server::start().await;
    let word = "a".repeat(100_000);
    let body = json!({ "q": word, "source": "en", "target": "fr" });
    let (status, body) = server.post("/translate", body).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["translatedText"].as_str().unwrap().matches('a').count() >= 100_000);
}

#[tokio::test]
async fn a_stopped_or_slow_engine_is_an_error_in_time() {
    let config =
        TranslationApiConfig { timeout: Duration::from_millis(200), ..TranslationApiConfig::default() };
    let server = Server::of(api(config)).await;
    let ask = |text: &str| json!({ "q": text, "source": "en", "target": "fr" });
    let (status, stopped) = server.post("/translate", ask("crash")).await;
    assert_eq!((status, &stopped["error"]), (500, &json!("Cannot translate text: the engine stopped")));
    let (status, slow) = server.post("/translate", ask("slow")).await;
    assert_eq!((status, slow["error"].as_str().unwrap().contains("timed out")), (504, true));
    assert_eq!(server.post("/translate", ask("fine")).await.0, 200);
}

#[tokio::test]
async fn without_engines_everything_is_unavailable() {
    let server = Server::of(bare()).await;
    let (status, named) =
        server.post("/translate", json!({ "q": "x", "source": "en", "target": "fr" })).await;
    assert_eq!((status, named["error"].as_str().unwrap().contains("meeshy models pull en-fr")), (400, true));
}
