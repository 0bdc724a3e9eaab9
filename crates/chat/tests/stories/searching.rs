//! The search of conversations, and the overview that a user sees first.

use meeshy_chat::{NewCommunity, NewConversation};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, Value, blocks};
use meeshy_testkit::both_databases;
use std::time::Duration;

async fn open(world: &World, who: UserId, kind: &str, title: &str, others: &[UserId]) -> String {
    let new = NewConversation {
        kind: kind.into(),
        title: Some(title.into()).filter(|title: &String| !title.is_empty()),
        participant_ids: others.iter().map(ToString::to_string).collect(),
        ..NewConversation::default()
    };
    world.chat.conversations().create(who, new).await.unwrap().conversation.id.to_string()
}

async fn titles(world: &World, who: UserId, text: &str) -> Vec<String> {
    let found = world.chat.conversations().search(who, text).await.unwrap();
    let mut titles: Vec<String> = found.into_iter().map(|view| view.title).collect();
    titles.sort();
    titles
}

async fn execute(world: &World, sql: &'static str, params: Vec<Value>) {
    let write = move |tx: &mut Tx<'_>| tx.execute(sql, &params);
    assert!(world.store.write::<_, StoreError>(write).await.unwrap() > 0, "{sql}");
}

#[both_databases]
async fn conversations_are_found_by_title_and_member(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    open(&world, lea, "group", "Été à la mer", &[carlos]).await;
    open(&world, lea, "direct", "", &[carlos]).await;
    open(&world, carlos, "group", "Secret summer", &[emma]).await;
    let open_to_all = open(&world, carlos, "public", "Summer for everybody", &[]).await;
    world
        .chat
        .messages()
        .send(
            carlos,
            meeshy_chat::NewMessage {
                conversation: open_to_all,
                content: "hola".into(),
                ..Default::default()
            },
        )
        .await
        .unwrap();
    world.translate().await;
    assert_eq!(titles(&world, lea, "ete").await, ["Été à la mer"]);
    assert_eq!(titles(&world, lea, "mer été").await, ["Été à la mer"]);
    assert_eq!(titles(&world, lea, "carl").await, ["Carlos Test", "Été à la mer"]);
    assert_eq!(titles(&world, emma, "carl").await, ["Secret summer"]);
    assert!(titles(&world, lea, "s").await.is_empty() && titles(&world, lea, " ").await.is_empty());
    // Private conversations of others are not found, and of public ones strangers see no messages or members.
    assert_eq!(titles(&world, lea, "summer").await, ["Summer for everybody"]);
    assert_eq!(titles(&world, emma, "summer").await, ["Secret summer", "Summer for everybody"]);
    let found = world.chat.conversations().search(lea, "summer").await.unwrap();
    assert!(found[0].members.is_empty() && found[0].last_message.is_none());
    let found = world.chat.conversations().search(carlos, "everybody").await.unwrap();
    assert!(found.iter().any(|view| view.last_message.is_some()), "a member sees them");

    // What a user has deleted for themselves is hidden.
    let delete = "INSERT INTO conversation_preferences (id, user_id, conversation_id, is_deleted_for_user, created_at, updated_at) \
        SELECT '65a0c0ffee0123456789abcd', $1, id, TRUE, 1, 1 FROM conversations WHERE title = 'Été à la mer'";
    execute(&world, delete, vec![lea.into()]).await;
    assert_eq!(titles(&world, lea, "ete").await, [""; 0]);
    assert_eq!(titles(&world, lea, "carl").await, ["Carlos Test"]);
    assert_eq!(titles(&world, carlos, "ete").await, ["Été à la mer"]);
}

#[both_databases]
async fn an_identifier_is_free_if_none_has_it_in_any_case(world: World) {
    let lea = world.person("lea", "fr").await;
    let new = NewConversation { kind: "group".into(), identifier: Some("Trip".into()), ..Default::default() };
    world.chat.conversations().create(lea, new).await.unwrap();
    for (identifier, is_free) in
        [("mshy_Trip", false), ("MSHY_TRIP", false), ("mshy_trip2", true), ("meeshy", false)]
    {
        let found = world.chat.conversations().identifier_is_free(identifier).await.unwrap();
        assert_eq!(found, is_free, "{identifier}");
    }
}

#[both_databases]
async fn an_overview_counts_what_belongs_to_a_user(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (old, new) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    world.say(carlos, &old, "hola").await.unwrap();
    world.hand.advance(Duration::from_secs(8 * 86_400));
    world.say(carlos, &old, "hola").await.unwrap();
    world.hand.advance(Duration::from_secs(2 * 86_400));
    for text in ["hola", "adios"] {
        world.say(carlos, &new, text).await.unwrap();
    }
    world.translate().await;
    let communities = world.chat.communities();
    for name in ["K", "L"] {
        let new = NewCommunity { name: name.into(), ..NewCommunity::default() };
        let id = communities.create(lea, new).await.unwrap().community.id.to_string();
        communities.add_member(lea, &id, &carlos.to_string(), None).await.unwrap();
    }
    world.chat.presence().connect(carlos);
    let french = "fr".parse().unwrap();
    let seen = world.chat.conversations().dashboard(lea, french).await.unwrap();
    assert_eq!(
        (seen.conversations, seen.active_conversations, seen.messages),
        (3, 1, 3),
        "with the room for everybody"
    );
    assert_eq!((seen.translations, seen.communities, seen.links), (2, 2, 0));
    assert_eq!(seen.recent_conversations[0].conversation.id, new.conversation.id);
    assert_eq!((seen.recent_communities.len(), seen.recent_communities[0].community.member_count), (2, 2));
    let online = |seen: &meeshy_chat::Dashboard| {
        let members = seen.recent_communities[0].members.iter();
        members.filter(|(_, seen)| seen.is_online).count()
    };
    assert_eq!(online(&seen), 1);
    world.store.write(move |tx| blocks::set(tx, lea, &[carlos])).await.unwrap();
    assert_eq!(online(&world.chat.conversations().dashboard(lea, french).await.unwrap()), 0);
}
