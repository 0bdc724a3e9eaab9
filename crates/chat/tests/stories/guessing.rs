//! Failed sign-ins, on both databases.

use meeshy_chat::{Chat, ChatError, Device, Event, SignIn, SignedIn};
use meeshy_domain::Role;
use meeshy_domain::account::FREE_ATTEMPTS;
use meeshy_harness::{World, registration, wanted};
use meeshy_testkit::both_databases;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A device without proofs at an address.
fn at(address: &str) -> Device {
    Device { ip_address: Some(address.into()), ..Device::default() }
}

async fn attempt(world: &World, login: &str, password: &str, device: Device) -> Result<SignedIn, ChatError> {
    match world.chat.sign_ins().with_password(login.into(), password.into(), false, device).await? {
        SignIn::Done(signed_in) => Ok(*signed_in),
        other @ SignIn::NeedsCode { .. } => panic!("{other:?}"),
    }
}

/// `wrong`, or the number of seconds to wait.
fn said(outcome: &Result<SignedIn, ChatError>) -> String {
    match outcome {
        Ok(_) => "in".into(),
        Err(ChatError::Unauthenticated(_)) => "wrong".into(),
        Err(ChatError::TooManyAttempts { retry_after }) => format!("wait {}", retry_after.as_secs()),
        Err(other) => panic!("{other}"),
    }
}

/// Tries passwords from an address until it has to wait.
async fn guess_until_locked(world: &World, login: &str, address: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(said(&attempt(world, login, "guess", at(address)).await));
        if answers.last().is_some_and(|answer| answer.starts_with("wait")) {
            break;
        }
    }
    answers
}

/// Ten failed attempts and a minute to wait.
fn free_attempts() -> Vec<String> {
    let mut answers = vec!["wrong".to_owned(); usize::try_from(FREE_ATTEMPTS).unwrap()];
    answers.push("wait 60".into());
    answers
}

#[both_databases]
async fn failed_sign_ins_have_to_wait_and_reveal_nothing(world: World) {
    const HERE: &str = "198.51.100.1";
    world.sign_up("lea", "fr").await;
    // A name that does not exist gives the same response.
    for login in ["lea", "nobody"] {
        assert_eq!(guess_until_locked(&world, login, HERE).await, free_attempts(), "{login}");
    }
    // So does the right password, from here and from elsewhere, with each of its owner's names.
    for (login, here) in [("lea", "wait 60"), ("LEA", "wait 60"), ("lea@example.org", "wrong")] {
        for (address, answer) in [(HERE, here), ("203.0.113.9", "wrong")] {
            let outcome = attempt(&world, login, "correct horse", at(address)).await;
            assert_eq!(said(&outcome), answer, "{login} from {address}");
        }
    }
    world.hand.advance(MINUTE);
    for login in ["lea", "nobody"] {
        let answers = guess_until_locked(&world, login, HERE).await;
        assert_eq!(answers, ["wrong", "wait 120"], "{login} waits longer each time");
    }
    world.hand.advance(MINUTE * 2);
    let outcome = attempt(&world, "lea", "correct horse", at("203.0.113.9")).await;
    assert_eq!(said(&outcome), "in");
    let outcome = attempt(&world, "lea", "correct horse", at("203.0.113.10")).await;
    assert_eq!(said(&outcome), "in", "the count of the account was reset");
}

#[both_databases]
async fn many_addresses_and_names_get_no_additional_attempts(world: World) {
    let lea = world.person("lea", "fr").await;
    world.set(lea, "phone_number", "+33612345678").await;
    let names = ["lea", "lea@example.org", "+33612345678"];
    for n in 0..10 {
        let outcome = attempt(&world, names[n % 3], "guess", at(&format!("198.51.100.{n}"))).await;
        assert_eq!(said(&outcome), "wrong");
    }
    for login in names {
        let outcome = attempt(&world, login, "correct horse", at("203.0.113.9")).await;
        assert_eq!(said(&outcome), "wrong", "it is not verified");
    }
    world.hand.advance(MINUTE);
    assert_eq!(said(&attempt(&world, "lea", "correct horse", at("203.0.113.9")).await), "in");
}

