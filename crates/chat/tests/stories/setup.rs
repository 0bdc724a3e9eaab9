//! The first administrator of a server, on both databases.

use meeshy_chat::{ChatError, Device, Registration, SetupState, SignedIn};
use meeshy_domain::Role;
use meeshy_harness::{World, registration};
use meeshy_testkit::both_databases;

async fn register(world: &World, username: &str, code: &str) -> Result<SignedIn, ChatError> {
    let new = Registration { setup_code: Some(code.into()), ..registration(username, "en") };
    world.chat.accounts().register(new, Device::default()).await
}

#[both_databases]
async fn the_setup_code_creates_one_administrator(world: World) {
    let state = world.chat.setup().state().await.unwrap();
    assert_eq!(state, SetupState { needs_administrator: true, has_accounts: false });
    let code = world.chat.setup().new_code().await.unwrap().unwrap();
    for wrong in ["00000-00000-00000-00000", "x", &code[1..]] {
        let refused = register(&world, "ada", wrong).await;
        assert!(matches!(refused, Err(ChatError::SetupCodeInvalid)), "{wrong} {refused:?}");
    }
    assert!(!world.chat.setup().state().await.unwrap().has_accounts);

    // Without a code, or with an empty one, the account is ordinary and the code stays valid.
    assert_eq!(world.sign_up("lea", "fr").await.user.role, Role::User);
    assert_eq!(register(&world, "carlos", " ").await.unwrap().user.role, Role::User);
    let typed = code.replace('-', "").to_lowercase();
    assert_eq!(register(&world, "ada", &typed).await.unwrap().user.role, Role::BigBoss);
    let refused = register(&world, "eve", &code).await;
    assert!(matches!(refused, Err(ChatError::SetupCodeInvalid)), "{refused:?}");
    assert_eq!(world.chat.setup().new_code().await.unwrap(), None);
    let state = world.chat.setup().state().await.unwrap();
    assert_eq!(state, SetupState { needs_administrator: false, has_accounts: true });
}

#[both_databases]
async fn a_new_setup_code_replaces_the_one_before(world: World) {
    let first = world.chat.setup().new_code().await.unwrap().unwrap();
    let second = world.chat.setup().new_code().await.unwrap().unwrap();
    assert!(matches!(register(&world, "ada", &first).await, Err(ChatError::SetupCodeInvalid)));
    assert_eq!(register(&world, "ada", &second).await.unwrap().user.role, Role::BigBoss);
}

#[both_databases]
async fn of_many_concurrent_uses_of_the_setup_code_one_succeeds(world: World) {
    let code = world.chat.setup().new_code().await.unwrap().unwrap();
    let attempts = (0..20).map(|n| {
        let (chat, code) = (world.chat.clone(), code.clone());
        let new = Registration { setup_code: Some(code.into()), ..registration(&format!("ada{n}"), "en") };
        tokio::spawn(async move { chat.accounts().register(new, Device::default()).await })
    });
    let (mut administrators, mut refused) = (0, 0);
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(signed_in) => administrators += usize::from(signed_in.user.role == Role::BigBoss),
            Err(ChatError::SetupCodeInvalid) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((administrators, refused), (1, 19));
}
