//! Claims of processes that are killed, stop, or hang.

use crate::support::{GREETING, LEASE, Process, TIMEOUT, World, next};
use meeshy_jobs::Runner;
use meeshy_store::jobs;
use meeshy_testkit::{Database, OnDatabase, both_databases};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};

/// Notifies when the work of a job is dropped.
struct Ended(Arc<Notify>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A runner whose jobs never end. It reports each start under its name; the last returned value is notified
/// when the work is dropped.
fn endless(
    world: &World,
    name: &'static str,
    started: &mpsc::UnboundedSender<&'static str>,
) -> (Runner, Arc<Notify>) {
    let (started, dropped) = (started.clone(), Arc::new(Notify::new()));
    let ended = Arc::clone(&dropped);
    let work = move |_| {
        let (started, guard) = (started.clone(), Ended(Arc::clone(&ended)));
        async move {
            let _guard = guard;
            started.send(name)?;
            std::future::pending().await
        }
    };
    (world.runner(name).handle(&GREETING, work), dropped)
}

#[both_databases]
async fn a_killed_holder_is_replaced_when_its_claim_expires_and_a_stopped_one_at_once(world: World) {
    world.greet("a", "Léa").await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let first = Process::start(endless(&world, "one", &started).0);
    assert_eq!(next(&mut starts).await, "one");
    first.kill().await;
    let second = Process::start(endless(&world, "two", &started).0);
    // SQLite has only one process, which need not wait for claims of the one before.
    if !world.store.is_exclusive() {
        world.hand.advance(LEASE);
    }
    assert_eq!(next(&mut starts).await, "two");
    second.stop().await;
    let third = Process::start(endless(&world, "three", &started).0);
    assert_eq!(next(&mut starts).await, "three", "without waiting for the claim");
    let job = world.job_until("greeting", "a", |_| true).await.unwrap();
    assert_eq!(job.attempts, 2, "an attempt that was given back does not count");
    third.kill().await;
}

#[tokio::test]
async fn work_is_dropped_when_its_claim_is_lost() {
    let world = World::on(Database::postgres()).await;
    world.greet("a", "Léa").await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let (runner, dropped) = endless(&world, "one", &started);
    let first = Process::start(runner);
    assert_eq!(next(&mut starts).await, "one");
    world.hand.advance(LEASE);
    let claimed = world.write(|tx| jobs::claim(tx, "two", &[GREETING.name()], LEASE, 1)).await;
    assert_eq!(claimed.len(), 1, "another process takes the job");
    tokio::time::timeout(TIMEOUT, dropped.notified()).await.expect("the work is dropped");
    first.stop().await;
    assert!(
        world.write(move |tx| jobs::extend_claim(tx, "two", &claimed[0], LEASE)).await,
        "it still has it"
    );
}
