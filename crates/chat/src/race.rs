//! Writes that read first and insert then, while another transaction does the same.

use crate::{Chat, ChatError};
use meeshy_store::{StoreError, Tx};

/// The most attempts of such a write. For each, another transaction has to insert the same between the read
/// and the insert.
const ATTEMPTS: usize = 5;

impl Chat {
    /// Runs a write that inserts only what it has not found. If a unique index rejects the insert, another
    /// transaction was faster: the write runs again, finds the stored row and returns as if it had come
    /// later.
    ///
    /// # Errors
    /// The error of `work`; [`ChatError::Busy`] when others were faster each time.
    pub(crate) async fn write_unless_there<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, ChatError> + Clone + Send + 'static,
    ) -> Result<T, ChatError> {
        for _ in 0..ATTEMPTS {
            match self.inner.store.write(work.clone()).await {
                Err(ChatError::Store(StoreError::Conflict(index))) => {
                    tracing::debug!(index, "Lost a race with another transaction; retrying");
                }
                outcome => return outcome,
            }
        }
        Err(ChatError::Busy("others are doing the same just now; try again in a moment".into()))
    }
}
