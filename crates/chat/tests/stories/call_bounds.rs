//! Who may not call, who leaves a call because of something else, and how much can be signalled.

use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    CallRefusal, CallSignal, CallView, ChatError, Media, NewCall, NewConversation, NewFriendRequest,
    RequestAnswer,
};
use meeshy_domain::call::SIGNAL_WINDOW;
use meeshy_domain::preferences::{Privacy, Values};
use meeshy_domain::{CallStatus, CallType, Timestamp, UserId, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, Value};
use meeshy_testkit::both_databases;
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

async fn open(world: &World, who: UserId, kind: &str, others: &[UserId]) -> String {
    let new = NewConversation {
        kind: kind.into(),
        title: Some("Talk".into()),
        participant_ids: others.iter().map(UserId::to_string).collect(),
        ..NewConversation::default()
    };
    world.chat.conversations().create(who, new).await.unwrap().conversation.id.to_string()
}

async fn call_in(world: &World, who: UserId, conversation: &str) -> Result<CallView, ChatError> {
    let new = NewCall {
        id: world.chat.calls().new_id(),
        conversation: conversation.to_owned(),
        call_type: CallType::Audio,
        media: Media::default(),
        socket: Some(format!("socket of {who}")),
    };
    world.chat.calls().start(who, new).await
}

/// A call that has begun between the two; returns its id.
async fn talking(world: &World, caller: UserId, other: UserId, conversation: &str) -> String {
    let id = call_in(world, caller, conversation).await.unwrap().call.id.to_string();
    let socket = Some(format!("socket of {other}"));
    world.chat.calls().join(other, &id, Media::default(), socket).await.unwrap();
    id
}

/// Who is in a call, as `reader` sees it.
async fn present(world: &World, reader: UserId, call: &str) -> Vec<UserId> {
    let view = world.chat.calls().find(reader, call).await.unwrap();
    let here = view.participants.into_iter().filter(|one| one.left_at.is_none());
    here.filter_map(|one| one.user_id).collect()
}

async fn status(world: &World, reader: UserId, call: &str) -> CallStatus {
    world.chat.calls().find(reader, call).await.unwrap().call.status
}

fn refusal<T>(outcome: Result<T, ChatError>) -> CallRefusal {
    match outcome {
        Err(ChatError::Call(refusal)) => refusal,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it is allowed"),
    }
}

#[both_databases]
async fn who_is_removed_leaves_the_call_at_once(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (conversations, who) = (world.chat.conversations(), carlos.to_string());
    for is_ban in [false, true] {
        let group = open(&world, lea, "group", &[carlos]).await;
        let id = talking(&world, carlos, lea, &group).await;
        conversations.remove_member(lea, &group, &who, is_ban).await.unwrap();
        assert_eq!(present(&world, lea, &id).await, [lea], "is_ban: {is_ban}");
    }
    let group = open(&world, lea, "group", &[carlos]).await;
    let id = talking(&world, carlos, lea, &group).await;
    conversations.leave(carlos, &group).await.unwrap();
    assert_eq!(present(&world, lea, &id).await, [lea]);

    let group = open(&world, lea, "group", &[carlos]).await;
    let id = call_in(&world, carlos, &group).await.unwrap().call.id.to_string();
    conversations.remove_member(lea, &group, &who, false).await.unwrap();
    assert_eq!(status(&world, lea, &id).await, CallStatus::Missed, "nobody is left");
}

#[both_databases]
async fn a_call_ends_when_its_conversation_is_closed(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let group = open(&world, lea, "group", &[carlos]).await;
    talking(&world, carlos, lea, &group).await;
    world.chat.conversations().close(lea, &group).await.unwrap();
    let ended = "SELECT status FROM call_sessions WHERE NOT EXISTS (SELECT 1 FROM live_participants)";
    let ended = world.store.read::<String, StoreError>(move |tx| tx.fetch_one(ended, &[])).await;
    assert_eq!(ended.unwrap(), "ended");
}

