//! Registration, sign-in and profiles, on both databases.

use meeshy_chat::{ChatError, Device, Event, NewConversation, ProfilePatch};
use meeshy_domain::{Network, Role};
use meeshy_harness::{World, registration, wanted};
use meeshy_store::Tx;
use meeshy_testkit::both_databases;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

#[both_databases]
async fn register_sign_in_call_and_sign_out(mut world: World) {
    let joined = world.sign_up("Lea", "fr").await;
    assert_eq!((joined.user.username.as_str(), joined.user.display_name.as_str()), ("Lea", "Lea Test"));
    for login in ["lea", "LEA", "lea@example.org", " Lea@Example.org "] {
        let signed_in = world.sign_in(login, false).await;
        let caller = world.chat.sessions().authenticate(&signed_in.token).await.unwrap();
        assert_eq!(caller.user.id, joined.user.id, "{login}");
        assert_eq!(
            world.chat.sessions().authenticate_device(&signed_in.session_token).await.unwrap().user.id,
            joined.user.id
        );
    }
    let caller = world.chat.sessions().authenticate(&joined.token).await.unwrap();
    world.chat.sessions().sign_out(&caller, None).await.unwrap();
    assert!(matches!(
        world.chat.sessions().authenticate(&joined.token).await,
        Err(ChatError::Unauthenticated(_))
    ));
    assert!(matches!(
        world.chat.sessions().authenticate_device(&joined.session_token).await,
        Err(ChatError::Unauthenticated(_))
    ));
    assert!(matches!(world.happened()[..], [Event::SessionEnded { .. }]));
}

#[both_databases]
async fn a_wrong_name_and_a_wrong_password_give_the_same_error(world: World) {
    world.sign_up("lea", "fr").await;
    let mut answers = Vec::new();
    for (login, password) in
        [("lea", "wrong"), ("nobody", "correct horse"), ("a\0b", "x"), ("", ""), ("lea", &"x".repeat(5_000))]
    {
        let refused = world
            .chat
            .sign_ins()
            .with_password(login.into(), password.into(), false, Device::default())
            .await;
        answers.push(refused.unwrap_err().to_string());
    }
    answers.dedup();
    assert_eq!(answers, ["wrong username or password"]);
}

