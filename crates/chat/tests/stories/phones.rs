//! Telephone numbers, confirmed with codes that are sent to them, on both databases.

use meeshy_chat::{ChatError, Device, PasswordReset, ProfilePatch, Registration, SignedIn, Wanted};
use meeshy_domain::{Network, PhoneRefusal, UserId};
use meeshy_harness::{Text, World, registration};
use meeshy_testkit::both_databases;
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
pub const NUMBER: &str = "+33612345678";
pub const TYPED: &str = "06 12 34 56 78";
pub const OTHER: &str = "+34612345678";

/// The network of an address.
pub fn at(host: u8) -> Network {
    Network::of(Some([198, 51, 100, host].into()))
}

/// Where most callers are.
pub fn here() -> Network {
    at(1)
}

/// The only text message.
pub async fn text(world: &World) -> Text {
    let mut texts = world.texts().await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts.remove(0)
}

pub fn refusal<T>(outcome: Result<T, ChatError>) -> PhoneRefusal {
    match outcome.err().unwrap() {
        ChatError::PhoneCode(refusal) => refusal,
        other => panic!("{other}"),
    }
}

/// A code that is not this one.
pub fn other_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The number of somebody, if it is confirmed.
pub async fn number(world: &World, who: UserId) -> Option<String> {
    let user = world.store.read(move |tx| tx.fetch(meeshy_store::users::find(who))).await.unwrap().unwrap();
    user.details.phone_verified_at.and(user.phone_number)
}

/// Somebody who has confirmed this number.
pub async fn owner(world: &World, username: &str, typed: &str) -> UserId {
    let who = world.person(username, "fr").await;
    world.chat.phones().request_change(who, typed, here()).await.unwrap();
    let code = text(world).await.code();
    world.chat.phones().confirm_change(who, &code, here()).await.unwrap();
    who
}

pub async fn register(world: &World, new: Registration) -> Result<SignedIn, ChatError> {
    world.chat.accounts().register(new, Device::default()).await
}

pub fn with_number(username: &str, typed: &str) -> Registration {
    Registration { phone_number: Some(typed.into()), ..registration(username, "es") }
}

#[both_databases]
async fn a_new_account_confirms_its_number(world: World) {
    let lea = register(&world, with_number("lea", TYPED)).await.unwrap().user;
    assert_eq!((lea.phone_number.as_deref(), lea.details.phone_verified_at), (Some(NUMBER), None));
    let first = text(&world).await;
    assert_eq!(first.to, NUMBER);
    assert!(first.text.starts_with("Meeshy: tu código es "), "{}", first.text);
    // What is stored is not the code.
    let stored: Vec<String> =
        world.store.read(|tx| tx.fetch_all("SELECT code_hash FROM phone_codes", &[])).await.unwrap();
    assert!(stored.iter().all(|stored| !stored.contains(&first.code())));
    let phones = world.chat.phones();
    phones.send_code(TYPED, None, here()).await.unwrap();
    let second = text(&world).await.code();
    assert_eq!(
        refusal(phones.verify(NUMBER, &other_code(&second), None, here()).await),
        PhoneRefusal::InvalidCode
    );
    assert_eq!(refusal(phones.verify(OTHER, &second, None, here()).await), PhoneRefusal::InvalidCode);
    phones.verify(NUMBER, &format!("{} {}", &second[..3], &second[3..]), None, here()).await.unwrap();
    assert_eq!(number(&world, lea.id).await.as_deref(), Some(NUMBER));
    // A code works once, and there is nothing more to send.
    assert_eq!(refusal(phones.verify(NUMBER, &second, None, here()).await), PhoneRefusal::InvalidCode);
    phones.send_code(NUMBER, None, here()).await.unwrap();
    phones.send_code(OTHER, None, here()).await.unwrap();
    assert!(world.texts().await.is_empty());
    for unreadable in ["12", "", "lea", &format!("{NUMBER}{}", " ".repeat(32))] {
        assert_eq!(
            refusal(phones.send_code(unreadable, None, here()).await),
            PhoneRefusal::InvalidPhone,
            "{unreadable}"
        );
    }
}

#[both_databases]
async fn a_code_ends_with_time_and_after_five_answers(world: World) {
    let (lea, phones) = (world.person("lea", "fr").await, world.chat.phones().clone());
    let ask = async || {
        phones.request_change(lea, NUMBER, here()).await.unwrap();
        text(&world).await.code()
    };
    let late = ask().await;
    world.hand.advance(MINUTE * 10);
    assert_eq!(refusal(phones.confirm_change(lea, &late, here()).await), PhoneRefusal::CodeExpired);
    let code = ask().await;
    for _ in 0..5 {
        let answered = phones.confirm_change(lea, &other_code(&code), here()).await;
        assert_eq!(refusal(answered), PhoneRefusal::InvalidCode);
    }
    assert_eq!(refusal(phones.confirm_change(lea, &code, here()).await), PhoneRefusal::MaxAttempts);
    assert_eq!(number(&world, lea).await, None);
    assert_eq!(phones.confirm_change(lea, &ask().await, here()).await.unwrap(), NUMBER);
}

