//! Users are notified of what concerns them, on both databases.

use meeshy_chat::model::Notification;
use meeshy_chat::{
    ConversationPreferencesPatch, ConversationView, Event, Media, MessageEdit, NewCall, NewConversation,
    NewFriendRequest, NewMessage, RequestAnswer,
};
use meeshy_domain::preferences::{Notification as Wanted, Values};
use meeshy_domain::{CallType, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use serde_json::{Value, json};
use std::time::Duration;

/// Writes a message, which is translated.
async fn say(world: &World, who: UserId, talk: &ConversationView, content: &str) -> String {
    let sent = world.say(who, talk, content).await.unwrap();
    world.translate().await;
    sent.message.message.id.to_string()
}

async fn answer(world: &World, who: UserId, talk: &ConversationView, to: &str, content: &str) {
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: content.to_owned(),
        reply_to_id: Some(to.to_owned()),
        ..NewMessage::default()
    };
    world.chat.messages().send(who, new).await.unwrap();
    world.translate().await;
}

/// The types of the notifications of a user, the newest first.
async fn kinds(world: &World, user: UserId) -> Vec<String> {
    world.notifications(user).await.into_iter().map(|one| one.kind).collect()
}

fn data(notification: &Notification) -> Value {
    serde_json::from_str(notification.data.as_deref().unwrap()).unwrap()
}

async fn prefer(world: &World, user: UserId, values: Value) {
    let Value::Object(values): Value = values else { panic!("an object") };
    let values: Values = values;
    world.chat.preferences().merge::<Wanted>(user, values).await.unwrap();
}

#[both_databases]
async fn everybody_is_notified_in_their_language(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "es").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    world.notifications(carlos).await;
    world.chat.notifications().mark_all_read(carlos).await.unwrap();
    let first = say(&world, carlos, &talk, "hola").await;
    let [told, ..] = &world.notifications(lea).await[..] else { panic!("Léa is notified") };
    assert_eq!((told.kind.as_str(), told.title.as_str()), ("new_message", "Carlos Test · Trip"));
    assert_eq!((told.content.as_str(), told.message_preview.as_deref()), ("fr: hola", Some("fr: hola")));
    assert_eq!((told.sender_id.as_deref(), told.is_read), (Some(&*carlos.to_string()), false));
    assert_eq!(told.conversation_id.as_deref(), Some(&*talk.conversation.id.to_string()));
    assert_eq!(data(told)["conversationTitle"], "Trip");
    assert_eq!(world.notifications(emma).await[0].content, "hola", "she reads Spanish");
    assert_eq!(kinds(&world, carlos).await, ["new_conversation"], "he has written it");

    // One for each user, the most specific one.
    world.hand.advance(Duration::from_secs(1));
    answer(&world, lea, &talk, &first, "@carlos oui").await;
    answer(&world, emma, &talk, &first, "oui").await;
    assert_eq!(kinds(&world, carlos).await, ["message_reply", "user_mentioned", "new_conversation"]);
    assert_eq!(kinds(&world, emma).await, ["new_message", "new_conversation"]);
    let reply = world.notifications(carlos).await.remove(0);
    assert_eq!((&*reply.title, &*reply.priority), ("Emma Test te ha respondido", "high"));
    assert_eq!(data(&reply)["originalMessageId"], first);
}

#[both_databases]
async fn messages_of_a_conversation_are_one_notification(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    world.chat.presence().connect(carlos);
    world.notifications(carlos).await;
    world.happened();
    for text in ["un", "deux"] {
        say(&world, lea, &talk, text).await;
    }
    let before = world.notifications(carlos).await.remove(0);
    assert_eq!((&*before.content, &data(&before)["count"]), ("deux", &json!(2)));
    world.hand.advance(Duration::from_secs(1));
    say(&world, lea, &talk, "trois").await;
    let after = world.notifications(carlos).await.remove(0);
    assert_eq!((&*after.content, &data(&after)["count"]), ("trois", &json!(3)));
    assert_eq!(kinds(&world, carlos).await, ["new_message", "new_conversation"]);
    let new = |event| match event {
        Event::Notification(new) => Some((new.notification.id, new.replaces)),
        _ => None,
    };
    let told: Vec<_> = world.happened().into_iter().filter_map(new).collect();
    assert_eq!(told, [(before.id.clone(), vec![]), (after.id, vec![before.id])]);
    world.chat.presence().disconnect(carlos);

    prefer(&world, carlos, json!({ "groupNotifications": false })).await;
    say(&world, lea, &talk, "quatre").await;
    assert_eq!(kinds(&world, carlos).await, ["new_message", "new_message", "new_conversation"]);
}

