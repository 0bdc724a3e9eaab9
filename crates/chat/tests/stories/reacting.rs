//! Reactions to messages, on both databases.

use meeshy_chat::{ChatError, Event, ReactionChange};
use meeshy_domain::{UserId, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, blocks};
use meeshy_testkit::both_databases;
use std::time::Duration;

/// The changed reactions so far.
fn changes(world: &mut World) -> Vec<ReactionChange> {
    let change = |event| match event {
        Event::Reaction { change, .. } => Some(change),
        _ => None,
    };
    world.happened().into_iter().filter_map(change).collect()
}

#[both_databases]
async fn members_react_and_everybody_sees_it(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(lea, &talk, "bonjour").await.unwrap().message.message.id.to_string();
    world.happened();
    let reactions = world.chat.reactions();
    let added = reactions.add(carlos, &id, " 👍 ").await.unwrap();
    assert_eq!((added.emoji.as_str(), added.user_id), ("👍", Some(carlos)));
    assert_eq!(reactions.add(carlos, &id, "👍").await.unwrap(), added, "once");
    world.hand.advance(Duration::from_secs(1));
    reactions.add(lea, &id, "👍").await.unwrap();
    reactions.add(lea, &id, "🎉").await.unwrap();

    let found = reactions.of_message(carlos, &id).await.unwrap();
    let shown: Vec<_> = found.reactions.iter().map(|one| (&*one.emoji, one.total, one.is_own)).collect();
    assert_eq!(shown, [("👍", 2, true), ("🎉", 1, false)]);
    assert_eq!(found.reactions[0].users, [carlos, lea]);
    let page = world.page(lea, &talk).await;
    let on_page: Vec<_> =
        page.messages[0].reactions.iter().map(|one| (&*one.emoji, one.total, one.is_own)).collect();
    assert_eq!(on_page, [("👍", 2, true), ("🎉", 1, true)]);

    reactions.remove(carlos, &id, "👍").await.unwrap();
    let again = reactions.remove(carlos, &id, "👍").await.unwrap_err();
    assert!(matches!(again, ChatError::NotFound { what: "reaction" }), "{again}");
    let changes = changes(&mut world);
    let told: Vec<_> = changes
        .iter()
        .map(|one| (one.by.user().unwrap(), &*one.reactions.emoji, one.is_added, one.reactions.total))
        .collect();
    assert_eq!(
        told,
        [(carlos, "👍", true, 1), (lea, "👍", true, 2), (lea, "🎉", true, 1), (carlos, "👍", false, 1)]
    );
    let latest = world.chat.reactions().latest(lea).await.unwrap();
    assert_eq!(latest.iter().map(|one| &*one.emoji).collect::<Vec<_>>(), ["🎉", "👍"]);
}

#[both_databases]
async fn a_reaction_needs_a_message_that_can_be_read_and_is_one_of_few(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(lea, &talk, "bonjour").await.unwrap().message.message.id.to_string();
    let reactions = world.chat.reactions();
    for emoji in ["", "ok", "👍👍", "👍\0"] {
        let refused = reactions.add(carlos, &id, emoji).await.unwrap_err();
        assert!(matches!(&refused, ChatError::Invalid { field, .. } if field == "emoji"), "{refused}");
        assert!(reactions.remove(carlos, &id, emoji).await.is_err());
    }
    for message in [id.as_str(), "65a0c0ffee0123456789abcd", "x"] {
        let missing = [
            reactions.add(emma, message, "👍").await.map(drop),
            reactions.remove(emma, message, "👍").await.map(drop),
            reactions.of_message(emma, message).await.map(drop),
        ];
        for missing in missing {
            assert!(matches!(missing, Err(ChatError::NotFound { what: "message" })), "{missing:?}");
        }
    }
    let both = vec!["x".to_owned(), id.clone()];
    let found = reactions.of_messages(carlos, both).await.unwrap();
    assert!(found[0].is_none() && found[1].is_some());

    for emoji in ["👍", "🎉", "❤️"] {
        reactions.add(carlos, &id, emoji).await.unwrap();
    }
    let refused = reactions.add(carlos, &id, "🚀").await.unwrap_err().to_string();
    assert!(refused.contains("Maximum") && refused.contains("different reactions"), "{refused}");
    reactions.add(carlos, &id, "👍").await.unwrap();

    // At the same time, still no more than three.
    let racing = ["😀", "😁", "😂", "😃", "😄", "😅"].map(|emoji| reactions.add(lea, &id, emoji));
    let outcomes = futures::future::join_all(racing).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), limits::OWN_REACTIONS);
}

