//! What the packets of a client mean, over whichever transport they come.

use crate::packet::{Event, Incoming, NoPacket, Outgoing};
use crate::{Service, Socket};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use futures::future::BoxFuture;
use serde_json::json;

/// What a client says of itself.
#[derive(Debug, Clone)]
pub struct Introduction {
    /// The headers of its first request.
    pub headers: HeaderMap,
    /// The query of it.
    pub query: String,
    /// What came with the packet that asks to be let in, as JSON; `{}` where nothing came.
    pub auth: String,
}

/// The version of Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Clients ping, and are in the namespace `/` without asking.
    V3,
    /// The server pings.
    V4,
}

/// What has come of a packet.
pub(crate) enum Reaction {
    Nothing,
    /// The client is there.
    Alive,
    /// To be sent back at once.
    Answer(Outgoing),
    /// To be done before the next packet is read.
    Work(BoxFuture<'static, ()>),
    /// The client goes.
    End,
}

/// A client, from the opening of its connection to the end, over one transport and then perhaps another.
pub(crate) struct Session<S: Service> {
    pub socket: Socket<S>,
    pub version: Version,
    pub id: String,
    /// Until it is let in.
    introduction: Option<Box<Introduction>>,
    /// An event whose attachments have not all come, and how many are missing.
    incomplete: Option<Box<(Event, usize)>>,
}

impl<S: Service> Session<S> {
    pub fn new(socket: Socket<S>, version: Version, request: &Parts) -> Self {
        let introduction = Introduction {
            headers: request.headers.clone(),
            query: request.uri.query().unwrap_or_default().to_owned(),
            auth: "{}".to_owned(),
        };
        let id = (socket.hub().config.make_id)();
        Self { socket, version, id, introduction: Some(Box::new(introduction)), incomplete: None }
    }

    /// Says hello; in version 3 also lets the client in, which is the work.
    pub fn open(&mut self, upgrades: &[&str]) -> Option<BoxFuture<'static, ()>> {
        let config = &self.socket.hub().config;
        let open = json!({
            "sid": self.id,
            "upgrades": upgrades,
            "pingInterval": u64::try_from(config.ping_interval.as_millis()).unwrap_or(u64::MAX),
            "pingTimeout": u64::try_from(config.ping_timeout.as_millis()).unwrap_or(u64::MAX),
            "maxPayload": config.max_payload,
        });
        // The queue is empty, and so has room.
        let _ = self.socket.send(Outgoing::new(&format!("0{open}")));
        if self.version == Version::V4 {
            return None;
        }
        let _ = self.socket.send(Outgoing::new("40"));
        self.introduction.take().map(|introduction| self.let_in(introduction))
    }

    /// Whether the client has asked to be let in.
    pub fn has_connected(&self) -> bool {
        self.introduction.is_none()
    }

    pub fn text(&mut self, text: &str) -> Result<Reaction, NoPacket> {
        let packet = Incoming::parse(text)?;
        if self.incomplete.is_some() && matches!(packet, Incoming::Event(..)) {
            return Err(NoPacket);
        }
        Ok(match packet {
            Incoming::Close | Incoming::Disconnect => Reaction::End,
            // Version 4 asks this only of a transport that it wants to change to.
            Incoming::Ping(data) if self.version == Version::V3 => {
                Reaction::Answer(Outgoing::new(&format!("3{data}")))
            }
            Incoming::Pong => Reaction::Alive,
            Incoming::Connect(auth) => return self.connect(auth),
            Incoming::ConnectElsewhere(name) => {
                let refusal = json!({ "message": "Invalid namespace" });
                Reaction::Answer(Outgoing::new(&format!("44{name},{refusal}")))
            }
            Incoming::Event(..) if !self.has_connected() => return Err(NoPacket),
            Incoming::Event(event, 0) => self.event(event),
            Incoming::Event(event, missing) => {
                self.incomplete = Some(Box::new((event, missing)));
                Reaction::Nothing
            }
            Incoming::Acknowledgement | Incoming::Noop => Reaction::Nothing,
            Incoming::Ping(_) | Incoming::Upgrade => return Err(NoPacket),
        })
    }

    /// An attachment: dropped, as an event that has one is an error to every service we have.
    pub fn binary(&mut self) -> Result<Reaction, NoPacket> {
        let mut incomplete = self.incomplete.take().ok_or(NoPacket)?;
        incomplete.1 -= 1;
        if incomplete.1 > 0 {
            self.incomplete = Some(incomplete);
            return Ok(Reaction::Nothing);
        }
        Ok(self.event(incomplete.0))
    }

    fn connect(&mut self, auth: String) -> Result<Reaction, NoPacket> {
        let Some(mut introduction) = self.introduction.take() else {
            // Old clients are in already, and say so all the same.
            return if self.version == Version::V3 { Ok(Reaction::Nothing) } else { Err(NoPacket) };
        };
        if !auth.is_empty() {
            introduction.auth = auth;
        }
        // Another id than the connection's: programs show this one, and nobody may go on in their place with it.
        let id = (self.socket.hub().config.make_id)();
        let _ = self.socket.send(Outgoing::new(&format!("40{}", json!({ "sid": id }))));
        Ok(Reaction::Work(self.let_in(introduction)))
    }

    fn let_in(&self, introduction: Box<Introduction>) -> BoxFuture<'static, ()> {
        let socket = self.socket.clone();
        Box::pin(async move { socket.hub().service.connected(&socket, &introduction).await })
    }

    fn event(&self, event: Event) -> Reaction {
        let socket = self.socket.clone();
        Reaction::Work(Box::pin(async move { socket.hub().service.event(&socket, event).await }))
    }
}
