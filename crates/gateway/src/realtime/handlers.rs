//! Reading what sockets send (wire-contract 5.4).

use super::socket::{Peer, Turn, Verdict};
use super::{Realtime, connect, conversation_room};
use crate::error::ApiError;
use crate::present;
use axum::http::StatusCode;
use meeshy_chat::NewMessage;
use meeshy_domain::ConversationId;
use meeshy_wire::{Ack, AckData, ConversationRef, ErrorEvent, SendMessage, StatsEvent, Typing, event_name};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use socketioxide::ParserError;
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use std::sync::Arc;

/// Listens to a socket that has authenticated.
pub fn listen(realtime: &Realtime, socket: &SocketRef) {
    listen_for_messages(realtime, socket);
    on(realtime, socket, event_name::CONVERSATION_JOIN, join);
    on(realtime, socket, event_name::CONVERSATION_LEAVE, leave);
    on(realtime, socket, event_name::TYPING_START, |realtime, socket, peer, data| {
        relay_typing(realtime, socket, peer, data, true)
    });
    on(realtime, socket, event_name::TYPING_STOP, |realtime, socket, peer, data| {
        relay_typing(realtime, socket, peer, data, false)
    });
    on(realtime, socket, event_name::AUTHENTICATE, async |_, socket, peer, _: Value| {
        connect::welcome(&socket, &peer);
        Ok(())
    });
    let here = realtime.clone();
    socket.on_fallback(async move |socket: SocketRef, Event(name): Event, ack: AckSender| {
        let refusal = admit(&here, &socket).err().unwrap_or_else(|| unknown_event(&name));
        // Nobody may wait for it.
        let _ = ack.send(&Ack::<Value>::refused(*refusal.body));
    });
}

/// Listens for an event without an acknowledgement; what goes wrong with it is told by `error`.
fn on<T, Handle, Outcome>(realtime: &Realtime, socket: &SocketRef, name: &'static str, handle: Handle)
where
    T: DeserializeOwned + Send + Sync + 'static,
    Handle: Fn(Realtime, SocketRef, Arc<Peer>, T) -> Outcome + Clone + Send + Sync + 'static,
    Outcome: Future<Output = Result<(), ApiError>> + Send + 'static,
{
    let realtime = realtime.clone();
    socket.on(name, async move |socket: SocketRef, TryData(data): TryData<T>| {
        let outcome = match read(&realtime, &socket, data) {
            Ok((peer, data)) => handle(realtime, socket.clone(), peer, data).await,
            Err(error) => Err(error),
        };
        if let Err(ApiError { body, .. }) = outcome {
            let _ = socket.emit(event_name::ERROR, &ErrorEvent { message: body.message, code: body.code });
        }
    });
}

fn listen_for_messages(realtime: &Realtime, socket: &SocketRef) {
    let realtime = realtime.clone();
    let handle = move |socket: SocketRef, TryData(data): TryData<SendMessage>, ack: AckSender| {
        // Here events still come one after the other. What follows runs beside what follows from the next event, so
        // each message takes its place in line now: they are stored in the order in which they were sent.
        let message = read(&realtime, &socket, data).map(|(peer, data)| (peer.line_up(), peer, data));
        async move {
            let sent = match message {
                Ok((turn, peer, data)) => send(&realtime, turn, &peer, data).await.map(|data| (peer, data)),
                Err(error) => Err(error),
            };
            // A socket that is gone needs no acknowledgement: its client sends the message again.
            match sent {
                Ok((peer, data)) => {
                    let _ = ack.send(&Ack::done(data));
                    realtime.chat().touch(peer.user).await;
                }
                Err(error) => {
                    let _ = ack.send(&Ack::<AckData>::refused(*error.body));
                }
            }
        }
    };
    socket.on(event_name::MESSAGE_SEND, handle);
}

/// The person behind an event and what it says, if the socket may go on.
fn read<T>(
    realtime: &Realtime,
    socket: &SocketRef,
    data: Result<T, ParserError>,
) -> Result<(Arc<Peer>, T), ApiError> {
    let peer = admit(realtime, socket)?;
    let data = data.map_err(|error| {
        let message = format!("the event could not be read: {error}");
        ApiError::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    })?;
    Ok((peer, data))
}

/// The person behind a socket that may go on, or why it may not.
fn admit(realtime: &Realtime, socket: &SocketRef) -> Result<Arc<Peer>, ApiError> {
    let peer = socket.extensions.get::<Arc<Peer>>().ok_or_else(ApiError::authentication_required)?;
    let verdict = peer.count(realtime.config().rate_limits.events);
    if verdict == Verdict::Handle {
        return Ok(peer);
    }
    let refusal =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "too many events; slow down");
    if verdict == Verdict::Disconnect {
        let error = ErrorEvent { message: refusal.body.message.clone(), code: refusal.body.code };
        let _ = socket.emit(event_name::ERROR, &error);
        let _ = socket.clone().disconnect();
    }
    Err(refusal)
}