#[both_databases]
async fn what_is_read_is_not_notified_any_more(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    say(&world, lea, &talk, "un").await;
    world.chat.conversations().mark_read(carlos, &id).await.unwrap();
    assert_eq!(kinds(&world, carlos).await, ["new_conversation"], "he was there");
    let first = say(&world, lea, &talk, "deux @carlos").await;
    say(&world, lea, &talk, "trois").await;
    assert_eq!(world.chat.notifications().counts(carlos).await.unwrap().unread, 1);
    world.notify().await;
    assert_eq!(world.chat.notifications().counts(carlos).await.unwrap().unread, 3);
    world.happened();
    world.chat.conversations().mark_read_to(carlos, &first).await.unwrap();
    let told = world.happened();
    assert!(
        told.iter().any(|event| matches!(event, Event::Notifications(change) if change.unread == 1)),
        "{told:?}"
    );
    world.chat.conversations().mark_read(carlos, &id).await.unwrap();
    assert!(world.notifications(carlos).await.iter().all(|one| one.is_read));
}

#[both_databases]
async fn people_choose_what_they_are_notified_of(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    let heard = async || {
        let kinds = kinds(&world, carlos).await;
        world.chat.notifications().mark_all_read(carlos).await.unwrap();
        world.chat.notifications().remove_read(carlos).await.unwrap();
        kinds
    };
    heard().await;
    prefer(&world, carlos, json!({ "newMessageEnabled": false })).await;
    say(&world, lea, &talk, "un").await;
    say(&world, lea, &talk, "@carlos").await;
    assert_eq!(heard().await, ["user_mentioned"]);
    prefer(&world, carlos, json!({ "newMessageEnabled": true, "mentionEnabled": false })).await;
    say(&world, lea, &talk, "@carlos").await;
    assert!(heard().await.is_empty(), "a mention is not told of as something else");

    let muted = |is_muted| ConversationPreferencesPatch { is_muted: Some(is_muted), ..Default::default() };
    world.chat.conversations().set_preferences(carlos, &id, muted(true)).await.unwrap();
    say(&world, lea, &talk, "deux").await;
    assert!(heard().await.is_empty());
    world.chat.conversations().set_preferences(carlos, &id, muted(false)).await.unwrap();
    say(&world, lea, &talk, "trois").await;
    assert_eq!(heard().await, ["new_message"]);

    // Not now: it is there later.
    let night = json!({ "dndEnabled": true, "dndStartTime": "00:00", "dndEndTime": "23:59" });
    prefer(&world, carlos, night).await;
    world.chat.presence().connect(carlos);
    world.hand.advance(Duration::from_secs(1));
    say(&world, lea, &talk, "quatre").await;
    assert_eq!(kinds(&world, carlos).await, ["new_message"]);
    assert!(!world.happened().iter().any(|event| matches!(event, Event::Notification(_))));
    prefer(&world, carlos, json!({ "dndEnabled": false })).await;
    say(&world, lea, &talk, "cinq").await;
    world.notify().await;
    assert!(world.happened().iter().any(|event| matches!(event, Event::Notification(_))));
    world.chat.presence().disconnect(carlos);
}

#[both_databases]
async fn in_a_large_conversation_only_what_is_meant_for_one_is_notified(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let first = say(&world, carlos, &talk, "bonjour").await;
    let id = talk.conversation.id;
    let grow = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE conversations SET member_count = 251 WHERE id = $1", &[id.into()])
    };
    world.store.write(grow).await.unwrap();
    say(&world, lea, &talk, "un").await;
    assert_eq!(kinds(&world, carlos).await, ["new_conversation"]);
    answer(&world, lea, &talk, &first, "deux").await;
    assert_eq!(kinds(&world, carlos).await, ["message_reply", "new_conversation"]);
}

