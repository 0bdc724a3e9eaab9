//! What users do with links that they are sent by e-mail, on both databases.

use meeshy_chat::{ChatError, Device, PasswordReset, SignIn, SignedIn};
use meeshy_harness::{Email, World};
use meeshy_testkit::{api, both_databases};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const NEW: &str = "battery staple";
/// The secret of RFC 6238's test vectors, in base32, and the code of a second.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const CODE: (u64, &str) = (2_000_000_000, "279037");

/// The only e-mail.
async fn email(world: &World) -> Email {
    let mut emails = world.emails().await;
    assert_eq!(emails.len(), 1, "{emails:?}");
    emails.remove(0)
}

async fn lea(world: &World) -> SignedIn {
    let lea = world.sign_up("lea", "en").await;
    assert_eq!(email(world).await.to, "lea@example.org");
    lea
}

fn reset(token: &str, code: Option<&str>) -> PasswordReset {
    PasswordReset {
        token: token.into(),
        new: NEW.into(),
        confirmation: Some(NEW.into()),
        code: code.map(str::to_owned),
    }
}

/// The field that an error is about.
fn field<T>(outcome: Result<T, ChatError>) -> String {
    match outcome.err().unwrap() {
        ChatError::Invalid { field, .. } => field,
        other => panic!("{other}"),
    }
}

async fn password_of_lea(world: &World, password: &str) -> Result<SignIn, ChatError> {
    world.chat.sign_ins().with_password("lea".into(), password.into(), false, Device::default()).await
}

#[both_databases]
async fn a_new_account_confirms_its_address(world: World) {
    let lea = world.sign_up("lea", "en").await;
    assert_eq!(lea.user.details.email_verified_at, None);
    let first = email(&world).await;
    assert!(first.text.contains("https://meeshy.example/auth/verify-email?token="), "{}", first.text);
    assert_eq!(first.parameter("email"), "lea%40example%2Eorg");
    let addresses = world.chat.addresses();
    addresses.request_verification(" Lea@Example.org").await.unwrap();
    let second = email(&world).await;
    let verify = async |token: &str| addresses.verify(token, "lea@example.org").await;
    // Only the newest link works, and only for its address.
    for token in [first.parameter("token").as_str(), "", "nonsense"] {
        assert_eq!(field(verify(token).await), "token");
    }
    let token = second.parameter("token");
    world.sign_up("carlos", "en").await;
    assert_eq!(field(addresses.verify(&token, "carlos@example.org").await), "token");
    let done = verify(&token).await.unwrap();
    assert!(!done.was_verified);
    world.hand.advance(MINUTE * 60 * 48);
    let again = verify(&token).await.unwrap();
    assert_eq!((again.was_verified, again.verified_at), (true, done.verified_at));
    world.emails().await;
    // There is nothing more to send.
    addresses.request_verification("lea@example.org").await.unwrap();
    addresses.request_verification("nobody@example.org").await.unwrap();
    assert!(world.emails().await.is_empty());
}

#[both_databases]
async fn a_link_that_confirms_an_address_works_for_a_day(world: World) {
    world.sign_up("lea", "en").await;
    let token = email(&world).await.parameter("token");
    world.hand.advance(MINUTE * 60 * 24);
    assert_eq!(field(world.chat.addresses().verify(&token, "lea@example.org").await), "token");
}

#[both_databases]
async fn a_forgotten_password_is_replaced(mut world: World) {
    let lea = lea(&world).await;
    let security = world.chat.security().clone();
    security.request_password_reset("nobody@example.org").await.unwrap();
    assert!(world.emails().await.is_empty());
    security.request_password_reset("lea@example.org").await.unwrap();
    let sent = email(&world).await;
    assert_eq!(sent.to, "lea@example.org");
    let token = sent.parameter("token");
    assert!(!security.reset_link(&token).await.unwrap().needs_code);
    // What is stored does not open the account.
    let stored = "SELECT payload FROM jobs UNION ALL SELECT token_hash FROM password_reset_tokens";
    let stored: Vec<String> = world.store.read(|tx| tx.fetch_all(stored, &[])).await.unwrap();
    assert!(stored.iter().all(|stored| !stored.contains(&token)));
    let device = Device::default();
    let weak = PasswordReset { new: "password".into(), confirmation: None, ..reset(&token, None) };
    assert_eq!(field(security.reset_password(weak, &device).await), "newPassword");
    let other = PasswordReset { confirmation: Some("battery stable".into()), ..reset(&token, None) };
    assert_eq!(field(security.reset_password(other, &device).await), "confirmPassword");
    world.happened();
    security.reset_password(reset(&token, None), &device).await.unwrap();
    assert!(world.chat.sessions().authenticate(&lea.token).await.is_err(), "all devices are signed out");
    assert!(matches!(world.happened()[..], [meeshy_chat::Event::SessionEnded { .. }]));
    assert!(password_of_lea(&world, api::PASSWORD).await.is_err());
    assert!(matches!(password_of_lea(&world, NEW).await.unwrap(), SignIn::Done(_)));
    assert!(email(&world).await.text.contains("was changed"));
    // Once is enough.
    assert_eq!(field(world.chat.security().reset_password(reset(&token, None), &device).await), "token");
    assert_eq!(field(world.chat.security().reset_link(&token).await), "token");
}