#[both_databases]
async fn a_number_changes_when_the_new_one_is_confirmed(world: World) {
    let lea = owner(&world, "lea", NUMBER).await;
    let phones = world.chat.phones();
    assert!(phones.request_change(lea, TYPED, here()).await.is_err(), "it is hers already");
    let patch = |typed: Option<&str>| ProfilePatch {
        phone_number: Some(typed.map(str::to_owned)),
        ..ProfilePatch::default()
    };
    let patched = world.chat.profiles().update(lea, patch(Some(OTHER)), here()).await.unwrap();
    assert_eq!(patched.phone_number.as_deref(), Some(NUMBER), "until the new one is confirmed");
    let code = text(&world).await;
    assert_eq!(code.to, OTHER);
    phones.verify(OTHER, &code.code(), Some(lea), here()).await.unwrap();
    assert_eq!(number(&world, lea).await.as_deref(), Some(OTHER));
    let unreadable = world.chat.profiles().update(lea, patch(Some("none")), here()).await;
    assert_eq!(refusal(unreadable), PhoneRefusal::InvalidPhone);
    // The same again, as clients send the whole profile, needs no code; none removes it.
    world.chat.profiles().update(lea, patch(Some(OTHER)), here()).await.unwrap();
    phones.request_change(lea, NUMBER, here()).await.unwrap();
    let code = text(&world).await.code();
    world.chat.profiles().update(lea, patch(None), here()).await.unwrap();
    assert_eq!(number(&world, lea).await, None);
    assert_eq!(
        refusal(phones.confirm_change(lea, &code, here()).await),
        PhoneRefusal::InvalidCode,
        "it has ended"
    );
}

#[both_databases]
async fn a_number_moves_only_with_the_code_sent_to_it(world: World) {
    let (lea, carlos) = (owner(&world, "lea", NUMBER).await, world.person("carlos", "es").await);
    world.emails().await;
    let phones = world.chat.phones();
    assert_eq!(refusal(phones.begin_transfer(lea, NUMBER, None, here()).await), PhoneRefusal::UserNotFound);
    assert_eq!(refusal(phones.begin_transfer(carlos, OTHER, None, here()).await), PhoneRefusal::UserNotFound);
    let (id, shown) = phones.begin_transfer(carlos, TYPED, Some("FR"), here()).await.unwrap();
    assert_eq!((shown.username.as_str(), shown.email.as_str()), ("l***", "l***@e***.org"));
    assert_eq!(shown.display_name, "L*** T***");
    let sent = text(&world).await;
    assert!(sent.text.contains("transfère ce numéro"), "the owner reads it: {}", sent.text);
    let code = sent.code();
    // Knowing the id and the code is not enough to give the number to another account.
    let emma = world.person("emma", "en").await;
    assert_eq!(refusal(phones.finish_transfer(emma, &id, &code, here()).await), PhoneRefusal::InvalidToken);
    assert_eq!(number(&world, lea).await.as_deref(), Some(NUMBER));
    world.emails().await;
    phones.finish_transfer(carlos, &id, &code, here()).await.unwrap();
    assert_eq!(number(&world, carlos).await.as_deref(), Some(NUMBER));
    assert_eq!(number(&world, lea).await, None);
    let told = world.emails().await;
    let told: BTreeSet<_> = told.iter().map(|told| told.to.as_str()).collect();
    assert_eq!(
        told,
        BTreeSet::from(["carlos@example.org", "lea@example.org"]),
        "both the old owner and the new one"
    );
    assert_eq!(refusal(phones.finish_transfer(carlos, &id, &code, here()).await), PhoneRefusal::InvalidToken);
    // What was given up does not work.
    let (id, _) = phones.begin_transfer(lea, NUMBER, None, here()).await.unwrap();
    let code = text(&world).await.code();
    phones.cancel(&id).await.unwrap();
    phones.cancel("nonsense").await.unwrap();
    assert_eq!(refusal(phones.finish_transfer(lea, &id, &code, here()).await), PhoneRefusal::InvalidToken);
}