#[both_databases]
async fn a_block_ends_a_call(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, blocks) = (world.person("emma", "en").await, world.chat.blocks());
    let direct = open(&world, lea, "direct", &[carlos]).await;
    let group = open(&world, emma, "group", &[carlos, lea]).await;
    let id = talking(&world, lea, carlos, &direct).await;
    let other = talking(&world, carlos, lea, &group).await;
    blocks.block(lea, &carlos.to_string()).await.unwrap();
    assert_eq!(status(&world, carlos, &id).await, CallStatus::Ended);
    assert_eq!(present(&world, lea, &other).await, [lea], "the blocked one leaves a call in a group");

    blocks.unblock(lea, &carlos.to_string()).await.unwrap();
    for (caller, blocker, blocked) in [(carlos, lea, carlos), (lea, lea, carlos)] {
        let id = call_in(&world, caller, &direct).await.unwrap().call.id.to_string();
        blocks.block(blocker, &blocked.to_string()).await.unwrap();
        assert_eq!(status(&world, carlos, &id).await, CallStatus::Missed, "it rang");
        blocks.unblock(blocker, &blocked.to_string()).await.unwrap();
    }
    let id = talking(&world, carlos, emma, &open(&world, emma, "direct", &[carlos]).await).await;
    blocks.block(lea, &carlos.to_string()).await.unwrap();
    assert_eq!(status(&world, carlos, &id).await, CallStatus::Active, "of others");
}

#[both_databases]
async fn who_is_signed_out_leaves_a_call_at_once(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let direct = open(&world, lea, "direct", &[carlos]).await;
    let id = talking(&world, lea, carlos, &direct).await;
    let calls = world.chat.calls();
    calls.disconnected(carlos, "an older socket", true).await.unwrap();
    assert_eq!(present(&world, lea, &id).await, [lea, carlos]);
    calls.disconnected(carlos, &format!("socket of {carlos}"), true).await.unwrap();
    assert_eq!(present(&world, lea, &id).await, [lea]);

    calls.join(carlos, &id, Media::default(), None).await.unwrap();
    world.chat.administration().set_active("carlos", false).await.unwrap();
    assert_eq!(present(&world, lea, &id).await, [lea]);
}

/// When the job that looks after calls is due.
async fn checked_at(world: &World) -> Timestamp {
    let sql = "SELECT run_at FROM jobs WHERE kind = 'check-call'";
    let read = move |tx: &mut Tx<'_>| tx.fetch_one(sql, &[]);
    world.store.read::<Timestamp, StoreError>(read).await.unwrap()
}

#[both_databases]
async fn lost_connections_do_not_postpone_the_look_after_a_call(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let direct = open(&world, lea, "direct", &[carlos]).await;
    let id = talking(&world, lea, carlos, &direct).await;
    let calls = world.chat.calls();
    let (began, due) = (world.chat.now(), checked_at(&world).await);
    for _ in 0..2 {
        world.hand.advance(SECOND * 4);
        calls.disconnected(carlos, &format!("socket of {carlos}"), false).await.unwrap();
        assert_eq!(checked_at(&world).await, due);
    }
    world.hand.advance(SECOND * 2);
    world.run_jobs(Bounds::default()).await;
    assert_eq!(checked_at(&world).await, began.plus(SECOND * 16), "twelve seconds after he was lost");
    assert_eq!(present(&world, lea, &id).await, [lea, carlos]);
    world.hand.advance(SECOND * 6);
    world.run_jobs(Bounds::default()).await;
    assert_eq!(present(&world, lea, &id).await, [lea]);
}

#[both_databases]
async fn signals_are_bounded_in_bytes(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let direct = open(&world, lea, "direct", &[carlos]).await;
    let id = talking(&world, lea, carlos, &direct).await;
    let send = async |who: UserId, whom: UserId, sdp: String| {
        let offer = CallSignal::Offer(sdp);
        world.chat.calls().signal(who, &id, &who.to_string(), &whom.to_string(), offer).await
    };
    let wide = "€".repeat(limits::SDP_CHARS);
    assert!(matches!(refusal(send(lea, carlos, wide).await), CallRefusal::InvalidSignal(_)));
    let long = || "é".repeat(limits::SDP_CHARS);
    let allowed = usize::try_from(limits::SIGNAL_BYTES_IN_WINDOW).unwrap() / long().len();
    for _ in 0..allowed {
        send(lea, carlos, long()).await.unwrap();
    }
    assert_eq!(refusal(send(lea, carlos, long()).await), CallRefusal::TooManySignals);
    send(lea, carlos, "v=0".into()).await.unwrap();
    send(carlos, lea, long()).await.unwrap();
    world.hand.advance(SIGNAL_WINDOW);
    send(lea, carlos, long()).await.unwrap();
}

