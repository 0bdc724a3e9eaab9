//! Members who come and go, and changed conversations, on both databases.

use meeshy_chat::{ChatError, ConversationPatch, ConversationView, Event, MemberChange, NewConversation};
use meeshy_domain::{ConversationKind, MemberRole, Role, UserId};
use meeshy_harness::World;
use meeshy_store::blocks;
use meeshy_testkit::both_databases;
use std::time::Duration;

fn id(talk: &ConversationView) -> String {
    talk.conversation.id.to_string()
}

async fn people(world: &World) -> [UserId; 4] {
    let mut people = Vec::new();
    for (name, language) in [("lea", "fr"), ("carlos", "es"), ("emma", "en"), ("nina", "de")] {
        people.push(world.person(name, language).await);
    }
    people.try_into().unwrap()
}

/// The roles of the members, by name.
async fn roles(world: &World, who: UserId, talk: &ConversationView) -> Vec<(String, MemberRole)> {
    let view = world.chat.conversations().get(who, &id(talk)).await.unwrap();
    assert_eq!(usize::try_from(view.conversation.member_count).unwrap(), view.members.len());
    view.members.into_iter().map(|view| (view.member.username, view.member.role)).collect()
}

fn changes(world: &mut World) -> Vec<(UserId, MemberChange)> {
    let change = |event| match event {
        Event::Member { user, change, .. } => Some((user, change)),
        _ => None,
    };
    world.happened().into_iter().filter_map(change).collect()
}

#[both_databases]
async fn members_are_added_removed_and_come_back(mut world: World) {
    let [lea, carlos, emma, _] = people(&world).await;
    let talk = world.group(lea, &[carlos]).await;
    world.say(lea, &talk, "bonjour").await.unwrap();
    world.happened();
    let chat = world.chat.clone();
    let conversations = chat.conversations();
    // In a group, every member adds others.
    let added = conversations.add_member(carlos, &id(&talk), &emma.to_string()).await.unwrap();
    assert_eq!((added.member.user_id, added.member.role), (emma, MemberRole::Member));
    let view = conversations.get(emma, &id(&talk)).await.unwrap();
    assert_eq!((view.unread_count, view.conversation.member_count), (0, 3), "earlier messages count as read");
    let english = view.figures.unwrap().counts.iter().find(|counts| counts.language.code() == "en").copied();
    assert_eq!(english.unwrap().readers, 1);
    let again = conversations.add_member(lea, &id(&talk), &emma.to_string()).await.unwrap_err();
    assert!(matches!(again, ChatError::InvalidOperation(_)), "{again}");

    let refused =
        conversations.remove_member(carlos, &id(&talk), &emma.to_string(), false).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    conversations.remove_member(lea, &id(&talk), &emma.to_string(), false).await.unwrap();
    let outside = conversations.get(emma, &id(&talk)).await.unwrap_err();
    assert!(matches!(outside, ChatError::NotAMember), "{outside}");
    world.hand.advance(Duration::from_secs(60));
    conversations.add_member(carlos, &id(&talk), &emma.to_string()).await.unwrap();
    // Banned, she is only added by those who could have banned her.
    conversations.remove_member(lea, &id(&talk), &emma.to_string(), true).await.unwrap();
    let banned = conversations.add_member(carlos, &id(&talk), &emma.to_string()).await.unwrap_err();
    assert!(matches!(banned, ChatError::Forbidden(_)), "{banned}");
    conversations.add_member(lea, &id(&talk), &emma.to_string()).await.unwrap();
    conversations.remove_member(lea, &id(&talk), &emma.to_string(), false).await.unwrap();
    conversations.add_member(carlos, &id(&talk), &emma.to_string()).await.unwrap();
    use MemberChange::{Joined, Left};
    let expected = [Joined, Left, Joined, Left, Joined, Left, Joined].map(|change| (emma, change));
    assert_eq!(changes(&mut world), expected);
    for nobody in ["65a0c0ffee0123456789abcd", "x"] {
        let missing = conversations.add_member(lea, &id(&talk), nobody).await.unwrap_err();
        assert!(matches!(missing, ChatError::NotFound { what: "user" }), "{missing}");
        let missing = conversations.remove_member(lea, &id(&talk), nobody, false).await.unwrap_err();
        assert!(matches!(missing, ChatError::NotFound { what: "user" }), "{missing}");
    }
}

