//! B12: startup with an existing database.

use super::scene::Scene;
use crate::figures::{Figure, Table, lower};
use crate::process;
use crate::rounds::{Plan, interleaved};
use crate::server::{Cpus, Kind, Server};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// The approximate number of messages in the database results from writing at this rate for this long.
const RATE: u32 = 500;
const WRITING: Duration = Duration::from_secs(10);
/// Starts per round, of which the fastest counts: the slower ones waited for something else.
const STARTS: usize = 5;

/// Milliseconds to the first successful `/ready`, and memory after it.
///
/// # Errors
/// If a server fails.
pub async fn measure(plan: &Plan) -> anyhow::Result<Table> {
    let peers = [Kind::Durable];
    let our_data = existing_database(plan, Kind::Meeshy).await?;
    let peers_data = existing_database(plan, Kind::Durable).await?;
    let measure = async |kind| {
        let folder = if kind == Kind::Meeshy { &our_data } else { &peers_data };
        one_round(plan, kind, folder.path()).await
    };
    let (ours, peers) = interleaved(plan.rounds, &peers, measure).await?;
    let method = format!(
        "From the start of the process to the first 200 of `/ready`, on a database of {} messages that was closed properly; the \
         best of {STARTS} starts in each round. Memory (RSS) {} s later, with no translation engine loaded.",
        WRITING.as_secs() * u64::from(RATE),
        plan.settle.as_secs()
    );
    Ok(Table { title: "B12 start on an existing database".to_owned(), method, ours, peers })
}

async fn existing_database(plan: &Plan, kind: Kind) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::set_up(plan, kind, folder.path(), None).await?;
    scene.writers.open_loop(RATE, WRITING).await;
    scene.writers.end().await?;
    scene.tear_down().await?;
    Ok(folder)
}

async fn one_round(plan: &Plan, kind: Kind, folder: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut fastest = Duration::MAX;
    for _ in 1..STARTS {
        let server = Server::start(&plan.programs, kind, folder, Cpus::First).await?;
        fastest = fastest.min(server.ready_after);
        server.stop().await?;
    }
    let server = Server::start(&plan.programs, kind, folder, Cpus::First).await?;
    fastest = fastest.min(server.ready_after);
    tokio::time::sleep(plan.settle).await;
    let idle = process::resident_bytes(server.pid)?;
    server.stop().await?;
    Ok(vec![
        lower("ms to ready", fastest.as_secs_f64() * 1000.0),
        lower("MiB idle", idle as f64 / 1024.0 / 1024.0),
    ])
}
