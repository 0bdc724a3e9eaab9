//! Handles the events that sockets send.

use super::call_errors::call_error;
use super::connect;
use super::socket::{Peer, Verdict};
use super::state::{Realtime, Room, Socket, emit, guest, own_rooms, peer};
use crate::http::error::ApiError;
use crate::views;
use axum::http::StatusCode;
use meeshy_chat::model::TranslationState as State;
use meeshy_chat::{Ephemeral, MessageEdit, NewMessage, Progress, Requested, Sent, Typist};
use meeshy_domain::{Actor, limits};
use meeshy_socketio::Event;
use meeshy_wire::{
    Ack, ClientEvent, ConversationMember, ConversationRef, DeleteMessage, DeletedMessage, EditMessage,
    ErrorBody, ErrorCode, ErrorEvent, EventName, Handshake, Message, Nothing, Notice, React, Reaction,
    RequestTranslation, SendMessage, SentMessage, StatsEvent, SyncReactions, TranslationError,
    TranslationReceived, Typing, client_event, event_name, from_json,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Instant;

/// The gateways are not told of the typing of somebody whom more people have blocked: a note to them is short.
const MAX_HIDDEN_FROM: usize = 64;

/// Handles one event. Events of a socket are handled one after the other, so its messages are stored in the
/// order in which they were sent.
pub async fn handle(realtime: &Realtime, socket: &Socket, event: Event) {
    let outcome = match realtime.admit(socket) {
        Ok(()) => realtime.handle(socket, &event).await,
        Err(refusal) => Err(refusal),
    };
    let Err(ApiError { status, body, .. }) = outcome else { return };
    refuse(socket, &event, *body);
    // It was authenticated and may no longer be.
    if status == StatusCode::UNAUTHORIZED && socket.state().get().is_some() {
        connect::revoke(socket);
    }
}

/// A client that waits for an acknowledgement gets the error there, others get an event. There must be a response.
pub(super) fn refuse(socket: &Socket, event: &Event, body: ErrorBody) {
    let call_error = call_error(&event.name, &body);
    if event.expects_ack() {
        let _ = socket.acknowledge(event, &Ack::<Nothing>::refused(body));
    } else if call_error.is_none() {
        emit(socket, event_name::ERROR, &ErrorEvent { message: body.message, code: body.code });
    }
    // Clients listen to this one.
    if let Some(error) = call_error {
        emit(socket, event_name::CALL_ERROR, &error);
    }
}

impl Realtime {
    async fn handle(&self, socket: &Socket, event: &Event) -> Result<(), ApiError> {
        if event.is_binary {
            let message = "binary data is not supported: send text, and files over HTTP";
            return Err(ApiError::new(ErrorCode::BinaryNotSupported, message));
        }
        let kind = ClientEvent::of_name(&event.name);
        if let Some(guest) = guest(socket) {
            return self.handle_guest(socket, guest, kind, event).await;
        }
        let Some(peer) = peer(socket) else {
            if kind != Some(ClientEvent::Authenticate) {
                return Err(ApiError::authentication_required());
            }
            connect::authenticate(self, socket, handshake(event)).await;
            return Ok(());
        };
        let confirmed = || self.chat.sessions().confirm(peer.authority());
        match kind {
            // These confirm that the holder may go on together with what they ask for.
            Some(ClientEvent::TypingStart) => {
                self.relay_typing(socket, peer, read(client_event::TYPING_START, event)?, true).await?;
            }
            Some(ClientEvent::TypingStop) => {
                self.relay_typing(socket, peer, read(client_event::TYPING_STOP, event)?, false).await?;
            }
            Some(ClientEvent::ConversationLeave) => {
                self.leave(socket, peer, read(client_event::CONVERSATION_LEAVE, event)?).await?;
            }
            Some(ClientEvent::MessageSend | ClientEvent::MessageSendFiles) => {
                let sent = self.send(peer, read(client_event::MESSAGE_SEND, event)?).await?;
                // A closed socket needs no acknowledgement: its client sends the message again.
                acknowledge(socket, event, client_event::MESSAGE_SEND, sent);
                self.chat.activity().touch(peer.user).await;
            }
            Some(ClientEvent::MessageEdit) => {
                confirmed().await?;
                let edited = self.edit(peer.user.into(), read(client_event::MESSAGE_EDIT, event)?).await?;
                acknowledge(socket, event, client_event::MESSAGE_EDIT, edited);
            }
            Some(ClientEvent::MessageDelete) => {
                confirmed().await?;
                let deleted =
                    self.delete(peer.user.into(), read(client_event::MESSAGE_DELETE, event)?).await?;
                acknowledge(socket, event, client_event::MESSAGE_DELETE, deleted);
            }
            Some(ClientEvent::ReactionAdd) => {
                confirmed().await?;
                let added =
                    self.add_reaction(peer.user.into(), read(client_event::REACTION_ADD, event)?).await?;
                acknowledge(socket, event, client_event::REACTION_ADD, added);
            }
            Some(ClientEvent::ReactionRemove) => {
                confirmed().await?;
                let removed = self
                    .remove_reaction(peer.user.into(), read(client_event::REACTION_REMOVE, event)?)
                    .await?;
                acknowledge(socket, event, client_event::REACTION_REMOVE, removed);
            }
            Some(ClientEvent::ReactionSync) => {
                let SyncReactions(message) = read(client_event::REACTION_SYNC, event)?;
                self.sync_reactions(socket, peer, event, message).await?;
            }
            Some(ClientEvent::ConversationJoin) => {
                confirmed().await?;
                self.join(socket, peer, read(client_event::CONVERSATION_JOIN, event)?).await?;
            }
            Some(ClientEvent::RequestTranslation) => {
                confirmed().await?;
                self.request_translation(
                    socket,
                    peer.user.into(),
                    read(client_event::REQUEST_TRANSLATION, event)?,
                )?;
                acknowledge(socket, event, client_event::REQUEST_TRANSLATION, Nothing);
            }
            Some(ClientEvent::Authenticate) => {
                confirmed().await?;
                connect::authenticate_again(self, socket, peer, handshake(event)).await;
            }
            Some(
                kind @ (ClientEvent::CallInitiate
                | ClientEvent::CallJoin
                | ClientEvent::CallAccept
                | ClientEvent::CallSignal
                | ClientEvent::CallToggleAudio
                | ClientEvent::CallToggleVideo
                | ClientEvent::CallLeave
                | ClientEvent::CallReject
                | ClientEvent::CallForceLeave
                | ClientEvent::CallEnd),
            ) => {
                confirmed().await?;
                self.handle_call(socket, peer, kind, event).await?;
            }
            None => {
                confirmed().await?;
                return Err(unknown_event(&event.name));
            }
        }
        Ok(())
    }

    /// Applies the rate limits to an event.
    fn admit(&self, socket: &Socket) -> Result<(), ApiError> {
        let verdict = socket.connection().count(self.config.rate_limits.events);
        if verdict == Verdict::Handle {
            let user = peer(socket).map(|peer| Actor::from(peer.user));
            let actor = user.or_else(|| guest(socket).map(|guest| guest.id.into()));
            return Ok(actor.map_or(Ok(()), |actor| self.limiter.count_event(actor))?);
        }
        let refusal = ApiError::new(ErrorCode::RateLimitExceeded, "too many events; slow down");
        if verdict == Verdict::Disconnect {
            let error = ErrorEvent { message: refusal.body.message.clone(), code: refusal.body.code };
            emit(socket, event_name::ERROR, &error);
            socket.disconnect();
        }
        Err(refusal)
    }

    async fn send(&self, peer: &Peer, data: SendMessage) -> Result<SentMessage, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_message(&self.chat, peer.user, &data.conversation_id).await?;
        let sent = self.chat.messages().send_with(peer.authority(), new_message(data)).await?;
        Ok(sent_message(&sent))
    }

    pub(super) async fn edit(&self, by: Actor, data: EditMessage) -> Result<Message, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_edit(by)?;
        let EditMessage { message_id, content, original_language } = data;
        let edit = MessageEdit { message: message_id, conversation: None, content, original_language };
        let edited = self.chat.messages().edit(by, edit).await?;
        Ok(views::message(&edited))
    }

    pub(super) async fn delete(&self, by: Actor, data: DeleteMessage) -> Result<DeletedMessage, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_edit(by)?;
        let message_id = self.chat.messages().delete(by, &data.message_id, None).await?;
        Ok(DeletedMessage { message_id, deleted: true, message: "Message deleted".to_owned() })
    }

    pub(super) async fn add_reaction(&self, by: Actor, data: React) -> Result<Reaction, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_reaction(by)?;
        let added = self.chat.reactions().add(by, &data.message_id, &data.emoji).await?;
        Ok(views::reaction(added))
    }

    pub(super) async fn remove_reaction(&self, by: Actor, data: React) -> Result<Notice, ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        self.limiter.count_reaction(by)?;
        self.chat.reactions().remove(by, &data.message_id, &data.emoji).await?;
        Ok(Notice { message: "Reaction removed".to_owned() })
    }

    async fn join(&self, socket: &Socket, peer: &Peer, data: ConversationRef) -> Result<(), ApiError> {
        let (conversation, figures) =
            self.chat.conversations().figures(peer.user, &data.conversation_id).await?;
        let id = conversation.id;
        self.chat.events().follow(id, conversation.last_event);
        socket.join(Room::Conversation(id));
        // A closed socket needs no response.
        let joined = ConversationMember { conversation_id: id, user_id: peer.user.into() };
        emit(socket, event_name::CONVERSATION_JOINED, &joined);
        let stats = views::stats(&conversation, &figures, self.chat.now());
        let stats = StatsEvent { conversation_id: data.conversation_id, stats };
        emit(socket, event_name::CONVERSATION_STATS, &stats);
        Ok(())
    }

    /// Clients leave with every change of page; they continue to receive events of the conversation, or their
    /// list would not be updated.
    async fn leave(&self, socket: &Socket, peer: &Peer, data: ConversationRef) -> Result<(), ApiError> {
        let id = self.chat.sessions().confirm_member(peer.authority(), &data.conversation_id).await?;
        let left = ConversationMember { conversation_id: id, user_id: peer.user.into() };
        emit(socket, event_name::CONVERSATION_LEFT, &left);
        Ok(())
    }

    /// Responds with an event when the translation is there; the socket continues in the meantime.
    pub(super) fn request_translation(
        &self,
        socket: &Socket,
        by: Actor,
        data: RequestTranslation,
    ) -> Result<(), ApiError> {
        self.limiter.count_translations(by, 1)?;
        let waiting = Arc::clone(&self.translations).try_acquire_owned().map_err(|_| {
            let message = "too many requests are waiting for translations; try again in a moment";
            ApiError::new(ErrorCode::ServiceUnavailable, message)
        })?;
        let (chat, socket) = (self.chat.clone(), socket.clone());
        tokio::spawn(async move {
            let RequestTranslation { message_id, target_language } = &data;
            let requested = chat
                .translations()
                .request_and_wait(by, message_id, target_language, limits::TRANSLATION_TIMEOUT)
                .await;
            // A closed socket needs no response.
            match requested.map_err(|error| ApiError::from(error).body.message).and_then(received) {
                Ok(received) => emit(&socket, event_name::TRANSLATION_RECEIVED, &received),
                Err(error) => {
                    let error = TranslationError { message_id, target_language, error };
                    emit(&socket, event_name::TRANSLATION_ERROR, &error);
                }
            }
            drop(waiting);
        });
        Ok(())
    }

    /// Sends a typing notification to the others, if it is due.
    async fn relay_typing(
        &self,
        socket: &Socket,
        peer: &Peer,
        data: ConversationRef,
        is_typing: bool,
    ) -> Result<(), ApiError> {
        let typist = || self.chat.sessions().confirm_typist(peer.authority(), &data.conversation_id);
        let id = match data.conversation_id.parse() {
            Ok(id) => id,
            // By its identifier, as the landing page does.
            Err(_) => typist().await?.conversation,
        };
        let now = Instant::now();
        let is_news =
            if is_typing { self.typing.is_due(id, peer.user, now) } else { self.typing.stop(id, peer.user) };
        // If it is not passed on, the database is not needed.
        if !is_news {
            return Ok(());
        }
        let Typist { conversation, hidden_from, is_hidden } = typist().await?;
        let rooms = [Room::Conversation(conversation), Room::Guests(conversation)];
        let count = || rooms.iter().map(|room| socket.server().count(*room)).sum();
        let readers = if is_hidden { 0 } else { count() };
        if (is_typing && !self.typing.start(id, peer.user, readers, now)) || is_hidden {
            return Ok(());
        }
        let name = if is_typing { event_name::TYPING_START } else { event_name::TYPING_STOP };
        let typing = Typing {
            user_id: peer.user.into(),
            username: &peer.display_name,
            conversation_id: id,
            is_typing,
        };
        // A lost one does not matter.
        for room in rooms {
            socket.broadcast_others(room, &own_rooms(&hidden_from), name.as_str(), &typing);
        }
        if hidden_from.len() <= MAX_HIDDEN_FROM {
            let (user, display_name) = (peer.user.into(), peer.display_name.to_string());
            let typing =
                meeshy_chat::Typing { conversation_id: id, user, display_name, is_typing, hidden_from };
            self.chat.events().tell_others(Ephemeral::Typing(typing));
        }
        Ok(())
    }
}

