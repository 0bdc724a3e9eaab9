//! Reading what sockets send.

use super::socket::{Peer, Verdict};
use super::{Realtime, Room, Socket, connect, own_rooms};
use crate::error::ApiError;
use crate::views;
use axum::http::StatusCode;
use meeshy_chat::{Ephemeral, MessageEdit, NewMessage, Progress, Requested};
use meeshy_domain::limits;
use meeshy_socketio::Event;
use meeshy_store::translations::State;
use meeshy_wire::{
    Ack, AckData, ConversationRef, EditMessage, ErrorCode, ErrorEvent, Message, RequestTranslation,
    SendMessage, StatsEvent, TranslationError, TranslationReceived, Typing, event_name, from_json,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// The gateways are not told of the typing of somebody whom more people have blocked: a note to them is short.
const MAX_HIDDEN_FROM: usize = 64;

/// Handles one event. Those of a socket come one after the other, so its messages are stored in the order in which they
/// were sent.
pub async fn handle(realtime: &Realtime, socket: &Socket, event: Event) {
    let outcome = match realtime.admit(socket) {
        Ok(()) => realtime.handle(socket, &event).await,
        Err(refusal) => Err(refusal),
    };
    let Err(ApiError { status, body, .. }) = outcome else { return };
    // A client that waits for an answer gets it there; one that does not hears of it by an event. Nobody may be left.
    if event.expects_ack() {
        let _ = socket.acknowledge(&event, &Ack::<Value>::refused(*body));
    } else {
        let _ = socket.emit(event_name::ERROR, &ErrorEvent { message: body.message, code: body.code });
    }
    // Somebody was here, and may not be any more.
    if status == StatusCode::UNAUTHORIZED && socket.state().get().is_some() {
        connect::revoke(socket);
    }
}

impl Realtime {
    async fn handle(&self, socket: &Socket, event: &Event) -> Result<(), ApiError> {
        if event.is_binary {
            let message = "binary data is not supported: send text, and files over HTTP";
            return Err(ApiError::new(ErrorCode::BinaryNotSupported, message));
        }
        let Some(peer) = socket.state().get() else {
            if event.name != event_name::AUTHENTICATE {
                return Err(ApiError::authentication_required());
            }
            connect::authenticate(self, socket, from_json(event.data.as_bytes()).unwrap_or_default()).await;
            return Ok(());
        };
        match event.name.as_str() {
            // They confirm that the holder may go on together with what they ask for.
            event_name::TYPING_START => self.relay_typing(socket, peer, read(event)?, true).await?,
            event_name::TYPING_STOP => self.relay_typing(socket, peer, read(event)?, false).await?,
            event_name::CONVERSATION_LEAVE => self.leave(socket, peer, read(event)?).await?,
            event_name::MESSAGE_SEND => {
                let sent = self.send(peer, read(event)?).await?;
                // A socket that is gone needs no acknowledgement: its client sends the message again.
                let _ = socket.acknowledge(event, &Ack::done(sent));
                self.chat.touch(peer.user).await;
            }
            _ => {
                self.chat.confirm(peer.authority()).await?;
                self.handle_confirmed(socket, peer, event).await?;
            }
        }
        Ok(())
    }

    async fn handle_confirmed(&self, socket: &Socket, peer: &Peer, event: &Event) -> Result<(), ApiError> {
        match event.name.as_str() {
            event_name::MESSAGE_EDIT => {
                let edited = self.edit(peer, read(event)?).await?;
                let _ = socket.acknowledge(event, &Ack::done(edited));
            }
            event_name::CONVERSATION_JOIN => self.join(socket, peer, read(event)?).await?,
            event_name::REQUEST_TRANSLATION => {
                self.request_translation(socket, peer, read(event)?)?;
                let _ = socket.acknowledge(event, &Ack::done(Value::Null));
            }
            event_name::AUTHENTICATE => {
                connect::authenticate_again(
                    self,
                    socket,
                    peer,
                    from_json(event.data.as_bytes()).unwrap_or_default(),
                )
                .await;
            }
            name => return Err(unknown_event(name)),
        }
        Ok(())
    }

    /// Lets an event through, or says why not.
    fn admit(&self, socket: &Socket) -> Result<(), ApiError> {
        let verdict = socket.connection().count(self.config.rate_limits.events);
        if verdict == Verdict::Handle {
            let peer = socket.state().get();
            return Ok(peer.map_or(Ok(()), |peer| self.limiter.count_event(peer.user))?);
        }
        let refusal = ApiError::new(ErrorCode::RateLimitExceeded, "too many events; slow down");
        if verdict == Verdict::Disconnect {
            let error = ErrorEvent { message: refusal.body.message.clone(), code: refusal.body.code };
            let _ = socket.emit(event_name::ERROR, &error);
            socket.disconnect();
        }
        Err(refusal)
    }

    async fn send(&self, peer: &Peer, data: SendMessage) -> Result<AckData, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_message(&self.chat, peer.user, &data.conversation_id).await?;
        let new = NewMessage {
            conversation: data.conversation_id,
            content: data.content,
            original_language: data.original_language,
            message_type: data.message_type,
            reply_to_id: data.reply_to_id,
            client_message_id: data.client_message_id,
        };
        let sent = self.chat.send_with(peer.authority(), new).await?;
        let message = &sent.message.message;
        Ok(AckData {
            message_id: message.id,
            client_message_id: message.client_message_id.clone(),
            created_at: message.created_at.into(),
        })
    }

    async fn edit(&self, peer: &Peer, data: EditMessage) -> Result<Message, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_edit(peer.user)?;
        let EditMessage { message_id, content, original_language } = data;
        let edit = MessageEdit { message: message_id, conversation: None, content, original_language };
        let edited = self.chat.edit(peer.user, edit).await?;
        Ok(views::message(&edited))
    }

    async fn join(&self, socket: &Socket, peer: &Peer, data: ConversationRef) -> Result<(), ApiError> {
        let (conversation, figures) = self.chat.figures(peer.user, &data.conversation_id).await?;
        let id = conversation.id;
        self.chat.follow(id, conversation.last_event);
        socket.join(Room::Conversation(id));
        // A socket that is gone needs no answer.
        let joined = json!({ "conversationId": id, "userId": peer.user });
        let _ = socket.emit(event_name::CONVERSATION_JOINED, &joined);
        let stats = views::stats(&conversation, &figures, self.chat.now());
        let stats = StatsEvent { conversation_id: data.conversation_id, stats };
        let _ = socket.emit(event_name::CONVERSATION_STATS, &stats);
        Ok(())
    }

    /// A client leaves with every change of page; it goes on hearing of the conversation, or its list would stand still
    ///.
    async fn leave(&self, socket: &Socket, peer: &Peer, data: ConversationRef) -> Result<(), ApiError> {
        let id = self.chat.confirm_member(peer.authority(), &data.conversation_id).await?;
        let left = json!({ "conversationId": id, "userId": peer.user });
        let _ = socket.emit(event_name::CONVERSATION_LEFT, &left);
        Ok(())
    }

    /// Answers by an event when the translation is there, and lets the socket go on in the meantime.
    fn request_translation(
        &self,
        socket: &Socket,
        peer: &Peer,
        data: RequestTranslation,
    ) -> Result<(), ApiError> {
        self.limiter.count_translations(peer.user, 1)?;
        let waiting = Arc::clone(&self.translations).try_acquire_owned().map_err(|_| {
            let message = "too many translations are being waited for; ask again in a moment";
            ApiError::new(ErrorCode::ServiceUnavailable, message)
        })?;
        let (chat, socket, user) = (self.chat.clone(), socket.clone(), peer.user);
        tokio::spawn(async move {
            let RequestTranslation { message_id, target_language } = &data;
            let requested =
                chat.await_translation(user, message_id, target_language, limits::TRANSLATION_TIMEOUT).await;
            // A socket that is gone needs no answer.
            let _ = match requested.map_err(|error| ApiError::from(error).body.message).and_then(received) {
                Ok(received) => socket.emit(event_name::TRANSLATION_RECEIVED, &received),
                Err(error) => {
                    let error = TranslationError { message_id, target_language, error };
                    socket.emit(event_name::TRANSLATION_ERROR, &error)
                }
            };
            drop(waiting);
        });
        Ok(())
    }

    /// Tells the others that somebody types, when they should hear of it.
    async fn relay_typing(
        &self,
        socket: &Socket,
        peer: &Peer,
        data: ConversationRef,
        is_typing: bool,
    ) -> Result<(), ApiError> {
        let typist = || self.chat.confirm_typist(peer.authority(), &data.conversation_id);
        let id = match data.conversation_id.parse() {
            Ok(id) => id,
            // By its identifier, as the landing page does.
            Err(_) => typist().await?.0,
        };
        let now = Instant::now();
        let is_news =
            if is_typing { self.typing.is_due(id, peer.user, now) } else { self.typing.stop(id, peer.user) };
        // What is not passed on needs no look into the database.
        if !is_news {
            return Ok(());
        }
        let (conversation, hidden_from) = typist().await?;
        let room = Room::Conversation(conversation);
        if is_typing && !self.typing.start(id, peer.user, socket.server().count(room), now) {
            return Ok(());
        }
        let name = if is_typing { event_name::TYPING_START } else { event_name::TYPING_STOP };
        let typing =
            Typing { user_id: peer.user, username: &peer.display_name, conversation_id: id, is_typing };
        // Whoever misses it misses little.
        socket.broadcast_others(room, &own_rooms(&hidden_from), name, &typing);
        if hidden_from.len() <= MAX_HIDDEN_FROM {
            let (user, display_name) = (peer.user, peer.display_name.to_string());
            let typing =
                meeshy_chat::Typing { conversation_id: id, user, display_name, is_typing, hidden_from };
            self.chat.tell_others(Ephemeral::Typing(typing));
        }
        Ok(())
    }
}

