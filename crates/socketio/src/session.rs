//! The life of a connection, independent of its transport.
//!
//! A connection opens, its client joins the namespace `/`, may leave it and rejoin, sends heartbeats, and
//! closes; the server can close it too. All of that is decided here. The transports move bytes, keep time,
//! and run the [`Work`] that a packet causes before they pass on the next one.

use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::packet::{BadPacket, Event, Incoming, Outgoing};
use crate::version::Version;
use crate::{Service, Socket};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a client may join on one connection: clients rarely rejoin, and each time costs an
/// authentication.
const MAX_JOINS: u8 = 16;

/// Work to finish before the next packet is passed on, and before the session is closed.
pub(crate) type Work = BoxFuture<'static, ()>;

/// What to do after a packet.
pub(crate) enum Reaction {
    Continue,
    Work(Work),
    /// Nothing more of this connection is to be passed on.
    End,
}

enum Phase<S: Service> {
    /// Not in the namespace.
    Outside {
        join_by: Instant,
    },
    Joined(Socket<S>),
    Closed,
}

/// A connection.
pub(crate) struct Session<S: Service> {
    hub: Arc<Hub<S>>,
    outbox: Arc<Outbox>,
    /// The service's state of the connection.
    connection: Arc<S::Connection>,
    /// The number of the connection in the hub.
    number: u64,
    version: Version,
    joins: u8,
    /// The client was pinged and has not sent anything since.
    is_asked: bool,
    /// When to ping the client next, or when it must have answered.
    deadline: Instant,
    phase: Phase<S>,
    /// An event that still lacks attachments, and how many.
    incomplete: Option<Box<(Event, usize)>>,
}

impl<S: Service> Session<S> {
    /// A new connection; `None` if the server is closing.
    pub fn new(
        hub: &Arc<Hub<S>>,
        version: Version,
        outbox: Arc<Outbox>,
        connection: S::Connection,
    ) -> Option<Self> {
        let number = hub.open(&outbox)?;
        let now = Instant::now();
        let mut session = Self {
            hub: Arc::clone(hub),
            outbox,
            connection: Arc::new(connection),
            number,
            version,
            joins: 0,
            is_asked: false,
            deadline: now,
            phase: Phase::Outside { join_by: now + hub.config.join_timeout },
            incomplete: None,
        };
        session.deadline = now + session.idle_timeout();
        Some(session)
    }

    pub fn hub(&self) -> &Arc<Hub<S>> {
        &self.hub
    }

    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// The current maximum size of a packet from the client, in bytes.
    pub fn max_payload(&self) -> u64 {
        self.outbox.max_payload(self.hub.config.max_payload)
    }

    /// Sends the handshake; a client of version 3 joins with that.
    pub fn open(&mut self, id: &str, upgrades: &[&str]) -> Option<Work> {
        let config = &self.hub.config;
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let open = json!({
            "sid": id,
            "upgrades": upgrades,
            "pingInterval": millis(config.ping_interval),
            "pingTimeout": millis(config.ping_timeout),
            "maxPayload": config.max_payload,
        });
        self.send(&format!("0{open}"));
        (self.version == Version::V3).then(|| self.join("{}".into()))
    }

    /// Handles a text packet of the client.
    pub fn text(&mut self, text: &str) -> Result<Reaction, BadPacket> {
        // Closed by the server: what the client sent before it noticed is not handled.
        if self.outbox.is_closed() {
            return Ok(Reaction::End);
        }
        let packet = Incoming::parse(text)?;
        self.received();
        if self.incomplete.is_some() && matches!(packet, Incoming::Event(..)) {
            return Err(BadPacket::Malformed);
        }
        match packet {
            Incoming::Close => return Ok(Reaction::End),
            // In version 4, clients ping only to probe a transport.
            Incoming::Ping(data) if self.version == Version::V3 => self.send(&format!("3{data}")),
            Incoming::Ping(_) | Incoming::Upgrade => return Err(BadPacket::Malformed),
            Incoming::Pong | Incoming::Noop | Incoming::Acknowledgement => {}
            Incoming::Connect(auth) => return self.connect(auth),
            Incoming::ConnectUnknown(name) => {
                let refusal = json!({ "message": "Invalid namespace" });
                self.send(&format!("44{name},{refusal}"));
            }
            Incoming::Disconnect => return Ok(self.leave().map_or(Reaction::Continue, Reaction::Work)),
            Incoming::Event(event, 0) => return self.event(event),
            Incoming::Event(event, missing) => self.incomplete = Some(Box::new((event, missing))),
        }
        Ok(Reaction::Continue)
    }

