//! Conversations and messages, on both databases.

use meeshy_chat::model::Mentioned;
use meeshy_chat::{ChatError, Event, ListFilter, NewConversation, NewMessage, PagePlace, PageRequest};
use meeshy_harness::World;
use meeshy_store::translations::State;
use meeshy_testkit::both_databases;

#[both_databases]
async fn a_message_is_read_in_the_readers_language(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let sent = world.say(carlos, &talk, "¿Qué tal?").await.unwrap();
    assert_eq!(sent.message.message.original_language.code(), "es", "the writer's own");
    assert_eq!(sent.message.pending, ["fr".parse().unwrap()], "one target, and not the writer's");

    world.translate().await;
    let page = world.page(lea, &talk).await;
    let message = &page.messages[0];
    assert_eq!((page.messages.len(), page.total, page.has_older), (1, 1, false));
    let State::Done { content, engine, score, .. } = &message.translations[0].state else {
        panic!("{message:?}")
    };
    assert_eq!((content.as_str(), engine.as_str(), *score), ("fr: ¿Qué tal?", "test", Some(0.5)));
    assert!(message.pending.is_empty());

    let events = world.happened();
    let order: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::ConversationCreated { .. } => "created",
            Event::MessageNew { .. } => "new",
            Event::Translated { .. } => "translated",
            _ => "other",
        })
        .collect();
    assert_eq!(order, ["created", "new", "translated"]);
    let unread = async |user| {
        world.chat.conversations().get(user, &talk.conversation.id.to_string()).await.unwrap().unread_count
    };
    assert_eq!((unread(lea).await, unread(carlos).await), (1, 0));
}

#[both_databases]
async fn unread_counts_follow_the_cursor(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    for n in 0..3 {
        world.say(carlos, &talk, &format!("message {n}")).await.unwrap();
    }
    let unread = |view: &meeshy_chat::ConversationView| view.unread_count;
    assert_eq!(unread(&world.chat.conversations().get(lea, &id).await.unwrap()), 3);
    assert_eq!(unread(&world.chat.conversations().get(carlos, &id).await.unwrap()), 0);
    assert_eq!(world.chat.conversations().mark_read(lea, &id).await.unwrap(), 3);
    assert_eq!(world.chat.conversations().mark_read(lea, &id).await.unwrap(), 0, "again");
    world.say(lea, &talk, "réponse").await.unwrap();
    assert_eq!(
        unread(&world.chat.conversations().get(lea, &id).await.unwrap()),
        0,
        "her own message is read"
    );
    assert_eq!(unread(&world.chat.conversations().get(carlos, &id).await.unwrap()), 1);
}

#[both_databases]
async fn a_retry_is_the_same_message(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let new = |content: &str| NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: content.into(),
        client_message_id: Some("c-1".into()),
        ..NewMessage::default()
    };
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (chat, new) = (world.chat.clone(), new("bonjour"));
            tokio::spawn(async move { chat.messages().send(lea, new).await })
        })
        .collect();
    let mut ids = Vec::new();
    let mut first = 0;
    for attempt in attempts {
        let sent = attempt.await.unwrap().unwrap();
        first += usize::from(!sent.repeated);
        ids.push(sent.message.message.id);
    }
    ids.dedup();
    assert_eq!((ids.len(), first), (1, 1));
    assert_eq!(world.happened().iter().filter(|event| matches!(event, Event::MessageNew { .. })).count(), 1);
    assert!(world.chat.messages().send(carlos, new("hola")).await.is_ok(), "ids are each sender's own");
    let other = world.chat.messages().send(lea, new("autre chose")).await;
    assert!(
        matches!(&other, Err(ChatError::Invalid { field, .. }) if field == "clientMessageId"),
        "{other:?}"
    );
}

