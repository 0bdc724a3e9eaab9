//! System messages, on both databases.

use meeshy_chat::{
    ChatError, ConversationPatch, ConversationView, Event, ListFilter, MessageEdit, NewConversation,
    NewShareLink,
};
use meeshy_domain::{MemberRole, SystemEvent, UserId};
use meeshy_harness::World;
use meeshy_store::Tx;
use meeshy_testkit::both_databases;
use std::time::Duration;

fn id(talk: &ConversationView) -> String {
    talk.conversation.id.to_string()
}

/// What the messages of a conversation tell a member, the oldest first.
async fn told(world: &World, who: UserId, talk: &ConversationView) -> Vec<(Option<SystemEvent>, String)> {
    let messages = world.page(who, talk).await.messages;
    let told = messages.into_iter().map(|view| (view.told.map(|told| told.event), view.message.content));
    let mut told: Vec<_> = told.collect();
    told.reverse();
    told
}

async fn rename(world: &World, who: UserId, talk: &ConversationView, title: &str) {
    let patch = ConversationPatch { title: Some(title.into()), ..ConversationPatch::default() };
    world.chat.conversations().update(who, &id(talk), patch).await.unwrap();
}

#[both_databases]
async fn members_of_a_group_read_what_has_happened_to_it(mut world: World) {
    let lea = world.person("lea", "fr").await;
    let (carlos, emma) = (world.person("carlos", "es").await, world.person("emma", "en").await);
    let talk = world.group(lea, &[carlos]).await;
    let chat = world.chat.clone();
    let conversations = chat.conversations();
    world.happened();
    conversations.add_member(lea, &id(&talk), &emma.to_string()).await.unwrap();
    let events = world.happened();
    assert!(
        matches!(&events[..], [Event::Member { .. }, Event::MessageNew { message, .. }]
            if message.message.is_by_system() && message.message.sequence == 1 && message.pending.is_empty()),
        "{events:?}"
    );
    rename(&world, lea, &talk, "Les amis").await;
    conversations.remove_member(lea, &id(&talk), &emma.to_string(), false).await.unwrap();
    conversations.set_member_role(lea, &id(&talk), &carlos.to_string(), MemberRole::Creator).await.unwrap();
    conversations.leave(lea, &id(&talk)).await.unwrap();
    let expected = [
        (Some(SystemEvent::Added), "Lea Test added Emma Test"),
        (Some(SystemEvent::TitleChanged), "Lea Test changed the title to “Les amis”"),
        (Some(SystemEvent::Removed), "Lea Test removed Emma Test"),
        (Some(SystemEvent::OwnershipTransferred), "Lea Test made Carlos Test the owner"),
        (Some(SystemEvent::Left), "Lea Test left"),
    ];
    assert_eq!(told(&world, carlos, &talk).await, expected.map(|(event, text)| (event, text.to_owned())));
    // Its language is that of the sentence, and nobody translates it.
    let page = world.page(carlos, &talk).await;
    assert!(page.messages.iter().all(|view| view.pending.is_empty() && view.translations.is_empty()));
    assert_eq!(page.messages[0].sender.as_ref().unwrap().id, lea, "old clients show who did it");
}

#[both_databases]
async fn a_system_message_is_not_unread_and_moves_nothing_up(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (quiet, busy) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    world.say(lea, &quiet, "bonjour").await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    world.say(lea, &busy, "salut").await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    rename(&world, lea, &quiet, "Le calme").await;
    let list = async || {
        let filter = ListFilter { kind: Some("group".into()), with_user: None };
        let (found, _) = world.chat.conversations().list(carlos, filter, 9, 0).await.unwrap();
        found.into_iter().map(|view| (view.conversation.id, view.unread_count)).collect::<Vec<_>>()
    };
    assert_eq!(list().await, [(busy.conversation.id, 1), (quiet.conversation.id, 1)]);
    let marked = world.chat.conversations().mark_read(carlos, &id(&quiet)).await.unwrap();
    assert_eq!(marked, 1);
    rename(&world, lea, &quiet, "Le grand calme").await;
    assert_eq!(list().await, [(busy.conversation.id, 1), (quiet.conversation.id, 0)]);
    // Also for somebody from whom something is hidden, whose unread messages are counted one by one.
    world.chat.messages().delete_for_me(carlos, &first_of(&world, carlos, &busy).await).await.unwrap();
    assert_eq!(list().await, [(busy.conversation.id, 0), (quiet.conversation.id, 0)]);
}

async fn first_of(world: &World, who: UserId, talk: &ConversationView) -> String {
    world.page(who, talk).await.messages[0].message.id.to_string()
}

