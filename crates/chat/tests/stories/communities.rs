//! Communities: who sees, joins, changes and leaves them, on both databases.

use meeshy_chat::{ChatError, CommunityPatch, CommunityView, NewCommunity, NewConversation};
use meeshy_domain::{CommunityRole, UserId, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, blocks};
use meeshy_testkit::both_databases;
use std::time::Duration;

async fn community(world: &World, creator: UserId, name: &str, is_private: bool) -> CommunityView {
    let new = NewCommunity { name: name.into(), is_private, ..NewCommunity::default() };
    world.chat.communities().create(creator, new).await.unwrap()
}

/// The names of the members on the first page.
async fn members(world: &World, who: UserId, id: &str) -> Vec<String> {
    let page = world.chat.communities().members(who, id, 10, 0).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.members.len()).unwrap());
    page.members.into_iter().map(|view| view.member.username).collect()
}

fn names(found: (Vec<CommunityView>, i64)) -> Vec<String> {
    assert_eq!(found.1, i64::try_from(found.0.len()).unwrap());
    found.0.into_iter().map(|view| view.community.name).collect()
}

fn is_forbidden<T: std::fmt::Debug>(outcome: Result<T, ChatError>) -> bool {
    matches!(&outcome, Err(ChatError::Forbidden(_)))
}

#[both_databases]
async fn a_private_community_is_seen_by_its_members_only(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let communities = world.chat.communities();
    let made = community(&world, lea, "Jardins secrets", true).await;
    let (id, identifier) = (made.community.id.to_string(), made.community.identifier.clone());
    assert_eq!(identifier, "mshy_jardins-secrets");
    assert_eq!((made.role, made.community.member_count), (Some(CommunityRole::Admin), 1));

    for reference in [&id, &identifier] {
        assert!(is_forbidden(communities.get(carlos, reference).await));
        assert!(is_forbidden(communities.members(carlos, reference, 10, 0).await));
        assert!(is_forbidden(communities.conversations(carlos, reference, 10, 0).await));
        assert!(is_forbidden(communities.join(carlos, reference).await));
        assert_eq!(communities.get(lea, reference).await.unwrap().community.name, "Jardins secrets");
    }
    assert!(names(communities.search(carlos, Some("jardins"), 10, 0).await.unwrap()).is_empty());
    assert!(names(communities.search(carlos, None, 10, 0).await.unwrap()).is_empty());
    assert!(names(communities.list(carlos, None, 10, 0).await.unwrap()).is_empty());
    assert_eq!(names(communities.list(lea, Some("secr"), 10, 0).await.unwrap()), ["Jardins secrets"]);
    let missing = communities.get(lea, "mshy_nothing").await;
    assert!(matches!(missing, Err(ChatError::NotFound { what: "community" })), "{missing:?}");
}

#[both_databases]
async fn a_public_community_is_found_joined_and_left(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let communities = world.chat.communities();
    let id = community(&world, lea, "Été à vélo", false).await.community.id.to_string();
    community(&world, lea, "Été en train", false).await;
    assert_eq!(names(communities.search(carlos, Some("velo et"), 10, 0).await.unwrap()), ["Été à vélo"]);
    assert_eq!(names(communities.search(carlos, None, 10, 0).await.unwrap()).len(), 2);
    assert!(names(communities.search(carlos, Some("v"), 10, 0).await.unwrap()).is_empty());

    let joined = communities.join(carlos, &id).await.unwrap();
    assert_eq!(joined.member.role, CommunityRole::Member);
    assert_eq!(communities.join(carlos, &id).await.unwrap().member.id, joined.member.id, "once is enough");
    assert_eq!(members(&world, carlos, &id).await, ["lea", "carlos"]);
    assert_eq!(names(communities.list(carlos, None, 10, 0).await.unwrap()), ["Été à vélo"]);
    assert_eq!(
        names(communities.search(lea, Some("ete"), 1, 0).await.map(|(found, _)| (found, 1)).unwrap()),
        ["Été à vélo"],
        "the largest first"
    );

    communities.leave(carlos, &id).await.unwrap();
    let again = communities.leave(carlos, &id).await;
    assert!(matches!(again, Err(ChatError::InvalidOperation(_))), "{again:?}");
    assert!(is_forbidden(communities.leave(lea, &id).await), "the creator stays");
    assert_eq!(communities.get(lea, &id).await.unwrap().community.member_count, 1);
    assert_eq!(communities.join(carlos, &id).await.unwrap().member.id, joined.member.id);
}

