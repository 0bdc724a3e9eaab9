//! Data hidden by the old system stays hidden, on both databases, with rows as an import leaves them.

use meeshy_chat::{
    ChatError, ConversationView, Event, FileRequest, ListFilter, MessageEdit, NewConversation, NewMessage,
};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_store::{Tx, Value, blocks};
use meeshy_testkit::both_databases;
use std::collections::BTreeSet;
use std::time::Duration;

/// Changes rows as an import would have written them.
async fn set(world: &World, sql: &'static str, params: Vec<Value>) {
    let write = move |tx: &mut Tx<'_>| tx.execute(sql, &params);
    assert!(world.store.write(write).await.unwrap() > 0, "{sql}");
}

/// Makes a user block another one.
pub async fn block(world: &World, who: UserId, whom: UserId) {
    world.store.write(move |tx| blocks::set(tx, who, &[whom])).await.unwrap();
}

/// The messages that a user sees in a conversation, the newest first.
async fn read(world: &World, who: UserId, talk: &ConversationView) -> Vec<String> {
    world.page(who, talk).await.messages.into_iter().map(|view| view.message.content).collect()
}

/// The conversation as a user sees it in the list.
async fn preview(world: &World, who: UserId) -> Option<String> {
    let (listed, _) = world.chat.conversations().list(who, ListFilter::default(), 10, 0).await.unwrap();
    let group = listed.into_iter().find(|view| view.conversation.identifier != "meeshy")?;
    group.last_message.map(|view| view.message.content)
}

async fn say(world: &World, who: UserId, talk: &ConversationView, text: &str) -> Value {
    world.say(who, talk, text).await.unwrap().message.message.id.into()
}

#[both_databases]
async fn expired_messages_are_hidden_from_everybody(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    say(&world, lea, &talk, "stays").await;
    let message = say(&world, lea, &talk, "goes").await;
    let id = world.page(lea, &talk).await.messages[0].message.id.to_string();
    let expires_at = world.chat.now().plus(Duration::from_secs(60));
    set(
        &world,
        "UPDATE messages SET expires_at = $2 WHERE id = $1",
        vec![message.clone(), expires_at.into()],
    )
    .await;
    assert_eq!(read(&world, carlos, &talk).await, ["goes", "stays"], "it has not expired yet");
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "answers".into(),
        reply_to_id: Some(id.clone()),
        ..NewMessage::default()
    };
    world.chat.messages().send(carlos, new.clone()).await.unwrap();
    world.hand.advance(Duration::from_secs(61));
    for who in [lea, carlos] {
        let page = world.page(who, &talk).await;
        assert_eq!(page.messages.len(), 2);
        assert_eq!(page.total, 2);
        assert!(page.messages[0].reply_to.is_none(), "nor as a reply-to");
        assert!(matches!(world.chat.messages().get(who, &id).await, Err(ChatError::NotFound { .. })));
        let asked = world.chat.translations().request(who, &id, "de").await;
        assert!(matches!(asked, Err(ChatError::NotFound { .. })));
    }
    assert!(matches!(world.chat.messages().send(carlos, new).await, Err(ChatError::Invalid { .. })));
    // Translations requested before it expired are not made any more.
    world.translate().await;
    let counts = world.store.read(move |tx| {
        tx.fetch_one::<i64>("SELECT count(*) AS total FROM translations WHERE message_id = $1", &[message])
    });
    assert_eq!(counts.await.unwrap(), 0);
}

#[both_databases]
async fn view_once_messages_are_visible_to_their_author_only(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = say(&world, lea, &talk, "our secret").await;
    world.translate().await;
    set(
        &world,
        "UPDATE messages SET is_view_once = TRUE, max_view_once_count = 3 WHERE id = $1",
        vec![message],
    )
    .await;
    assert_eq!(read(&world, lea, &talk).await, ["our secret"]);
    let page = world.page(carlos, &talk).await;
    let view = &page.messages[0];
    assert!(view.message.details.is_view_once && !view.message.content.contains("secret"));
    assert!(view.translations.is_empty() && view.pending.is_empty(), "{view:?}");
    assert!(!preview(&world, carlos).await.unwrap().contains("secret"));
    let id = view.message.id.to_string();
    let asked = world.chat.translations().request(carlos, &id, "de").await;
    assert!(matches!(asked, Err(ChatError::InvalidOperation(_))));
    // A reply quotes it to everybody.
    world.happened();
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "answers".into(),
        reply_to_id: Some(id),
        ..NewMessage::default()
    };
    world.chat.messages().send(lea, new).await.unwrap();
    let quoted = world.happened().into_iter().find_map(|event| match event {
        Event::MessageNew { message, .. } => Some(message.reply_to.as_ref()?.message.content.clone()),
        _ => None,
    });
    assert!(!quoted.unwrap().contains("secret"));
}

