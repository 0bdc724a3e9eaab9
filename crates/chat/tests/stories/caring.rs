//! Glossaries and reports, on both databases.

use meeshy_chat::{ChatError, Event, NewReport, NewTerm};
use meeshy_domain::Grade;
use meeshy_harness::World;
use meeshy_store::translations::State;
use meeshy_store::{StoreError, Tx, Value};
use meeshy_testkit::both_databases;
use meeshy_translation::{Glossary, Term};

fn term(text: &str, translation: Option<&str>) -> NewTerm {
    NewTerm { text: text.into(), language: None, translation: translation.map(str::to_owned) }
}

fn report(message: &str, reason: &str, comment: Option<&str>, wants_another: bool) -> NewReport {
    let (message, language, reason) = (message.to_owned(), "fr".to_owned(), reason.to_owned());
    NewReport { message, language, reason, comment: comment.map(str::to_owned), wants_another }
}

#[both_databases]
async fn a_glossary_applies_only_to_its_conversation(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (talk, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    let name = talk.conversation.id.to_string();
    let sprint = world.chat.glossary().add(lea, &name, term("sprint", None)).await.unwrap();
    let again = world.chat.glossary().add(lea, &name, term(" sprint ", Some("étape"))).await.unwrap();
    assert_eq!((again.id, again.translation.as_deref()), (sprint.id, Some("étape")));
    assert_eq!(world.chat.glossary().list(carlos, &name).await.unwrap(), [again]);

    for talk in [&talk, &other] {
        world.say(carlos, talk, "el sprint").await.unwrap();
    }
    world.translate().await;
    let mut used = std::mem::take(&mut *world.engine.glossaries.lock().unwrap());
    used.sort_by_key(|glossary| **glossary == Glossary::default());
    let wanted =
        Glossary::new([Term { text: "sprint".into(), language: None, translation: Some("étape".into()) }]);
    assert_eq!(used.iter().map(AsRef::as_ref).collect::<Vec<_>>(), [&wanted, &Glossary::default()]);

    let id = sprint.id.to_string();
    world.chat.glossary().remove(lea, &name, &id).await.unwrap();
    let gone = world.chat.glossary().remove(lea, &name, &id).await;
    assert!(matches!(gone, Err(ChatError::NotFound { what: "term" })));
}

#[both_databases]
async fn only_moderators_change_a_glossary_and_only_members_see_it(world: World) {
    let (lea, carlos, eve) = (
        world.person("lea", "fr").await,
        world.person("carlos", "es").await,
        world.person("eve", "en").await,
    );
    let talk = world.group(lea, &[carlos]).await.conversation.id.to_string();
    let added = world.chat.glossary().add(lea, &talk, term("sprint", None)).await.unwrap();
    let refused = world.chat.glossary().add(carlos, &talk, term("sprint", None)).await;
    assert!(matches!(refused, Err(ChatError::Forbidden(_))));
    let refused = world.chat.glossary().remove(carlos, &talk, &added.id.to_string()).await;
    assert!(matches!(refused, Err(ChatError::Forbidden(_))));
    assert!(matches!(world.chat.glossary().list(eve, &talk).await, Err(ChatError::NotAMember)));
    let refused = world.chat.glossary().add(lea, &talk, term("!", None)).await;
    assert!(matches!(refused, Err(ChatError::Invalid { .. })));
}

#[both_databases]
async fn a_report_can_request_another_engine(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(carlos, &talk, "hola").await.unwrap().message.message.id.to_string();
    let early = world.chat.reports().add(lea, report(&id, "wrong", None, true)).await;
    assert!(matches!(early, Err(ChatError::NotFound { what: "translation" })));
    world.translate().await;

    let reported = world.chat.reports().add(lea, report(&id, "wrong", Some(" no "), true)).await.unwrap();
    assert_eq!((reported.report.content.as_str(), reported.report.engine.as_str()), ("fr: hola", "test"));
    assert_eq!(reported.report.comment.as_deref(), Some("no"));
    assert!(reported.tries_another);
    world.happened();
    world.translate().await;
    let engines = |events: Vec<Event>| -> Vec<String> {
        let engine = |event| match event {
            Event::Translated { translation, .. } => match translation.state {
                State::Done { engine, .. } => Some(engine),
                other => Some(other.name().to_owned()),
            },
            _ => None,
        };
        events.into_iter().filter_map(engine).collect()
    };
    assert_eq!(engines(world.happened()), ["another"]);

    // Reading again changes nothing: the reader who asked for another engine does not get the first one
    // back.
    world.chat.translations().request(carlos, &id, "fr").await.unwrap();
    world.translate().await;
    assert_eq!(engines(world.happened()), Vec::<String>::new());

    let none_left = world.chat.reports().add(lea, report(&id, "clumsy", None, true)).await.unwrap();
    assert!(!none_left.tries_another);
    assert_eq!(world.chat.translations().counts().await.unwrap().waiting, 0);
}

#[both_databases]
async fn an_engine_that_fails_does_not_remove_the_existing_translation(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(carlos, &talk, "hola").await.unwrap().message.message.id.to_string();
    world.translate().await;
    assert!(world.chat.reports().add(lea, report(&id, "wrong", None, true)).await.unwrap().tries_another);
    world.happened();
    world.engine.failures.store(1, std::sync::atomic::Ordering::SeqCst);
    world.translate().await;
    let states = world.ended();
    let known = State::Done {
        content: "fr: hola".into(),
        engine: "test".into(),
        score: Some(0.5),
        grade: Some(Grade::Fair),
    };
    assert_eq!(states, [known], "waiting callers get the existing one");
}

#[both_databases]
async fn a_report_has_a_reason_and_non_members_cannot_report(world: World) {
    let (lea, carlos, eve) = (
        world.person("lea", "fr").await,
        world.person("carlos", "es").await,
        world.person("eve", "en").await,
    );
    let talk = world.group(lea, &[carlos]).await;
    let id = world.say(carlos, &talk, "hola").await.unwrap().message.message.id.to_string();
    world.translate().await;
    for (reason, comment) in [("nonsense", None), ("other", None), ("wrong", Some("\0"))] {
        let refused = world.chat.reports().add(lea, report(&id, reason, comment, false)).await;
        assert!(matches!(refused, Err(ChatError::Invalid { .. })), "{reason}");
    }
    let strange = world.chat.reports().add(eve, report(&id, "wrong", None, true)).await;
    assert!(matches!(strange, Err(ChatError::NotFound { what: "message" })));
    let kept = world.chat.reports().add(lea, report(&id, "wrong", None, false)).await.unwrap();
    assert!(!kept.tries_another);
}

#[both_databases]
async fn the_conversations_of_a_community_share_a_glossary_of_its_moderators(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (one, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    let (one, other) = (one.conversation.id.to_string(), other.conversation.id.to_string());
    let gather = move |tx: &mut Tx<'_>| {
        let community = Value::from("65a0c0ffee0123456789ffff");
        let founder = [community.clone(), carlos.into()];
        tx.execute(
            "INSERT INTO communities (id, identifier, name, created_by, created_at, updated_at) \
             VALUES ($1, 'mshy_sprinters', 'Sprinters', $2, 1, 1)",
            &founder,
        )?;
        tx.execute(
            "INSERT INTO community_members (id, community_id, user_id, joined_at, role) \
             VALUES ('65a0c0ffee0123456789fffe', $1, $2, 1, 'moderator')",
            &founder,
        )?;
        tx.execute("UPDATE conversations SET community_id = $1 WHERE kind = 'group'", &[community])
    };
    world.store.write::<_, StoreError>(gather).await.unwrap();

    // Lea created the conversations; Carlos moderates the community.
    let refused = world.chat.glossary().add(lea, &one, term("sprint", None)).await;
    assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{refused:?}");
    let added = world.chat.glossary().add(carlos, &one, term("sprint", None)).await.unwrap();
    let seen = world.chat.glossary().list(lea, &other).await.unwrap();
    assert_eq!(seen.iter().map(|term| term.id).collect::<Vec<_>>(), [added.id]);
    world.chat.glossary().remove(carlos, &other, &added.id.to_string()).await.unwrap();
    assert_eq!(world.chat.glossary().list(lea, &one).await.unwrap(), []);
}