fn only_friends(is_allowed: bool) -> Values {
    match json!({ "allowCallsFromNonContacts": is_allowed }) {
        serde_json::Value::Object(values) => values,
        other => panic!("{other}"),
    }
}

#[both_databases]
async fn who_lets_only_friends_call_is_not_called_by_others(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let direct = open(&world, lea, "direct", &[carlos]).await;
    let preferences = world.chat.preferences();
    let may_call = async |who: UserId| match call_in(&world, who, &direct).await {
        Ok(view) => world.chat.calls().end(who, &view.call.id.to_string()).await.is_ok(),
        Err(ChatError::Call(CallRefusal::NotAllowed(why))) => {
            assert!(why.contains("friends"), "{why}");
            false
        }
        Err(other) => panic!("{other:?}"),
    };
    assert!(may_call(lea).await, "he has not chosen");
    preferences.merge::<Privacy>(carlos, Values::new()).await.unwrap();
    preferences.replace::<Privacy>(carlos, only_friends(false)).await.unwrap();
    assert!(may_call(lea).await, "a client that sends all values repeats the default");
    preferences.merge::<Privacy>(carlos, only_friends(false)).await.unwrap();
    assert!(!may_call(lea).await);
    assert!(may_call(carlos).await, "she has not chosen");
    preferences.replace::<Privacy>(carlos, only_friends(false)).await.unwrap();
    assert!(!may_call(lea).await, "he still has");

    preferences.replace::<Privacy>(carlos, only_friends(true)).await.unwrap();
    assert!(may_call(lea).await);
    preferences.replace::<Privacy>(carlos, only_friends(false)).await.unwrap();
    assert!(!may_call(lea).await, "that is a change");
    preferences.reset::<Privacy>(carlos).await.unwrap();
    assert!(may_call(lea).await);

    preferences.merge::<Privacy>(carlos, only_friends(false)).await.unwrap();
    let new = NewFriendRequest { receiver: carlos.to_string(), message: None };
    let request = world.chat.friends().send(lea, new).await.unwrap().request.id.to_string();
    assert!(!may_call(lea).await, "she has asked");
    world.chat.friends().answer(carlos, &request, RequestAnswer::Accept).await.unwrap();
    assert!(may_call(lea).await);
}

/// Adds members without accounts that anybody uses.
async fn fill(world: &World, conversation: &str, count: i64) {
    let conversation = conversation.to_owned();
    let write = move |tx: &mut Tx<'_>| {
        for number in 0..count {
            let (user, member) = (format!("65e1{number:020x}"), format!("65e2{number:020x}"));
            let params: [Value; 1] = [user.as_str().into()];
            tx.execute(
                "INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, system_language, \
                   last_active_at, created_at, updated_at) VALUES ($1, $1, $1, '', '', '', '', 'fr', 1, 1, 1)",
                &params,
            )?;
            tx.execute(
                "INSERT INTO members (id, conversation_id, user_id, role, joined_at) VALUES ($1, $2, $3, 'MEMBER', 1)",
                &[member.into(), conversation.as_str().into(), user.into()],
            )?;
        }
        Ok(())
    };
    world.store.write::<_, StoreError>(write).await.unwrap();
}

#[both_databases]
async fn a_call_does_not_ring_for_a_crowd_of_strangers(world: World) {
    let lea = world.person("lea", "fr").await;
    let public = open(&world, lea, "public", &[]).await;
    fill(&world, &public, limits::OPEN_CALL_MEMBERS - 1).await;
    let view = call_in(&world, lea, &public).await.unwrap();
    world.chat.calls().end(lea, &view.call.id.to_string()).await.unwrap();
    let group = open(&world, lea, "group", &[]).await;
    let talk = public.clone();
    let join = move |tx: &mut Tx<'_>| {
        tx.execute(
            "INSERT INTO members (id, conversation_id, user_id, role, joined_at) \
             VALUES ('65e300000000000000000001', $1, (SELECT id FROM users WHERE username = 'lea2'), 'MEMBER', 1)",
            &[talk.as_str().into()],
        )?;
        Ok(())
    };
    world.person("lea2", "fr").await;
    world.store.write::<_, StoreError>(join).await.unwrap();
    assert!(matches!(refusal(call_in(&world, lea, &public).await), CallRefusal::NotAllowed(_)));
    call_in(&world, lea, &group).await.unwrap();
}
