//! The bounded queue of packets for a connection.

use crate::packet::Outgoing;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The maximum number of packets queued for an untrusted client, and their bytes. A client that causes more
/// without receiving them is closed.
const UNAUTHENTICATED_PACKETS: usize = 16;
const UNAUTHENTICATED_BYTES: usize = 4096;
/// The maximum size of a packet from such a client, in bytes: its credentials.
const UNAUTHENTICATED_PAYLOAD: u64 = 8192;

/// A bounded queue with one reader. It belongs to the connection; the connection's socket writes to it.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Outgoing>,
    reader: Option<Waker>,
    /// Waits for the end, besides the reader.
    keeper: Option<Waker>,
    /// The number of the socket that may write.
    socket: Option<u64>,
    is_trusted: bool,
    is_closed: bool,
}

/// The queue is full or closed, or belongs to another socket by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected;

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

/// The packets taken from a queue.
#[derive(Debug)]
pub(crate) struct Taken {
    pub packets: VecDeque<Outgoing>,
    /// Whether nothing follows.
    pub is_last: bool,
}

impl Outbox {
    /// The client is trusted from now on.
    pub fn trust(&self) {
        self.lock().is_trusted = true;
    }

    /// The maximum size of a packet from the client, in bytes; a trusted client may send `max`.
    pub fn max_payload(&self, max: u64) -> u64 {
        if self.lock().is_trusted { max } else { max.min(UNAUTHENTICATED_PAYLOAD) }
    }

    /// Adds a packet of the connection, unless `max` are queued already.
    pub fn push(&self, packet: Outgoing, max: usize) -> Result<(), Rejected> {
        add(self.lock(), packet, max)
    }

    /// Adds a packet of a socket, if the connection still belongs to it.
    pub fn push_for(&self, socket: u64, packet: Outgoing, max: usize) -> Result<(), Rejected> {
        let queue = self.lock();
        if queue.socket == Some(socket) { add(queue, packet, max) } else { Err(Rejected) }
    }

    /// Sets the socket that may write.
    pub fn set_socket(&self, socket: Option<u64>) {
        self.lock().socket = socket;
    }

    /// Whether this socket may write.
    pub fn is_open_for(&self, socket: u64) -> bool {
        let queue = self.lock();
        !queue.is_closed && queue.socket == Some(socket)
    }

    /// Rejects further packets; queued packets can still be taken.
    pub fn close(&self) {
        self.finish(None);
    }

    /// Like [`close`](Self::close), with a last packet if there is a socket.
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

    /// Wakes the reader.
    pub fn wake_reader(&self) {
        wake_reader(self.lock());
    }

    /// Takes all queued packets as soon as there are any, or the queue is closed.
    pub fn poll_take(&self, context: &Context<'_>) -> Poll<Taken> {
        let mut queue = self.lock();
        if !queue.packets.is_empty() || queue.is_closed {
            let packets = std::mem::take(&mut queue.packets);
            return Poll::Ready(Taken { packets, is_last: queue.is_closed });
        }
        store(&mut queue.reader, context);
        Poll::Pending
    }

    /// Ready once the queue is closed.
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

fn add(mut queue: MutexGuard<'_, Queue>, packet: Outgoing, max: usize) -> Result<(), Rejected> {
    if queue.is_closed {
        return Err(Rejected);
    }
    if !queue.is_trusted {
        let bytes: usize = queue.packets.iter().chain([&packet]).map(|packet| packet.frame().len()).sum();
        if queue.packets.len() >= UNAUTHENTICATED_PACKETS || bytes > UNAUTHENTICATED_BYTES {
            close(queue);
            return Err(Rejected);
        }
    } else if queue.packets.len() >= max {
        return Err(Rejected);
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
