//! One client in the namespace, as a service sees it.

use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::packet::{Event, Outgoing};
use crate::{Server, Service};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A socket had too much waiting for it, or was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket takes no more")]
pub struct Missed;

/// One client in the namespace, from its joining to its leaving. Cheap to clone.
pub struct Socket<S: Service>(Arc<Inner<S>>);

struct Inner<S: Service> {
    number: u64,
    hub: Arc<Hub<S>>,
    outbox: Arc<Outbox>,
    connection: Arc<S::Connection>,
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
    pub(crate) fn new(hub: Arc<Hub<S>>, outbox: Arc<Outbox>, connection: Arc<S::Connection>) -> Self {
        let (number, rooms) = (hub.next_number(), Mutex::new(Some(Vec::new())));
        Self(Arc::new(Inner { number, hub, outbox, connection, state: S::State::default(), rooms }))
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    pub(crate) fn hub(&self) -> &Arc<Hub<S>> {
        &self.0.hub
    }

    /// What is kept of it.
    pub fn state(&self) -> &S::State {
        &self.0.state
    }

    /// What is kept of its connection.
    pub fn connection(&self) -> &S::Connection {
        &self.0.connection
    }

    /// Its client is known: from now on it may send packets, and have them waiting, as the [`Config`](crate::Config) says.
    /// That holds until the connection ends.
    pub fn trust(&self) {
        self.0.outbox.trust();
    }

    /// The server that it is a client of.
    pub fn server(&self) -> Server<S> {
        Server(Arc::clone(&self.0.hub))
    }

    /// Puts it into a room, unless it has gone.
    pub fn join(&self, room: S::Room) {
        let mut rooms = self.rooms();
        if let Some(rooms) = rooms.as_mut().filter(|rooms| !rooms.contains(&room)) {
            rooms.push(room);
            self.0.hub.enter(room, self.clone());
        }
    }

    /// Takes it out of a room.
    pub fn leave(&self, room: S::Room) {
        let mut rooms = self.rooms();
        let Some(rooms) = rooms.as_mut() else { return };
        // Who is not there does not hold up the others.
        if let Some(at) = rooms.iter().position(|joined| *joined == room) {
            rooms.swap_remove(at);
            self.0.hub.leave(self.number(), &[room]);
        }
    }

    /// Takes it out of all its rooms; it may join others.
    pub fn leave_rooms(&self) {
        let left = self.rooms().as_mut().map(std::mem::take);
        self.0.hub.leave(self.number(), &left.unwrap_or_default());
    }

    /// Whether it is in a room.
    pub fn is_in(&self, room: S::Room) -> bool {
        self.rooms().as_ref().is_some_and(|rooms| rooms.contains(&room))
    }

    /// The rooms it is in.
    pub fn joined(&self) -> Vec<S::Room> {
        self.rooms().clone().unwrap_or_default()
    }

    pub(crate) fn leave_all(&self) {
        let left = self.rooms().take();
        self.0.hub.leave(self.number(), &left.unwrap_or_default());
    }

    fn rooms(&self) -> MutexGuard<'_, Option<Vec<S::Room>>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells it something.
    ///
    /// # Errors
    /// When it takes no more. Who needs to know that it was heard needs an answer by another event.
    pub fn emit(&self, name: &str, data: &impl Serialize) -> Result<(), Missed> {
        self.send(encoded(Outgoing::event(name, data)).ok_or(Missed)?)
    }

    /// Answers an event, if its client waits for an answer.
    ///
    /// # Errors
    /// When it takes no more.
    pub fn acknowledge(&self, event: &Event, data: &impl Serialize) -> Result<(), Missed> {
        match event.ack {
            Some(id) => self.send(encoded(Outgoing::acknowledgement(id, data)).ok_or(Missed)?),
            None => Ok(()),
        }
    }

    /// Tells the others in a room something, but those that are in one of the rooms `but`; says how many missed it.
    pub fn tell_others(&self, room: S::Room, but: &[S::Room], name: &str, data: &impl Serialize) -> usize {
        encoded(Outgoing::event(name, data))
            .map_or(0, |packet| self.0.hub.tell(&[room], but, Some(self), &packet))
    }

    /// Sends it what waits for it, and then away, with its connection: nothing that its client says from now on is
    /// handled. The client will not come back by itself.
    pub fn disconnect(&self) {
        let _ = self.send(Outgoing::new("41"));
        if self.is_connected() {
            self.0.outbox.close();
        }
    }

    /// Whether it takes anything more.
    pub fn is_connected(&self) -> bool {
        self.0.outbox.is_open_for(self.number())
    }

    pub(crate) fn send(&self, packet: Outgoing) -> Result<(), Missed> {
        self.0.outbox.push_for(self.number(), packet, self.0.hub.config.queue).map_err(|_| Missed)
    }
}

/// What can be written as JSON; the types that are sent can.
pub(crate) fn encoded(packet: Result<Outgoing, serde_json::Error>) -> Option<Outgoing> {
    packet.inspect_err(|error| tracing::error!(%error, "failed to encode an event")).ok()
}
