//! Scheduled jobs, which run on one of several processes.

use crate::support::World;
use meeshy_testkit::Database;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Everything a test waits for happens within this time: a few attempts to acquire a lease.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Runs the job in a task of its own when it has the lease, and announces it under a name. The last returned
/// value is notified when the job ends.
fn lead(
    world: &World,
    name: &'static str,
    led: &mpsc::Sender<&'static str>,
) -> (oneshot::Sender<()>, JoinHandle<()>, Arc<Notify>) {
    let (chat, led, over) = (world.chat.clone(), led.clone(), Arc::new(Notify::new()));
    let ended = Arc::clone(&over);
    let (stop, stopping) = oneshot::channel();
    let job = move || {
        let (led, guard) = (led.clone(), Ended(Arc::clone(&ended)));
        async move {
            let _guard = guard;
            led.send(name).await.unwrap();
            std::future::pending().await
        }
    };
    let leading = tokio::spawn(async move { chat.lead("job", job, async { drop(stopping.await) }).await });
    (stop, leading, over)
}

/// Notifies when a job is dropped.
struct Ended(Arc<Notify>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn next(leaders: &mut mpsc::Receiver<&'static str>) -> &'static str {
    tokio::time::timeout(TIMEOUT, leaders.recv()).await.expect("somebody leads").unwrap()
}

#[tokio::test]
async fn a_killed_leader_is_replaced_after_its_lease_and_a_stopped_one_at_once() {
    let database = Arc::new(Database::postgres());
    let (one, two) = (World::on(Arc::clone(&database)).await, World::seeded(database, 500_000).await);
    let (led, mut leaders) = mpsc::channel(8);
    let (_dies, first, _) = lead(&one, "one", &led);
    assert_eq!(next(&mut leaders).await, "one");
    let (stops, second, _) = lead(&two, "two", &led);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled(), "it could not release the lease");
    two.hand.advance(Duration::from_secs(10));
    assert_eq!(next(&mut leaders).await, "two");

    drop(stops);
    second.await.unwrap();
    // With a clock that stands still, so without waiting for the lease.
    let _third = lead(&two, "three", &led);
    assert_eq!(next(&mut leaders).await, "three");
}

#[tokio::test]
async fn a_leader_that_lost_its_lease_ends_its_job() {
    let database = Arc::new(Database::postgres());
    let (one, two) = (World::on(Arc::clone(&database)).await, World::seeded(database, 500_000).await);
    let (led, mut leaders) = mpsc::channel(8);
    let (_stop, first, over) = lead(&one, "one", &led);
    assert_eq!(next(&mut leaders).await, "one");
    two.hand.advance(Duration::from_secs(10));
    let _second = lead(&two, "two", &led);
    assert_eq!(next(&mut leaders).await, "two");
    tokio::time::timeout(TIMEOUT, over.notified()).await.expect("its job ends");
    assert!(!first.is_finished(), "it tries to lead again");
}
