//! Letting sockets in, and seeing them off (wire-contract 5.2).

use super::socket::Peer;
use super::{Realtime, conversation_room, handlers, session_room, user_room};
use crate::auth::{bearer, session_token};
use crate::error::ApiError;
use meeshy_chat::{Caller, ChatError};
use meeshy_domain::ConversationId;
use meeshy_wire::{Authenticated, AuthenticatedUser, ErrorEvent, Handshake, Iso, UserStatus, event_name};
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Clients recognise a failed authentication by `Bearer token` in the text, and by nothing else.
const NOT_AUTHENTICATED: &str = "Authentification requise: Bearer token ou x-session-token invalide";

/// Times that a socket may try to authenticate by an event.
const ATTEMPTS: u32 = 5;

pub fn accept(io: &SocketIo, realtime: &Realtime) {
    let realtime = realtime.clone();
    io.ns("/", async move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        metrics::counter!("meeshy_sockets_opened_total").increment(1);
        see_off(&realtime, &socket);
        let credentials = Credentials::of(&socket, handshake.unwrap_or_default());
        if let Err(error) = realtime.let_in(&socket, credentials).await {
            turn_away(&socket, error);
            allow_authentication(&realtime, &socket);
            close_unless_authenticated(&realtime, &socket);
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
    /// Puts a socket into its rooms and tells it and the others, if its credentials are good.
    async fn let_in(&self, socket: &SocketRef, credentials: Credentials) -> Result<(), ChatError> {
        let caller = self.authenticate(credentials).await?;
        let user = &caller.user;
        // First of all its own rooms: it must hear of a conversation that is opened while the others are looked up.
        socket.join(user_room(user.id));
        if let Some(session) = caller.session_id {
            socket.join(session_room(session));
        }
        let conversations = self.chat().conversation_ids(user.id).await?;
        socket.join(conversations.iter().map(|id| conversation_room(*id)).collect::<Vec<_>>());

        let peer = Arc::new(Peer::new(user.id, &user.display_name, user.languages.system_language));
        let is_first = self.chat().presence().connect(user.id);
        socket.extensions.insert(Arc::clone(&peer));
        handlers::listen(self, socket);
        if !socket.connected() {
            // It went before there was anybody to see off.
            socket.leave_all();
            self.leave(&peer).await;
            return Ok(());
        }
        welcome(socket, &peer);
        self.chat().touch(user.id).await;
        if is_first {
            self.announce(&peer, true, conversations).await;
        }
        Ok(())
    }

    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, ChatError> {
        let by_token = match credentials.token {
            Some(token) => self.chat().authenticate(&token).await,
            None => Err(ChatError::Unauthenticated(NOT_AUTHENTICATED.into())),
        };
        match (by_token, credentials.session_token) {
            (Err(ChatError::Unauthenticated(_)), Some(token)) => {
                self.chat().authenticate_session(&token).await
            }
            (outcome, _) => outcome,
        }
    }

    /// Notes that a socket of somebody is gone, and tells the others if it was the last.
    async fn leave(&self, peer: &Peer) {
        if !peer.leave() || !self.chat().presence().disconnect(peer.user) {
            return;
        }
        self.chat().touch(peer.user).await;
        match self.chat().conversation_ids(peer.user).await {
            Ok(conversations) => self.announce(peer, false, conversations).await,
            Err(error) => tracing::warn!(%error, "Nobody could be told who went"),
        }
    }

    /// Tells those who share a conversation with somebody that this person has come or gone.
    async fn announce(&self, peer: &Peer, is_online: bool, conversations: Vec<ConversationId>) {
        let rooms: Vec<String> = conversations.into_iter().map(conversation_room).collect();
        if rooms.is_empty() {
            return;
        }
        let status = UserStatus {
            user_id: peer.user,
            username: &peer.display_name,
            is_online,
            last_active_at: Some(Iso(self.chat().now())),
        };
        self.emit(rooms, event_name::USER_STATUS, &status).await;
    }
}

/// Tells a socket whom the server takes it for.
pub fn welcome(socket: &SocketRef, peer: &Peer) {
    let known = AuthenticatedUser { id: peer.user, language: peer.language, is_anonymous: false };
    let _ = socket
        .emit(event_name::AUTHENTICATED, &Authenticated { success: true, user: Some(known), error: None });
}

fn turn_away(socket: &SocketRef, error: ChatError) {
    let (message, code) = match error {
        ChatError::Unauthenticated(_) => (NOT_AUTHENTICATED.to_owned(), "AUTH_FAILED"),
        // Not the client's fault, so not in the words that make it sign out.
        other => {
            let body = ApiError::from(other).body;
            (body.message, body.code)
        }
    };
    let failure = Authenticated { success: false, user: None, error: Some(message.clone()) };
    let _ = socket.emit(event_name::AUTHENTICATED, &failure);
    let _ = socket.emit(event_name::ERROR, &ErrorEvent { message, code });
}

/// Lets a socket authenticate by the legacy event, some times.
fn allow_authentication(realtime: &Realtime, socket: &SocketRef) {
    let (realtime, attempts) = (realtime.clone(), Arc::new(Mutex::new(0)));
    socket.on(
        event_name::AUTHENTICATE,
        async move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
            // One attempt at a time: two that succeed at once would make two people of one socket.
            let mut attempts = attempts.lock().await;
            if is_authenticated(&socket) {
                return;
            }
            *attempts += 1;
            // The field may hold either kind.
            let token = handshake.unwrap_or_default().session_token;
            let credentials = Credentials { token: token.clone(), session_token: token };
            if let Err(error) = realtime.let_in(&socket, credentials).await {
                turn_away(&socket, error);
                if *attempts >= ATTEMPTS {
                    let _ = socket.disconnect();
                }
            }
        },
    );
}

fn close_unless_authenticated(realtime: &Realtime, socket: &SocketRef) {
    let (socket, deadline) = (socket.clone(), realtime.config().authentication_deadline);
    tokio::spawn(async move {
        tokio::time::sleep(deadline).await;
        if socket.connected() && !is_authenticated(&socket) {
            let _ = socket.disconnect();
        }
    });
}

fn is_authenticated(socket: &SocketRef) -> bool {
    socket.extensions.get::<Arc<Peer>>().is_some()
}

fn see_off(realtime: &Realtime, socket: &SocketRef) {
    let realtime = realtime.clone();
    socket.on_disconnect(async move |socket: SocketRef| {
        metrics::counter!("meeshy_sockets_closed_total").increment(1);
        if let Some(peer) = socket.extensions.get::<Arc<Peer>>() {
            realtime.leave(&peer).await;
        }
    });
}