#[both_databases]
async fn names_and_addresses_are_taken_in_any_case(world: World) {
    world.sign_up("lea", "fr").await;
    let mut same_address = registration("other", "fr");
    same_address.email = "LEA@example.org".into();
    for (field, taken) in [("username", registration("LEA", "fr")), ("email", same_address)] {
        let refused = world.chat.accounts().register(taken, Device::default()).await;
        assert!(matches!(&refused, Err(ChatError::Taken { field: f }) if *f == field), "{refused:?}");
    }
    let answer =
        world.chat.accounts().availability(wanted(Some("Lea"), Some("new@example.org"))).await.unwrap();
    assert_eq!((answer.username, answer.email, answer.suggestions.len()), (Some(false), Some(true), 3));
    // Two at the same time: one of them gets it.
    let race = ["emma", "EMMA"].map(|name| {
        let chat = world.chat.clone();
        let mut new = registration(name, "en");
        new.email = format!("{}@x.org", name.len() + usize::from(name == "emma"));
        tokio::spawn(async move { chat.accounts().register(new, Device::default()).await })
    });
    let mut won = 0;
    for attempt in race {
        won += usize::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
}

#[both_databases]
async fn an_invalid_field_is_named(world: World) {
    for (field, change) in [
        ("username", (|r| r.username = "x".into()) as fn(&mut meeshy_chat::Registration)),
        ("username", |r| r.username = "Léa\0".into()),
        ("email", |r| r.email = "nowhere".into()),
        ("password", |r| r.password = "short".into()),
        ("firstName", |r| r.first_name = " ".into()),
        ("systemLanguage", |r| r.system_language = Some("xx".into())),
        ("regionalLanguage", |r| r.regional_language = Some("klingon".into())),
    ] {
        let mut new = registration("lea", "fr");
        change(&mut new);
        let refused = world.chat.accounts().register(new, Device::default()).await;
        assert!(
            matches!(&refused, Err(ChatError::Invalid { field: f, .. }) if f == field),
            "{field} {refused:?}"
        );
    }
}

#[both_databases]
async fn a_token_is_refreshed_while_valid_and_later_by_a_trusted_device(world: World) {
    let joined = world.sign_up("lea", "fr").await;
    let (trusted, other) = (world.sign_in("lea", true).await, world.sign_in("lea", true).await);
    assert_eq!(trusted.expires_in_seconds, joined.expires_in_seconds, "that of the token");
    world.hand.advance(DAY / 2);
    let fresh = world.chat.sessions().refresh(&joined.token, None).await.unwrap();
    world.hand.advance(DAY / 2);
    assert!(world.chat.sessions().authenticate(&joined.token).await.is_err(), "a day later");
    assert!(world.chat.sessions().authenticate(&fresh.token).await.is_ok(), "the new one is valid");
    assert!(
        world.chat.sessions().refresh(&joined.token, Some(&joined.session_token)).await.is_err(),
        "not trusted"
    );
    assert!(
        world.chat.sessions().refresh(&trusted.token, Some(&trusted.session_token)).await.is_ok(),
        "trusted"
    );
    assert!(world.chat.sessions().refresh(&joined.token, None).await.is_err(), "not trusted, no secret");
    let renewed = world.chat.sessions().refresh(&other.token, None).await.unwrap();
    assert!(world.chat.sessions().refresh(&other.token, None).await.is_ok(), "another tab, a moment later");
    world.hand.advance(DAY / 2);
    assert!(world.chat.sessions().refresh(&other.token, None).await.is_err(), "replaced");
    assert!(world.chat.sessions().authenticate(&renewed.token).await.is_ok(), "which signs nobody out");
    world.hand.advance(DAY * 366);
    assert!(
        world.chat.sessions().refresh(&trusted.token, Some(&trusted.session_token)).await.is_err(),
        "a year later"
    );
}

#[both_databases]
async fn the_oldest_of_too_many_devices_is_signed_out(mut world: World) {
    let first = world.sign_up("lea", "fr").await;
    for _ in 0..10 {
        world.hand.advance(Duration::from_secs(1));
        world.sign_in("lea", false).await;
    }
    assert!(world.chat.sessions().authenticate(&first.token).await.is_err());
    assert!(
        matches!(world.happened()[..], [Event::SessionEnded { session_id, .. }] if session_id == first.session.id)
    );
}

#[both_databases]
async fn one_translation_setting_turns_the_others_off(world: World) {
    let lea = world.person("lea", "fr").await;
    let patch = ProfilePatch {
        custom_destination_language: Some(Some("ja".into())),
        use_custom_destination: Some(true),
        bio: Some("salut".into()),
        ..ProfilePatch::default()
    };
    let user = world.chat.profiles().update(lea, patch, Network::default()).await.unwrap();
    assert_eq!(user.languages.reading_language().code(), "ja");
    assert!(!user.languages.translate_to_system_language);
    assert_eq!(user.bio, "salut");
    let cleared =
        ProfilePatch { custom_destination_language: Some(Some(String::new())), ..ProfilePatch::default() };
    let user = world.chat.profiles().update(lea, cleared, Network::default()).await.unwrap();
    assert_eq!(user.languages.reading_language().code(), "fr");
    let wrong = ProfilePatch { system_language: Some("xx".into()), ..ProfilePatch::default() };
    assert!(world.chat.profiles().update(lea, wrong, Network::default()).await.is_err());
}

/// The settings page of the old web client sends the whole profile.
#[both_databases]
async fn a_whole_profile_is_accepted_if_address_and_number_are_the_same(world: World) {
    let lea = world.person("lea", "fr").await;
    let set = |number: &'static str| {
        let write = move |tx: &mut Tx<'_>| {
            let sql = "UPDATE users SET phone_number = $2, phone_verified_at = 1 WHERE id = $1";
            tx.execute(sql, &[lea.into(), number.into()])
        };
        world.store.write(write)
    };
    let whole = |email: &str, phone_number: Option<&str>| ProfilePatch {
        first_name: Some("Léa".into()),
        last_name: Some("Moreau".into()),
        display_name: Some(String::new()),
        email: Some(email.into()),
        phone_number: Some(phone_number.map(str::to_owned)),
        bio: Some(String::new()),
        ..ProfilePatch::default()
    };
    let email =
        world.chat.profiles().update(lea, ProfilePatch::default(), Network::default()).await.unwrap().email;
    let user = world
        .chat
        .profiles()
        .update(lea, whole(&email.to_uppercase(), None), Network::default())
        .await
        .unwrap();
    assert_eq!((user.email.as_str(), user.display_name.as_str()), (email.as_str(), "lea"));
    for (before, sent, after) in [
        ("+33612345678", Some("+33612345678"), Some("+33612345678")),
        ("+33612345678", Some(" +33612345678 "), Some("+33612345678")),
        ("+33612345678", Some(""), None),
        ("+33612345678", Some(" "), None),
        ("+33612345678", None, None),
    ] {
        set(before).await.unwrap();
        let user = world.chat.profiles().update(lea, whole(&email, sent), Network::default()).await.unwrap();
        assert_eq!(user.phone_number.as_deref(), after, "{sent:?}");
        assert_eq!(user.details.phone_verified_at.is_some(), after.is_some(), "{sent:?}");
    }
    for (email, number, field) in [("other@example.org", None, "email"), ("", None, "email")] {
        let refused = world.chat.profiles().update(lea, whole(email, number), Network::default()).await;
        assert!(matches!(&refused, Err(ChatError::Invalid { field: of, .. }) if of == field), "{refused:?}");
    }
}

