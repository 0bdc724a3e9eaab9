//! `kill -9` and `SIGTERM` under load: nothing acknowledged is lost or duplicated, and every translation
//! arrives.

use crate::kills::kills;
use crate::load::{Editor, Round, Sender, assert_nothing_lost_or_duplicated, wait_for_all_translations};
use crate::server::Server;
use meeshy_testkit::{Database, Person, eventually};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How often the server is killed; `MEESHY_KILLS` overrides it.
const KILLS: usize = 30;
/// The number of clients that send concurrently.
const SENDERS: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_crashes_on_sqlite() {
    crash(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_crashes_on_postgresql() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    crash(&[("DATABASE_URL", url)]).await;
}

/// The reader's one notification of all messages counts each of them once.
async fn assert_notified_once(reader: &Person, messages: usize) {
    let counted = async || {
        let answer = reader.get("/notifications?type=new_message").await.body;
        let [notification] = &answer["data"].as_array().unwrap()[..] else { panic!("{answer}") };
        let data: Value = serde_json::from_str(notification["data"].as_str().unwrap()).unwrap();
        usize::try_from(data["count"].as_u64().unwrap()).unwrap()
    };
    eventually("the reader is notified of everything", async || counted().await >= messages).await;
    assert_eq!(counted().await, messages);
}

async fn crash(variables: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), variables).await;
    let reader = server.sign_up("lea", "fr").await;
    let mut people = Vec::new();
    for number in 0..SENDERS {
        people.push(server.sign_up(&format!("carlos{number}"), "es").await);
    }
    let conversation: Arc<str> = reader.group(&people.iter().collect::<Vec<_>>()).await.into();
    let mut editor = Editor::new(people[0].clone());
    let mut senders: Vec<Sender> =
        people.into_iter().enumerate().map(|(number, client)| Sender::new(client, number)).collect();

    let rounds = kills(KILLS);
    for number in 0..rounds {
        let round = Arc::new(Round::default());
        let editing = tokio::spawn({
            let (conversation, round) = (Arc::clone(&conversation), Arc::clone(&round));
            async move {
                editor.edit_during(&round, &conversation).await;
                editor
            }
        });
        let sending: Vec<_> = senders
            .drain(..)
            .map(|mut sender| {
                let (conversation, round) = (Arc::clone(&conversation), Arc::clone(&round));
                tokio::spawn(async move {
                    sender.send_during(&round, &conversation).await;
                    sender
                })
            })
            .collect();
        // Every round has a load, and some end right after a message or an edit was acknowledged.
        match number % 2 {
            0 => round.sent().await,
            _ => round.edited().await,
        }
        tokio::time::sleep(Duration::from_millis(number as u64 * 37 % 160)).await;
        if number % 3 == 2 {
            assert!(server.stop().await, "the server did not exit cleanly after SIGTERM in round {number}");
        } else {
            server.kill();
        }
        round.stop();
        for sender in sending {
            senders.push(sender.await.unwrap());
        }
        editor = editing.await.unwrap();
        server.restart().await;
    }
    let history = reader.history(&conversation).await;
    assert_nothing_lost_or_duplicated(&senders, &history);
    editor.assert_nothing_lost(&history);
    wait_for_all_translations(&reader, &conversation).await;
    assert_notified_once(&reader, history.len()).await;
    let total: usize = senders.iter().map(Sender::sends).sum();
    eprintln!("{rounds} rounds, {total} messages and {} edits acknowledged, none lost", editor.edits());
}
