//! Authenticates and disconnects sockets.

use super::own_calls::Closed;
use super::socket::{Client, GuestPeer, Holder, Peer, Shown};
use super::state::{Realtime, Room, Socket, Sockets, emit, guest, peer, tell};
use crate::http::auth::{address, bearer, session_token};
use crate::http::error::ApiError;
use axum::http::request::Parts;
use meeshy_chat::{Audience, Authority, Caller, ChatError, GuestCaller, Guests};
use meeshy_domain::limits::PRESENCE_MEMBERS;
use meeshy_domain::{Network, UserId};
use meeshy_socketio::Handle;
use meeshy_wire::{
    Authenticated, AuthenticatedUser, ErrorCode, ErrorEvent, Handshake, Iso, UserStatus, event_name,
};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Clients recognise a failed authentication by `Bearer token` in the text, and by nothing else.
const NOT_AUTHENTICATED: &str = "Authentification requise: Bearer token ou x-session-token invalide";

/// How often it is tried to note that a participant of a call has disconnected, while the database fails, and the
/// pause in between. Nothing else finds out: the gateway is alive.
const NOTE_ATTEMPTS: usize = 60;
const NOTE_INTERVAL: Duration = Duration::from_secs(1);

/// Longer tokens are not ours, and are not stored until the client joins.
const MAX_TOKEN_BYTES: usize = 4096;

/// Accepts a connection, from its first request.
pub fn open(realtime: &Realtime, Parts { headers, extensions, uri, .. }: &Parts, handle: Handle) -> Client {
    let from = Network::of(address(headers, extensions, &realtime.config));
    let mut pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let in_query = pairs.find(|(name, _)| *name == "token").map(|(_, value)| value);
    let kept = |token: &str| (token.len() <= MAX_TOKEN_BYTES).then(|| token.into());
    let shown = Shown {
        bearer: bearer(headers).and_then(kept),
        // Proxies log it, so it is only accepted if configured.
        in_query: in_query.filter(|_| realtime.config.query_tokens).and_then(kept),
        session_token: session_token(headers).and_then(kept),
    };
    Client::new(&realtime.pending, from, handle, shown)
}

/// Authenticates a socket. If its credentials are invalid, it may stay for a while and send others.
pub async fn let_in(realtime: &Realtime, socket: &Socket, auth: &str) {
    metrics::counter!("meeshy_sockets_opened_total").increment(1);
    let shown = socket.connection().begin(&realtime.pending);
    let credentials = Credentials::of(shown.as_deref(), auth);
    drop(shown);
    if let Err(error) = realtime.let_in(socket, credentials).await {
        turn_away(socket, error);
    }
}

/// Handles the legacy authentication event, a limited number of times.
pub async fn authenticate(realtime: &Realtime, socket: &Socket, handshake: Handshake) {
    if let Err(error) = realtime.let_in(socket, Credentials::in_event(handshake)).await {
        turn_away(socket, error);
        if !socket.connection().failed() {
            socket.disconnect();
        }
    }
}

/// Some clients authenticate again: a new token extends how long they can stay.
pub async fn authenticate_again(realtime: &Realtime, socket: &Socket, peer: &Peer, handshake: Handshake) {
    if let Ok(Known::User(caller)) = realtime.authenticate(Credentials::in_event(handshake)).await {
        peer.renew(&caller);
    }
    welcome(socket, peer);
}

/// Disconnects a socket that is no longer authorized, with the text by which its client knows that it has to
/// sign in.
pub fn revoke(socket: &Socket) {
    turn_away(socket, ChatError::Unauthenticated(NOT_AUTHENTICATED.into()));
    if let Some(peer) = peer(socket) {
        peer.calls.end_session();
    }
    socket.disconnect();
}

