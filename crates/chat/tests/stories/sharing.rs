//! Two processes on one PostgreSQL database: events of one are delivered by the other.

use meeshy_chat::{ConversationView, Device, Ephemeral, Event, Happened, MessageEdit, Typing};
use meeshy_domain::UserId;
use meeshy_harness::{World, registration};
use meeshy_store::{Location, Tx};
use meeshy_testkit::{Database, OnDatabase, Proxy};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Two processes that exchange notifications until this is dropped. The first one is connected through a
/// proxy.
struct Two {
    one: World,
    other: World,
    network: Proxy,
    _running: (JoinSet<()>, DropGuard),
}

async fn two() -> Two {
    let database = Database::postgres();
    let Location::Postgres { url, connections } = database.location().clone() else { panic!("PostgreSQL") };
    let (before, rest) = url.rsplit_once(':').unwrap();
    let (port, name) = rest.split_once('/').unwrap();
    let network = Proxy::to(port.parse().unwrap());
    let through = Location::Postgres { url: format!("{before}:{}/{name}", network.port()), connections };
    let one = World::on(Database::at(through)).await;
    let other = World::seeded(Arc::new(database), 1_000_000).await;
    let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
    for chat in [one.chat.clone(), other.chat.clone()] {
        let stop = stop.clone();
        running.spawn(async move { chat.cluster().run(stop.cancelled_owned()).await });
    }
    Two { one, other, network, _running: (running, stop.drop_guard()) }
}

impl Two {
    /// Clients listen to a conversation in both processes.
    async fn listen(&self, who: UserId, talk: &ConversationView) {
        for world in [&self.one, &self.other] {
            for membership in world.chat.conversations().audience(who).await.unwrap().memberships {
                if membership.conversation_id == talk.conversation.id {
                    world.chat.events().follow(membership.conversation_id, membership.last_event);
                }
            }
        }
    }
}

/// The events up to the one with this number.
async fn until(world: &mut World, number: i64) -> Vec<Happened> {
    let mut all = Vec::new();
    let come = async {
        loop {
            all.push(world.events.next().await.unwrap());
            if all.last().and_then(|happened| happened.number) >= Some(number) {
                return;
            }
        }
    };
    if tokio::time::timeout(Duration::from_secs(20), come).await.is_err() {
        let numbers: Vec<_> = all.iter().map(|happened| happened.number).collect();
        panic!("only {numbers:?} came");
    }
    all
}

async fn last_event(world: &World, who: UserId, talk: &ConversationView) -> i64 {
    world
        .chat
        .conversations()
        .get(who, &talk.conversation.id.to_string())
        .await
        .unwrap()
        .conversation
        .last_event
}

