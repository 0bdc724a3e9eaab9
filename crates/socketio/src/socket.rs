//! One client's connection, as a service sees it.

use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::packet::{Event, Outgoing};
use crate::{Server, Service};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

/// A socket had too much waiting for it, or was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket takes no more")]
pub struct Missed;

/// One client's connection. Cheap to clone.
pub struct Socket<S: Service>(Arc<Inner<S>>);

struct Inner<S: Service> {
    number: u64,
    hub: Arc<Hub<S>>,
    outbox: Outbox,
    state: S::State,
    /// `None` once it has gone: then it can join no more.
    rooms: Mutex<Option<Vec<S::Room>>>,
}

impl<S: Service> Clone for Socket<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service> Socket<S> {
    pub(crate) fn new(hub: Arc<Hub<S>>, number: u64) -> Self {
        let rooms = Mutex::new(Some(Vec::new()));
        Self(Arc::new(Inner { number, hub, outbox: Outbox::default(), state: S::State::default(), rooms }))
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    pub(crate) fn hub(&self) -> &Arc<Hub<S>> {
        &self.0.hub
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// What is kept of it.
    pub fn state(&self) -> &S::State {
        &self.0.state
    }

    /// The server that it is a client of.
    pub fn server(&self) -> Server<S> {
        Server(Arc::clone(&self.0.hub))
    }

    /// Puts it into a room, unless it has gone.
    pub fn join(&self, room: S::Room) {
        let mut rooms = self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rooms) = rooms.as_mut().filter(|rooms| !rooms.contains(&room)) {
            rooms.push(room);
            self.0.hub.enter(room, self.clone());
        }
    }

    /// Whether it is in a room.
    pub fn is_in(&self, room: S::Room) -> bool {
        let rooms = self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.as_ref().is_some_and(|rooms| rooms.contains(&room))
    }

    pub(crate) fn leave_all(&self) {
        let left = self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.0.hub.leave(self.number(), left.unwrap_or_default());
    }

    /// Tells it something.
    ///
    /// # Errors
    /// When it takes no more. Who needs to know that it was heard needs an answer by another event.
    pub fn emit(&self, name: &str, data: &impl Serialize) -> Result<(), Missed> {
        self.send(written(Outgoing::event(name, data)).ok_or(Missed)?)
    }

    /// Answers an event, if its client waits for an answer.
    ///
    /// # Errors
    /// When it takes no more.
    pub fn acknowledge(&self, event: &Event, data: &impl Serialize) -> Result<(), Missed> {
        match event.ack {
            Some(id) => self.send(written(Outgoing::acknowledgement(id, data)).ok_or(Missed)?),
            None => Ok(()),
        }
    }

    /// Tells the others in a room something; says how many missed it.
    pub fn tell_others(&self, room: S::Room, name: &str, data: &impl Serialize) -> usize {
        written(Outgoing::event(name, data)).map_or(0, |packet| self.0.hub.tell(&[room], Some(self), &packet))
    }

    /// Sends it what waits for it, and then away. Its client will not come back by itself.
    pub fn disconnect(&self) {
        let _ = self.send(Outgoing::new("41"));
        self.0.outbox.close();
    }

    /// Whether it takes anything more.
    pub fn is_connected(&self) -> bool {
        !self.0.outbox.is_closed()
    }

    pub(crate) fn send(&self, packet: Outgoing) -> Result<(), Missed> {
        self.0.outbox.push(packet, self.0.hub.config.queue).map_err(|_| Missed)
    }
}

/// What can be written as JSON; the types that are sent can.
pub(crate) fn written(packet: Result<Outgoing, serde_json::Error>) -> Option<Outgoing> {
    packet.inspect_err(|error| tracing::error!(%error, "An event could not be written")).ok()
}