/// Records that a socket has disconnected, and announces it if it was the user's last one.
pub async fn see_off(realtime: &Realtime, socket: &Socket) {
    metrics::counter!("meeshy_sockets_closed_total").increment(1);
    let Some(peer) = peer(socket) else { return };
    realtime.cursors.disconnect(peer.user);
    let was_last = realtime.chat.presence().disconnect(peer.user);
    // During a shutdown nobody is left to notify, and a failing database may be its cause.
    if realtime.stopping.load(Ordering::SeqCst) {
        return;
    }
    if was_last {
        realtime.chat.activity().touch(peer.user).await;
        match realtime.chat.conversations().audience(peer.user).await {
            Ok(audience) => announce(&socket.server(), peer.user, &peer.display_name, &audience),
            Err(error) => tracing::warn!(%error, "Failed to announce that a user went offline"),
        }
    }
    if let Some(closed) = peer.calls.close() {
        leave_calls(realtime, peer.user, &closed).await;
    }
}

/// Records that the socket of a participant of calls is closed, or makes them leave.
async fn leave_calls(realtime: &Realtime, user: UserId, Closed { name, is_final }: &Closed) {
    for attempt in 1..=NOTE_ATTEMPTS {
        let Err(error) = realtime.chat.calls().disconnected(user, name, *is_final).await else { return };
        if attempt == NOTE_ATTEMPTS || realtime.stopping.load(Ordering::SeqCst) {
            tracing::warn!(%error, "Failed to note that a participant of a call has disconnected");
            return;
        }
        tokio::time::sleep(NOTE_INTERVAL).await;
    }
}

/// Tells a socket which user it is authenticated as.
pub fn welcome(socket: &Socket, peer: &Peer) {
    let known = AuthenticatedUser { id: peer.user.into(), language: peer.language, is_anonymous: false };
    emit(socket, event_name::AUTHENTICATED, &Authenticated { success: true, user: Some(known), error: None });
}

/// Tells a socket which guest it is authenticated as.
pub fn welcome_guest(socket: &Socket, guest: &GuestPeer) {
    let known = AuthenticatedUser { id: guest.id.into(), language: guest.language, is_anonymous: true };
    emit(socket, event_name::AUTHENTICATED, &Authenticated { success: true, user: Some(known), error: None });
}

/// Whose credentials they are.
enum Known {
    User(Box<Caller>),
    Guest(Box<GuestCaller>),
}

/// The credentials of a client, in the order in which they are tried.
struct Credentials {
    token: Option<String>,
    session_token: Option<String>,
}

impl Credentials {
    /// Those of the authentication event: its field may contain either kind.
    fn in_event(Handshake { session_token, .. }: Handshake) -> Self {
        Self { token: session_token.clone(), session_token }
    }

