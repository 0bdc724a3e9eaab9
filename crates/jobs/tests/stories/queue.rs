//! Jobs that are enqueued.

use crate::support::{GREETING, Process, Row, World, next};
use meeshy_store::StoreError;
use meeshy_testkit::both_databases;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

#[both_databases]
async fn a_job_exists_exactly_when_its_transaction_is_committed(world: World) {
    let rolled_back = world.store.write(|tx| {
        GREETING.enqueue(tx, "a", &"never".to_owned())?;
        Err::<(), _>(StoreError::Statement("changed its mind".into()))
    });
    rolled_back.await.unwrap_err();
    world.nothing_is_left().await;
    world.greet("a", "Léa").await;
    world.greet("b", "Carlos").await;
    assert!(world.write(|tx| GREETING.cancel(tx, "b")).await);
    let (greeted, mut greetings) = mpsc::unbounded_channel();
    let process = Process::start(world.runner("one").handle(&GREETING, move |who| {
        let greeted = greeted.clone();
        async move { Ok(greeted.send(who)?) }
    }));
    assert_eq!(next(&mut greetings).await, "Léa");
    process.stop().await;
    world.nothing_is_left().await;
    assert_eq!(greetings.recv().await, None, "nothing else was done");
}

#[both_databases]
async fn the_earliest_time_of_a_job_wins(world: World) {
    let within = async |who: &'static str, delay: Duration| {
        world.write(move |tx| GREETING.enqueue_within(tx, "a", &who.to_owned(), delay)).await;
        let row = world.job_until("greeting", "a", Option::is_some).await.unwrap();
        row.run_at.since(world.now())
    };
    let minute = Duration::from_secs(60);
    assert_eq!(within("Léa", minute * 5).await, minute * 5);
    assert_eq!(within("Carlos", minute * 9).await, minute * 5, "due before");
    assert_eq!(within("Emma", minute * 3).await, minute * 3);
    world.hand.advance(minute * 3);
    let (greeted, mut greetings) = mpsc::unbounded_channel();
    let process = Process::start(world.runner("one").handle(&GREETING, move |who| {
        let greeted = greeted.clone();
        async move { Ok(greeted.send(who)?) }
    }));
    assert_eq!(next(&mut greetings).await, "Emma");
    process.stop().await;
    assert_eq!(greetings.recv().await, None);
    world.nothing_is_left().await;
}

#[both_databases]
async fn a_job_that_is_replaced_while_it_runs_runs_again(world: World) {
    let (greeted, mut greetings) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let process = Process::start(world.runner("one").handle(&GREETING, move |who| {
        let (greeted, gate) = (greeted.clone(), Arc::clone(&opened));
        async move {
            greeted.send(who)?;
            gate.acquire().await?.forget();
            Ok(())
        }
    }));
    world.greet("a", "Léa").await;
    assert_eq!(next(&mut greetings).await, "Léa");
    world.greet("a", "Carlos").await;
    world.greet("a", "Emma").await;
    assert!(!world.write(|tx| GREETING.cancel(tx, "a")).await, "it is running");
    gate.add_permits(2);
    assert_eq!(next(&mut greetings).await, "Emma", "the newest one");
    world.job_until("greeting", "a", Option::is_none).await;
    process.stop().await;
    assert_eq!(greetings.recv().await, None);
}

#[both_databases]
async fn a_failing_job_is_retried_later_each_time_until_it_is_dead(world: World) {
    world.greet("a", "Léa").await;
    let process = Process::start(world.runner("one").handle(&GREETING, |who| async move {
        match who.as_str() {
            "Léa" => Err("she is not at home".into()),
            who => panic!("{who} is unknown"),
        }
    }));
    for (attempt, wait) in [(1, 5), (2, 20)] {
        let (now, wait) = (world.now(), Duration::from_secs(wait));
        let job = world.job_until("greeting", "a", |row| row.as_ref().unwrap().run_at > now).await.unwrap();
        assert_eq!((job.attempts, job.run_at), (attempt, now.plus(wait)));
        assert_eq!(job.error.as_deref(), Some("she is not at home"));
        world.hand.advance(wait);
    }
    let now = world.now();
    world.job_until("greeting", "a", |row| row.as_ref().unwrap().run_at > now).await;
    world.write(|tx| tx.execute("UPDATE jobs SET attempts = 9", &[])).await;
    world.hand.advance(Duration::from_secs(80));
    let job = world.job_until("greeting", "a", |row| row.as_ref().unwrap().is_dead).await.unwrap();
    assert_eq!((job.attempts, job.error.as_deref()), (10, Some("she is not at home")));

    world.greet("a", "Nobody").await;
    let failed = |row: &Option<Row>| row.as_ref().unwrap().error.is_some();
    let job = world.job_until("greeting", "a", failed).await.unwrap();
    assert_eq!((job.attempts, job.is_dead), (1, false), "it lives again");
    assert_eq!(job.error.as_deref(), Some("panicked: Nobody is unknown"));
    process.stop().await;
}
