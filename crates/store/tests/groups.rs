//! Group commit, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_store::{Location, Store, StoreError, Tx};
use meeshy_testkit::{Database, both_databases};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::task::JoinHandle;

const KEY: u64 = 7;
const INSERT: &str =
    "INSERT INTO translators (id, name, pairs, started_at, seen_at) VALUES ($1, '', '', 0, 0)";

fn ids(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.fetch_all("SELECT id FROM translators ORDER BY id", &[])
}

/// Delays the closures after it with the same key until the sender is used or dropped.
async fn hold_up(store: &Store) -> (mpsc::Sender<()>, JoinHandle<Result<(), StoreError>>) {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (released, mut begun) = (Mutex::new(released), Some(begun));
    let store = store.clone();
    let held = tokio::spawn(async move {
        let wait = move |_: &mut Tx<'_>| {
            begun.take().map(|begun| begun.send(()));
            let _ = released.lock().unwrap().recv();
            Ok(())
        };
        store.write_in_turn(KEY, wait).await
    });
    has_begun.await.unwrap();
    (release, held)
}

/// Submits a closure, and lets it get into the queue before the next one.
async fn in_turn<T: Send + 'static>(
    store: &Store,
    closure: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> JoinHandle<Result<T, StoreError>> {
    let store = store.clone();
    let task = tokio::spawn(async move { store.write_in_turn(KEY, closure).await });
    tokio::task::yield_now().await;
    task
}

#[both_databases]
async fn a_failed_closure_rolls_back_only_itself(database: Database) {
    let store = database.open().await.unwrap();
    store.write(|tx| tx.execute(INSERT, &["taken".into()])).await.unwrap();
    let (release, held) = hold_up(&store).await;
    let done = Arc::new(Mutex::new(Vec::new()));
    let mut answers = Vec::new();
    for number in 0..8_i64 {
        let done = Arc::clone(&done);
        let write = move |tx: &mut Tx<'_>| {
            tx.execute(INSERT, &[format!("{number}").into()])?;
            match number {
                2 => return Err(StoreError::Nul),
                4 => panic!("a bug"),
                5 => _ = tx.execute(INSERT, &["taken".into()])?,
                _ => {}
            }
            let done = Arc::clone(&done);
            tx.after_commit(KEY, move || done.lock().unwrap().push(number));
            Ok(number)
        };
        answers.push(in_turn(&store, write).await);
    }
    drop(release);
    held.await.unwrap().unwrap();
    let mut kept = Vec::new();
    for (number, answer) in answers.into_iter().enumerate() {
        match (number, answer.await.unwrap()) {
            (2, Err(StoreError::Nul)) | (5, Err(StoreError::Conflict(_))) => {}
            (4, Err(StoreError::Statement(reason))) => {
                assert!(reason.contains("a bug"), "{reason}");
            }
            (number, answer) => {
                kept.push(answer.unwrap_or_else(|error| panic!("{number}: {error}")));
            }
        }
    }
    assert_eq!(kept, [0, 1, 3, 6, 7]);
    assert_eq!(*done.lock().unwrap(), [0, 1, 3, 6, 7], "in order");
    assert_eq!(store.read(ids).await.unwrap(), ["0", "1", "3", "6", "7", "taken"]);
}

#[both_databases]
async fn a_deferred_failure_is_reported_to_its_closure(database: Database) {
    let store = database.open().await.unwrap();
    let (release, held) = hold_up(&store).await;
    let mut answers = Vec::new();
    for id in ["a", "a", "b", "b", "c"] {
        // Its result is not awaited, so it arrives with the next closure or with the commit.
        let write = move |tx: &mut Tx<'_>| tx.execute_later(INSERT, &[id.into()]);
        answers.push(in_turn(&store, write).await);
    }
    drop(release);
    held.await.unwrap().unwrap();
    let mut is_kept = Vec::new();
    for answer in answers {
        is_kept.push(answer.await.unwrap().is_ok());
    }
    assert_eq!(is_kept, [true, false, true, false, true]);
    assert_eq!(store.read(ids).await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn waiting_closures_share_a_commit() {
    let database = Database::postgres();
    let store = database.open().await.unwrap();
    let (release, held) = hold_up(&store).await;
    let mut answers = Vec::new();
    for number in 0..10_i64 {
        let write = move |tx: &mut Tx<'_>| {
            tx.execute(INSERT, &[number.to_string().into()])?;
            tx.fetch_one::<i64>("SELECT CAST(txid_current() AS BIGINT) AS id", &[])
        };
        answers.push(in_turn(&store, write).await);
    }
    drop(release);
    held.await.unwrap().unwrap();
    let mut transactions = Vec::new();
    for answer in answers {
        transactions.push(answer.await.unwrap().unwrap());
    }
    transactions.dedup();
    assert_eq!(transactions.len(), 1, "{transactions:?}");
}

#[tokio::test]
async fn a_closure_that_waits_for_a_lock_delays_no_other() {
    let database = Database::postgres();
    let Location::Postgres { url, .. } = database.location().clone() else { unreachable!() };
    let store = Store::open(&Location::Postgres { url, connections: 6 }).await.unwrap();
    store.write(|tx| tx.execute(INSERT, &["row".into()])).await.unwrap();
    let touch =
        |tx: &mut Tx<'_>| tx.execute("UPDATE translators SET seen_at = seen_at + 1 WHERE id = 'row'", &[]);
    let (release, released) = mpsc::channel::<()>();
    let (locked, mut is_locked) = tokio::sync::mpsc::channel(1);
    let holder = tokio::spawn({
        let store = store.clone();
        async move {
            let lock = move |tx: &mut Tx<'_>| {
                touch(tx)?;
                let _ = locked.try_send(());
                let _ = released.recv();
                Ok::<_, StoreError>(())
            };
            store.write(lock).await
        }
    });
    is_locked.recv().await.unwrap();
    let (go, held) = hold_up(&store).await;
    let late = in_turn(&store, touch).await;
    let prompt = in_turn(&store, |tx| tx.execute(INSERT, &["prompt".into()])).await;
    drop(go);
    held.await.unwrap().unwrap();
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), prompt).await.unwrap().unwrap().unwrap(), 1);
    assert!(!late.is_finished());
    drop(release);
    holder.await.unwrap().unwrap();
    assert_eq!(late.await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn the_store_reconnects_to_a_restarted_database() {
    let database = Database::postgres();
    let store = database.open().await.unwrap();
    let end = |tx: &mut Tx<'_>| {
        tx.fetch_all::<()>(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
            &[],
        )
    };
    for number in 0..3 {
        let write = move |tx: &mut Tx<'_>| tx.execute(INSERT, &[number.to_string().into()]);
        assert_eq!(store.write_in_turn(KEY, write).await.unwrap(), 1);
        store.write(end).await.unwrap();
    }
}