#[both_databases]
async fn many_reactions_are_counted_and_some_of_their_users_named(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(lea, &talk, "bonjour").await.unwrap().message.message.id;
    let fill = move |tx: &mut Tx<'_>| {
        tx.execute(
            "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 300) \
             INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, system_language, \
               last_active_at, created_at, updated_at, username_key, email_key) \
             SELECT '65f000000000000099' || substr(CAST(1000000 + i AS TEXT), 2), 'u' || i, 'u' || i, '', '', '', '', 'fr', 1, 1, 1, \
               'u' || i, 'u' || i FROM numbers",
            &[],
        )?;
        tx.execute(
            "INSERT INTO reactions (id, message_id, user_id, emoji, created_at, updated_at) \
             SELECT id, $1, id, '👍', 1, 1 FROM users WHERE id LIKE '65f000000000000099%'",
            &[id.into()],
        )?;
        meeshy_store::legacy::derived::recount(tx)
    };
    world.store.write::<_, StoreError>(fill).await.unwrap();
    world.chat.reactions().add(carlos, &id.to_string(), "👍").await.unwrap();
    let found = world.chat.reactions().of_message(carlos, &id.to_string()).await.unwrap();
    assert_eq!((found.reactions[0].total, found.reactions[0].is_own), (301, true));
    assert_eq!(i64::try_from(found.reactions[0].users.len()).unwrap(), limits::REACTORS);
    world.chat.messages().delete(lea, &id.to_string(), None).await.unwrap();
    let left: i64 = world
        .store
        .read(|tx| {
            tx.fetch_one::<i64>(
                "SELECT (SELECT count(*) FROM reactions) + (SELECT count(*) FROM reaction_counts)",
                &[],
            )
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[both_databases]
async fn a_block_separates_two_people(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let direct = meeshy_chat::NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..Default::default()
    };
    let pair = world.chat.conversations().create(lea, direct).await.unwrap();
    let group = world.group(lea, &[carlos, emma]).await;
    let in_pair = world.say(lea, &pair, "bonjour").await.unwrap().message.message.id.to_string();
    let in_group = world.say(emma, &group, "hello").await.unwrap().message.message.id.to_string();
    world.store.write(move |tx| blocks::set(tx, lea, &[carlos])).await.unwrap();
    world.happened();
    let refused = world.chat.reactions().add(carlos, &in_pair, "👍").await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    // In a group, the one who has blocked is not told.
    world.chat.reactions().add(carlos, &in_group, "👍").await.unwrap();
    let hidden: Vec<Vec<UserId>> = (world.happened().into_iter())
        .filter_map(|event| match event {
            Event::Reaction { hidden_from, .. } => Some(hidden_from),
            _ => None,
        })
        .collect();
    assert_eq!(hidden, [[lea]]);
    let later = world.chat.events().after(lea, &group.conversation.id.to_string(), 2, 50).await.unwrap();
    assert!(!later.stretch.events.iter().any(|happened| matches!(happened.event, Event::Reaction { .. })));
    let later = world.chat.events().after(emma, &group.conversation.id.to_string(), 2, 50).await.unwrap();
    assert!(later.stretch.events.iter().any(|happened| matches!(happened.event, Event::Reaction { .. })));
}