/// A message that a client sends.
pub(super) fn new_message(data: SendMessage) -> NewMessage {
    NewMessage {
        conversation: data.conversation_id,
        content: data.content,
        original_language: data.original_language,
        message_type: data.message_type,
        files: data.attachment_ids,
        reply_to_id: data.reply_to_id,
        client_message_id: data.client_message_id,
        disclosure: views::disclosure(data.disclosure),
    }
}

/// The acknowledgement of a message.
pub(super) fn sent_message(sent: &Sent) -> SentMessage {
    let message = &sent.message.message;
    SentMessage {
        message_id: message.id,
        client_message_id: message.client_message_id.clone(),
        created_at: message.created_at.into(),
    }
}

/// A requested translation, or why there is none.
fn received(requested: Requested) -> Result<TranslationReceived, String> {
    let Progress::Ended(known) = requested.progress else {
        return Err("the translation is still pending; it will arrive as `message:translation`".to_owned());
    };
    let (translated_text, confidence_score, quality) = match known.state {
        State::Done { content, score, grade, .. } => (content, score, grade),
        State::Identical { content } => (content, None, None),
        State::Unavailable { reason } | State::Failed { reason } => return Err(reason.text),
    };
    Ok(TranslationReceived {
        message_id: known.message_id,
        translated_text,
        target_language: known.language,
        confidence_score,
        quality,
    })
}

/// What an event shows to authenticate; what cannot be read shows nothing.
fn handshake(event: &Event) -> Handshake {
    read(client_event::AUTHENTICATE, event).unwrap_or_default()
}

/// Answers an event with what its name promises; a socket that is gone needs no answer.
pub(super) fn acknowledge<P, A: Serialize>(socket: &Socket, event: &Event, _: EventName<P, A>, data: A) {
    let _ = socket.acknowledge(event, &Ack::done(data));
}

/// What an event carries.
pub(super) fn read<P: DeserializeOwned, A>(_: EventName<P, A>, event: &Event) -> Result<P, ApiError> {
    from_json(event.data.as_bytes()).map_err(|error| {
        let message = format!("invalid event: {error}");
        ApiError::new(ErrorCode::ValidationError, message)
    })
}

pub(super) fn restarting() -> ApiError {
    let message = "the server is restarting; send again in a moment";
    ApiError::new(ErrorCode::ServiceUnavailable, message)
}

pub(super) fn unknown_event(name: &str) -> ApiError {
    let shown: String = name.chars().take(64).collect();
    ApiError::new(ErrorCode::UnknownEvent, format!("the event `{shown}` is not known"))
}