/// A translation that was asked for, or why there is none.
fn received(requested: Requested) -> Result<TranslationReceived, String> {
    let Progress::Ended(known) = requested.progress else {
        return Err("it is still under way, and arrives as `message:translation`".to_owned());
    };
    let (translated_text, confidence_score) = match known.state {
        State::Done { content, score, .. } => (content, score),
        State::Identical { content } => (content, None),
        State::Unavailable { reason } | State::Failed { reason } => return Err(reason.text),
    };
    Ok(TranslationReceived {
        message_id: known.message_id,
        translated_text,
        target_language: known.language,
        confidence_score,
    })
}

/// What an event says.
fn read<T: DeserializeOwned>(event: &Event) -> Result<T, ApiError> {
    from_json(event.data.as_bytes()).map_err(|error| {
        let message = format!("the event could not be read: {error}");
        ApiError::new(ErrorCode::ValidationError, message)
    })
}

fn restarting() -> ApiError {
    let message = "the server is restarting; send again in a moment";
    ApiError::new(ErrorCode::ServiceUnavailable, message)
}

fn unknown_event(name: &str) -> ApiError {
    let shown: String = name.chars().take(64).collect();
    ApiError::new(ErrorCode::UnknownEvent, format!("the event `{shown}` is not known"))
}
