//! Remote translation servers over HTTP, well- and misbehaving.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_testkit::eventually;
use meeshy_translation::{Outcome, RemoteConfig, Route, TranslationConfig, TranslationError, Translator};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use support::language;
use support::log::Log;
use support::server::{Manner, Server};
use tokio::net::TcpListener;

fn remote(entry: Value) -> RemoteConfig {
    serde_json::from_value(entry).unwrap()
}

fn libre(name: &str, server: &Server) -> RemoteConfig {
    remote(json!({"kind": "libretranslate", "name": name, "url": server.url, "timeout_seconds": 1}))
}

fn model(name: &str, server: &Server) -> RemoteConfig {
    remote(json!({
        "kind": "openai", "name": name, "url": format!("{}/v1", server.url), "model": "small", "api_key": "sesame",
        "languages": ["en", "fr"], "timeout_seconds": 1
    }))
}

fn try_over(remote: Vec<RemoteConfig>) -> Result<Translator, TranslationError> {
    let nowhere = || "/nonexistent".into();
    let config = TranslationConfig {
        models_dir: nowhere(),
        apertium_modes_dir: nowhere(),
        remote,
        ..TranslationConfig::default()
    };
    Translator::new(&config, None)
}

/// A translator with these servers, after all have listed their languages.
async fn over(remote: Vec<RemoteConfig>) -> Translator {
    let first = remote[0].name().to_owned();
    let translator = try_over(remote).unwrap();
    wait_for(&translator, &first).await;
    translator
}

/// Waits until English to French uses this engine.
async fn wait_for(translator: &Translator, label: &str) {
    let is_over = |route: Route| route.label() == label;
    eventually(label, async || translator.route(language("en"), language("fr")).is_some_and(is_over)).await;
}

fn done(text: &str, engine: &str) -> Outcome {
    Outcome::Done { text: text.to_owned(), engine: engine.to_owned(), score: None, grade: None }
}

/// Translates a message; the grade is that of fakes.
async fn translate_one(translator: &Translator, from: &str, to: &str, text: &str) -> Outcome {
    match support::translate_one(translator, from, to, text).await {
        Outcome::Done { text, engine, score, .. } => Outcome::Done { text, engine, score, grade: None },
        other => other,
    }
}

#[tokio::test]
async fn marks_are_preserved_by_each_api_or_the_words_around_them_are_translated() {
    let server = Server::start(Manner::Shouts).await;
    let text = "ask @ana about <https://example.org>, or `x & y`";
    for config in [libre("libre", &server), model("model", &server)] {
        let name = config.name().to_owned();
        let translator = over(vec![config]).await;
        for manner in [Manner::Shouts, Manner::LosesMarks] {
            server.behave(manner);
            // A different text each time, to bypass the cache.
            let text = format!("{text} {}", if manner == Manner::Shouts { "now" } else { "then" });
            let expected = text.replace("ask", "ASK").replace("about", "ABOUT").replace("or ", "OR ");
            let expected = expected.replace("now", "NOW").replace("then", "THEN");
            assert_eq!(
                translate_one(&translator, "en", "fr", &text).await,
                done(&expected, &name),
                "{manner:?}"
            );
        }
    }
}

#[tokio::test]
async fn marks_are_sent_unchanged_to_another_meeshy() {
    let server = Server::start(Manner::Echoes).await;
    let config = remote(json!({"kind": "meeshy", "url": server.url}));
    let translator = over(vec![config]).await;
    let outcome = translate_one(&translator, "en", "fr", "ask @ana & @bob now").await;
    assert_eq!(outcome, done("Ja: ask @ana & @bob now", "meeshy"));
    let (_, body) = &server.requests()[0];
    assert_eq!(
        *body,
        json!({"q": ["ask \u{E000} & \u{E001} now"], "source": "en", "target": "fr", "format": "text"})
    );
}

