//! Deleted messages, on both databases.

use meeshy_chat::model::MessagePlace;
use meeshy_chat::retention::Bounds;
use meeshy_chat::{ChatError, ConversationPatch, ConversationView, Event, ListFilter, NewMessage};
use meeshy_domain::{Role, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::time::Duration;

async fn scene(world: &World) -> (UserId, UserId, ConversationView, String) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = world.say(carlos, &talk, "hola @lea").await.unwrap().message.message.id.to_string();
    (lea, carlos, talk, message)
}

/// A user's only conversation besides the global room.
async fn listed(world: &World, who: UserId) -> ConversationView {
    let filter = ListFilter { kind: Some("group".into()), with_user: None };
    world.chat.conversations().list(who, filter, 9, 0).await.unwrap().0.remove(0)
}

#[both_databases]
async fn nothing_is_left_of_a_deleted_message(mut world: World) {
    let (lea, carlos, talk, first) = scene(&world).await;
    let second = world.say(carlos, &talk, "¿qué tal?").await.unwrap().message.message.id.to_string();
    world.translate().await;
    world.chat.reactions().add(lea, &second, "👍").await.unwrap();
    let before = listed(&world, lea).await;
    assert_eq!(
        (before.unread_count, before.last_message.unwrap().message.id.to_string()),
        (2, second.clone())
    );
    let reply = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "bien".into(),
        reply_to_id: Some(second.clone()),
        ..NewMessage::default()
    };
    world.happened();
    world.chat.messages().delete(carlos, &second, None).await.unwrap();

    let after = listed(&world, lea).await;
    assert_eq!((after.unread_count, after.last_message.unwrap().message.id.to_string()), (1, first.clone()));
    assert_eq!(
        after.conversation.last_message_at,
        world.page(lea, &talk).await.messages[0].message.created_at
    );
    let page = world.page(lea, &talk).await;
    assert_eq!((page.messages.len(), page.total), (1, 1));
    let events = world.happened();
    assert!(
        matches!(&events[..], [Event::MessageDeleted { message_id, place: MessagePlace { sequence: 2, last_sequence: 2, counts: true }, .. }]
            if message_id.to_string() == second),
        "{events:?}"
    );
    let id: meeshy_domain::MessageId = second.parse().unwrap();
    let left = move |tx: &mut Tx<'_>| {
        let mut left: Vec<i64> = Vec::new();
        for table in ["translations", "translation_jobs", "mentions", "reactions"] {
            left.push(
                tx.fetch_one(&format!("SELECT count(*) FROM {table} WHERE message_id = $1"), &[id.into()])?,
            );
        }
        let content: String = tx.fetch_one("SELECT content FROM messages WHERE id = $1", &[id.into()])?;
        Ok::<_, StoreError>((left, content))
    };
    assert_eq!(world.store.read(left).await.unwrap(), (vec![0; 4], String::new()));

    for (who, what) in [(carlos, &second), (lea, &second)] {
        let missing = world.chat.messages().delete(who, what, None).await.unwrap_err();
        assert!(matches!(missing, ChatError::NotFound { what: "message" }), "{missing}");
    }
    let refused = world.chat.messages().send(lea, reply).await.unwrap_err();
    assert!(matches!(&refused, ChatError::Invalid { field, .. } if field == "replyToId"), "{refused}");
    // The next message gets the next number.
    assert_eq!(world.say(lea, &talk, "oui").await.unwrap().message.message.sequence, 3);
}

#[both_databases]
async fn a_member_who_was_away_hears_of_it(world: World) {
    let (lea, carlos, talk, first) = scene(&world).await;
    let known = listed(&world, lea).await.conversation.last_event;
    let second = world.say(carlos, &talk, "¿qué tal?").await.unwrap().message.message.id.to_string();
    world.chat.reactions().add(lea, &second, "👍").await.unwrap();
    for message in [&first, &second] {
        world.chat.messages().delete(carlos, message, None).await.unwrap();
    }
    let talk = talk.conversation.id.to_string();
    let missed = world.chat.events().after(lea, &talk, known, 50).await.unwrap();
    let events: Vec<_> = missed.stretch.events.iter().map(|happened| &happened.event).collect();
    // What came and went meanwhile is not mentioned.
    assert!(
        matches!(&events[..], [Event::MessageDeleted { message_id, .. }] if message_id.to_string() == first),
        "{events:?}"
    );
    assert_eq!(missed.unread_count, 0);
}