#[both_databases]
async fn somebody_registers_with_a_number_that_an_account_has(world: World) {
    let lea = owner(&world, "lea", NUMBER).await;
    world.person("emma", "en").await;
    let phones = world.chat.phones().clone();
    let outcome = register(&world, with_number("carlos", TYPED)).await;
    let Err(ChatError::PhoneOwned(shown)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((shown.phone_number.as_str(), shown.username.as_str()), (NUMBER, "l***"));
    let id = phones.begin_registration(TYPED, None, here()).await.unwrap();
    let code = text(&world).await.code();
    let token = phones.verify_registration(&id, &code, here()).await.unwrap();
    let with_token = |username, typed: Option<&str>, token: &str| Registration {
        phone_number: typed.map(str::to_owned),
        phone_transfer_token: Some(token.into()),
        ..registration(username, "es")
    };
    for (typed, token) in [(Some(OTHER), token.as_str()), (Some(NUMBER), "nonsense")] {
        let outcome = register(&world, with_token("carlos", typed, token)).await;
        assert!(matches!(outcome, Err(ChatError::TransferTokenInvalid)), "{outcome:?}");
    }
    let carlos = register(&world, with_token("carlos", Some(TYPED), &token)).await.unwrap().user;
    assert!(carlos.details.phone_verified_at.is_some());
    assert_eq!(number(&world, carlos.id).await.as_deref(), Some(NUMBER));
    assert_eq!(number(&world, lea).await, None);
    let again = register(&world, with_token("omar", None, &token)).await;
    assert!(matches!(again, Err(ChatError::TransferTokenInvalid)), "once is enough: {again:?}");
}

#[both_databases]
async fn a_forgotten_password_is_replaced_with_a_code(world: World) {
    let lea = owner(&world, "lea", NUMBER).await;
    world.person("carlos", "es").await;
    let phones = world.chat.phones().clone();
    let unknown = phones.begin_recovery(OTHER, None).await;
    assert_eq!(refusal(unknown), PhoneRefusal::UserNotFound);
    let begun = phones.begin_recovery(TYPED, None).await.unwrap();
    assert_eq!(begun.owner.email, "l***@e***.org");
    assert_eq!(refusal(phones.verify_recovery(&begun.id, "000000", here()).await), PhoneRefusal::InvalidStep);
    assert_eq!(refusal(phones.resend(&begun.id, here()).await), PhoneRefusal::InvalidStep);
    let named = async |id: &str, username: &str, email: &str| {
        let check = phones.verify_identity(id, username, email, here()).await.unwrap();
        (check.refusal, check.attempts_left)
    };
    let mismatch = Some(PhoneRefusal::IdentityMismatch);
    assert_eq!(named(&begun.id, "carlos", "lea@example.org").await, (mismatch, 2));
    assert_eq!(named(&begun.id, " LEA ", "Lea@example.org").await, (None, 1));
    let first = text(&world).await;
    assert!(first.text.contains("mot de passe"), "{}", first.text);
    phones.resend(&begun.id, here()).await.unwrap();
    let code = text(&world).await.code();
    let token = phones.verify_recovery(&begun.id, &code, here()).await.unwrap();
    let reset = PasswordReset { token, new: "battery staple".into(), confirmation: None, code: None };
    world.chat.security().reset_password(reset, &Device::default()).await.unwrap();
    let user = world.store.read(move |tx| tx.fetch(meeshy_store::users::find(lea))).await.unwrap().unwrap();
    assert_eq!(
        user.details.email_verified_at, None,
        "a code on the telephone shows nothing about the address"
    );
    assert_eq!(refusal(phones.verify_recovery(&begun.id, &code, here()).await), PhoneRefusal::InvalidToken);

    let begun = phones.begin_recovery(NUMBER, None).await.unwrap();
    assert_eq!(named(&begun.id, "lea", "carlos@example.org").await, (mismatch, 2));
    assert_eq!(named(&begun.id, "lea", "").await, (mismatch, 1));
    let ended = Some(PhoneRefusal::MaxAttempts);
    assert_eq!(named(&begun.id, "lea", "no").await, (ended, 0));
    assert_eq!(named(&begun.id, "lea", "lea@example.org").await, (ended, 0));
    assert!(world.texts().await.is_empty());
}

#[both_databases]
async fn a_number_belongs_to_whoever_has_confirmed_it(world: World) {
    let squatter = register(&world, with_number("emma", NUMBER)).await.unwrap().user.id;
    world.texts().await;
    let asked = |caller| Wanted { phone_number: Some(TYPED.into()), caller, ..Wanted::default() };
    let is_free =
        async |caller| world.chat.accounts().availability(asked(caller)).await.unwrap().phone_number.unwrap();
    assert!(is_free(None).await, "nobody has confirmed it");
    let lea = owner(&world, "lea", NUMBER).await;
    assert!(!is_free(None).await && is_free(Some(lea)).await);
    assert_eq!(number(&world, squatter).await, None);
    let signed_in = world.sign_in(NUMBER, false).await;
    assert_eq!(signed_in.user.id, lea);
}