#[both_databases]
async fn reactions_are_notified_to_who_wrote_the_message(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let emma = world.person("emma", "fr").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    let id = say(&world, lea, &talk, "bonjour").await;
    let reactions = world.chat.reactions();
    reactions.add(lea, &id, "🎉").await.unwrap();
    reactions.add(carlos, &id, "👍").await.unwrap();
    reactions.add(emma, &id, "😢").await.unwrap();
    reactions.remove(emma, &id, "😢").await.unwrap();
    let told = world.notifications(lea).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&*told[0].title, &*told[0].content), ("Carlos Test a réagi avec 👍", "bonjour"));
    world.hand.advance(Duration::from_secs(1));
    reactions.add(emma, &id, "🎉").await.unwrap();
    let told = world.notifications(lea).await;
    assert_eq!(
        (told.len(), &data(&told[0])["count"], &data(&told[0])["emoji"]),
        (1, &json!(2), &json!("🎉"))
    );
    world.store.write(move |tx| meeshy_store::blocks::set(tx, lea, &[carlos])).await.unwrap();
    reactions.remove(carlos, &id, "👍").await.unwrap();
    reactions.add(carlos, &id, "❤️").await.unwrap();
    assert_eq!(data(&world.notifications(lea).await[0])["emoji"], "🎉", "she does not see him any more");
}

#[both_databases]
async fn friends_calls_and_newcomers(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let new = NewFriendRequest { receiver: carlos.to_string(), message: Some("Salut".into()) };
    let request = world.chat.friends().send(lea, new).await.unwrap().request;
    let asked = world.notifications(carlos).await.remove(0);
    assert_eq!((&*asked.kind, &*asked.title), ("friend_request", "Lea Test quiere ser tu amigo"));
    assert_eq!((&*asked.content, asked.is_read), ("Salut", false));
    let actions = &data(&asked)["actions"];
    assert_eq!(actions[0]["payload"]["status"], "accepted");
    assert_eq!(actions[0]["endpoint"], format!("/api/friend-requests/{}", request.id));
    world.chat.friends().answer(carlos, &request.id.to_string(), RequestAnswer::Accept).await.unwrap();
    assert!(world.notifications(carlos).await[0].is_read, "he has answered");
    assert_eq!(world.notifications(lea).await[0].title, "Carlos Test a accepté votre demande d’ami");

    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    let conversation = pair.conversation.id.to_string();
    for (call_type, title) in [
        (CallType::Video, "Videollamada perdida de Lea Test"),
        (CallType::Audio, "Llamada perdida de Lea Test"),
    ] {
        world.hand.advance(Duration::from_secs(1));
        let id = world.chat.calls().new_id();
        let (conversation, socket) = (conversation.clone(), Some("socket".to_owned()));
        let new = NewCall { id, conversation, call_type, media: Media::default(), socket };
        world.chat.calls().start(lea, new).await.unwrap();
        world.chat.calls().end(lea, &id.to_string()).await.unwrap();
        let missed = world.notifications(carlos).await.remove(0);
        assert_eq!((&*missed.title, missed.call_session_id), (title, Some(id.to_string())));
    }

    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    world.chat.conversations().add_member(lea, &id, &emma.to_string()).await.unwrap();
    assert_eq!(world.notifications(emma).await[0].title, "Lea Test added you to Trip");
}

#[both_databases]
async fn a_message_waits_for_its_translation_but_not_for_long(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.notify().await;
    world.say(lea, &talk, "bonjour").await.unwrap();
    assert_eq!(kinds(&world, carlos).await, ["new_conversation"]);
    world.hand.advance(Duration::from_secs(5));
    let told = world.notifications(carlos).await.remove(0);
    assert_eq!((&*told.kind, &*told.content), ("new_message", "bonjour"));
    world.translate().await;
    assert_eq!(
        world.notifications(carlos).await[0].content,
        "es: bonjour",
        "it is listed with the translation"
    );
}

