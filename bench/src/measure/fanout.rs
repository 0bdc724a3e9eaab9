//! B1: the cost of delivering an event to a room.
//!
//! The event is `typing:start`: nothing is stored, so only the fan-out is measured.

use crate::crowd::{Crowd, Senders, channels};
use crate::figures::{Figure, Table, higher, lower, neither};
use crate::latency::Latencies;
use crate::meter::Meter;
use crate::pace;
use crate::people::{self, World};
use crate::rounds::{Plan, interleaved};
use crate::server::{Cpus, Kind, Server};
use anyhow::ensure;
use meeshy_bench::packet::{self, Packet};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

/// The rooms, and how much their members send.
struct Shape {
    title: &'static str,
    rooms: usize,
    size: usize,
    /// How many members of each room send.
    senders: usize,
    /// Events per second, in total, of the open loop: about a third of what Node can handle.
    rate: u32,
}

const SHAPES: [Shape; 2] = [
    Shape {
        title: "B1 fan-out: 200 clients in rooms of 20, all send",
        rooms: 10,
        size: 20,
        senders: 20,
        rate: 2_000,
    },
    Shape { title: "B1 fan-out: one room of 400, two send", rooms: 1, size: 400, senders: 2, rate: 80 },
];

/// Measures both shapes.
///
/// # Errors
/// If a server fails, or an event is lost.
pub async fn measure(plan: &Plan) -> anyhow::Result<Vec<Table>> {
    let mut tables = Vec::new();
    for shape in &SHAPES {
        let peers = [Kind::Fanout];
        let (ours, peers) =
            interleaved(plan.rounds, &peers, async |kind| one_round(plan, shape, kind).await).await?;
        let method = format!(
            "Closed loop: each sender has one event in flight and sends the next when the last recipient has it. Open \
             loop: {} events a second, latency counted from the moment an event was due.",
            shape.rate
        );
        tables.push(Table { title: shape.title.to_owned(), method, ours, peers });
    }
    Ok(tables)
}

async fn one_round(plan: &Plan, shape: &Shape, kind: Kind) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(&plan.programs, kind, folder.path(), Cpus::First).await?;
    let world = people::populate(server.address, shape.rooms, shape.size).await?;
    let (outgoing, orders) = channels(world.people.len());
    let board = Rc::new(Board::new(&world, shape.senders, outgoing.clone())?);
    let handler = |_| {
        let (board, mut heard) = (Rc::clone(&board), vec![0; world.people.len()]);
        move |packet: Packet<'_>| board.receive(packet, &mut heard)
    };
    let crowd = Crowd::gather(server.address, world.people.iter(), (outgoing, orders), handler).await?;

    board.open_loop(shape.rate, plan.warm_up).await;
    board.clear();
    let meter = Meter::start(server.pid)?;
    board.open_loop(shape.rate, plan.window).await;
    let (paced, paced_events) = (meter.stop()?, board.delivered.get());
    let latencies = board.quantiles([0.5, 0.95]);

    board.begin_closed_loop();
    tokio::time::sleep(plan.warm_up).await;
    board.clear();
    let meter = Meter::start(server.pid)?;
    tokio::time::sleep(plan.window).await;
    let (closed, closed_events) = (meter.stop()?, board.delivered.get());
    board.end_closed_loop().await?;

    crowd.leave().await?;
    server.stop().await?;
    Ok(vec![
        lower("CPU µs per delivery, closed loop", closed.cpu_us_per(closed_events)),
        higher("deliveries/s, closed loop", closed.per_second(closed_events)),
        neither("generator busy %", closed.generator_busy),
        neither("others busy %", closed.others_busy),
        lower("CPU µs per delivery, open loop", paced.cpu_us_per(paced_events)),
        lower("p50 ms, open loop", latencies[0]),
        lower("p95 ms, open loop", latencies[1]),
    ])
}

/// The shared state of all clients. They run on one thread.
struct Board {
    outgoing: Senders,
    /// The index of each user in the crowd, by id.
    places: HashMap<String, usize>,
    senders: Vec<Sender>,
    closed_loop: Cell<bool>,
    delivered: Cell<u64>,
    latencies: RefCell<Latencies>,
}

