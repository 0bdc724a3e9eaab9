//! The event log: its numbers, and what remains after pruning, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{ConversationId, IdGenerator, MessageId, Timestamp, UserId};
use meeshy_store::events::{self, Change, Keep, LoggedEvent};
use meeshy_store::{Store, StoreError, Tx, conversations};
use meeshy_testkit::sample::{NOW, conversation};
use meeshy_testkit::{Database, both_databases};
use std::time::Duration;

/// A store with some conversations.
async fn with_conversations(database: &Database, count: usize) -> (Store, Vec<ConversationId>) {
    let store = database.open().await.unwrap();
    let ids = IdGenerator::new([1; 5], 0);
    let talks: Vec<ConversationId> = (0..count).map(|_| ids.next(NOW).into()).collect();
    let created = talks.clone();
    let create = move |tx: &mut Tx<'_>| {
        created.iter().try_for_each(|id| conversations::insert(tx, &conversation(*id)))
    };
    store.write(create).await.unwrap();
    (store, talks)
}

async fn after(store: &Store, talk: ConversationId, number: i64) -> Vec<LoggedEvent> {
    store.read(move |tx| events::after(tx, &[(talk, number)], 1_000)).await.unwrap()
}

async fn append(store: &Store, talk: ConversationId, count: usize, at: Timestamp) {
    let user: UserId = "65a0c0ffee0123456789abcd".parse().unwrap();
    let write = move |tx: &mut Tx<'_>| events::append(tx, talk, &vec![Change::Read(user); count], at);
    store.write(write).await.unwrap();
}

fn numbers(events: &[LoggedEvent]) -> Vec<i64> {
    events.iter().map(|event| event.number).collect()
}

#[both_databases]
async fn a_number_is_never_seen_before_those_below_it(database: Database) {
    let (store, talks) = with_conversations(&database, 2).await;
    let writer = |n: usize| {
        let (store, talk) = (store.clone(), talks[n % 2]);
        tokio::spawn(async move {
            for round in 0..30 {
                let write = move |tx: &mut Tx<'_>| {
                    let user: UserId = format!("{n:024x}").parse().unwrap();
                    events::append(tx, talk, &vec![Change::Read(user); 1 + round % 3], NOW)?;
                    if round % 5 == 4 { Err(StoreError::Statement("given up".into())) } else { Ok(()) }
                };
                let _ = store.write(write).await;
            }
        })
    };
    let writers: Vec<_> = (0..8).map(writer).collect();
    let mut seen = 0;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let found = numbers(&after(&store, talks[0], seen).await);
        let expected: Vec<i64> = (seen + 1..).take(found.len()).collect();
        assert_eq!(found, expected);
        seen += i64::try_from(found.len()).unwrap();
    }
    for talk in talks {
        // Its creation, and from each of four writers 24 committed transactions.
        let found = after(&store, talk, 0).await;
        assert_eq!(numbers(&found), (1..=1 + 4 * 48).collect::<Vec<_>>());
        let last = store.read(move |tx| events::last(tx, &[talk])).await.unwrap();
        assert_eq!(last, [(talk, 1 + 4 * 48)]);
    }
}

#[both_databases]
async fn events_of_many_conversations_are_read_at_once(database: Database) {
    let (store, talks) = with_conversations(&database, 70).await;
    let (message, user): (MessageId, UserId) =
        ("65a0c0ffee0123456789abcd".parse().unwrap(), "65a0c0ffee0123456789abce".parse().unwrap());
    let changes = [
        Change::MessageNew(message),
        Change::Translated(message, "fr".parse().unwrap()),
        Change::MessageEdited(message),
        Change::Read(user),
    ];
    let talk = talks[0];
    let logged = changes.clone();
    let first = store.write(move |tx| events::append(tx, talk, &logged, NOW)).await.unwrap();
    assert_eq!(first, 2, "the first number is its creation");
    // For the last one first; of the others, only one has news.
    let mut known: Vec<(ConversationId, i64)> = talks.iter().rev().map(|id| (*id, 1)).collect();
    known[3].1 = 0;
    let found = store.read(move |tx| events::after(tx, &known, 3)).await.unwrap();
    let expected = [
        (talks[66], 1, Change::Created),
        (talk, 2, changes[0].clone()),
        (talk, 3, changes[1].clone()),
        (talk, 4, changes[2].clone()),
    ];
    let found: Vec<_> = found
        .iter()
        .map(|event| (event.conversation_id, event.number, event.change.clone().unwrap()))
        .collect();
    assert_eq!(found, expected);
}

#[both_databases]
async fn old_and_surplus_events_are_pruned_from_the_beginning(database: Database) {
    let (store, talks) = with_conversations(&database, 5).await;
    let minute = Duration::from_secs(60);
    append(&store, talks[0], 9, NOW).await;
    append(&store, talks[1], 9, NOW).await;
    append(&store, talks[1], 5, NOW.plus(2 * minute)).await;
    append(&store, talks[2], 9, NOW.plus(2 * minute)).await;
    append(&store, talks[4], 30, NOW.plus(2 * minute)).await;
    let keep = Keep { since: NOW.plus(minute), rows: 20 };
    let (mut last, mut pruned) = (None, Vec::new());
    loop {
        let batch = store.write(move |tx| events::prune(tx, keep, last, 2, 4)).await.unwrap();
        pruned.push(batch.removed);
        last = batch.last;
        if batch.is_done {
            break;
        }
    }
    assert!(pruned.iter().all(|removed| *removed <= 4), "{pruned:?}");
    let mut left = Vec::new();
    for talk in &talks {
        left.push(numbers(&after(&store, *talk, 0).await));
    }
    let none = Vec::new();
    let expected =
        [none.clone(), (11..=15).collect(), (2..=10).collect(), none, (12..=31).collect::<Vec<i64>>()];
    assert_eq!(left, expected);
    // The numbering continues.
    append(&store, talks[0], 1, NOW).await;
    assert_eq!(numbers(&after(&store, talks[0], 0).await), [11]);
}

#[both_databases]
async fn after_a_restart_of_the_log_no_number_is_known(database: Database) {
    let (store, talks) = with_conversations(&database, 2).await;
    append(&store, talks[0], 3, NOW).await;
    store.write(events::restart).await.unwrap();
    let ids = talks.clone();
    let mut last = store.read(move |tx| events::last(tx, &ids)).await.unwrap();
    last.sort_unstable();
    assert_eq!(last, [(talks[0], 5), (talks[1], 2)]);
    assert_eq!(after(&store, talks[0], 0).await, []);
}
