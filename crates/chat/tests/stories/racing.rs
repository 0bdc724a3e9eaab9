//! Twenty callers do the same at the same time, on both databases: nothing fails, and nothing is duplicated.

use meeshy_chat::{
    ChatError, Device, NewConversation, NewMessage, NewPushDevice, NewReport, NewShareLink, NewTerm,
    ProfilePatch, Registration, SignIn,
};
use meeshy_domain::{Language, Network, PushPlatform, PushService, limits};
use meeshy_harness::{World, registration};
use meeshy_testkit::both_databases;
use std::collections::HashSet;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;

const CALLERS: usize = 20;

async fn race<T, F>(call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let calls: Vec<_> = (0..CALLERS).map(|number| tokio::spawn(call(number))).collect();
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

/// The number of distinct outcomes; each has to be a success.
fn different<T: Eq + Hash>(outcomes: Vec<Result<T, impl Debug>>) -> usize {
    outcomes.into_iter().map(Result::unwrap).collect::<HashSet<T>>().len()
}

fn group(title: &str, identifier: Option<&str>) -> NewConversation {
    NewConversation {
        kind: "group".into(),
        title: Some(title.into()),
        identifier: identifier.map(str::to_owned),
        ..NewConversation::default()
    }
}

#[both_databases]
async fn conversations_with_one_title_get_distinct_identifiers(world: World) {
    let lea = world.person("lea", "fr").await;
    for new in [group("Trip", None), group("日本語", None), group("Trip", Some("trip"))] {
        let outcomes = race(|_| {
            let (chat, new) = (world.chat.clone(), new.clone());
            async move { chat.conversations().create(lea, new).await.map(|view| view.conversation.identifier) }
        });
        assert_eq!(different(outcomes.await), CALLERS, "{new:?}");
    }
}

#[both_databases]
async fn a_pair_opens_one_direct_conversation(world: World) {
    let pair = [world.person("lea", "fr").await, world.person("carlos", "es").await];
    let outcomes = race(|number| {
        let (chat, caller, other) = (world.chat.clone(), pair[number % 2], pair[(number + 1) % 2]);
        let new = NewConversation {
            kind: "direct".into(),
            participant_ids: vec![other.to_string()],
            ..NewConversation::default()
        };
        async move { chat.conversations().create(caller, new).await.map(|view| view.conversation.id) }
    });
    assert_eq!(different(outcomes.await), 1);
}

#[both_databases]
async fn a_name_and_an_address_go_to_one_of_many(world: World) {
    let join = |new: Registration| {
        let chat = world.chat.clone();
        async move { chat.accounts().register(new, Device::default()).await }
    };
    let names = race(|number| {
        let username = if number % 2 == 0 { "lea" } else { "LEA" };
        join(Registration { email: format!("{number}@example.org"), ..registration(username, "fr") })
    });
    let addresses = race(|number| {
        let email = if number % 2 == 0 { "one@example.org" } else { "One@Example.org" };
        join(Registration { email: email.into(), ..registration(&format!("person{number}"), "fr") })
    });
    for (outcomes, wanted) in [(names.await, "username"), (addresses.await, "email")] {
        let mut joined = 0;
        for outcome in outcomes {
            match outcome {
                Ok(_) => joined += 1,
                Err(ChatError::Taken { field }) => assert_eq!(field, wanted),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(joined, 1, "{wanted}");
    }
}

#[both_databases]
async fn one_message_is_written_once_with_its_mentions(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "salut @carlos et @lea".into(),
        client_message_id: Some("c-1".into()),
        ..NewMessage::default()
    };
    let outcomes = race(|_| {
        let (chat, new) = (world.chat.clone(), new.clone());
        async move { chat.messages().send(lea, new).await.map(|sent| sent.message.message.id) }
    });
    assert_eq!(different(outcomes.await), 1);
    let messages = world.page(lea, &talk).await.messages;
    assert_eq!((messages.len(), messages[0].mentions.len()), (1, 2));
}

/// Léa, a conversation of hers, and a translated message in it.
async fn translated(world: &World) -> (meeshy_domain::UserId, String, String) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = world.say(carlos, &talk, "hola").await.unwrap().message.message.id.to_string();
    world.translate().await;
    (lea, talk.conversation.id.to_string(), message)
}

#[both_databases]
async fn a_term_and_a_report_are_stored_once(world: World) {
    let (lea, talk, message) = translated(&world).await;
    let terms = race(|_| {
        let (chat, talk) = (world.chat.clone(), talk.clone());
        let new = NewTerm { text: "sprint".into(), ..NewTerm::default() };
        async move { chat.glossary().add(lea, &talk, new).await.map(|term| term.id) }
    });
    assert_eq!(different(terms.await), 1);
    let proposed = race(|number| {
        let (chat, talk) = (world.chat.clone(), talk.clone());
        let new = NewTerm { text: format!("term {number}"), ..NewTerm::default() };
        async move { chat.glossary().propose(lea, &talk, new).await.is_ok() }
    });
    let within = proposed.await.into_iter().filter(|&is_stored| is_stored).count();
    assert_eq!(within, limits::OWN_GLOSSARY_PROPOSALS);
    let proposals = world.chat.glossary().proposals(lea, &talk).await.unwrap().proposals;
    assert_eq!(proposals.len(), within);
    for proposal in proposals.into_iter().take(3) {
        let decided = race(|number| {
            let (chat, talk, id) = (world.chat.clone(), talk.clone(), proposal.id.to_string());
            async move {
                if number % 2 == 0 {
                    chat.glossary().accept(lea, &talk, &id).await.map(drop)
                } else {
                    chat.glossary().dismiss(lea, &talk, &id).await
                }
            }
        });
        let decided = decided.await;
        assert!(
            decided.iter().all(|one| matches!(one, Ok(()) | Err(ChatError::NotFound { .. }))),
            "{decided:?}"
        );
        assert_eq!(decided.iter().filter(|one| one.is_ok()).count(), 1, "{decided:?}");
    }
    let reports = race(|_| {
        let (chat, message) = (world.chat.clone(), message.clone());
        let new = NewReport {
            message,
            language: "fr".into(),
            reason: "wrong".into(),
            comment: None,
            wants_another: true,
        };
        async move { chat.reports().add(lea, new).await.map(|reported| reported.report.id) }
    });
    assert_eq!(different(reports.await), 1);
}

#[both_databases]
async fn a_language_is_requested_once_and_each_sign_in_has_its_own_session(world: World) {
    let (lea, _, message) = translated(&world).await;
    let asked = race(|_| {
        let (chat, message) = (world.chat.clone(), message.clone());
        async move { chat.translations().request(lea, &message, "de").await.map(|_| ()) }
    });
    different(asked.await);
    let waiting = world.chat.health().statistics().await.unwrap().translation_jobs_waiting;
    assert_eq!(waiting, 1);
    let sessions = race(|_| {
        let chat = world.chat.clone();
        async move {
            let signed_in = chat
                .sign_ins()
                .with_password("lea".into(), "correct horse".into(), false, Device::default())
                .await;
            match signed_in {
                Ok(SignIn::Done(signed_in)) => Some(signed_in.session.id),
                // Until a password is verified it counts as a failed attempt, and too many at once are
                // rejected.
                Err(ChatError::TooManyAttempts { .. }) => None,
                other => panic!("{other:?}"),
            }
        }
    });
    let sessions: Vec<_> = sessions.await.into_iter().flatten().collect();
    let different: HashSet<_> = sessions.iter().collect();
    assert!(!sessions.is_empty() && different.len() == sessions.len(), "{sessions:?}");
}

#[both_databases]
async fn changes_of_different_fields_of_a_profile_are_all_kept(world: World) {
    let lea = world.person("lea", "fr").await;
    let code = |code: &str| Some(code.to_owned());
    let outcomes = race(|number| {
        let (chat, other) = (world.chat.clone(), ProfilePatch::default());
        let patch = match number % 5 {
            0 => ProfilePatch { system_language: code("es"), ..other },
            1 => ProfilePatch { regional_language: Some(code("de")), ..other },
            2 => ProfilePatch { custom_destination_language: Some(code("ja")), ..other },
            3 => ProfilePatch { auto_translate_enabled: Some(false), ..other },
            _ => ProfilePatch { bio: Some("salut".into()), ..other },
        };
        async move { chat.profiles().update(lea, patch, Network::default()).await }
    });
    outcomes.await.into_iter().for_each(|outcome| drop(outcome.unwrap()));
    let kept = world.chat.profiles().update(lea, ProfilePatch::default(), Network::default()).await.unwrap();
    let languages = kept.languages;
    assert_eq!(languages.system_language.code(), "es");
    assert_eq!(languages.regional_language.map(Language::code), Some("de"));
    assert_eq!(languages.custom_destination_language.map(Language::code), Some("ja"));
    assert_eq!((languages.auto_translate_enabled, kept.bio.as_str()), (false, "salut"));
}

#[both_databases]
async fn a_link_is_used_as_often_as_it_may_and_no_more(world: World) {
    let lea = world.person("lea", "fr").await;
    let mut people = Vec::new();
    for number in 0..CALLERS / 2 {
        people.push(world.person(&format!("person{number}"), "en").await);
    }
    let talk = world.group(lea, &[]).await;
    let place = talk.conversation.id.to_string();
    let new = NewShareLink { max_uses: Some(5), ..NewShareLink::default() };
    let link = world.chat.share_links().create(lea, &place, new).await.unwrap().link.link_id;
    // Each tries it twice at the same time.
    let outcomes = race(|number| {
        let (chat, who, link) = (world.chat.clone(), people[number / 2], link.clone());
        async move { chat.share_links().join(who, &link).await.map(|_| who) }
    });
    let mut joined = HashSet::new();
    for outcome in outcomes.await {
        match outcome {
            Ok(who) => drop(joined.insert(who)),
            Err(error) => assert!(matches!(error, ChatError::LinkClosed(_)), "{error:?}"),
        }
    }
    assert_eq!(joined.len(), 5);
    let list = world.chat.share_links().list(lea, &place).await.unwrap();
    assert_eq!((list.links[0].link.current_uses, list.conversation.member_count), (5, 6));
}

#[both_databases]
async fn a_device_belongs_to_one_account(world: World) {
    let mut people = Vec::new();
    for number in 0..4 {
        people.push(world.person(&format!("person{number}"), "en").await);
    }
    let outcomes = race(|number| {
        let (chat, who) = (world.chat.clone(), people[number % people.len()]);
        let device = NewPushDevice {
            token: "0123456789".into(),
            service: PushService::Fcm,
            platform: PushPlatform::Android,
            device_id: None,
            device_name: None,
            app_version: None,
            bundle_id: None,
        };
        async move { chat.push_devices().register(who, None, device).await }
    });
    let registered = outcomes.await.into_iter().filter(Result::is_ok).count();
    assert!(registered > 0);
    let mut owners = 0;
    for who in people {
        owners += world.chat.push_devices().list(who).await.unwrap().len();
    }
    assert_eq!(owners, 1);
}