#[both_databases]
async fn concurrent_messages_are_numbered_and_published_in_one_order(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    world.happened();
    let id = talk.conversation.id.to_string();
    let writers = (0..200).map(|n| {
        let (chat, conversation) = (world.chat.clone(), id.clone());
        let who = if n % 2 == 0 { lea } else { carlos };
        tokio::spawn(async move {
            chat.messages()
                .send(who, NewMessage { conversation, content: format!("{n}"), ..NewMessage::default() })
                .await
                .unwrap()
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let announced: Vec<i64> = world
        .happened()
        .iter()
        .filter_map(|event| match event {
            Event::MessageNew { message, .. } => Some(message.message.sequence),
            _ => None,
        })
        .collect();
    assert_eq!(announced, (1..=200).collect::<Vec<_>>());
    let mut place = PagePlace::default();
    let mut read = Vec::new();
    loop {
        let page =
            world.chat.messages().page(lea, &id, PageRequest { place, limit: 50 }, || true).await.unwrap();
        read.extend(page.messages.iter().map(|view| view.message.sequence));
        if !page.has_older {
            break;
        }
        place = PagePlace::Before(page.messages.last().unwrap().message.id.to_string());
    }
    assert_eq!(read, (1..=200).rev().collect::<Vec<_>>());
}

#[both_databases]
async fn invalid_input_is_rejected_and_stores_nothing(mut world: World) {
    let (lea, carlos, emma) = (
        world.person("lea", "fr").await,
        world.person("carlos", "es").await,
        world.person("emma", "en").await,
    );
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    world.happened();
    for content in ["", " \n\t ", "a\0b", &"x".repeat(4_001), &"x".repeat(10_000_000)] {
        let refused = world.say(lea, &talk, content).await;
        assert!(
            matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "content"),
            "{refused:?}"
        );
    }
    assert!(world.say(lea, &talk, &"é".repeat(4_000)).await.is_ok(), "at the limit");
    assert!(matches!(world.say(emma, &talk, "hello").await, Err(ChatError::NotAMember)));
    let to = |conversation: &str| NewMessage {
        conversation: conversation.into(),
        content: "x".into(),
        ..NewMessage::default()
    };
    for unknown in ["65a0c0ffee0123456789abcd", "nowhere", "", "a\0b", "'; DROP TABLE users; --"] {
        let refused = world.chat.messages().send(lea, to(unknown)).await;
        assert!(matches!(refused, Err(ChatError::NotFound { what: "conversation" })), "{unknown}");
    }
    let bad = |change: fn(&mut NewMessage)| {
        let mut new = to(&id);
        change(&mut new);
        new
    };
    for (field, new) in [
        ("originalLanguage", bad(|new| new.original_language = Some("klingon".into()))),
        ("messageType", bad(|new| new.message_type = Some("hologram".into()))),
        ("replyToId", bad(|new| new.reply_to_id = Some("65a0c0ffee0123456789abcd".into()))),
        ("replyToId", bad(|new| new.reply_to_id = Some("x".into()))),
        ("clientMessageId", bad(|new| new.client_message_id = Some("x".repeat(65)))),
    ] {
        let refused = world.chat.messages().send(lea, new).await;
        assert!(
            matches!(&refused, Err(ChatError::Invalid { field: f, .. }) if f == field),
            "{field} {refused:?}"
        );
    }
    let page = world.page(lea, &talk).await;
    assert_eq!(
        page.messages.iter().map(|view| view.message.sequence).collect::<Vec<_>>(),
        [1],
        "no gap either"
    );
    assert_eq!(world.happened().len(), 1);
}

#[both_databases]
async fn a_pair_has_one_direct_conversation(world: World) {
    let (lea, carlos, emma) = (
        world.person("lea", "fr").await,
        world.person("carlos", "es").await,
        world.person("emma", "en").await,
    );
    let direct = |with: &[meeshy_domain::UserId]| NewConversation {
        kind: "direct".into(),
        participant_ids: with.iter().map(ToString::to_string).collect(),
        ..NewConversation::default()
    };
    let one = world.chat.conversations().create(lea, direct(&[carlos])).await.unwrap();
    let same = world.chat.conversations().create(carlos, direct(&[lea])).await.unwrap();
    assert_eq!(one.conversation.id, same.conversation.id);
    assert_eq!((one.title.as_str(), same.title.as_str()), ("Carlos Test", "Lea Test"), "each sees the other");
    world.group(lea, &[carlos, emma]).await;
    let filter = ListFilter { kind: Some("direct".into()), with_user: Some(carlos.to_string()) };
    let (found, total) = world.chat.conversations().list(lea, filter, 20, 0).await.unwrap();
    assert_eq!((found[0].conversation.id, total), (one.conversation.id, 1));
    for (wrong, with) in [("nobody", vec![]), ("two", vec![carlos, emma]), ("oneself", vec![lea])] {
        assert!(world.chat.conversations().create(lea, direct(&with)).await.is_err(), "{wrong}");
    }
    let unknown =
        world.chat.conversations().create(lea, direct(&["65a0c0ffee0123456789abcd".parse().unwrap()])).await;
    assert!(matches!(unknown, Err(ChatError::NotFound { what: "user" })));
}

#[both_databases]
async fn a_taken_identifier_gets_a_suffix(world: World) {
    let lea = world.person("lea", "fr").await;
    let open = async || {
        let new = NewConversation {
            kind: "group".into(),
            identifier: Some("trip".into()),
            ..NewConversation::default()
        };
        world.chat.conversations().create(lea, new).await.unwrap().conversation.identifier
    };
    assert_eq!(open().await, "mshy_trip");
    let second = open().await;
    assert!(second.starts_with("mshy_trip-") && second.len() == "mshy_trip-".len() + 8, "{second}");
    assert_ne!(open().await, second);
}

#[both_databases]
async fn a_message_includes_its_mentions_and_reply(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let first = world.say(lea, &talk, "Salut @Carlos et @personne").await.unwrap();
    let mentioned = Mentioned { user: carlos, username: "carlos".to_owned(), at: None };
    assert_eq!(first.message.mentions, std::slice::from_ref(&mentioned));
    let reply = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "Salut !".into(),
        reply_to_id: Some(first.message.message.id.to_string()),
        ..NewMessage::default()
    };
    world.chat.messages().send(carlos, reply).await.unwrap();
    let page = world.page(lea, &talk).await;
    let answered = page.messages[0].reply_to.as_ref().unwrap();
    assert_eq!(
        (answered.message.content.as_str(), &answered.mentions),
        ("Salut @Carlos et @personne", &vec![mentioned])
    );
}

#[both_databases]
async fn everybody_is_in_the_global_room_and_history_is_not_unread(world: World) {
    let lea = world.person("lea", "fr").await;
    let room = world.chat.conversations().get(lea, "meeshy").await.unwrap();
    world.say(lea, &room, "premier").await.unwrap();
    let carlos = world.person("carlos", "fr").await;
    let seen = world.chat.conversations().get(carlos, "meeshy").await.unwrap();
    assert_eq!((seen.unread_count, seen.members.len()), (0, 2));
    assert_eq!(seen.last_message.unwrap().message.content, "premier");
}

#[both_databases]
async fn the_language_of_a_message_is_detected_if_the_client_names_none(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    for (declared, content, expected) in [
        (None, "😀 ok", "es"),
        (None, "Where did you put the keys yesterday?", "en"),
        (Some("auto"), "Ich rufe dich an, wenn der Zug ankommt.", "de"),
        (None, "😀 ok", "de"),
        (Some("it"), "Where did you put the keys yesterday?", "it"),
        (Some("it"), "Куда ты вчера положил ключи?", "ru"),
    ] {
        let new = NewMessage {
            conversation: talk.conversation.id.to_string(),
            content: content.into(),
            original_language: declared.map(Into::into),
            ..NewMessage::default()
        };
        let sent = world.chat.messages().send(carlos, new).await.unwrap();
        assert_eq!(sent.message.message.original_language.code(), expected, "{content}");
    }
}