#[both_databases]
async fn a_link_for_a_password_ends_with_time_and_not_with_the_next_one(world: World) {
    lea(&world).await;
    let security = world.chat.security();
    let ask = async || {
        security.request_password_reset("lea@example.org").await.unwrap();
        email(&world).await.parameter("token")
    };
    let (first, second) = (ask().await, ask().await);
    // Anybody can ask for the next one.
    for token in [&first, &second] {
        assert!(security.reset_link(token).await.is_ok());
    }
    for _ in 0..4 {
        ask().await;
    }
    assert_eq!(field(security.reset_link(&first).await), "token", "only five are kept");
    world.hand.advance(MINUTE * 60);
    assert_eq!(field(security.reset_link(&second).await), "token");
    // What could not be sent for an hour is not sent any more.
    security.request_password_reset("lea@example.org").await.unwrap();
    world.hand.advance(MINUTE * 60);
    assert!(world.emails().await.is_empty());
}

#[both_databases]
async fn a_reset_needs_the_code_and_an_account_in_good_standing(world: World) {
    let lea = lea(&world).await.user.id;
    world.set(lea, "two_factor_secret", SECRET).await;
    world.set(lea, "two_factor_enabled_at", 1_000).await;
    let now = u64::try_from(world.chat.now().millis()).unwrap();
    world.hand.advance(Duration::from_millis(CODE.0 * 1_000 - now));
    let (security, device) = (world.chat.security(), Device::default());
    security.request_password_reset("lea@example.org").await.unwrap();
    let token = email(&world).await.parameter("token");
    assert!(security.reset_link(&token).await.unwrap().needs_code);
    for code in [None, Some(""), Some("000000")] {
        assert_eq!(field(security.reset_password(reset(&token, code), &device).await), "twoFactorCode");
    }
    world.set(lea, "locked_until", i64::MAX).await;
    assert_eq!(field(security.reset_password(reset(&token, Some(CODE.1)), &device).await), "token");
    security.request_password_reset("lea@example.org").await.unwrap();
    assert!(world.emails().await.is_empty(), "a locked account is not written to");
    world.set(lea, "locked_until", None::<i64>).await;
    security.reset_password(reset(&token, Some(CODE.1)), &device).await.unwrap();
    assert!(matches!(password_of_lea(&world, NEW).await.unwrap(), SignIn::NeedsCode { .. }));
}

#[both_databases]
async fn guessers_do_not_keep_out_who_resets_the_password(world: World) {
    lea(&world).await;
    let mut locked = false;
    for _ in 0..30 {
        locked |= matches!(password_of_lea(&world, "wrong").await, Err(ChatError::TooManyAttempts { .. }));
    }
    assert!(locked);
    world.chat.security().request_password_reset("lea@example.org").await.unwrap();
    let token = email(&world).await.parameter("token");
    world.chat.security().reset_password(reset(&token, None), &Device::default()).await.unwrap();
    assert!(matches!(password_of_lea(&world, NEW).await.unwrap(), SignIn::Done(_)));
}

