//! B3: messages that are authorised, written to disk, acknowledged, and delivered to a room of 20, on both databases.

use crate::crowd::{Crowd, channels};
use crate::figures::{Figure, Table, higher, lower, neither};
use crate::measure::writers::Writers;
use crate::meter::Meter;
use crate::people;
use crate::postgres::Postgres;
use crate::rounds::{Plan, interleaved, progress};
use crate::server::{Cpus, Kind, Server};
use meeshy_bench::packet::Packet;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

const ROOMS: usize = 10;
const ROOM_SIZE: usize = 20;
/// Concurrent messages; each server gets the number that suits it best.
const IN_FLIGHT: [usize; 7] = [5, 10, 20, 50, 100, 200, 400];
/// The acceptable delay of an acknowledgement.
const ACK_P99_MS: f64 = 100.0;
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
        tables.push(on(plan, "SQLite", &FreshDatabases::Sqlite, &[Kind::Durable, Kind::DurableGroup]).await?);
    }
    if plan.databases.has_postgres() {
        let postgres = FreshDatabases::Postgres(RefCell::new(Postgres::start()?));
        tables.push(on(plan, "PostgreSQL", &postgres, &[Kind::DurablePostgres]).await?);
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

/// A server with its connected writers.
pub struct Scene {
    /// The server.
    pub server: Server,
    /// The writers.
    pub writers: Rc<Writers>,
    crowd: Crowd,
}

impl Scene {
    /// Ten rooms of twenty connected users.
    ///
    /// # Errors
    /// If the server fails.
    pub async fn set_up(
        plan: &Plan,
        kind: Kind,
        folder: &Path,
        database: Option<&str>,
    ) -> anyhow::Result<Self> {
        let server = Server::start_on(&plan.programs, kind, folder, Cpus::First, database).await?;
        let world = people::populate(server.address, ROOMS, ROOM_SIZE).await?;
        let (senders, orders) = channels(world.people.len());
        let writers = Rc::new(Writers::new(&world, senders.clone())?);
        let handler = |place| {
            let writers = Rc::clone(&writers);
            move |packet: Packet<'_>| writers.receive(place, packet)
        };
        let crowd = Crowd::gather(server.address, world.people.iter(), (senders, orders), handler).await?;
        Ok(Self { server, writers, crowd })
    }

    /// Disconnects all clients and stops the server.
    ///
    /// # Errors
    /// If a client lost its connection, or the server does not stop.
    pub async fn tear_down(self) -> anyhow::Result<()> {
        self.crowd.leave().await?;
        self.server.stop().await
    }
}

async fn best_in_flight(plan: &Plan, kind: Kind, database: Option<&str>) -> anyhow::Result<usize> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::set_up(plan, kind, folder.path(), database).await?;
    let mut best = (IN_FLIGHT[0], 0.0);
    for in_flight in IN_FLIGHT {
        let closed =
            closed_loop(&scene, in_flight, Duration::from_secs(1), plan.window.min(Duration::from_secs(3)))
                .await?;
        progress(&format!(
            "  {kind}: {in_flight} in flight: {:.0}/s, p99 {:.1} ms",
            closed.rate, closed.ack_p99
        ));
        if closed.ack_p99 <= ACK_P99_MS && closed.rate > best.1 {
            best = (in_flight, closed.rate);
        }
    }
    scene.tear_down().await?;
    Ok(best.0)
}

struct Closed {
    rate: f64,
    cpu_us: f64,
    ack_p50: f64,
    ack_p99: f64,
    delivery_p99: f64,
    generator_busy: f64,
    others_busy: f64,
}

async fn closed_loop(
    scene: &Scene,
    in_flight: usize,
    warm_up: Duration,
    window: Duration,
) -> anyhow::Result<Closed> {
    let writers = &scene.writers;
    writers.begin_closed_loop(in_flight);
    tokio::time::sleep(warm_up).await;
    writers.clear();
    let meter = Meter::start(scene.server.pid)?;
    tokio::time::sleep(window).await;
    let (usage, seen) = (meter.stop()?, writers.observed());
    writers.end().await?;
    let messages = seen.deliveries / ROOM_SIZE as u64;
    Ok(Closed {
        rate: usage.per_second(messages),
        cpu_us: usage.cpu_us_per(messages),
        ack_p50: seen.ack_p50_ms,
        ack_p99: seen.ack_p99_ms,
        delivery_p99: seen.delivery_p99_ms,
        generator_busy: usage.generator_busy,
        others_busy: usage.others_busy,
    })
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
