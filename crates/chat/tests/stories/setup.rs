//! The first administrator of a server, on both databases.

use crate::support::{World, registration, worlds};
use meeshy_chat::{ChatError, Device, Registration, SetupState, SignedIn};
use meeshy_domain::Role;

async fn register(world: &World, username: &str, code: &str) -> Result<SignedIn, ChatError> {
    let new = Registration { setup_code: Some(code.into()), ..registration(username, "en") };
    world.chat.accounts().register(new, Device::default()).await
}

#[tokio::test]
async fn the_setup_code_creates_one_administrator() {
    for (kind, world) in worlds().await {
        let state = world.chat.setup().state().await.unwrap();
        assert_eq!(state, SetupState { needs_administrator: true, has_accounts: false }, "{kind}");
        let code = world.chat.setup().new_code().await.unwrap().unwrap();
        for wrong in ["00000-00000-00000-00000", "x", &code[1..]] {
            let refused = register(&world, "ada", wrong).await;
            assert!(matches!(refused, Err(ChatError::SetupCodeInvalid)), "{kind}: {wrong} {refused:?}");
        }
        assert!(!world.chat.setup().state().await.unwrap().has_accounts, "{kind}");

        // Without a code, or with an empty one, the account is ordinary and the code stays valid.
        assert_eq!(world.sign_up("lea", "fr").await.user.role, Role::User, "{kind}");
        assert_eq!(register(&world, "carlos", " ").await.unwrap().user.role, Role::User, "{kind}");
        let typed = code.replace('-', "").to_lowercase();
        assert_eq!(register(&world, "ada", &typed).await.unwrap().user.role, Role::BigBoss, "{kind}");
        let refused = register(&world, "eve", &code).await;
        assert!(matches!(refused, Err(ChatError::SetupCodeInvalid)), "{kind}: {refused:?}");
        assert_eq!(world.chat.setup().new_code().await.unwrap(), None, "{kind}");
        let state = world.chat.setup().state().await.unwrap();
        assert_eq!(state, SetupState { needs_administrator: false, has_accounts: true }, "{kind}");
    }
}

#[tokio::test]
async fn a_new_setup_code_replaces_the_one_before() {
    for (kind, world) in worlds().await {
        let first = world.chat.setup().new_code().await.unwrap().unwrap();
        let second = world.chat.setup().new_code().await.unwrap().unwrap();
        assert!(matches!(register(&world, "ada", &first).await, Err(ChatError::SetupCodeInvalid)), "{kind}");
        assert_eq!(register(&world, "ada", &second).await.unwrap().user.role, Role::BigBoss, "{kind}");
    }
}

#[tokio::test]
async fn of_many_concurrent_uses_of_the_setup_code_one_succeeds() {
    for (kind, world) in worlds().await {
        let code = world.chat.setup().new_code().await.unwrap().unwrap();
        let attempts = (0..20).map(|n| {
            let (chat, code) = (world.chat.clone(), code.clone());
            let new =
                Registration { setup_code: Some(code.into()), ..registration(&format!("ada{n}"), "en") };
            tokio::spawn(async move { chat.accounts().register(new, Device::default()).await })
        });
        let (mut administrators, mut refused) = (0, 0);
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(signed_in) => administrators += usize::from(signed_in.user.role == Role::BigBoss),
                Err(ChatError::SetupCodeInvalid) => refused += 1,
                Err(other) => panic!("{kind}: {other}"),
            }
        }
        assert_eq!((administrators, refused), (1, 19), "{kind}");
    }
}
