//! Guests who have gone without leaving, and those whose link was removed.

use super::Guests;
use super::sessions::WHENEVER;
use crate::ChatError;
use meeshy_domain::{GuestId, ShareLinkId, Timestamp, limits};
use meeshy_jobs::JobError;
use meeshy_store::guests as table;

/// Guests who are looked up at once.
const BATCH: i64 = 50;

impl Guests {
    /// Ends the part of guests who were not active for [`limits::GUEST_IDLE`]; returns how many there were.
    pub(crate) async fn end_idle(&self) -> Result<u64, ChatError> {
        let mut ended = 0;
        loop {
            let before = self.context.now().minus(limits::GUEST_IDLE);
            let idle = self.context.store.read(move |tx| tx.fetch(table::idle_since(before, BATCH))).await?;
            if idle.is_empty() {
                return Ok(ended);
            }
            ended += self.end_all(idle, before).await?;
        }
    }

    /// Ends the part of the guests of a link.
    pub(crate) async fn end_of_link(self, link: ShareLinkId) -> Result<(), JobError> {
        loop {
            let there = self.context.store.read(move |tx| tx.fetch(table::of_link(link, BATCH))).await?;
            if there.is_empty() {
                return Ok(());
            }
            self.end_all(there, WHENEVER).await?;
        }
    }

    /// One after the other: nobody in the conversation waits for all of them.
    async fn end_all(&self, guests: Vec<GuestId>, idle_since: Timestamp) -> Result<u64, ChatError> {
        let mut ended = 0;
        for guest in guests {
            let service = self.clone();
            let end = move |tx: &mut meeshy_store::Tx<'_>| service.end(tx, guest, idle_since);
            ended += u64::from(self.context.store.write(end).await?);
        }
        Ok(ended)
    }
}