#[both_databases]
async fn two_who_add_the_same_person_at_once_add_them_once(world: World) {
    let [lea, carlos, emma, _] = people(&world).await;
    let talk = world.group(lea, &[carlos]).await;
    let (place, emma) = (id(&talk), emma.to_string());
    let add = |who| world.chat.conversations().add_member(who, &place, &emma);
    let (one, other) = futures::join!(add(lea), add(carlos));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|is_ok| **is_ok).count(), 1);
    assert_eq!(roles(&world, lea, &talk).await.len(), 3);
}

#[both_databases]
async fn a_block_or_a_pair_keeps_members_out(world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let talk = world.group(lea, &[carlos]).await;
    world.store.write(move |tx| blocks::set(tx, nina, &[lea])).await.unwrap();
    let refused =
        world.chat.conversations().add_member(lea, &id(&talk), &nina.to_string()).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    let conversations = world.chat.conversations();
    let title = ConversationPatch { title: Some("Nous".into()), ..ConversationPatch::default() };
    let refusals = [
        conversations.add_member(lea, &id(&pair), &emma.to_string()).await.map(drop),
        conversations.leave(lea, &id(&pair)).await,
        conversations.close(lea, &id(&pair)).await,
        conversations.update(lea, &id(&pair), title.clone()).await.map(drop),
        conversations.leave(lea, "meeshy").await,
        conversations.update(lea, "meeshy", title).await.map(drop),
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{refused:?}");
    }
}

#[both_databases]
async fn a_conversation_is_handed_over(mut world: World) {
    let [lea, carlos, emma, nina] = people(&world).await;
    let talk = world.group(lea, &[carlos, emma, nina]).await;
    world.happened();
    let chat = world.chat.clone();
    let conversations = chat.conversations();
    let set = async |by, user: UserId, role| {
        conversations.set_member_role(by, &id(&talk), &user.to_string(), role).await
    };
    set(lea, emma, MemberRole::Moderator).await.unwrap();
    assert!(matches!(set(emma, nina, MemberRole::Moderator).await, Err(ChatError::Forbidden(_))));
    set(lea, nina, MemberRole::Creator).await.unwrap();
    assert!(matches!(set(lea, carlos, MemberRole::Admin).await, Err(ChatError::Forbidden(_))));
    let named = |name: &str, role| (name.to_owned(), role);
    let expected = [
        named("lea", MemberRole::Admin),
        named("carlos", MemberRole::Member),
        named("emma", MemberRole::Moderator),
        named("nina", MemberRole::Creator),
    ];
    assert_eq!(roles(&world, lea, &talk).await, expected);
    use MemberChange::Role as Became;
    let told = changes(&mut world);
    let expected = [
        (emma, Became(MemberRole::Moderator)),
        (lea, Became(MemberRole::Admin)),
        (nina, Became(MemberRole::Creator)),
    ];
    assert_eq!(told, expected);

    // Who leaves is followed by the highest one who joined first.
    conversations.leave(nina, &id(&talk)).await.unwrap();
    assert_eq!(roles(&world, lea, &talk).await[0], named("lea", MemberRole::Creator));
    conversations.leave(lea, &id(&talk)).await.unwrap();
    assert_eq!(roles(&world, emma, &talk).await[1], named("emma", MemberRole::Creator));
    conversations.leave(emma, &id(&talk)).await.unwrap();
    assert_eq!(roles(&world, carlos, &talk).await, [named("carlos", MemberRole::Creator)]);
    conversations.leave(carlos, &id(&talk)).await.unwrap();
    let gone = conversations.get(carlos, &id(&talk)).await.unwrap_err();
    assert!(matches!(gone, ChatError::NotFound { what: "conversation" }), "{gone}");
}

