//! What all services share: the store, the time, new ids, secrets, and the way of events out of transactions.

use crate::ChatError;
use crate::event_bus::{Delivery, Event};
use crate::secrets::Secrets;
use meeshy_domain::id::NewId;
use meeshy_domain::{Clock, IdGenerator, Timestamp, UserId};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Store, StoreError, Tx};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The most attempts of [`Context::write_unless_there`]. For each, another transaction has to insert the same
/// between the read and the insert.
const ATTEMPTS: usize = 5;

/// What all services share.
pub(crate) struct Context {
    pub store: Store,
    pub clock: Clock,
    pub ids: IdGenerator,
    pub secrets: Secrets,
    pub delivery: Delivery,
    /// The id of this process among those that use the database.
    pub process: String,
}

impl Context {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn new_id<T: From<NewId>>(&self) -> T {
        self.ids.next(self.now()).into()
    }

    /// A user as a viewer, now.
    pub fn viewer(&self, tx: &mut Tx<'_>, user: UserId) -> Result<Viewer, StoreError> {
        tx.fetch(Viewer::find(user, self.now()))
    }

    /// Every member of a conversation as a viewer, now.
    pub fn everybody(&self) -> Viewer {
        Viewer::anyone(self.now())
    }

    /// Delivers an event once the transaction is on disk. `number` is its number in the log of its
    /// conversation.
    pub fn deliver(&self, tx: &mut Tx<'_>, number: Option<i64>, event: Event) {
        let key = event.conversation().map_or(0, order_key);
        let delivery = self.delivery.clone();
        tx.after_commit(key, move || delivery.publish(number, event));
    }

    /// Runs a write that inserts only what it has not found. If a unique index rejects the insert, another
    /// transaction was faster: the write runs again, finds the stored row and returns as if it had come
    /// later.
    ///
    /// # Errors
    /// The error of `work`; [`ChatError::Busy`] when others were faster each time.
    pub async fn write_unless_there<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, ChatError> + Clone + Send + 'static,
    ) -> Result<T, ChatError> {
        for _ in 0..ATTEMPTS {
            match self.store.write(work.clone()).await {
                Err(ChatError::Store(StoreError::Conflict(index))) => {
                    tracing::debug!(index, "Lost a race with another transaction; retrying");
                }
                outcome => return outcome,
            }
        }
        Err(ChatError::Busy("others are doing the same just now; try again in a moment".into()))
    }
}

/// The key that keeps the events of a conversation in order.
pub(crate) fn order_key(conversation: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    conversation.hash(&mut hasher);
    hasher.finish()
}