#[both_databases]
async fn the_text_of_encrypted_messages_is_hidden_from_everybody(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = say(&world, lea, &talk, "c2VjcmV0").await;
    set(
        &world,
        "UPDATE messages SET is_encrypted = TRUE, encryption_mode = 'e2ee' WHERE id = $1",
        vec![message],
    )
    .await;
    world.translate().await;
    for who in [lea, carlos] {
        let page = world.page(who, &talk).await;
        let view = &page.messages[0];
        assert!(view.message.details.is_encrypted && !view.message.content.contains("c2Vj"));
        assert!(view.translations.is_empty() && view.pending.is_empty(), "it is not translated");
    }
}

#[both_databases]
async fn messages_deleted_for_oneself_and_cleared_histories_stay_hidden(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    say(&world, lea, &talk, "one").await;
    world.hand.advance(Duration::from_secs(10));
    let cleared_before = world.chat.now();
    say(&world, lea, &talk, "two").await;
    let message = say(&world, lea, &talk, "three").await;
    set(
        &world,
        "INSERT INTO message_deletions (id, user_id, message_id, deleted_at) VALUES ('65d0000000000000000000d1', $1, $2, 1)",
        vec![carlos.into(), message],
    )
    .await;
    assert_eq!(read(&world, carlos, &talk).await, ["two", "one"]);
    assert_eq!(preview(&world, carlos).await.as_deref(), Some("two"));
    assert_eq!(world.page(carlos, &talk).await.total, 2);
    assert_eq!(read(&world, lea, &talk).await, ["three", "two", "one"], "visible to the others");
    set(
        &world,
        "INSERT INTO conversation_preferences (id, user_id, conversation_id, is_pinned, clear_history_before, created_at, \
           updated_at) VALUES ('65d0000000000000000000d2', $1, $2, TRUE, $3, 1, 1)",
        vec![carlos.into(), talk.conversation.id.into(), cleared_before.into()],
    )
    .await;
    assert_eq!(read(&world, carlos, &talk).await, ["two"]);
    let (listed, _) = world.chat.conversations().list(carlos, ListFilter::default(), 10, 0).await.unwrap();
    let pinned = listed.iter().filter_map(|view| view.preferences.as_ref()).filter(|set| set.is_pinned);
    assert_eq!(pinned.count(), 1);
    // A conversation that was deleted for oneself reappears with its next message.
    set(
        &world,
        "UPDATE conversation_preferences SET is_deleted_for_user = TRUE, deleted_for_user_at = $1",
        vec![world.chat.now().into()],
    )
    .await;
    assert_eq!(preview(&world, carlos).await, None);
    world.hand.advance(Duration::from_secs(10));
    say(&world, lea, &talk, "four").await;
    assert_eq!(preview(&world, carlos).await.as_deref(), Some("four"));
}

#[both_databases]
async fn blocked_users_are_not_delivered_and_cannot_find_the_blocking_user(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    let direct = |with: UserId| NewConversation {
        kind: "direct".into(),
        participant_ids: vec![with.to_string()],
        ..NewConversation::default()
    };
    let alone = world.chat.conversations().create(carlos, direct(lea)).await.unwrap();
    say(&world, carlos, &talk, "before").await;
    let by_carlos = world.say(carlos, &alone, "hola").await.unwrap().message.message.id;
    let by_lea = world.say(lea, &alone, "salut").await.unwrap().message.message.id;
    block(&world, lea, carlos).await;
    world.happened();
    say(&world, carlos, &talk, "hello?").await;
    say(&world, emma, &talk, "hi").await;
    assert_eq!(read(&world, lea, &talk).await, ["hi"]);
    assert_eq!(read(&world, emma, &talk).await, ["hi", "hello?", "before"]);
    let hidden: Vec<Vec<UserId>> = (world.happened().into_iter())
        .filter_map(|event| match event {
            Event::MessageNew { hidden_from, .. } => Some(hidden_from.message),
            _ => None,
        })
        .collect();
    assert_eq!(hidden, [vec![lea], vec![]]);
    for (who, with) in [(carlos, lea), (lea, carlos)] {
        let refused = world.say(who, &alone, "please").await;
        assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{refused:?}");
        let message = if who == carlos { by_carlos } else { by_lea }.to_string();
        let edit = MessageEdit { message, content: "please".into(), ..MessageEdit::default() };
        let refused = world.chat.messages().edit(who, edit).await;
        assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{refused:?}");
        let name = if with == lea { "lea" } else { "carlos" };
        let (found, total) = world.chat.profiles().search(who, name, 10, 0).await.unwrap();
        assert!(found.is_empty() && total == 0, "{name}");
    }
    block(&world, emma, carlos).await;
    let group = NewConversation { kind: "group".into(), title: Some("Hey".into()), ..direct(emma) };
    for new in [direct(emma), group] {
        let refused = world.chat.conversations().create(carlos, new).await;
        assert!(matches!(refused, Err(ChatError::Forbidden(_))));
    }
}