#[both_databases]
async fn an_existing_and_an_invented_address_give_the_same_response(world: World) {
    world.sign_up("lea", "fr").await;
    world.sign_up("ben", "fr").await;
    // An account under another name, the account under its own name, and none.
    let from = "198.51.100.1";
    guess_until_locked(&world, "lea", from).await;
    guess_until_locked(&world, "ben@example.org", from).await;
    guess_until_locked(&world, "nobody@example.org", from).await;
    let world = world.restarted().await;
    for (login, expected) in [
        ("lea@example.org", free_attempts()),
        ("new@example.org", free_attempts()),
        ("ben@example.org", vec!["wait 60".to_owned()]),
        ("nobody@example.org", vec!["wait 60".to_owned()]),
    ] {
        let answers = guess_until_locked(&world, login, from).await;
        assert_eq!(answers, expected, "{login} after a restart");
    }
}

#[both_databases]
async fn strangers_do_not_lock_out_a_known_device(world: World) {
    let cookie = Device { cookie: Some("c".repeat(64).as_str().into()), ..at("203.0.113.1") };
    let lea = world.chat.accounts().register(registration("lea", "fr"), cookie.clone()).await.unwrap();
    let caller = world.chat.sessions().authenticate(&lea.token).await.unwrap();
    world.chat.sessions().sign_out(&caller, None).await.unwrap();
    guess_until_locked(&world, "lea", "198.51.100.1").await;
    let stranger = attempt(&world, "lea", "correct horse", at("203.0.113.2")).await;
    assert_eq!(said(&stranger), "wrong");

    let with_secret = Device { session_token: Some(lea.session_token.as_str().into()), ..at("192.0.2.1") };
    let with_cookie = Device { ip_address: Some("192.0.2.2".into()), ..cookie };
    let with_both = Device { session_token: with_secret.session_token.clone(), ..with_cookie.clone() };
    assert_eq!(said(&attempt(&world, "lea", "correct horse", with_both).await), "in");
    for device in [with_secret, with_cookie, at("203.0.113.1")] {
        // It has its own attempts, which are limited as well.
        assert_eq!(said(&attempt(&world, "lea", "typo", device.clone()).await), "wrong");
        assert_eq!(said(&attempt(&world, "lea", "correct horse", device.clone()).await), "in");
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(said(&attempt(&world, "lea", "typo", device.clone()).await), "wrong");
        }
        let locked = attempt(&world, "lea", "correct horse", device).await;
        assert_eq!(said(&locked), "wait 60");
        world.hand.advance(MINUTE);
    }
    // Other users' secrets do not help.
    let carlos = world.sign_up("carlos", "es").await;
    world.hand.advance(MINUTE * 60 * 25);
    guess_until_locked(&world, "lea", "198.51.100.1").await;
    let device = Device { session_token: Some(carlos.session_token.as_str().into()), ..at("192.0.2.9") };
    assert_eq!(said(&attempt(&world, "lea", "correct horse", device).await), "wrong");
}

#[both_databases]
async fn concurrent_attempts_are_all_counted(world: World) {
    let lea = world.person("lea", "fr").await;
    let guess = async |login: &str, address: fn(usize) -> String| {
        let guesses = (0..40).map(|n| {
            let (chat, login, device) = (world.chat.clone(), login.to_owned(), at(&address(n)));
            tokio::spawn(
                async move { chat.sign_ins().with_password(login, "guess".into(), false, device).await },
            )
        });
        let mut wrong = 0;
        for guess in guesses.collect::<Vec<_>>() {
            wrong += i64::from(matches!(guess.await.unwrap(), Err(ChatError::Unauthenticated(_))));
        }
        wrong
    };
    guess("lea", |n| format!("198.51.{n}.1")).await;
    let counted = move |tx: &mut meeshy_store::Tx<'_>| meeshy_store::attempts::of_strangers(tx, lea);
    assert_eq!(world.store.read(counted).await.unwrap().failed, FREE_ATTEMPTS, "looked at");
    for login in ["lea@example.org", "nobody"] {
        let answered = guess(login, |_| "198.51.100.1".into()).await;
        assert_eq!(answered, FREE_ATTEMPTS, "{login}");
    }
}

