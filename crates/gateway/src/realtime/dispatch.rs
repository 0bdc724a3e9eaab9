//! Dispatches events in order.
//!
//! One task reads the bus. Each event is serialized once per room and put into the queues of the sockets, so
//! a slow socket delays nobody.

use super::call_events;
use super::connect;
use super::guests::tell_guests;
use super::state::{Room, Socket, Sockets, count_missed, guest, own_rooms, peer, tell};
use crate::views::{self, events::Translated};
use meeshy_chat::model::MessagePlace;
use meeshy_chat::{
    Event, Feed, Happened, HiddenFrom, MemberChange, MessageView, NewNotification, NotificationChange,
    NotificationNews, Separation,
};
use meeshy_domain::{ConversationId, UserId};
use meeshy_wire::{
    ConversationDeleted, ConversationNew, ConversationUpdated, EventName, GlossaryUpdated, MentionCreated,
    Message, MessageDeleted, NotificationCounts, NotificationRef, Typing, UnreadUpdated, UserStatus,
    event_name,
};
use serde::Serialize;
use std::collections::HashSet;
use std::time::Instant;
use tokio::task::JoinSet;

/// The dispatcher task, which is stopped when this is dropped.
pub(crate) struct Dispatching(JoinSet<()>);

impl Dispatching {
    /// Waits until the task has ended and returns the reason.
    pub(crate) async fn ended(&mut self) -> String {
        match self.0.join_next().await {
            Some(Err(error)) => error.to_string(),
            Some(Ok(())) | None => "it ended by itself".to_owned(),
        }
    }
}