#[both_databases]
async fn nobody_edits_or_forwards_a_system_message_and_moderators_delete_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (talk, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    rename(&world, lea, &talk, "Les amis").await;
    let message = first_of(&world, lea, &talk).await;
    let edit = MessageEdit {
        conversation: None,
        message: message.clone(),
        content: "carlos left".into(),
        original_language: None,
    };
    let refused = world.chat.messages().edit(lea, edit).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    let refused = world.chat.messages().forward(lea, &message, &id(&other)).await.unwrap_err();
    assert!(matches!(refused, ChatError::InvalidOperation(_)), "{refused}");
    let refused = world.chat.messages().delete(carlos, &message, None).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    world.chat.messages().delete(lea, &message, None).await.unwrap();
    assert!(world.page(carlos, &talk).await.messages.is_empty());
}

#[both_databases]
async fn two_people_and_large_rooms_are_told_nothing(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let direct = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let direct = world.chat.conversations().create(lea, direct).await.unwrap();
    assert!(world.page(lea, &direct).await.messages.is_empty());
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id;
    let grow = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE conversations SET member_count = 101 WHERE id = $1", &[place.into()])
    };
    world.store.write(grow).await.unwrap();
    rename(&world, lea, &talk, "Tout le monde").await;
    assert!(world.page(lea, &talk).await.messages.is_empty());
}

#[both_databases]
async fn a_system_message_is_in_no_language_and_nobody_has_sent_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.say(lea, &talk, "bonjour").await.unwrap();
    let conversations = world.chat.conversations();
    let counts = async || {
        let (_, figures) = conversations.figures(carlos, &id(&talk)).await.unwrap();
        let written = figures.counts.iter().filter(|counts| counts.messages != 0);
        let written: Vec<_> = written.map(|counts| (counts.language.to_string(), counts.messages)).collect();
        let of = async |user: UserId| {
            let found = world.chat.profiles().figures(user, &user.to_string()).await.unwrap().figures;
            (found.messages_sent, found.messages)
        };
        let week = conversations.dashboard(carlos, "es".parse().unwrap()).await.unwrap().messages;
        (written, of(lea).await, of(carlos).await, week, world.page(carlos, &talk).await.total)
    };
    let french = || vec![("fr".to_owned(), 1)];
    assert_eq!(counts().await, (french(), (1, 1), (0, 1), 1, 1));
    rename(&world, lea, &talk, "Les amis").await;
    rename(&world, lea, &talk, "Les bons amis").await;
    assert_eq!(counts().await, (french(), (1, 1), (0, 1), 1, 3), "listed, but counted nowhere");
    world.chat.messages().delete(lea, &first_of(&world, lea, &talk).await, None).await.unwrap();
    assert_eq!(counts().await, (french(), (1, 1), (0, 1), 1, 2));
    // What an import recomputes is the same. The old system's messages of this kind have authors.
    let author = move |tx: &mut Tx<'_>| {
        let sql = "UPDATE messages SET sender_id = $1 WHERE message_source = 'system'";
        tx.execute(sql, &[lea.into()])?;
        meeshy_store::legacy::derived::recount(tx)
    };
    world.store.write(author).await.unwrap();
    assert_eq!(counts().await, (french(), (1, 1), (0, 1), 1, 2));
}

#[both_databases]
async fn who_comes_and_goes_in_a_loop_is_told_once(world: World) {
    let lea = world.person("lea", "fr").await;
    let (carlos, emma) = (world.person("carlos", "es").await, world.person("emma", "en").await);
    let (talk, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    let link = |talk: &ConversationView| {
        let (world, talk) = (&world, id(talk));
        async move {
            let created = world.chat.share_links().create(lea, &talk, NewShareLink::default()).await;
            created.unwrap().link.link_id
        }
    };
    let (here, there) = (link(&talk).await, link(&other).await);
    let come_and_go = async |who: UserId, talk: &ConversationView, link: &str| {
        world.chat.share_links().join(who, link).await.unwrap();
        world.hand.advance(Duration::from_secs(20));
        world.chat.conversations().leave(who, &id(talk)).await.unwrap();
        world.hand.advance(Duration::from_secs(20));
    };
    let events = async |talk: &ConversationView| -> Vec<SystemEvent> {
        told(&world, lea, talk).await.into_iter().filter_map(|(event, _)| event).collect()
    };
    let once = [SystemEvent::Joined, SystemEvent::Left];
    for _ in 0..5 {
        come_and_go(emma, &talk, &here).await;
    }
    assert_eq!(events(&talk).await, once);
    // Elsewhere, somebody else, and later it is told.
    come_and_go(emma, &other, &there).await;
    assert_eq!(events(&other).await, once);
    world.hand.advance(SystemEvent::QUIET);
    come_and_go(emma, &talk, &here).await;
    assert_eq!(events(&talk).await, [once, once].concat());
    for _ in 0..2 {
        let conversations = world.chat.conversations();
        conversations.add_member(lea, &id(&talk), &emma.to_string()).await.unwrap();
        conversations.remove_member(lea, &id(&talk), &emma.to_string(), false).await.unwrap();
    }
    let removed = [SystemEvent::Added, SystemEvent::Removed];
    assert_eq!(events(&talk).await, [once, once, removed].concat());
    assert_eq!(world.page(carlos, &talk).await.total, 6);
}
