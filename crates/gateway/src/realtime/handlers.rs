//! Reading what sockets send (wire-contract 5.4).

use super::socket::{Peer, Verdict};
use super::{Realtime, connect, conversation_room};
use crate::error::ApiError;
use crate::present;
use axum::http::StatusCode;
use meeshy_chat::{ChatError, NewMessage};
use meeshy_domain::ConversationId;
use meeshy_wire::{Ack, AckData, ConversationRef, ErrorEvent, SendMessage, StatsEvent, Typing, event_name};
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};
use std::sync::Arc;

/// Listens to a socket that has authenticated.
pub fn listen(realtime: &Realtime, socket: &SocketRef) {
    let here = realtime.clone();
    socket.on(
        "message:send",
        async move |socket: SocketRef, TryData(data): TryData<SendMessage>, ack: AckSender| {
            let answer = match data {
                Ok(data) => send(&here, &socket, data).await,
                Err(error) => Err(malformed(&error)),
            };
            // A socket that is gone needs no acknowledgement: it will send the message again.
            let _ = match answer {
                Ok(data) => ack.send(&Ack::done(data)),
                Err(error) => ack.send(&Ack::<AckData>::refused(error.body)),
            };
        },
    );
    let here = realtime.clone();
    socket.on(
        "conversation:join",
        async move |socket: SocketRef, TryData(data): TryData<ConversationRef>| {
            let outcome = match data {
                Ok(data) => join(&here, &socket, data).await,
                Err(error) => Err(malformed(&error)),
            };
            report(&socket, outcome);
        },
    );
    let here = realtime.clone();
    socket.on(
        "conversation:leave",
        async move |socket: SocketRef, TryData(data): TryData<ConversationRef>| {
            let outcome = match data {
                Ok(data) => leave(&here, &socket, data).await,
                Err(error) => Err(malformed(&error)),
            };
            report(&socket, outcome);
        },
    );
    for (name, is_typing) in [(event_name::TYPING_START, true), (event_name::TYPING_STOP, false)] {
        let here = realtime.clone();
        socket.on(name, async move |socket: SocketRef, TryData(data): TryData<TypingIn>| {
            if let Ok(data) = data {
                relay_typing(&here, &socket, name, data.conversation_id, is_typing).await;
            }
        });
    }
    let here = realtime.clone();
    socket.on_fallback(async move |socket: SocketRef, Event(name): Event, ack: AckSender| {
        if admit(&here, &socket).is_ok() {
            let error = ApiError::new(
                StatusCode::NOT_FOUND,
                "UNKNOWN_EVENT",
                format!("the event `{}` is not known", shortened(&name)),
            );
            let _ = ack.send(&Ack::<Value>::refused(error.body));
        }
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypingIn {
    conversation_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LateAuthentication {
    session_token: Option<String>,
}

/// Listens to a socket that has not authenticated: it may still do so, and nothing else.
pub fn until_authenticated(realtime: &Realtime, socket: &SocketRef) {
    let here = realtime.clone();
    socket.on("authenticate", async move |socket: SocketRef, TryData(data): TryData<LateAuthentication>| {
        let token = data.ok().and_then(|data| data.session_token).unwrap_or_default();
        connect::authenticate_late(&here, &socket, token).await;
    });
}

/// The person behind a socket that may go on, or why it may not.
fn admit(realtime: &Realtime, socket: &SocketRef) -> Result<Arc<Peer>, ApiError> {
    let peer = socket.extensions.get::<Arc<Peer>>().ok_or_else(ApiError::authentication_required)?;
    let refused =
        || ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "too many events; slow down");
    match peer.count(realtime.config().rate_limits.events) {
        Verdict::Handle => Ok(peer),
        Verdict::Refuse => Err(refused()),
        Verdict::Disconnect => {
            let error = refused();
            let _ = socket.emit(
                event_name::ERROR,
                &ErrorEvent { message: error.body.message.clone(), code: error.body.code },
            );
            let _ = socket.clone().disconnect();
            Err(error)
        }
    }
}

async fn send(realtime: &Realtime, socket: &SocketRef, data: SendMessage) -> Result<AckData, ApiError> {
    let peer = admit(realtime, socket)?;
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
    realtime.chat().touch(peer.user).await;
    let message = &sent.message.message;
    Ok(AckData {
        message_id: message.id,
        client_message_id: message.client_message_id.clone(),
        created_at: message.created_at.into(),
    })
}

async fn join(realtime: &Realtime, socket: &SocketRef, data: ConversationRef) -> Result<(), ApiError> {
    let peer = admit(realtime, socket)?;
    let view = realtime.chat().conversation(peer.user, &data.conversation_id).await?;
    let id = view.conversation.id;
    socket.join(conversation_room(id));
    let _ =
        socket.emit(event_name::CONVERSATION_JOINED, &json!({ "conversationId": id, "userId": peer.user }));
    let stats = present::stats(&view, realtime.chat().now());
    let _ = socket
        .emit(event_name::CONVERSATION_STATS, &StatsEvent { conversation_id: data.conversation_id, stats });
    Ok(())
}

/// A client leaves with every change of page; it goes on hearing of the conversation, or its list would stand still
/// (wire-contract 8, row 17).
async fn leave(realtime: &Realtime, socket: &SocketRef, data: ConversationRef) -> Result<(), ApiError> {
    let peer = admit(realtime, socket)?;
    let id = realtime.chat().membership(peer.user, &data.conversation_id).await?;
    let _ = socket.emit(event_name::CONVERSATION_LEFT, &json!({ "conversationId": id, "userId": peer.user }));
    Ok(())
}

/// Passed on without asking the database: whoever is in the room is a member.
async fn relay_typing(
    realtime: &Realtime,
    socket: &SocketRef,
    name: &'static str,
    reference: String,
    is_typing: bool,
) {
    let Ok(peer) = admit(realtime, socket) else { return };
    let id: ConversationId = match reference.parse() {
        Ok(id) => id,
        // By its identifier, as the landing page does.
        Err(_) => match realtime.chat().membership(peer.user, &reference).await {
            Ok(id) => id,
            Err(_) => return,
        },
    };
    let room = conversation_room(id);
    if socket.rooms().iter().any(|joined| **joined == room) {
        let typing =
            Typing { user_id: peer.user, username: &peer.display_name, conversation_id: id, is_typing };
        let _ = socket.to(room).emit(name, &typing).await;
    }
}

fn malformed(error: &socketioxide::ParserError) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "VALIDATION_ERROR",
        format!("the event could not be read: {error}"),
    )
}

/// Tells a socket what went wrong with an event that has no acknowledgement.
fn report(socket: &SocketRef, outcome: Result<(), ApiError>) {
    if let Err(error) = outcome {
        let _ = socket
            .emit(event_name::ERROR, &ErrorEvent { message: error.body.message, code: error.body.code });
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

impl ApiError {
    /// As `From`, for an error that is still needed.
    pub(super) fn from_ref(error: &ChatError) -> Self {
        match error {
            ChatError::Store(error) => ChatError::Store(error.clone()).into(),
            other => Self::new(StatusCode::BAD_REQUEST, "INVALID_OPERATION", other.to_string()),
        }
    }
}