pub fn start(sockets: &Sockets) -> Dispatching {
    let mut tasks = JoinSet::new();
    match sockets.service().chat.events().feed() {
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
    async fn run(self, mut feed: Feed) {
        let realtime = self.sockets.service();
        loop {
            tokio::select! {
                biased;
                happened = feed.next() => match happened {
                    Some(happened) => self.send_out(happened),
                    None => break,
                },
                () = realtime.drain.notified() => {
                    while let Some(happened) = feed.next_of_past().await {
                        self.send_out(happened);
                    }
                    realtime.drained.notify_one();
                }
            }
        }
    }

    fn send_out(&self, Happened { number, event, is_local }: Happened) {
        match event {
            Event::MessageNew { message, hidden_from } => {
                if is_local {
                    metrics::counter!("meeshy_messages_total").increment(1);
                }
                self.message_new(&message, &hidden_from, number);
            }
            Event::MessageEdited { message, hidden_from, mentioned } => {
                self.tell_readers(&message, event_name::MESSAGE_EDITED, &hidden_from, number);
                self.tell_mentioned(&message, &hidden_from, &mentioned);
            }
            Event::MessageDeleted { conversation_id, message_id, place, hidden_from } => {
                let event = MessageDeleted { message_id, conversation_id, event_number: number };
                let name = event_name::MESSAGE_DELETED;
                self.tell(Room::Conversation(conversation_id), &hidden_from, name, &event);
                tell_guests(&self.sockets, conversation_id, place.sequence, name, &event);
                if place.counts {
                    self.hide(conversation_id, place, &hidden_from, number);
                }
            }
            Event::MessagePinned { conversation_id, message_id, pinned, hidden_from } => {
                let event = views::events::pinned(conversation_id, message_id, pinned.as_ref(), number);
                self.tell(
                    Room::Conversation(conversation_id),
                    &hidden_from,
                    event_name::MESSAGE_PINNED,
                    &event,
                );
            }
            Event::File { conversation_id, used, hidden_from } => {
                let event = views::events::file_used(conversation_id, &used, number);
                self.tell(
                    Room::Conversation(conversation_id),
                    &hidden_from,
                    event_name::ATTACHMENT_STATUS_UPDATED,
                    &event,
                );
            }
            Event::Reaction { conversation_id, sequence, change, hidden_from } => {
                let name =
                    if change.is_added { event_name::REACTION_ADDED } else { event_name::REACTION_REMOVED };
                let event = views::reaction_event(conversation_id, &change, number);
                self.tell(Room::Conversation(conversation_id), &hidden_from, name, &event);
                tell_guests(&self.sockets, conversation_id, sequence, name, &event);
            }
            Event::Translated {
                conversation_id,
                sequence,
                source_language,
                translation,
                others,
                hidden_from,
            } => {
                if is_local {
                    metrics::counter!("meeshy_translations_total", "state" => translation.state.name())
                        .increment(1);
                }
                let event = Translated::new(conversation_id, source_language, &translation, &others, number);
                self.translated_for_guests(conversation_id, sequence, event.as_ref());
                self.translated(Room::Conversation(conversation_id), &hidden_from, event);
            }
            Event::TranslationFound { user, conversation_id, source_language, translation, others } => {
                let event = Translated::new(conversation_id, source_language, &translation, &others, None);
                self.translated(Room::User(user), &[], event);
            }
            Event::ConversationCreated { conversation_id, members } => {
                self.conversation_created(conversation_id, &members, number);
            }
            Event::ConversationUpdated { conversation_id } => self.updated(conversation_id, number),
            Event::ConversationClosed { conversation_id } => {
                let room = Room::Conversation(conversation_id);
                self.say_goodbye(self.sockets.members(room), conversation_id, number);
                let guests = self.sockets.members(Room::Guests(conversation_id));
                self.say_goodbye(guests, conversation_id, number);
            }
            Event::Member { conversation_id, user, change, by } => {
                self.member_changed(conversation_id, user, change, by, number);
            }
            Event::Read { conversation_id, user, read_sequence, left, at, hidden_from, is_hidden } => {
                self.sockets.service().cursors.read(user, conversation_id, read_sequence, left);
                let read = views::events::read(conversation_id, user, at, number);
                let room = if is_hidden { Room::User(user) } else { Room::Conversation(conversation_id) };
                self.tell(room, &hidden_from, event_name::READ_STATUS_UPDATED, &read);
                self.unread(conversation_id, user, left.count);
            }
            Event::GlossaryChanged { conversation_id } => {
                let event = GlossaryUpdated { conversation_id, event_number: number };
                self.tell(Room::Conversation(conversation_id), &[], event_name::GLOSSARY_UPDATED, &event);
            }
            Event::FriendRequest(change) => {
                let event = views::events::friend_request(&change);
                let rooms = own_rooms(&[change.sender, change.receiver]);
                tell(&self.sockets, &rooms, &[], event_name::FRIEND_REQUEST_UPDATED, &event);
            }
            Event::Notifications(change) => self.notifications(change),
            Event::Notification(new) => self.notification(new),
            Event::Separated(separation) => self.separate(&separation),
            Event::SessionEnded { session_id, .. } => {
                self.sockets.members(Room::Session(session_id)).iter().for_each(connect::revoke);
            }
            Event::PrivacyChanged { user } => {
                let sockets = self.sockets.clone();
                tokio::spawn(async move { connect::look_and_announce(&sockets, user).await });
            }
            Event::Typing(typing) => self.typing(&typing),
            Event::Call { number, event } => call_events::deliver(&self.sockets, number, &event),
            // Their clients come back and catch up.
            Event::Missed { conversation_id } => {
                for room in [Room::Conversation(conversation_id), Room::Guests(conversation_id)] {
                    self.sockets.members(room).iter().for_each(Socket::cut_off);
                }
            }
        }
    }

    /// Sends a message to the members of its conversation, to each as much as they can see of it.
    fn tell_readers(
        &self,
        message: &MessageView,
        name: EventName<Message>,
        hidden_from: &HiddenFrom,
        number: Option<i64>,
    ) {
        let shown = Message { event_number: number, ..views::message(message) };
        let room = Room::Conversation(message.message.conversation_id);
        self.tell_guests(message, name, &shown);
        let HiddenFrom { message: hidden, answered } = hidden_from;
        if answered.is_empty() {
            return self.tell(room, hidden, name, &shown);
        }
        self.tell(room, &[hidden.as_slice(), answered].concat(), name, &shown);
        let shown = Message { reply_to: None, ..shown };
        let gets_it = |socket: &Socket| peer(socket).is_some_and(|peer| answered.contains(&peer.user));
        count_missed(self.sockets.broadcast_if(room, gets_it, name.as_str(), &shown));
    }

    /// Sends a message to the guests of its conversation, without the message it replies to if they do not see that.
    fn tell_guests(&self, view: &MessageView, name: EventName<Message>, shown: &Message) {
        let message = &view.message;
        let (conversation, sequence) = (message.conversation_id, message.sequence);
        let room = Room::Guests(conversation);
        if self.sockets.count(room) == 0 {
            return;
        }
        let Some(answered) = view.reply_to.as_ref().map(|answered| answered.message.sequence) else {
            return tell_guests(&self.sockets, conversation, sequence, name, shown);
        };
        let all_of_it = |socket: &Socket| guest(socket).is_some_and(|guest| guest.sees(answered));
        count_missed(self.sockets.broadcast_if(room, all_of_it, name.as_str(), shown));
        let shown = Message { reply_to: None, ..shown.clone() };
        let part_of_it = |socket: &Socket| {
            guest(socket).is_some_and(|guest| guest.sees(sequence) && !guest.sees(answered))
        };
        count_missed(self.sockets.broadcast_if(room, part_of_it, name.as_str(), &shown));
    }

    fn message_new(&self, message: &MessageView, hidden_from: &HiddenFrom, number: Option<i64>) {
        self.tell_readers(message, event_name::MESSAGE_NEW, hidden_from, number);
        let mentioned: Vec<UserId> = message.mentions.iter().map(|mentioned| mentioned.user).collect();
        self.tell_mentioned(message, hidden_from, &mentioned);
        let message = &message.message;
        let (conversation_id, cursors) = (message.conversation_id, &self.sockets.service().cursors);
        let author = message.sender_id.filter(|_| !message.is_by_system());
        if let Some(sender) = author {
            cursors.advance(sender, conversation_id, message.sequence);
        }
        let members = self.sockets.members(Room::Conversation(conversation_id));
        let users = members.iter().filter_map(peer).map(|peer| peer.user);
        let (hidden, readers): (HashSet<UserId>, HashSet<UserId>) = users
            .filter(|user| Some(*user) != author)
            .partition(|user| message.is_by_system() || hidden_from.message.contains(user));
        for user in hidden {
            cursors.hide(user, conversation_id, message.sequence, number);
        }
        for (user, unread_count) in cursors.unread(readers, conversation_id, message.sequence) {
            self.unread(conversation_id, user, unread_count);
        }
    }

    /// Tells users that a message mentions them.
    fn tell_mentioned(&self, view: &MessageView, hidden_from: &HiddenFrom, mentioned: &[UserId]) {
        let message = &view.message;
        let written_at = message.edited_at.unwrap_or(message.created_at);
        for user in mentioned {
            if Some(*user) == message.sender_id || hidden_from.message.contains(user) {
                continue;
            }
            let event = MentionCreated {
                message_id: message.id,
                conversation_id: message.conversation_id,
                mentioned_user_id: *user,
                sender_id: message.sender_id,
                created_at: written_at.into(),
            };
            self.tell(Room::User(*user), &[], event_name::MENTION_CREATED, &event);
        }
    }

    /// A message does not count as unread any more.
    fn hide(
        &self,
        conversation_id: ConversationId,
        place: MessagePlace,
        hidden_from: &[UserId],
        number: Option<i64>,
    ) {
        let cursors = &self.sockets.service().cursors;
        let members = self.sockets.members(Room::Conversation(conversation_id));
        let users: HashSet<UserId> = members.iter().filter_map(peer).map(|peer| peer.user).collect();
        let readers = users.into_iter().filter(|user| !hidden_from.contains(user));
        let counted: Vec<UserId> =
            readers.filter(|user| cursors.hide(*user, conversation_id, place.sequence, number)).collect();
        for (user, unread_count) in cursors.unread(counted, conversation_id, place.last_sequence) {
            self.unread(conversation_id, user, unread_count);
        }
    }

    fn translated(&self, room: Room, hidden_from: &[UserId], event: Option<Translated>) {
        match event {
            Some(Translated::Text(event)) => {
                self.tell(room, hidden_from, event_name::MESSAGE_TRANSLATION, &*event);
            }
            Some(Translated::State(event)) => {
                self.tell(room, hidden_from, event_name::MESSAGE_TRANSLATION_STATE, &event);
            }
            None => {}
        }
    }

    fn translated_for_guests(&self, conversation: ConversationId, sequence: i64, event: Option<&Translated>) {
        match event {
            Some(Translated::Text(event)) => {
                let name = event_name::MESSAGE_TRANSLATION;
                tell_guests(&self.sockets, conversation, sequence, name, &**event);
            }
            Some(Translated::State(event)) => {
                let name = event_name::MESSAGE_TRANSLATION_STATE;
                tell_guests(&self.sockets, conversation, sequence, name, event);
            }
            None => {}
        }
    }

    fn conversation_created(&self, conversation_id: ConversationId, members: &[UserId], number: Option<i64>) {
        let realtime = self.sockets.service();
        realtime.chat.events().follow(conversation_id, number.unwrap_or_default());
        let event = ConversationNew { conversation_id, event_number: number };
        for socket in self.sockets.join(&own_rooms(members), Room::Conversation(conversation_id)) {
            count_missed(usize::from(socket.emit(event_name::CONVERSATION_NEW.as_str(), &event).is_err()));
        }
    }

    fn updated(&self, conversation_id: ConversationId, event_number: Option<i64>) {
        let event = ConversationUpdated { conversation_id, event_number };
        let rooms = [Room::Conversation(conversation_id), Room::Guests(conversation_id)];
        tell(&self.sockets, &rooms, &[], event_name::CONVERSATION_UPDATED, &event);
    }

    fn member_changed(
        &self,
        conversation_id: ConversationId,
        user: UserId,
        change: MemberChange,
        by: Option<UserId>,
        number: Option<i64>,
    ) {
        match change {
            MemberChange::Joined => {
                self.updated(conversation_id, number);
                self.conversation_created(conversation_id, &[user], number);
                if self.sockets.count(Room::User(user)) > 0 {
                    let sockets = self.sockets.clone();
                    tokio::spawn(async move { connect::learn_positions(&sockets, user).await });
                }
            }
            MemberChange::Left => {
                self.say_goodbye(self.sockets.members(Room::User(user)), conversation_id, number);
                self.updated(conversation_id, number);
            }
            MemberChange::Role(role) => {
                let event = views::events::role_updated(conversation_id, user, role, by, number);
                let room = Room::Conversation(conversation_id);
                self.tell(room, &[], event_name::PARTICIPANT_ROLE_UPDATED, &event);
            }
        }
    }

    /// Tells sockets that a conversation is over for them.
    fn say_goodbye(&self, sockets: Vec<Socket>, conversation_id: ConversationId, number: Option<i64>) {
        let event = ConversationDeleted { conversation_id, event_number: number };
        for socket in sockets {
            let missed = socket.emit(event_name::CONVERSATION_DELETED.as_str(), &event).is_err();
            count_missed(usize::from(missed));
            socket.leave(Room::Conversation(conversation_id));
            socket.leave(Room::Guests(conversation_id));
        }
    }

    /// Somebody types at a socket of another process.
    fn typing(&self, typing: &meeshy_chat::Typing) {
        let (conversation_id, user) = (typing.conversation_id, typing.user);
        let known = &self.sockets.service().typing;
        let rooms = [Room::Conversation(conversation_id), Room::Guests(conversation_id)];
        let readers = rooms.iter().map(|room| self.sockets.count(*room)).sum();
        let is_news = if typing.is_typing {
            known.start(conversation_id, user, readers, Instant::now())
        } else {
            known.stop(conversation_id, user)
        };
        if is_news {
            let name = if typing.is_typing { event_name::TYPING_START } else { event_name::TYPING_STOP };
            let username = &typing.display_name;
            let event =
                Typing { user_id: user.into(), username, conversation_id, is_typing: typing.is_typing };
            // Whoever misses it misses little.
            self.sockets.broadcast(&rooms, &own_rooms(&typing.hidden_from), name.as_str(), &event);
        }
    }

    fn notification(&self, NewNotification { notification, replaces, unread }: NewNotification) {
        let room = Room::User(notification.user_id);
        for notification_id in replaces {
            let event = NotificationRef { notification_id };
            self.tell(room, &[], event_name::NOTIFICATION_DELETED, &event);
        }
        let notification = views::live_notification(*notification);
        let event = meeshy_wire::NewNotification { notification, unread_count: unread };
        self.tell(room, &[], event_name::NOTIFICATION, &event);
    }

    /// The devices of a user keep in step.
    fn notifications(&self, change: NotificationChange) {
        let room = Room::User(change.user);
        match change.news {
            Some(NotificationNews::Read(notification_id)) => {
                let event = NotificationRef { notification_id };
                self.tell(room, &[], event_name::NOTIFICATION_READ, &event);
            }
            Some(NotificationNews::Removed(notification_id)) => {
                let event = NotificationRef { notification_id };
                self.tell(room, &[], event_name::NOTIFICATION_DELETED, &event);
            }
            None => {}
        }
        let NotificationChange { total, unread, by_type, .. } = change;
        let counts = NotificationCounts { total, unread, by_type };
        self.tell(room, &[], event_name::NOTIFICATION_COUNTS, &counts);
    }

    /// Each of the two sees the other as offline, and is not told of a change any more.
    fn separate(&self, Separation { users: [one, other] }: &Separation) {
        for ((reader, _), (user, name)) in [(one, other), (other, one)] {
            let status =
                UserStatus { user_id: *user, username: name, is_online: false, last_active_at: None };
            self.tell(Room::User(*reader), &[], event_name::USER_STATUS, &status);
        }
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
