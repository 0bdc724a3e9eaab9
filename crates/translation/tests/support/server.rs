//! A server with LibreTranslate's API and chat completions that misbehaves on command.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// How the server responds to translation requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// In capitals.
    Shouts,
    /// In capitals, without the marks.
    LosesMarks,
    /// Unchanged: for a server that preserves marks by itself.
    Echoes,
    Empty,
    Twice,
    Fewer,
    Chatter,
    Html,
    Nothing,
    Truncated,
    OtherJson,
    Error(u16),
    Redirects,
    Hangs,
    ClosesHalfWay,
    Endless,
    /// 503 once, then in capitals.
    BusyOnce,
}

#[derive(Clone)]
pub struct Server {
    pub url: String,
    state: Arc<Kept>,
}

struct Kept {
    manner: Mutex<Manner>,
    requests: Mutex<Vec<(HeaderMap, Value)>>,
    sent: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    pub async fn start(manner: Manner) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), manner)
    }

    pub fn on(listener: TcpListener, manner: Manner) -> Self {
        let state = Arc::new(Kept {
            manner: Mutex::new(manner),
            requests: Mutex::default(),
            sent: AtomicUsize::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/languages", get(languages))
            .route("/translate", post(translate))
            .route("/v1/chat/completions", post(translate))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub fn behave(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = manner;
    }

    /// The translation requests it received: headers and bodies.
    pub fn requests(&self) -> Vec<(HeaderMap, Value)> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Bytes of endless responses that were read.
    pub fn sent(&self) -> usize {
        self.state.sent.load(Ordering::Relaxed)
    }

    /// The maximum number of concurrent requests.
    pub fn most_at_once(&self) -> usize {
        self.state.most.load(Ordering::Relaxed)
    }
}

async fn languages() -> Json<Value> {
    Json(json!([
        {"code": "en", "name": "English", "targets": ["en", "fr"]},
        {"code": "fr", "name": "French", "targets": ["en"]}
    ]))
}

async fn translate(State(state): State<Arc<Kept>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    state.requests.lock().unwrap().push((headers, body.clone()));
    let now = state.now.fetch_add(1, Ordering::Relaxed) + 1;
    state.most.fetch_max(now, Ordering::Relaxed);
    let response = answer(&state, &body).await;
    state.now.fetch_sub(1, Ordering::Relaxed);
    response
}

async fn answer(state: &Arc<Kept>, body: &Value) -> Response {
    let texts = texts(body);
    let each =
        |form: &dyn Fn(&str) -> String| -> Vec<String> { texts.iter().map(|text| form(text)).collect() };
    // Entities are not words: no server translates them.
    let shout = |text: &str| text.to_uppercase().replace("&LT;", "&lt;").replace("&GT;", "&gt;");
    let manner = *state.manner.lock().unwrap();
    match manner {
        Manner::Shouts => {
            // As long as another request needs to arrive too.
            tokio::time::sleep(Duration::from_millis(20)).await;
            response(body, &each(&shout))
        }
        Manner::LosesMarks => {
            let marks = regex::Regex::new("(?i)<span[^>]*>[^<]*</span>|<x[0-9]+/>").unwrap();
            response(body, &each(&|text| shout(&marks.replace_all(text, ""))))
        }
        Manner::Echoes => response(body, &each(&|text| format!("Ja: {text}"))),
        Manner::Empty => response(body, &each(&|_| String::new())),
        Manner::Twice => response(body, &each(&|text| format!("{0} {0}", text.to_uppercase()))),
        Manner::Fewer => response(body, &[]),
        Manner::Chatter => {
            let content = format!("Sure, here you are:\n{}", json!(each(&shout)));
            Json(json!({"choices": [{"message": {"content": content}}]})).into_response()
        }
        Manner::Html => {
            ([(header::CONTENT_TYPE, "text/html")], "<html><body>Sign in first</body></html>").into_response()
        }
        Manner::Nothing => StatusCode::OK.into_response(),
        Manner::Truncated => r#"{"translatedText": ["BON"#.into_response(),
        Manner::OtherJson => r#"{"translated": "BONJOUR"}"#.into_response(),
        Manner::Error(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Redirects => Redirect::temporary("http://127.0.0.1:9/translate").into_response(),
        Manner::Hangs => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        Manner::ClosesHalfWay => {
            let start = stream::iter([Ok(Bytes::from_static(br#"{"transl"#))]);
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(io::Error::other("gone"))
            });
            Body::from_stream(start.chain(end)).into_response()
        }
        Manner::Endless => endless(Arc::clone(state)),
        Manner::BusyOnce => {
            *state.manner.lock().unwrap() = Manner::Shouts;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// 100 MB; counts how much was read.
fn endless(state: Arc<Kept>) -> Response {
    let chunk = Bytes::from(vec![b' '; 64 * 1024]);
    let chunks = stream::iter(0..1600).map(move |_| {
        state.sent.fetch_add(chunk.len(), Ordering::Relaxed);
        Ok::<_, io::Error>(chunk.clone())
    });
    Body::from_stream(chunks).into_response()
}

fn texts(body: &Value) -> Vec<String> {
    let texts = match body.get("messages") {
        Some(messages) => serde_json::from_str(messages[1]["content"].as_str().unwrap()).unwrap(),
        None => body["q"].clone(),
    };
    serde_json::from_value(texts).unwrap()
}

fn response(body: &Value, answers: &[String]) -> Response {
    let answer = match body.get("messages") {
        Some(_) => json!({"choices": [{
            "message": {"role": "assistant", "content": json!(answers).to_string()}, "finish_reason": "stop"
        }]}),
        None => json!({"translatedText": answers}),
    };
    Json(answer).into_response()
}
