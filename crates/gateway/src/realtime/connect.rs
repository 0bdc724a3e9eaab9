//! Letting sockets in, and seeing them off.

use super::socket::{Client, Peer};
use super::{Realtime, Room, Socket, Sockets, emit, tell};
use crate::auth::{address, bearer, session_token};
use crate::error::ApiError;
use axum::http::request::Parts;
use meeshy_chat::{Audience, Authority, Caller, ChatError};
use meeshy_domain::limits::PRESENCE_MEMBERS;
use meeshy_domain::{Network, UserId};
use meeshy_socketio::Handle;
use meeshy_wire::{
    Authenticated, AuthenticatedUser, ErrorCode, ErrorEvent, Handshake, Iso, UserStatus, event_name,
};
use std::sync::atomic::Ordering;

/// Clients recognise a failed authentication by `Bearer token` in the text, and by nothing else.
const NOT_AUTHENTICATED: &str = "Authentification requise: Bearer token ou x-session-token invalide";

/// Longer tokens are not ours, and are not kept until the client joins.
const MAX_TOKEN_BYTES: usize = 4096;

/// What the first request of a connection shows, that may authenticate it. It holds secrets, so it has no `Debug`.
#[derive(Default)]
pub struct Shown {
    bearer: Option<Box<str>>,
    in_query: Option<Box<str>>,
    session_token: Option<Box<str>>,
}

/// Takes a connection, from its first request.
pub fn open(realtime: &Realtime, Parts { headers, extensions, uri, .. }: &Parts, handle: Handle) -> Client {
    let from = Network::of(address(headers, extensions, &realtime.config));
    let mut pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let in_query = pairs.find(|(name, _)| *name == "token").map(|(_, value)| value);
    let kept = |token: &str| (token.len() <= MAX_TOKEN_BYTES).then(|| token.into());
    let shown = Shown {
        bearer: bearer(headers).and_then(kept),
        // It is in the logs of proxies: taken only where that is allowed.
        in_query: in_query.filter(|_| realtime.config.query_tokens).and_then(kept),
        session_token: session_token(headers).and_then(kept),
    };
    Client::new(&realtime.pending, from, handle, shown)
}

/// Lets a socket in, if its credentials are good. If not it may stay for a while, and show others.
pub async fn let_in(realtime: &Realtime, socket: &Socket, auth: &str) {
    metrics::counter!("meeshy_sockets_opened_total").increment(1);
    let shown = socket.connection().begin(&realtime.pending);
    let credentials = Credentials::of(shown.as_deref(), auth);
    drop(shown);
    if let Err(error) = realtime.let_in(socket, credentials).await {
        turn_away(socket, error);
    }
}

/// Takes the legacy event that authenticates, some times.
pub async fn authenticate(realtime: &Realtime, socket: &Socket, handshake: Handshake) {
    if let Err(error) = realtime.let_in(socket, Credentials::in_event(handshake)).await {
        turn_away(socket, error);
        if !socket.connection().failed() {
            socket.disconnect();
        }
    }
}

/// Some clients say again who they are: a fresh token lets them stay for as long as it holds.
pub async fn authenticate_again(realtime: &Realtime, socket: &Socket, peer: &Peer, handshake: Handshake) {
    if let Ok(caller) = realtime.authenticate(Credentials::in_event(handshake)).await {
        peer.renew(&caller);
    }
    welcome(socket, peer);
}

/// Sends a socket away that may not be here any more, in the words by which its client knows that it has to sign in.
pub fn revoke(socket: &Socket) {
    turn_away(socket, ChatError::Unauthenticated(NOT_AUTHENTICATED.into()));
    socket.disconnect();
}

/// Notes that a socket is gone, and tells the others if it was the last of somebody.
pub async fn see_off(realtime: &Realtime, socket: &Socket) {
    metrics::counter!("meeshy_sockets_closed_total").increment(1);
    let Some(peer) = socket.state().get() else { return };
    realtime.cursors.disconnect(peer.user);
    let was_last = realtime.chat.presence().disconnect(peer.user);
    // Where everybody goes there is nobody to tell, and the database may be what the program stops for.
    if !was_last || realtime.stopping.load(Ordering::SeqCst) {
        return;
    }
    realtime.chat.touch(peer.user).await;
    match realtime.chat.audience(peer.user).await {
        Ok(audience) => announce(&socket.server(), peer.user, &peer.display_name, &audience),
        Err(error) => tracing::warn!(%error, "Failed to announce that a user went offline"),
    }
}

/// Tells a socket whom the server takes it for.
pub fn welcome(socket: &Socket, peer: &Peer) {
    let known = AuthenticatedUser { id: peer.user, language: peer.language, is_anonymous: false };
    emit(socket, event_name::AUTHENTICATED, &Authenticated { success: true, user: Some(known), error: None });
}

