//! B3: messages that are authorised, written to disk, acknowledged, and delivered to a room of 20, on both databases.

use super::lively::ONE_IN;
use super::scene::{ACK_P99_MS, IN_FLIGHT, ROOM_SIZE, ROOMS, Scene, Talk, best_in_flight, closed_loop};
use crate::figures::{Figure, Row, Table, higher, lower, neither};
use crate::postgres::Postgres;
use crate::rounds::{Plan, interleaved, progress};
use crate::server::Kind;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Messages per second of the open loop.
const RATE: u32 = 300;

/// Where the messages go: a database for each scene.
enum FreshDatabases {
    /// A folder, which a scene has in any case.
    Sqlite,
    Postgres(RefCell<Postgres>),
}

impl FreshDatabases {
    fn next(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(postgres) => Some(postgres.borrow_mut().database()),
        }
    }
}

/// Messages per second with acknowledgements within 100 ms, on SQLite and on PostgreSQL.
///
/// # Errors
/// If a server fails, rejects a message, or loses a delivery, or there is no PostgreSQL.
pub async fn measure(plan: &Plan) -> anyhow::Result<Vec<Table>> {
    let mut tables = Vec::new();
    if plan.databases.has_sqlite() {
        let folders = FreshDatabases::Sqlite;
        tables.push(on(plan, "SQLite", &folders, &[Kind::Durable, Kind::DurableGroup]).await?);
        tables.push(lively(plan, "SQLite", &folders).await?);
    }
    if plan.databases.has_postgres() {
        let postgres = FreshDatabases::Postgres(RefCell::new(Postgres::start()?));
        tables.push(on(plan, "PostgreSQL", &postgres, &[Kind::DurablePostgres]).await?);
        tables.push(lively(plan, "PostgreSQL", &postgres).await?);
    }
    Ok(tables)
}

async fn on(plan: &Plan, name: &str, databases: &FreshDatabases, peers: &[Kind]) -> anyhow::Result<Table> {
    let mut in_flight = BTreeMap::new();
    for kind in [&[Kind::Meeshy], peers].concat() {
        let best = best_in_flight(plan, kind, databases.next().as_deref()).await?;
        progress(&format!("  {kind}: {best} messages in flight"));
        in_flight.insert(kind, best);
    }
    let (ours, peers) = interleaved(plan.rounds, peers, async |kind| {
        one_round(plan, kind, in_flight[&kind], databases.next().as_deref()).await
    })
    .await?;
    let method = format!(
        "{ROOMS} rooms of {ROOM_SIZE}; every member sends. Closed loop with the number of messages in flight (of {IN_FLIGHT:?}) \
         at which the server delivers most with 99% of the acknowledgements within {ACK_P99_MS} ms; a message counts when all \
         {ROOM_SIZE} members have it. Open loop: {RATE} messages a second."
    );
    Ok(Table { title: format!("B3 durable send, {name}"), method, ours, peers })
}

async fn one_round(
    plan: &Plan,
    kind: Kind,
    in_flight: usize,
    database: Option<&str>,
) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::set_up(plan, kind, folder.path(), database).await?;
    let closed = closed_loop(&scene, in_flight, plan.warm_up, plan.window).await?;

    scene.writers.open_loop(RATE, plan.warm_up).await;
    scene.writers.clear();
    scene.writers.open_loop(RATE, plan.window).await;
    let paced = scene.writers.observed();
    scene.writers.end().await?;
    scene.tear_down().await?;
    Ok(vec![
        higher("messages/s", closed.rate),
        neither("in flight", in_flight as f64),
        lower("CPU µs a message", closed.cpu_us),
        neither("ack p50 ms", closed.ack_p50),
        neither("ack p99 ms", closed.ack_p99),
        neither("delivery p99 ms", closed.delivery_p99),
        neither("generator busy %", closed.generator_busy),
        neither("others busy %", closed.others_busy),
        lower("ack p99 ms, open loop", paced.ack_p99_ms),
        lower("delivery p99 ms, open loop", paced.delivery_p99_ms),
    ])
}

/// Plain and lively messages, with as many in flight as suit the plain ones.
///
/// # Errors
/// If a server fails, rejects a request, or loses a delivery.
async fn lively(plan: &Plan, name: &str, databases: &FreshDatabases) -> anyhow::Result<Table> {
    let in_flight = best_in_flight(plan, Kind::Meeshy, databases.next().as_deref()).await?;
    let subjects = [("plain", Talk::Plain), ("lively", Talk::Lively)];
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..=plan.rounds {
        for ((subject, talk), rounds) in subjects.iter().zip(&mut rounds) {
            let figures = lively_round(plan, in_flight, databases.next().as_deref(), *talk).await?;
            progress(&format!("  round {round}: {subject}"));
            // The first one is a warm-up.
            if round > 0 {
                rounds.push(figures);
            }
        }
    }
    let rows = subjects
        .iter()
        .zip(&rounds)
        .map(|((subject, _), rounds)| Row::new(format!("Meeshy, {subject}"), rounds));
    let method = format!(
        "As B3, closed loop with {in_flight} messages in flight. In the lively talk every message mentions a member; one in {ONE_IN} gets \
         a reaction, and after one in {ONE_IN} a member marks the conversation as read, over HTTP."
    );
    Ok(Table { title: format!("B3 a lively talk, {name}"), method, ours: rows.collect(), peers: Vec::new() })
}

async fn lively_round(
    plan: &Plan,
    in_flight: usize,
    database: Option<&str>,
    talk: Talk,
) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::of_talk(plan, Kind::Meeshy, folder.path(), database, talk).await?;
    let closed = closed_loop(&scene, in_flight, plan.warm_up, plan.window).await?;
    scene.tear_down().await?;
    Ok(vec![
        higher("messages/s", closed.rate),
        neither("in flight", in_flight as f64),
        lower("CPU µs a message", closed.cpu_us),
        neither("ack p99 ms", closed.ack_p99),
    ])
}
