//! Clients over HTTP: those that poll, and the requests that open a WebSocket.

use crate::hub::{Hub, Server};
use crate::packet::Outgoing;
use crate::session::{Reaction, Session, Version};
use crate::{Service, Socket, websocket};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use hyper::upgrade::OnUpgrade;
use serde_json::json;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::sync::Mutex;
use tungstenite::handshake::derive_accept_key;

/// Between the packets of a payload, in version 4.
const BETWEEN: char = '\u{1e}';

/// A client that polls.
pub(crate) struct Poll<S: Service> {
    pub socket: Socket<S>,
    id: String,
    version: Version,
    /// `None` once it has changed over, or is gone.
    session: Mutex<Option<Session<S>>>,
    /// A poll waits.
    is_polled: AtomicBool,
    /// It tries a WebSocket.
    is_changing: AtomicBool,
    /// It has been heard of since it was last asked.
    is_alive: AtomicBool,
}

/// Why a request is refused (Engine.IO's codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    UnknownTransport = 0,
    UnknownSession = 1,
    BadMethod = 2,
    BadRequest = 3,
    Forbidden = 4,
    UnknownVersion = 5,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, "Transport unknown"),
            Self::UnknownSession => (StatusCode::BAD_REQUEST, "Session ID unknown"),
            Self::BadMethod => (StatusCode::BAD_REQUEST, "Bad handshake method"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad request"),
            Self::Forbidden => (StatusCode::SERVICE_UNAVAILABLE, "The server is stopping"),
            Self::UnknownVersion => (StatusCode::BAD_REQUEST, "Unsupported protocol version"),
        };
        (status, Json(json!({ "code": self as u8, "message": message }))).into_response()
    }
}

impl<S: Service> Server<S> {
    /// The routes of Socket.IO: `/socket.io/`.
    pub fn router(&self) -> Router {
        let route = routing::any(answer::<S>);
        Router::new()
            .route("/socket.io/", route.clone())
            .route("/socket.io", route)
            .with_state(Arc::clone(&self.0))
    }
}

/// What the query of a request asks for.
struct Asked<'a> {
    version: Version,
    transport: &'a str,
    id: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(query: &'a str) -> Result<Self, Refusal> {
        let find =
            |name| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let value = |name| find(name).map(|(_, value)| value);
        let version = match value("EIO") {
            Some("4") => Version::V4,
            Some("3") => Version::V3,
            _ => return Err(Refusal::UnknownVersion),
        };
        let transport = value("transport").unwrap_or_default();
        // JSONP is for browsers that nobody has any more.
        if !matches!(transport, "polling" | "websocket") || value("j").is_some() {
            return Err(Refusal::UnknownTransport);
        }
        Ok(Self { version, transport, id: value("sid").filter(|id| !id.is_empty()) })
    }
}

