//! All connections and sockets of a server, and the rooms they are in.

use crate::outbox::Outbox;
use crate::packet::Outgoing;
use crate::polling::Polling;
use crate::socket::encoded;
use crate::{Config, Service, Socket};
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
    /// Polling sessions by id.
    polls: Mutex<HashMap<String, Arc<Polling<S>>>>,
    connections: RwLock<HashMap<u64, Arc<Outbox>>>,
    sockets: RwLock<Members<S>>,
    rooms: RwLock<HashMap<S::Room, Members<S>>>,
    last_number: AtomicU64,
    is_closing: AtomicBool,
    gone: Notify,
}

impl<S: Service> Hub<S> {
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

    pub fn polls(&self) -> MutexGuard<'_, HashMap<String, Arc<Polling<S>>>> {
        self.polls.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn broadcast_if(&self, room: S::Room, matches: impl Fn(&Socket<S>) -> bool, packet: &Outgoing) -> usize {
        let all = read(&self.rooms);
        let members = all.get(&room).into_iter().flat_map(HashMap::values);
        members.filter(|socket| matches(socket) && socket.send(packet.clone()).is_err()).count()
    }

    fn members(&self, rooms: &[S::Room]) -> Vec<Socket<S>> {
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
        Self(Arc::new(Hub {
            service,
            config,
            polls: Mutex::default(),
            connections: RwLock::default(),
            sockets: RwLock::default(),
            rooms: RwLock::default(),
            last_number: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            gone: Notify::new(),
        }))
    }

    /// The service that handles its sockets.
    pub fn service(&self) -> &S {
        &self.0.service
    }

    /// All sockets that have joined.
    pub fn sockets(&self) -> Vec<Socket<S>> {
        read(&self.0.sockets).values().cloned().collect()
    }

    /// The sockets in a room.
    pub fn members(&self, room: S::Room) -> Vec<Socket<S>> {
        self.0.members(&[room])
    }

    /// The number of sockets in a room.
    pub fn count(&self, room: S::Room) -> usize {
        read(&self.0.rooms).get(&room).map_or(0, HashMap::len)
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

    /// Adds the sockets in any of `rooms` to one more room.
    pub fn join(&self, rooms: &[S::Room], room: S::Room) {
        for socket in self.0.members(rooms) {
            socket.join(room);
        }
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
        let last = encoded(Outgoing::event(name, data));
        self.0.is_closing.store(true, Ordering::SeqCst);
        let open: Vec<_> = read(&self.0.connections).values().cloned().collect();
        for outbox in open {
            outbox.finish(last.clone());
        }
        loop {
            let gone = self.0.gone.notified();
            tokio::pin!(gone);
            // Registered before the check, so that no notification is missed.
            gone.as_mut().enable();
            if read(&self.0.connections).is_empty() {
                return;
            }
            gone.await;
        }
    }
}
