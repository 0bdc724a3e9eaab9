//! Translations on request, on both databases.

use meeshy_chat::{ChatError, Event, Progress, TextRequest, Tier};
use meeshy_harness::World;
use meeshy_store::translations::State;
use meeshy_testkit::{both_databases, eventually};
use std::sync::atomic::Ordering;
use std::time::Duration;

const SPANISH: &str = "dónde está la biblioteca";
/// Letters of a language that Meeshy does not know.
const CHEROKEE: &str = "ᏣᎳᎩ";

fn text_of(progress: &Progress) -> &str {
    match progress {
        Progress::Ended(known) => match &known.state {
            State::Done { content, .. } | State::Identical { content } => content,
            State::Unavailable { reason } | State::Failed { reason } => &reason.text,
        },
        Progress::Pending => "pending",
    }
}

#[both_databases]
async fn a_language_that_nobody_reads_is_translated_on_request(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let said = world.say(carlos, &talk, "buenos días").await.unwrap();
    let id = said.message.message.id.to_string();
    world.translate().await;
    assert!(matches!(
        world.chat.translations().progress(lea, &id, "de").await,
        Err(ChatError::NotFound { what: "translation" })
    ));
    let asked = world.chat.translations().request(lea, &id, "de").await.unwrap();
    assert_eq!(asked.progress, Progress::Pending);
    assert_eq!(
        world.chat.translations().request(carlos, &id, "de").await.unwrap().progress,
        Progress::Pending
    );
    world.translate().await;
    let known = world.chat.translations().progress(lea, &id, "de").await.unwrap();
    assert_eq!(text_of(&known.progress), "de: buenos días");

    world.happened();
    let again = world.chat.translations().request(lea, &id, "de").await.unwrap();
    assert_eq!(again.progress, known.progress);
    let told: Vec<_> = world
        .happened()
        .into_iter()
        .map(|event| match event {
            Event::TranslationFound { user, .. } => Some(user),
            _ => None,
        })
        .collect();
    assert_eq!(told, [Some(lea)], "only the requester is notified");
    let own = world.chat.translations().request(lea, &id, "es").await.unwrap();
    assert_eq!(text_of(&own.progress), "buenos días");
    assert_eq!(world.chat.translations().counts().await.unwrap().waiting, 0);
}

#[both_databases]
async fn waiting_for_a_translation_returns_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let said = world.say(carlos, &talk, "hola").await.unwrap();
    let id = said.message.message.id.to_string();
    let late =
        world.chat.translations().request_and_wait(lea, &id, "fr", Duration::from_millis(50)).await.unwrap();
    assert_eq!(late.progress, Progress::Pending, "nobody works yet");
    let waiting = world.chat.translations().request_and_wait(lea, &id, "de", Duration::from_secs(10));
    let working = async {
        // Only when there is something to wait for: the worker here stops when nothing is left to do.
        eventually("both are waiting", async || {
            world.chat.health().statistics().await.unwrap().translation_jobs_waiting == 2
        })
        .await;
        world.translate().await;
    };
    let (waited, ()) = tokio::join!(waiting, working);
    assert_eq!(text_of(&waited.unwrap().progress), "de: hola");
}

#[both_databases]
async fn failed_translations_and_those_of_another_engine_are_made_again(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let said = world.say(carlos, &talk, "hola").await.unwrap();
    let id = said.message.message.id.to_string();
    world.translate().await;
    let first = world.chat.translations().request(lea, &id, "fr").await.unwrap().progress;

    *world.engine.name.lock().unwrap() = Some("better".into());
    world.hand.advance(Duration::from_secs(60));
    assert_eq!(world.chat.translations().request(lea, &id, "fr").await.unwrap().progress, Progress::Pending);
    world.translate().await;
    let second = world.chat.translations().request(lea, &id, "fr").await.unwrap().progress;
    let (Progress::Ended(first), Progress::Ended(second)) = (first, second) else { panic!() };
    assert_eq!((first.created_at, first.created_at), (first.updated_at, second.created_at));
    assert!(second.updated_at > first.updated_at);
    assert!(matches!(second.state, State::Done { engine, .. } if engine == "better"));

    world.engine.failures.store(u64::MAX, Ordering::SeqCst);
    world.chat.translations().request(lea, &id, "de").await.unwrap();
    for _ in 0..6 {
        world.hand.advance(Duration::from_secs(300));
        world.translate().await;
    }
    let failed = world.chat.translations().progress(lea, &id, "de").await.unwrap();
    assert_eq!(text_of(&failed.progress), "the engine is out of order");
    assert_eq!(world.chat.translations().request(lea, &id, "de").await.unwrap().progress, Progress::Pending);
}