#[both_databases]
async fn messages_of_a_blocked_user_are_unread_for_the_others_only(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    block(&world, lea, carlos).await;
    world.happened();
    for (who, text) in [(carlos, "one"), (carlos, "two"), (emma, "three"), (carlos, "four")] {
        say(&world, who, &talk, text).await;
    }
    let told: Vec<bool> = (world.happened().into_iter())
        .filter_map(|event| match event {
            Event::MessageNew { hidden_from, .. } => Some(!hidden_from.message.contains(&lea)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [false, false, true, false]);
    let known = world.chat.conversations().audience(lea).await.unwrap().memberships;
    let known = known.iter().find(|known| known.conversation_id == talk.conversation.id).unwrap();
    assert_eq!(known.unread_count, 1);
    let reference = talk.conversation.id.to_string();
    for (who, unread) in [(lea, 1), (emma, 1), (carlos, 0)] {
        let view = world.chat.conversations().get(who, &reference).await.unwrap();
        assert_eq!(view.unread_count, unread);
    }
    world.chat.conversations().mark_read(lea, &reference).await.unwrap();
    assert_eq!(world.chat.conversations().get(lea, &reference).await.unwrap().unread_count, 0);
}

#[both_databases]
async fn files_of_hidden_messages_are_hidden(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = say(&world, lea, &talk, "Regarde").await;
    let file = "65d000000000000000000001";
    set(
        &world,
        "INSERT INTO attachments (id, message_id, file_name, original_name, mime_type, file_path, file_url, uploaded_by, \
           file_size, created_at) VALUES ($1, $2, 'a.png', 'a.png', 'image/png', '2025/a.png', '/api/attachments/file/a', $3, 3, 1)",
        vec![file.into(), message.clone(), lea.to_string().into()],
    )
    .await;
    let by = |caller: UserId| FileRequest { caller: Some(caller.into()), signature: None };
    assert!(world.chat.files().get(file, false, by(carlos)).await.is_ok());
    assert!(world.chat.files().at_path("2025/a.png", FileRequest::default()).await.is_ok());
    for sql in ["UPDATE attachments SET is_view_once = TRUE", "UPDATE messages SET is_view_once = TRUE"] {
        set(&world, sql, vec![]).await;
        assert!(world.chat.files().get(file, false, by(lea)).await.is_ok(), "{sql}");
        assert!(world.chat.files().get(file, false, by(carlos)).await.is_err(), "{sql}");
        assert!(world.chat.files().at_path("2025/a.png", FileRequest::default()).await.is_err(), "{sql}");
        let attached = |page: &meeshy_chat::MessagePage| page.messages[0].attachments.len();
        assert_eq!(attached(&world.page(carlos, &talk).await), 0, "{sql}");
        assert_eq!(attached(&world.page(lea, &talk).await), 1, "{sql}");
        set(&world, "UPDATE attachments SET is_view_once = FALSE", vec![]).await;
    }
    set(&world, "UPDATE messages SET expires_at = 1 WHERE id = $1", vec![message]).await;
    for caller in [lea, carlos] {
        assert!(world.chat.files().get(file, false, by(caller)).await.is_err(), "it has expired");
    }
}

#[both_databases]
async fn deleted_or_cleared_messages_do_not_reappear_live(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let emma = world.person("emma", "fr").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    let old = say(&world, carlos, &talk, "avant").await;
    let conversation = talk.conversation.id;
    set(
        &world,
        "INSERT INTO message_deletions (id, message_id, user_id, deleted_at) VALUES ('d', $1, $2, 1)",
        vec![old.clone(), lea.into()],
    )
    .await;
    world.hand.advance(Duration::from_secs(1));
    set(
        &world,
        "INSERT INTO conversation_preferences (id, user_id, conversation_id, clear_history_before, created_at, updated_at) \
         VALUES ('p', $1, $2, $3, 1, 1)",
        vec![emma.into(), conversation.into(), world.chat.now().into()],
    )
    .await;
    world.hand.advance(Duration::from_secs(1));
    world.happened();
    let Value::Text(id) = old else { unreachable!() };
    let answer = NewMessage {
        conversation: conversation.to_string(),
        content: "et après ?".into(),
        reply_to_id: Some(id.clone()),
        ..NewMessage::default()
    };
    world.chat.messages().send(carlos, answer).await.unwrap();
    let edit = MessageEdit { message: id, content: "autrefois".into(), ..MessageEdit::default() };
    world.chat.messages().edit(carlos, edit).await.unwrap();
    let sorted = |users: &[UserId]| users.iter().copied().collect::<BTreeSet<_>>();
    let hidden: Vec<_> = (world.happened().iter())
        .filter_map(|event| match event {
            Event::MessageNew { hidden_from, .. } => {
                Some((sorted(&hidden_from.message), sorted(&hidden_from.answered)))
            }
            Event::MessageEdited { hidden_from, .. } => {
                Some((sorted(&hidden_from.message), sorted(&hidden_from.answered)))
            }
            _ => None,
        })
        .collect();
    let (nobody, both) = (BTreeSet::new(), BTreeSet::from([lea, emma]));
    assert_eq!(hidden, [(nobody.clone(), both.clone()), (both, nobody)]);
}
