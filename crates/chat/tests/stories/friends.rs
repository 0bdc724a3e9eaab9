//! Friends, blocked users and reports, on both databases.

use meeshy_chat::{
    ChatError, Event, FriendRequestView, NewAbuseReport, NewFriendRequest, RequestAnswer, RequestDirection,
    RequestFilter,
};
use meeshy_domain::{ConversationKind, FriendRequestStatus, UserId};
use meeshy_harness::World;
use meeshy_testkit::both_databases;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

async fn ask(world: &World, who: UserId, whom: UserId) -> Result<FriendRequestView, ChatError> {
    let new = NewFriendRequest { receiver: whom.to_string(), message: Some("Salut".into()) };
    world.chat.friends().send(who, new).await
}

async fn listed(world: &World, who: UserId, direction: RequestDirection) -> Vec<FriendRequestView> {
    let filter = RequestFilter { direction, status: None };
    world.chat.friends().list(who, filter, 10, 0).await.unwrap().requests
}

fn is_refused<T>(outcome: &Result<T, ChatError>) -> bool {
    matches!(outcome, Err(ChatError::Invalid { .. }))
}

fn is_forbidden<T>(outcome: &Result<T, ChatError>) -> bool {
    matches!(outcome, Err(ChatError::Forbidden(_)))
}

#[both_databases]
async fn who_accepts_a_request_has_a_friend_and_a_conversation(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    world.happened();
    let request = ask(&world, lea, carlos).await.unwrap().request;
    let told = world.happened();
    assert!(matches!(&told[..], [Event::FriendRequest(change)] if change.receiver == carlos), "{told:?}");
    assert!(is_refused(&ask(&world, lea, carlos).await), "asked already");
    assert!(is_refused(&ask(&world, carlos, lea).await), "has to be answered");
    assert!(is_refused(&ask(&world, lea, lea).await), "oneself");
    let received = listed(&world, carlos, RequestDirection::Received).await;
    assert_eq!(received[0].sender.as_ref().unwrap().0.username, "lea");
    assert_eq!(received[0].request.message.as_deref(), Some("Salut"));
    assert!(listed(&world, carlos, RequestDirection::Sent).await.is_empty());

    let friends = world.chat.friends().clone();
    let id = request.id.to_string();
    for answer in [RequestAnswer::Accept, RequestAnswer::Reject] {
        assert!(is_forbidden(&friends.answer(lea, &id, answer).await), "only its receiver");
    }
    assert!(is_forbidden(&friends.answer(carlos, &id, RequestAnswer::Cancel).await));
    let emma = world.person("emma", "en").await;
    let foreign = friends.answer(emma, &id, RequestAnswer::Accept).await;
    assert!(matches!(foreign, Err(ChatError::NotFound { .. })));
    let (view, talk) = friends.answer(carlos, &id, RequestAnswer::Accept).await.unwrap();
    let talk = talk.unwrap();
    assert_eq!(view.request.status, FriendRequestStatus::Accepted);
    assert_eq!(talk.conversation.kind, ConversationKind::Direct);
    assert_eq!(
        world.chat.conversations().membership(lea, &talk.conversation.identifier).await.unwrap(),
        talk.conversation.id
    );
    assert!(is_refused(&friends.answer(carlos, &id, RequestAnswer::Reject).await), "answered");
    assert!(is_refused(&ask(&world, carlos, lea).await), "friends already");
    for who in [lea, carlos] {
        let filter =
            RequestFilter { direction: RequestDirection::Both, status: Some(FriendRequestStatus::Accepted) };
        assert_eq!(friends.list(who, filter, 10, 0).await.unwrap().total, 1);
    }
    // A friendship ends, and the conversation stays.
    friends.remove(lea, &id).await.unwrap();
    assert!(listed(&world, carlos, RequestDirection::Both).await.is_empty());
    let again = ask(&world, carlos, lea).await.unwrap().request.id.to_string();
    let (_, same) = friends.answer(lea, &again, RequestAnswer::Accept).await.unwrap();
    assert_eq!(same.unwrap().conversation.id, talk.conversation.id);
}

#[both_databases]
async fn a_declined_request_is_not_repeated_for_thirty_days(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let friends = world.chat.friends();
    let id = ask(&world, lea, carlos).await.unwrap().request.id.to_string();
    assert!(friends.answer(lea, &id, RequestAnswer::Cancel).await.is_ok(), "withdrawn");
    let id = ask(&world, lea, carlos).await.unwrap().request.id.to_string();
    friends.answer(carlos, &id, RequestAnswer::Reject).await.unwrap();
    assert!(is_refused(&ask(&world, lea, carlos).await));
    assert!(is_forbidden(&friends.remove(lea, &id).await), "no way around it");
    world.hand.advance(DAY * 30 + Duration::from_secs(1));
    assert!(ask(&world, lea, carlos).await.is_ok());
}