#[both_databases]
async fn a_link_signs_in_once_and_for_a_minute(world: World) {
    let lea = lea(&world).await.user.id;
    let sign_ins = world.chat.sign_ins();
    let ask = async |remember| {
        sign_ins.request_link("lea@example.org", remember).await.unwrap();
        email(&world).await.parameter("token")
    };
    let follow = async |token: &str| sign_ins.with_link(token, Device::default()).await;
    let (token, other) = (ask(true).await, ask(false).await);
    let SignIn::Done(signed_in) = follow(&token).await.unwrap() else { panic!("no code is needed") };
    assert!(signed_in.session.is_trusted);
    let caller = world.chat.sessions().authenticate(&signed_in.token).await.unwrap();
    assert_eq!(caller.user.id, lea);
    assert!(caller.user.details.email_verified_at.is_some(), "the link was read");
    assert_eq!(field(follow(&token).await), "token");
    assert!(follow(&other).await.is_ok(), "somebody else may have asked for another one");
    let late = ask(false).await;
    world.hand.advance(MINUTE);
    assert_eq!(field(follow(&late).await), "token");
    sign_ins.request_link("nobody@example.org", false).await.unwrap();
    assert!(world.emails().await.is_empty());
    // A link is no second factor.
    world.set(lea, "two_factor_secret", SECRET).await;
    world.set(lea, "two_factor_enabled_at", 1_000).await;
    let token = ask(false).await;
    assert!(matches!(follow(&token).await.unwrap(), SignIn::NeedsCode { remember: false, .. }));
}

#[both_databases]
async fn an_address_changes_when_the_new_one_is_confirmed(world: World) {
    let lea = lea(&world).await;
    world.sign_up("carlos", "en").await;
    world.emails().await;
    let caller = world.chat.sessions().authenticate(&lea.token).await.unwrap();
    let (addresses, security) = (world.chat.addresses(), world.chat.security());
    for wrong in ["nonsense", "LEA@example.org"] {
        assert_eq!(field(addresses.request_change(&caller, wrong).await), "newEmail");
    }
    // Somebody else's address looks the same to the caller.
    assert_eq!(addresses.request_change(&caller, "Carlos@example.org").await.unwrap(), "carlos@example.org");
    assert!(world.emails().await.is_empty());
    addresses.request_change(&caller, "lea@example.net").await.unwrap();
    let sent = email(&world).await;
    assert_eq!(sent.to, "lea@example.net");
    let token = sent.parameter("token");
    security.request_password_reset("lea@example.org").await.unwrap();
    let old_link = email(&world).await.parameter("token");
    let carlos = world.sign_in("carlos", false).await.user.id;
    assert_eq!(field(addresses.confirm_change(carlos, &token).await), "token");
    assert_eq!(addresses.confirm_change(lea.user.id, &token).await.unwrap(), "lea@example.net");
    let told = email(&world).await;
    assert_eq!((told.to.as_str(), told.text.contains("another email address")), ("lea@example.org", true));
    assert_eq!(field(addresses.confirm_change(lea.user.id, &token).await), "token");
    assert_eq!(field(security.reset_link(&old_link).await), "token");
    let user = world.sign_in("lea@example.net", false).await.user;
    assert!(user.details.email_verified_at.is_some());
    assert_eq!((user.email.as_str(), user.username.as_str()), ("lea@example.net", "lea"));
}

#[both_databases]
async fn a_new_address_changes_the_password_a_day_later(world: World) {
    let lea = lea(&world).await;
    let caller = world.chat.sessions().authenticate(&lea.token).await.unwrap();
    world.chat.addresses().request_change(&caller, "other@example.net").await.unwrap();
    let token = email(&world).await.parameter("token");
    world.chat.addresses().confirm_change(lea.user.id, &token).await.unwrap();
    assert_eq!(email(&world).await.to, "lea@example.org");
    // Whoever has found an open session does not get the account before its owner has read that.
    let ask = async || {
        world.chat.security().request_password_reset("other@example.net").await.unwrap();
        let reset = email(&world).await;
        world.chat.sign_ins().request_link("other@example.net", false).await.unwrap();
        [reset, email(&world).await]
    };
    for sent in ask().await {
        assert!(!sent.text.contains("token=") && sent.text.contains("tomorrow"), "{}", sent.text);
    }
    world.hand.advance(MINUTE * 60 * 24);
    for sent in ask().await {
        assert!(sent.text.contains("token="), "{}", sent.text);
    }
}

#[both_databases]
async fn an_address_that_somebody_takes_in_the_meantime_stays_theirs(world: World) {
    let lea = lea(&world).await;
    let caller = world.chat.sessions().authenticate(&lea.token).await.unwrap();
    let addresses = world.chat.addresses();
    addresses.request_change(&caller, "carlos@example.org").await.unwrap();
    let token = email(&world).await.parameter("token");
    world.sign_up("carlos", "en").await;
    let refused = addresses.confirm_change(lea.user.id, &token).await;
    assert!(matches!(refused, Err(ChatError::Taken { field: "newEmail" })));
    addresses.request_change(&caller, "lea@example.net").await.unwrap();
    world.emails().await;
    world.hand.advance(MINUTE * 60 * 24);
    assert_eq!(field(addresses.confirm_change(lea.user.id, &token).await), "token");
}
