//! What surrounds messages in a real conversation.

use super::fanout::text_field;
use super::writers::Writers;
use crate::crowd::Senders;
use crate::people::{Api, World};
use crate::server::Server;
use futures::StreamExt;
use meeshy_bench::packet::{self, Packet};
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;
use tokio::sync::mpsc;

/// Members of a room.
pub const ROOM_SIZE: usize = 20;
/// Of so many messages, one gets a reaction, and after one a member marks the conversation as read.
pub const ONE_IN: usize = 10;
/// The ids of acknowledgements from here on are those of reactions.
const REACTIONS: u64 = 1 << 40;
/// Conversations that are marked as read at the same time.
const READERS: usize = 8;

/// Reacts to messages, and marks them as read.
pub struct Lively {
    senders: Senders,
    writers: Rc<Writers>,
    reads: mpsc::UnboundedSender<usize>,
    messages: Cell<usize>,
}

/// The member who sits next to another one in the same room.
fn neighbour(place: usize) -> usize {
    let room = place / ROOM_SIZE * ROOM_SIZE;
    room + (place + 1 - room) % ROOM_SIZE
}

/// A text that mentions the neighbour.
pub fn text(place: usize, number: usize) -> String {
    format!(
        "@person-{} shall we meet at the station at six, before the others come? ({number})",
        neighbour(place)
    )
}

impl Lively {
    /// Follows the messages of `writers`.
    pub fn new(server: &Server, world: &World, senders: Senders, writers: Rc<Writers>) -> Self {
        let (reads, mut read) = mpsc::unbounded_channel();
        let (api, world, of) = (Api::new(server.address), world.clone(), Rc::clone(&writers));
        tokio::task::spawn_local(async move {
            let read = futures::stream::poll_fn(|context| read.poll_recv(context));
            read.for_each_concurrent(READERS, async |reader: usize| {
                let path = format!("/conversations/{}/mark-as-read", world.rooms[reader / ROOM_SIZE].id);
                let marked = api.post(&path, Some(&world.people[reader]), &json!({})).await;
                if let Err(error) = marked {
                    of.refuse(error.to_string());
                }
            })
            .await;
        });
        Self { senders, writers, reads, messages: Cell::new(0) }
    }

    /// Handles a packet; whether it is also for the writers.
    pub fn receive(&self, place: usize, packet: Packet<'_>) -> bool {
        let Packet::Ack { id, arguments } = packet else { return true };
        if id >= REACTIONS {
            if !arguments.starts_with(r#"[{"success":true"#) {
                self.writers.refuse(arguments.to_owned());
            }
            return false;
        }
        let number = self.messages.get() + 1;
        self.messages.set(number);
        if number.is_multiple_of(ONE_IN) {
            self.react(neighbour(place), number, arguments);
        } else if number % ONE_IN == ONE_IN / 2 {
            // Nobody reads after the end.
            let _ = self.reads.send(neighbour(place));
        }
        true
    }

    fn react(&self, who: usize, number: usize, message: &str) {
        let reaction = json!({ "messageId": text_field(message, "messageId"), "emoji": "👍" });
        match packet::emit("reaction:add", &reaction, Some(REACTIONS + number as u64)) {
            Ok(packet) => self.senders.send(who, packet),
            Err(error) => self.writers.refuse(error.to_string()),
        }
    }
}
