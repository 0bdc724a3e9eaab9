//! B13: the cost of a room by its number of members.

use crate::crowd::{Crowd, channels};
use crate::figures::{Figure, Row, Table, lower};
use crate::latency::Latencies;
use crate::people::{Api, Person, register_all};
use crate::postgres::Postgres;
use crate::rounds::{Plan, progress};
use crate::server::{Cpus, Kind, Server};
use anyhow::Context;
use meeshy_domain::{IdGenerator, MemberRole, UserId};
use meeshy_store::members::{self, NewMember};
use meeshy_store::users::{self, User};
use meeshy_store::{Location, Store, StoreError, Tx, conversations};
use meeshy_testkit::sample;
use serde_json::json;
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

/// The room of which everybody is a member.
const ROOM: &str = "meeshy";
const MEMBERS: [usize; 3] = [100, 10_000, 100_000];
/// Members with a connected socket.
const CONNECTED: usize = 50;
/// Members who write concurrently while others write in another room.
const CROWD_WRITERS: usize = 3;
/// Members added in one transaction.
const BATCH: usize = 1_000;
/// Calls of each kind in a round.
const CALLS: usize = 200;

/// Latencies in a room of 100, 10,000 and 100,000 members, on both databases.
///
/// # Errors
/// If a server fails, or there is no PostgreSQL.
pub async fn measure(plan: &Plan) -> anyhow::Result<Table> {
    let mut rows = Vec::new();
    if plan.databases.has_sqlite() {
        for size in MEMBERS {
            let folder = tempfile::tempdir()?;
            let location = Location::Folder(folder.path().to_owned());
            rows.push(one_size(plan, "SQLite", &location, folder.path(), size).await?);
        }
    }
    if plan.databases.has_postgres() {
        for size in MEMBERS {
            let (mut server, folder) = (Postgres::start()?, tempfile::tempdir()?);
            let url = server.database();
            let location = Location::Postgres { url, connections: 8 };
            rows.push(one_size(plan, "PostgreSQL", &location, folder.path(), size).await?);
        }
    }
    let method = format!(
        "Everybody is a member of one room, and {CONNECTED} of them have a socket. {CALLS} calls of each kind, one after the other: a \
         message to the room over HTTP, the list of conversations of a member, the newest page, and a message to a group of two \
         while {CROWD_WRITERS} others write to the room as fast as they can."
    );
    Ok(Table { title: "B13 a large room".to_owned(), method, ours: rows, peers: Vec::new() })
}

async fn one_size(
    plan: &Plan,
    database: &str,
    location: &Location,
    folder: &Path,
    size: usize,
) -> anyhow::Result<Row> {
    let subject = format!("{database}, {size} members");
    let people = {
        let server = start(plan, location, folder).await?;
        let people = register_all(server.address, CONNECTED + CROWD_WRITERS).await?;
        server.stop().await?;
        people
    };
    fill(location, size.saturating_sub(people.len())).await?;
    progress(&format!("  {subject}: filled"));
    let server = start(plan, location, folder).await?;
    let (senders, orders) = channels(CONNECTED);
    let crowd =
        Crowd::gather(server.address, people.iter().take(CONNECTED), (senders, orders), |_| |_| {}).await?;
    let pair: Vec<&Person> = people.iter().take(2).collect();
    let elsewhere = Api::new(server.address).open_room(&pair, "Elsewhere").await?;
    let mut rounds = Vec::new();
    for round in 0..=plan.rounds {
        let figures = one_round(&server, &people, &elsewhere).await?;
        progress(&format!("  {subject}: round {round}"));
        // The first round warms up.
        if round > 0 {
            rounds.push(figures);
        }
    }
    crowd.leave().await?;
    server.stop().await?;
    Ok(Row::new(subject, &rounds))
}

