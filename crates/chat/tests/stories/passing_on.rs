//! Pinning and forwarding messages, and the overview of the latest ones.

use meeshy_chat::{ChatError, Disclosure, Event, NewConversation, NewMessage};
use meeshy_domain::{MemberRole, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::time::Duration;

#[both_databases]
async fn moderators_pin_messages_for_everybody(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    let mut ids = Vec::new();
    for text in ["one", "two"] {
        ids.push(world.say(carlos, &talk, text).await.unwrap().message.message.id.to_string());
    }
    let messages = world.chat.messages();
    let refused = messages.pin(carlos, &ids[0], true).await;
    assert!(matches!(refused, Err(ChatError::Forbidden(_))), "a plain member of a group");
    let known = world.chat.conversations().get(lea, &place).await.unwrap().conversation.last_event;
    world.happened();
    for id in &ids {
        let pinned = world.chat.messages().pin(lea, id, true).await.unwrap();
        assert!(pinned.message.details.pinned_at.is_some());
        assert_eq!(pinned.message.details.pinned_by, Some(lea.to_string()));
        world.hand.advance(std::time::Duration::from_secs(1));
    }
    world.chat.messages().pin(lea, &ids[1], true).await.unwrap();
    let events = world.happened();
    assert!(
        matches!(&events[..], [Event::MessagePinned { pinned: Some(_), .. }, Event::MessagePinned { .. }]),
        "a repeated one changes nothing: {events:?}"
    );
    let pinned = async |world: &World| {
        let pinned = world.chat.messages().pinned(carlos, &place).await.unwrap();
        pinned.into_iter().map(|view| view.message.content).collect::<Vec<_>>()
    };
    assert_eq!(pinned(&world).await, ["two", "one"]);

    world.chat.messages().pin(lea, &ids[0], false).await.unwrap();
    world.chat.messages().delete(carlos, &ids[1], None).await.unwrap();
    assert!(pinned(&world).await.is_empty());
    let missed = world.chat.events().after(carlos, &place, known, 100).await.unwrap();
    let unpinned = missed
        .stretch
        .events
        .iter()
        .any(|happened| matches!(happened.event, Event::MessagePinned { pinned: None, .. }));
    assert!(unpinned, "a member who was away learns the current state");
    let stranger = world.person("stranger", "en").await;
    assert!(world.chat.messages().pin(stranger, &ids[0], true).await.is_err());
}

#[both_databases]
async fn pins_are_bounded(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    for number in 0..=limits::PINNED_MESSAGES {
        let id = world.say(lea, &talk, "x").await.unwrap().message.message.id.to_string();
        let outcome = world.chat.messages().pin(lea, &id, true).await;
        assert_eq!(outcome.is_ok(), number < limits::PINNED_MESSAGES, "{number}");
        assert_eq!(world.chat.messages().pin(lea, &id, true).await.is_ok(), outcome.is_ok(), "again");
    }
}

#[both_databases]
async fn a_forwarded_message_names_the_first_one(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let (from, to) = (world.group(lea, &[carlos]).await, world.group(carlos, &[emma]).await);
    let first = world.say(lea, &from, "Bonjour").await.unwrap().message;
    let id = first.message.id.to_string();
    let place = to.conversation.id.to_string();
    let sent = world.chat.messages().forward(carlos, &id, &place).await.unwrap().message;
    assert_eq!(
        (sent.message.content.as_str(), sent.message.sender_id, sent.message.original_language),
        ("Bonjour", Some(carlos), first.message.original_language)
    );
    assert_eq!(sent.message.details.forwarded_from_id, Some(id.clone()));
    let again = world.chat.messages().forward(carlos, &sent.message.id.to_string(), &place).await.unwrap();
    assert_eq!(again.message.message.details.forwarded_from_id, Some(id.clone()));
    let shown = world.page(emma, &to).await;
    let details = &shown.messages[0].message.details;
    assert_eq!(details.forwarded_from_conversation_id, Some(from.conversation.id.to_string()));

    assert!(world.chat.messages().forward(emma, &id, &place).await.is_err(), "she cannot read the original");
    let elsewhere = from.conversation.id.to_string();
    let refused = world.chat.messages().forward(emma, &sent.message.id.to_string(), &elsewhere).await;
    assert!(refused.is_err(), "she is no member there");
    let hidden = first.message.id;
    let hide = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE messages SET is_view_once = TRUE WHERE id = $1", &[hidden.into()])
    };
    world.store.write::<_, StoreError>(hide).await.unwrap();
    assert!(world.chat.messages().forward(carlos, &id, &place).await.is_err(), "its text is hidden");
}

#[both_databases]
async fn the_latest_reactions_and_receipts(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(world.say(lea, &talk, text).await.unwrap().message.message.id);
    }
    world.chat.reactions().add(carlos, &ids[1].to_string(), "👍").await.unwrap();
    let found = world.chat.messages().latest_reactions(lea, &place, 50).await.unwrap();
    assert_eq!(found.messages.iter().map(|found| found.message_id).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(found.users[&carlos].username, "carlos");

    world.chat.conversations().mark_all_delivered(carlos, &place).await.unwrap();
    world.chat.conversations().mark_read_to(carlos, &ids[0].to_string()).await.unwrap();
    let found = world.chat.messages().latest_receipts(lea, &place, 20, 100).await.unwrap();
    let counts: Vec<_> =
        found.iter().map(|found| (found.message_id, found.counts.delivered, found.counts.read)).collect();
    assert_eq!(counts, [(ids[2], 1, 0), (ids[1], 0, 0), (ids[0], 1, 1)]);
    assert_eq!(found[0].receipts[0].user_id, carlos);
    assert!(
        world.chat.messages().latest_receipts(world.person("x1", "en").await, &place, 20, 100).await.is_err()
    );

    let found = world.chat.conversations().open_to_all("meeshy").await.unwrap();
    assert!(found.conversation.member_count >= 3);
    assert!(
        world.chat.conversations().open_to_all(&place).await.is_err(),
        "a group is nobody else's business"
    );
    let moderator = MemberRole::Moderator;
    world.chat.conversations().set_member_role(lea, &place, &carlos.to_string(), moderator).await.unwrap();
    world.chat.messages().pin(carlos, &ids[0].to_string(), true).await.unwrap();
}

#[both_databases]
async fn a_blocked_person_pins_nothing_for_the_other(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    let id = world.say(lea, &pair, "Bonjour").await.unwrap().message.message.id.to_string();
    world.chat.messages().pin(carlos, &id, true).await.unwrap();
    world.chat.blocks().block(lea, &carlos.to_string()).await.unwrap();
    assert!(matches!(world.chat.messages().pin(carlos, &id, false).await, Err(ChatError::Forbidden(_))));
}

#[both_databases]
async fn a_forwarded_message_expires_with_the_first_one(world: World) {
    let lea = world.person("lea", "fr").await;
    let (from, to) = (world.group(lea, &[]).await, world.group(lea, &[]).await);
    let expires_at = Some(world.chat.now().plus(Duration::from_secs(3_600)));
    let new = NewMessage {
        conversation: from.conversation.id.to_string(),
        content: "une heure".into(),
        disclosure: Disclosure { is_blurred: true, expires_at, ..Disclosure::default() },
        ..NewMessage::default()
    };
    let id = world.chat.messages().send(lea, new).await.unwrap().message.message.id.to_string();
    let place = to.conversation.id.to_string();
    let sent = world.chat.messages().forward(lea, &id, &place).await.unwrap().message;
    assert_eq!((sent.message.details.is_blurred, sent.message.details.expires_at), (true, expires_at));
}
