//! What users change about how they sign in, on both databases.

use meeshy_chat::{Caller, ChatError, Device, Event, PasswordChange, SignIn};
use meeshy_harness::World;
use meeshy_testkit::{api, both_databases};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// The secret of RFC 6238's test vectors, and its codes at two times.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const VECTORS: [(u64, &str); 2] = [(2_000_000_000, "279037"), (20_000_000_000, "353130")];

async fn lea(world: &World) -> Caller {
    let token = world.sign_up("lea", "fr").await.token;
    world.chat.sessions().authenticate(&token).await.unwrap()
}

fn change(current: &str, new: &str) -> PasswordChange {
    PasswordChange { current: current.into(), new: new.into(), confirmation: None }
}

#[both_databases]
async fn a_new_password_signs_out_the_other_devices(mut world: World) {
    let caller = lea(&world).await;
    let other = world.sign_in("lea", false).await;
    let (security, device) = (world.chat.security().clone(), Device::default());
    let twice =
        PasswordChange { confirmation: Some("battery".into()), ..change(api::PASSWORD, "battery staple") };
    for (refused, field) in [
        (change("wrong", "battery staple"), "currentPassword"),
        (change("", "battery staple"), "currentPassword"),
        (change(api::PASSWORD, "short"), "newPassword"),
        (change(api::PASSWORD, "password1"), "newPassword"),
        (change(api::PASSWORD, api::PASSWORD), "newPassword"),
        (twice, "confirmPassword"),
    ] {
        match security.change_password(&caller, refused, &device).await {
            Err(ChatError::Invalid { field: found, .. }) => assert_eq!(found, field),
            outcome => panic!("{field}: {outcome:?}"),
        }
    }
    world.happened();
    security.change_password(&caller, change(api::PASSWORD, "battery staple"), &device).await.unwrap();
    let ended = world.happened().into_iter().filter_map(|event| match event {
        Event::SessionEnded { session_id, .. } => Some(session_id),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [other.session.id]);
    assert!(world.chat.sessions().authenticate(&other.token).await.is_err());
    assert_eq!(world.chat.sessions().list(&caller).await.unwrap().len(), 1);
    let sign_in = async |password: &str| {
        world.chat.sign_ins().with_password("lea".into(), password.into(), false, Device::default()).await
    };
    assert!(sign_in(api::PASSWORD).await.is_err());
    assert!(matches!(sign_in("battery staple").await, Ok(SignIn::Done(_))));
    // The e-mail of the registration is sent at the same time.
    let told = world.emails().await;
    let is_told = told.iter().any(|told| told.to == "lea@example.org" && told.text.contains("a été modifié"));
    assert!(is_told, "{told:?}");
}

#[both_databases]
async fn an_open_session_is_no_way_to_guess_the_password(world: World) {
    let caller = lea(&world).await;
    let (security, device) = (world.chat.security(), Device::default());
    let mut refused = 0;
    for _ in 0..12 {
        match security.change_password(&caller, change("wrong", "battery staple"), &device).await {
            Err(ChatError::TooManyAttempts { .. }) => refused += 1,
            Err(ChatError::Invalid { .. }) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(refused, 2);
    // Neither does the right one help now, nor another thing that asks for it.
    let outcome = security.change_password(&caller, change(api::PASSWORD, "battery staple"), &device).await;
    assert!(matches!(outcome, Err(ChatError::TooManyAttempts { .. })));
    let outcome = security.change_username(&caller, "lea2", api::PASSWORD.into(), device).await;
    assert!(matches!(outcome, Err(ChatError::TooManyAttempts { .. })));
}

#[both_databases]
async fn a_username_changes_once_in_thirty_days(world: World) {
    let caller = lea(&world).await;
    world.sign_up("carlos", "es").await;
    let security = world.chat.security();
    let rename = async |caller: &Caller, name: &str| {
        security.change_username(caller, name, api::PASSWORD.into(), Device::default()).await
    };
    for refused in ["lea", "a", "with space", "admin", "12345", "CARLOS"] {
        let outcome = rename(&caller, refused).await;
        let is_refused =
            matches!(outcome, Err(ChatError::Invalid { .. } | ChatError::Taken { field: "newUsername" }));
        assert!(is_refused, "{refused}");
    }
    let wrong = security.change_username(&caller, "lea-k", "wrong".into(), Device::default()).await;
    assert!(matches!(wrong, Err(ChatError::Invalid { .. })));
    let now = world.chat.now();
    assert_eq!(rename(&caller, "LeaK").await.unwrap(), "LeaK");
    assert_eq!(world.chat.profiles().find(None, "leak").await.unwrap().user.id, caller.user.id);
    assert!(world.chat.profiles().find(None, "lea").await.is_err());
    let found = world.chat.profiles().search(caller.user.id, "leak", 10, 0).await.unwrap();
    assert!(found.0.is_empty(), "oneself is not found");
    let caller = Caller { user: world.sign_in("leak", false).await.user, ..caller };
    world.hand.advance(DAY * 29);
    match rename(&caller, "lea").await {
        Err(ChatError::TooSoon { next, .. }) => assert_eq!(next, now.plus(DAY * 30)),
        outcome => panic!("{outcome:?}"),
    }
    world.hand.advance(DAY + Duration::from_secs(1));
    // The case of a name is the owner's.
    assert_eq!(rename(&caller, "leak").await.unwrap(), "leak");
}

#[both_databases]
async fn devices_are_listed_and_signed_out(mut world: World) {
    let caller = lea(&world).await;
    let (phone, tablet) = (world.sign_in("lea", true).await, world.sign_in("lea", false).await);
    let carlos = world.sign_up("carlos", "es").await;
    let sessions = world.chat.sessions().clone();
    assert_eq!(sessions.list(&caller).await.unwrap().len(), 3);
    for unknown in ["nonsense", "65a0c0ffee0123456789abcd", &carlos.session.id.to_string()] {
        let outcome = sessions.end_one(&caller, unknown).await;
        assert!(matches!(outcome, Err(ChatError::NotFound { what: "session" })), "{unknown}");
    }
    sessions.end_one(&caller, &phone.session.id.to_string()).await.unwrap();
    assert!(sessions.end_one(&caller, &phone.session.id.to_string()).await.is_err(), "it has ended");
    assert_eq!(sessions.held(&phone.session_token).await.unwrap(), None);
    assert_eq!(sessions.held(&tablet.session_token).await.unwrap().unwrap().id, tablet.session.id);
    assert_eq!(sessions.end_others(&caller, Some(&tablet.session_token)).await.unwrap(), 0, "it is kept");
    world.happened();
    assert_eq!(sessions.end_others(&caller, None).await.unwrap(), 1);
    assert!(world.happened().iter().any(|event| matches!(event, Event::SessionEnded { session_id, .. }
        if *session_id == tablet.session.id)));
    assert!(sessions.authenticate(&carlos.token).await.is_ok());
}

/// Moves the clock to a second since 1970.
fn at(world: &World, second: u64) {
    let now = u64::try_from(world.chat.now().millis()).unwrap();
    world.hand.advance(Duration::from_millis(second * 1_000 - now));
}

#[both_databases]
async fn codes_are_required_once_an_authenticator_has_shown_one(world: World) {
    let caller = lea(&world).await;
    let (id, device) = (caller.user.id, Device::default());
    let security = world.chat.security();
    at(&world, VECTORS[0].0);
    let early = security.enable_two_factor(id, "000000", &device).await;
    assert!(matches!(early, Err(ChatError::InvalidOperation(_))), "nothing is set up");
    let setup = security.set_up_two_factor(&caller.user).await.unwrap();
    assert_eq!(setup.secret.len(), 32);
    assert!(setup.url.starts_with("otpauth://totp/Meeshy:lea?secret="), "{}", setup.url);
    world.set(id, "two_factor_pending_secret", SECRET).await;
    assert!(matches!(
        security.enable_two_factor(id, "000000", &device).await,
        Err(ChatError::Invalid { .. })
    ));
    assert_eq!(security.two_factor_status(id).await.unwrap().enabled_at, None);
    let codes = security.enable_two_factor(id, "279 037", &device).await.unwrap();
    assert_eq!(codes.len(), 10);
    assert_eq!(security.two_factor_status(id).await.unwrap().backup_codes, 10);
    assert!(security.set_up_two_factor(&caller.user).await.is_err(), "already on");
    // Its code is used up.
    assert!(security.verify_code(id, "279037", &device).await.is_err());

    // A backup code signs in, once, however it is typed.
    let sign_in = async |code: &str| {
        let password = api::PASSWORD.to_owned();
        let first =
            world.chat.sign_ins().with_password("lea".into(), password, false, Device::default()).await;
        let Ok(SignIn::NeedsCode { challenge, .. }) = first else { panic!("{first:?}") };
        world.chat.sign_ins().with_code(&challenge, code, Device::default()).await
    };
    assert!(sign_in(&codes[0].to_lowercase().replace('-', " ")).await.is_ok());
    assert!(sign_in(&codes[0]).await.is_err());
    assert!(security.verify_code(id, &codes[1], &device).await.unwrap());
    assert_eq!(security.two_factor_status(id).await.unwrap().backup_codes, 8);

    at(&world, VECTORS[1].0);
    let renewed = security.renew_backup_codes(id, VECTORS[1].1, &device).await.unwrap();
    assert!(security.verify_code(id, &codes[2], &device).await.is_err(), "replaced");
    let password = api::PASSWORD.to_owned();
    let wrong = security.disable_two_factor(id, "wrong".into(), None, &device).await;
    assert!(matches!(wrong, Err(ChatError::Invalid { .. })));
    let wrong = security.disable_two_factor(id, password.clone(), Some("000000"), &device).await;
    assert!(matches!(wrong, Err(ChatError::Invalid { .. })));
    security.disable_two_factor(id, password.clone(), Some(&renewed[0]), &device).await.unwrap();
    assert!(security.disable_two_factor(id, password, None, &device).await.is_err(), "it is off");
    assert!(matches!(
        world.chat.sign_ins().with_password("lea".into(), api::PASSWORD.into(), false, device).await,
        Ok(SignIn::Done(_))
    ));
}

#[both_databases]
async fn codes_cannot_be_guessed_in_an_open_session(world: World) {
    let caller = lea(&world).await;
    world.set(caller.user.id, "two_factor_secret", SECRET).await;
    world.set(caller.user.id, "two_factor_enabled_at", 1_000).await;
    let mut refused = 0;
    for _ in 0..12 {
        match world.chat.security().verify_code(caller.user.id, "000000", &Device::default()).await {
            Err(ChatError::TooManyAttempts { .. }) => refused += 1,
            Err(ChatError::Invalid { .. }) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(refused, 2);
}