#[both_databases]
async fn authors_and_moderators_delete(world: World) {
    let (lea, carlos, talk, _) = scene(&world).await;
    let emma = world.person("emma", "en").await;
    let say = async |who| world.say(who, &talk, "hola").await.unwrap().message.message.id.to_string();
    let (by_carlos, by_lea) = (say(carlos).await, say(lea).await);
    let refused = world.chat.messages().delete(carlos, &by_lea, None).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    let elsewhere = world.group(carlos, &[emma]).await.conversation.id.to_string();
    let misplaced = world.chat.messages().delete(carlos, &by_carlos, Some(&elsewhere)).await.unwrap_err();
    assert!(matches!(misplaced, ChatError::NotFound { what: "message" }), "{misplaced}");
    world.hand.advance(Duration::from_secs(30 * 86_400));
    // Léa has created the group, so she moderates it.
    let place = talk.conversation.id.to_string();
    world.chat.messages().delete(lea, &by_carlos, Some(&place)).await.unwrap();
    world.set(carlos, "role", Role::Moderator.name()).await;
    world.chat.messages().delete(carlos, &by_lea, None).await.unwrap();
    let outsider = world.chat.messages().delete(emma, &say(lea).await, None).await.unwrap_err();
    assert!(matches!(outsider, ChatError::NotFound { what: "message" }), "{outsider}");
}

#[both_databases]
async fn an_expired_message_is_deleted_soon(mut world: World) {
    let (lea, carlos, talk, first) = scene(&world).await;
    world.say(carlos, &talk, "¿qué tal?").await.unwrap();
    let (id, at): (meeshy_domain::MessageId, _) = (first.parse().unwrap(), world.chat.now());
    let expire = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE messages SET expires_at = $2 WHERE id = $1", &[id.into(), at.into()])
    };
    world.store.write::<_, StoreError>(expire).await.unwrap();
    world.happened();
    world.run_jobs(Bounds::default()).await;
    let events = world.happened();
    assert!(
        matches!(&events[..], [Event::MessageDeleted { message_id, .. }] if *message_id == id),
        "{events:?}"
    );
    assert_eq!(listed(&world, lea).await.unread_count, 1);
}

/// Whatever happens in whatever order, the unread count is the number of messages that are there and were not read.
#[both_databases]
async fn unread_counts_equal_a_recount(world: World) {
    let (lea, carlos, talk, first) = scene(&world).await;
    let (mut messages, mut unread) = (vec![first.clone()], vec![first]);
    let place = talk.conversation.id.to_string();
    let mut random = 12_345_u64;
    for step in 0..60 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let choice = (random >> 33) % 12;
        match choice {
            0..=4 => {
                let id = world.say(carlos, &talk, "hola").await.unwrap().message.message.id.to_string();
                messages.push(id.clone());
                unread.push(id);
            }
            5..=7 if !messages.is_empty() => {
                let at = usize::try_from(random >> 40).unwrap() % messages.len();
                let id = messages.remove(at);
                world.chat.messages().delete(carlos, &id, None).await.unwrap();
                unread.retain(|other| *other != id);
            }
            8 => {
                let marked = world.chat.conversations().mark_read(lea, &place).await.unwrap();
                assert_eq!(marked, i64::try_from(unread.len()).unwrap());
                unread.clear();
            }
            9 if !messages.is_empty() => {
                let at = usize::try_from(random >> 40).unwrap() % messages.len();
                let marked = world.chat.conversations().mark_read_to(lea, &messages[at]).await.unwrap();
                let before = unread.len();
                unread.retain(|other| messages.iter().skip(at + 1).any(|later| later == other));
                assert_eq!(marked, i64::try_from(before - unread.len()).unwrap());
            }
            10.. => {
                let patch =
                    ConversationPatch { title: Some(format!("step {step}")), ..ConversationPatch::default() };
                world.chat.conversations().update(lea, &place, patch).await.unwrap();
            }
            _ => {}
        }
        let counted = i64::try_from(unread.len()).unwrap();
        assert_eq!(listed(&world, lea).await.unread_count, counted, "step {step}");
        let audience = world.chat.conversations().audience(lea).await.unwrap();
        let known = audience.memberships.iter().find(|one| one.conversation_id == talk.conversation.id);
        assert_eq!(known.unwrap().unread_count, counted, "step {step}");
    }
}
