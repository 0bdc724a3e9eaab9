//! What waits for a connection to take it.

use crate::packet::Outgoing;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Packets that may wait for a client that is not trusted, and their bytes: a client that asks for more without taking them
/// is closed.
const UNAUTHENTICATED_PACKETS: usize = 16;
const UNAUTHENTICATED_BYTES: usize = 4096;
/// Bytes of a packet from such a client: what it shows to be trusted.
const UNAUTHENTICATED_PAYLOAD: u64 = 8192;

/// A bounded queue with one reader. It belongs to the connection, and is written by the connection's socket.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Outgoing>,
    reader: Option<Waker>,
    /// Who waits for the end, besides the reader.
    keeper: Option<Waker>,
    /// The number of the socket that may write.
    socket: Option<u64>,
    is_trusted: bool,
    is_closed: bool,
}

/// The queue is full or closed, or belongs to another socket by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotTaken;

/// Closes a connection from elsewhere. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Handle(Arc<Outbox>);

impl Handle {
    pub(crate) fn new(outbox: &Arc<Outbox>) -> Self {
        Self(Arc::clone(outbox))
    }

    /// Closes the connection, as [`Socket::disconnect`](crate::Socket::disconnect) does.
    pub fn close(&self) {
        self.0.finish(Some(Outgoing::new("41")));
    }

    /// Whether the connection is closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// What was waiting.
#[derive(Debug)]
pub(crate) struct Taken {
    pub packets: VecDeque<Outgoing>,
    /// Nothing follows.
    pub is_last: bool,
}

impl Outbox {
    /// The client is trusted from now on.
    pub fn trust(&self) {
        self.lock().is_trusted = true;
    }

    /// The most bytes of a packet from the client, of which a trusted one may send `most`.
    pub fn max_payload(&self, most: u64) -> u64 {
        if self.lock().is_trusted { most } else { most.min(UNAUTHENTICATED_PAYLOAD) }
    }

    /// Adds a packet of the connection, unless `max` wait already.
    pub fn push(&self, packet: Outgoing, max: usize) -> Result<(), NotTaken> {
        add(self.lock(), packet, max)
    }

    /// Adds a packet of a socket, if it is still the connection's.
    pub fn push_for(&self, socket: u64, packet: Outgoing, max: usize) -> Result<(), NotTaken> {
        let queue = self.lock();
        if queue.socket == Some(socket) { add(queue, packet, max) } else { Err(NotTaken) }
    }

    /// Says which socket may write.
    pub fn set_socket(&self, socket: Option<u64>) {
        self.lock().socket = socket;
    }

    /// Whether this socket may write.
    pub fn is_open_for(&self, socket: u64) -> bool {
        let queue = self.lock();
        !queue.is_closed && queue.socket == Some(socket)
    }

    /// Takes no more; what waits can still be taken.
    pub fn close(&self) {
        self.finish(None);
    }

    /// The same, with a last packet if a socket would hear it.
    pub fn finish(&self, last: Option<Outgoing>) {
        let mut queue = self.lock();
        if !queue.is_closed && queue.socket.is_some() {
            queue.packets.extend(last);
        }
        close(queue);
    }

    pub fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    pub fn is_empty(&self) -> bool {
        self.lock().packets.is_empty()
    }

    /// Lets the reader look again.
    pub fn wake_reader(&self) {
        wake_reader(self.lock());
    }

    /// All that waits, as soon as there is something, or nothing will come.
    pub fn poll_take(&self, context: &Context<'_>) -> Poll<Taken> {
        let mut queue = self.lock();
        if !queue.packets.is_empty() || queue.is_closed {
            let packets = std::mem::take(&mut queue.packets);
            return Poll::Ready(Taken { packets, is_last: queue.is_closed });
        }
        store(&mut queue.reader, context);
        Poll::Pending
    }

    /// Ready once it is closed.
    pub fn poll_closed(&self, context: &Context<'_>) -> Poll<()> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Poll::Ready(());
        }
        store(&mut queue.keeper, context);
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(mut queue: MutexGuard<'_, Queue>, packet: Outgoing, max: usize) -> Result<(), NotTaken> {
    if queue.is_closed {
        return Err(NotTaken);
    }
    if !queue.is_trusted {
        let bytes: usize = queue.packets.iter().chain([&packet]).map(|packet| packet.frame().len()).sum();
        if queue.packets.len() >= UNAUTHENTICATED_PACKETS || bytes > UNAUTHENTICATED_BYTES {
            close(queue);
            return Err(NotTaken);
        }
    } else if queue.packets.len() >= max {
        return Err(NotTaken);
    }
    queue.packets.push_back(packet);
    wake_reader(queue);
    Ok(())
}

fn close(mut queue: MutexGuard<'_, Queue>) {
    queue.is_closed = true;
    let wakers = [queue.reader.take(), queue.keeper.take()];
    drop(queue);
    wakers.into_iter().flatten().for_each(Waker::wake);
}

fn wake_reader(mut queue: MutexGuard<'_, Queue>) {
    let reader = queue.reader.take();
    drop(queue);
    if let Some(reader) = reader {
        reader.wake();
    }
}

fn store(waker: &mut Option<Waker>, context: &Context<'_>) {
    match waker {
        Some(waker) => waker.clone_from(context.waker()),
        waker => *waker = Some(context.waker().clone()),
    }
}
