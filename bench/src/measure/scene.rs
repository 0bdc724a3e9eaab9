//! A server with its connected writers, and what they do to it.

use super::lively::{self, Lively};
use super::writers::Writers;
use crate::crowd::{Crowd, channels};
use crate::meter::Meter;
use crate::people;
use crate::rounds::{Plan, progress};
use crate::server::{Cpus, Kind, Server};
use meeshy_bench::packet::Packet;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// Rooms, all with as many members.
pub const ROOMS: usize = 10;
/// Members of a room.
pub const ROOM_SIZE: usize = lively::ROOM_SIZE;
/// Concurrent messages; each server gets the number that suits it best.
pub const IN_FLIGHT: [usize; 7] = [5, 10, 20, 50, 100, 200, 400];
/// The acceptable delay of an acknowledgement.
pub const ACK_P99_MS: f64 = 100.0;

/// What happens next to the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// Nothing.
    Plain,
    /// What [`Lively`] adds.
    Lively,
}

fn plain_text(_: usize, number: usize) -> String {
    format!("Shall we meet at the station at six, before the others come? ({number})")
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
        Self::of_talk(plan, kind, folder, database, Talk::Plain).await
    }

    /// The same, with more than text if the talk is lively.
    ///
    /// # Errors
    /// If the server fails.
    pub async fn of_talk(
        plan: &Plan,
        kind: Kind,
        folder: &Path,
        database: Option<&str>,
        talk: Talk,
    ) -> anyhow::Result<Self> {
        let server = Server::start_on(&plan.programs, kind, folder, Cpus::First, database).await?;
        let world = people::populate(server.address, ROOMS, ROOM_SIZE).await?;
        let (senders, orders) = channels(world.people.len());
        let text = if talk == Talk::Lively { lively::text } else { plain_text };
        let writers = Rc::new(Writers::new(&world, senders.clone(), text)?);
        let lively = (talk == Talk::Lively)
            .then(|| Rc::new(Lively::new(&server, &world, senders.clone(), Rc::clone(&writers))));
        let handler = |place| {
            let (writers, lively) = (Rc::clone(&writers), lively.clone());
            move |packet: Packet<'_>| {
                if lively.as_ref().is_none_or(|lively| lively.receive(place, packet)) {
                    writers.receive(place, packet);
                }
            }
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

/// The number of messages in flight with which a server delivers most within the acceptable delay.
///
/// # Errors
/// If the server fails, or rejects a message.
pub async fn best_in_flight(plan: &Plan, kind: Kind, database: Option<&str>) -> anyhow::Result<usize> {
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

/// The results of a closed loop.
pub struct Closed {
    /// Messages per second.
    pub rate: f64,
    /// Processor time of the server for each message.
    pub cpu_us: f64,
    /// The median time of an acknowledgement.
    pub ack_p50: f64,
    /// The 99th percentile of the acknowledgements.
    pub ack_p99: f64,
    /// The 99th percentile of the deliveries.
    pub delivery_p99: f64,
    /// How busy the processor of the generator was, in percent.
    pub generator_busy: f64,
    /// How busy other programs were, in percent.
    pub others_busy: f64,
}

/// Sends with so many messages in flight, first to warm up.
///
/// # Errors
/// If the server rejects a message, or loses a delivery.
pub async fn closed_loop(
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
