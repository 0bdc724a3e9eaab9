//! What waits for a socket to take it.

use crate::packet::Outgoing;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A queue with a bound, and one reader.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Outgoing>,
    reader: Option<Waker>,
    is_closed: bool,
}

/// The queue is full or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotTaken;

impl Outbox {
    /// Adds a packet, unless `most` wait already.
    pub fn push(&self, packet: Outgoing, most: usize) -> Result<(), NotTaken> {
        let mut queue = self.lock();
        if queue.is_closed || queue.packets.len() >= most {
            return Err(NotTaken);
        }
        queue.packets.push_back(packet);
        wake(queue);
        Ok(())
    }

    /// Takes no more; what waits can still be taken.
    pub fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        wake(queue);
    }

    pub fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// All that waits, as soon as there is something; `None` once it is closed and empty.
    pub fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<VecDeque<Outgoing>>> {
        let mut queue = self.lock();
        if !queue.packets.is_empty() {
            return Poll::Ready(Some(std::mem::take(&mut queue.packets)));
        }
        if queue.is_closed {
            return Poll::Ready(None);
        }
        match &mut queue.reader {
            Some(reader) => reader.clone_from(context.waker()),
            reader => *reader = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut queue: MutexGuard<'_, Queue>) {
    let reader = queue.reader.take();
    drop(queue);
    if let Some(reader) = reader {
        reader.wake();
    }
}
