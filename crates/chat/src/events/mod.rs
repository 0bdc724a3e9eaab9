//! The events of all processes: what clients are told now, and what they have missed.

mod call_feed;
mod catching_up;
mod feed;
mod log;
mod task;

pub use catching_up::{AllCaughtUp, CaughtUp};
pub use feed::Feed;
pub use log::Stretch;

use crate::context::Context;
use crate::event_bus::{Ephemeral, Followed};
use crate::views::Views;
use meeshy_domain::ConversationId;
use std::sync::Arc;

/// The events of all processes. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    context: Arc<Context>,
    views: Views,
}

impl Events {
    pub(crate) fn new(context: Arc<Context>, views: Views) -> Self {
        Self { context, views }
    }

    /// Also delivers the events of other processes in a conversation, after `number`. To be called before a
    /// client listens, with a number that was read before.
    pub fn follow(&self, conversation: ConversationId, number: i64) {
        self.followed().follow(conversation, number);
    }

    /// Stops following conversations without listeners. To be called every few seconds.
    pub fn unfollow(&self, has_listeners: impl Fn(ConversationId) -> bool) {
        self.followed().retain(has_listeners);
    }

    /// Sends an ephemeral event to other processes.
    pub fn tell_others(&self, ephemeral: Ephemeral) {
        self.context.delivery.tell_others(ephemeral);
    }

    fn followed(&self) -> &Followed {
        self.context.delivery.followed()
    }
}