#[both_databases]
async fn administrators_manage_those_below_them(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", false).await.community.id.to_string();
    let (role, text) = (Some(CommunityRole::Admin), |user: UserId| user.to_string());
    communities.add_member(lea, &id, &text(carlos), role).await.unwrap();
    assert!(is_forbidden(communities.add_member(carlos, &id, &text(emma), role).await), "not so high");
    let added = communities.add_member(carlos, &id, &text(emma), None).await.unwrap();
    let again = communities.add_member(carlos, &id, &text(emma), None).await;
    assert!(matches!(again, Err(ChatError::InvalidOperation(_))), "{again:?}");
    assert!(is_forbidden(communities.add_member(emma, &id, &text(nina), None).await));

    let membership = added.member.id.to_string();
    let moderator = CommunityRole::Moderator;
    let changed = communities.set_member_role(carlos, &id, &membership, moderator).await.unwrap();
    assert_eq!((changed.member.user_id, changed.member.role), (emma, moderator));
    assert!(is_forbidden(communities.set_member_role(carlos, &id, &text(lea), moderator).await));
    assert!(is_forbidden(communities.remove_member(carlos, &id, &text(lea), false).await));
    assert!(is_forbidden(communities.remove_member(emma, &id, &text(carlos), false).await));

    communities.remove_member(carlos, &id, &text(emma), true).await.unwrap();
    assert!(is_forbidden(communities.join(emma, &id).await), "she was banned");
    communities.add_member(carlos, &id, &text(emma), None).await.unwrap();
    communities.remove_member(carlos, &id, &text(emma), false).await.unwrap();
    communities.join(emma, &id).await.unwrap();
    assert_eq!(members(&world, emma, &id).await, ["lea", "carlos", "emma"]);
    let missing = communities.remove_member(lea, &id, &text(nina), false).await;
    assert!(matches!(missing, Err(ChatError::NotFound { what: "member" })), "{missing:?}");
}

async fn people(world: &World) -> [UserId; 4] {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    [lea, carlos, world.person("emma", "en").await, world.person("nina", "fr").await]
}

#[both_databases]
async fn the_creator_changes_and_deletes_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", false).await.community.id.to_string();
    communities.join(carlos, &id).await.unwrap();
    let (_, is_free) = communities.check_identifier("go-club").await.unwrap();
    assert!(is_free);
    let patch = CommunityPatch {
        name: Some("Go".into()),
        identifier: Some("go-club".into()),
        description: Some(" a game ".into()),
        is_private: Some(true),
        ..CommunityPatch::default()
    };
    assert!(is_forbidden(communities.update(carlos, &id, patch.clone()).await));
    let changed = communities.update(lea, &id, patch).await.unwrap().community;
    assert_eq!((changed.name.as_str(), changed.identifier.as_str()), ("Go", "mshy_go-club"));
    assert_eq!((changed.description.as_deref(), changed.is_private), (Some("a game"), true));
    assert_eq!(names(communities.list(carlos, Some("go"), 10, 0).await.unwrap()), ["Go"]);
    assert!(names(communities.list(carlos, Some("chess"), 10, 0).await.unwrap()).is_empty());

    let other = community(&world, carlos, "Go club", true).await.community;
    assert_ne!(other.identifier, "mshy_go-club", "a generated one gives way");
    let taken = NewCommunity { name: "G".into(), identifier: Some("go-club".into()), ..Default::default() };
    let taken = communities.create(carlos, taken).await;
    assert!(matches!(taken, Err(ChatError::Taken { field: "identifier" })), "{taken:?}");
    let patch = CommunityPatch { identifier: Some("mshy_go-club".into()), ..CommunityPatch::default() };
    let taken = communities.update(carlos, &other.id.to_string(), patch).await;
    assert!(matches!(taken, Err(ChatError::Taken { field: "identifier" })), "{taken:?}");

    assert!(is_forbidden(communities.delete(carlos, &id).await));
    communities.delete(lea, &id).await.unwrap();
    let gone = communities.get(lea, &id).await;
    assert!(matches!(gone, Err(ChatError::NotFound { what: "community" })), "{gone:?}");
    assert_eq!(communities.check_identifier("go-club").await.unwrap(), ("mshy_go-club".into(), false));
}