#[tokio::test]
async fn requests_follow_the_servers_api() {
    let server = Server::start(Manner::Shouts).await;
    let mut config = libre("libre", &server);
    config.api_key = model("model", &server).api_key;
    let translator = over(vec![config]).await;
    translate_one(&translator, "fr", "en", "bonjour").await;
    let (_, body) = &server.requests()[0];
    let expected =
        json!({"q": ["bonjour"], "source": "fr", "target": "en", "format": "text", "api_key": "sesame"});
    assert_eq!(*body, expected);

    let translator = over(vec![model("model", &server)]).await;
    translate_one(&translator, "fr", "en", "bonjour").await;
    let (headers, body) = &server.requests()[1];
    assert_eq!(headers["authorization"], "Bearer sesame");
    assert_eq!((&body["model"], &body["temperature"]), (&json!("small"), &json!(0.0)));
    assert_eq!(body["messages"][1], json!({"role": "user", "content": r#"["bonjour"]"#}));
    let prompt = body["messages"][0]["content"].as_str().unwrap();
    assert!(prompt.contains("from French to English"), "{prompt}");
}

#[rstest]
#[case(Manner::Empty, "an empty text")]
#[case(Manner::Twice, "the same text twice")]
#[case(Manner::Fewer, "returned 0 of 1 segments")]
#[case(Manner::Html, "returned invalid JSON")]
#[case(Manner::Nothing, "returned truncated JSON")]
#[case(Manner::Truncated, "returned truncated JSON")]
#[case(Manner::OtherJson, "JSON of an unexpected shape")]
#[case(Manner::Error(500), "HTTP 500")]
#[case(Manner::Error(403), "check its api_key")]
#[case(Manner::Error(503), "HTTP 503")]
#[case(Manner::Redirects, "HTTP 307; set its url")]
#[case(Manner::Hangs, "did not answer within 1 s")]
#[case(Manner::ClosesHalfWay, "closed the connection during the response")]
#[case(Manner::Endless, "more than")]
#[case(Manner::Chatter, "JSON of an unexpected shape")]
#[tokio::test]
async fn the_next_engine_takes_over_from_a_bad_server_and_the_reason_is_logged(
    #[case] manner: Manner,
    #[case] logged: &str,
) {
    let (bad, spare) = (Server::start(manner).await, Server::start(Manner::Shouts).await);
    let translator = over(vec![libre("bad", &bad), libre("spare", &spare)]).await;
    let log = Log::begin();
    let text = "Where is the grey cat?";
    // Twice: the first answer was not cached either.
    for _ in 0..2 {
        let outcome = translate_one(&translator, "en", "fr", text).await;
        assert_eq!(outcome, done("WHERE IS THE GREY CAT?", "spare"));
    }
    assert!(!bad.requests().is_empty());
    // Buffers of the sockets count too.
    assert!(bad.sent() < 30_000_000, "{} bytes were read", bad.sent());
    let log = log.text();
    assert!(log.contains(logged) && log.contains("trying the next best route"), "{log}");
    assert!(!log.to_lowercase().contains("grey"), "{log}");
}

#[rstest]
#[case(Manner::Chatter, "did not return a JSON array")]
#[case(Manner::Fewer, "returned 0 of 1 segments")]
#[case(Manner::Empty, "an empty text")]
#[case(Manner::Html, "invalid JSON")]
#[tokio::test]
async fn the_next_engine_takes_over_from_a_model_that_ignores_its_instructions(
    #[case] manner: Manner,
    #[case] logged: &str,
) {
    let (bad, spare) = (Server::start(manner).await, Server::start(Manner::Shouts).await);
    let translator = over(vec![model("bad", &bad), libre("spare", &spare)]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let log = Log::begin();
    assert_eq!(translate_one(&translator, "en", "fr", "Hi.").await, done("HI.", "spare"));
    let log = log.text();
    assert!(log.contains(logged), "{log}");
    assert!(!log.contains("sesame"), "{log}");
}

#[tokio::test]
async fn a_failing_server_is_backed_off_from_until_a_trial_succeeds() {
    let (shaky, spare) = (Server::start(Manner::Error(500)).await, Server::start(Manner::Shouts).await);
    let translator = over(vec![libre("shaky", &shaky), libre("spare", &spare)]).await;
    let log = Log::begin();
    for text in ["One", "Two", "Three", "Four", "Five"] {
        assert_eq!(translate_one(&translator, "en", "fr", text).await, done(&text.to_uppercase(), "spare"));
    }
    assert_eq!(shaky.requests().len(), 3);
    // All its pairs, not only the failed one.
    assert_eq!(translator.route(language("fr"), language("en")).unwrap().label(), "spare");
    shaky.behave(Manner::Shouts);
    wait_for(&translator, "shaky").await;
    assert_eq!(translate_one(&translator, "en", "fr", "Six").await, done("SIX", "shaky"));
    let log = log.text();
    for logged in ["keeps failing; backing off", "has recovered"] {
        assert!(log.contains(logged), "{log}");
    }
}

#[tokio::test]
async fn a_temporary_failure_is_retried_at_once() {
    let server = Server::start(Manner::BusyOnce).await;
    let translator = over(vec![libre("libre", &server)]).await;
    assert_eq!(translate_one(&translator, "en", "fr", "Hi.").await, done("HI.", "libre"));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn nothing_is_unavailable_before_a_server_has_listed_its_languages() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = remote(
        json!({"kind": "libretranslate", "url": format!("http://{address}"), "languages": ["en", "fr"]}),
    );
    let translator = try_over(vec![config]).unwrap();
    let failed = translator.translate(language("en"), language("fr"), &["Hi.".to_owned()]).await.remove(0);
    let failure = failed.unwrap_err().to_string();
    assert!(failure.starts_with("libretranslate cannot be reached"), "{failure}");
    let outcome = translate_one(&translator, "en", "de", "Hi.").await;
    assert!(matches!(outcome, Outcome::Unavailable { .. }), "German is not even allowed: {outcome:?}");
    Server::on(TcpListener::bind(address).await.unwrap(), Manner::Shouts);
    wait_for(&translator, "libretranslate").await;
    assert_eq!(translate_one(&translator, "en", "fr", "Hi.").await, done("HI.", "libretranslate"));
}

#[tokio::test]
async fn long_texts_are_split_into_requests_within_the_concurrency_limit() {
    let server = Server::start(Manner::Shouts).await;
    let mut config = libre("libre", &server);
    config.max_concurrency = 2;
    let translator = over(vec![config]).await;
    let text: String = (0..200).map(|line| format!("line {line} of them\n")).collect();
    assert_eq!(translate_one(&translator, "en", "fr", &text).await, done(&text.to_uppercase(), "libre"));
    assert_eq!(server.requests().len(), 7);
    assert_eq!(server.most_at_once(), 2);
}

#[tokio::test]
async fn the_configuration_restricts_the_languages_of_a_server() {
    let server = Server::start(Manner::Shouts).await;
    let mut config = libre("libre", &server);
    config.pairs = vec!["en-fr".to_owned()];
    let translator = over(vec![config]).await;
    assert!(translator.route(language("fr"), language("en")).is_none());
}

#[rstest]
#[case(json!({"kind": "libretranslate", "url": "libre.example"}), "invalid url")]
#[case(json!({"kind": "libretranslate", "url": "file:///etc/passwd"}), "start with `http://`")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "name": "apertium"}), "set another `name`")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "name": "a\nb"}), "`name` must be")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "languages": ["xx"]}), "`xx` is not a language")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "pairs": ["en"]}), "`en` is not a language pair")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "api_key_file": "/nowhere"}), "/nowhere")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "api_key_file": "/nowhere", "api_key": "x"}), "not both")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "timeout_seconds": 0}), "at least 1")]
#[case(json!({"kind": "libretranslate", "url": "http://a", "lost": -1.0}), "must not be negative")]
#[case(json!({"kind": "openai", "url": "http://a", "languages": ["en", "fr"]}), "set the `model`")]
#[case(json!({"kind": "openai", "url": "http://a", "model": "m"}), "set the `languages` or `pairs`")]
#[tokio::test]
async fn invalid_settings_are_rejected(#[case] entry: Value, #[case] expected: &str) {
    let Err(error) = try_over(vec![remote(entry)]) else { panic!("it was accepted") };
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test]
async fn two_servers_cannot_have_the_same_name() {
    let server = Server::start(Manner::Shouts).await;
    let Err(error) = try_over(vec![libre("one", &server), libre("one", &server)]) else { panic!("taken") };
    assert_eq!(error.to_string(), "remote engine `one`: another engine has the same name; set `name`");
}
