//! The notifications of users.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{MessageId, UserId};
use meeshy_store::notifications::{self, Notification};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, messages};
use std::collections::BTreeSet;
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
            let asked = (
                notifications::page(caller, now, limit, offset),
                notifications::count_of(caller, now),
                Viewer::find(caller, now),
            );
            let (mut page, total, viewer) = tx.fetch(asked)?;
            conceal(tx, &mut page, &viewer)?;
            Ok::<_, StoreError>((page, total))
        };
        Ok(self.context.store.read(read).await?)
    }
}

/// Removes the texts of messages that the reader does not see any more, or only on request.
fn conceal(tx: &mut Tx<'_>, page: &mut [Notification], viewer: &Viewer) -> Result<(), StoreError> {
    let of = |notification: &Notification| notification.message_id.as_ref().map(|id| id.parse::<MessageId>());
    let ids: BTreeSet<MessageId> = page.iter().filter_map(|one| of(one)?.ok()).collect();
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let open: BTreeSet<MessageId> = tx
        .fetch(messages::find_all_seen(&ids, viewer))?
        .into_iter()
        .filter(|message| message.concealed(None).is_none() && !message.details.is_blurred)
        .map(|message| message.id)
        .collect();
    for notification in page {
        let is_hidden = of(notification).is_some_and(|id| !id.is_ok_and(|id| open.contains(&id)));
        if is_hidden {
            notification.content.clear();
            notification.message_preview = None;
        }
    }
    Ok(())
}