#[both_databases]
async fn a_block_ends_a_friendship_and_forbids_requests(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let id = ask(&world, lea, carlos).await.unwrap().request.id.to_string();
    let blocks = world.chat.blocks();
    assert!(is_refused(&blocks.block(lea, &lea.to_string()).await));
    assert!(matches!(blocks.block(lea, "65a0c0ffee0123456789abcd").await, Err(ChatError::NotFound { .. })));
    for _ in 0..2 {
        blocks.block(carlos, &lea.to_string()).await.unwrap();
    }
    assert_eq!(blocks.list(carlos).await.unwrap()[0].id, lea);
    assert!(blocks.list(lea).await.unwrap().is_empty());
    let gone = world.chat.friends().answer(lea, &id, RequestAnswer::Cancel).await;
    assert!(matches!(gone, Err(ChatError::NotFound { .. })));
    for (who, whom) in [(lea, carlos), (carlos, lea)] {
        assert!(is_forbidden(&ask(&world, who, whom).await));
    }
    for _ in 0..2 {
        blocks.unblock(carlos, &lea.to_string()).await.unwrap();
    }
    assert!(ask(&world, lea, carlos).await.is_ok());
}

#[both_databases]
async fn presence_is_hidden_from_both(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    for who in [lea, carlos] {
        world.chat.presence().connect(who);
        world.say(who, &talk, "ok").await.unwrap();
    }
    world.chat.blocks().block(lea, &carlos.to_string()).await.unwrap();
    for (who, whom) in [(lea, carlos), (carlos, lea)] {
        let view = world.chat.conversations().get(who, &talk.conversation.id.to_string()).await.unwrap();
        let other = view.members.iter().find(|view| view.member.user_id == whom).unwrap();
        assert!(!other.seen.is_online, "{whom}");
        assert_eq!(world.chat.conversations().audience(who).await.unwrap().hidden_from, [whom]);
    }
    // The blocked one still reads the messages of the other, and not whether they are there.
    let page = world.page(carlos, &talk).await;
    let senders = page.messages.iter().filter_map(|view| view.sender.as_ref());
    let online: Vec<(UserId, bool)> = senders.map(|sender| (sender.id, sender.seen.is_online)).collect();
    assert!(online.contains(&(lea, false)) && online.contains(&(carlos, true)), "{online:?}");
}

#[both_databases]
async fn who_wants_no_requests_gets_none(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let preferences = move |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(
            "INSERT INTO user_preferences (id, user_id, privacy, created_at, updated_at) VALUES ($1, $1, $2, 1, 1)",
            &[carlos.into(), r#"{"allowContactRequests":false}"#.into()],
        )
    };
    world.store.write(preferences).await.unwrap();
    assert!(is_forbidden(&ask(&world, lea, carlos).await));
    assert!(ask(&world, carlos, lea).await.is_ok());
}

#[both_databases]
async fn what_somebody_sees_can_be_reported_once(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let message = world.say(carlos, &talk, "ok").await.unwrap().message.message.id.to_string();
    let report = async |who: UserId, kind: &str, entity: &str, abuse: &str| {
        let new = NewAbuseReport {
            kind: kind.into(),
            entity: entity.into(),
            abuse: abuse.into(),
            reason: Some("because".into()),
        };
        world.chat.abuse_reports().add(who, new).await
    };
    let first = report(lea, "message", &message, "spam").await.unwrap();
    assert_eq!(report(lea, "message", &message, "spam").await.unwrap().id, first.id);
    let person = report(lea, "user", &carlos.to_string(), "impersonation").await.unwrap();
    assert_eq!(person.reason.as_deref(), Some("impersonation: because"));
    assert!(report(lea, "conversation", &talk.conversation.identifier, "other").await.is_ok());
    assert!(report(emma, "message", &message, "spam").await.is_err(), "not a member");
    assert!(report(emma, "conversation", &talk.conversation.identifier, "spam").await.is_err());
    assert!(is_refused(&report(lea, "nonsense", &message, "spam").await));
    assert!(is_refused(&report(lea, "user", &emma.to_string(), "nonsense").await));
    let unknown = report(lea, "community", "65a0c0ffee0123456789abcd", "spam").await;
    assert!(matches!(unknown, Err(ChatError::NotFound { .. })));
}

#[both_databases]
async fn a_block_makes_both_look_offline(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    world.happened();
    world.chat.blocks().block(lea, &carlos.to_string()).await.unwrap();
    let told = world.happened();
    let [Event::Separated(separation)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(separation.users.each_ref().map(|(user, _)| *user), [lea, carlos]);
    // Once more changes nothing.
    world.chat.blocks().block(lea, &carlos.to_string()).await.unwrap();
    assert!(world.happened().is_empty());
}
