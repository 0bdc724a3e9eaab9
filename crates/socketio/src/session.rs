//! The life of a connection, whichever transport carries it.
//!
//! A connection opens, its client joins the namespace `/`, may leave it and join again, shows by heartbeats that it is
//! there, and closes; a server that revokes it closes it as well. All of that is decided here. The transports move bytes,
//! tell the time, and do the [`Work`] that comes of a packet before they hand in the next.

use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::packet::{BadPacket, Event, Incoming, Outgoing};
use crate::{Service, Socket};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a client may join on one connection: clients rejoin rarely, and each time costs an authentication.
const MAX_JOINS: u8 = 16;

/// The version of Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Clients ping, and are in the namespace `/` without asking.
    V3,
    /// The server pings.
    V4,
}

/// Something to be done before the next packet is handed in, and before the session is closed.
pub(crate) type Work = BoxFuture<'static, ()>;

/// What has come of a packet.
pub(crate) enum Reaction {
    Continue,
    Work(Work),
    /// Nothing more of this connection is to be handed in.
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
    /// What the service keeps of it.
    connection: Arc<S::Connection>,
    /// Under which the hub knows the connection.
    number: u64,
    version: Version,
    joins: u8,
    /// The client was asked whether it is there, and has said nothing since.
    is_asked: bool,
    /// When the client is asked next, or has to have said something.
    deadline: Instant,
    phase: Phase<S>,
    /// An event whose attachments have not all come, and how many are missing.
    incomplete: Option<Box<(Event, usize)>>,
}

impl<S: Service> Session<S> {
    /// A new connection; `None` once the server closes.
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
        session.deadline = now + session.patience();
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

    /// The most bytes of a packet from the client, as things are.
    pub fn max_payload(&self) -> u64 {
        self.outbox.max_payload(self.hub.config.max_payload)
    }

    /// Says hello; a client of version 3 joins with that.
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

    /// Takes a text packet of the client.
    pub fn text(&mut self, text: &str) -> Result<Reaction, BadPacket> {
        // Closed by the server: whatever the client sent before it knew is not handled.
        if self.outbox.is_closed() {
            return Ok(Reaction::End);
        }
        let packet = Incoming::parse(text)?;
        self.heard();
        if self.incomplete.is_some() && matches!(packet, Incoming::Event(..)) {
            return Err(BadPacket::Malformed);
        }
        match packet {
            Incoming::Close => return Ok(Reaction::End),
            // In version 4 clients ping only over a transport that they want to change to.
            Incoming::Ping(data) if self.version == Version::V3 => self.send(&format!("3{data}")),
            Incoming::Ping(_) | Incoming::Upgrade => return Err(BadPacket::Malformed),
            Incoming::Pong | Incoming::Noop | Incoming::Acknowledgement => {}
            Incoming::Connect(auth) => return self.connect(auth),
            Incoming::ConnectElsewhere(name) => {
                let refusal = json!({ "message": "Invalid namespace" });
                self.send(&format!("44{name},{refusal}"));
            }
            Incoming::Disconnect => return Ok(self.leave().map_or(Reaction::Continue, Reaction::Work)),
            Incoming::Event(event, 0) => return self.event(event),
            Incoming::Event(event, missing) => self.incomplete = Some(Box::new((event, missing))),
        }
        Ok(Reaction::Continue)
    }

    /// Takes a binary packet of the client: an attachment, which is dropped. Its event says that it had some.
    pub fn binary(&mut self) -> Result<Reaction, BadPacket> {
        if self.outbox.is_closed() {
            return Ok(Reaction::End);
        }
        self.heard();
        let mut incomplete = self.incomplete.take().ok_or(BadPacket::Binary)?;
        incomplete.1 -= 1;
        if incomplete.1 > 0 {
            self.incomplete = Some(incomplete);
            return Ok(Reaction::Continue);
        }
        self.event(incomplete.0)
    }

    /// The work is done: the client could not be heard meanwhile.
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

    /// Asks the client whether it is there when it is time to; says whether the connection goes on. While work is done the
    /// client cannot be heard, and so is not late.
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

    /// The connection ends: nothing more is sent, the socket is in no room any more, and its service is told by the work.
    pub fn close(&mut self) -> Option<Work> {
        self.outbox.close();
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        self.see_off(phase)
    }

    fn leave(&mut self) -> Option<Work> {
        let join_by = Instant::now() + self.hub.config.join_timeout;
        let phase = std::mem::replace(&mut self.phase, Phase::Outside { join_by });
        self.incomplete = None;
        self.see_off(phase)
    }

    fn see_off(&self, phase: Phase<S>) -> Option<Work> {
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
            // Old clients are in already, and say so all the same.
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
            // Another id than the connection's: programs show this one, and nobody may go on in their place with it.
            Version::V4 => self.send(&format!("40{}", json!({ "sid": (self.hub.config.make_id)() }))),
        }
        Box::pin(async move { socket.hub().service.connected(&socket, &auth).await })
    }

    fn event(&self, event: Event) -> Result<Reaction, BadPacket> {
        let Phase::Joined(socket) = &self.phase else { return Err(BadPacket::Malformed) };
        let socket = socket.clone();
        Ok(Reaction::Work(Box::pin(async move { socket.hub().service.event(&socket, event).await })))
    }

    /// Whatever a client says shows that it is there.
    fn heard(&mut self) {
        if self.is_asked || self.version == Version::V3 {
            self.is_asked = false;
            self.deadline = Instant::now() + self.patience();
        }
    }

    /// How long a client that was just heard may be silent before something is to be done.
    fn patience(&self) -> Duration {
        let config = &self.hub.config;
        match self.version {
            Version::V4 => config.ping_interval,
            Version::V3 => config.ping_interval + config.ping_timeout,
        }
    }

    /// Where there is no room the client has taken nothing for long, and finds out by its heartbeat.
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
