//! What a story must not leave behind.

use meeshy_chat::Chat;
use meeshy_testkit::eventually;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a story leaves on purpose.
#[derive(Default)]
pub(crate) struct Leftovers {
    pub jobs: AtomicBool,
    pub sockets: AtomicBool,
}

impl Leftovers {
    /// Waits until the chat has no more jobs, and nobody is connected.
    ///
    /// # Panics
    /// If something is left over that the story did not announce.
    pub async fn check(&self, chat: &Chat) {
        if !self.jobs.load(Ordering::SeqCst) {
            let waiting =
                async || chat.health().statistics().await.expect("statistics").translation_jobs_waiting;
            eventually(
                "all translation jobs are done (a story that leaves some calls `leaves_jobs`)",
                async || waiting().await == 0,
            )
            .await;
        }
        if !self.sockets.load(Ordering::SeqCst) {
            eventually(
                "all sockets are closed (a story that leaves some calls `leaves_sockets`)",
                async || chat.presence().connected_count() == 0,
            )
            .await;
        }
    }
}