async fn send(
    realtime: &Realtime,
    mut turn: Turn,
    peer: &Peer,
    data: SendMessage,
) -> Result<AckData, ApiError> {
    turn.comes().await;
    let Some(_handling) = realtime.begin() else {
        let message = "the server is restarting; send again in a moment";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message));
    };
    let new = NewMessage {
        conversation: data.conversation_id,
        content: data.content,
        original_language: data.original_language,
        message_type: data.message_type,
        reply_to_id: data.reply_to_id,
        client_message_id: data.client_message_id,
    };
    let sent = realtime.chat().send(peer.user, new).await?;
    let message = &sent.message.message;
    Ok(AckData {
        message_id: message.id,
        client_message_id: message.client_message_id.clone(),
        created_at: message.created_at.into(),
    })
}

async fn join(
    realtime: Realtime,
    socket: SocketRef,
    peer: Arc<Peer>,
    data: ConversationRef,
) -> Result<(), ApiError> {
    let view = realtime.chat().conversation(peer.user, &data.conversation_id).await?;
    let id = view.conversation.id;
    socket.join(conversation_room(id));
    // A socket that is gone needs no answer.
    let _ =
        socket.emit(event_name::CONVERSATION_JOINED, &json!({ "conversationId": id, "userId": peer.user }));
    let stats = present::stats(&view, realtime.chat().now());
    let _ = socket
        .emit(event_name::CONVERSATION_STATS, &StatsEvent { conversation_id: data.conversation_id, stats });
    Ok(())
}

/// A client leaves with every change of page; it goes on hearing of the conversation, or its list would stand still
/// (wire-contract 8, row 17).
async fn leave(
    realtime: Realtime,
    socket: SocketRef,
    peer: Arc<Peer>,
    data: ConversationRef,
) -> Result<(), ApiError> {
    let id = realtime.chat().membership(peer.user, &data.conversation_id).await?;
    let _ = socket.emit(event_name::CONVERSATION_LEFT, &json!({ "conversationId": id, "userId": peer.user }));
    Ok(())
}

/// Passed on without asking the database: whoever is in the room is a member.
async fn relay_typing(
    realtime: Realtime,
    socket: SocketRef,
    peer: Arc<Peer>,
    data: ConversationRef,
    is_typing: bool,
) -> Result<(), ApiError> {
    let id: ConversationId = match data.conversation_id.parse() {
        Ok(id) => id,
        // By its identifier, as the landing page does.
        Err(_) => realtime.chat().membership(peer.user, &data.conversation_id).await?,
    };
    let room = conversation_room(id);
    if socket.rooms().iter().any(|joined| **joined == room) {
        let name = if is_typing { event_name::TYPING_START } else { event_name::TYPING_STOP };
        let typing =
            Typing { user_id: peer.user, username: &peer.display_name, conversation_id: id, is_typing };
        // Whoever misses it misses little.
        let _ = socket.to(room).emit(name, &typing).await;
    }
    Ok(())
}

fn unknown_event(name: &str) -> ApiError {
    let shown: String = name.chars().take(64).collect();
    ApiError::new(StatusCode::NOT_FOUND, "UNKNOWN_EVENT", format!("the event `{shown}` is not known"))
}
