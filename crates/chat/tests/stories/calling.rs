//! Calls, on both databases.

use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    CallChange, CallEvent, CallRefusal, CallSignal, CallView, ChatError, Event, Media, NewCall,
    NewConversation,
};
use meeshy_domain::call::{MAX_CALL_TIME, RECONNECT_TIME, RING_TIME};
use meeshy_domain::{CallId, CallStatus, CallType, MediaType, UserId, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, Value, gateways};
use meeshy_testkit::{Database, both_databases, eventually};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const SECOND: Duration = Duration::from_secs(1);

/// A conversation of two.
async fn pair(world: &World, one: UserId, other: UserId) -> String {
    let new = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![other.to_string()],
        ..NewConversation::default()
    };
    world.chat.conversations().create(one, new).await.unwrap().conversation.id.to_string()
}

async fn call_in(
    world: &World,
    who: UserId,
    conversation: &str,
    call_type: CallType,
) -> Result<CallView, ChatError> {
    let new = NewCall {
        id: world.chat.calls().new_id(),
        conversation: conversation.to_owned(),
        call_type,
        media: Media::default(),
        socket: Some(format!("socket of {who}")),
    };
    world.chat.calls().start(who, new).await
}

async fn join(world: &World, who: UserId, call: &str) -> Result<CallView, ChatError> {
    let socket = Some(format!("socket of {who}"));
    world.chat.calls().join(who, call, Media::default(), socket).await.map(|joined| joined.view)
}

fn refusal<T>(outcome: Result<T, ChatError>) -> CallRefusal {
    match outcome {
        Err(ChatError::Call(refusal)) => refusal,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it is allowed"),
    }
}

/// What has happened in calls.
fn heard(world: &mut World) -> Vec<CallEvent> {
    let call = |event| match event {
        Event::Call { event, .. } => Some((*event).clone()),
        _ => None,
    };
    world.happened().into_iter().filter_map(call).collect()
}

/// Does jobs until the call has this status.
async fn becomes(world: &World, who: UserId, call: &str, status: CallStatus) {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = world.chat.clone();
    let stopped = async { drop(stopping.await) };
    let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
    eventually(&format!("the call is {status}"), async || {
        world.chat.calls().find(who, call).await.unwrap().call.status == status
    })
    .await;
    drop(stop);
    worker.await.unwrap();
}

