//! Handles the events that the sockets of guests send, and sends them what happens in their conversation.

use super::connect;
use super::handlers::{acknowledge, new_message, read, restarting, sent_message, unknown_event};
use super::socket::GuestPeer;
use super::state::{Realtime, Room, Socket, Sockets, count_missed, emit, guest};
use crate::http::error::ApiError;
use crate::views;
use meeshy_chat::Ephemeral;
use meeshy_domain::{Actor, ConversationId};
use meeshy_socketio::Event;
use meeshy_wire::{
    ClientEvent, ConversationMember, ConversationRef, ErrorCode, EventName, Nothing, StatsEvent,
    SyncReactions, Typing, client_event, event_name,
};
use serde::Serialize;
use std::time::Instant;

/// Sends an event to the guests of a conversation who see the message with this number.
pub fn tell_guests<P: Serialize>(
    sockets: &Sockets,
    conversation: ConversationId,
    sequence: i64,
    name: EventName<P>,
    event: &P,
) {
    let room = Room::Guests(conversation);
    if sockets.count(room) == 0 {
        return;
    }
    let sees = |socket: &Socket| guest(socket).is_some_and(|guest| guest.sees(sequence));
    count_missed(sockets.broadcast_if(room, sees, name.as_str(), event));
}

impl Realtime {
    /// Handles an event of a guest. Each call confirms, in its transaction, that the guest still takes part.
    pub(super) async fn handle_guest(
        &self,
        socket: &Socket,
        guest: &GuestPeer,
        kind: Option<ClientEvent>,
        event: &Event,
    ) -> Result<(), ApiError> {
        let by = Actor::from(guest.id);
        match kind {
            Some(ClientEvent::MessageSend | ClientEvent::MessageSendFiles) => {
                let data = read(client_event::MESSAGE_SEND, event)?;
                let _handling = self.begin().ok_or_else(restarting)?;
                self.limiter.count_message(&self.chat, by, &data.conversation_id).await?;
                let sent = self.chat.messages().send(by, new_message(data)).await?;
                acknowledge(socket, event, client_event::MESSAGE_SEND, sent_message(&sent));
            }
            Some(ClientEvent::MessageEdit) => {
                let edited = self.edit(by, read(client_event::MESSAGE_EDIT, event)?).await?;
                acknowledge(socket, event, client_event::MESSAGE_EDIT, edited);
            }
            Some(ClientEvent::MessageDelete) => {
                let deleted = self.delete(by, read(client_event::MESSAGE_DELETE, event)?).await?;
                acknowledge(socket, event, client_event::MESSAGE_DELETE, deleted);
            }
            Some(ClientEvent::ReactionAdd) => {
                let added = self.add_reaction(by, read(client_event::REACTION_ADD, event)?).await?;
                acknowledge(socket, event, client_event::REACTION_ADD, added);
            }
            Some(ClientEvent::ReactionRemove) => {
                let removed = self.remove_reaction(by, read(client_event::REACTION_REMOVE, event)?).await?;
                acknowledge(socket, event, client_event::REACTION_REMOVE, removed);
            }
            Some(ClientEvent::ReactionSync) => {
                let SyncReactions(message) = read(client_event::REACTION_SYNC, event)?;
                let found = self.chat.reactions().of_message(by, &message).await?;
                acknowledge(socket, event, client_event::REACTION_SYNC, views::reaction_sync(found));
            }
            Some(ClientEvent::ConversationJoin) => {
                self.join_as_guest(socket, guest, read(client_event::CONVERSATION_JOIN, event)?).await?;
            }
            Some(ClientEvent::ConversationLeave) => {
                let ConversationRef { conversation_id } = read(client_event::CONVERSATION_LEAVE, event)?;
                let conversation_id = self.chat.guests().place(guest.id, &conversation_id).await?;
                let left = ConversationMember { conversation_id, user_id: by.into() };
                emit(socket, event_name::CONVERSATION_LEFT, &left);
            }
            Some(ClientEvent::TypingStart) => {
                let data = read(client_event::TYPING_START, event)?;
                self.relay_typing_of_guest(socket, guest, &data, true).await?;
            }
            Some(ClientEvent::TypingStop) => {
                let data = read(client_event::TYPING_STOP, event)?;
                self.relay_typing_of_guest(socket, guest, &data, false).await?;
            }
            Some(ClientEvent::RequestTranslation) => {
                self.request_translation(socket, by, read(client_event::REQUEST_TRANSLATION, event)?)?;
                acknowledge(socket, event, client_event::REQUEST_TRANSLATION, Nothing);
            }
            Some(ClientEvent::Authenticate) => {
                self.chat.guests().confirm(guest.id).await?;
                connect::welcome_guest(socket, guest);
            }
            None => {
                self.chat.guests().confirm(guest.id).await?;
                return Err(unknown_event(&event.name));
            }
            _ => {
                self.chat.guests().confirm(guest.id).await?;
                return Err(ApiError::new(ErrorCode::Forbidden, "guests cannot do this; sign in to do it"));
            }
        }
        Ok(())
    }

    async fn join_as_guest(
        &self,
        socket: &Socket,
        guest: &GuestPeer,
        data: ConversationRef,
    ) -> Result<(), ApiError> {
        let (conversation, figures) =
            self.chat.conversations().figures(guest.id, &data.conversation_id).await?;
        let joined = ConversationMember { conversation_id: conversation.id, user_id: guest.id.into() };
        emit(socket, event_name::CONVERSATION_JOINED, &joined);
        let stats = views::stats(&conversation, &figures, self.chat.now());
        let stats = StatsEvent { conversation_id: data.conversation_id, stats };
        emit(socket, event_name::CONVERSATION_STATS, &stats);
        Ok(())
    }

    async fn relay_typing_of_guest(
        &self,
        socket: &Socket,
        guest: &GuestPeer,
        data: &ConversationRef,
        is_typing: bool,
    ) -> Result<(), ApiError> {
        let (id, now) = (guest.conversation, Instant::now());
        let rooms = [Room::Conversation(id), Room::Guests(id)];
        let readers = rooms.iter().map(|room| socket.server().count(*room)).sum();
        let is_news = match is_typing {
            true => self.typing.is_due(id, guest.id, now) && self.typing.start(id, guest.id, readers, now),
            false => self.typing.stop(id, guest.id),
        };
        if !is_news {
            return Ok(());
        }
        self.chat.guests().place(guest.id, &data.conversation_id).await?;
        let name = if is_typing { event_name::TYPING_START } else { event_name::TYPING_STOP };
        let username = &guest.display_name;
        let typing = Typing { user_id: guest.id.into(), username, conversation_id: id, is_typing };
        for room in rooms {
            // A lost one does not matter.
            socket.broadcast_others(room, &[], name.as_str(), &typing);
        }
        self.chat.events().tell_others(Ephemeral::Typing(meeshy_chat::Typing {
            conversation_id: id,
            user: guest.id.into(),
            display_name: guest.display_name.to_string(),
            is_typing,
            hidden_from: Vec::new(),
        }));
        Ok(())
    }
}
