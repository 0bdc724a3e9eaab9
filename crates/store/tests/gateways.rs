//! Shared state of gateways, on both databases: counted calls and connected users.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{Timestamp, UserId};
use meeshy_store::call_counts::{self, Counted};
use meeshy_store::gateways::{self, GATEWAY_TIMEOUT, Gateway};
use meeshy_store::{Store, StoreError, Tx};
use meeshy_testkit::clock::ClockControl;
use meeshy_testkit::{Database, both_databases, clock, sample};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// An empty store with a manual clock.
async fn open(database: &Database) -> (Store, ClockControl) {
    let (clock, hand) = clock::manual();
    (database.open().await.unwrap().with_clock(clock), hand)
}

#[both_databases]
async fn calls_are_counted_in_windows_and_expired_ones_are_removed(database: Database) {
    let (store, hand) = open(&database).await;
    let count = |caller: &str| {
        let counted = Counted {
            limit_name: "login",
            caller_hash: caller.to_owned(),
            max_calls: 2,
            window: SECOND * 10,
        };
        store.write(move |tx| call_counts::count(tx, &counted))
    };
    assert_eq!(count("a").await.unwrap(), None);
    hand.advance(SECOND * 4);
    assert_eq!(count("a").await.unwrap(), None);
    assert_eq!(count("a").await.unwrap(), Some(SECOND * 6), "until the window ends");
    assert_eq!(count("b").await.unwrap(), None);
    hand.advance(SECOND * 6);
    assert_eq!(count("a").await.unwrap(), None, "a new window");
    for number in 0..5 {
        hand.advance(Duration::from_millis(1));
        assert_eq!(count(&format!("c{number}")).await.unwrap(), None);
    }
    let callers = || {
        store.read(|tx: &mut Tx<'_>| {
            tx.fetch_all::<String>("SELECT caller_hash FROM call_counts ORDER BY ends_at", &[])
        })
    };
    store.write(|tx| call_counts::trim(tx, 3)).await.unwrap();
    assert_eq!(callers().await.unwrap(), ["c2", "c3", "c4"], "the newest");
    hand.advance(SECOND * 10);
    store.write(|tx| call_counts::trim(tx, 3)).await.unwrap();
    assert!(callers().await.unwrap().is_empty());
}

#[tokio::test]
async fn concurrent_calls_are_all_counted() {
    let database = Database::postgres();
    let store = database.open().await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let store = store.clone();
        let counted = Counted {
            limit_name: "login",
            caller_hash: "a".to_owned(),
            max_calls: 25,
            window: SECOND * 3_600,
        };
        calls.spawn(async move { store.write(move |tx| call_counts::count(tx, &counted)).await.unwrap() });
    }
    let allowed = calls.join_all().await.into_iter().filter(Option::is_none).count();
    assert_eq!(allowed, 25);
}

fn gateway(id: &str) -> Gateway {
    Gateway { id: id.to_owned(), key_fingerprint: "key".to_owned(), presence_version: 0 }
}

async fn last_active(store: &Store, user: UserId) -> Timestamp {
    let read =
        move |tx: &mut Tx<'_>| tx.fetch_one("SELECT last_active_at FROM users WHERE id = $1", &[user.into()]);
    store.read(read).await.unwrap()
}

#[both_databases]
async fn a_gateway_that_is_not_renewed_is_removed_with_its_users(database: Database) {
    let (store, hand) = open(&database).await;
    let (lea, carlos): (UserId, UserId) =
        ("65a000000000000000000001".parse().unwrap(), "65a000000000000000000002".parse().unwrap());
    let fill = move |tx: &mut Tx<'_>| {
        for (number, user) in [lea, carlos].into_iter().enumerate() {
            meeshy_store::users::insert(tx, &sample::user(user, &format!("person{number}")))?;
        }
        gateways::insert(tx, &gateway("a"))?;
        gateways::insert(tx, &gateway("b"))?;
        gateways::connect(tx, "a", &[lea, carlos])?;
        gateways::connect(tx, "a", &[lea])?;
        gateways::disconnect(tx, "a", &[carlos])?;
        gateways::connect(tx, "b", &[carlos])?;
        tx.now()
    };
    let began = store.write(fill).await.unwrap();
    let alive = || async {
        let alive = store.read(gateways::alive).await.unwrap();
        alive.into_iter().map(|gateway| (gateway.id, gateway.presence_version)).collect::<Vec<_>>()
    };
    assert_eq!(alive().await, [("a".to_owned(), 0), ("b".to_owned(), 0)]);
    hand.advance(GATEWAY_TIMEOUT - SECOND);
    assert!(store.write(|tx| gateways::renew(tx, "b", 7)).await.unwrap());
    store.write(gateways::remove_dead).await.unwrap();
    assert_eq!(alive().await.len(), 2, "both were seen recently");

    hand.advance(SECOND);
    assert_eq!(alive().await, [("b".to_owned(), 7)], "dead before it is removed");
    store.write(gateways::remove_dead).await.unwrap();
    let connected = |id: &'static str| store.read(move |tx| gateways::connected(tx, id));
    assert_eq!(connected("a").await.unwrap(), None);
    assert_eq!(connected("b").await.unwrap(), Some((7, vec![carlos])));
    assert!(!store.write(|tx| gateways::renew(tx, "a", 1)).await.unwrap(), "it has to join again");
    assert_eq!(last_active(&store, lea).await, began, "when the gateway was last seen");

    store.write(|tx| gateways::remove(tx, "b")).await.unwrap();
    assert_eq!(connected("b").await.unwrap(), None);
    assert_eq!(last_active(&store, carlos).await, began.plus(GATEWAY_TIMEOUT - SECOND));
    let left =
        store.read(|tx: &mut Tx<'_>| tx.fetch_one::<i64>("SELECT count(*) AS n FROM connected_users", &[]));
    assert_eq!(left.await.map_err(|error: StoreError| error).unwrap(), 0);
}