    fn of(shown: Option<&Shown>, auth: &str) -> Self {
        let known = |find: fn(&Shown) -> &Option<Box<str>>| {
            shown.and_then(|shown| find(shown).as_deref()).map(str::to_owned)
        };
        // An invalid payload contains no credentials.
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
    /// Joins an authenticated socket to its rooms, and notifies it and the others.
    async fn let_in(&self, socket: &Socket, credentials: Credentials) -> Result<(), ChatError> {
        let caller = match self.authenticate(credentials).await? {
            Known::User(caller) => caller,
            Known::Guest(caller) => {
                self.let_guest_in(socket, &caller);
                return Ok(());
            }
        };
        // Before it receives any event.
        socket.trust();
        self.cursors.connect(caller.user.id);
        let audience = self.join_rooms(socket, &caller).await.inspect_err(|_| {
            self.cursors.disconnect(caller.user.id);
            socket.leave_rooms();
        })?;
        socket.connection().authenticated();
        socket.state().get_or_init(|| Holder::User(Box::new(Peer::new(&caller))));
        let Some(peer) = peer(socket) else {
            return Err(ChatError::Unauthenticated(NOT_AUTHENTICATED.into()));
        };
        self.chat.presence().connect(peer.user);
        welcome(socket, peer);
        self.chat.activity().touch(peer.user).await;
        announce(&socket.server(), peer.user, &peer.display_name, &audience);
        Ok(())
    }

    /// Joins the socket of a guest to the room of the guests of their conversation.
    fn let_guest_in(&self, socket: &Socket, caller: &GuestCaller) {
        socket.trust();
        let conversation = &caller.conversation;
        // Before it is in the room: events are for the sockets of those who see the message.
        socket.state().get_or_init(|| Holder::Guest(Box::new(GuestPeer::new(caller))));
        self.chat.events().follow(conversation.id, conversation.last_event);
        socket.join(Room::Guests(conversation.id));
        socket.connection().authenticated();
        // If the guest has left in the meantime, the next check finds out.
        guest(socket).inspect(|guest| welcome_guest(socket, guest));
    }

    async fn join_rooms(&self, socket: &Socket, caller: &Caller) -> Result<Audience, ChatError> {
        // First its own rooms: it must be notified of conversations that are created while the others are
        // looked up.
        socket.join(Room::User(caller.user.id));
        if let Some(session) = caller.session_id {
            socket.join(Room::Session(session));
        }
        let audience = self.chat.conversations().audience(caller.user.id).await?;
        self.cursors.learn(caller.user.id, &audience.memberships);
        for membership in &audience.memberships {
            self.chat.events().follow(membership.conversation_id, membership.last_event);
            socket.join(Room::Conversation(membership.conversation_id));
        }
        // If the session was revoked before the socket was in its room, nobody was notified.
        self.chat.sessions().confirm(Authority::of(caller)).await?;
        Ok(audience)
    }

    async fn authenticate(&self, credentials: Credentials) -> Result<Known, ChatError> {
        let by_token = match credentials.token {
            Some(token) => self.chat.sessions().authenticate(&token).await,
            None => Err(ChatError::Unauthenticated(NOT_AUTHENTICATED.into())),
        };
        let user = match (by_token, credentials.session_token) {
            (Err(ChatError::Unauthenticated(_)), Some(token)) if Guests::is_secret(&token) => {
                return Ok(Known::Guest(Box::new(self.chat.guests().authenticate(&token).await?)));
            }
            (Err(ChatError::Unauthenticated(_)), Some(token)) => {
                self.chat.sessions().authenticate_device(&token).await
            }
            (outcome, _) => outcome,
        };
        Ok(Known::User(Box::new(user?)))
    }
}

/// Notifies users here who share a conversation of at most [`PRESENCE_MEMBERS`] members that a user has
/// connected or disconnected, unless they know.
pub fn announce(sockets: &Sockets, user: UserId, display_name: &str, audience: &Audience) {
    let small = audience.memberships.iter().filter(|one| one.member_count <= PRESENCE_MEMBERS);
    let rooms: Vec<Room> = small.map(|membership| Room::Conversation(membership.conversation_id)).collect();
    let chat = &sockets.service().chat;
    let hides = audience.hides;
    chat.presence().announce(user, hides.online_status, |is_online| {
        let last_active_at = Some(Iso(chat.now())).filter(|_| !hides.last_seen);
        let status = UserStatus { user_id: user, username: display_name, is_online, last_active_at };
        let mut hidden_from = audience.hidden_from.clone();
        // Only others see the user as offline.
        hidden_from.extend(hides.online_status.then_some(user));
        tell(sockets, &rooms, &hidden_from, event_name::USER_STATUS, &status);
    });
}

/// The same for a user who connects or disconnects elsewhere, or has changed what others see.
pub async fn look_and_announce(sockets: &Sockets, user: UserId) {
    match sockets.service().chat.conversations().named_audience(user).await {
        Ok(Some((display_name, audience))) => announce(sockets, user, &display_name, &audience),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "Failed to announce whether a user is online"),
    }
}

/// Learns the read positions of a user who is connected here and has become a member of a conversation.
pub async fn learn_positions(sockets: &Sockets, user: UserId) {
    let realtime = sockets.service();
    match realtime.chat.conversations().audience(user).await {
        Ok(audience) => realtime.cursors.learn(user, &audience.memberships),
        Err(error) => tracing::warn!(%error, "Failed to read the read positions of a new member"),
    }
}

fn turn_away(socket: &Socket, error: ChatError) {
    let (message, code) = match error {
        ChatError::Unauthenticated(_) => (NOT_AUTHENTICATED.to_owned(), ErrorCode::AuthFailed),
        // Not the client's fault, so not with the text that makes it sign out.
        other => {
            let body = ApiError::from(other).body;
            (body.message, body.code)
        }
    };
    let failure = Authenticated { success: false, user: None, error: Some(message.clone()) };
    emit(socket, event_name::AUTHENTICATED, &failure);
    emit(socket, event_name::ERROR, &ErrorEvent { message, code });
}