#[both_databases]
async fn an_invitation_opens_a_private_community_for_a_while(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", true).await.community.id.to_string();
    let invitation = communities.invite(lea, &id).await.unwrap();
    let link = format!("https://example.org/communities/join/{}", invitation.token);
    let (joined, member) = communities.join_by_invite(carlos, &link).await.unwrap();
    assert_eq!((joined.community.member_count, member.member.user_id), (2, carlos));
    communities.join_by_invite(carlos, &invitation.token).await.unwrap();
    assert!(is_forbidden(communities.invite(carlos, &id).await), "members do not invite");
    let unknown = communities.join_by_invite(emma, "nonsense").await;
    assert!(matches!(unknown, Err(ChatError::NotFound { what: "invitation" })), "{unknown:?}");

    // An invitation is worth as much as the role of its author.
    let moderator = CommunityRole::Moderator;
    communities.set_member_role(lea, &id, &carlos.to_string(), moderator).await.unwrap();
    let of_carlos = communities.invite(carlos, &id).await.unwrap();
    communities.remove_member(lea, &id, &carlos.to_string(), true).await.unwrap();
    let void = communities.join_by_invite(emma, &of_carlos.token).await;
    assert!(matches!(void, Err(ChatError::NotFound { what: "invitation" })), "{void:?}");
    assert!(is_forbidden(communities.join_by_invite(carlos, &invitation.token).await), "he was banned");

    for _ in 0..limits::COMMUNITY_INVITES {
        world.hand.advance(Duration::from_secs(1));
        communities.invite(lea, &id).await.unwrap();
    }
    assert!(communities.join_by_invite(emma, &invitation.token).await.is_err(), "there are newer ones");
    let newest = communities.invite(lea, &id).await.unwrap();
    communities.join_by_invite(emma, &newest.token).await.unwrap();
    world.hand.advance(limits::INVITE_LIFETIME);
    assert!(communities.join_by_invite(nina, &newest.token).await.is_err(), "it has expired");
}

#[both_databases]
async fn members_of_its_conversations_become_members(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", true).await.community.id.to_string();
    communities.add_member(lea, &id, &carlos.to_string(), None).await.unwrap();
    let new = |others: &[UserId]| NewConversation {
        kind: "group".into(),
        title: Some("Openings".into()),
        participant_ids: others.iter().map(ToString::to_string).collect(),
        community_id: Some(id.clone()),
        ..NewConversation::default()
    };
    let conversations = world.chat.conversations();
    assert!(is_forbidden(conversations.create(nina, new(&[lea])).await), "she is not a member");
    assert!(is_forbidden(conversations.create(carlos, new(&[lea, emma])).await), "emma is not a member");
    let talk = conversations.create(lea, new(&[carlos, emma])).await.unwrap().conversation;
    assert_eq!(talk.details.community_id.map(|id| id.to_string()), Some(id.clone()));
    assert_eq!(members(&world, emma, &id).await, ["lea", "carlos", "emma"]);
    world.group(lea, &[carlos]).await;
    for (who, count) in [(lea, 1), (emma, 1)] {
        let (found, total) = communities.conversations(who, &id, 10, 0).await.unwrap();
        assert_eq!(found.iter().map(|view| view.conversation.id).collect::<Vec<_>>(), [talk.id]);
        assert_eq!(total, count);
    }
    communities.add_member(lea, &id, &nina.to_string(), None).await.unwrap();
    assert_eq!(communities.conversations(nina, &id, 10, 0).await.unwrap().1, 0, "only her own");
    assert_eq!(communities.get(nina, &id).await.unwrap().community.conversation_count, 1);
    communities.remove_member(lea, &id, &emma.to_string(), true).await.unwrap();
    assert!(is_forbidden(conversations.create(carlos, new(&[emma])).await), "she was banned");
    let nowhere = NewConversation { community_id: Some("65a0c0ffee0123456789abcd".into()), ..new(&[lea]) };
    let nowhere = conversations.create(carlos, nowhere).await;
    assert!(matches!(nowhere, Err(ChatError::NotFound { what: "community" })), "{nowhere:?}");
}

