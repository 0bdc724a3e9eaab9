//! Edited messages, on both databases.

use meeshy_chat::model::Mentioned;
use meeshy_chat::{ChatError, ConversationView, Event, MessageEdit, NewMessage};
use meeshy_domain::{Language, Role, UserId};
use meeshy_harness::World;
use meeshy_store::Tx;
use meeshy_store::translation_jobs::{self, Claim, Job, Priority};
use meeshy_store::translations::State;
use meeshy_testkit::both_databases;
use std::sync::atomic::Ordering;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn another(message: &str, content: &str) -> MessageEdit {
    MessageEdit { message: message.into(), content: content.into(), ..MessageEdit::default() }
}

/// Léa, Carlos, their conversation, and his message in it.
async fn scene(world: &World, said: &str) -> (UserId, UserId, ConversationView, String) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = world.say(carlos, &talk, said).await.unwrap().message.message.id.to_string();
    (lea, carlos, talk, message)
}

/// The text that a user sees, with its translations.
async fn found(world: &World, who: UserId, talk: &ConversationView) -> (String, Vec<String>) {
    let view = world.page(who, talk).await.messages.remove(0);
    let text = |state| match state {
        State::Done { content, .. } | State::Identical { content } => content,
        State::Unavailable { reason } | State::Failed { reason } => reason.text,
    };
    let translations = view.translations.into_iter().map(|known| text(known.state)).collect();
    (view.message.content, translations)
}

