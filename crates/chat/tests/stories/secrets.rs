//! Logs, panics and errors show no secrets.

use meeshy_chat::{Device, Registration, Settings, SignIn, SigningKey};
use meeshy_domain::Secret;
use meeshy_harness::{SIGNING_SECRET, World, registration};
use meeshy_store::{Value, second_factor, sessions, users};
use meeshy_testkit::both_databases;
use std::fmt::Write;

#[both_databases]
async fn no_debug_output_shows_a_secret(world: World) {
    const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let mut shown = String::new();
    let device = Device {
        session_token: Some("CANARY-session".into()),
        cookie: Some("CANARY-cookie".into()),
        ..Device::default()
    };
    let new = Registration {
        password: "CANARY horse".into(),
        setup_code: Some("CANARY-code".into()),
        ..registration("lea", "fr")
    };
    write!(shown, "{device:?} {new:?}").unwrap();
    let lea = world.chat.accounts().register(Registration { setup_code: None, ..new }, device).await.unwrap();
    let caller = world.chat.sessions().authenticate(&lea.token).await.unwrap();
    let fresh = world.chat.sessions().refresh(&lea.token, None).await.unwrap();
    let settings = Settings::new(SigningKey::Secret(SIGNING_SECRET.into()));
    write!(shown, "{lea:?} {caller:?} {fresh:?} {settings:?} {:?}", world.database.location()).unwrap();

    let user = lea.user.id;
    let protect = move |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(
            "UPDATE users SET two_factor_secret = $2, two_factor_enabled_at = 1 WHERE id = $1",
            &[user.into(), Value::from(TOTP)],
        )
    };
    world.store.write(protect).await.unwrap();
    let led = world
        .chat
        .sign_ins()
        .with_password("lea".into(), "CANARY horse".into(), false, Device::default())
        .await
        .unwrap();
    write!(shown, "{led:?}").unwrap();
    let SignIn::NeedsCode { challenge, .. } = led else { panic!("no code is asked for") };

    let (session, hash) = (
        lea.session.id,
        world
            .store
            .read(move |tx| {
                let read = "SELECT token_hash FROM sign_in_challenges WHERE user_id = $1";
                tx.fetch_one::<String>(read, &[user.into()])
            })
            .await
            .unwrap(),
    );
    let found = world
        .store
        .write(move |tx| {
            Ok::<_, meeshy_store::StoreError>((
                tx.fetch(users::find(user))?,
                tx.fetch(sessions::find(session))?,
                second_factor::protection(tx, user)?,
                second_factor::attempt(tx, &hash)?,
            ))
        })
        .await
        .unwrap();
    write!(shown, "{found:#?}").unwrap();

    let (Some(user), Some(session), _, Some(asked)) = &found else { panic!("{found:?}") };
    let hashes = [&user.password_hash, &session.token_hash, &asked.token_hash].map(Secret::expose);
    let secrets = [&lea.token, &lea.session_token, &fresh.token, &challenge].map(String::as_str);
    for secret in hashes.into_iter().chain(secrets).chain(["CANARY", TOTP, SIGNING_SECRET]) {
        assert!(secret.len() >= 6, "{secret} is too short for this test");
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
