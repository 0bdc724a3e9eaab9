//! Scheduled jobs.

use crate::support::{HOUR, Process, World, next};
use meeshy_jobs::Runner;
use meeshy_store::jobs::{self, Scheduled};
use meeshy_testkit::{Database, OnDatabase, both_databases};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

async fn state(world: &World) -> Scheduled {
    world.store.read(jobs::scheduled).await.unwrap().pop().unwrap()
}

/// A runner with one scheduled job, which reports each run.
fn hourly(world: &World, runs: &mpsc::UnboundedSender<()>) -> Runner {
    let runs = runs.clone();
    world.runner("one").schedule("sweep", HOUR, move || {
        let runs = runs.clone();
        async move { Ok(runs.send(())?) }
    })
}

#[both_databases]
async fn a_run_missed_while_the_program_was_down_is_made_once(world: World) {
    let (ran, mut runs) = mpsc::unbounded_channel();
    let process = Process::start(hourly(&world, &ran));
    next(&mut runs).await;
    process.stop().await;
    assert_eq!(state(&world).await.run_at, world.now().plus(HOUR));
    world.hand.advance(HOUR * 10);
    let process = Process::start(hourly(&world, &ran));
    next(&mut runs).await;
    process.stop().await;
    drop(ran);
    let (state, now) = (state(&world).await, world.now());
    assert_eq!((state.last_succeeded_at, state.run_at), (Some(now), now.plus(HOUR)));
    assert_eq!(runs.recv().await, None);
}

#[both_databases]
async fn an_interval_that_becomes_shorter_holds_at_once(world: World) {
    let declare = |interval| world.write(move |tx| jobs::schedule(tx, "sweep", interval));
    declare(HOUR).await;
    let due = world.now();
    assert_eq!(state(&world).await.run_at, due, "the first run is due at once");
    world.write(move |tx| tx.execute("UPDATE jobs SET run_at = $1", &[due.plus(HOUR).into()])).await;
    declare(HOUR * 2).await;
    assert_eq!(state(&world).await.run_at, due.plus(HOUR));
    declare(HOUR / 2).await;
    assert_eq!(state(&world).await.run_at, due.plus(HOUR / 2));
}

#[both_databases]
async fn a_failing_run_is_repeated_sooner_and_shows_why(world: World) {
    let is_broken = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&is_broken);
    let process = Process::start(world.runner("one").schedule("sweep", HOUR, move || {
        let is_broken = broken.load(Ordering::SeqCst);
        async move { if is_broken { Err("the broom is broken".into()) } else { Ok(()) } }
    }));
    let job = world.job_until("sweep", "", |row| row.as_ref().is_some_and(|row| row.error.is_some()));
    let (job, now) = (job.await.unwrap(), world.now());
    assert_eq!(job.run_at, now.plus(Duration::from_secs(60)));
    assert_eq!(state(&world).await.last_error.as_deref(), Some("the broom is broken"));
    is_broken.store(false, Ordering::SeqCst);
    world.hand.advance(Duration::from_secs(60));
    let job = world.job_until("sweep", "", |row| row.as_ref().unwrap().error.is_none()).await.unwrap();
    assert_eq!((job.attempts, job.run_at), (0, now.plus(Duration::from_secs(60) + HOUR)));
    process.stop().await;
}

#[tokio::test]
async fn two_processes_never_run_one_schedule_at_the_same_time() {
    let world = World::on(Database::postgres()).await;
    let (ran, mut runs) = mpsc::unbounded_channel();
    let inside = Arc::new(AtomicUsize::new(0));
    let processes = ["one", "two", "three"].map(|name| {
        let (ran, inside) = (ran.clone(), Arc::clone(&inside));
        Process::start(world.runner(name).schedule("sweep", HOUR, move || {
            let (ran, inside) = (ran.clone(), Arc::clone(&inside));
            async move {
                let others = inside.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                Ok(ran.send(others)?)
            }
        }))
    });
    for run in 0..4 {
        assert_eq!(next(&mut runs).await, 0, "run {run}");
        world.job_until("sweep", "", |row| row.as_ref().unwrap().attempts == 0).await;
        // Makes it due; the clock stands still, so no claim expires.
        world.write(|tx| jobs::enqueue(tx, "sweep", "", "")).await;
    }
    for process in processes {
        process.stop().await;
    }
    drop(ran);
    // One more may have run before they stopped.
    let mut more = 0;
    while let Some(others) = runs.recv().await {
        assert_eq!(others, 0);
        more += 1;
    }
    assert!(more <= 1, "{more} more runs");
}