/// A user with two-factor authentication.
async fn lea_with_codes(world: &World) {
    let lea = world.person("lea", "fr").await;
    world.set(lea, "two_factor_secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
    world.set(lea, "two_factor_enabled_at", 1_000).await;
}

/// A challenge for the right password; `None` if the password was not verified.
async fn challenge(chat: &Chat) -> Option<String> {
    match chat.sign_ins().with_password("lea".into(), "correct horse".into(), false, at("198.51.100.7")).await
    {
        Ok(SignIn::NeedsCode { challenge, .. }) => Some(challenge),
        Err(ChatError::Unauthenticated(_) | ChatError::TooManyAttempts { .. }) => None,
        other => panic!("{other:?}"),
    }
}

/// Whether a wrong code was verified.
async fn is_looked_at(chat: &Chat, challenge: &str) -> bool {
    match chat.sign_ins().with_code(challenge, "000000", at("198.51.100.7")).await {
        Err(ChatError::Unauthenticated(reason)) => reason == "wrong code",
        Err(ChatError::TooManyAttempts { .. }) => false,
        other => panic!("{other:?}"),
    }
}

#[both_databases]
async fn wrong_codes_count_as_failed_attempts(world: World) {
    lea_with_codes(&world).await;
    let mut looked_at = 0;
    for _ in 0..10 {
        let Some(challenge) = challenge(&world.chat).await else { break };
        for _ in 0..5 {
            looked_at += i64::from(is_looked_at(&world.chat, &challenge).await);
        }
    }
    assert_eq!(looked_at, FREE_ATTEMPTS);
}

#[both_databases]
async fn codes_tried_during_another_sign_in_are_counted(world: World) {
    lea_with_codes(&world).await;
    let chat = &world.chat;
    let mut current = challenge(chat).await;
    let mut looked_at = 0;
    for _ in 0..20 {
        let Some(known) = current else { break };
        let guess = || is_looked_at(chat, &known);
        let (next, a, b, c, d, e) =
            tokio::join!(challenge(chat), guess(), guess(), guess(), guess(), guess());
        looked_at += [a, b, c, d, e].into_iter().map(i64::from).sum::<i64>();
        current = next;
    }
    assert!(looked_at <= FREE_ATTEMPTS, "{looked_at} codes were verified");
}

#[both_databases]
async fn a_lock_after_failed_attempts_does_not_end_sessions(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    guess_until_locked(&world, "lea", "198.51.100.1").await;
    assert!(world.chat.sessions().authenticate(&lea.token).await.is_ok());
    assert!(world.chat.sessions().refresh(&lea.token, None).await.is_ok());
}

#[both_databases]
async fn common_passwords_and_reserved_names_are_rejected_on_registration(world: World) {
    let register = async |username: &str, password: &str, code: Option<String>| {
        let mut new = registration(username, "en");
        new.password = password.into();
        new.setup_code = code.map(Into::into);
        world.chat.accounts().register(new, Device::default()).await
    };
    for (username, password, field) in [
        ("lea", "password1", "password"),
        ("lea", "QWERTYUIOP", "password"),
        ("lea", "aaaaaaaaaa", "password"),
        ("lea-moreau", "lea-moreau", "password"),
        ("lea", "lea@example.org", "password"),
        ("Admin", "correct horse", "username"),
        ("no-reply", "correct horse", "username"),
    ] {
        let refused = register(username, password, None).await;
        let is_named = matches!(&refused, Err(ChatError::Invalid { field: named, .. }) if named == field);
        assert!(is_named, "{username} {password} {refused:?}");
    }
    let code = world.chat.setup().new_code().await.unwrap();
    register("admin", "correct horse", code).await.unwrap();
    let asked = world.chat.accounts().availability(wanted(Some("support"), None)).await.unwrap();
    assert_eq!(asked.username, Some(false));
}

#[both_databases]
async fn whether_an_address_has_an_account_is_not_revealed(world: World) {
    world.sign_up("lea", "fr").await;
    let asked = async |email: &str| {
        world.chat.accounts().availability(wanted(None, Some(email))).await.unwrap().email
    };
    assert_eq!(asked("lea@example.org").await, Some(true));
    assert_eq!(asked("new@example.org").await, Some(true));
    assert_eq!(asked("nonsense").await, Some(false));
}

#[both_databases]
async fn a_long_imported_password_stays_valid(world: World) {
    let lea = world.person("lea", "fr").await;
    let real = "une phrase de passe plus longue que soixante-douze octets, qui va jusqu'au bout !";
    let hash = bcrypt::hash(real, 4).unwrap();
    world.set(lea, "password_hash", hash).await;
    // The old system used only the start of it; a sign-in with another end does not lock out the real
    // one.
    for password in [&format!("{}?", &real[..75]), real, real] {
        assert_eq!(said(&attempt(&world, "lea", password, Device::default()).await), "in");
    }
    assert_eq!(said(&attempt(&world, "lea", &real[..70], Device::default()).await), "wrong");

    let short = bcrypt::hash("mot de passe court", 4).unwrap();
    world.set(lea, "password_hash", short).await;
    for _ in 0..2 {
        let signed_in = attempt(&world, "lea", "mot de passe court", Device::default()).await;
        assert_eq!(said(&signed_in), "in");
    }
    let read = move |tx: &mut meeshy_store::Tx<'_>| tx.fetch(meeshy_store::users::find(lea));
    let user = world.store.read(read).await.unwrap().unwrap();
    assert!(user.password_hash.expose().starts_with("$argon2id$"), "the short one has a new hash");
}

#[both_databases]
async fn an_operator_unlocks_changes_passwords_and_deactivates_accounts(mut world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let sign_in =
        async |world: &World, password: &str| said(&attempt(world, "lea", password, at("203.0.113.9")).await);
    guess_until_locked(&world, "lea", "203.0.113.9").await;
    assert_eq!(sign_in(&world, "correct horse").await, "wait 60");
    let locked = world.chat.administration().list(None, 10).await.unwrap();
    assert!(locked[0].locked_until.is_some());
    world.chat.administration().unlock("Lea").await.unwrap();
    assert_eq!(sign_in(&world, "correct horse").await, "in");

    world.happened();
    for common in ["password1", "lea", "lea@example.org"] {
        assert!(world.chat.administration().set_password("lea", common.into()).await.is_err(), "{common}");
    }
    world.chat.administration().set_password("lea", "battery staple".into()).await.unwrap();
    assert!(world.chat.sessions().authenticate(&lea.token).await.is_err(), "every device is signed out");
    let ended = world.happened().iter().filter(|event| matches!(event, Event::SessionEnded { .. })).count();
    assert_eq!(ended, 2, "and so are their sockets");
    assert_eq!(sign_in(&world, "correct horse").await, "wrong");
    assert_eq!(sign_in(&world, "battery staple").await, "in");

    world.chat.administration().set_active("lea@example.org", false).await.unwrap();
    assert_eq!(sign_in(&world, "battery staple").await, "wrong");
    assert!(world.chat.sessions().refresh(&lea.token, Some(&lea.session_token)).await.is_err());
    world.chat.administration().set_active("lea", true).await.unwrap();
    assert_eq!(sign_in(&world, "battery staple").await, "in");
    // The old system left some deleted accounts active.
    world.set(lea.user.id, "deleted_at", 1_000).await;
    assert_eq!(sign_in(&world, "battery staple").await, "wrong");
    assert!(!world.chat.administration().list(None, 10).await.unwrap()[0].user.is_active);
    world.chat.administration().set_active("lea", true).await.unwrap();
    assert_eq!(sign_in(&world, "battery staple").await, "in");
    assert_eq!(world.chat.administration().set_role("lea", Role::BigBoss).await.unwrap().role, Role::BigBoss);
    assert!(!world.chat.setup().state().await.unwrap().needs_administrator);
    for nobody in ["", "nobody"] {
        assert!(matches!(world.chat.administration().unlock(nobody).await, Err(ChatError::NotFound { .. })));
    }
}