async fn answer<S: Service>(State(hub): State<Arc<Hub<S>>>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Asked::read(&query)?;
    let polling = match asked.id {
        Some(id) => Some(polls(&hub).get(id).cloned().ok_or(Refusal::UnknownSession)?),
        None => None,
    };
    match (asked.transport, parts.method.clone(), polling) {
        ("websocket", Method::GET, polling) => {
            let accept = accept_key(&parts.headers)?;
            let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(Refusal::BadRequest)?;
            match polling {
                Some(polling) => drop(tokio::spawn(websocket::change_over(upgrade, polling))),
                None => {
                    let session = open(&hub, asked.version, &parts)?;
                    tokio::spawn(websocket::serve(upgrade, session));
                }
            }
            let headers = [(CONNECTION, "upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_ACCEPT, &accept)];
            Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
        }
        ("polling", Method::GET, None) => Ok(begin(&hub, asked.version, &parts)?),
        ("polling", Method::GET, Some(polling)) => polling.wait().await,
        ("polling", Method::POST, Some(polling)) => polling.receive(body).await,
        (_, Method::GET | Method::POST, None) => Err(Refusal::BadMethod),
        _ => Err(Refusal::BadRequest),
    }
}

fn accept_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let is = |name, value: &str| {
        headers
            .get(name)
            .and_then(|found| found.to_str().ok())
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let key = headers.get(SEC_WEBSOCKET_KEY).ok_or(Refusal::BadRequest)?;
    if !is(UPGRADE, "websocket") || !is(SEC_WEBSOCKET_VERSION, "13") {
        return Err(Refusal::BadRequest);
    }
    Ok(derive_accept_key(key.as_bytes()))
}

fn open<S: Service>(hub: &Arc<Hub<S>>, version: Version, request: &Parts) -> Result<Session<S>, Refusal> {
    Ok(Session::new(hub.open().ok_or(Refusal::Forbidden)?, version, request))
}

fn polls<S: Service>(hub: &Hub<S>) -> MutexGuard<'_, std::collections::HashMap<String, Arc<Poll<S>>>> {
    hub.polls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a session that polls.
fn begin<S: Service>(hub: &Arc<Hub<S>>, version: Version, request: &Parts) -> Result<Response, Refusal> {
    let mut session = open(hub, version, request)?;
    let work = session.open(&["websocket"]);
    let polling = Arc::new(Poll {
        socket: session.socket.clone(),
        id: session.id.clone(),
        version,
        session: Mutex::new(Some(session)),
        is_polled: AtomicBool::new(false),
        is_changing: AtomicBool::new(false),
        is_alive: AtomicBool::new(true),
    });
    polls(hub).insert(polling.id.clone(), Arc::clone(&polling));
    // Hello is all that waits yet.
    let mut hello = Vec::new();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    if let std::task::Poll::Ready(Some(packets)) = polling.socket.outbox().poll_take(&mut context) {
        hello.extend(packets);
    }
    let response = payload(version, &hello);
    tokio::spawn(async move {
        if let Some(work) = work {
            work.await;
        }
        polling.keep().await;
    });
    Ok(response)
}

impl<S: Service> Poll<S> {
    /// Says whether the client is trying a WebSocket.
    pub fn set_changing(&self, is_changing: bool) {
        self.is_changing.store(is_changing, Ordering::SeqCst);
    }

    /// Hands the session over to a WebSocket, unless a packet of it is being handled.
    pub fn take_session(&self) -> Option<Session<S>> {
        let session = self.session.try_lock().ok()?.take();
        polls(self.socket.hub()).remove(&self.id);
        session
    }

    /// The answer to a poll: what waits, or what comes.
    async fn wait(&self) -> Result<Response, Refusal> {
        if self.is_polled.swap(true, Ordering::SeqCst) {
            return Err(Refusal::BadRequest);
        }
        let _polled = Unset(&self.is_polled);
        self.is_alive.store(true, Ordering::SeqCst);
        let mut first = true;
        let packets = poll_fn(|context| match self.socket.outbox().poll_take(context) {
            // A client that changes over must not be kept waiting.
            std::task::Poll::Pending
                if std::mem::take(&mut first) && self.is_changing.load(Ordering::SeqCst) =>
            {
                std::task::Poll::Ready(Some([Outgoing::new("6")].into()))
            }
            taken => taken,
        })
        .await;
        match packets {
            Some(packets) => Ok(payload(self.version, packets.iter())),
            None => {
                self.end().await;
                Ok(payload(self.version, &[Outgoing::new("1")]))
            }
        }
    }

    /// Packets that a client posts.
    async fn receive(self: Arc<Self>, body: Body) -> Result<Response, Refusal> {
        let most = usize::try_from(self.socket.hub().config.max_payload).unwrap_or(usize::MAX);
        let Ok(body) = to_bytes(body, most).await else {
            self.end().await;
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        self.is_alive.store(true, Ordering::SeqCst);
        // In a task of its own: what was begun is finished, also when the client does not wait for the answer.
        let handled = tokio::spawn(async move {
            let outcome = self.handle(body).await;
            if outcome != Ok(true) {
                self.end().await;
            }
            outcome
        });
        handled.await.unwrap_or(Err(Refusal::BadRequest))?;
        Ok(([(CONTENT_TYPE, "text/html")], "ok").into_response())
    }

    /// Says whether the client goes on.
    async fn handle(&self, body: Bytes) -> Result<bool, Refusal> {
        let mut session = self.session.lock().await;
        let session = session.as_mut().ok_or(Refusal::UnknownSession)?;
        let packets = std::str::from_utf8(&body).ok().and_then(|body| split(self.version, body));
        for packet in packets.ok_or(Refusal::BadRequest)? {
            let reaction = match packet.strip_prefix('b') {
                Some(_) => session.binary(),
                None => session.text(packet),
            };
            match reaction.map_err(|_| Refusal::BadRequest)? {
                Reaction::Nothing | Reaction::Alive => {}
                Reaction::Answer(packet) => drop(session.socket.send(packet)),
                Reaction::Work(work) => work.await,
                Reaction::End => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Asks the client now and then whether it is there, until it has changed over or is gone.
    async fn keep(&self) {
        let config = self.socket.hub().config.clone();
        loop {
            tokio::time::sleep(config.ping_interval).await;
            self.is_alive.store(false, Ordering::SeqCst);
            if self.version == Version::V4 {
                let _ = self.socket.send(Outgoing::new("2"));
            }
            tokio::time::sleep(config.ping_timeout).await;
            {
                // While a packet is handled it is there.
                let Ok(session) = self.session.try_lock() else { continue };
                let Some(session) = session.as_ref() else { return };
                if self.is_alive.load(Ordering::SeqCst) && session.has_connected() {
                    continue;
                }
            }
            return self.end().await;
        }
    }

    /// Sees the client off; the first time counts.
    async fn end(&self) {
        polls(self.socket.hub()).remove(&self.id);
        if self.session.lock().await.take().is_some() {
            self.socket.outbox().close();
            self.socket.leave_all();
            self.socket.hub().service.disconnected(&self.socket).await;
            self.socket.hub().forget(&self.socket);
        }
    }
}

/// Takes a mark back when the request ends, however it ends.
struct Unset<'a>(&'a AtomicBool);

impl Drop for Unset<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn payload<'a>(version: Version, packets: impl IntoIterator<Item = &'a Outgoing>) -> Response {
    let texts: Vec<_> = packets.into_iter().map(Outgoing::text).collect();
    let body = match version {
        Version::V4 => texts.join(&BETWEEN.to_string()),
        Version::V3 => texts.iter().map(|text| format!("{}:{text}", units(text))).collect(),
    };
    ([(CONTENT_TYPE, "text/plain; charset=UTF-8")], body).into_response()
}

/// The packets of a payload; `None` if it is none.
fn split(version: Version, body: &str) -> Option<Vec<&str>> {
    if version == Version::V4 {
        return Some(body.split(BETWEEN).collect());
    }
    let (mut packets, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let (length, after) = rest.split_once(':')?;
        let length: usize = length.parse().ok()?;
        let mut counted = 0;
        let end = after.char_indices().find(|(_, c)| {
            let is_end = counted >= length;
            counted += c.len_utf16();
            is_end
        });
        let (packet, after) = after.split_at(end.map_or(after.len(), |(at, _)| at));
        if units(packet) != length {
            return None;
        }
        packets.push(packet);
        rest = after;
    }
    Some(packets)
}

/// Version 3 counts as JavaScript does.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn version_3_says_how_long_its_packets_are() {
        assert_eq!(split(Version::V3, "2:40"), Some(vec!["40"]));
        assert_eq!(split(Version::V3, "3:4é😀"), None);
        assert_eq!(split(Version::V3, "4:4é😀1:2"), Some(vec!["4é😀", "2"]));
        for none in ["x", "40", "3:40", "1:4x", ":", "-1:4", "99999999999999999999:4"] {
            assert_eq!(split(Version::V3, none), None, "{none}");
        }
        assert_eq!(split(Version::V4, "40\u{1e}2"), Some(vec!["40", "2"]));
    }

    proptest! {
        #[test]
        fn a_payload_comes_apart_as_it_was_put_together(texts in proptest::collection::vec("4\\PC{0,20}", 1..5)) {
            let body: String = texts.iter().map(|text| format!("{}:{text}", units(text))).collect();
            prop_assert_eq!(split(Version::V3, &body).unwrap(), texts);
        }

        #[test]
        fn no_payload_makes_it_panic(body in "\\PC{0,30}", length in 0_usize..40) {
            let _ = split(Version::V3, &body);
            let _ = split(Version::V3, &format!("{length}:{body}"));
        }
    }
}