/// A member of the crowd who may send.
struct Sender {
    /// The packet to send; empty for those who only listen.
    packet: String,
    /// How many others receive it.
    listeners: u32,
    /// When each event was due.
    sent: RefCell<Vec<Instant>>,
    /// Deliveries of events in flight.
    expected: Cell<u32>,
}

impl Board {
    fn new(world: &World, senders_a_room: usize, outgoing: Senders) -> anyhow::Result<Self> {
        let mut senders = Vec::with_capacity(world.people.len());
        for room in &world.rooms {
            let packet = packet::emit("typing:start", &json!({ "conversationId": room.id }), None)?;
            for place in 0..room.members.len() {
                let packet = if place < senders_a_room { packet.clone() } else { String::new() };
                let listeners = u32::try_from(room.members.len() - 1)?;
                senders.push(Sender { packet, listeners, sent: RefCell::default(), expected: Cell::new(0) });
            }
        }
        let places =
            world.people.iter().enumerate().map(|(place, person)| (person.id.clone(), place)).collect();
        Ok(Self {
            outgoing,
            places,
            senders,
            closed_loop: Cell::new(false),
            delivered: Cell::new(0),
            latencies: RefCell::new(Latencies::new()?),
        })
    }

    fn send(&self, place: usize, due: Instant) {
        let sender = &self.senders[place];
        sender.sent.borrow_mut().push(due);
        sender.expected.set(sender.expected.get() + sender.listeners);
        self.outgoing.send(place, sender.packet.clone());
    }

    fn speakers(&self) -> Vec<usize> {
        (0..self.senders.len()).filter(|place| !self.senders[*place].packet.is_empty()).collect()
    }

    /// Handles a packet. The events of a sender arrive in order, so the third one received is the third one
    /// sent.
    fn receive(&self, packet: Packet<'_>, heard: &mut [usize]) {
        let Packet::Event(event) = packet else { return };
        if event.name != "typing:start" {
            return;
        }
        let Some(place) = text_field(event.payload, "userId").and_then(|id| self.places.get(id)) else {
            return;
        };
        let sender = &self.senders[*place];
        let Some(due) = sender.sent.borrow().get(heard[*place]).copied() else { return };
        heard[*place] += 1;
        self.latencies.borrow_mut().record(due.elapsed());
        self.delivered.set(self.delivered.get() + 1);
        sender.expected.set(sender.expected.get().saturating_sub(1));
        if sender.expected.get() == 0 && self.closed_loop.get() {
            self.send(*place, Instant::now());
        }
    }

    async fn open_loop(&self, rate: u32, length: std::time::Duration) {
        let speakers = self.speakers();
        let mut turn = speakers.iter().cycle();
        pace::at_rate(rate, length, |due| {
            if let Some(place) = turn.next() {
                self.send(*place, due);
            }
        })
        .await;
    }

    fn begin_closed_loop(&self) {
        self.closed_loop.set(true);
        for place in self.speakers() {
            self.send(place, Instant::now());
        }
    }

    /// Waits for the events in flight; an event that does not arrive is an error.
    async fn end_closed_loop(&self) -> anyhow::Result<()> {
        self.closed_loop.set(false);
        let on_their_way = || self.senders.iter().map(|sender| u64::from(sender.expected.get())).sum::<u64>();
        for _ in 0..200 {
            if on_their_way() == 0 {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        ensure!(on_their_way() == 0, "{} deliveries never arrived", on_their_way());
        Ok(())
    }

    fn clear(&self) {
        self.delivered.set(0);
        self.latencies.borrow_mut().clear();
    }

    fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let latencies = self.latencies.borrow();
        shares.map(|share| latencies.quantile_ms(share))
    }
}

/// The text of a field, without parsing the JSON around it, which would cost the generator more than the
/// delivery costs the server. The text must not contain escapes, as is the case for ids.
pub fn text_field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = json.split_once(name)?;
    after.strip_prefix("\":\"")?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found() {
        let json = r#"{"username":"x","userId":"65a0","on":true}"#;
        assert_eq!(text_field(json, "userId"), Some("65a0"));
        assert_eq!(text_field(json, "on"), None);
        assert_eq!(text_field(json, "room"), None);
    }
}
