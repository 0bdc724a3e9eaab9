//! What strangers, and those who have found an open session, cannot do with the ways to recover an account, on both
//! databases.

use crate::phones::{
    NUMBER, OTHER, TYPED, here, number, other_code, owner, refusal, register, text, with_number,
};
use meeshy_chat::{Caller, ChatError, PasswordReset, ProfilePatch};
use meeshy_domain::{PhoneRefusal, UserId};
use meeshy_harness::World;
use meeshy_testkit::both_databases;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// The name of an account with the code that was sent for it last; the text message is taken.
async fn code_for(world: &World, who: UserId) -> String {
    world.chat.phones().request_change(who, NUMBER, here()).await.unwrap();
    text(world).await.code()
}

async fn verify_address(world: &World, who: UserId) {
    world.set(who, "email_verified_at", 1).await;
}

#[both_databases]
async fn the_owner_is_told_of_a_number_that_was_added_or_changed(world: World) {
    let lea = owner(&world, "lea", NUMBER).await;
    let told = world.emails().await;
    let of_number =
        |email: &&meeshy_harness::Email| email.text.contains("Un numéro de téléphone a été confirmé");
    assert_eq!(told.iter().filter(of_number).count(), 1, "{told:?}");
    let change = ProfilePatch { phone_number: Some(Some(OTHER.into())), ..ProfilePatch::default() };
    world.chat.profiles().update(lea, change, here()).await.unwrap();
    assert!(world.emails().await.is_empty(), "not before it is confirmed");
    let code = text(&world).await.code();
    world.chat.phones().verify(OTHER, &code, Some(lea), here()).await.unwrap();
    let told = world.emails().await;
    assert_eq!(told.iter().filter(of_number).count(), 1, "{told:?}");
    assert_eq!(told[0].to, "lea@example.org");
}

#[both_databases]
async fn a_new_number_recovers_an_account_a_day_later(world: World) {
    let phones = world.chat.phones();
    let lea = world.person("lea", "fr").await;
    verify_address(&world, lea).await;
    let code = code_for(&world, lea).await;
    phones.confirm_change(lea, &code, here()).await.unwrap();
    assert_eq!(refusal(phones.begin_recovery(TYPED, None).await), PhoneRefusal::TooNew);
    world.hand.advance(HOUR * 24);
    assert!(phones.begin_recovery(TYPED, None).await.is_ok());
    // An account without another way could recover at once; it cannot with a number that replaces another one, not even
    // if that was removed before.
    let carlos = owner(&world, "carlos", OTHER).await;
    assert!(phones.begin_recovery(OTHER, None).await.is_ok());
    let remove = ProfilePatch { phone_number: Some(None), ..ProfilePatch::default() };
    world.chat.profiles().update(carlos, remove, here()).await.unwrap();
    phones.request_change(carlos, "+34698765432", here()).await.unwrap();
    let code = text(&world).await.code();
    phones.confirm_change(carlos, &code, here()).await.unwrap();
    assert_eq!(refusal(phones.begin_recovery("+34698765432", None).await), PhoneRefusal::TooNew);
}

#[both_databases]
async fn nobody_confirms_a_number_for_an_account_that_did_not_ask_for_the_code(world: World) {
    let phones = world.chat.phones();
    let lea = register(&world, with_number("lea", TYPED)).await.unwrap().user.id;
    let own = text(&world).await.code();
    // A stranger claims the same number later, at a registration and in a session.
    let emma = register(&world, with_number("emma", TYPED)).await.unwrap().user.id;
    let other = text(&world).await.code();
    assert_ne!(own, other);
    let carlos = owner(&world, "carlos", OTHER).await;
    let claimed = code_for(&world, carlos).await;
    assert_eq!(
        refusal(phones.verify(NUMBER, &claimed, None, here()).await),
        PhoneRefusal::InvalidCode,
        "sign in first"
    );
    assert_eq!(
        refusal(phones.verify(NUMBER, &other, Some(lea), here()).await),
        PhoneRefusal::InvalidCode,
        "not hers"
    );
    // Several accounts have entered it, so that nobody can tell whose code a caller without a token wants.
    phones.send_code(NUMBER, None, here()).await.unwrap();
    assert!(world.texts().await.is_empty());
    phones.verify(NUMBER, &own, None, here()).await.unwrap();
    assert_eq!(number(&world, lea).await.as_deref(), Some(NUMBER));
    assert_eq!(number(&world, emma).await, None);
    assert_eq!(number(&world, carlos).await.as_deref(), Some(OTHER));
}

