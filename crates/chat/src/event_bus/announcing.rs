//! Following conversations, and announcing events to other processes.

use super::delivery::Inner;
use super::note;
use crate::{Chat, Ephemeral};
use meeshy_domain::ConversationId;
use meeshy_store::MAX_NOTICE_BYTES;
use std::time::Duration;

/// Announcements within this time are sent together.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);

impl Chat {
    /// Also delivers the events of other processes in a conversation, after `number`. To be called before a
    /// client listens, with a number that was read before.
    pub fn follow(&self, conversation: ConversationId, number: i64) {
        self.inner.events.0.followed.follow(conversation, number);
    }

    /// Stops following conversations without listeners. To be called every few seconds.
    pub fn unfollow(&self, has_listeners: impl Fn(ConversationId) -> bool) {
        self.inner.events.0.followed.retain(has_listeners);
    }

    /// Sends an ephemeral event to other processes.
    pub fn tell_others(&self, ephemeral: Ephemeral) {
        self.inner.events.tell_others(ephemeral);
    }

    /// Announces events to other processes, repeatedly.
    pub(crate) async fn announce_events(&self) {
        loop {
            self.inner.events.0.announcements.added().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.announce_waiting().await;
        }
    }

    /// Sends the pending announcements.
    pub(crate) async fn announce_waiting(&self) {
        let Inner { announcements, bus, .. } = &*self.inner.events.0;
        let lines = announcements.take();
        for note in note::encode(&self.inner.process, &lines, MAX_NOTICE_BYTES) {
            if let Err(error) = bus.publish(note).await {
                tracing::warn!(%error, "failed to announce events; the other processes find them by themselves");
            }
        }
    }
}
