//! A server, as programs see it.

use crate::hub::{Hub, Socket};
use crate::packet::{Outgoing, encoded};
use crate::{Config, Service};
use serde::Serialize;
use std::sync::Arc;

/// A Socket.IO server. Cheap to clone.
pub struct Server<S: Service>(pub(crate) Arc<Hub<S>>);

impl<S: Service> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service> Server<S> {
    /// A server without sockets.
    pub fn new(service: S, config: Config) -> Self {
        Self(Arc::new(Hub::new(service, config)))
    }

    /// The service that handles its sockets.
    pub fn service(&self) -> &S {
        &self.0.service
    }

    /// All sockets that have joined.
    pub fn sockets(&self) -> Vec<Socket<S>> {
        self.0.sockets()
    }

    /// The sockets in a room.
    pub fn members(&self, room: S::Room) -> Vec<Socket<S>> {
        self.0.members(&[room])
    }

    /// The number of sockets in a room.
    pub fn count(&self, room: S::Room) -> usize {
        self.0.count(room)
    }

    /// Emits an event once to each socket in any of `rooms`, except those in one of `except_rooms`, without
    /// waiting. Returns how many sockets missed it.
    pub fn broadcast(
        &self,
        rooms: &[S::Room],
        except_rooms: &[S::Room],
        name: &str,
        data: &impl Serialize,
    ) -> usize {
        encoded(Outgoing::event(name, data))
            .map_or(0, |packet| self.0.broadcast(rooms, except_rooms, None, &packet))
    }

    /// Like [`broadcast`](Self::broadcast), for those sockets in a room that match.
    pub fn broadcast_if(
        &self,
        room: S::Room,
        matches: impl Fn(&Socket<S>) -> bool,
        name: &str,
        data: &impl Serialize,
    ) -> usize {
        encoded(Outgoing::event(name, data)).map_or(0, |packet| self.0.broadcast_if(room, matches, &packet))
    }

    /// Adds the sockets in any of `rooms` to one more room, and returns those that were not in it.
    pub fn join(&self, rooms: &[S::Room], room: S::Room) -> Vec<Socket<S>> {
        self.0.members(rooms).into_iter().filter(|socket| socket.join(room)).collect()
    }

    /// Disconnects the sockets in a room.
    pub fn disconnect(&self, room: S::Room) {
        for socket in self.members(room) {
            socket.disconnect();
        }
    }

    /// Accepts no more connections, and closes the existing ones after they have received their pending
    /// packets and, last, this event. Their clients will reconnect. Returns when the last connection is
    /// closed.
    pub async fn close(&self, name: &str, data: &impl Serialize) {
        self.0.close(encoded(Outgoing::event(name, data))).await;
    }
}

impl<S: Service> Socket<S> {
    /// The server that it is connected to.
    pub fn server(&self) -> Server<S> {
        Server(Arc::clone(self.hub()))
    }
}
