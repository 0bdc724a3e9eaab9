//! Client packets through the Socket.IO server, the wire types and the validation of user input: nothing
//! panics, and accepted input satisfies what the validation promises.
//!
//! The first byte of the input is the version of Engine.IO, `3` or otherwise 4; the rest is what the client
//! posts.

#![no_main]

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use meeshy_domain::{ConversationId, Language, MessageId, limits, text};
use meeshy_socketio::{Config, Event, Handle, Server, Service, Socket};
use meeshy_wire::{Ack, ClientEvent, ConversationRef, EditMessage, Handshake, SendMessage, from_json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

fuzz_target!(|input: &[u8]| {
    let Some((version, payload)) = input.split_first() else { return };
    let version = if *version == b'3' { 3 } else { 4 };
    let config = Config {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        join_timeout: Duration::from_secs(30),
        max_payload: 1_000_000,
        queue: 64,
        make_id: Arc::new(|| "known".to_owned()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let router = Server::new(Listener, config).router();
        let address = format!("/socket.io/?EIO={version}&transport=polling");
        assert_eq!(ask(&router, Request::get(&address), &[]).await, StatusCode::OK);
        let close: &[u8] = if version == 3 { b"1:1" } else { b"1" };
        // A client that stays connected keeps its memory; one that disconnects, or is disconnected, must not.
        for body in [payload, close] {
            let status = ask(&router, Request::post(format!("{address}&sid=known")), body).await;
            assert!(
                matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE),
                "{status}"
            );
        }
    });
});

async fn ask(router: &Router, request: axum::http::request::Builder, body: &[u8]) -> StatusCode {
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    match router.clone().oneshot(request).await {
        Ok(response) => response.status(),
        Err(never) => match never {},
    }
}

/// Parses events as the gateway does, and discards them.
struct Listener;

impl Service for Listener {
    type Room = ();
    type State = ();
    type Connection = ();

    fn open(&self, _: &Parts, _: Handle) {}

    async fn connected(&self, socket: &Socket<Self>, auth: &str) {
        socket.trust();
        let _ = from_json::<Handshake>(auth.as_bytes());
    }

    async fn event(&self, socket: &Socket<Self>, event: Event) {
        let data = event.data.as_bytes();
        let is_sound = match ClientEvent::of_name(&event.name) {
            Some(ClientEvent::MessageSend) => from_json(data).is_ok_and(|message| is_sound(&message)),
            Some(ClientEvent::MessageEdit) => from_json(data).is_ok_and(|edit: EditMessage| {
                let EditMessage { message_id, content, original_language } = &edit;
                is_text(content) && is_language(original_language.as_deref()) && check_id(message_id)
            }),
            Some(ClientEvent::Authenticate) => from_json::<Handshake>(data).is_ok(),
            _ => from_json::<ConversationRef>(data).is_ok_and(|named| check_id(&named.conversation_id)),
        };
        let _ = socket.acknowledge(&event, &Ack::done(is_sound));
    }

    async fn disconnected(&self, _: &Socket<Self>) {}
}

/// Whether a message passes all checks; if so, it must satisfy what they promise.
fn is_sound(message: &SendMessage) -> bool {
    let content = is_text(&message.content);
    let own_id = message.client_message_id.as_deref().is_none_or(|id| {
        let sound = text::client_message_id(id).is_ok();
        assert!(!sound || (!id.is_empty() && id.chars().count() <= limits::CLIENT_MESSAGE_ID_CHARS));
        sound
    });
    let language = is_language(message.original_language.as_deref());
    let reply = message.reply_to_id.as_deref().is_none_or(|id| id.parse::<MessageId>().is_ok());
    content && own_id && language && reply && check_id(&message.conversation_id)
}

fn is_text(content: &str) -> bool {
    let sound = text::message(content, limits::MESSAGE_CHARS).is_ok();
    assert!(!sound || (content.chars().count() <= limits::MESSAGE_CHARS && !content.contains('\0')));
    sound
}

fn is_language(tag: Option<&str>) -> bool {
    tag.is_none_or(|tag| match Language::parse(tag) {
        Ok(language) => Language::parse(language.code()) == Ok(language),
        Err(_) => false,
    })
}

/// Whether this is an id; if so, it is formatted as it was parsed.
fn check_id(typed: &str) -> bool {
    let Ok(id) = typed.parse::<ConversationId>() else { return false };
    assert_eq!(id.to_string(), typed.to_lowercase());
    true
}
