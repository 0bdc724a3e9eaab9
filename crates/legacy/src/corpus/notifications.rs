//! Notifications: three quarters of all documents.

use super::fields::Fields;
use super::layout::{GLOBAL, MESSAGES, USERS};
use super::messages::text;
use super::name::Name;
use super::people::{names, username};
use super::world::{DAY, END, LATER, World};
use bson::RawDocumentBuf;

/// Before this time, notifications did not contain a copy of the sender.
const SENDERS_FROM: i64 = LATER - 45 * DAY;
const COUNT: usize = 94_790;

struct Kind {
    name: &'static str,
    title: &'static str,
    action: &'static str,
    priority: &'static str,
}

const fn kind(name: &'static str, title: &'static str, action: &'static str, priority: &'static str) -> Kind {
    Kind { name, title, action, priority }
}

/// The number of notifications of each kind in a hundred.
const KINDS: [(usize, Kind); 12] = [
    (84, kind("new_message", "Nouveau message", "view_message", "normal")),
    (4, kind("message_reply", "Réponse à votre message", "view_message", "normal")),
    (3, kind("message_reaction", "Réaction à votre message", "view_message", "low")),
    (2, kind("user_mentioned", "Vous avez été mentionné", "view_message", "high")),
    (1, kind("new_conversation", "Nouvelle conversation", "view_conversation", "normal")),
    (1, kind("new_conversation_direct", "Nouvelle conversation", "view_conversation", "normal")),
    (1, kind("new_conversation_group", "Nouveau groupe", "join_conversation", "normal")),
    (1, kind("member_joined", "Nouveau membre", "view_conversation", "low")),
    (1, kind("contact_request", "Demande de contact", "accept_or_reject_contact", "high")),
    (1, kind("contact_accepted", "Contact accepté", "view_details", "normal")),
    (0, kind("missed_call", "Appel manqué", "view_conversation", "urgent")),
    (1, kind("system", "Bienvenue sur Meeshy", "view_details", "low")),
];

fn kind_of(at: usize) -> &'static Kind {
    if at.is_multiple_of(3_001) {
        return &KINDS[10].1;
    }
    // 37 is coprime with 100, so every hundred has all kinds, mixed.
    let mut place = at * 37 % 100;
    let found = KINDS.iter().find(|(share, _)| {
        let here = place < *share;
        place = place.saturating_sub(*share);
        here
    });
    found.map_or(&KINDS[0].1, |(_, kind)| kind)
}

pub(super) fn notification(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::Notification, at);
    let kind = kind_of(at);
    let created = world.time(Name::Notification, at);
    // Messages and notifications are spread over nearly the same months.
    let message = at * MESSAGES / COUNT;
    let written = &world.layout.messages[message];
    let about_message = kind.action == "view_message";
    let receiver = if written.conversation == GLOBAL || !about_message {
        random.below(USERS)
    } else {
        let members = &world.layout.members[written.conversation];
        members[random.below(members.len())]
    };
    let sender = written.sender;
    let (first, last) = names(world, sender);
    let preview: String = text(world, message, world.layout.languages[sender]).chars().take(80).collect();
    let content = if about_message { preview.as_str() } else { kind.title };
    let data = (!random.percent(10)).then(|| {
        format!(
            r#"{{"action":"{}","conversationId":"{}","messageId":"{}"}}"#,
            kind.action,
            world.conversation(written.conversation).to_hex(),
            world.message(message).to_hex()
        )
    });
    // Most are old and were never opened.
    let read = if created < END - 30 * DAY { random.percent(30) } else { random.percent(50) };
    let fields = Fields::new(world.id(Name::Notification, at))
        .with("userId", world.user(receiver))
        .with("type", kind.name)
        .with("title", kind.title)
        .with("content", content)
        .or_null("data", data.as_deref())
        .with("priority", kind.priority)
        .with("isRead", read)
        .with("emailSent", false)
        .with("pushSent", false)
        .date("createdAt", created);
    if created < SENDERS_FROM || kind.name == "system" {
        return fields.done();
    }
    fields
        .with("senderId", world.user(sender))
        .with("senderUsername", username(world, sender).as_str())
        .with("senderDisplayName", format!("{first} {last}").as_str())
        .with("senderFirstName", first)
        .with("senderLastName", last)
        .maybe("messagePreview", about_message.then_some(preview.as_str()))
        .with("conversationId", world.conversation(written.conversation))
        .maybe("messageId", about_message.then(|| world.message(message)))
        .maybe("callSessionId", (kind.name == "missed_call").then(|| world.id(Name::CallSession, at % 44)))
        .done()
}
