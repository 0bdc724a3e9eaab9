//! What members delete for themselves, on both databases.

use meeshy_chat::{ChatError, ConversationView, ListFilter};
use meeshy_domain::{Timestamp, UserId};
use meeshy_harness::World;
use meeshy_testkit::both_databases;
use std::time::Duration;

async fn texts(world: &World, who: UserId, talk: &ConversationView) -> Vec<String> {
    world.page(who, talk).await.messages.into_iter().map(|view| view.message.content).collect()
}

async fn groups(world: &World, who: UserId) -> Vec<ConversationView> {
    let filter = ListFilter { kind: Some("group".into()), with_user: None };
    world.chat.conversations().list(who, filter, 9, 0).await.unwrap().0
}

#[both_databases]
async fn a_message_deleted_for_oneself_is_there_for_the_others(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let mut said = Vec::new();
    for text in ["uno", "dos", "tres"] {
        said.push(world.say(carlos, &talk, text).await.unwrap().message.message.id.to_string());
    }
    let messages = world.chat.messages();
    messages.delete_for_me(lea, &said[1]).await.unwrap();
    assert_eq!(texts(&world, lea, &talk).await, ["tres", "uno"]);
    assert_eq!(texts(&world, carlos, &talk).await, ["tres", "dos", "uno"]);
    assert_eq!(groups(&world, lea).await[0].unread_count, 2, "it does not count as unread");
    assert!(matches!(messages.get(lea, &said[1]).await, Err(ChatError::NotFound { .. })));
    let again = messages.delete_for_me(lea, &said[1]).await;
    assert!(matches!(again, Err(ChatError::NotFound { .. })), "{again:?}");

    messages.restore_for_me(lea, &said[1]).await.unwrap();
    assert_eq!(texts(&world, lea, &talk).await, ["tres", "dos", "uno"]);
    let again = messages.restore_for_me(lea, &said[1]).await;
    assert!(matches!(again, Err(ChatError::Invalid { .. })), "{again:?}");

    let mallory = world.person("mallory", "en").await;
    let refused = messages.delete_for_me(mallory, &said[0]).await;
    assert!(matches!(refused, Err(ChatError::NotFound { .. })), "{refused:?}");
    let all = [said.clone(), vec!["x".to_owned(), "65a0c0ffee0123456789abcd".to_owned()]].concat();
    assert_eq!(messages.delete_all_for_me(lea, all).await.unwrap(), 3);
    assert!(texts(&world, lea, &talk).await.is_empty());
    let refused = messages.delete_all_for_me(lea, vec![said[0].clone(); 101]).await;
    assert!(matches!(refused, Err(ChatError::Invalid { .. })), "{refused:?}");
}

#[both_databases]
async fn a_deleted_conversation_comes_back_with_its_next_message(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    world.say(carlos, &talk, "uno").await.unwrap();
    let conversations = world.chat.conversations();
    conversations.delete_for_me(lea, &place).await.unwrap();
    assert!(groups(&world, lea).await.is_empty());
    assert_eq!(groups(&world, carlos).await.len(), 1);
    let deleted = conversations.deleted_for_me(lea).await.unwrap();
    assert_eq!((deleted.len(), deleted[0].conversation.id), (1, talk.conversation.id));

    conversations.restore_for_me(lea, &place).await.unwrap();
    assert_eq!(groups(&world, lea).await.len(), 1);
    let again = conversations.restore_for_me(lea, &place).await;
    assert!(matches!(again, Err(ChatError::Invalid { .. })), "{again:?}");

    conversations.delete_for_me(lea, &place).await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    world.say(carlos, &talk, "dos").await.unwrap();
    assert_eq!(groups(&world, lea).await.len(), 1);
    assert!(conversations.deleted_for_me(lea).await.unwrap().is_empty());
}

#[both_databases]
async fn a_cleared_history_is_hidden_from_one_member(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    world.say(carlos, &talk, "uno").await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    let middle = world.chat.now();
    world.say(carlos, &talk, "dos").await.unwrap();
    let conversations = world.chat.conversations();
    conversations.clear_history(lea, &place, Some(middle)).await.unwrap();
    assert_eq!(texts(&world, lea, &talk).await, ["dos"]);
    assert_eq!(groups(&world, lea).await[0].unread_count, 1);
    // An earlier time brings nothing back, and a later one hides nothing that is yet to come.
    conversations.clear_history(lea, &place, Some(Timestamp::from_millis(0))).await.unwrap();
    assert_eq!(texts(&world, lea, &talk).await, ["dos"]);
    let far = world.chat.now().plus(Duration::from_secs(1_000_000));
    conversations.clear_history(lea, &place, Some(far)).await.unwrap();
    assert!(texts(&world, lea, &talk).await.is_empty());
    assert_eq!(groups(&world, lea).await[0].unread_count, 0);
    world.hand.advance(Duration::from_secs(1));
    world.say(carlos, &talk, "tres").await.unwrap();
    assert_eq!(texts(&world, lea, &talk).await, ["tres"]);
    assert_eq!(texts(&world, carlos, &talk).await, ["tres", "dos", "uno"]);
}
