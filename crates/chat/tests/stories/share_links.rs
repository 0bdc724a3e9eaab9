//! Links by which people join conversations, on both databases.

use meeshy_chat::{
    ChatError, ConversationView, Event, GuestRules, MemberChange, NewConversation, NewShareLink,
};
use meeshy_domain::{ConversationId, LinkClosed, SystemEvent, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::time::Duration;

fn id(talk: &ConversationView) -> String {
    talk.conversation.id.to_string()
}

/// The secret part of a new link.
async fn link(world: &World, who: UserId, talk: &ConversationView, new: NewShareLink) -> String {
    world.chat.share_links().create(who, &id(talk), new).await.unwrap().link.link_id
}

async fn join(world: &World, who: UserId, link: &str) -> Result<ConversationId, ChatError> {
    world.chat.share_links().join(who, link).await
}

/// How often the links of a conversation were used, the newest first, as one of its moderators sees it.
async fn uses(world: &World, who: UserId, talk: &ConversationView) -> Vec<i64> {
    let list = world.chat.share_links().list(who, &id(talk)).await.unwrap();
    list.links.iter().map(|view| view.link.current_uses).collect()
}

fn closed(outcome: Result<ConversationId, ChatError>) -> LinkClosed {
    match outcome {
        Err(ChatError::LinkClosed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[both_databases]
async fn somebody_joins_by_a_link_and_is_a_member_like_all(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    world.say(lea, &talk, "bonjour").await.unwrap();
    let created = world.chat.share_links().create(carlos, &id(&talk), NewShareLink::default()).await.unwrap();
    assert_eq!(created.url, format!("https://meeshy.example/join/{}", created.link.link_id));
    world.happened();
    assert_eq!(join(&world, emma, &created.link.link_id).await.unwrap(), talk.conversation.id);
    let events = world.happened();
    assert!(
        matches!(&events[..], [
            Event::Member { user, change: MemberChange::Joined, by, .. },
            Event::MessageNew { message, .. },
        ] if *user == emma && *by == Some(emma) && message.message.content == "Emma Test joined"
            && message.told.as_ref().is_some_and(|told| told.event == SystemEvent::Joined)),
        "{events:?}"
    );
    // What was written before is read, and what comes is translated for her.
    let view = world.chat.conversations().get(emma, &id(&talk)).await.unwrap();
    assert_eq!((view.unread_count, view.conversation.member_count), (0, 3));
    assert_eq!(view.figures.unwrap().counts.iter().map(|counts| counts.members).sum::<i64>(), 3);
    let said = world.say(lea, &talk, "salut").await.unwrap();
    assert_eq!(said.message.pending.len(), 2);
    world.translate().await;
    // Following it again changes nothing.
    world.happened();
    assert_eq!(join(&world, emma, &created.link.link_id).await.unwrap(), talk.conversation.id);
    assert!(world.happened().is_empty());
    assert_eq!(uses(&world, lea, &talk).await, [1]);
}

#[both_databases]
async fn a_link_closes(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, nico) = (world.person("emma", "en").await, world.person("nico", "en").await);
    let talk = world.group(lea, &[]).await;
    let hour = Duration::from_secs(3_600);
    let expires_at = Some(world.chat.now().plus(hour));
    let short = link(&world, lea, &talk, NewShareLink { expires_at, ..NewShareLink::default() }).await;
    let once = link(&world, lea, &talk, NewShareLink { max_uses: Some(1), ..NewShareLink::default() }).await;
    join(&world, carlos, &once).await.unwrap();
    assert_eq!(closed(join(&world, emma, &once).await), LinkClosed::UsedUp);
    // Who has used it comes back, and counts once.
    world.chat.conversations().leave(carlos, &id(&talk)).await.unwrap();
    join(&world, carlos, &once).await.unwrap();
    assert_eq!(uses(&world, lea, &talk).await, [1, 0]);
    join(&world, emma, &short).await.unwrap();
    world.hand.advance(hour);
    assert_eq!(closed(join(&world, nico, &short).await), LinkClosed::Expired);
    // Members need no link.
    join(&world, emma, &short).await.unwrap();
    let open = link(&world, lea, &talk, NewShareLink::default()).await;
    let turn_off = |tx: &mut Tx<'_>| tx.execute("UPDATE share_links SET is_active = FALSE", &[]);
    world.store.write::<_, StoreError>(turn_off).await.unwrap();
    assert_eq!(closed(join(&world, nico, &open).await), LinkClosed::TurnedOff);
    world.chat.conversations().close(lea, &id(&talk)).await.unwrap();
    for unknown in [open.as_str(), "mshy_unknown", "", "a\0b"] {
        let missing = join(&world, nico, unknown).await;
        assert!(matches!(missing, Err(ChatError::NotFound { what: "link" })), "{unknown}: {missing:?}");
    }
}

#[both_databases]
async fn who_was_banned_or_blocked_does_not_come_back_by_a_link(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, nico) = (world.person("emma", "en").await, world.person("nico", "en").await);
    let talk = world.group(lea, &[carlos, emma]).await;
    let link = link(&world, lea, &talk, NewShareLink::default()).await;
    let conversations = world.chat.conversations();
    conversations.remove_member(lea, &id(&talk), &carlos.to_string(), true).await.unwrap();
    assert!(matches!(join(&world, carlos, &link).await, Err(ChatError::Forbidden(_))));
    conversations.remove_member(lea, &id(&talk), &emma.to_string(), false).await.unwrap();
    join(&world, emma, &link).await.unwrap();
    world.chat.blocks().block(nico, &lea.to_string()).await.unwrap();
    assert!(matches!(join(&world, nico, &link).await, Err(ChatError::Forbidden(_))));
    assert_eq!(uses(&world, lea, &talk).await, [1]);
}

#[both_databases]
async fn the_links_of_somebody_who_was_removed_do_not_work_any_more(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let nico = world.person("nico", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let link = link(&world, carlos, &talk, NewShareLink::default()).await;
    let conversations = world.chat.conversations();
    conversations.remove_member(lea, &id(&talk), &carlos.to_string(), false).await.unwrap();
    for who in [carlos, nico] {
        assert!(matches!(join(&world, who, &link).await, Err(ChatError::LinkClosed(_))));
    }
}

#[both_databases]
async fn members_create_links_and_moderators_see_all(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let links = world.chat.share_links();
    let name = |name: &str| NewShareLink { name: Some(name.into()), ..NewShareLink::default() };
    let guests = GuestRules { languages: vec!["fr".into()], ..GuestRules::default() };
    link(&world, lea, &talk, NewShareLink { guests, ..name("Léa") }).await;
    world.hand.advance(Duration::from_secs(1));
    link(&world, carlos, &talk, name("Carlos")).await;
    let seen = async |who: UserId| {
        let list = links.list(who, &id(&talk)).await.unwrap();
        let names = list.links.iter().map(|view| view.link.name.clone().unwrap()).collect::<Vec<_>>();
        (names.join(", "), list.is_moderator)
    };
    assert_eq!(seen(lea).await, ("Carlos, Léa".into(), true));
    assert_eq!(seen(carlos).await, ("Carlos".into(), false));
    assert!(matches!(links.list(emma, &id(&talk)).await, Err(ChatError::NotAMember)));
    let refused = links.create(emma, &id(&talk), name("Emma")).await;
    assert!(matches!(refused, Err(ChatError::NotAMember)), "{refused:?}");
    for _ in 1..20 {
        link(&world, carlos, &talk, name("Carlos")).await;
    }
    let too_many = links.create(carlos, &id(&talk), name("Carlos")).await;
    assert!(matches!(too_many, Err(ChatError::InvalidOperation(_))), "{too_many:?}");

    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    for place in [&id(&pair), "meeshy"] {
        let refused = links.create(lea, place, name("Léa")).await;
        assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{place}: {refused:?}");
    }
    world.set(lea, "role", "BIGBOSS").await;
    links.create(lea, "meeshy", name("Léa")).await.unwrap();
}

/// A link of the old system, which could also lead to two people.
#[both_databases]
async fn links_of_the_old_system_work(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[]).await;
    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    for (at, place) in [(1, talk.conversation.id), (2, pair.conversation.id)] {
        let write = move |tx: &mut Tx<'_>| {
            tx.execute(
                "INSERT INTO share_links (id, link_id, identifier, conversation_id, created_by, max_uses, current_uses, \
                   allowed_countries, created_at, updated_at) VALUES ($1, $2, $2, $3, $4, 3, 2, 'nonsense', 1, 1)",
                &[
                    format!("65a0c0ffee012345678900{at:02}").into(),
                    format!("mshy_old_{at}").into(),
                    place.into(),
                    lea.into(),
                ],
            )
        };
        world.store.write::<_, StoreError>(write).await.unwrap();
    }
    join(&world, emma, "mshy_old_1").await.unwrap();
    assert_eq!(closed(join(&world, carlos, "mshy_old_1").await), LinkClosed::UsedUp);
    assert_eq!(uses(&world, lea, &talk).await, [3]);
    assert!(matches!(join(&world, emma, "mshy_old_2").await, Err(ChatError::NotFound { .. })));
}