/// What a client has shown, in the order in which it is tried.
struct Credentials {
    token: Option<String>,
    session_token: Option<String>,
}

impl Credentials {
    /// Those of the event that authenticates: its field may hold either kind.
    fn in_event(Handshake { session_token, .. }: Handshake) -> Self {
        Self { token: session_token.clone(), session_token }
    }

    fn of(shown: Option<&Shown>, auth: &str) -> Self {
        let known = |find: fn(&Shown) -> &Option<Box<str>>| {
            shown.and_then(|shown| find(shown).as_deref()).map(str::to_owned)
        };
        // Whoever says nothing that makes sense has shown nothing.
        let handshake: Handshake = meeshy_wire::from_json(auth.as_bytes()).unwrap_or_default();
        let is_jwt = handshake.token_type.as_deref().is_none_or(|kind| kind == "jwt");
        let in_handshake = handshake.auth_token.or(handshake.token).filter(|_| is_jwt);
        Self {
            token: known(|shown| &shown.bearer).or(in_handshake).or_else(|| known(|shown| &shown.in_query)),
            session_token: known(|shown| &shown.session_token).or(handshake.session_token),
        }
    }
}

impl Realtime {
    /// Puts a socket into its rooms and tells it and the others, if its credentials are good.
    async fn let_in(&self, socket: &Socket, credentials: Credentials) -> Result<(), ChatError> {
        let caller = self.authenticate(credentials).await?;
        // Before it hears of anything.
        socket.trust();
        self.cursors.connect(caller.user.id);
        let audience = self.join_rooms(socket, &caller).await.inspect_err(|_| {
            self.cursors.disconnect(caller.user.id);
            socket.leave_rooms();
        })?;
        socket.connection().authenticated();
        let peer = socket.state().get_or_init(|| Peer::new(&caller));
        self.chat.presence().connect(peer.user);
        welcome(socket, peer);
        self.chat.touch(peer.user).await;
        announce(&socket.server(), peer.user, &peer.display_name, &audience);
        Ok(())
    }

    async fn join_rooms(&self, socket: &Socket, caller: &Caller) -> Result<Audience, ChatError> {
        // First of all its own rooms: it must hear of a conversation that is opened while the others are looked up.
        socket.join(Room::User(caller.user.id));
        if let Some(session) = caller.session_id {
            socket.join(Room::Session(session));
        }
        let audience = self.chat.audience(caller.user.id).await?;
        self.cursors.learn(caller.user.id, &audience.memberships);
        for membership in &audience.memberships {
            self.chat.follow(membership.conversation_id, membership.last_event);
            socket.join(Room::Conversation(membership.conversation_id));
        }
        // Whoever revoked the session before it could be found in its room told nobody.
        self.chat.confirm(Authority::of(caller)).await?;
        Ok(audience)
    }

    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, ChatError> {
        let by_token = match credentials.token {
            Some(token) => self.chat.authenticate(&token).await,
            None => Err(ChatError::Unauthenticated(NOT_AUTHENTICATED.into())),
        };
        match (by_token, credentials.session_token) {
            (Err(ChatError::Unauthenticated(_)), Some(token)) => self.chat.authenticate_session(&token).await,
            (outcome, _) => outcome,
        }
    }
}

/// Tells those here who share a conversation of at most [`PRESENCE_MEMBERS`] with somebody that this person has come or gone, unless
/// they know.
pub fn announce(sockets: &Sockets, user: UserId, display_name: &str, audience: &Audience) {
    let small = audience.memberships.iter().filter(|one| one.member_count <= PRESENCE_MEMBERS);
    let rooms: Vec<Room> = small.map(|membership| Room::Conversation(membership.conversation_id)).collect();
    let chat = &sockets.service().chat;
    chat.presence().announce(user, |is_online| {
        let last_active_at = Some(Iso(chat.now()));
        let status = UserStatus { user_id: user, username: display_name, is_online, last_active_at };
        tell(sockets, &rooms, &audience.hidden_from, event_name::USER_STATUS, &status);
    });
}

fn turn_away(socket: &Socket, error: ChatError) {
    let (message, code) = match error {
        ChatError::Unauthenticated(_) => (NOT_AUTHENTICATED.to_owned(), ErrorCode::AuthFailed),
        // Not the client's fault, so not in the words that make it sign out.
        other => {
            let body = ApiError::from(other).body;
            (body.message, body.code)
        }
    };
    let failure = Authenticated { success: false, user: None, error: Some(message.clone()) };
    emit(socket, event_name::AUTHENTICATED, &failure);
    emit(socket, event_name::ERROR, &ErrorEvent { message, code });
}
