//! Translations and their failures, on both databases.

use meeshy_chat::{ChatError, Event, MessageEdit, NewMessage, ProfilePatch, Progress};
use meeshy_domain::{Language, Network};
use meeshy_harness::{World, downloading, nobody_speaks};
use meeshy_store::Tx;
use meeshy_store::translation_jobs::{self, Claim, Priority};
use meeshy_store::translations::State;
use meeshy_store::translators::{self, Translator};
use meeshy_testkit::{Database, both_databases, clock, eventually};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn language(code: &str) -> Language {
    code.parse().unwrap()
}

async fn states(
    world: &World,
    who: meeshy_domain::UserId,
    talk: &meeshy_chat::ConversationView,
) -> Vec<String> {
    let page = world.page(who, talk).await;
    page.messages
        .iter()
        .flat_map(|view| {
            let finished = view.translations.iter().map(|t| format!("{} {}", t.language, t.state.name()));
            finished
                .chain(view.pending.iter().map(|language| format!("{language} pending")))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[both_databases]
async fn identical_texts_and_unknown_pairs_have_their_own_states(mut world: World) {
    let (lea, carlos, jiro) = (
        world.person("lea", "fr").await,
        world.person("carlos", "es").await,
        world.person("jiro", "ja").await,
    );
    world.engine.unknown.lock().unwrap().insert(language("ja"));
    let talk = world.group(lea, &[carlos, jiro]).await;
    world.say(carlos, &talk, "ok").await.unwrap();
    world.translate().await;
    assert_eq!(states(&world, carlos, &talk).await, ["fr identical", "ja unavailable"]);
    let reasons = world.ended();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.contains(&State::Unavailable { reason: nobody_speaks(language("ja")) }), "{reasons:?}");
    assert!(reasons.contains(&State::Identical { content: "ok".into() }), "{reasons:?}");
}

#[both_databases]
async fn a_pair_that_becomes_available_is_retried_on_the_next_read(world: World) {
    let (carlos, jiro) = (world.person("carlos", "es").await, world.person("jiro", "ja").await);
    world.engine.unknown.lock().unwrap().insert(language("ja"));
    let talk = world.group(carlos, &[jiro]).await;
    world.say(carlos, &talk, "hola").await.unwrap();
    world.translate().await;
    assert_eq!(states(&world, jiro, &talk).await, ["ja unavailable"]);
    world.engine.unknown.lock().unwrap().clear();
    assert_eq!(states(&world, jiro, &talk).await, ["ja pending"]);
    world.translate().await;
    assert_eq!(states(&world, jiro, &talk).await, ["ja done"]);
}

#[both_databases]
async fn a_translation_waits_for_its_model_and_then_arrives(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.engine.unknown.lock().unwrap().insert(language("fr"));
    world.engine.downloads.store(true, Ordering::SeqCst);
    world.say(carlos, &talk, "hola").await.unwrap();
    for wait in [0, 10] {
        world.hand.advance(Duration::from_secs(wait));
        world.translate().await;
    }
    assert_eq!(world.ended(), [State::Unavailable { reason: downloading() }], "sent once");
    world.engine.unknown.lock().unwrap().clear();
    world.hand.advance(Duration::from_secs(10));
    world.translate().await;
    assert_eq!(states(&world, lea, &talk).await, ["fr done"]);
}

#[both_databases]
async fn a_model_that_could_not_be_downloaded_leaves_the_translation_unavailable(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.engine.unknown.lock().unwrap().insert(language("fr"));
    world.engine.downloads.store(true, Ordering::SeqCst);
    world.say(carlos, &talk, "hola").await.unwrap();
    world.translate().await;
    world.engine.downloads.store(false, Ordering::SeqCst);
    world.hand.advance(Duration::from_secs(10));
    world.translate().await;
    let reasons = [downloading(), nobody_speaks(language("fr"))];
    assert_eq!(world.ended(), reasons.map(|reason| State::Unavailable { reason }));
    assert_eq!(states(&world, lea, &talk).await, ["fr unavailable"]);
}

#[both_databases]
async fn a_failure_is_retried_and_finally_given_up(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.engine.failures.store(2, Ordering::SeqCst);
    world.say(carlos, &talk, "hola").await.unwrap();
    for (wait, expected) in [(0, "fr pending"), (1, "fr pending"), (4, "fr done")] {
        world.hand.advance(Duration::from_secs(wait));
        world.translate().await;
        assert_eq!(states(&world, lea, &talk).await, [expected], "after {wait} s");
    }
    world.engine.failures.store(5, Ordering::SeqCst);
    world.say(carlos, &talk, "adiós").await.unwrap();
    for wait in [0, 1, 4, 16, 64] {
        world.hand.advance(Duration::from_secs(wait));
        world.translate().await;
    }
    assert_eq!(states(&world, lea, &talk).await, ["fr failed", "fr done"]);
    // Whatever was wrong may have been repaired by then.
    world.hand.advance(Duration::from_secs(599));
    assert_eq!(states(&world, lea, &talk).await, ["fr failed", "fr done"]);
    world.hand.advance(Duration::from_secs(1));
    assert_eq!(states(&world, lea, &talk).await, ["fr pending", "fr done"]);
    world.translate().await;
    assert_eq!(states(&world, lea, &talk).await, ["fr done", "fr done"]);
}

#[both_databases]
async fn after_a_change_of_language_the_history_is_translated(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    for content in ["uno", "dos", "tres"] {
        world.say(carlos, &talk, content).await.unwrap();
    }
    world.translate().await;
    let patch = ProfilePatch { system_language: Some("de".into()), ..ProfilePatch::default() };
    world.chat.profiles().update(lea, patch, Network::default()).await.unwrap();
    world.engine.asked.lock().unwrap().clear();
    assert_eq!(
        world.page(lea, &talk).await.messages.iter().filter(|view| view.pending == [language("de")]).count(),
        3
    );
    world.translate().await;
    assert_eq!(*world.engine.asked.lock().unwrap(), [(language("es"), language("de"), 3)], "in one batch");
    assert_eq!(
        world.page(lea, &talk).await.messages.iter().filter(|view| view.translations.len() == 2).count(),
        3
    );
}

#[both_databases]
async fn authors_read_their_own_words_as_written(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let conversation = talk.conversation.id.to_string();
    for (content, original_language) in [("hola", "es"), ("hello", "en")] {
        let original_language = Some(original_language.into());
        let content = content.into();
        let new = NewMessage {
            conversation: conversation.clone(),
            content,
            original_language,
            ..NewMessage::default()
        };
        world.chat.messages().send(lea, new).await.unwrap();
    }
    // Nobody except Léa reads French, and viewing her own page requests no translation either.
    assert_eq!(states(&world, lea, &talk).await, ["es pending"]);
    world.translate().await;
    let asked = world.engine.asked.lock().unwrap().clone();
    assert_eq!(asked, [(language("en"), language("es"), 1)]);
}

#[both_databases]
async fn system_messages_are_not_translated(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let sent = world.say(carlos, &talk, "Carlos joined").await.unwrap().message.message.id;
    world.translate().await;
    // As an import leaves it: no translations, and nobody has requested one.
    let as_imported = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE messages SET message_source = 'system' WHERE id = $1", &[sent.into()])?;
        tx.execute("DELETE FROM translations", &[])
    };
    world.store.write(as_imported).await.unwrap();
    world.engine.asked.lock().unwrap().clear();
    assert_eq!(states(&world, lea, &talk).await, Vec::<String>::new());
    let requested = world.chat.translations().request(lea, &sent.to_string(), "de").await.unwrap();
    let Progress::Ended(ended) = requested.progress else { panic!("a job was made") };
    assert_eq!(ended.state, State::Identical { content: "Carlos joined".into() });
    let edit = MessageEdit { message: sent.to_string(), content: "x".into(), ..MessageEdit::default() };
    assert!(matches!(world.chat.messages().edit(carlos, edit).await, Err(ChatError::Forbidden(_))));
    world.translate().await;
    assert!(world.engine.asked.lock().unwrap().is_empty());
}

#[both_databases]
async fn jobs_of_a_dead_process_are_picked_up(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.say(carlos, &talk, "hola").await.unwrap();
    // A worker claims the job and disappears.
    let is_shared = matches!(world.database.location(), meeshy_store::Location::Postgres { .. });
    let store = if is_shared { Some(world.database.open().await.unwrap()) } else { None };
    if let Some(store) = store {
        let now = meeshy_domain::Timestamp::from_millis(1_768_480_496_789);
        let until = now.plus(Duration::from_secs(60));
        let claim =
            Claim { by: "another".into(), until, priority: Priority::Live, limit: 10, but: Vec::new() };
        let another = Translator {
            id: "another".into(),
            name: "machine".into(),
            pairs: Vec::new(),
            grades: Vec::new(),
            started_at: now,
            seen_at: now,
        };
        let claimed = store
            .write(move |tx| {
                translators::beat(tx, &another)?;
                translation_jobs::claim(tx, now, &claim)
            })
            .await
            .unwrap();
        assert_eq!(claimed.len(), 1);
        world.translate().await;
        assert_eq!(states(&world, lea, &talk).await, ["fr pending"], "it still has it");
        world.hand.advance(Duration::from_secs(11));
    }
    world.translate().await;
    assert_eq!(states(&world, lea, &talk).await, ["fr done"]);
}

#[tokio::test]
async fn translations_of_one_process_are_delivered_by_another() {
    let database = Database::postgres();
    let database = Arc::new(database);
    let mut gateway = World::seeded(Arc::clone(&database), 1).await;
    let translator = World::seeded(database, 1_000_000).await;
    drop(translator.events);
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let until = |mut stopping: tokio::sync::watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let running = [&gateway.chat, &translator.chat].map(|chat| {
        let (chat, stopping) = (chat.clone(), stopping.clone());
        tokio::spawn(async move { chat.cluster().run(until(stopping)).await })
    });
    let (lea, carlos) = (gateway.person("lea", "fr").await, gateway.person("carlos", "es").await);
    let talk = gateway.group(lea, &[carlos]).await;
    gateway.chat.events().follow(talk.conversation.id, 1);
    gateway.say(carlos, &talk, "antes de que alguien traduzca").await.unwrap();
    assert_eq!(gateway.chat.health().statistics().await.unwrap().translators, 0);
    let worker = tokio::spawn({
        let (chat, stopping) = (translator.chat.clone(), stopping.clone());
        async move { chat.worker().run(until(stopping)).await }
    });
    let translated = async |gateway: &mut World| loop {
        let next = tokio::time::timeout(Duration::from_secs(10), gateway.events.next());
        let event = next.await.unwrap().unwrap().event;
        if let Event::Translated { conversation_id, source_language, translation, .. } = event {
            assert_eq!((conversation_id, source_language.code()), (talk.conversation.id, "es"));
            return translation.state;
        }
    };
    assert!(
        matches!(translated(&mut gateway).await, State::Done { content, .. } if content == "fr: antes de que alguien traduzca")
    );
    let began = std::time::Instant::now();
    for number in 0..6 {
        gateway.say(carlos, &talk, &format!("hola {number}")).await.unwrap();
        let state = translated(&mut gateway).await;
        assert!(matches!(&state, State::Done { content, .. } if *content == format!("fr: hola {number}")));
    }
    // Each would take a second.
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "woken rather than found by polling: {took:?}");
    eventually("the translator is known to be alive", async || {
        gateway.chat.health().statistics().await.unwrap().translators == 1
    })
    .await;
    stop.send(true).unwrap();
    worker.await.unwrap();
    for relay in running {
        relay.await.unwrap();
    }
}

