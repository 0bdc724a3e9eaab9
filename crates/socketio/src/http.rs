//! The HTTP requests of Engine.IO: polling, and opening a WebSocket.

use crate::hub::Hub;
use crate::outbox::{Handle, Outbox};
use crate::polling::{Polling, Polls};
use crate::refusal::Refusal;
use crate::server::Server;
use crate::session::Session;
use crate::version::Version;
use crate::{Service, websocket};
use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use hyper::upgrade::OnUpgrade;
use std::sync::Arc;
use tungstenite::handshake::derive_accept_key;

impl<S: Service> Server<S> {
    /// The routes of Socket.IO: `/socket.io/`.
    pub fn router(&self) -> Router {
        let route = routing::any(handle::<S>);
        Router::new()
            .route("/socket.io/", route.clone())
            .route("/socket.io", route)
            .with_state(Site { hub: Arc::clone(&self.0), polls: Arc::default() })
    }
}

/// What requests are answered with.
struct Site<S: Service> {
    hub: Arc<Hub<S>>,
    polls: Arc<Polls<S>>,
}

impl<S: Service> Clone for Site<S> {
    fn clone(&self) -> Self {
        Self { hub: Arc::clone(&self.hub), polls: Arc::clone(&self.polls) }
    }
}

/// The parameters of a request.
struct Parameters<'a> {
    version: Version,
    transport: &'a str,
    id: Option<&'a str>,
}

impl<'a> Parameters<'a> {
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
        // JSONP is for browsers that nobody uses any more.
        if !matches!(transport, "polling" | "websocket") || value("j").is_some() {
            return Err(Refusal::UnknownTransport);
        }
        Ok(Self { version, transport, id: value("sid").filter(|id| !id.is_empty()) })
    }
}

async fn handle<S: Service>(State(site): State<Site<S>>, request: Request) -> Result<Response, Refusal> {
    let Site { hub, polls } = site;
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Parameters::read(&query)?;
    let polling = match asked.id {
        Some(id) => Some(polls.get(id).ok_or(Refusal::UnknownSession)?),
        None => None,
    };
    match (asked.transport, parts.method.clone(), polling) {
        ("websocket", Method::GET, polling) => {
            let accept = accept_key(&parts.headers)?;
            let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(Refusal::BadRequest)?;
            match polling {
                Some(polling) => drop(tokio::spawn(websocket::upgrade(upgrade, polling))),
                None => {
                    let session = open(&hub, asked.version, &parts)?;
                    tokio::spawn(websocket::serve(upgrade, session));
                }
            }
            let headers = [(CONNECTION, "upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_ACCEPT, &accept)];
            Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
        }
        ("polling", Method::GET, None) => Ok(Polling::begin(open(&hub, asked.version, &parts)?, &polls)),
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
    let outbox = Arc::<Outbox>::default();
    let connection = hub.service.open(request, Handle::new(&outbox));
    Session::new(hub, version, outbox, connection).ok_or(Refusal::Stopping)
}
