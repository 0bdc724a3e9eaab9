//! What the operator is told: whether the database works, and statistics.

use crate::ChatError;
use crate::context::Context;
use crate::translation::{Translators, Worker};
use meeshy_store::{StoreError, Tx, notifications, translation_jobs, users};
use std::sync::Arc;

/// Statistics for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Accounts.
    pub users: i64,
    /// Waiting and running translations.
    pub translation_jobs_waiting: i64,
    /// Processes that translate, including this one if it does.
    pub translators: usize,
}

/// The numbers of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationCounts {
    /// Outside the archive.
    pub active: i64,
    /// In the archive.
    pub archived: i64,
}

/// What the operator is told. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    context: Arc<Context>,
    worker: Worker,
    translators: Arc<Translators>,
}

impl Health {
    pub(crate) fn new(context: Arc<Context>, worker: Worker, translators: Arc<Translators>) -> Self {
        Self { context, worker, translators }
    }

    /// Whether the database can be written: tested with a small write, at most once per second.
    ///
    /// # Errors
    /// The reason why nothing can be written.
    pub async fn ready(&self) -> Result<(), ChatError> {
        self.context.store.check_write().await.map_err(StoreError::into)
    }

    /// Statistics for the operator.
    pub async fn statistics(&self) -> Result<Statistics, ChatError> {
        let here = usize::from(self.worker.is_running());
        let translators = here + self.translators.count();
        let read = move |tx: &mut Tx<'_>| {
            let (users, translation_jobs_waiting) = (users::count(tx)?, translation_jobs::waiting(tx)?);
            Ok::<_, ChatError>(Statistics { users, translation_jobs_waiting, translators })
        };
        self.context.store.read(read).await
    }

    /// The numbers of notifications; scans all of them.
    pub async fn notification_counts(&self) -> Result<NotificationCounts, ChatError> {
        let (active, archived) = self.context.store.read(notifications::counts).await?;
        Ok(NotificationCounts { active, archived })
    }
}