#[tokio::test]
async fn hosts_with_different_clocks_translate_for_each_other() {
    let database = Arc::new(Database::postgres());
    let mut gateway = World::on_host(Arc::clone(&database), clock::manual(), 1).await;
    let late = clock::manual();
    late.1.advance(Duration::from_secs(3_600));
    let translator = World::on_host(database, late, 1_000_000).await;
    drop(translator.events);
    let (lea, carlos) = (gateway.person("lea", "fr").await, gateway.person("carlos", "es").await);
    let talk = gateway.group(lea, &[carlos]).await;
    gateway.chat.events().follow(talk.conversation.id, 1);
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let until = |mut stopping: tokio::sync::watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let mut running: Vec<_> = [&gateway.chat, &translator.chat]
        .map(|chat| {
            let (chat, stopping) = (chat.clone(), until(stopping.clone()));
            tokio::spawn(async move { chat.cluster().run(stopping).await })
        })
        .into();
    let (chat, stopping) = (translator.chat.clone(), until(stopping.clone()));
    running.push(tokio::spawn(async move { chat.worker().run(stopping).await }));
    gateway.say(carlos, &talk, "hola").await.unwrap();
    let translated = async {
        loop {
            if let Event::Translated { translation, .. } = gateway.events.next().await.unwrap().event {
                return translation.state;
            }
        }
    };
    let state = tokio::time::timeout(Duration::from_secs(20), translated).await.unwrap();
    assert!(matches!(&state, State::Done { content, .. } if content == "fr: hola"), "{state:?}");
    eventually("the translator is known to be alive", async || {
        gateway.chat.health().statistics().await.unwrap().translators == 1
    })
    .await;
    stop.send(true).unwrap();
    for task in running {
        task.await.unwrap();
    }
}
