//! Writes that look first and insert then, while somebody else does the same.

use crate::{Chat, ChatError};
use meeshy_store::{StoreError, Tx};

/// How often such a write is begun. Each time somebody else has to insert the same between the look and the insert.
const ATTEMPTS: usize = 5;

impl Chat {
    /// Runs a write that inserts only what it has not found. If a unique index answers all the same, another caller was faster: it
    /// runs again, finds what that one has stored, and answers as if it had come later.
    ///
    /// # Errors
    /// What `work` answers; [`ChatError::Busy`] when others were faster each time.
    pub(crate) async fn write_unless_there<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, ChatError> + Clone + Send + 'static,
    ) -> Result<T, ChatError> {
        for _ in 0..ATTEMPTS {
            match self.inner.store.write_retrying(work.clone()).await {
                Err(ChatError::Store(StoreError::Conflict(index))) => {
                    tracing::debug!(index, "Lost a race with another transaction; retrying");
                }
                outcome => return outcome,
            }
        }
        Err(ChatError::Busy("others are doing the same just now; try again in a moment".into()))
    }
}