#[both_databases]
async fn a_confirmed_number_does_not_move_without_signing_in(world: World) {
    let phones = world.chat.phones();
    let emma = world.person("emma", "en").await;
    let lea = owner(&world, "lea", NUMBER).await;
    // It is entered, which moves nothing; only somebody who is signed in may ask for the code and enter it.
    let claimed = code_for(&world, emma).await;
    phones.send_code(NUMBER, None, here()).await.unwrap();
    assert!(world.texts().await.is_empty());
    assert_eq!(refusal(phones.verify(NUMBER, &claimed, None, here()).await), PhoneRefusal::InvalidCode);
    assert_eq!(number(&world, lea).await.as_deref(), Some(NUMBER));
}

#[both_databases]
async fn a_stranger_does_not_end_what_the_owner_has_begun(world: World) {
    let phones = world.chat.phones();
    let lea = owner(&world, "lea", NUMBER).await;
    let own = phones.begin_recovery(NUMBER, None).await.unwrap();
    // The strangers do not know the name of the account.
    for _ in 0..60 {
        phones.begin_recovery(NUMBER, None).await.unwrap();
    }
    assert_eq!(
        refusal(phones.verify_identity(&own.id, "lea", "", here()).await),
        PhoneRefusal::InvalidToken,
        "only fifty are kept"
    );
    let own = phones.begin_recovery(NUMBER, None).await.unwrap();
    let named = phones.verify_identity(&own.id, "lea", "lea@example.org", here()).await.unwrap();
    assert_eq!(named.refusal, None);
    let code = text(&world).await.code();
    for _ in 0..60 {
        phones.begin_recovery(NUMBER, None).await.unwrap();
    }
    // Her own change of the number, and what others begin with it, are other purposes.
    phones.request_change(lea, OTHER, here()).await.unwrap();
    let change = text(&world).await.code();
    let carlos = world.person("carlos", "es").await;
    phones.begin_transfer(carlos, NUMBER, None, here()).await.unwrap();
    phones.begin_registration(NUMBER, None, here()).await.unwrap();
    phones.send_code(NUMBER, None, here()).await.unwrap();
    world.texts().await;
    let token = phones.verify_recovery(&own.id, &code, here()).await.unwrap();
    // Nor does a link that anybody asks for by e-mail.
    world.chat.security().request_password_reset("lea@example.org").await.unwrap();
    world.emails().await;
    let reset = PasswordReset { token, new: "battery staple".into(), confirmation: None, code: None };
    world.chat.security().reset_password(reset, &meeshy_chat::Device::default()).await.unwrap();
    phones.confirm_change(lea, &change, here()).await.unwrap();
}

/// Changes the address of an account as somebody does who has found an open session of it.
async fn change_address(world: &World, caller: &Caller, email: &str) {
    let addresses = world.chat.addresses();
    addresses.request_change(caller, email).await.unwrap();
    let sent = world.emails().await;
    let link = sent.iter().find(|sent| sent.to == email).unwrap();
    addresses.confirm_change(caller.user.id, &link.parameter("token")).await.unwrap();
    world.emails().await;
}

async fn names(world: &World, username: &str, email: &str) -> Option<PhoneRefusal> {
    let phones = world.chat.phones();
    let begun = phones.begin_recovery(NUMBER, None).await.unwrap();
    phones.verify_identity(&begun.id, username, email, here()).await.unwrap().refusal
}

