//! What a transaction promises, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{Clock, Timestamp};
use meeshy_store::{Ending, Exclusive, Store, StoreError, Tx};
use meeshy_testkit::{Database, both_databases};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

const INSERT: &str =
    "INSERT INTO translators (id, name, pairs, started_at, seen_at) VALUES ($1, '', '', 0, 0)";

fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.fetch_one("SELECT count(*) AS total FROM translators", &[])
}

async fn insert(store: &Store, id: &'static str) -> Result<u64, StoreError> {
    store.write(move |tx| tx.execute(INSERT, &[id.into()])).await
}

#[both_databases]
async fn a_read_sees_one_state_and_changes_nothing(database: Database) {
    let store = database.open().await.unwrap();
    let (counted, is_counted) = tokio::sync::oneshot::channel();
    let (written, is_written) = std::sync::mpsc::channel::<()>();
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            let read = move |tx: &mut Tx<'_>| {
                let before = count(tx)?;
                counted.send(()).unwrap();
                is_written.recv().unwrap();
                Ok::<_, StoreError>((before, count(tx)?))
            };
            store.read(read).await
        }
    });
    is_counted.await.unwrap();
    insert(&store, "between").await.unwrap();
    written.send(()).unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
    let changing = store.read(|tx| tx.execute(INSERT, &["x".into()])).await;
    assert!(changing.is_err());
    assert_eq!(store.read(count).await.unwrap(), 1);
}

#[both_databases]
async fn actions_with_several_order_keys_wait_for_each_other_and_never_deadlock(database: Database) {
    let store = database.open().await.unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..40_u64)
        .map(|number| {
            let (store, done) = (store.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let write = move |tx: &mut Tx<'_>| {
                    let keys = if number % 2 == 0 { [1, 2, 65] } else { [2, 1, 66] };
                    for key in keys {
                        let done = Arc::clone(&done);
                        tx.after_commit(key, move || _ = done.fetch_add(1, Ordering::SeqCst));
                    }
                    Ok::<_, StoreError>(())
                };
                store.write(write).await
            })
        })
        .collect();
    for writer in writers {
        tokio::time::timeout(Duration::from_secs(20), writer).await.unwrap().unwrap().unwrap();
    }
    assert_eq!(done.load(Ordering::SeqCst), 120);
}

#[both_databases]
async fn groups_that_share_their_second_key_are_in_order(database: Database) {
    let store = database.open().await.unwrap();
    insert(&store, "row").await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writers: Vec<_> = (0..60_u64)
        .map(|number| {
            let (store, seen) = (store.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let write = move |tx: &mut Tx<'_>| {
                    // The row's lock orders the writers, as a conversation's does.
                    let next: i64 = tx.fetch_one(
                        "UPDATE translators SET seen_at = seen_at + 1 WHERE id = 'row' RETURNING seen_at",
                        &[],
                    )?;
                    tx.after_commit(100 + number, || {});
                    let seen = Arc::clone(&seen);
                    tx.after_commit(7, move || seen.lock().unwrap().push(next));
                    Ok::<_, StoreError>(())
                };
                store.write(write).await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), (1..=60).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_wait_for_each_other_are_run_again() {
    let database = Database::postgres();
    let store = database.open().await.unwrap();
    insert(&store, "a").await.unwrap();
    insert(&store, "b").await.unwrap();
    let crossing = |first: &'static str, second: &'static str, met: Arc<Barrier>| {
        let mut attempts = 0;
        move |tx: &mut Tx<'_>| {
            attempts += 1;
            let touch = "UPDATE translators SET seen_at = seen_at + 1 WHERE id = $1";
            tx.execute(touch, &[first.into()])?;
            if attempts == 1 {
                met.wait();
            }
            tx.execute(touch, &[second.into()])?;
            Ok::<_, StoreError>(attempts)
        }
    };
    let met = Arc::new(Barrier::new(2));
    let (one, other) = tokio::join!(
        store.write(crossing("a", "b", Arc::clone(&met))),
        store.write(crossing("b", "a", met)),
    );
    assert!(one.unwrap() + other.unwrap() > 2, "both are kept, and one of them ran again");
}

#[both_databases]
async fn a_panic_undoes_its_transaction_and_nothing_else(database: Database) {
    let store = database.open().await.unwrap();
    let panics = |tx: &mut Tx<'_>| {
        tx.execute(INSERT, &["lost".into()])?;
        assert!(count(tx)? > 100, "a bug");
        Ok::<_, StoreError>(())
    };
    // More often than there are threads.
    for _ in 0..6 {
        let error = store.write(panics).await.unwrap_err().to_string();
        assert!(error.contains("a bug"), "{error}");
        let read = |_: &mut Tx<'_>| -> Result<(), StoreError> { panic!("another bug") };
        assert!(store.read(read).await.is_err());
        let after = |tx: &mut Tx<'_>| {
            tx.after_commit(1, || panic!("a bug after the commit"));
            Ok::<_, StoreError>(())
        };
        store.write(after).await.unwrap();
    }
    insert(&store, "kept").await.unwrap();
    assert_eq!(store.read(count).await.unwrap(), 1);
}

