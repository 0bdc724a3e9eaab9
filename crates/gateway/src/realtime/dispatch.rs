//! Sending out what happened, in the order in which it happened.
//!
//! One task reads the bus. Each event is written once for a room and handed to the sockets' own queues, so a slow
//! socket holds nobody up.

use super::{Realtime, conversation_room, session_room, user_room};
use crate::present;
use meeshy_chat::{Event, MessageView, Recipient};
use meeshy_domain::{ConversationId, Language, UserId};
use meeshy_store::translations::Translation;
use meeshy_wire::{MessageTranslation, ReadStatusUpdated, TranslationStateEvent, UnreadUpdated, event_name};
use serde_json::json;
use tokio::sync::mpsc;

pub fn start(realtime: &Realtime) {
    let Some(events) = realtime.chat().events() else {
        tracing::error!("Somebody else takes the events of this chat: sockets will hear nothing");
        return;
    };
    tokio::spawn(run(realtime.clone(), events));
}

async fn run(realtime: Realtime, mut events: mpsc::Receiver<Event>) {
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => realtime.send_out(event).await,
                None => break,
            },
            // Reached only when no event waits.
            () = realtime.shared.drain.notified() => realtime.shared.drained.notify_one(),
        }
    }
}

impl Realtime {
    async fn send_out(&self, event: Event) {
        match event {
            Event::MessageNew { message, recipients } => self.message_new(&message, &recipients).await,
            Event::Translated { conversation_id, source_language, translation } => {
                self.translated(conversation_id, source_language, &translation).await;
            }
            Event::ConversationCreated { conversation_id, members } => {
                self.conversation_created(conversation_id, members).await;
            }
            Event::Read { conversation_id, user, at } => {
                let read =
                    ReadStatusUpdated { conversation_id, user_id: user, kind: "read", updated_at: at.into() };
                self.emit(vec![conversation_room(conversation_id)], event_name::READ_STATUS_UPDATED, &read)
                    .await;
                self.unread(conversation_id, user, 0).await;
            }
            Event::SessionEnded { session_id, .. } => {
                let Some(everybody) = self.everybody() else { return };
                if let Err(error) = everybody.to(session_room(session_id)).disconnect().await {
                    tracing::warn!(%error, "A signed-out device's sockets could not be closed");
                }
            }
        }
    }

    async fn message_new(&self, message: &MessageView, recipients: &[Recipient]) {
        let conversation_id = message.message.conversation_id;
        self.emit(
            vec![conversation_room(conversation_id)],
            event_name::MESSAGE_NEW,
            &present::message(message),
        )
        .await;
        metrics::counter!("meeshy_messages_total").increment(1);
        for recipient in
            recipients.iter().filter(|recipient| Some(recipient.user) != message.message.sender_id)
        {
            if self.chat().presence().is_online(recipient.user) {
                self.unread(conversation_id, recipient.user, recipient.unread_count).await;
            }
        }
    }

    async fn translated(&self, conversation_id: ConversationId, source: Language, translation: &Translation) {
        let room = conversation_room(conversation_id);
        metrics::counter!("meeshy_translations_total", "state" => translation.state.name()).increment(1);
        if let Some(shown) = present::translation(translation, source) {
            let event = MessageTranslation {
                message_id: translation.message_id,
                conversation_id,
                translations: [shown],
            };
            self.emit(vec![room], event_name::MESSAGE_TRANSLATION, &event).await;
        } else {
            let event = TranslationStateEvent {
                message_id: translation.message_id,
                conversation_id,
                target_language: translation.language,
                state: translation.state.name(),
                reason: present::reason(&translation.state).unwrap_or_default().to_owned(),
            };
            self.emit(vec![room], event_name::MESSAGE_TRANSLATION_STATE, &event).await;
        }
    }

    async fn conversation_created(&self, conversation_id: ConversationId, members: Vec<UserId>) {
        let Some(everybody) = self.everybody() else { return };
        let rooms: Vec<String> = members.into_iter().map(user_room).collect();
        if let Err(error) = everybody.to(rooms).join(conversation_room(conversation_id)).await {
            tracing::warn!(%error, "The members of a new conversation could not be put into its room");
        }
        let event = json!({ "conversationId": conversation_id });
        self.emit(vec![conversation_room(conversation_id)], event_name::CONVERSATION_NEW, &event).await;
    }

    async fn unread(&self, conversation_id: ConversationId, user: UserId, unread_count: i64) {
        let event = UnreadUpdated { conversation_id, unread_count };
        self.emit(vec![user_room(user)], event_name::UNREAD_UPDATED, &event).await;
    }
}
