//! Features of PostgreSQL: encryption, lost connections, and several processes.

use meeshy_store::{Location, Store, StoreError, Tx};
use meeshy_testkit::{Certificates, Cluster, Database, Proxy, eventually};
use std::path::Path;
use std::time::Duration;

async fn open(url: String) -> Result<Store, StoreError> {
    Store::open(&Location::Postgres { url, connections: 2 }).await
}

fn is_encrypted(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.fetch_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_as_secure_as_its_address_requires() {
    let (ours, others) = (Certificates::make(), Certificates::make());
    let cluster = tokio::task::block_in_place(|| Cluster::start_encrypted(&ours));
    let url = |host: &str, mode: &str, authority: Option<&Path>| {
        let root = authority.map_or_else(String::new, |path| format!("&sslrootcert={}", path.display()));
        format!("postgres://meeshy@{host}:{}/postgres?sslmode={mode}{root}", cluster.port())
    };
    let (ours, others) = (ours.authority(), others.authority());
    for (host, mode, authority) in [
        ("localhost", "verify-full", Some(&*ours)),
        ("127.0.0.1", "verify-ca", Some(&*ours)),
        ("127.0.0.1", "require", Some(&*ours)),
        ("127.0.0.1", "require", None),
        ("127.0.0.1", "prefer", None),
    ] {
        let store = open(url(host, mode, authority)).await;
        let store = store.unwrap_or_else(|error| panic!("{mode} to {host}: {error}"));
        assert!(store.read(is_encrypted).await.unwrap(), "{mode} to {host}");
    }
    for (host, mode, authority, reason) in [
        ("127.0.0.1", "verify-full", Some(&*ours), "not valid for name"),
        ("localhost", "verify-full", Some(&*others), "certificate"),
        ("localhost", "verify-ca", Some(&*others), "certificate"),
        ("localhost", "require", Some(&*others), "certificate"),
        ("localhost", "verify-full", None, "certificate"),
        ("localhost", "disable", None, "no encryption"),
        ("localhost", "verify-full", Some(Path::new("/nowhere/ca.pem")), "/nowhere/ca.pem"),
        ("localhost", "always", None, "expected disable, prefer, require"),
    ] {
        let error = open(url(host, mode, authority)).await.err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{mode} to {host} was trusted"));
        assert!(error.contains(reason), "{mode} to {host}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_blocks_no_thread_for_ever() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let proxy = Proxy::to(cluster.port());
    let address = format!("postgres://meeshy@127.0.0.1:{}/postgres?statement_timeout=1000", proxy.port());
    let store = open(address).await.unwrap();
    let answers = async |store: &Store| {
        let asked = store.read(|tx| tx.fetch_one::<()>("SELECT 1 AS one", &[]));
        tokio::time::timeout(Duration::from_secs(30), asked).await.expect("it hangs")
    };
    answers(&store).await.unwrap();
    proxy.set_silent(true);
    // More than there are threads: none is lost.
    for _ in 0..4 {
        let answer = answers(&store).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    proxy.set_silent(false);
    eventually("it answers again", async || answers(&store).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_wait_for_an_unreachable_server_fail_together() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let url = format!("postgres://meeshy@127.0.0.1:{}/postgres", cluster.port());
    let store = Store::open(&Location::Postgres { url, connections: 1 }).await.unwrap();
    store.read(is_encrypted).await.unwrap();
    tokio::task::block_in_place(|| cluster.kill());
    let read = || store.read(|tx| tx.fetch_one::<()>("SELECT 1 AS one", &[]));
    let all = futures::future::join_all((0..100).map(|_| read()));
    // One after the other they would take minutes.
    let all = tokio::time::timeout(Duration::from_secs(30), all).await.expect("they wait for each other");
    assert!(all.iter().all(|read| matches!(read, Err(StoreError::Unavailable(_)))), "{all:?}");
    tokio::task::block_in_place(|| cluster.up());
    eventually("it answers again", async || read().await.is_ok()).await;
}

#[tokio::test]
async fn a_slow_statement_is_cancelled_by_the_server() {
    let database = Database::postgres();
    let Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let store = open(format!("{url}?statement_timeout=200")).await.unwrap();
    let slow = store.read(|tx| tx.fetch_all::<()>("SELECT 1 AS one FROM pg_sleep(30)", &[])).await;
    assert!(matches!(slow, Err(StoreError::Unavailable(_))), "{slow:?}");
    store.read(is_encrypted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_of_an_earlier_version_is_detected() {
    let database = Database::postgres();
    let store = database.open().await.unwrap();
    assert!(!store.has_earlier_gateway().await.unwrap());
    let (locked, mut is_locked) = tokio::sync::mpsc::channel(1);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let earlier = tokio::spawn({
        let store = store.clone();
        async move {
            let hold = move |tx: &mut Tx<'_>| {
                tx.execute("SELECT pg_advisory_xact_lock($1)", &[(0x6d65_6573_6879_i64 + 2).into()])?;
                locked.try_send(()).unwrap();
                Ok::<_, StoreError>(released.recv().is_ok())
            };
            store.write(hold).await
        }
    });
    is_locked.recv().await.unwrap();
    assert!(store.has_earlier_gateway().await.unwrap());
    release.send(()).unwrap();
    assert!(earlier.await.unwrap().unwrap());
    assert!(!store.has_earlier_gateway().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_waits_only_for_required_results() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let proxy = Proxy::to(cluster.port());
    let url = format!("postgres://meeshy@127.0.0.1:{}/postgres", proxy.port());
    let store = Store::open(&Location::Postgres { url, connections: 1 }).await.unwrap();
    let write = |tx: &mut Tx<'_>| {
        tx.execute_later("CREATE TEMPORARY TABLE IF NOT EXISTS things (id BIGINT)", &[])?;
        for id in 0..5_i64 {
            tx.execute_later("INSERT INTO things (id) VALUES ($1)", &[id.into()])?;
        }
        tx.fetch_one::<i64>("SELECT count(*) AS total FROM things", &[])?;
        tx.execute_later("DELETE FROM things", &[])
    };
    let trips = async || {
        let before = proxy.round_trips();
        let outcome = store.write(write).await;
        (outcome.is_ok(), proxy.round_trips() - before)
    };
    // On first use statements are prepared, one of them before its table exists.
    while !trips().await.0 {
        store
            .write(|tx| tx.execute("CREATE TEMPORARY TABLE IF NOT EXISTS things (id BIGINT)", &[]))
            .await
            .unwrap();
    }
    assert_eq!(trips().await, (true, 2), "one for the count, one for the commit");
    let nothing = async || {
        let before = proxy.round_trips();
        let outcome: Result<(), StoreError> = store.write(|_| Ok(())).await;
        (outcome.is_ok(), proxy.round_trips() - before)
    };
    assert_eq!(nothing().await, (true, 1), "an unused transaction needs only a commit");
}
