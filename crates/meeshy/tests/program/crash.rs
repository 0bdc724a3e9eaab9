//! `kill -9` and `SIGTERM` under load: nothing acknowledged is lost or duplicated, and every translation
//! arrives.

use crate::kills::kills;
use crate::load::{Editor, Sender, assert_nothing_lost_or_duplicated, wait_for_all_translations};
use crate::server::Server;
use meeshy_testkit::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let mut round = 0;
    // A busy machine may need more rounds to produce a load.
    while round < rounds || (acknowledged(&senders) <= rounds && round < 4 * rounds) {
        let stop = Arc::new(AtomicBool::new(false));
        let editing = tokio::spawn({
            let (conversation, stop) = (Arc::clone(&conversation), Arc::clone(&stop));
            async move {
                editor.edit_until(&conversation, &stop).await;
                editor
            }
        });
        let sending: Vec<_> = senders
            .drain(..)
            .map(|mut sender| {
                let (conversation, stop) = (Arc::clone(&conversation), Arc::clone(&stop));
                tokio::spawn(async move {
                    sender.send_until(&conversation, &stop).await;
                    sender
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(40 + round as u64 * 37 % 160)).await;
        if round % 3 == 2 {
            assert!(server.stop().await, "the server did not exit cleanly after SIGTERM in round {round}");
        } else {
            server.kill();
        }
        stop.store(true, Ordering::SeqCst);
        for sender in sending {
            senders.push(sender.await.unwrap());
        }
        editor = editing.await.unwrap();
        server.restart().await;
        round += 1;
    }
    let history = reader.history(&conversation).await;
    assert_nothing_lost_or_duplicated(&senders, &history);
    editor.assert_nothing_lost(&history);
    let total = acknowledged(&senders);
    assert!(total > rounds, "only {total} messages were acknowledged: the load is too low");
    wait_for_all_translations(&reader, &conversation).await;
    eprintln!("{round} rounds, {total} messages and {} edits acknowledged, none lost", editor.edits());
}

fn acknowledged(senders: &[Sender]) -> usize {
    senders.iter().map(Sender::sends).sum()
}
