//! The notifications of users.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::UserId;
use meeshy_store::Tx;
use meeshy_store::notifications::{self, Notification};
use std::sync::Arc;

/// The notifications of users. Cheap to clone.
#[derive(Clone)]
pub struct Notifications {
    context: Arc<Context>,
}

impl Notifications {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Notifications of the caller that have not expired, the newest first, and how many there are, up to 10,000.
    pub async fn list(
        &self,
        caller: UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Notification>, i64), ChatError> {
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            tx.fetch((notifications::page(caller, now, limit, offset), notifications::count_of(caller, now)))
        };
        Ok(self.context.store.read(read).await?)
    }
}
