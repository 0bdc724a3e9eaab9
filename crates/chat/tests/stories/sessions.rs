//! Token refresh, reuse and sign-out, on both databases.

use jsonwebtoken::{EncodingKey, Header};
use meeshy_chat::{ChatError, Device, Event, NewMessage, SignedIn};
use meeshy_domain::UserId;
use meeshy_harness::{SIGNING_SECRET, World, registration};
use meeshy_store::Value;
use meeshy_testkit::both_databases;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A token as the old system signed it, valid for a day; with `session`, as earlier versions of this program
/// did.
pub fn old_token(world: &World, user: UserId, session: Option<&SignedIn>) -> String {
    let now = world.chat.now().millis() / 1000;
    let mut claims =
        json!({ "userId": user, "username": "lea", "role": "USER", "iat": now, "exp": now + 86_400 });
    if let Some(signed_in) = session {
        claims["sid"] = json!(signed_in.session.id);
    }
    let key = EncodingKey::from_secret(SIGNING_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}

async fn holds(world: &World, token: &str) -> bool {
    match world.chat.sessions().authenticate(token).await {
        Ok(_) => true,
        Err(ChatError::Unauthenticated(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

async fn refresh(world: &World, token: &str, session_token: Option<&str>) -> Option<String> {
    match world.chat.sessions().refresh(token, session_token).await {
        Ok(fresh) => Some(fresh.token),
        Err(ChatError::Unauthenticated(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

#[both_databases]
async fn a_replaced_token_is_valid_for_minutes_and_then_ends_its_session(mut world: World) {
    let first = world.sign_up("lea", "fr").await.token;
    let second = refresh(&world, &first, None).await.unwrap();
    assert!(holds(&world, &first).await && holds(&world, &second).await);
    // Another tab, or the same one after a lost response.
    let third = refresh(&world, &first, None).await.unwrap();
    assert!(holds(&world, &second).await && holds(&world, &third).await);

    world.hand.advance(MINUTE * 11);
    assert!(!holds(&world, &first).await, "the copy");
    assert!(holds(&world, &second).await && holds(&world, &third).await, "calling alone ends nothing");
    assert!(world.happened().is_empty());
    assert_eq!(refresh(&world, &first, None).await, None);
    assert!(matches!(world.happened()[..], [Event::SessionEnded { .. }]));
    for token in [&second, &third] {
        assert!(!holds(&world, token).await);
        assert_eq!(refresh(&world, token, None).await, None);
    }
}

#[both_databases]
async fn each_replaced_token_is_valid_for_ten_minutes_regardless_of_later_refreshes(mut world: World) {
    let first = world.sign_up("lea", "fr").await.token;
    let mut tokens = vec![first.clone()];
    // More than are tracked: then a refresh returns the current token of the session.
    for _ in 0..50 {
        let fresh = refresh(&world, &tokens[tokens.len() - 1], None).await.unwrap();
        tokens.push(fresh);
    }
    for token in &tokens {
        assert!(holds(&world, token).await);
        assert!(refresh(&world, token, None).await.is_some(), "a tab that was asleep");
    }
    world.hand.advance(MINUTE * 5);
    let last = refresh(&world, &first, None).await.unwrap();
    world.hand.advance(MINUTE * 5);
    assert!(!holds(&world, &first).await && holds(&world, &last).await);
    let next = refresh(&world, &last, None).await.unwrap();
    assert!(holds(&world, &next).await && holds(&world, &last).await, "another one can be replaced again");
    assert!(world.happened().is_empty());
    assert_eq!(refresh(&world, &tokens[1], None).await, None, "that one was copied");
    assert!(matches!(world.happened()[..], [Event::SessionEnded { .. }]));
}

#[both_databases]
async fn a_device_with_its_secret_keeps_its_session_with_any_token(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let second = refresh(&world, &lea.token, None).await.unwrap();
    world.hand.advance(MINUTE * 11);
    let third = refresh(&world, &lea.token, Some(&lea.session_token)).await.unwrap();
    assert!(holds(&world, &second).await && holds(&world, &third).await);
}

#[both_databases]
async fn twenty_tabs_can_refresh_at_once(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let unbound = old_token(&world, lea.user.id, None);
    for token in [lea.token, unbound] {
        let tabs = (0..20).map(|_| {
            let (chat, token) = (world.chat.clone(), token.clone());
            tokio::spawn(async move { chat.sessions().refresh(&token, None).await.map(|fresh| fresh.token) })
        });
        let mut fresh = Vec::new();
        for tab in tabs.collect::<Vec<_>>() {
            fresh.push(tab.await.unwrap().unwrap());
        }
        world.hand.advance(MINUTE * 11);
        for token in fresh {
            assert!(holds(&world, &token).await);
        }
    }
}

#[both_databases]
async fn a_token_without_a_session_gets_one_at_its_first_refresh(world: World) {
    let lea = world.person("lea", "fr").await;
    let old = old_token(&world, lea, None);
    assert!(holds(&world, &old).await);
    let fresh = refresh(&world, &old, None).await.unwrap();
    let caller = world.chat.sessions().authenticate(&fresh).await.unwrap();
    let session = caller.session_id.unwrap();
    assert_eq!(world.chat.sessions().authenticate(&old).await.unwrap().session_id, Some(session));

    // A copy of it does not outlive the sign-out.
    world.chat.sessions().sign_out(&caller, None).await.unwrap();
    for token in [&old, &fresh] {
        assert!(!holds(&world, token).await);
        assert_eq!(refresh(&world, token, None).await, None);
    }
}

#[both_databases]
async fn a_token_without_a_session_is_invalid_after_sign_out(world: World) {
    let lea = world.person("lea", "fr").await;
    let (old, other) = (old_token(&world, lea, None), world.sign_in("lea", false).await);
    let caller = world.chat.sessions().authenticate(&old).await.unwrap();
    world.chat.sessions().sign_out(&caller, None).await.unwrap();
    assert!(!holds(&world, &old).await);
    assert_eq!(refresh(&world, &old, None).await, None);
    assert!(holds(&world, &other.token).await, "another device");
}

#[both_databases]
async fn a_token_without_a_session_joins_the_session_of_the_given_secret(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let carlos = world.sign_up("carlos", "es").await;
    let old = old_token(&world, lea.user.id, None);
    // Somebody else's secret proves nothing.
    let fresh = refresh(&world, &old, Some(&carlos.session_token)).await.unwrap();
    let session = world.chat.sessions().authenticate(&fresh).await.unwrap().session_id.unwrap();
    assert!(session != carlos.session.id && session != lea.session.id);

    world.hand.advance(Duration::from_secs(1));
    let old = old_token(&world, lea.user.id, None);
    let fresh = refresh(&world, &old, Some(&lea.session_token)).await.unwrap();
    let session = world.chat.sessions().authenticate(&fresh).await.unwrap().session_id;
    assert_eq!(session, Some(lea.session.id));
    assert!(holds(&world, &lea.token).await, "for a few minutes");
}

#[both_databases]
async fn tokens_of_earlier_versions_without_an_id_are_refreshed_too(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let without_ids = |tx: &mut meeshy_store::Tx<'_>| tx.execute("UPDATE sessions SET token_id = NULL", &[]);
    world.store.write(without_ids).await.unwrap();
    let old = old_token(&world, lea.user.id, Some(&lea));
    let fresh = refresh(&world, &old, None).await.unwrap();
    assert!(holds(&world, &old).await && holds(&world, &fresh).await);
    world.hand.advance(MINUTE * 11);
    assert!(!holds(&world, &old).await && holds(&world, &fresh).await);
}

#[both_databases]
async fn nothing_is_refreshed_after_sign_out_or_the_end_of_a_session(world: World) {
    let out = world.sign_up("lea", "fr").await;
    let caller = world.chat.sessions().authenticate(&out.token).await.unwrap();
    world.chat.sessions().sign_out(&caller, None).await.unwrap();
    assert_eq!(refresh(&world, &out.token, Some(&out.session_token)).await, None);

    let mut token = world.sign_in("lea", false).await.token;
    for _ in 0..60 {
        world.hand.advance(DAY / 2);
        token = match refresh(&world, &token, None).await {
            Some(fresh) => fresh,
            None => break,
        };
    }
    assert_eq!(refresh(&world, &token, None).await, None, "a session lasts thirty days");
    assert!(!holds(&world, &token).await);
}

/// Two imported users without an address or a telephone number.
async fn imported_without_an_address(world: &World) {
    for name in ["ann", "ben"] {
        let id = world.person(name, "en").await;
        let forget = move |tx: &mut meeshy_store::Tx<'_>| {
            tx.execute(
                "UPDATE users SET email = '', phone_number = '', name_twin = $2 WHERE id = $1",
                &[id.into(), Value::from(id)],
            )
        };
        world.store.write(forget).await.unwrap();
    }
}

#[both_databases]
async fn an_empty_value_matches_no_user(world: World) {
    imported_without_an_address(&world).await;
    world.sign_in("ann", false).await;
    for nobody in ["", " ", "\t\n", "\u{a0}", "\u{3000}"] {
        let password = "correct horse".to_owned();
        let refused =
            world.chat.sign_ins().with_password(nobody.into(), password, false, Device::default()).await;
        assert!(matches!(refused, Err(ChatError::Unauthenticated(_))), "{nobody:?} {refused:?}");
        assert!(world.chat.sessions().authenticate(nobody).await.is_err());
        assert!(world.chat.sessions().authenticate_device(nobody).await.is_err());
        assert!(world.chat.sign_ins().with_code(nobody, "", Device::default()).await.is_err());
        assert!(world.chat.sessions().refresh(nobody, Some(nobody)).await.is_err());
        let mut new = registration("eve", "en");
        new.email = nobody.into();
        let refused = world.chat.accounts().register(new, Device::default()).await;
        assert!(matches!(refused, Err(ChatError::Invalid { .. })), "{nobody:?} {refused:?}");
    }
}

#[both_databases]
async fn messages_with_an_empty_client_id_are_different_messages(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let mut ids = HashSet::new();
    let empty = ["", " ", "\u{200b}", "\u{3164}", "\u{200b}", "\u{3164}\u{200b}"];
    for id in empty {
        let new = NewMessage {
            conversation: talk.conversation.id.to_string(),
            content: format!("{id:?}"),
            client_message_id: Some(id.into()),
            ..NewMessage::default()
        };
        ids.insert(world.chat.messages().send(lea, new).await.unwrap().message.message.id);
    }
    assert_eq!(ids.len(), empty.len());
    assert_eq!(world.page(lea, &talk).await.messages.len(), empty.len());
}

#[both_databases]
async fn an_expired_token_counts_with_the_secret_of_a_trusted_device_of_its_user(world: World) {
    world.sign_up("lea", "fr").await;
    let hana = world.sign_up("hana", "fr").await;
    let (trusted, other) = (world.sign_in("lea", true).await, world.sign_in("lea", false).await);
    let hers = world.sign_in("hana", true).await;
    let sessions = world.chat.sessions();
    let counts = async |token: &str, secret: &str| sessions.authenticate_expired(token, secret).await.is_ok();
    assert!(!counts(&trusted.token, &trusted.session_token).await, "it has not expired");
    world.hand.advance(DAY);
    assert!(!holds(&world, &trusted.token).await);
    assert!(counts(&trusted.token, &trusted.session_token).await);
    assert!(!counts(&other.token, &other.session_token).await, "not trusted");
    assert!(!counts(&hana.token, &trusted.session_token).await, "of somebody else");
    assert!(!counts("a.b.c", &hers.session_token).await, "not ours");
    sessions.sign_out(&sessions.authenticate_device(&hers.session_token).await.unwrap(), None).await.unwrap();
    assert!(!counts(&hers.token, &hers.session_token).await, "signed out");
}
