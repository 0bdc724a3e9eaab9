//! B2: memory per idle connection.

use crate::crowd::{Crowd, channels};
use crate::figures::{Figure, Table, lower, neither};
use crate::people::{self, Person};
use crate::process;
use crate::rounds::{Plan, interleaved};
use crate::server::{Cpus, Kind, Server};

const PEOPLE: usize = 200;
/// Connections opened before the measured ones: enough that neither one-time allocations, nor memory freed by
/// password hashing and reused by the first connections, affect the result.
const BEFORE: usize = 5_000;
const SOCKETS: usize = 5_000;

/// Bytes of memory for each of 5,000 connections.
///
/// # Errors
/// If a server fails.
pub async fn measure(plan: &Plan) -> anyhow::Result<Table> {
    let peers = [Kind::Fanout];
    let (ours, peers) = interleaved(plan.rounds, &peers, async |kind| one_round(plan, kind).await).await?;
    let method = format!(
        "{SOCKETS} idle authenticated connections of {PEOPLE} users, on top of {BEFORE} existing ones; \
         memory (RSS) after minus before, each {} s after the last connection.",
        plan.settle.as_secs()
    );
    Ok(Table { title: "B2 memory per idle connection".to_owned(), method, ours, peers })
}

async fn one_round(plan: &Plan, kind: Kind) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(&plan.programs, kind, folder.path(), Cpus::First).await?;
    let people = people::register_all(server.address, PEOPLE).await?;

    let first = idle_crowd(&server, &people, BEFORE).await?;
    tokio::time::sleep(plan.settle).await;
    let before = process::resident_bytes(server.pid)?;
    let others = idle_crowd(&server, &people, SOCKETS).await?;
    tokio::time::sleep(plan.settle).await;
    let after = process::resident_bytes(server.pid)?;

    others.leave().await?;
    first.leave().await?;
    server.stop().await?;
    let for_each = after.saturating_sub(before) as f64 / SOCKETS as f64;
    Ok(vec![lower("bytes a connection", for_each), neither("MiB before", before as f64 / 1024.0 / 1024.0)])
}

async fn idle_crowd(server: &Server, people: &[Person], sockets: usize) -> anyhow::Result<Crowd> {
    let owners = people.iter().cycle().take(sockets);
    Crowd::gather(server.address, owners, channels(sockets), |_| |_| {}).await
}