#[both_databases]
async fn a_waiting_translation_is_cancelled_only_if_nobody_reads_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let said = world.say(carlos, &talk, "hola").await.unwrap();
    let id = said.message.message.id.to_string();
    world.chat.translations().request(carlos, &id, "de").await.unwrap();
    assert!(!world.chat.translations().cancel(carlos, &id, "fr").await.unwrap(), "Léa reads it");
    assert!(world.chat.translations().cancel(carlos, &id, "de").await.unwrap());
    assert!(!world.chat.translations().cancel(carlos, &id, "de").await.unwrap());
    world.translate().await;
}

#[both_databases]
async fn non_members_learn_nothing_about_a_message(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let mallory = world.person("mallory", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let said = world.say(carlos, &talk, "secreto").await.unwrap();
    let id = said.message.message.id.to_string();
    for id in [id.as_str(), "65a0c0ffee0123456789abcd", "nonsense", ""] {
        let refusals = [
            world.chat.translations().request(mallory, id, "de").await.map(|_| ()),
            world.chat.translations().request_and_wait(mallory, id, "de", Duration::ZERO).await.map(|_| ()),
            world.chat.translations().progress(mallory, id, "fr").await.map(|_| ()),
            world.chat.translations().cancel(mallory, id, "fr").await.map(|_| ()),
            world.chat.messages().get(mallory, id).await.map(|_| ()),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Err(ChatError::NotFound { what: "message" })), "{refusal:?}");
        }
    }
    let unknown = world.chat.translations().request(lea, &id, "tlh").await;
    assert!(matches!(unknown, Err(ChatError::Invalid { .. })), "{unknown:?}");
    world.translate().await;
}

#[both_databases]
async fn texts_are_translated_and_invalid_ones_affect_no_other(world: World) {
    let ask = |text: &str, source: Option<&str>, target: &str| TextRequest {
        text: text.into(),
        source: source.map(str::to_owned),
        target: target.into(),
        tier: Tier::default(),
    };
    let long = "x".repeat(1_001);
    let requests = vec![
        ask("hello", Some("en"), "fr"),
        ask(SPANISH, None, "fr"),
        ask("???", Some("auto"), "fr"),
        ask("hello", Some("en"), "en"),
        ask(" ", Some("en"), "fr"),
        ask(&long, Some("en"), "fr"),
        ask("hello", Some("tlh"), "fr"),
        ask("hello", Some("en"), ""),
        ask(CHEROKEE, None, "fr"),
    ];
    let answers = world.chat.texts().translate(requests).await.unwrap();
    let shown: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer {
            Ok(text) => match text.state {
                State::Done { content, .. } | State::Identical { content } => content,
                other => format!("{other:?}"),
            },
            Err(ChatError::Invalid { field, .. }) => format!("({field})"),
            Err(other) => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "fr: hello",
            &format!("fr: {SPANISH}"),
            "???",
            "hello",
            "(text)",
            "(text)",
            "(source_language)",
            "(target_language)",
            "(source_language)"
        ]
    );
    assert!(world.chat.texts().translate(vec![ask("a", Some("en"), "fr"); 11]).await.is_err());
    assert_eq!(world.chat.texts().detect_language(SPANISH).await.unwrap().unwrap().language.code(), "es");
    assert_eq!(world.chat.texts().detect_language(CHEROKEE).await.unwrap(), None);
}