#[both_databases]
async fn moderators_change_and_administrators_close(mut world: World) {
    let [lea, carlos, ..] = people(&world).await;
    let talk = world.group(lea, &[carlos]).await;
    world.happened();
    let chat = world.chat.clone();
    let conversations = chat.conversations();
    let patch = ConversationPatch {
        title: Some("Voyage".into()),
        description: Some("Été 2026".into()),
        avatar: Some("https://example.org/a.png".into()),
        kind: Some("public".into()),
        ..ConversationPatch::default()
    };
    let refused = conversations.update(carlos, &id(&talk), patch.clone()).await.unwrap_err();
    assert!(matches!(refused, ChatError::Forbidden(_)), "{refused}");
    let changed = conversations.update(lea, &id(&talk), patch.clone()).await.unwrap().conversation;
    assert_eq!(
        (changed.title.as_deref(), changed.description.as_deref(), changed.kind),
        (Some("Voyage"), Some("Été 2026"), ConversationKind::Public)
    );
    conversations.update(lea, &id(&talk), patch).await.unwrap();
    let told = world.happened();
    assert!(
        matches!(told[..], [Event::ConversationUpdated { .. }, Event::MessageNew { .. }]),
        "once: {told:?}"
    );
    let seen = conversations.get(carlos, &id(&talk)).await.unwrap().conversation;
    assert_eq!(
        (seen.title, seen.avatar, seen.last_event),
        (changed.title, changed.avatar, changed.last_event)
    );

    let bad = [
        ("title", ConversationPatch { title: Some(" ".into()), ..ConversationPatch::default() }),
        (
            "avatar",
            ConversationPatch { avatar: Some("javascript:alert(1)".into()), ..ConversationPatch::default() },
        ),
        ("type", ConversationPatch { kind: Some("global".into()), ..ConversationPatch::default() }),
        (
            "defaultWriteRole",
            ConversationPatch { default_write_role: Some("king".into()), ..ConversationPatch::default() },
        ),
        (
            "slowModeSeconds",
            ConversationPatch { slow_mode_seconds: Some(-1), ..ConversationPatch::default() },
        ),
    ];
    for (name, patch) in bad {
        let refused = conversations.update(lea, &id(&talk), patch).await.unwrap_err();
        assert!(matches!(&refused, ChatError::Invalid { field, .. } if field == name), "{name}: {refused}");
    }
    let cleared = ConversationPatch { avatar: Some(String::new()), ..ConversationPatch::default() };
    assert_eq!(conversations.update(lea, &id(&talk), cleared).await.unwrap().conversation.avatar, None);
    world.happened();

    assert!(matches!(conversations.close(carlos, &id(&talk)).await, Err(ChatError::Forbidden(_))));
    conversations.close(lea, &id(&talk)).await.unwrap();
    assert!(matches!(world.happened()[..], [Event::ConversationClosed { .. }]));
    assert!(matches!(
        conversations.get(lea, &id(&talk)).await,
        Err(ChatError::NotFound { what: "conversation" })
    ));
    assert!(world.say(lea, &talk, "bonjour").await.is_err());
}

#[both_databases]
async fn announcements_and_slow_mode_limit_members(world: World) {
    let [lea, carlos, ..] = people(&world).await;
    let talk = world.group(lea, &[carlos]).await;
    let set = async |patch| world.chat.conversations().update(lea, &id(&talk), patch).await.unwrap();
    set(ConversationPatch { is_announcement_channel: Some(true), ..ConversationPatch::default() }).await;
    assert!(matches!(world.say(carlos, &talk, "hola").await, Err(ChatError::Forbidden(_))));
    world.say(lea, &talk, "bonjour").await.unwrap();
    set(ConversationPatch {
        is_announcement_channel: Some(false),
        default_write_role: Some("admin".into()),
        ..ConversationPatch::default()
    })
    .await;
    assert!(matches!(world.say(carlos, &talk, "hola").await, Err(ChatError::Forbidden(_))));
    set(ConversationPatch {
        default_write_role: Some("everyone".into()),
        slow_mode_seconds: Some(30),
        ..ConversationPatch::default()
    })
    .await;
    world.say(carlos, &talk, "hola").await.unwrap();
    let refused = world.say(carlos, &talk, "¿hola?").await.unwrap_err();
    assert!(refused.to_string().contains("slow mode"), "{refused}");
    for _ in 0..2 {
        world.say(lea, &talk, "bonjour").await.unwrap();
    }
    world.hand.advance(Duration::from_secs(30));
    world.say(carlos, &talk, "¿hola?").await.unwrap();
    world.set(carlos, "role", Role::BigBoss.name()).await;
}
