//! All connections and sockets of a server, and the rooms that they are in.

use crate::outbox::Outbox;
use crate::packet::{Event, Outgoing, encoded};
use crate::{Config, Service};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::Notify;

type Members<S> = HashMap<u64, Socket<S>>;

/// The state shared by all connections.
pub(crate) struct Hub<S: Service> {
    pub service: S,
    pub config: Config,
    connections: RwLock<HashMap<u64, Arc<Outbox>>>,
    sockets: RwLock<Members<S>>,
    rooms: RwLock<HashMap<S::Room, Members<S>>>,
    last_number: AtomicU64,
    is_closing: AtomicBool,
    gone: Notify,
}

impl<S: Service> Hub<S> {
    /// Without connections.
    pub fn new(service: S, config: Config) -> Self {
        Self {
            service,
            config,
            connections: RwLock::default(),
            sockets: RwLock::default(),
            rooms: RwLock::default(),
            last_number: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            gone: Notify::new(),
        }
    }

    /// All sockets that have joined.
    pub fn sockets(&self) -> Vec<Socket<S>> {
        read(&self.sockets).values().cloned().collect()
    }

    /// The number of sockets in a room.
    pub fn count(&self, room: S::Room) -> usize {
        read(&self.rooms).get(&room).map_or(0, HashMap::len)
    }

    /// Takes no more connections, and closes those there are with a last packet. Done when the last has gone.
    pub async fn close(&self, last: Option<Outgoing>) {
        self.is_closing.store(true, Ordering::SeqCst);
        let open: Vec<_> = read(&self.connections).values().cloned().collect();
        for outbox in open {
            outbox.finish(last.clone());
        }
        loop {
            let gone = self.gone.notified();
            tokio::pin!(gone);
            // Registered before the check, so that no notification is missed.
            gone.as_mut().enable();
            if read(&self.connections).is_empty() {
                return;
            }
            gone.await;
        }
    }

    pub fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed)
    }

    /// Registers a new connection unless the server is closing, and returns its number.
    pub fn open(&self, outbox: &Arc<Outbox>) -> Option<u64> {
        let number = self.next_number();
        let mut connections = write(&self.connections);
        // Read under the lock, so that `close` finds every registered connection.
        if self.is_closing.load(Ordering::SeqCst) {
            return None;
        }
        connections.insert(number, Arc::clone(outbox));
        Some(number)
    }

    /// The connection has sent its last packet.
    pub fn forget(&self, connection: u64) {
        write(&self.connections).remove(&connection);
        self.gone.notify_waiters();
    }

    /// A client has joined.
    pub fn add(&self, socket: &Socket<S>) {
        write(&self.sockets).insert(socket.number(), socket.clone());
    }

    /// A client has left.
    pub fn remove(&self, socket: &Socket<S>) {
        write(&self.sockets).remove(&socket.number());
        socket.leave_all();
    }

    pub fn enter(&self, room: S::Room, socket: Socket<S>) {
        write(&self.rooms).entry(room).or_default().insert(socket.number(), socket);
    }

    pub fn leave(&self, number: u64, left: &[S::Room]) {
        let mut rooms = write(&self.rooms);
        for room in left {
            if let Some(members) = rooms.get_mut(room) {
                members.remove(&number);
                if members.is_empty() {
                    rooms.remove(room);
                }
            }
        }
    }

    /// Enqueues a packet once for each socket in any of `rooms`, without waiting. Returns how many sockets
    /// missed it. Sockets in one of `except_rooms` are skipped, as is `except`.
    pub fn broadcast(
        &self,
        rooms: &[S::Room],
        except_rooms: &[S::Room],
        except: Option<&Socket<S>>,
        packet: &Outgoing,
    ) -> usize {
        let all = read(&self.rooms);
        let members = |room| all.get(room).into_iter().flat_map(HashMap::values);
        let excluded: HashSet<u64> =
            except_rooms.iter().flat_map(members).chain(except).map(Socket::number).collect();
        let missed = |socket: &&Socket<S>| {
            !excluded.contains(&socket.number()) && socket.send(packet.clone()).is_err()
        };
        if let [room] = rooms {
            return members(room).filter(missed).count();
        }
        let mut sent = HashSet::new();
        rooms.iter().flat_map(members).filter(|socket| sent.insert(socket.number())).filter(missed).count()
    }

    /// Like [`broadcast`](Self::broadcast), for those sockets of one room that match.
    pub fn broadcast_if(
        &self,
        room: S::Room,
        matches: impl Fn(&Socket<S>) -> bool,
        packet: &Outgoing,
    ) -> usize {
        let all = read(&self.rooms);
        let members = all.get(&room).into_iter().flat_map(HashMap::values);
        members.filter(|socket| matches(socket) && socket.send(packet.clone()).is_err()).count()
    }

    /// The sockets in some rooms.
    pub fn members(&self, rooms: &[S::Room]) -> Vec<Socket<S>> {
        let all = read(&self.rooms);
        rooms.iter().filter_map(|room| all.get(room)).flat_map(HashMap::values).cloned().collect()
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

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

    /// Adds it to a room, unless it has left. Returns whether it was not in it.
    pub fn join(&self, room: S::Room) -> bool {
        let mut rooms = self.rooms();
        let Some(rooms) = rooms.as_mut().filter(|rooms| !rooms.contains(&room)) else { return false };
        rooms.push(room);
        self.0.hub.enter(room, self.clone());
        true
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

    /// Closes its connection as a failing network does: its client reconnects by itself.
    pub fn cut_off(&self) {
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
