//! How long an authenticated caller stays authenticated, on both databases.

use crate::sessions::old_token;
use meeshy_chat::{Authority, ChatError, SignedIn};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::collections::HashSet;
use std::time::Duration;

async fn authority(world: &World, signed_in: &SignedIn) -> Authority {
    Authority::of(&world.chat.sessions().authenticate(&signed_in.token).await.unwrap())
}

async fn change(world: &World, sql: &'static str, id: impl ToString) {
    let id = id.to_string();
    let change = move |tx: &mut Tx<'_>| tx.execute(sql, &[id.as_str().into()]);
    assert_eq!(world.store.write::<_, StoreError>(change).await.unwrap(), 1);
}

#[both_databases]
async fn authority_ends_with_its_session_and_its_account(world: World) {
    let mut held = Vec::new();
    for name in ["good", "revoked", "removed", "deactivated", "deleted", "locked", "unlocked"] {
        let signed_in = world.sign_up(name, "fr").await;
        held.push((name, authority(&world, &signed_in).await));
        let (session, user) = (signed_in.session.id, signed_in.user.id);
        match name {
            "revoked" => {
                change(&world, "UPDATE sessions SET revoked_at = 1 WHERE id = $1", session).await;
            }
            "removed" => change(&world, "DELETE FROM sessions WHERE id = $1", session).await,
            "deactivated" => {
                change(&world, "UPDATE users SET is_active = FALSE WHERE id = $1", user).await;
            }
            "deleted" => change(&world, "UPDATE users SET deleted_at = 1 WHERE id = $1", user).await,
            "locked" => {
                change(&world, "UPDATE users SET locked_until = 9999999999999 WHERE id = $1", user).await;
            }
            "unlocked" => change(&world, "UPDATE users SET locked_until = 1 WHERE id = $1", user).await,
            _ => {}
        }
    }
    let all: Vec<Authority> = held.iter().map(|(_, authority)| authority.clone()).collect();
    let ended = world.chat.sessions().ended(all.clone()).await.unwrap().authorities;
    for (name, authority) in held {
        let goes_on = matches!(name, "good" | "unlocked");
        assert_eq!(!ended.contains(&authority), goes_on, "{name}");
        let confirmed = world.chat.sessions().confirm(authority.clone()).await;
        assert_eq!(confirmed.is_ok(), goes_on, "{name}");
        assert!(matches!(confirmed, Ok(()) | Err(ChatError::Unauthenticated(_))), "{name}");
    }
    // A day later the tokens have expired, and a new one of the same session is valid.
    world.hand.advance(Duration::from_secs(86_400));
    assert_eq!(world.chat.sessions().ended(all.clone()).await.unwrap().authorities.len(), 7);
    assert!(world.chat.sessions().confirm(all[0].clone()).await.is_err());
    let again = world.sign_in("good", false).await;
    let again = authority(&world, &again).await;
    assert_eq!(world.chat.sessions().ended(vec![again]).await.unwrap().authorities, HashSet::new());
    assert_eq!(world.chat.sessions().ended(Vec::new()).await.unwrap().authorities, HashSet::new());
}

#[both_databases]
async fn ended_memberships_are_found(world: World) {
    let (lea, carlos) = (world.sign_up("lea", "fr").await, world.sign_up("carlos", "es").await);
    let talk = world.group(lea.user.id, &[carlos.user.id]).await;
    let held = vec![authority(&world, &lea).await, authority(&world, &carlos).await];
    assert_eq!(world.chat.sessions().ended(held.clone()).await.unwrap().memberships, []);
    let conversation = talk.conversation.id;
    let sql = "UPDATE members SET is_active = FALSE WHERE user_id = $1 \
               AND conversation_id IN (SELECT id FROM conversations WHERE kind = 'group')";
    change(&world, sql, carlos.user.id).await;
    let ended = world.chat.sessions().ended(held.clone()).await.unwrap();
    assert_eq!(ended.memberships, [(carlos.user.id, conversation)]);
    assert!(ended.authorities.is_empty());
    let reference = conversation.to_string();
    assert!(world.chat.sessions().confirm_member(held[0].clone(), &reference).await.is_ok());
    let refused = world.chat.sessions().confirm_member(held[1].clone(), &reference).await;
    assert!(matches!(refused, Err(ChatError::NotAMember)), "{refused:?}");
}

#[both_databases]
async fn authority_ends_with_its_token(world: World) {
    let lea = world.sign_up("lea", "fr").await;
    let old = old_token(&world, lea.user.id, None);
    let by_secret = world.chat.sessions().authenticate_device(&lea.session_token).await.unwrap();
    let mut held = Vec::new();
    for token in [&lea.token, &old] {
        held.push(Authority::of(&world.chat.sessions().authenticate(token).await.unwrap()));
    }
    held.push(Authority::of(&by_secret));
    let (first, bound, secret) = (held[0].clone(), held[1].clone(), held[2].clone());
    for token in [&lea.token, &old] {
        let fresh = world.chat.sessions().refresh(token, None).await.unwrap().token;
        held.push(Authority::of(&world.chat.sessions().authenticate(&fresh).await.unwrap()));
    }
    for _ in 0..2 {
        let ended = world.chat.sessions().ended(held.clone()).await.unwrap().authorities;
        assert_eq!(ended, HashSet::new());
        for authority in &held {
            world.chat.sessions().confirm(authority.clone()).await.unwrap();
        }
        world.hand.advance(Duration::from_secs(599));
    }
    let ended = world.chat.sessions().ended(held.clone()).await.unwrap().authorities;
    assert_eq!(ended, HashSet::from([first, bound]), "as their tokens");
    for authority in held {
        let confirmed = world.chat.sessions().confirm(authority.clone()).await;
        assert_eq!(confirmed.is_err(), ended.contains(&authority));
    }
    assert!(!ended.contains(&secret));
}
