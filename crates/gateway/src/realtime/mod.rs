//! Socket.IO: the only place that knows socketioxide (wire-contract 5).
//!
//! `handshake` cuts down the requests that open sockets, `connect` lets sockets in, `handlers` reads their events, `dispatch` sends out what happened.

mod connect;
mod dispatch;
mod handlers;
mod handshake;
mod socket;

pub(crate) use handshake::cut_down;

use crate::config::GatewayConfig;
use meeshy_chat::Chat;
use meeshy_domain::{ConversationId, SessionId, UserId};
use meeshy_wire::event_name;
use serde::Serialize;
use socketioxide::layer::SocketIoLayer;
use socketioxide::operators::BroadcastOperators;
use socketioxide::{BroadcastError, SocketIo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How long the events that are being handled may take once the program is told to stop, and the sockets to close.
const GRACE: Duration = Duration::from_secs(5);

/// Packets that may wait for a socket to take them.
const QUEUE: usize = 1024;

/// What all sockets share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Realtime {
    shared: Arc<Shared>,
}

struct Shared {
    io: SocketIo,
    chat: Chat,
    config: Arc<GatewayConfig>,
    stopping: AtomicBool,
    handling: AtomicUsize,
    /// Asks the dispatcher to say when everything that happened has been sent out.
    drain: Notify,
    drained: Notify,
}

impl Realtime {
    /// Starts taking sockets and sending events; the layer goes around the router.
    pub fn start(chat: Chat, config: Arc<GatewayConfig>) -> (SocketIoLayer, Self) {
        let packet_bytes = usize::try_from(config.packet_bytes).unwrap_or(usize::MAX);
        let (layer, io) = SocketIo::builder()
            .ping_interval(Duration::from_secs(25))
            .ping_timeout(Duration::from_secs(10))
            .max_payload(config.packet_bytes)
            .ws_max_message_size(packet_bytes)
            .ws_max_frame_size(packet_bytes)
            .max_buffer_size(QUEUE)
            // The buffer is kept for as long as the socket is: the default of 4 KiB costs more than an idle socket does.
            .ws_read_buffer_size(1024)
            .build_layer();
        let shared = Shared {
            io: io.clone(),
            chat,
            config,
            stopping: AtomicBool::new(false),
            handling: AtomicUsize::new(0),
            drain: Notify::new(),
            drained: Notify::new(),
        };
        let realtime = Self { shared: Arc::new(shared) };
        connect::accept(&io, &realtime);
        dispatch::start(&realtime);
        (layer, realtime)
    }

    /// Stops taking events, lets those that are being handled finish, sends out what happened, and closes all sockets.
    pub async fn stop(&self) {
        let shared = &self.shared;
        shared.stopping.store(true, Ordering::SeqCst);
        let finished = async {
            while shared.handling.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            shared.drain.notify_one();
            shared.drained.notified().await;
        };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::warn!("Some events were still being handled when the sockets were closed");
        }
        let told = serde_json::json!({ "reason": "the server restarts" });
        if let Some(everybody) = self.everybody() {
            // Whoever is too slow to hear it finds out by the end of the connection.
            let _ = everybody.broadcast().emit(event_name::SERVER_RESTARTING, &told).await;
        }
        if tokio::time::timeout(GRACE, shared.io.close()).await.is_err() {
            tracing::warn!("Some sockets did not take their last packets in time and were cut off");
        }
    }

    /// Writes an event once and hands it to every socket in some rooms, without waiting for any of them.
    ///
    /// A socket that has not taken [`QUEUE`] packets misses it. If it does not recover by its next ping it is closed;
    /// if it does, its client sees the gap in the messages' numbers and reads again.
    async fn emit(&self, rooms: Vec<String>, name: &'static str, event: &impl Serialize) {
        let Some(everybody) = self.everybody() else { return };
        match everybody.to(rooms).emit(name, event).await {
            Ok(()) => {}
            Err(BroadcastError::Socket(missed)) => {
                metrics::counter!("meeshy_events_missed_total").increment(missed.len() as u64);
            }
            Err(error) => tracing::error!(%error, name, "An event could not be sent out"),
        }
    }

    /// All sockets; `None` once they were closed.
    fn everybody(&self) -> Option<BroadcastOperators> {
        self.shared.io.of("/")
    }

    fn chat(&self) -> &Chat {
        &self.shared.chat
    }

    fn config(&self) -> &GatewayConfig {
        &self.shared.config
    }

    /// Notes that an event is being handled, unless the program is stopping.
    fn begin(&self) -> Option<Handling<'_>> {
        self.shared.handling.fetch_add(1, Ordering::SeqCst);
        let handling = Handling(&self.shared.handling);
        (!self.shared.stopping.load(Ordering::SeqCst)).then_some(handling)
    }
}

/// An event that is being handled.
struct Handling<'a>(&'a AtomicUsize);

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The room of everybody in a conversation.
fn conversation_room(id: ConversationId) -> String {
    format!("conversation_{id}")
}

/// The room of all sockets of a person.
fn user_room(id: UserId) -> String {
    format!("user_{id}")
}

/// The room of all sockets of a device.
fn session_room(id: SessionId) -> String {
    format!("session_{id}")
}
