//! Users delete their accounts, on both databases.

use meeshy_chat::{
    Caller, ChatError, DeletionProof, Device, Event, MemberChange, NewCommunity, NewConversation, SignedIn,
};
use meeshy_domain::{CommunityRole, UserId};
use meeshy_harness::World;
use meeshy_testkit::{api, both_databases};

async fn caller(world: &World, signed_in: &SignedIn) -> Caller {
    world.chat.sessions().authenticate(&signed_in.token).await.unwrap()
}

fn password(typed: &str) -> DeletionProof {
    DeletionProof { password: Some(typed.into()), code: None }
}

async fn delete(world: &World, who: &Caller, proof: DeletionProof) -> Result<(), ChatError> {
    world.chat.deletions().delete(who, proof, &Device::default()).await
}

async fn direct(world: &World, who: UserId, with: UserId) -> meeshy_chat::ConversationView {
    let new = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![with.to_string()],
        ..NewConversation::default()
    };
    world.chat.conversations().create(who, new).await.unwrap()
}

#[both_databases]
async fn a_deleted_account_leaves_only_its_messages(mut world: World) {
    let (lea, carlos) = (world.sign_up("lea", "fr").await, world.person("carlos", "es").await);
    let id = lea.user.id;
    let (group, pair) = (world.group(id, &[carlos]).await, direct(&world, id, carlos).await);
    world.say(id, &group, "bonjour").await.unwrap();
    world.say(id, &pair, "salut").await.unwrap();
    let lea = caller(&world, &lea).await;
    for wrong in [password("wrong horse"), password(" "), DeletionProof::default()] {
        assert!(matches!(delete(&world, &lea, wrong).await, Err(ChatError::Invalid { .. })));
    }
    world.finish_jobs().await;
    world.happened();
    delete(&world, &lea, password(api::PASSWORD)).await.unwrap();
    world.finish_jobs().await;

    let happened = world.happened();
    assert!(happened.iter().any(|event| matches!(event, Event::SessionEnded { .. })));
    let left = |event: &&Event| matches!(event, Event::Member { user, change: MemberChange::Left, .. } if *user == id);
    assert_eq!(happened.iter().filter(left).count(), 2, "the group and the room for everybody: {happened:?}");
    let heir = |event: &Event| matches!(event, Event::Member { user, change: MemberChange::Role(_), .. } if *user == carlos);
    assert!(happened.iter().any(heir), "the group has another creator");

    // Nothing personal is left in any text of the row.
    let read = move |tx: &mut meeshy_store::Tx<'_>| {
        let sql = "SELECT username || '|' || email || '|' || first_name || '|' || last_name || '|' || display_name \
                   || '|' || password_hash || '|' || coalesce(username_key, '') || '|' || coalesce(email_key, '') \
                   FROM users WHERE id = $1";
        tx.fetch_one::<String>(sql, &[id.into()])
    };
    let row = world.store.read(read).await.unwrap();
    assert!(!row.contains("lea") && row.contains("|Deleted account|"), "{row}");
    for table in ["sessions", "name_words", "known_devices", "user_preferences", "notifications"] {
        let count = move |tx: &mut meeshy_store::Tx<'_>| {
            tx.fetch_one::<i64>(&format!("SELECT count(*) FROM {table} WHERE user_id = $1"), &[id.into()])
        };
        assert_eq!(world.store.read(count).await.unwrap(), 0, "{table}");
    }
    // Others still read what was written.
    for (talk, text) in [(&group, "bonjour"), (&pair, "salut")] {
        let page = world.page(carlos, talk).await;
        assert_eq!(page.messages.last().unwrap().message.content, text);
        let sender = page.messages.last().unwrap().sender.as_ref().unwrap();
        assert!(!format!("{sender:?}").contains("lea"), "{sender:?}");
    }
    // The name and the address can be registered again, by somebody who has nothing of the old account.
    let again = world.sign_up("lea", "fr").await;
    assert_ne!(again.user.id, id);
    assert!(world.chat.profiles().find(Some(carlos), &id.to_string()).await.is_err());
}

#[both_databases]
async fn what_an_import_brings_back_is_left_again(world: World) {
    let (lea, carlos) = (world.sign_up("lea", "fr").await, world.person("carlos", "es").await);
    let id = lea.user.id;
    let group = world.group(id, &[carlos]).await;
    let lea = caller(&world, &lea).await;
    delete(&world, &lea, password(api::PASSWORD)).await.unwrap();
    world.finish_jobs().await;
    let place = group.conversation.id;
    let bring_back = move |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(
            "UPDATE members SET is_active = TRUE WHERE user_id = $1 AND conversation_id = $2",
            &[id.into(), place.into()],
        )?;
        meeshy_store::legacy::derived::recount(tx)?;
        let again = meeshy_store::deleted_accounts::still_members(tx)?;
        again.iter().try_for_each(|user| meeshy_store::deleted_accounts::finish_later(tx, *user))?;
        Ok::<_, meeshy_store::StoreError>(again)
    };
    assert_eq!(world.store.write(bring_back).await.unwrap(), [id]);
    world.finish_jobs().await;
    let seen = world.chat.conversations().get(carlos, &place.to_string()).await.unwrap();
    assert_eq!(seen.conversation.member_count, 1);
    let again = world.store.write(bring_back_nothing).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
}

fn bring_back_nothing(tx: &mut meeshy_store::Tx<'_>) -> Result<Vec<UserId>, meeshy_store::StoreError> {
    meeshy_store::deleted_accounts::still_members(tx)
}

#[both_databases]
async fn communities_are_handed_over(world: World) {
    let (lea, carlos) = (world.sign_up("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let communities = world.chat.communities();
    let new = |name: &str| NewCommunity { name: name.into(), ..NewCommunity::default() };
    let shared = communities.create(lea.user.id, new("Gardeners")).await.unwrap().community.id.to_string();
    let alone = communities.create(lea.user.id, new("Alone")).await.unwrap().community.id.to_string();
    communities.add_member(lea.user.id, &shared, &carlos.to_string(), None).await.unwrap();
    let role = Some(CommunityRole::Moderator);
    communities.add_member(lea.user.id, &shared, &emma.to_string(), role).await.unwrap();
    let lea = caller(&world, &lea).await;
    delete(&world, &lea, password(api::PASSWORD)).await.unwrap();
    world.finish_jobs().await;
    let found = communities.get(emma, &shared).await.unwrap().community;
    assert_eq!(found.created_by, emma, "a moderator comes before a member");
    assert!(communities.get(emma, &alone).await.is_err());
}

#[both_databases]
async fn the_last_one_in_charge_stays(world: World) {
    let (ada, bob) = (world.sign_up("ada", "en").await, world.sign_up("bob", "en").await);
    for boss in [&ada, &bob] {
        world.set(boss.user.id, "role", "BIGBOSS").await;
    }
    let (ada, bob) = (caller(&world, &ada).await, caller(&world, &bob).await);
    delete(&world, &ada, password(api::PASSWORD)).await.unwrap();
    let refused = delete(&world, &bob, password(api::PASSWORD)).await;
    assert!(matches!(refused, Err(ChatError::InvalidOperation(_))), "{refused:?}");
    world.finish_jobs().await;
}