#[both_databases]
async fn blocks_and_deactivated_accounts_are_respected(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", false).await.community.id.to_string();
    communities.join(carlos, &id).await.unwrap();
    world.store.write(move |tx| blocks::set(tx, carlos, &[emma])).await.unwrap();
    world.store.write(move |tx| blocks::set(tx, nina, &[lea])).await.unwrap();
    assert_eq!(members(&world, emma, &id).await, ["lea"], "strangers do not find who has blocked them");
    assert_eq!(communities.get(emma, &id).await.unwrap().members.len(), 1);
    assert!(is_forbidden(communities.add_member(lea, &id, &nina.to_string(), None).await));
    communities.join(emma, &id).await.unwrap();
    world.chat.presence().connect(carlos);
    for (who, is_online) in [(emma, false), (lea, true)] {
        let page = communities.members(who, &id, 10, 0).await.unwrap();
        let shown = page.members.iter().find(|view| view.member.user_id == carlos).unwrap();
        assert_eq!(shown.seen.is_online, is_online, "presence is not told across a block");
    }
    world.set(carlos, "is_active", false).await;
    assert_eq!(members(&world, lea, &id).await, ["lea", "emma"]);
}

#[both_databases]
async fn a_list_of_members_goes_on(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let communities = world.chat.communities();
    let id = community(&world, lea, "Chess", false).await.community.id.to_string();
    for user in [carlos, emma, nina] {
        world.hand.advance(Duration::from_secs(1));
        communities.join(user, &id).await.unwrap();
    }
    let first = communities.members(nina, &id, 3, 0).await.unwrap();
    assert_eq!((first.members.len(), first.total), (3, 4));
    let rest = communities.members(nina, &id, 3, 3).await.unwrap();
    assert_eq!((rest.members[0].member.user_id, rest.total), (nina, 4));
}

/// As an import leaves them: the creator need not be a member, and a name can have blanks around it.
#[both_databases]
async fn imported_communities_are_shown(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let import = move |tx: &mut Tx<'_>| {
        tx.execute(
            "INSERT INTO communities (id, identifier, name, display_name, is_private, created_by, created_at, updated_at) \
             VALUES ('65a0c0ffee0123456789ffff', 'sprinters', ' Sprinters ', 'Sprinters', FALSE, $1, 1, 1)",
            &[lea.into()],
        )?;
        tx.execute(
            "INSERT INTO community_members (id, community_id, user_id, joined_at, role) \
             VALUES ('65a0c0ffee0123456789fffe', '65a0c0ffee0123456789ffff', $1, 1, 'creator')",
            &[carlos.into()],
        )?;
        meeshy_store::legacy::derived::all(tx)
    };
    world.store.write::<_, StoreError>(import).await.unwrap();
    let communities = world.chat.communities();
    for who in [lea, carlos] {
        assert_eq!(names(communities.list(who, Some("sprint"), 10, 0).await.unwrap()), ["Sprinters"]);
        assert_eq!(names(communities.search(who, Some("sprinters"), 10, 0).await.unwrap()), ["Sprinters"]);
    }
    let shown = communities.get(lea, "sprinters").await.unwrap();
    assert_eq!((shown.community.member_count, shown.role), (1, None));
    assert_eq!(shown.members[0].member.role, CommunityRole::Admin);
    assert_eq!(communities.join(lea, "sprinters").await.unwrap().member.role, CommunityRole::Admin);
    let patch = CommunityPatch { identifier: Some("sprinters".into()), ..CommunityPatch::default() };
    assert_eq!(communities.update(lea, "sprinters", patch).await.unwrap().community.identifier, "sprinters");
}