#[both_databases]
async fn a_call_is_answered_and_ends_when_nobody_is_left(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    heard(&mut world);
    let started = call_in(&world, lea, &talk, CallType::Video).await.unwrap();
    let id = started.call.id.to_string();
    assert_eq!((started.call.status, started.call.initiator_id), (CallStatus::Initiated, lea));
    assert_eq!(started.call.metadata.as_deref(), Some(r#"{"type":"video"}"#));
    world.hand.advance(SECOND * 5);
    let joined = join(&world, carlos, &id).await.unwrap();
    assert_eq!(joined.call.status, CallStatus::Active);
    assert_eq!(joined.call.answered_at.unwrap().since(joined.call.started_at), SECOND * 5);
    join(&world, carlos, &id).await.unwrap();
    let calls = world.chat.calls().clone();
    let offer = CallSignal::Offer("v=0".into());
    calls.signal(lea, &id, &lea.to_string(), &carlos.to_string(), offer.clone()).await.unwrap();
    calls.set_media(carlos, &id, MediaType::Video, false).await.unwrap();
    let active = calls.active(carlos, &talk).await.unwrap().unwrap();
    let shown: Vec<_> = active.participants.iter().map(|one| (one.user_id, one.is_video_enabled)).collect();
    assert_eq!(shown, [(Some(lea), true), (Some(carlos), false)]);

    world.hand.advance(SECOND * 60);
    calls.leave(lea, &id).await.unwrap();
    assert_eq!(calls.find(lea, &id).await.unwrap().call.status, CallStatus::Active, "somebody is left");
    let left = calls.leave(carlos, &id).await.unwrap();
    assert_eq!((left.call.status, left.call.duration), (CallStatus::Ended, Some(60)));
    assert!(left.participants.iter().all(|one| one.left_at.is_some()));
    assert!(calls.active(lea, &talk).await.unwrap().is_none());
    calls.leave(carlos, &id).await.unwrap();
    assert_eq!(refusal(join(&world, lea, &id).await), CallRefusal::Ended);
    assert_eq!(refusal(calls.end(lea, &id).await), CallRefusal::Ended);

    let mut changes = heard(&mut world).into_iter().map(|event| event.change);
    let initiated = changes.next().unwrap();
    assert!(matches!(&initiated, CallChange::Initiated { initiator, .. } if initiator.username == "lea"));
    let joined = changes.next().unwrap();
    assert!(matches!(&joined, CallChange::Joined(member) if member.person.user == carlos), "{joined:?}");
    let (participant_id, last) = (started.participants[0].id, left.participants[1].id);
    let expected = [
        CallChange::Signal { from: lea, to: carlos, signal: offer },
        CallChange::Media { user: carlos, media: MediaType::Video, is_enabled: false },
        CallChange::Left { participant_id, user: lea },
        CallChange::Left { participant_id: last, user: carlos },
        CallChange::Ended { duration: 60, ended_by: Some(carlos) },
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected, "joining through the same socket again is no news");
}

#[both_databases]
async fn who_may_call_join_signal_and_end(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, zoe) = (world.person("emma", "en").await, world.person("zoe", "fr").await);
    let group = world.group(lea, &[carlos, emma]).await.conversation.id.to_string();
    let calls = world.chat.calls().clone();
    let stranger = call_in(&world, zoe, &group, CallType::Audio).await;
    assert_eq!(refusal(stranger), CallRefusal::NotAParticipant);
    assert_eq!(
        refusal(call_in(&world, lea, "meeshy", CallType::Video).await),
        CallRefusal::VideoNotSupported
    );
    let id = call_in(&world, carlos, &group, CallType::Audio).await.unwrap().call.id.to_string();
    assert_eq!(refusal(call_in(&world, lea, &group, CallType::Audio).await), CallRefusal::AlreadyActive);
    assert_eq!(refusal(calls.find(zoe, &id).await), CallRefusal::NotFound, "it is none of her business");
    assert_eq!(refusal(join(&world, zoe, &id).await), CallRefusal::NotFound);
    assert_eq!(refusal(calls.find(lea, "nonsense").await), CallRefusal::NotFound);

    // Two are connected directly; a third one has to wait.
    join(&world, emma, &id).await.unwrap();
    assert_eq!(refusal(join(&world, lea, &id).await), CallRefusal::Full);
    assert_eq!(refusal(calls.leave(lea, &id).await), CallRefusal::NotAParticipant);
    calls.decline(lea, &id).await.unwrap();
    assert_eq!(calls.find(lea, &id).await.unwrap().call.status, CallStatus::Active, "the others go on");
    let (from, to) = (emma.to_string(), carlos.to_string());
    let offer = || CallSignal::Offer("v=0".into());
    let refused = [
        (calls.signal(emma, &id, &to, &to, offer()).await, CallRefusal::SenderMismatch),
        (calls.signal(emma, &id, &from, &lea.to_string(), offer()).await, CallRefusal::TargetNotFound),
        (calls.signal(emma, &id, &from, &from, offer()).await, CallRefusal::TargetNotFound),
        (calls.signal(lea, &id, &lea.to_string(), &to, offer()).await, CallRefusal::NotAParticipant),
        (calls.set_media(lea, &id, MediaType::Audio, false).await, CallRefusal::NotAParticipant),
    ];
    for (outcome, expected) in refused {
        assert_eq!(refusal(outcome), expected);
    }
    let longest = |chars: usize| CallSignal::Answer("x".repeat(chars));
    calls.signal(emma, &id, &from, &to, longest(limits::SDP_CHARS)).await.unwrap();
    let too_long = calls.signal(emma, &id, &from, &to, longest(limits::SDP_CHARS + 1)).await;
    assert!(matches!(refusal(too_long), CallRefusal::InvalidSignal(_)));
    assert!(matches!(refusal(calls.end(emma, &id).await), CallRefusal::NotAllowed(_)));
    assert_eq!(calls.end(lea, &id).await.unwrap().call.status, CallStatus::Ended, "she moderates the group");
}

#[both_databases]
async fn who_has_blocked_somebody_is_not_called(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = pair(&world, lea, carlos).await;
    let group = world.group(lea, &[carlos, emma]).await.conversation.id.to_string();
    world.chat.blocks().block(carlos, &lea.to_string()).await.unwrap();
    for who in [lea, carlos] {
        let refused = call_in(&world, who, &talk, CallType::Audio).await;
        assert!(matches!(refusal(refused), CallRefusal::NotAllowed(_)));
    }
    heard(&mut world);
    let id = call_in(&world, lea, &group, CallType::Audio).await.unwrap().call.id.to_string();
    let told = heard(&mut world);
    let hidden = |event: &CallEvent| match &event.change {
        CallChange::Initiated { hidden_from, .. } => hidden_from.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hidden(&told[0]), [carlos]);
    assert!(matches!(refusal(join(&world, carlos, &id).await), CallRefusal::NotAllowed(_)));
    join(&world, emma, &id).await.unwrap();
}

#[both_databases]
async fn one_call_is_going_on_in_a_conversation(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    let start = |number: usize| {
        let (chat, conversation) = (world.chat.clone(), talk.clone());
        let new = NewCall {
            id: chat.calls().new_id(),
            conversation,
            call_type: CallType::Audio,
            media: Media::default(),
            socket: None,
        };
        let who = if number.is_multiple_of(2) { lea } else { carlos };
        tokio::spawn(async move { chat.calls().start(who, new).await })
    };
    let starting: Vec<_> = (0..8).map(start).collect();
    let mut started = 0;
    for outcome in starting {
        match outcome.await.unwrap() {
            Ok(_) => started += 1,
            Err(ChatError::Call(CallRefusal::AlreadyActive)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(started, 1);
    world.chat.calls().leave_conversation(lea, &talk).await.unwrap();
    world.chat.calls().leave_conversation(carlos, &talk).await.unwrap();
    call_in(&world, lea, &talk, CallType::Audio).await.unwrap();
}

#[both_databases]
async fn a_call_that_nobody_answers_is_missed_even_after_a_crash(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    let id = call_in(&world, lea, &talk, CallType::Audio).await.unwrap().call.id.to_string();
    let mut world = world.restarted().await;
    world.hand.advance(RING_TIME);
    becomes(&world, carlos, &id, CallStatus::Missed).await;
    let missed = world.chat.calls().find(carlos, &id).await.unwrap();
    assert_eq!((missed.call.duration, missed.call.answered_at), (None, None));
    let told = heard(&mut world).pop().unwrap();
    assert_eq!(told.change, CallChange::Ended { duration: 0, ended_by: None });
    // Who hangs up before that, or declines, says so.
    for (who, status) in [(lea, CallStatus::Missed), (carlos, CallStatus::Rejected)] {
        let id = call_in(&world, lea, &talk, CallType::Audio).await.unwrap().call.id.to_string();
        assert_eq!(world.chat.calls().leave(who, &id).await.unwrap().call.status, status);
    }
    let id = call_in(&world, lea, &talk, CallType::Audio).await.unwrap().call.id.to_string();
    assert_eq!(world.chat.calls().decline(carlos, &id).await.unwrap().call.status, CallStatus::Rejected);
}

#[both_databases]
async fn who_reconnects_in_time_stays_and_who_does_not_leaves(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    let call = call_in(&world, lea, &talk, CallType::Audio).await.unwrap().call.id;
    let id = call.to_string();
    join(&world, carlos, &id).await.unwrap();
    let calls = world.chat.calls().clone();
    let present = async || {
        let view = calls.find(lea, &id).await.unwrap();
        view.participants.iter().filter(|one| one.left_at.is_none()).count()
    };
    calls.disconnected(carlos, "an older socket", false).await.unwrap();
    calls.disconnected(lea, &format!("socket of {lea}"), false).await.unwrap();
    calls.join(lea, &id, Media::default(), Some("another socket".into())).await.unwrap();
    world.hand.advance(RECONNECT_TIME);
    world.run_jobs(Bounds::default()).await;
    assert_eq!(present().await, 2);

    calls.disconnected(lea, "another socket", false).await.unwrap();
    calls.disconnected(carlos, &format!("socket of {carlos}"), false).await.unwrap();
    world.hand.advance(RECONNECT_TIME);
    becomes(&world, lea, &id, CallStatus::Ended).await;
    assert_eq!(present().await, 0);
}

#[both_databases]
async fn a_call_ends_for_who_is_removed_from_its_conversation(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let group = world.group(lea, &[carlos]).await.conversation.id.to_string();
    let id = call_in(&world, carlos, &group, CallType::Audio).await.unwrap().call.id.to_string();
    world.chat.conversations().remove_member(lea, &group, &carlos.to_string(), false).await.unwrap();
    world.hand.advance(SECOND * 10);
    becomes(&world, lea, &id, CallStatus::Missed).await;
}

#[both_databases]
async fn a_call_does_not_last_forever(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    let id = call_in(&world, lea, &talk, CallType::Audio).await.unwrap().call.id.to_string();
    join(&world, carlos, &id).await.unwrap();
    world.hand.advance(MAX_CALL_TIME);
    becomes(&world, lea, &id, CallStatus::Ended).await;
    let reason = "SELECT end_reason FROM call_sessions";
    let read = move |tx: &mut Tx<'_>| tx.fetch_one::<Option<String>>(reason, &[]);
    assert_eq!(world.store.read(read).await.unwrap().as_deref(), Some("abandoned"));
}

#[both_databases]
async fn an_imported_call_that_never_ended_is_closed(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = pair(&world, lea, carlos).await;
    let (id, started_at) = ("65d0000000000000000000c1", world.chat.now());
    let (conversation, initiator) = (talk.clone(), lea);
    let import = move |tx: &mut Tx<'_>| {
        let sql = "INSERT INTO call_sessions (id, conversation_id, status, initiator_id, started_at, metadata) \
                   VALUES ($1, $2, 'active', $3, $4, 'null')";
        let params: [Value; 4] =
            [id.into(), conversation.as_str().into(), initiator.into(), started_at.into()];
        tx.execute(sql, &params)
    };
    world.store.write::<_, StoreError>(import).await.unwrap();
    assert!(world.chat.calls().active(lea, &talk).await.unwrap().is_none(), "nobody here is in it");
    assert_eq!(world.chat.calls().find(carlos, id).await.unwrap().call.status, CallStatus::Active);
    assert_eq!(refusal(join(&world, carlos, id).await), CallRefusal::Ended);
    world.hand.advance(MAX_CALL_TIME + SECOND);
    becomes(&world, lea, id, CallStatus::Ended).await;
    assert_eq!(world.chat.calls().find(lea, id).await.unwrap().call.ended_at, None, "nobody knows when");
}

/// The next event of a call at another gateway.
async fn next_of_call(world: &mut World) -> CallChange {
    loop {
        let next = tokio::time::timeout(SECOND * 20, world.events.next()).await;
        if let Event::Call { event, .. } = next.expect("the event arrives").unwrap().event {
            return event.change.clone();
        }
    }
}

/// Two gateways. Announced or not, one finds what has happened at the other.
async fn what_happens_at_one_gateway_is_known_at_the_other(is_announced: bool) {
    let database = Arc::new(Database::postgres());
    let one = World::seeded(Arc::clone(&database), 1).await;
    let mut two = World::seeded(Arc::clone(&database), 500_000).await;
    let mut tasks = tokio::task::JoinSet::new();
    if is_announced {
        for chat in [one.chat.clone(), two.chat.clone()] {
            tasks.spawn(async move { chat.cluster().run(std::future::pending()).await });
        }
    }
    let (lea, carlos) = (one.person("lea", "fr").await, one.person("carlos", "es").await);
    let talk = pair(&one, lea, carlos).await;
    let id = call_in(&one, lea, &talk, CallType::Video).await.unwrap().call.id.to_string();
    assert!(matches!(next_of_call(&mut two).await, CallChange::Initiated { .. }));
    join(&two, carlos, &id).await.unwrap();
    assert!(matches!(next_of_call(&mut two).await, CallChange::Joined(_)), "its own, at once");
    // As long as it can be, and far too long for a notification.
    let (from, to) = (lea.to_string(), carlos.to_string());
    for number in 0..10 {
        let signal = CallSignal::Offer(number.to_string().repeat(limits::SDP_CHARS));
        one.chat.calls().signal(lea, &id, &from, &to, signal).await.unwrap();
    }
    for number in 0..10 {
        let CallChange::Signal { signal: CallSignal::Offer(sdp), .. } = next_of_call(&mut two).await else {
            panic!("no offer");
        };
        assert_eq!(sdp, number.to_string().repeat(limits::SDP_CHARS), "in order, and each once");
    }
    one.chat.calls().end(lea, &id).await.unwrap();
    let ended = CallChange::Ended { duration: 0, ended_by: Some(lea) };
    assert_eq!(next_of_call(&mut two).await, ended);
}

#[tokio::test]
async fn calls_reach_the_other_gateway() {
    what_happens_at_one_gateway_is_known_at_the_other(true).await;
}

#[tokio::test]
async fn calls_reach_the_other_gateway_when_announcements_are_lost() {
    what_happens_at_one_gateway_is_known_at_the_other(false).await;
}

#[tokio::test]
async fn who_was_connected_to_a_gateway_that_died_leaves() {
    let database = Arc::new(Database::postgres());
    let one = World::seeded(Arc::clone(&database), 1).await;
    let two = World::seeded(Arc::clone(&database), 500_000).await;
    let (lea, carlos) = (one.person("lea", "fr").await, one.person("carlos", "es").await);
    let talk = pair(&one, lea, carlos).await;
    let id = call_in(&one, lea, &talk, CallType::Audio).await.unwrap().call.id.to_string();
    join(&two, carlos, &id).await.unwrap();
    // The first gateway has no row, as if the others had removed it; the second one looks after the call.
    two.hand.advance(SECOND * 10);
    let is_present = async |who: UserId| {
        let view = two.chat.calls().find(carlos, &id).await.unwrap();
        view.participants.iter().any(|one| one.user_id == Some(who) && one.left_at.is_none())
    };
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = two.chat.clone();
    let stopped = async { drop(stopping.await) };
    let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
    eventually("it is noticed that her gateway is dead", async || {
        let gone = "SELECT count(*) FROM live_participants WHERE missing_since IS NOT NULL";
        two.store.read(|tx| tx.fetch_one::<i64>(gone, &[])).await.unwrap() == 1
    })
    .await;
    assert!(is_present(lea).await, "she may come back");
    two.hand.advance(RECONNECT_TIME);
    eventually("she has left", async || !is_present(lea).await).await;
    assert!(is_present(carlos).await);
    drop(stop);
    worker.await.unwrap();
}

/// A call between two gateways, of which the first one sends no heartbeats, and the second one looks after it.
struct Apart {
    one: World,
    two: World,
    lea: UserId,
    carlos: UserId,
    call: CallId,
}

impl Apart {
    async fn talking() -> Self {
        let database = Arc::new(Database::postgres());
        let one = World::seeded(Arc::clone(&database), 1).await;
        let two = World::seeded(Arc::clone(&database), 500_000).await;
        let (lea, carlos) = (one.person("lea", "fr").await, one.person("carlos", "es").await);
        let talk = pair(&one, lea, carlos).await;
        let call = call_in(&one, lea, &talk, CallType::Audio).await.unwrap().call.id;
        join(&two, carlos, &call.to_string()).await.unwrap();
        Self { one, two, lea, carlos, call }
    }

    /// Time passes, and the call is looked after.
    async fn after(&self, time: Duration) {
        for world in [&self.one, &self.two] {
            world.hand.advance(time);
        }
        let (stop, stopping) = oneshot::channel::<()>();
        let chat = self.two.chat.clone();
        let stopped = async { drop(stopping.await) };
        let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
        eventually("the call was looked after", async || {
            let (sql, now) =
                ("SELECT count(*) FROM jobs WHERE kind = 'check-call' AND run_at <= $1", self.two.chat.now());
            let due = move |tx: &mut Tx<'_>| tx.fetch_one::<i64>(sql, &[now.into()]);
            self.two.store.read::<_, StoreError>(due).await.unwrap() == 0
        })
        .await;
        drop(stop);
        worker.await.unwrap();
    }

    /// The first gateway sends a heartbeat.
    async fn heartbeat(&self) {
        let process = self.one.chat.process().to_owned();
        let is_known = self.two.store.write(move |tx| gateways::renew(tx, &process, 0)).await.unwrap();
        if !is_known {
            self.one.chat.gateways().join().await.unwrap();
        }
    }

    async fn present(&self) -> Vec<UserId> {
        let view = self.two.chat.calls().find(self.carlos, &self.call.to_string()).await.unwrap();
        let here = view.participants.into_iter().filter(|one| one.left_at.is_none());
        here.filter_map(|one| one.user_id).collect()
    }
}

#[tokio::test]
async fn late_heartbeats_of_a_gateway_take_nobody_out_of_a_call() {
    let apart = Apart::talking().await;
    apart.after(SECOND * 10).await;
    // The gateway is there again, with her socket.
    for _ in 0..3 {
        apart.heartbeat().await;
        apart.after(RECONNECT_TIME / 2).await;
    }
    assert_eq!(apart.present().await, [apart.lea, apart.carlos]);
    // What was inferred is forgotten: it counts from anew.
    apart.after(SECOND * 10).await;
    assert_eq!(apart.present().await, [apart.lea, apart.carlos]);
    apart.after(RECONNECT_TIME).await;
    assert_eq!(apart.present().await, [apart.carlos]);
}

#[tokio::test]
async fn late_heartbeats_of_a_gateway_do_not_bring_a_closed_socket_back() {
    let apart = Apart::talking().await;
    apart.heartbeat().await;
    let socket = format!("socket of {}", apart.lea);
    apart.one.chat.calls().disconnected(apart.lea, &socket, false).await.unwrap();
    apart.after(SECOND * 10).await;
    apart.heartbeat().await;
    assert_eq!(apart.present().await, [apart.lea, apart.carlos]);
    apart.after(RECONNECT_TIME - SECOND * 10).await;
    assert_eq!(apart.present().await, [apart.carlos]);
}