#[both_databases]
async fn everybody_reads_the_new_text_in_their_own_language(mut world: World) {
    let (lea, carlos, talk, message) = scene(&world, "hola").await;
    world.translate().await;
    world.happened();
    let edited = world.chat.messages().edit(carlos, another(&message, "buenas @lea")).await.unwrap();
    assert_eq!(edited.message.revision, 2);
    let at = edited.message.edited_at;
    assert_eq!(edited.mentions, [Mentioned { user: lea, username: "lea".to_owned(), at }]);
    assert!(edited.translations.is_empty(), "the old translations are not shown");
    assert_eq!(edited.pending, [Language::parse("fr").unwrap()]);
    world.translate().await;
    let expected = ("buenas @lea".to_owned(), vec!["fr: buenas @lea".to_owned()]);
    assert_eq!(found(&world, lea, &talk).await, expected);
    let events = world.happened();
    let order: Vec<&str> = events
        .iter()
        .map(|event| match event {
            Event::MessageEdited { message, .. } => {
                assert!(message.message.edited_at.is_some());
                "edited"
            }
            Event::Translated { translation, .. } => {
                assert_eq!(translation.revision, 2);
                "translated"
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(order, ["edited", "translated"]);

    let again = world.chat.messages().edit(carlos, another(&message, "buenas @lea")).await.unwrap();
    assert_eq!((again.message.revision, again.translations.len()), (2, 1), "nothing changed");
    assert!(world.happened().is_empty());
    let without = world.chat.messages().edit(carlos, another(&message, "buenas")).await.unwrap();
    assert!(without.mentions.is_empty());
}

#[both_databases]
async fn authors_can_edit_for_a_day_and_moderators_for_longer(world: World) {
    let (lea, carlos, talk, message) = scene(&world, "hola").await;
    let emma = world.person("emma", "en").await;
    let by_lea = world.chat.messages().edit(lea, another(&message, "adiós")).await.unwrap_err();
    assert!(matches!(by_lea, ChatError::Forbidden(_)), "{by_lea}");
    let by_emma = world.chat.messages().edit(emma, another(&message, "adiós")).await.unwrap_err();
    assert!(matches!(by_emma, ChatError::NotFound { what: "message" }), "{by_emma}");
    for nonsense in ["", "65a0c0ffee0123456789abcd", "x"] {
        let missing = world.chat.messages().edit(carlos, another(nonsense, "adiós")).await.unwrap_err();
        assert!(matches!(missing, ChatError::NotFound { what: "message" }), "{missing}");
    }
    let elsewhere = world.group(carlos, &[emma]).await.conversation.id.to_string();
    let misplaced = MessageEdit { conversation: Some(elsewhere), ..another(&message, "adiós") };
    let misplaced = world.chat.messages().edit(carlos, misplaced).await.unwrap_err();
    assert!(matches!(misplaced, ChatError::NotFound { what: "message" }), "{misplaced}");
    for bad in ["", " \n", &"a".repeat(4_001)] {
        let refused = world.chat.messages().edit(carlos, another(&message, bad)).await.unwrap_err();
        assert!(matches!(refused, ChatError::Invalid { .. }), "{refused}");
    }
    world.hand.advance(DAY);
    world.chat.messages().edit(carlos, another(&message, "buenas")).await.unwrap();
    world.hand.advance(Duration::from_millis(1));
    let late = world.chat.messages().edit(carlos, another(&message, "adiós")).await.unwrap_err();
    assert!(late.to_string().contains("24 hours"), "{late}");
    assert_eq!(found(&world, lea, &talk).await.0, "buenas");

    let promote = move |tx: &mut Tx<'_>| {
        let role = Role::Moderator.name();
        tx.execute("UPDATE users SET role = $1 WHERE id IN ($2, $3)", &[role.into(), lea.into(), emma.into()])
    };
    assert_eq!(world.store.write(promote).await.unwrap(), 2);
    world.chat.messages().edit(lea, another(&message, "[...]")).await.unwrap();
    assert_eq!(found(&world, carlos, &talk).await.0, "[...]");
    let outsider = world.chat.messages().edit(emma, another(&message, "?")).await.unwrap_err();
    assert!(matches!(outsider, ChatError::NotFound { what: "message" }), "not a member: {outsider}");
}

#[both_databases]
async fn a_small_edit_keeps_the_language_and_a_new_text_may_change_it(world: World) {
    let (lea, carlos, talk, _) = scene(&world, "hola").await;
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "ciao".into(),
        original_language: Some("it".into()),
        ..NewMessage::default()
    };
    let sent = world.chat.messages().send(carlos, new).await.unwrap();
    let message = sent.message.message.id.to_string();
    let language = async |edit: MessageEdit| {
        world.chat.messages().edit(carlos, edit).await.unwrap().message.original_language.code().to_owned()
    };
    assert_eq!(language(another(&message, "ciao!")).await, "it");
    let russian = "Сегодня мы встречаемся возле библиотеки";
    assert_eq!(language(another(&message, russian)).await, "ru", "detected from the script");
    let declared = MessageEdit { original_language: Some("pt".into()), ..another(&message, "oi") };
    assert_eq!(language(declared).await, "pt");
    let unknown = MessageEdit { original_language: Some("tlh".into()), ..another(&message, "oi") };
    assert!(matches!(world.chat.messages().edit(carlos, unknown).await, Err(ChatError::Invalid { .. })));
    // His own language is not needed, whatever language he writes in: he knows what he wrote.
    let view = world.page(lea, &talk).await.messages.remove(0);
    assert_eq!(view.pending, [Language::parse("fr").unwrap()]);
    let french = MessageEdit { original_language: Some("fr".into()), ..another(&message, "salut") };
    let view = world.chat.messages().edit(carlos, french).await.unwrap();
    assert_eq!(view.pending, [], "nobody needs it in French now");
}

#[both_databases]
async fn the_new_text_is_translated_whatever_the_state_of_the_old_one(mut world: World) {
    let (lea, carlos, talk, message) = scene(&world, "hola").await;
    // A worker is translating the old text,
    let job = claim(&world).await.remove(0);
    world.chat.messages().edit(carlos, another(&message, "buenas")).await.unwrap();
    assert!(claim(&world).await.is_empty(), "the worker has it until it notices");
    let worker = world.store.write(move |tx| {
        let old = meeshy_store::translations::Translation {
            message_id: job.message_id,
            language: job.to,
            revision: job.revision,
            state: State::Identical { content: job.content.clone() },
            created_at: meeshy_domain::Timestamp::from_millis(0),
            updated_at: meeshy_domain::Timestamp::from_millis(0),
        };
        meeshy_store::translations::finish(tx, &old)
    });
    assert_eq!(worker.await.unwrap(), None);
    world.translate().await;
    assert_eq!(found(&world, lea, &talk).await.1, ["fr: buenas"]);

    // it failed repeatedly and is backing off,
    world.engine.failures.store(3, Ordering::SeqCst);
    let second = world.say(carlos, &talk, "mal").await.unwrap().message.message.id.to_string();
    for _ in 0..3 {
        world.translate().await;
        world.hand.advance(Duration::from_secs(15));
    }
    world.ended();
    world.chat.messages().edit(carlos, another(&second, "bien")).await.unwrap();
    world.translate().await;
    assert_eq!(found(&world, lea, &talk).await.1, ["fr: bien"]);

    // or could not be translated at all.
    world.engine.unknown.lock().unwrap().insert(Language::parse("fr").unwrap());
    let third = world.say(carlos, &talk, "uno").await.unwrap().message.message.id.to_string();
    world.translate().await;
    assert_eq!(found(&world, lea, &talk).await.1, ["nobody speaks fr"]);
    world.engine.unknown.lock().unwrap().clear();
    world.chat.messages().edit(carlos, another(&third, "dos")).await.unwrap();
    world.translate().await;
    assert_eq!(found(&world, lea, &talk).await.1, ["fr: dos"]);
}

#[both_databases]
async fn a_message_that_is_sent_again_after_an_edit_is_the_same_message(world: World) {
    let (lea, carlos, talk, _) = scene(&world, "hola").await;
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "adiso".into(),
        client_message_id: Some("c-1".into()),
        ..NewMessage::default()
    };
    let sent = world.chat.messages().send(carlos, new.clone()).await.unwrap();
    world.chat.messages().edit(carlos, another(&sent.message.message.id.to_string(), "adiós")).await.unwrap();
    let again = world.chat.messages().send(carlos, new).await.unwrap();
    assert_eq!((again.repeated, again.message.message.id), (true, sent.message.message.id));
    assert_eq!(found(&world, lea, &talk).await.0, "adiós");
}

async fn claim(world: &World) -> Vec<Job> {
    let now = world.chat.now();
    let claim = Claim {
        by: "worker".into(),
        until: now.plus(Duration::from_secs(30)),
        priority: Priority::Live,
        limit: 9,
        but: Vec::new(),
    };
    world.store.write(move |tx| translation_jobs::claim(tx, now, &claim)).await.unwrap()
}