#[both_databases]
async fn a_new_address_does_not_take_the_telephone_from_the_owner(world: World) {
    let phones = world.chat.phones();
    let lea = owner(&world, "lea", NUMBER).await;
    let signed_in = world.sign_in("lea", false).await;
    let thief = world.chat.sessions().authenticate(&signed_in.token).await.unwrap();
    // What she had begun goes on.
    let begun = phones.begin_recovery(NUMBER, None).await.unwrap();
    phones.verify_identity(&begun.id, "lea", "lea@example.org", here()).await.unwrap();
    let token = phones.verify_recovery(&begun.id, &text(&world).await.code(), here()).await.unwrap();
    change_address(&world, &thief, "thief@example.net").await;
    assert!(world.chat.security().reset_link(&token).await.is_ok());
    // She knows the address that she had, also after another change.
    change_address(&world, &thief, "another@example.net").await;
    let mismatch = Some(PhoneRefusal::IdentityMismatch);
    assert_eq!(names(&world, "lea", "thief@example.net").await, mismatch);
    assert_eq!(names(&world, "carlos", "lea@example.org").await, mismatch);
    world.hand.advance(HOUR * 23);
    let begun = phones.begin_recovery(NUMBER, None).await.unwrap();
    let named = phones.verify_identity(&begun.id, "lea", "Lea@example.org", here()).await.unwrap();
    assert_eq!(named.refusal, None);
    let token = phones.verify_recovery(&begun.id, &text(&world).await.code(), here()).await.unwrap();
    let reset = PasswordReset { token, new: "battery staple".into(), confirmation: None, code: None };
    world.chat.security().reset_password(reset, &meeshy_chat::Device::default()).await.unwrap();
    let ended = world.chat.sessions().authenticate(&signed_in.token).await;
    assert!(matches!(ended, Err(ChatError::Unauthenticated(_))), "the session that was found has ended");
    // Later, links are sent to the new address, and only that counts.
    world.hand.advance(HOUR);
    assert_eq!(names(&world, "lea", "lea@example.org").await, mismatch);
    assert_eq!(names(&world, "lea", "another@example.net").await, None);
    text(&world).await;
    assert_eq!(number(&world, lea).await.as_deref(), Some(NUMBER));
}

/// Whoever has the card of the old number must not choose a password after the owner has removed the number.
#[both_databases]
async fn a_link_by_sms_ends_with_the_number(world: World) {
    let phones = world.chat.phones();
    let lea = owner(&world, "lea", NUMBER).await;
    let own = phones.begin_recovery(NUMBER, None).await.unwrap();
    phones.verify_identity(&own.id, "lea", "lea@example.org", here()).await.unwrap();
    let code = text(&world).await.code();
    let token = phones.verify_recovery(&own.id, &code, here()).await.unwrap();
    let removed = ProfilePatch { phone_number: Some(None), ..ProfilePatch::default() };
    world.chat.profiles().update(lea, removed, here()).await.unwrap();
    let reset = PasswordReset { token, new: "battery staple".into(), confirmation: None, code: None };
    let refused = world.chat.security().reset_password(reset, &meeshy_chat::Device::default()).await;
    assert!(matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "token"), "{refused:?}");
}

#[both_databases]
async fn a_code_at_a_registration_works_after_another_was_asked_for(world: World) {
    let phones = world.chat.phones();
    let lea = register(&world, with_number("lea", TYPED)).await.unwrap().user.id;
    let first = text(&world).await.code();
    phones.send_code(NUMBER, None, here()).await.unwrap();
    assert_ne!(text(&world).await.code(), first);
    // Wrong answers of strangers do not end it for the owner.
    for _ in 0..5 {
        let answered = phones.verify(NUMBER, &other_code(&first), None, here()).await;
        assert_eq!(refusal(answered), PhoneRefusal::InvalidCode);
    }
    // A stranger does not learn why.
    assert_eq!(refusal(phones.verify(NUMBER, &first, None, here()).await), PhoneRefusal::InvalidCode);
    phones.verify(NUMBER, &first, Some(lea), here()).await.unwrap();
    assert_eq!(number(&world, lea).await.as_deref(), Some(NUMBER));
}
