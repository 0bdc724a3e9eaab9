//! A client in the namespace, as a service sees it.

use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::packet::{Event, Outgoing};
use crate::{Server, Service};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The queue of a socket is full, or it has disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket's send queue is full")]
pub struct Missed;

/// A client in the namespace, from joining to leaving. Cheap to clone.
pub struct Socket<S: Service>(Arc<Inner<S>>);

struct Inner<S: Service> {
    number: u64,
    hub: Arc<Hub<S>>,
    outbox: Arc<Outbox>,
    connection: Arc<S::Connection>,
    state: S::State,
    /// `None` once it has left: it cannot enter rooms any more.
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

    /// The state of the socket.
    pub fn state(&self) -> &S::State {
        &self.0.state
    }

    /// The state of its connection.
    pub fn connection(&self) -> &S::Connection {
        &self.0.connection
    }

    /// Marks its client as authenticated: from now on, the limits of the [`Config`](crate::Config) apply to
    /// the size of its packets and of its queue, until the connection ends.
    pub fn trust(&self) {
        self.0.outbox.trust();
    }

    /// The server that it is connected to.
    pub fn server(&self) -> Server<S> {
        Server(Arc::clone(&self.0.hub))
    }

    /// Adds it to a room, unless it has left.
    pub fn join(&self, room: S::Room) {
        let mut rooms = self.rooms();
        if let Some(rooms) = rooms.as_mut().filter(|rooms| !rooms.contains(&room)) {
            rooms.push(room);
            self.0.hub.enter(room, self.clone());
        }
    }

    /// Removes it from a room.
    pub fn leave(&self, room: S::Room) {
        let mut rooms = self.rooms();
        let Some(rooms) = rooms.as_mut() else { return };
        // The hub's lock is not needed if it is not in the room.
        if let Some(at) = rooms.iter().position(|joined| *joined == room) {
            rooms.swap_remove(at);
            self.0.hub.leave(self.number(), &[room]);
        }
    }

    /// Removes it from all its rooms; it may join others.
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

    /// Emits an event to it.
    ///
    /// # Errors
    /// If its queue is full or it has left. Success does not mean that the client received the event.
    pub fn emit(&self, name: &str, data: &impl Serialize) -> Result<(), Missed> {
        self.send(encoded(Outgoing::event(name, data)).ok_or(Missed)?)
    }

    /// Acknowledges an event, if its client waits for that.
    ///
    /// # Errors
    /// If its queue is full or it has left.
    pub fn acknowledge(&self, event: &Event, data: &impl Serialize) -> Result<(), Missed> {
        match event.ack {
            Some(id) => self.send(encoded(Outgoing::acknowledgement(id, data)).ok_or(Missed)?),
            None => Ok(()),
        }
    }

    /// Emits an event to the other sockets in a room, except those in one of `except_rooms`; returns how
    /// many missed it.
    pub fn broadcast_others(
        &self,
        room: S::Room,
        except_rooms: &[S::Room],
        name: &str,
        data: &impl Serialize,
    ) -> usize {
        encoded(Outgoing::event(name, data))
            .map_or(0, |packet| self.0.hub.broadcast(&[room], except_rooms, Some(self), &packet))
    }

    /// Sends it the queued packets, and closes its connection; nothing that its client sends from now on is
    /// handled. The client will not reconnect automatically.
    pub fn disconnect(&self) {
        let _ = self.send(Outgoing::new("41"));
        if self.is_connected() {
            self.0.outbox.close();
        }
    }

    /// Whether it still accepts packets.
    pub fn is_connected(&self) -> bool {
        self.0.outbox.is_open_for(self.number())
    }

    pub(crate) fn send(&self, packet: Outgoing) -> Result<(), Missed> {
        self.0.outbox.push_for(self.number(), packet, self.0.hub.config.queue).map_err(|_| Missed)
    }
}

/// Encodes a packet; the types that are sent can be encoded.
pub(crate) fn encoded(packet: Result<Outgoing, serde_json::Error>) -> Option<Outgoing> {
    packet.inspect_err(|error| tracing::error!(%error, "Failed to encode an event")).ok()
}
