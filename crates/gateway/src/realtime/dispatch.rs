//! Sending out what happened, in the order in which it happened.
//!
//! One task reads the bus. Each event is written once for a room and handed to the sockets' own queues, so a slow
//! socket holds nobody up.

use super::{Room, Socket, Sockets, connect, count_missed, own_rooms, tell};
use crate::views;
use meeshy_chat::model::Translation;
use meeshy_chat::{Event, HiddenFrom, MessageView};
use meeshy_domain::{ConversationId, Language, ReasonCode, UserId};
use meeshy_wire::{
    ConversationNew, EventName, Message, MessageTranslation, ReadStatusUpdated, TranslationStateEvent,
    UnreadUpdated, event_name,
};
use serde::Serialize;
use std::collections::HashSet;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The task that sends out what happened, which ends when this is dropped.
pub(crate) struct Dispatching(JoinSet<()>);

impl Dispatching {
    /// Why nothing is sent out any more, once that is so.
    pub(crate) async fn ended(&mut self) -> String {
        match self.0.join_next().await {
            Some(Err(error)) => error.to_string(),
            Some(Ok(())) | None => "it ended by itself".to_owned(),
        }
    }
}

pub fn start(sockets: &Sockets) -> Dispatching {
    let mut tasks = JoinSet::new();
    match sockets.service().chat.events() {
        Some(events) => drop(tasks.spawn(Dispatcher { sockets: sockets.clone() }.run(events))),
        None => tracing::error!(
            "The events of this chat are already taken by another gateway: sockets will not receive any"
        ),
    }
    Dispatching(tasks)
}

struct Dispatcher {
    sockets: Sockets,
}

impl Dispatcher {
    async fn run(self, mut events: mpsc::Receiver<Event>) {
        let realtime = self.sockets.service();
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(event) => self.send_out(event),
                    None => break,
                },
                // Reached only when no event waits.
                () = realtime.drain.notified() => realtime.drained.notify_one(),
            }
        }
    }

    fn send_out(&self, event: Event) {
        match event {
            Event::MessageNew { message, hidden_from } => self.message_new(&message, &hidden_from),
            Event::MessageEdited { message, hidden_from } => {
                self.tell_readers(&message, event_name::MESSAGE_EDITED, &hidden_from);
            }
            Event::Translated { conversation_id, source_language, translation, hidden_from } => {
                metrics::counter!("meeshy_translations_total", "state" => translation.state.name())
                    .increment(1);
                let room = Room::Conversation(conversation_id);
                self.translated(room, &hidden_from, conversation_id, source_language, &translation);
            }
            Event::TranslationFound { user, conversation_id, source_language, translation } => {
                self.translated(Room::User(user), &[], conversation_id, source_language, &translation);
            }
            Event::ConversationCreated { conversation_id, members } => {
                self.conversation_created(conversation_id, members);
            }
            Event::Read { conversation_id, user, read_sequence, at, hidden_from } => {
                self.sockets.service().cursors.advance(user, conversation_id, read_sequence);
                let read =
                    ReadStatusUpdated { conversation_id, user_id: user, kind: "read", updated_at: at.into() };
                let room = Room::Conversation(conversation_id);
                self.tell(room, &hidden_from, event_name::READ_STATUS_UPDATED, &read);
                self.unread(conversation_id, user, 0);
            }
            Event::SessionEnded { session_id, .. } => {
                self.sockets.members(Room::Session(session_id)).iter().for_each(connect::revoke);
            }
        }
    }

    /// Tells the members of its conversation of a message, each of what they may see of it.
    fn tell_readers(&self, message: &MessageView, name: EventName<Message>, hidden_from: &HiddenFrom) {
        let shown = views::message(message);
        let room = Room::Conversation(message.message.conversation_id);
        let HiddenFrom { message: hidden, answered } = hidden_from;
        if answered.is_empty() {
            return self.tell(room, hidden, name, &shown);
        }
        self.tell(room, &[hidden.as_slice(), answered].concat(), name, &shown);
        let shown = Message { reply_to: None, ..shown };
        let gets_it =
            |socket: &Socket| socket.state().get().is_some_and(|peer| answered.contains(&peer.user));
        count_missed(self.sockets.broadcast_if(room, gets_it, name.as_str(), &shown));
    }

    fn message_new(&self, message: &MessageView, hidden_from: &HiddenFrom) {
        self.tell_readers(message, event_name::MESSAGE_NEW, hidden_from);
        metrics::counter!("meeshy_messages_total").increment(1);
        let message = &message.message;
        let (conversation_id, cursors) = (message.conversation_id, &self.sockets.service().cursors);
        if let Some(sender) = message.sender_id {
            cursors.advance(sender, conversation_id, message.sequence);
        }
        let members = self.sockets.members(Room::Conversation(conversation_id));
        let users = members.iter().filter_map(|socket| socket.state().get()).map(|peer| peer.user);
        let (hidden, readers): (HashSet<UserId>, HashSet<UserId>) = users
            .filter(|user| Some(*user) != message.sender_id)
            .partition(|user| hidden_from.message.contains(user));
        for user in hidden {
            cursors.skip(user, conversation_id);
        }
        for (user, unread_count) in cursors.unread(readers, conversation_id, message.sequence) {
            self.unread(conversation_id, user, unread_count);
        }
    }

    fn translated(
        &self,
        room: Room,
        hidden_from: &[UserId],
        conversation_id: ConversationId,
        source: Language,
        translation: &Translation,
    ) {
        if let Some(shown) = views::translation(translation, source) {
            let event = MessageTranslation {
                message_id: translation.message_id,
                conversation_id,
                translations: [shown],
            };
            self.tell(room, hidden_from, event_name::MESSAGE_TRANSLATION, &event);
        } else if let Some(state) = views::missing_state(&translation.state) {
            let reason = views::reason(&translation.state);
            let event = TranslationStateEvent {
                message_id: translation.message_id,
                conversation_id,
                revision: translation.revision,
                target_language: translation.language,
                state,
                reason: reason.map(|reason| reason.text.clone()).unwrap_or_default(),
                reason_code: reason.map_or(ReasonCode::Unknown, |reason| reason.code),
            };
            self.tell(room, hidden_from, event_name::MESSAGE_TRANSLATION_STATE, &event);
        }
    }

    fn conversation_created(&self, conversation_id: ConversationId, members: Vec<UserId>) {
        let room = Room::Conversation(conversation_id);
        self.sockets.join(&own_rooms(&members), room);
        self.tell(room, &[], event_name::CONVERSATION_NEW, &ConversationNew { conversation_id });
    }

    fn unread(&self, conversation_id: ConversationId, user: UserId, unread_count: i64) {
        let event = UnreadUpdated { conversation_id, unread_count };
        self.tell(Room::User(user), &[], event_name::UNREAD_UPDATED, &event);
    }

    fn tell<P: Serialize>(&self, room: Room, hidden_from: &[UserId], name: EventName<P>, event: &P) {
        tell(&self.sockets, &[room], hidden_from, name, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_of_the_dispatcher_is_told_with_its_reason() {
        let mut tasks = JoinSet::new();
        tasks.spawn(async { panic!("no such room") });
        let reason = Dispatching(tasks).ended().await;
        assert!(reason.contains("no such room"), "{reason}");
    }
}