fn numbers(happened: &[Happened]) -> Vec<i64> {
    happened.iter().filter_map(|happened| happened.number).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_deliver_everything_once_and_in_the_same_order() {
    let mut two = two().await;
    let (lea, carlos) = (two.one.person("lea", "fr").await, two.other.person("carlos", "es").await);
    let talk = two.one.group(lea, &[carlos]).await;
    two.listen(lea, &talk).await;
    let id = talk.conversation.id.to_string();
    let mut writing = JoinSet::new();
    for (chat, who) in [(two.one.chat.clone(), lea), (two.other.chat.clone(), carlos)] {
        let id = id.clone();
        writing.spawn(async move {
            for round in 0..30 {
                let new = meeshy_chat::NewMessage {
                    conversation: id.clone(),
                    content: format!("{who} {round}"),
                    ..Default::default()
                };
                let sent = chat.messages().send(who, new).await.unwrap();
                if round % 5 == 0 {
                    let message = sent.message.message.id.to_string();
                    let content = format!("{who} {round} once more");
                    chat.messages()
                        .edit(who, MessageEdit { message, content, ..Default::default() })
                        .await
                        .unwrap();
                    chat.conversations().mark_read(who, &id).await.unwrap();
                }
            }
        });
    }
    while let Some(done) = writing.join_next().await {
        done.unwrap();
    }
    // One of them has not read the last message.
    for (chat, who) in [(&two.one.chat, lea), (&two.other.chat, carlos)] {
        chat.conversations().mark_read(who, &id).await.unwrap();
    }
    // One of them translates as well.
    two.other.translate().await;
    let last = last_event(&two.one, lea, &talk).await;
    let heard = [until(&mut two.one, last).await, until(&mut two.other, last).await];
    for heard in &heard {
        let of_talk: Vec<Happened> = heard
            .iter()
            .filter(|happened| happened.event.conversation() == Some(talk.conversation.id))
            .cloned()
            .collect();
        assert!(numbers(&of_talk).windows(2).all(|pair| pair[0] < pair[1]), "{:?}", numbers(&of_talk));
        let sequences: Vec<i64> = (of_talk.iter())
            .filter_map(|happened| match &happened.event {
                Event::MessageNew { message, .. } => Some(message.message.sequence),
                _ => None,
            })
            .collect();
        assert_eq!(sequences, (1..=60).collect::<Vec<_>>());
        let count = |is: fn(&Event) -> bool| of_talk.iter().filter(|happened| is(&happened.event)).count();
        assert_eq!(count(|event| matches!(event, Event::MessageEdited { .. })), 12);
        assert!(count(|event| matches!(event, Event::Read { .. })) > 0);
        assert!(count(|event| matches!(event, Event::Translated { .. })) >= 60);
    }
    let kinds = |heard: &[Happened]| -> Vec<(i64, String)> {
        let kind =
            |event: &Event| format!("{event:?}").split([' ', '(']).next().unwrap_or_default().to_owned();
        let of_talk =
            heard.iter().filter(|happened| happened.event.conversation() == Some(talk.conversation.id));
        of_talk
            .filter_map(|happened| Some((happened.number?, kind(&happened.event))))
            .filter(|it| it.0 > 1)
            .collect()
    };
    assert_eq!(kinds(&heard[0]), kinds(&heard[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_during_a_network_failure_are_caught_up() {
    let mut two = two().await;
    let (lea, carlos) = (two.one.person("lea", "fr").await, two.other.person("carlos", "es").await);
    let talk = two.one.group(lea, &[carlos]).await;
    two.listen(lea, &talk).await;
    two.other.say(carlos, &talk, "hola").await.unwrap();
    let last = last_event(&two.other, lea, &talk).await;
    until(&mut two.one, last).await;
    two.network.set_silent(true);
    two.network.cut();
    for number in 0..10 {
        two.other.say(carlos, &talk, &number.to_string()).await.unwrap();
    }
    two.other.chat.conversations().mark_read(lea, &talk.conversation.id.to_string()).await.unwrap();
    // A connection through the silent proxy times out and is opened again.
    two.network.cut();
    two.network.set_silent(false);
    let newest = last_event(&two.other, lea, &talk).await;
    let heard = until(&mut two.one, newest).await;
    assert_eq!(numbers(&heard), (last + 1..=newest).collect::<Vec<_>>());
}

/// As after a `kill -9` between the commit and the note.
#[tokio::test]
async fn events_without_an_announcement_are_found() {
    let database = Arc::new(Database::postgres());
    let mut one = World::seeded(Arc::clone(&database), 1).await;
    let other = World::seeded(database, 1_000_000).await;
    let lea = one.person("lea", "fr").await;
    let talk = one.group(lea, &[]).await;
    one.chat.events().follow(talk.conversation.id, talk.conversation.last_event);
    one.happened();
    other.say(lea, &talk, "bonjour").await.unwrap();
    let last = last_event(&other, lea, &talk).await;
    assert_eq!(numbers(&until(&mut one, last).await), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_conversations_sign_outs_and_typing_are_delivered_at_once() {
    let mut two = two().await;
    let lea = two.one.sign_up("lea", "fr").await;
    let carlos = two.other.person("carlos", "es").await;
    // Nobody listens to a conversation that does not exist yet.
    let talk = two.one.group(lea.user.id, &[carlos]).await;
    let conversation_id = talk.conversation.id;
    let created = loop {
        let next = tokio::time::timeout(Duration::from_secs(10), two.other.events.next());
        match next.await.unwrap().unwrap().event {
            Event::ConversationCreated { conversation_id: created, members }
                if created == conversation_id =>
            {
                break members;
            }
            _ => {}
        }
    };
    assert_eq!(created.len(), 2);
    let typing = Typing {
        conversation_id,
        user: carlos.into(),
        display_name: "Carlos \"\n🎈".into(),
        is_typing: true,
        hidden_from: vec![lea.user.id],
    };
    two.other.chat.events().tell_others(Ephemeral::Typing(typing.clone()));
    let caller = two.one.chat.sessions().authenticate(&lea.token).await.unwrap();
    two.other.chat.sessions().sign_out(&caller, None).await.unwrap();
    let (mut typed, mut ended) = (None, None);
    while typed.is_none() || ended.is_none() {
        let next = tokio::time::timeout(Duration::from_secs(10), two.one.events.next());
        match next.await.unwrap().unwrap().event {
            Event::Typing(typing) => typed = Some(typing),
            Event::SessionEnded { session_id, .. } => ended = Some(session_id),
            _ => {}
        }
    }
    assert_eq!((typed, ended), (Some(typing), Some(lea.session.id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_translation_that_exists_is_repeated_to_the_devices_at_the_other_process() {
    let mut two = two().await;
    let (lea, carlos) = (two.one.person("lea", "fr").await, two.one.person("carlos", "es").await);
    let talk = two.one.group(lea, &[carlos]).await;
    let sent = two.one.say(carlos, &talk, "hola").await.unwrap();
    two.one.translate().await;
    let message = sent.message.message.id;
    two.one.chat.translations().request(lea, &message.to_string(), "fr").await.unwrap();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), two.other.events.next());
        if let Event::TranslationFound { user, translation, .. } = next.await.unwrap().unwrap().event {
            assert_eq!((user, translation.message_id, translation.language.code()), (lea, message, "fr"));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_translation_works_across_processes() {
    let mut two = two().await;
    let lea =
        two.one.chat.accounts().register(registration("lea", "fr"), Device::default()).await.unwrap().user.id;
    let talk = two.one.group(lea, &[]).await;
    let sent = two.one.say(lea, &talk, "bonjour").await.unwrap();
    let message = sent.message.message.id.to_string();
    let chat = two.one.chat.clone();
    let waiting = tokio::spawn(async move {
        chat.translations()
            .request_and_wait(lea, &message, "de", Duration::from_secs(20))
            .await
            .unwrap()
            .progress
    });
    let (stop, translating) = (CancellationToken::new(), two.other.chat.clone());
    let stopped = stop.clone().cancelled_owned();
    let worker = tokio::spawn(async move { translating.worker().run(stopped).await });
    // As the gateway does periodically.
    let delivered = async { while two.one.events.next().await.is_some() {} };
    let progress = tokio::select! {
        progress = waiting => progress.unwrap(),
        () = delivered => panic!("events end"),
    };
    assert!(matches!(progress, meeshy_chat::Progress::Ended(_)), "{progress:?}");
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_reload_after_the_database_was_set_back() {
    let mut two = two().await;
    let (lea, marc) = (two.one.person("lea", "fr").await, two.one.person("marc", "fr").await);
    let talk = two.one.group(lea, &[marc]).await;
    let id = talk.conversation.id;
    let before = last_event(&two.one, lea, &talk).await;
    two.listen(marc, &talk).await;
    for text in ["un", "deux", "trois"] {
        two.one.say(lea, &talk, text).await.unwrap();
    }
    let number = last_event(&two.one, lea, &talk).await;
    until(&mut two.other, number).await;
    let lose = move |tx: &mut Tx<'_>| {
        let params = [id.into(), before.into()];
        tx.execute("DELETE FROM conversation_events WHERE conversation_id = $1 AND number > $2", &params)?;
        tx.execute("UPDATE conversations SET last_event = $2 WHERE id = $1", &params)
    };
    two.one.store.write(lose).await.unwrap();
    let is_told = async {
        while !matches!(
            two.other.events.next().await.unwrap().event,
            Event::Missed { conversation_id } if conversation_id == id
        ) {}
    };
    tokio::time::timeout(Duration::from_secs(20), is_told).await.expect("nobody reloads");
    // The same numbers again, for other messages.
    two.one.say(lea, &talk, "encore").await.unwrap();
    let number = last_event(&two.one, lea, &talk).await;
    assert!(until(&mut two.other, number).await.iter().any(|happened| happened.number == Some(number)));
}
