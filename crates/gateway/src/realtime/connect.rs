//! Letting sockets in, and seeing them off (wire-contract 5.2).

use super::socket::Peer;
use super::{Realtime, conversation_room, handlers, session_room, user_room};
use crate::auth::{bearer, session_token};
use meeshy_chat::{Caller, ChatError};
use meeshy_domain::UserId;
use meeshy_wire::{Authenticated, AuthenticatedUser, ErrorEvent, Handshake, Iso, UserStatus, event_name};
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use std::sync::Arc;

/// Clients recognise a failed authentication by `Bearer token` in the text, and by nothing else.
const NOT_AUTHENTICATED: &str = "Authentification requise: Bearer token ou x-session-token invalide";

pub fn accept(io: &SocketIo, realtime: &Realtime) {
    let realtime = realtime.clone();
    io.ns("/", async move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        metrics::counter!("meeshy_sockets_opened_total").increment(1);
        let credentials = Credentials::of(&socket, handshake.unwrap_or_default());
        match realtime.authenticate(credentials).await {
            Ok(caller) => enter(&realtime, &socket, &caller).await,
            Err(error) => turn_away(&realtime, &socket, &error),
        }
    });
}

/// What a client has shown, in the order in which it is tried.
struct Credentials {
    token: Option<String>,
    session_token: Option<String>,
}

impl Credentials {
    fn of(socket: &SocketRef, handshake: Handshake) -> Self {
        let request = socket.req_parts();
        let in_query = || {
            let pairs = request.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(name, _)| *name == "token").map(|(_, value)| value.to_owned())
        };
        let is_jwt = handshake.token_type.as_deref().is_none_or(|kind| kind == "jwt");
        let in_handshake = handshake.auth_token.or(handshake.token).filter(|_| is_jwt);
        Self {
            token: bearer(&request.headers).map(str::to_owned).or(in_handshake).or_else(in_query),
            session_token: session_token(&request.headers).map(str::to_owned).or(handshake.session_token),
        }
    }
}

impl Realtime {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, ChatError> {
        let nobody = || Err(ChatError::Unauthenticated(NOT_AUTHENTICATED.into()));
        let by_token = match credentials.token {
            Some(token) => self.chat().authenticate(&token).await,
            None => nobody(),
        };
        match (by_token, credentials.session_token) {
            (Err(ChatError::Unauthenticated(_)), Some(token)) => {
                self.chat().authenticate_session(&token).await
            }
            (outcome, _) => outcome,
        }
    }
}

fn turn_away(realtime: &Realtime, socket: &SocketRef, error: &ChatError) {
    let message = match error {
        ChatError::Unauthenticated(_) => NOT_AUTHENTICATED.to_owned(),
        other => crate::error::ApiError::from_ref(other).body.message,
    };
    let failure = Authenticated { success: false, user: None, error: Some(message.clone()) };
    let _ = socket.emit(event_name::AUTHENTICATED, &failure);
    let _ = socket.emit(event_name::ERROR, &ErrorEvent { message, code: "AUTH_FAILED" });
    handlers::until_authenticated(realtime, socket);
    let (socket, deadline) = (socket.clone(), realtime.config().authentication_deadline);
    tokio::spawn(async move {
        tokio::time::sleep(deadline).await;
        if socket.connected() && socket.extensions.get::<Arc<Peer>>().is_none() {
            let _ = socket.disconnect();
        }
    });
}

/// Puts an authenticated socket into its rooms and tells it and the others.
pub async fn enter(realtime: &Realtime, socket: &SocketRef, caller: &Caller) {
    let user = &caller.user;
    let rooms = match realtime.chat().conversation_ids(user.id).await {
        Ok(rooms) => rooms,
        Err(error) => return turn_away(realtime, socket, &error),
    };
    let peer = Arc::new(Peer::new(user.id, &user.display_name));
    let first_time = socket.extensions.insert(Arc::clone(&peer)).is_none();
    socket.join(user_room(user.id));
    if let Some(session) = caller.session_id {
        socket.join(session_room(session));
    }
    socket.join(rooms.iter().map(|id| conversation_room(*id)).collect::<Vec<_>>());
    if first_time {
        handlers::listen(realtime, socket);
        see_off(realtime, socket, &peer);
        if realtime.chat().presence().connect(user.id) {
            announce(realtime, user.id, &user.display_name, true).await;
        }
    }
    realtime.chat().touch(user.id).await;
    let language = user.languages.system_language;
    let known = AuthenticatedUser { id: user.id, language, is_anonymous: false };
    let _ = socket
        .emit(event_name::AUTHENTICATED, &Authenticated { success: true, user: Some(known), error: None });
}

fn see_off(realtime: &Realtime, socket: &SocketRef, peer: &Arc<Peer>) {
    let (realtime, peer) = (realtime.clone(), Arc::clone(peer));
    socket.on_disconnect(async move || {
        metrics::counter!("meeshy_sockets_closed_total").increment(1);
        if realtime.chat().presence().disconnect(peer.user) {
            realtime.chat().touch(peer.user).await;
            announce(&realtime, peer.user, &peer.display_name, false).await;
        }
    });
}

/// Tells those who share a conversation with somebody that this person has come or gone.
async fn announce(realtime: &Realtime, user: UserId, name: &str, is_online: bool) {
    let rooms = match realtime.chat().conversation_ids(user).await {
        Ok(rooms) => rooms,
        Err(error) => return tracing::warn!(%error, "Nobody could be told who came or went"),
    };
    let rooms: Vec<String> = rooms.into_iter().map(conversation_room).collect();
    if rooms.is_empty() {
        return;
    }
    let status = UserStatus {
        user_id: user,
        username: name.to_owned(),
        is_online,
        last_active_at: Some(Iso(realtime.chat().now())),
    };
    let _ = realtime.io().to(rooms).emit(event_name::USER_STATUS, &status).await;
}

/// The legacy way to authenticate, by an event (wire-contract 5.2).
pub async fn authenticate_late(realtime: &Realtime, socket: &SocketRef, session_token: String) {
    // The field may hold either kind.
    let credentials = Credentials { token: Some(session_token.clone()), session_token: Some(session_token) };
    match realtime.authenticate(credentials).await {
        Ok(caller) => enter(realtime, socket, &caller).await,
        Err(_) => {
            let failure =
                Authenticated { success: false, user: None, error: Some(NOT_AUTHENTICATED.to_owned()) };
            let _ = socket.emit(event_name::AUTHENTICATED, &failure);
        }
    }
}
