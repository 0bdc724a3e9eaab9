//! Two gateways and two translators on one PostgreSQL, behind a proxy that spreads calls and sockets at random, while one after the
//! other is killed under load.

use crate::kills::kills;
use crate::load::{Round, Sender, assert_nothing_lost_or_duplicated, wait_for_all_translations};
use crate::roles::Translator;
use crate::server::Server;
use meeshy_testkit::{Answer, Api, Backend, Balancer, Database, Person, Socket};
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many processes are killed; `MEESHY_KILLS` says another number.
const KILLS: usize = 10;
const SENDERS: usize = 4;
/// Everybody has everything that was acknowledged within this time after the last acknowledgement.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(2);

/// What somebody has heard in one conversation.
#[derive(Default)]
struct Heard {
    /// The id of the message with each number, from 1 on.
    ids: Vec<String>,
    /// The number of the last event.
    last_event: i64,
    /// What must not be.
    problems: Vec<String>,
}

impl Heard {
    /// Notes a message; says whether those before it are known.
    fn note(&mut self, message: &Value) -> bool {
        let number = usize::try_from(message["sequence"].as_u64().unwrap()).unwrap();
        let id = message["id"].as_str().unwrap();
        match self.ids.get(number - 1) {
            Some(known) if known == id => {}
            Some(known) => self.problems.push(format!("{number} is {known} and {id}")),
            None if number == self.ids.len() + 1 => self.ids.push(id.to_owned()),
            None => return false,
        }
        self.last_event = self.last_event.max(message["eventNumber"].as_i64().unwrap());
        true
    }
}

/// Somebody who listens at whichever gateway the proxy chooses, comes back when the connection ends, and reads what was missed.
struct Listener {
    client: Person,
    server: Api,
    conversation: String,
    heard: Arc<Mutex<Heard>>,
}

impl Listener {
    async fn listen(self) {
        loop {
            let Ok(mut socket) = Socket::try_of(&self.server, &self.client).await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            // From here on it hears of what comes; what came before is read.
            while self.catch_up().await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let mut last = None;
            while let Ok(message) = socket.next_message().await {
                let number = message["sequence"].as_u64().unwrap();
                let mut heard = self.heard.lock().unwrap();
                if last.is_some_and(|last| number != last + 1) {
                    heard.problems.push(format!("{number} came after {last:?}"));
                }
                if !heard.note(&message) {
                    heard.problems.push(format!("{number} came, and what was before it did not"));
                }
                last = Some(number);
            }
        }
    }

    /// Reads what has happened since the last event that was heard.
    async fn catch_up(&self) -> Result<(), reqwest::Error> {
        loop {
            let after = self.heard.lock().unwrap().last_event;
            let path = format!("/conversations/{}/events?after={after}", self.conversation);
            let Answer { status, body: answer, .. } = self.client.try_get(&path).await?;
            assert_eq!(status, 200, "{answer}");
            let missed = &answer["data"];
            assert_eq!(missed["isTooOld"], false, "{missed}");
            let mut heard = self.heard.lock().unwrap();
            let events = missed["events"].as_array().unwrap();
            for event in events.iter().filter(|event| event["name"] == "message:new") {
                assert!(heard.note(&event["data"]), "the log has no gaps");
            }
            heard.last_event = heard.last_event.max(missed["lastEventNumber"].as_i64().unwrap());
            if missed["hasMore"] != true {
                return Ok(());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_gateway_or_translator_is_killed_everybody_hears_everything_once_and_in_order() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut gateways = Vec::new();
    for (folder, name) in folders.iter().zip(["a", "b"]) {
        let variables = [("DATABASE_URL", url.as_str()), ("MEESHY_ROLE", "gateway"), ("GATEWAY_NAME", name)];
        gateways.push(Server::start(folder.path(), &variables).await);
    }
    let mut translators = [Translator::start(url), Translator::start(url)];
    let backends = gateways.iter().zip(["a", "b"]);
    let backends = backends.map(|(gateway, name)| Backend { name: name.to_owned(), port: gateway.port });
    let balancer = Balancer::before(backends.collect());
    let server = Api::at(balancer.address());

    let reader = server.sign_up("lea", "fr").await;
    let mut writers = Vec::new();
    for number in 0..SENDERS {
        writers.push(server.sign_up(&format!("carlos{number}"), "es").await);
    }
    let conversation = reader.group(&writers.iter().collect::<Vec<_>>()).await;
    let mut listening = JoinSet::new();
    let everybody: Vec<Arc<Mutex<Heard>>> = (writers.iter().chain([&reader]))
        .map(|client| {
            let heard = Arc::<Mutex<Heard>>::default();
            let (client, conversation) = (client.clone(), conversation.clone());
            let listener =
                Listener { client, server: server.clone(), conversation, heard: Arc::clone(&heard) };
            listening.spawn(listener.listen());
            heard
        })
        .collect();
    let mut senders: Vec<Sender> =
        writers.into_iter().enumerate().map(|(number, client)| Sender::new(client, number)).collect();

    let (dice, mut slowest) = (RandomState::new(), Duration::ZERO);
    for number in 0..kills(KILLS) {
        let round = Arc::new(Round::default());
        let mut sending = JoinSet::new();
        for mut sender in senders.drain(..) {
            let (conversation, round) = (conversation.clone(), Arc::clone(&round));
            sending.spawn(async move {
                sender.send_during(&round, &conversation).await;
                sender
            });
        }
        let chance = dice.hash_one(number);
        round.sent().await;
        tokio::time::sleep(Duration::from_millis(chance % 150)).await;
        // Gateways more often: they are what people are connected to.
        let victim = usize::try_from(chance / 1_000 % 6).unwrap();
        match victim {
            0..4 => gateways[victim % 2].kill(),
            _ => translators[victim % 2].kill(),
        }
        // The load goes on at who is left.
        tokio::time::sleep(Duration::from_millis(300)).await;
        round.stop();
        senders = sending.join_all().await;
        let sent = senders.iter().map(Sender::sends).sum::<usize>();
        slowest = slowest.max(caught_up(&everybody, sent).await);
        match victim {
            0..4 => gateways[victim % 2].restart().await,
            _ => translators[victim % 2].restart(),
        }
    }
    let history = reader.history(&conversation).await;
    assert_nothing_lost_or_duplicated(&senders, &history);
    caught_up(&everybody, history.len()).await;
    let ids: Vec<&str> = history.iter().map(|message| message["id"].as_str().unwrap()).collect();
    for heard in &everybody {
        let heard = heard.lock().unwrap();
        assert_eq!(heard.problems, Vec::<String>::new());
        assert_eq!(heard.ids, ids);
    }
    eprintln!("{} messages, each heard by {}; caught up within {slowest:?}", ids.len(), everybody.len());
    wait_for_all_translations(&reader, &conversation).await;
}

/// Waits until everybody has heard so many messages; says how long that took.
async fn caught_up(everybody: &[Arc<Mutex<Heard>>], sent: usize) -> Duration {
    let start = Instant::now();
    loop {
        let heard: Vec<usize> = everybody.iter().map(|heard| heard.lock().unwrap().ids.len()).collect();
        if heard.iter().all(|heard| *heard >= sent) {
            return start.elapsed();
        }
        assert!(start.elapsed() < CAUGHT_UP_WITHIN, "{sent} were acknowledged, {heard:?} were heard");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
