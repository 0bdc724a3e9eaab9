//! Sign-ins that need more than a password, on both databases.

use meeshy_chat::{ChatError, Device, SignIn, SignedIn};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_testkit::{Database, OnDatabase, both_databases};
use std::time::Duration;

/// The secret of RFC 6238's test vectors, in base32.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// RFC 6238, appendix B: the last six digits for the second.
const VECTORS: [(u64, &str); 2] = [(2_000_000_000, "279037"), (20_000_000_000, "353130")];

async fn challenge(world: &World) -> String {
    let password = "correct horse".to_owned();
    match world.chat.sign_ins().with_password("lea".into(), password, true, Device::default()).await.unwrap()
    {
        SignIn::NeedsCode { challenge, user, remember: true } if user.username == "lea" => challenge,
        other => panic!("{other:?}"),
    }
}

async fn show(world: &World, challenge: &str, code: &str) -> Result<SignedIn, String> {
    match world.chat.sign_ins().with_code(challenge, code, Device::default()).await {
        Err(ChatError::Unauthenticated(reason)) => Err(reason),
        outcome => Ok(outcome.unwrap()),
    }
}

async fn lea_with_codes(world: &World, second: u64) -> UserId {
    let lea = world.person("lea", "fr").await;
    world.set(lea, "two_factor_secret", SECRET).await;
    world.set(lea, "two_factor_enabled_at", 1_000).await;
    let now = u64::try_from(world.chat.now().millis()).unwrap();
    world.hand.advance(Duration::from_millis(second * 1_000 - now));
    lea
}

#[both_databases]
async fn the_codes_are_those_of_the_rfc(database: Database) {
    for (second, code) in VECTORS {
        let world = World::on(database.another()).await;
        let lea = lea_with_codes(&world, second).await;
        let token = challenge(&world).await;
        assert_eq!(show(&world, &token, "123456").await.unwrap_err(), "wrong code");
        let signed_in = show(&world, &token, &format!("{} {}", &code[..3], &code[3..])).await.unwrap();
        assert_eq!(world.chat.sessions().authenticate(&signed_in.token).await.unwrap().user.id, lea, "");
        assert!(signed_in.session.is_trusted);
    }
}

#[both_databases]
async fn a_code_and_a_challenge_are_valid_once_and_for_minutes(world: World) {
    let (second, code) = VECTORS[0];
    lea_with_codes(&world, second).await;
    let (token, other) = (challenge(&world).await, challenge(&world).await);
    show(&world, &token, code).await.unwrap();
    assert!(show(&world, &token, code).await.unwrap_err().contains("sign in again"));
    assert!(show(&world, &other, code).await.unwrap_err().contains("already used"));
    // Five attempts are the limit, and so are five minutes.
    for _ in 0..4 {
        assert_eq!(show(&world, &other, "000000").await.unwrap_err(), "wrong code");
    }
    assert!(show(&world, &other, VECTORS[1].1).await.unwrap_err().contains("sign in again"));
    let late = challenge(&world).await;
    world.hand.advance(Duration::from_secs(301));
    assert!(show(&world, &late, VECTORS[1].1).await.unwrap_err().contains("sign in again"));
    for token in ["", "nonsense", &"f".repeat(64)] {
        assert!(show(&world, token, code).await.unwrap_err().contains("sign in again"));
    }
}

#[both_databases]
async fn a_locked_account_is_reported_only_with_the_right_password(world: World) {
    let lea = world.person("lea", "fr").await;
    // The clock stands at 12:34:56.789.
    let until = world.chat.now().plus(Duration::from_secs(60));
    world.set(lea, "locked_until", until.millis()).await;
    let sign_in = async |password: &str| {
        world.chat.sign_ins().with_password("lea".into(), password.into(), false, Device::default()).await
    };
    let refused = sign_in("correct horse").await.unwrap_err().to_string();
    assert_eq!(refused, "this account is locked until 2026-01-15 12:35:56 UTC");
    let wrong = sign_in("wrong").await.unwrap_err().to_string();
    assert!(!wrong.contains("locked"), "{wrong}");
    world.hand.advance(Duration::from_secs(61));
    assert!(matches!(sign_in("correct horse").await.unwrap(), SignIn::Done(_)));
}

#[both_databases]
async fn a_challenge_ends_when_the_password_changes(world: World) {
    let (second, code) = VECTORS[0];
    lea_with_codes(&world, second).await;
    let token = challenge(&world).await;
    world.chat.administration().set_password("lea", "battery staple".into()).await.unwrap();
    assert!(show(&world, &token, code).await.unwrap_err().contains("sign in again"));
}

#[both_databases]
async fn an_unusable_secret_accepts_no_code(world: World) {
    let lea = world.person("lea", "fr").await;
    world.set(lea, "two_factor_enabled_at", 1_000).await;
    for secret in [None, Some(""), Some("  "), Some("====")] {
        world.set(lea, "two_factor_secret", secret).await;
        let refused = world
            .chat
            .sign_ins()
            .with_password("lea".into(), "correct horse".into(), false, Device::default())
            .await;
        assert!(refused.unwrap_err().to_string().contains("ask an administrator"), "{secret:?}");
    }
}
