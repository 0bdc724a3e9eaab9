//! Users who write messages, and the measurement of each message.

use super::fanout::text_field;
use crate::crowd::Senders;
use crate::latency::Latencies;
use crate::pace;
use crate::people::World;
use anyhow::{bail, ensure};
use meeshy_bench::packet::{self, Packet};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// How long the last messages may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

/// All writers. They run on one thread.
pub struct Writers {
    senders: Senders,
    /// The text of a writer's message with a number.
    text: fn(usize, usize) -> String,
    writers: Vec<Writer>,
    /// Whether each acknowledgement triggers the writer's next message.
    closed_loop: Cell<bool>,
    deliveries: Cell<u64>,
    /// Deliveries still to come, of all messages since the start.
    expected: Cell<u64>,
    acks: RefCell<Latencies>,
    arrivals: RefCell<Latencies>,
    refusal: RefCell<Option<String>>,
}

struct Writer {
    conversation: String,
    members: u64,
    /// When each message was due; its index is the id of its acknowledgement and part of its client message
    /// id.
    sent: RefCell<Vec<Instant>>,
}

/// The results of a window.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// Messages that reached a member, counted for each member.
    pub deliveries: u64,
    /// The median time of an acknowledgement.
    pub ack_p50_ms: f64,
    /// The 99th percentile of the acknowledgements.
    pub ack_p99_ms: f64,
    /// The 99th percentile of the deliveries.
    pub delivery_p99_ms: f64,
}

impl Writers {
    /// All users of `world`, in the order of the crowd, who write these texts.
    ///
    /// # Errors
    /// Never with the bounds of [`Latencies`].
    pub fn new(world: &World, senders: Senders, text: fn(usize, usize) -> String) -> anyhow::Result<Self> {
        let writers = world.rooms.iter().flat_map(|room| {
            let members = room.members.len();
            (0..members).map(move |_| Writer {
                conversation: room.id.clone(),
                members: members as u64,
                sent: RefCell::default(),
            })
        });
        Ok(Self {
            senders,
            text,
            writers: writers.collect(),
            closed_loop: Cell::new(false),
            deliveries: Cell::new(0),
            expected: Cell::new(0),
            acks: RefCell::new(Latencies::new()?),
            arrivals: RefCell::new(Latencies::new()?),
            refusal: RefCell::default(),
        })
    }

    fn send(&self, place: usize, due: Instant) {
        let writer = &self.writers[place];
        let mut sent = writer.sent.borrow_mut();
        let number = sent.len();
        sent.push(due);
        let message = json!({
            "conversationId": writer.conversation,
            "content": (self.text)(place, number),
            "originalLanguage": "en",
            "clientMessageId": format!("{place}-{number}"),
        });
        match packet::emit("message:send", &message, Some(number as u64)) {
            Ok(packet) => self.senders.send(place, packet),
            Err(error) => self.refuse(error.to_string()),
        }
        self.expected.set(self.expected.get() + writer.members);
    }

    /// Handles a packet.
    pub fn receive(&self, place: usize, packet: Packet<'_>) {
        match packet {
            Packet::Ack { id, arguments } => self.acknowledged(place, id, arguments),
            Packet::Event(event) if event.name == "message:new" => {
                if let Some(due) = text_field(event.payload, "clientMessageId").and_then(|id| self.due(id)) {
                    self.arrivals.borrow_mut().record(due.elapsed());
                    self.deliveries.set(self.deliveries.get() + 1);
                    self.expected.set(self.expected.get().saturating_sub(1));
                }
            }
            _ => {}
        }
    }

    fn acknowledged(&self, place: usize, id: u64, arguments: &str) {
        if !arguments.starts_with(r#"[{"success":true"#) {
            return self.refuse(arguments.to_owned());
        }
        let due = usize::try_from(id).ok().and_then(|id| self.writers[place].sent.borrow().get(id).copied());
        if let Some(due) = due {
            self.acks.borrow_mut().record(due.elapsed());
        }
        if self.closed_loop.get() {
            self.send(place, Instant::now());
        }
    }

    /// When the message with this client message id was due.
    fn due(&self, id: &str) -> Option<Instant> {
        let (place, number) = id.split_once('-')?;
        let writer = self.writers.get(place.parse::<usize>().ok()?)?;
        writer.sent.borrow().get(number.parse::<usize>().ok()?).copied()
    }

    /// The first refusal is reported at the end.
    pub fn refuse(&self, reason: String) {
        self.refusal.borrow_mut().get_or_insert(reason);
    }

    /// Sends the first messages, spread evenly over the rooms; each acknowledgement triggers the next
    /// message.
    pub fn begin_closed_loop(&self, in_flight: usize) {
        self.closed_loop.set(true);
        for number in 0..in_flight {
            self.send(self.by_turns(number), Instant::now());
        }
    }

    /// Sends messages at a fixed rate.
    pub async fn open_loop(&self, rate: u32, length: Duration) {
        let mut number = 0;
        pace::at_rate(rate, length, |due| {
            self.send(self.by_turns(number), due);
            number += 1;
        })
        .await;
    }

    /// An order of the writers in which neighbours are in different rooms: the stride is longer than a room
    /// and coprime with the number of users, so that everybody gets a turn.
    fn by_turns(&self, number: usize) -> usize {
        const STRIDE: usize = 27;
        number * STRIDE % self.writers.len()
    }

    /// Stops sending, and waits until every message has reached everybody.
    ///
    /// # Errors
    /// If the server has rejected a message, or one does not arrive.
    pub async fn end(&self) -> anyhow::Result<()> {
        self.closed_loop.set(false);
        let began = Instant::now();
        while self.expected.get() > 0 && began.elapsed() < TIMEOUT {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if let Some(refusal) = self.refusal.borrow().as_deref() {
            bail!("the server rejected a message: {refusal}");
        }
        ensure!(self.expected.get() == 0, "{} deliveries never arrived", self.expected.get());
        Ok(())
    }

    /// Starts a window.
    pub fn clear(&self) {
        self.deliveries.set(0);
        self.acks.borrow_mut().clear();
        self.arrivals.borrow_mut().clear();
    }

    /// The results of the window.
    pub fn observed(&self) -> Observed {
        let (acks, arrivals) = (self.acks.borrow(), self.arrivals.borrow());
        Observed {
            deliveries: self.deliveries.get(),
            ack_p50_ms: acks.quantile_ms(0.5),
            ack_p99_ms: acks.quantile_ms(0.99),
            delivery_p99_ms: arrivals.quantile_ms(0.99),
        }
    }
}
