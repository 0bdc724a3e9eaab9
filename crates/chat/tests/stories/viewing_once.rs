//! Messages that may be viewed only once, that are blurred, or that expire.

use meeshy_chat::retention::Bounds;
use meeshy_chat::{ChatError, ConversationView, Disclosure, Event, NewMessage};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_testkit::both_databases;
use std::time::Duration;

async fn send(
    world: &World,
    who: UserId,
    talk: &ConversationView,
    disclosure: Disclosure,
) -> Result<String, ChatError> {
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "Le code est 4711, @carlos".into(),
        original_language: Some("fr".into()),
        disclosure,
        ..NewMessage::default()
    };
    Ok(world.chat.messages().send(who, new).await?.message.message.id.to_string())
}

#[both_databases]
async fn everybody_reads_it_once(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, nico) = (world.person("emma", "en").await, world.person("nico", "en").await);
    let talk = world.group(lea, &[carlos, emma, nico]).await;
    world.happened();
    let once = Disclosure { is_view_once: true, max_view_once_count: Some(2), ..Disclosure::default() };
    let id = send(&world, lea, &talk, once).await.unwrap();
    for event in world.happened() {
        let text = format!("{event:?}");
        assert!(!text.contains("4711"), "nobody is sent its text: {text}");
        assert!(!matches!(event, Event::MessageNew { message, .. } if !message.pending.is_empty()));
    }
    world.index_messages().await;
    assert!(!format!("{:?}", world.page(carlos, &talk).await.messages).contains("4711"));
    assert!(format!("{:?}", world.page(lea, &talk).await.messages).contains("4711"), "its author");

    let view = async |who| world.chat.messages().view_once(who, &id).await;
    assert!(view(carlos).await.unwrap().content.contains("4711"));
    assert!(matches!(view(carlos).await, Err(ChatError::Forbidden(why)) if why.contains("already")));
    assert!(view(lea).await.is_ok() && view(lea).await.is_ok(), "its author is not counted");
    assert!(view(emma).await.is_ok());
    assert!(matches!(view(nico).await, Err(ChatError::Forbidden(why)) if why.contains("as many")));
    let details = &world.page(nico, &talk).await.messages[0].message.details;
    assert_eq!((details.is_view_once, details.view_once_count), (true, 2));
    assert!(!format!("{:?}", world.page(carlos, &talk).await.messages).contains("4711"), "once");
    let stranger = world.person("stranger", "en").await;
    assert!(matches!(view(stranger).await, Err(ChatError::NotFound { .. })));
    let plain = world.say(lea, &talk, "visible").await.unwrap().message.message.id.to_string();
    let outcome = world.chat.messages().view_once(carlos, &plain).await;
    assert!(matches!(outcome, Err(ChatError::InvalidOperation(_))));
}

#[both_databases]
async fn two_devices_of_a_user_view_it_once(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let once = Disclosure { is_view_once: true, ..Disclosure::default() };
    let id = send(&world, lea, &talk, once).await.unwrap();
    let view = || world.chat.messages().view_once(carlos, &id);
    let outcomes = tokio::join!(view(), view(), view(), view());
    let read =
        [outcomes.0, outcomes.1, outcomes.2, outcomes.3].iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(read, 1);
}

#[both_databases]
async fn a_message_expires(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let expires = |after: Duration| Disclosure {
        expires_at: Some(world.chat.now().plus(after)),
        is_blurred: true,
        ..Disclosure::default()
    };
    for wrong in [Duration::ZERO, Duration::from_secs(400 * 86_400)] {
        let outcome = send(&world, lea, &talk, expires(wrong)).await;
        assert!(matches!(outcome, Err(ChatError::Invalid { field, .. }) if field == "expiresAt"));
    }
    let none = Disclosure { max_view_once_count: Some(0), ..Disclosure::default() };
    assert!(send(&world, lea, &talk, none).await.is_err());
    send(&world, lea, &talk, expires(Duration::from_secs(60))).await.unwrap();
    let shown = world.page(carlos, &talk).await.messages;
    assert!(shown[0].message.details.is_blurred && shown[0].message.content.contains("4711"));
    world.hand.advance(Duration::from_secs(61));
    assert!(world.page(carlos, &talk).await.messages.is_empty());
    world.run_jobs(Bounds::default()).await;
    assert_eq!(
        world.chat.conversations().get(carlos, &talk.conversation.id.to_string()).await.unwrap().unread_count,
        0
    );
}