pub(super) async fn start(plan: &Plan, location: &Location, folder: &Path) -> anyhow::Result<Server> {
    let url = match location {
        Location::Folder(_) => None,
        Location::Postgres { url, .. } => Some(url.as_str()),
    };
    Server::start_on(&plan.programs, Kind::Meeshy, folder, Cpus::First, url).await
}

/// Adds members to the room who never connect.
async fn fill(location: &Location, count: usize) -> anyhow::Result<()> {
    let store = Store::open(location).await?;
    let ids = IdGenerator::new([7; 5], 0);
    let find = |tx: &mut Tx<'_>| conversations::find_by_identifier(tx, ROOM);
    let room = store.read(find).await?.context("the global room does not exist")?.id;
    for first in (0..count).step_by(BATCH) {
        let batch: Vec<(User, NewMember)> = (first..count.min(first + BATCH))
            .map(|number| {
                let user_id: UserId = ids.next(sample::NOW).into();
                let member = NewMember {
                    id: ids.next(sample::NOW).into(),
                    conversation_id: room,
                    user_id,
                    role: MemberRole::Member,
                    joined_at: sample::NOW,
                };
                (sample::user(user_id, &format!("filler-{number}")), member)
            })
            .collect();
        let add = move |tx: &mut Tx<'_>| {
            batch.iter().try_for_each(|(user, member)| {
                users::insert(tx, user)?;
                members::insert(tx, member)
            })
        };
        store.write::<_, StoreError>(add).await?;
    }
    // As after an import. Otherwise PostgreSQL plans for an empty room until its autovacuum notices, within a minute.
    let analyze = |tx: &mut Tx<'_>| tx.analyze();
    Ok(store.write(analyze).await?)
}

async fn one_round(server: &Server, people: &[Person], elsewhere: &str) -> anyhow::Result<Vec<Figure>> {
    let api = Api::new(server.address);
    let person = &people[0];
    let send = async |to: &str| say(&api, person, to).await;
    let to_room = timed(async || send(ROOM).await).await?;
    let list = timed(async || api.get("/conversations", person).await.map(drop)).await?;
    let path = format!("/conversations/{ROOM}/messages");
    let page = timed(async || api.get(&path, person).await.map(drop)).await?;
    let path = format!("/conversations/{ROOM}");
    let one = timed(async || api.get(&path, person).await.map(drop)).await?;
    let alone = timed(async || send(elsewhere).await).await?;

    let is_over = Rc::new(Cell::new(false));
    let mut others = tokio::task::JoinSet::new();
    for writer in people.iter().skip(CONNECTED) {
        let (is_over, api, writer) = (Rc::clone(&is_over), Api::new(server.address), writer.clone());
        others.spawn_local(async move {
            while !is_over.get() {
                say(&api, &writer, ROOM).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    let beside = timed(async || send(elsewhere).await).await?;
    is_over.set(true);
    while let Some(ended) = others.join_next().await {
        ended??;
    }
    Ok(vec![
        lower("send p50 ms", to_room.quantile_ms(0.5)),
        lower("send p99 ms", to_room.quantile_ms(0.99)),
        lower("list p50 ms", list.quantile_ms(0.5)),
        lower("newest page p50 ms", page.quantile_ms(0.5)),
        lower("conversation p50 ms", one.quantile_ms(0.5)),
        lower("elsewhere p50 ms", alone.quantile_ms(0.5)),
        lower("elsewhere, beside three writers, p50 ms", beside.quantile_ms(0.5)),
    ])
}

pub(super) async fn say(api: &Api, person: &Person, to: &str) -> anyhow::Result<()> {
    let body = json!({ "content": "Shall we meet at the station at six?", "originalLanguage": "en" });
    api.post(&format!("/conversations/{to}/messages"), Some(person), &body).await.map(drop)
}

pub(super) async fn timed(mut call: impl AsyncFnMut() -> anyhow::Result<()>) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for _ in 0..CALLS {
        let began = Instant::now();
        call().await?;
        latencies.record(began.elapsed());
    }
    Ok(latencies)
}
