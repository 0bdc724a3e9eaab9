//! The figures of ADR 1: durable writes a second through the store, against one commit each.
//!
//!     scripts/with-postgres cargo run --release -p meeshy-store --example commits

use meeshy_domain::{IdGenerator, Timestamp};
use meeshy_store::{Location, Store, StoreError, Tx};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program for a person who types it")]
async fn measure() -> Result<(), Box<dyn std::error::Error>> {
    // Next to the sources, since a temporary folder may be in memory, where an fsync costs nothing.
    let folder = tempfile::tempdir_in(".")?;
    println!("| database | writers | closures a second, median of {ROUNDS} |\n|---|---|---|");
    let alone = single_commits(folder.path())?;
    println!("| SQLite, a commit for each row, no store | 1 | {alone} |");
    let mut places = vec![("SQLite", Location::Folder(folder.path().join("data")))];
    if let Ok(server) = std::env::var("MEESHY_TEST_POSTGRES") {
        places.push(("PostgreSQL", Location::Postgres { url: format!("{server}/postgres"), connections: 8 }));
    }
    for (name, location) in places {
        let store = Store::open(&location).await?;
        store
            .write(|tx| tx.execute("CREATE TABLE bench (id TEXT PRIMARY KEY, body TEXT NOT NULL)", &[]))
            .await?;
        for writers in [1, 4, 16, 64, 256] {
            println!("| {name} | {writers} | {} |", through_the_store(&store, writers).await?);
        }
    }
    Ok(())
}

fn single_commits(folder: &std::path::Path) -> rusqlite::Result<u64> {
    let connection = rusqlite::Connection::open(folder.join("alone.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE bench (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (start, mut count) = (Instant::now(), 0_u64);
        while start.elapsed() < SPAN {
            connection
                .prepare_cached("INSERT INTO bench (body) VALUES (?1)")?
                .execute(["a message of some length"])?;
            count += 1;
        }
        rates.push(count / SPAN.as_secs());
    }
    Ok(median(rates))
}

async fn through_the_store(store: &Store, writers: usize) -> Result<u64, StoreError> {
    let ids = Arc::new(IdGenerator::new([u8::try_from(writers % 251).unwrap_or(0); 5], 0));
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let start = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|_| {
                let (store, ids) = (store.clone(), Arc::clone(&ids));
                tokio::spawn(async move {
                    let mut count = 0_u64;
                    while start.elapsed() < SPAN {
                        let now = Timestamp::from_millis(i64::try_from(round).unwrap_or(0) * 1000);
                        let id = meeshy_domain::MessageId::from(ids.next(now));
                        let insert = move |tx: &mut Tx<'_>| {
                            let body = "a message of some length";
                            tx.execute(
                                "INSERT INTO bench (id, body) VALUES ($1, $2)",
                                &[id.into(), body.into()],
                            )
                        };
                        store.write(insert).await?;
                        count += 1;
                    }
                    Ok::<_, StoreError>(count)
                })
            })
            .collect();
        let mut total = 0;
        for task in tasks {
            total += task.await.map_err(|error| StoreError::Statement(error.to_string()))??;
        }
        rates.push(total / SPAN.as_secs());
    }
    Ok(median(rates))
}

fn median(mut rates: Vec<u64>) -> u64 {
    rates.sort_unstable();
    rates[rates.len() / 2]
}
