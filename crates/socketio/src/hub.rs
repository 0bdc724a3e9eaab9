//! All sockets of a server, and the rooms they are in.

use crate::packet::Outgoing;
use crate::polling::Poll;
use crate::socket::written;
use crate::{Config, Service, Socket};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Notify;

type Members<S> = HashMap<u64, Socket<S>>;

/// What all sockets share.
pub(crate) struct Hub<S: Service> {
    pub service: S,
    pub config: Config,
    /// Those that poll, by their id.
    pub polls: Mutex<HashMap<String, Arc<Poll<S>>>>,
    sockets: RwLock<Members<S>>,
    rooms: RwLock<HashMap<S::Room, Members<S>>>,
    last_number: AtomicU64,
    is_closing: AtomicBool,
    gone: Notify,
}

impl<S: Service> Hub<S> {
    /// A new socket; `None` once the server closes.
    pub fn open(self: &Arc<Self>) -> Option<Socket<S>> {
        let number = self.last_number.fetch_add(1, Ordering::Relaxed);
        let socket = Socket::new(Arc::clone(self), number);
        let mut sockets = self.sockets.write().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: whoever closes finds every socket that was let in.
        if self.is_closing.load(Ordering::SeqCst) {
            return None;
        }
        sockets.insert(number, socket.clone());
        Some(socket)
    }

    /// Its last packet is out.
    pub fn forget(&self, socket: &Socket<S>) {
        self.sockets.write().unwrap_or_else(PoisonError::into_inner).remove(&socket.number());
        self.gone.notify_waiters();
    }

    pub fn enter(&self, room: S::Room, socket: Socket<S>) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(room).or_default().insert(socket.number(), socket);
    }

    pub fn leave(&self, number: u64, left: Vec<S::Room>) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        for room in left {
            if let Some(members) = rooms.get_mut(&room) {
                members.remove(&number);
                if members.is_empty() {
                    rooms.remove(&room);
                }
            }
        }
    }

    /// Hands a packet to each socket in some rooms once, without waiting for any; says how many missed it.
    pub fn tell(&self, rooms: &[S::Room], except: Option<&Socket<S>>, packet: &Outgoing) -> usize {
        let all = self.rooms();
        let except = except.map(Socket::number);
        let members = |room| all.get(room).into_iter().flat_map(HashMap::values);
        let missed =
            |socket: &&Socket<S>| Some(socket.number()) != except && socket.send(packet.clone()).is_err();
        if let [room] = rooms {
            return members(room).filter(missed).count();
        }
        let mut told = HashSet::new();
        rooms.iter().flat_map(members).filter(|socket| told.insert(socket.number())).filter(missed).count()
    }

    fn rooms(&self) -> RwLockReadGuard<'_, HashMap<S::Room, Members<S>>> {
        self.rooms.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn members(&self, rooms: &[S::Room]) -> Vec<Socket<S>> {
        let all = self.rooms();
        rooms.iter().filter_map(|room| all.get(room)).flat_map(HashMap::values).cloned().collect()
    }

    fn all(&self) -> Vec<Socket<S>> {
        self.sockets.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
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
            sockets: RwLock::default(),
            rooms: RwLock::default(),
            last_number: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            gone: Notify::new(),
        }))
    }

    /// What happens to its sockets.
    pub fn service(&self) -> &S {
        &self.0.service
    }

    /// Tells every socket in some rooms something, once each and without waiting for any; says how many missed it.
    pub fn tell(&self, rooms: &[S::Room], name: &str, data: &impl Serialize) -> usize {
        written(Outgoing::event(name, data)).map_or(0, |packet| self.0.tell(rooms, None, &packet))
    }

    /// Tells every socket something; says how many missed it.
    pub fn tell_all(&self, name: &str, data: &impl Serialize) -> usize {
        let Some(packet) = written(Outgoing::event(name, data)) else { return 0 };
        self.0.all().into_iter().filter(|socket| socket.send(packet.clone()).is_err()).count()
    }

    /// Puts the sockets in some rooms into one more.
    pub fn join(&self, rooms: &[S::Room], room: S::Room) {
        for socket in self.0.members(rooms) {
            socket.join(room);
        }
    }

    /// Sends the sockets in a room away.
    pub fn disconnect(&self, room: S::Room) {
        for socket in self.0.members(&[room]) {
            socket.disconnect();
        }
    }

    /// Takes no more sockets, and closes those there are once they took what waits for them; their clients come back by
    /// themselves. Done when the last has gone.
    pub async fn close(&self) {
        self.0.is_closing.store(true, Ordering::SeqCst);
        for socket in self.0.all() {
            socket.outbox().close();
        }
        loop {
            let gone = self.0.gone.notified();
            tokio::pin!(gone);
            // From here on nothing is overheard.
            gone.as_mut().enable();
            if self.0.sockets.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return;
            }
            gone.await;
        }
    }
}