    /// Handles a binary packet of the client: an attachment, which is dropped. Its event has a flag for that.
    pub fn binary(&mut self) -> Result<Reaction, BadPacket> {
        if self.outbox.is_closed() {
            return Ok(Reaction::End);
        }
        self.received();
        let mut incomplete = self.incomplete.take().ok_or(BadPacket::Binary)?;
        incomplete.1 -= 1;
        if incomplete.1 > 0 {
            self.incomplete = Some(incomplete);
            return Ok(Reaction::Continue);
        }
        self.event(incomplete.0)
    }

    /// The work is done: nothing could be read from the client in the meantime.
    pub fn resume(&mut self) {
        if self.is_asked {
            self.deadline = self.deadline.max(Instant::now() + self.hub.config.ping_timeout);
        }
    }

    /// When [`beat`](Self::beat) has something to do.
    pub fn deadline(&self) -> Instant {
        match self.phase {
            Phase::Outside { join_by } => self.deadline.min(join_by),
            Phase::Joined(_) | Phase::Closed => self.deadline,
        }
    }

    /// Pings the client when it is due; returns whether the connection stays open. While work is in progress,
    /// nothing is read from the client, so it is not late.
    pub fn beat(&mut self, now: Instant, is_busy: bool) -> bool {
        if let Phase::Outside { join_by } = &mut self.phase
            && now >= *join_by
        {
            if !is_busy {
                return false;
            }
            *join_by = now + self.hub.config.ping_timeout;
        }
        if now < self.deadline {
            return true;
        }
        let is_late = self.is_asked || self.version == Version::V3;
        if is_late && !is_busy {
            return false;
        }
        if !is_late {
            self.is_asked = true;
            self.send("2");
        }
        self.deadline = now + self.hub.config.ping_timeout;
        true
    }

    /// The connection ends: nothing more is sent, the socket leaves all rooms, and the returned work notifies
    /// the service.
    pub fn close(&mut self) -> Option<Work> {
        self.outbox.close();
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        self.disconnect(phase)
    }

    fn leave(&mut self) -> Option<Work> {
        let join_by = Instant::now() + self.hub.config.join_timeout;
        let phase = std::mem::replace(&mut self.phase, Phase::Outside { join_by });
        self.incomplete = None;
        self.disconnect(phase)
    }

    fn disconnect(&self, phase: Phase<S>) -> Option<Work> {
        let Phase::Joined(socket) = phase else { return None };
        self.outbox.set_socket(None);
        self.hub.remove(&socket);
        Some(Box::pin(async move { socket.hub().service.disconnected(&socket).await }))
    }

    fn connect(&mut self, auth: String) -> Result<Reaction, BadPacket> {
        match self.phase {
            Phase::Outside { .. } if self.joins < MAX_JOINS => {
                let auth = if auth.is_empty() { "{}".to_owned() } else { auth };
                Ok(Reaction::Work(self.join(auth)))
            }
            // Old clients have joined implicitly, and join again explicitly.
            Phase::Joined(_) if self.version == Version::V3 => Ok(Reaction::Continue),
            _ => Err(BadPacket::Malformed),
        }
    }

    fn join(&mut self, auth: String) -> Work {
        self.joins = self.joins.saturating_add(1);
        let connection = Arc::clone(&self.connection);
        let socket = Socket::new(Arc::clone(&self.hub), Arc::clone(&self.outbox), connection);
        self.outbox.set_socket(Some(socket.number()));
        self.hub.add(&socket);
        self.phase = Phase::Joined(socket.clone());
        match self.version {
            Version::V3 => self.send("40"),
            // A different id than the session's: programs display this one, and it must not allow taking over
            // the session.
            Version::V4 => self.send(&format!("40{}", json!({ "sid": (self.hub.config.make_id)() }))),
        }
        Box::pin(async move { socket.hub().service.connected(&socket, &auth).await })
    }

    fn event(&self, event: Event) -> Result<Reaction, BadPacket> {
        let Phase::Joined(socket) = &self.phase else { return Err(BadPacket::Malformed) };
        let socket = socket.clone();
        Ok(Reaction::Work(Box::pin(async move { socket.hub().service.event(&socket, event).await })))
    }

    /// Any packet from a client counts as a heartbeat.
    fn received(&mut self) {
        if self.is_asked || self.version == Version::V3 {
            self.is_asked = false;
            self.deadline = Instant::now() + self.idle_timeout();
        }
    }

    /// How long a client may be silent after a packet before something is due.
    fn idle_timeout(&self) -> Duration {
        let config = &self.hub.config;
        match self.version {
            Version::V4 => config.ping_interval,
            Version::V3 => config.ping_interval + config.ping_timeout,
        }
    }

    /// If the queue is full, the client has not received anything for long, and will time out.
    fn send(&self, text: &str) {
        let _ = self.outbox.push(Outgoing::new(text), self.hub.config.queue);
    }
}

impl<S: Service> Drop for Session<S> {
    fn drop(&mut self) {
        if let Phase::Joined(socket) = &self.phase {
            self.hub.remove(socket);
        }
        self.outbox.close();
        self.hub.forget(self.number);
    }
}
