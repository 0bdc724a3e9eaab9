//! Guests who have gone without leaving.

use super::Guests;
use crate::ChatError;
use meeshy_domain::limits;
use meeshy_store::{StoreError, Tx, guests as table};

/// Guests whose part ends in one transaction.
const BATCH: i64 = 50;

impl Guests {
    /// Ends the part of guests who were not active for [`limits::GUEST_IDLE`]; returns how many there were.
    pub(crate) async fn end_idle(&self) -> Result<u64, ChatError> {
        let mut ended = 0;
        loop {
            let before = self.context.now().minus(limits::GUEST_IDLE);
            let read = move |tx: &mut Tx<'_>| {
                let idle = tx.fetch(table::idle_since(before, BATCH))?;
                tx.fetch(table::seats(&idle))
            };
            let idle = self.context.store.read::<_, StoreError>(read).await?;
            if idle.is_empty() {
                return Ok(ended);
            }
            // One after the other, so that the locks are always taken in the same order.
            for seat in idle {
                let service = self.clone();
                self.context.store.write(move |tx| service.end(tx, &seat)).await?;
                ended += 1;
            }
        }
    }
}