#[both_databases]
async fn texts_that_are_not_shown_are_in_no_notification(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    world.hand.advance(Duration::from_secs(1));
    let disclosure = meeshy_chat::Disclosure { is_view_once: true, ..Default::default() };
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "secret".into(),
        disclosure,
        ..NewMessage::default()
    };
    world.chat.messages().send(lea, new).await.unwrap();
    assert_eq!(world.notifications(carlos).await[0].content, "Message");
    let stored = |tx: &mut Tx<'_>| {
        tx.fetch_one::<i64>("SELECT count(*) FROM notifications WHERE content LIKE '%secret%'", &[])
    };
    let stored: Result<i64, StoreError> = world.store.read(stored).await;
    assert_eq!(stored.unwrap(), 0);

    // Nor those that were deleted.
    world.hand.advance(Duration::from_secs(1));
    let id = say(&world, lea, &talk, "lu @carlos").await;
    assert_eq!(world.notifications(carlos).await[0].content, "lu @carlos");
    world.chat.messages().delete(lea, &id, None).await.unwrap();
    assert_eq!(world.notifications(carlos).await[0].content, "");
}

#[both_databases]
async fn a_mention_that_an_edit_adds_is_notified(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = say(&world, lea, &talk, "bonjour").await;
    world.chat.conversations().mark_read(carlos, &talk.conversation.id.to_string()).await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    let edit = MessageEdit { message: id, content: "bonjour @carlos".into(), ..MessageEdit::default() };
    world.chat.messages().edit(lea, edit).await.unwrap();
    assert_eq!(kinds(&world, carlos).await, ["user_mentioned", "new_conversation"]);
}

#[both_databases]
async fn who_has_left_does_not_read_on_in_notifications(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    world.hand.advance(Duration::from_secs(1));
    let id = say(&world, lea, &talk, "avant").await;
    assert_eq!(world.notifications(carlos).await[0].content, "avant");
    let conversation = talk.conversation.id.to_string();
    world.chat.conversations().remove_member(lea, &conversation, &carlos.to_string(), false).await.unwrap();
    let edit = MessageEdit { message: id, content: "après".into(), ..MessageEdit::default() };
    world.chat.messages().edit(lea, edit).await.unwrap();
    let told = world.notifications(carlos).await.remove(0);
    assert_eq!((&*told.kind, &*told.content, told.message_preview), ("new_message", "", None));
}

#[both_databases]
async fn a_newer_message_is_not_notified_before_an_older_one(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let emma = world.person("emma", "es").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    world.notifications(carlos).await;
    world.hand.advance(Duration::from_secs(1));
    // The first one is not translated yet, and the second one needs no translation.
    world.say(emma, &talk, "hola").await.unwrap();
    world.say(carlos, &talk, "ok").await.unwrap();
    assert_eq!(kinds(&world, lea).await.len(), 0);
    world.translate().await;
    let told = world.notifications(lea).await.remove(0);
    assert_eq!((&*told.content, &data(&told)["count"]), ("ok", &json!(2)));
}

#[both_databases]
async fn many_reactions_at_once_are_one_notification(mut world: World) {
    let lea = world.person("lea", "fr").await;
    let mut others = Vec::new();
    for name in ["carlos", "emma", "zoe"] {
        others.push(world.person(name, "fr").await);
    }
    let talk = world.group(lea, &others).await;
    let id = say(&world, lea, &talk, "bonjour").await;
    world.chat.presence().connect(lea);
    world.notify().await;
    world.happened();
    for who in others {
        world.chat.reactions().add(who, &id, "👍").await.unwrap();
    }
    let told = world.notifications(lea).await;
    assert_eq!((told.len(), &data(&told[0])["count"]), (1, &json!(3)), "{told:?}");
    let unread = |event| match event {
        Event::Notification(new) => Some(new.unread),
        _ => None,
    };
    assert_eq!(world.happened().into_iter().filter_map(unread).collect::<Vec<_>>(), [1]);
    world.chat.presence().disconnect(lea);
}