/// Panics in the thread of the store when nobody has waited for it.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped where nobody catches it");
    }
}

#[both_databases]
async fn a_thread_that_ends_is_noticed(database: Database) {
    let store = database.open().await.unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
    let abandoned = tokio::spawn({
        let store = store.clone();
        async move {
            let write = move |_: &mut Tx<'_>| {
                begun.try_send(()).unwrap();
                wait.recv().unwrap();
                Ok::<_, StoreError>(Bomb)
            };
            store.write(write).await.map(std::mem::forget)
        }
    });
    has_begun.recv().await.unwrap();
    abandoned.abort();
    assert!(abandoned.await.is_err());
    go.send(()).unwrap();
    let reason = tokio::time::timeout(Duration::from_secs(10), store.failure()).await.unwrap();
    assert!(reason.contains("dropped where nobody catches it"), "{reason}");
}

#[both_databases]
async fn a_nul_is_refused_and_named(database: Database) {
    let store = database.open().await.unwrap();
    let written = store.write(|tx| tx.execute(INSERT, &["a\0b".into()])).await;
    assert!(matches!(written, Err(StoreError::Nul)), "{written:?}");
    let read = store.read(|tx| tx.fetch_all::<()>("SELECT 1 AS one WHERE $1 = 'x'", &["\0".into()])).await;
    assert!(matches!(read, Err(StoreError::Nul)), "{read:?}");
}

#[both_databases]
async fn a_statement_that_does_not_fit_its_parameters_is_refused(database: Database) {
    let store = database.open().await.unwrap();
    for (sql, params) in [
        ("SELECT 1 AS one FROM translators WHERE id = $1 OR id = $2", vec!["a".into()]),
        ("SELECT 1 AS one FROM translators WHERE id = $1", vec!["a".into(), "b".into()]),
        ("SELECT 1 AS one FROM translators WHERE name LIKE '$1%'", vec![]),
    ] {
        // The second time it is prepared.
        for _ in 0..2 {
            let params = params.clone();
            let read = store.read(move |tx| tx.fetch_all::<()>(sql, &params)).await;
            assert!(matches!(read, Err(StoreError::Statement(_))), "{sql}: {read:?}");
        }
    }
}

fn now(tx: &mut Tx<'_>) -> Result<Timestamp, StoreError> {
    tx.now()
}

#[both_databases]
async fn the_time_is_the_databases_unless_a_test_says_otherwise(database: Database) {
    let store = database.open().await.unwrap();
    let millis = store.read(now).await.unwrap().millis();
    assert!((1_700_000_000_000..10_000_000_000_000).contains(&millis), "{millis}");
    let store = store.with_clock(Clock::new(|| Timestamp::from_millis(7)));
    assert_eq!(store.read(now).await.unwrap().millis(), 7);
}

#[both_databases]
fn what_follows_a_commit_follows_that_of_an_exclusive_store_too(database: Database) {
    let mut alone = Exclusive::open(database.location()).unwrap();
    for (ending, expected) in [(Ending::Commit, 1), (Ending::Undo, 0)] {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let work = |tx: &mut Tx<'_>| {
            tx.after_commit(1, move || _ = counted.fetch_add(1, Ordering::SeqCst));
            Ok::<_, StoreError>(((), ending))
        };
        alone.transaction(work).unwrap();
        assert_eq!(done.load(Ordering::SeqCst), expected, "{ending:?}");
    }
}