#[both_databases]
async fn users_find_each_other(world: World) {
    let lea = world.person("lea", "fr").await;
    world.person("carlos", "es").await;
    let ming = world.person("ming", "zh").await;
    let patch = ProfilePatch { first_name: Some("明".into()), ..ProfilePatch::default() };
    world.chat.profiles().update(ming, patch, Network::default()).await.unwrap();
    for (text, found) in
        [("CARL", 1), ("Carlos Test", 1), ("c", 0), ("", 0), ("lea", 0), ("a\0", 0), ("明", 1)]
    {
        let (people, total) = world.chat.profiles().search(lea, text, 20, 0).await.unwrap();
        assert_eq!((people.len(), total), (found, found as i64), "{text}");
    }
}

#[both_databases]
async fn an_account_that_the_old_system_deleted_is_not_found(world: World) {
    let (lea, zoe) = (world.person("lea", "fr").await, world.person("zoe", "fr").await);
    let found = async || world.chat.profiles().search(lea, "zoe", 20, 0).await.unwrap().1;
    assert_eq!(found().await, 1);
    let talk = world.group(lea, &[zoe]).await;
    world.set(zoe, "deleted_at", 1_000).await;
    assert_eq!(found().await, 0);
    let new = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![zoe.to_string()],
        ..NewConversation::default()
    };
    assert!(world.chat.conversations().create(lea, new).await.is_err());
    let talk = world.chat.conversations().get(lea, &talk.conversation.id.to_string()).await.unwrap();
    assert_eq!(talk.members.len(), 1);
}

#[both_databases]
async fn a_telephone_number_is_no_username(world: World) {
    const NUMBER: &str = "0612345678";
    let lea = world.person("lea", "fr").await;
    world.set(lea, "phone_number", NUMBER).await;
    for name in [NUMBER, "06-12-34-56-78", "0000"] {
        let refused = world.chat.accounts().register(registration(name, "fr"), Device::default()).await;
        let is_named = matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "username");
        assert!(is_named, "{name} {refused:?}");
        let asked = world.chat.accounts().availability(wanted(Some(name), None)).await.unwrap();
        assert_eq!((asked.username, asked.suggestions.len()), (Some(false), 0), "{name}");
    }
    // An operator can set a number, but not one that somebody has.
    let given = world.chat.administration().add(registration(NUMBER, "fr"), Role::User).await;
    assert!(matches!(given, Err(ChatError::Taken { field: "username" })), "{given:?}");
    assert_eq!(world.sign_in(NUMBER, false).await.user.id, lea);

    // The imported user has nothing else to sign in with; Léa still has her username.
    let old = world.chat.administration().add(registration("0000", "fr"), Role::User).await.unwrap().id;
    world.set(lea, "phone_number", "0000").await;
    world.set(lea, "created_at", 0).await;
    for (login, user) in [("0000", old), ("\u{ff10}000", old), ("lea", lea)] {
        assert_eq!(world.sign_in(login, false).await.user.id, user, "{login}");
    }
}
