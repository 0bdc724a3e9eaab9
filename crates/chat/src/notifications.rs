//! The notifications of users.

use crate::ChatError;
use crate::context::Context;
use crate::event_bus::{Event, NotificationChange, NotificationNews};
use meeshy_domain::{MessageId, Timestamp, UserId};
use meeshy_store::notifications::{self, Filter, Notification};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, messages};
use std::collections::{BTreeMap, BTreeSet};
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

    /// Notifications of the caller that have not expired, the newest first.
    pub async fn list(
        &self,
        caller: UserId,
        filter: Filter,
        limit: i64,
        offset: i64,
    ) -> Result<NotificationPage, ChatError> {
        let now = self.context.now();
        // PostgreSQL would reject a NUL, and no notification has it.
        let texts = [&filter.kind, &filter.priority, &filter.conversation];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(NotificationPage::default());
        }
        let read = move |tx: &mut Tx<'_>| {
            let unread = Filter { is_read: Some(false), ..Filter::default() };
            let asked = (
                notifications::page(caller, &filter, now, limit, offset),
                notifications::count_of(caller, &filter, now),
                notifications::count_of(caller, &unread, now),
                Viewer::find(caller, now),
            );
            let (mut page, total, unread, viewer) = tx.fetch(asked)?;
            conceal(tx, &mut page, &viewer)?;
            Ok::<_, StoreError>(NotificationPage { notifications: page, total, unread })
        };
        Ok(self.context.store.read(read).await?)
    }

    /// The numbers of the caller's notifications.
    pub async fn counts(&self, caller: UserId) -> Result<NotificationFigures, ChatError> {
        let now = self.context.now();
        Ok(self.context.store.read(move |tx| figures(tx, caller, now)).await?)
    }

    /// Marks a notification of the caller as read, also on their other devices.
    ///
    /// # Errors
    /// When there is none.
    pub async fn mark_read(&self, caller: UserId, id: &str) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            if id.contains('\0') || !notifications::mark_read(tx, caller, &id, now)? {
                return Err(missing());
            }
            service.tell(tx, caller, Some(NotificationNews::Read(id.clone())))
        };
        self.context.store.write(write).await
    }

    /// Marks all notifications of the caller as read; returns how many were not.
    pub async fn mark_all_read(&self, caller: UserId) -> Result<u64, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let marked = notifications::mark_all_read(tx, caller, service.context.now())?;
            service.tell(tx, caller, None)?;
            Ok::<_, ChatError>(marked)
        };
        self.context.store.write(write).await
    }

    /// Removes a notification of the caller, also from their other devices.
    ///
    /// # Errors
    /// When there is none.
    pub async fn remove(&self, caller: UserId, id: &str) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            if id.contains('\0') || !notifications::remove(tx, caller, &id)? {
                return Err(missing());
            }
            service.tell(tx, caller, Some(NotificationNews::Removed(id.clone())))
        };
        self.context.store.write(write).await
    }

    /// Removes the caller's notifications that are read; returns how many.
    pub async fn remove_read(&self, caller: UserId) -> Result<u64, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let removed = notifications::remove_read(tx, caller)?;
            service.tell(tx, caller, None)?;
            Ok::<_, ChatError>(removed)
        };
        self.context.store.write(write).await
    }

    /// Tells the devices of a user of a change, and of the new numbers.
    fn tell(&self, tx: &mut Tx<'_>, user: UserId, news: Option<NotificationNews>) -> Result<(), ChatError> {
        let NotificationFigures { total, unread, by_type } = figures(tx, user, self.context.now())?;
        let change = NotificationChange { user, news, total, unread, by_type };
        self.context.deliver(tx, None, Event::Notifications(change));
        Ok(())
    }
}

/// A page of notifications.
#[derive(Debug, Clone, Default)]
pub struct NotificationPage {
    /// The newest first.
    pub notifications: Vec<Notification>,
    /// How many match, up to 10,000.
    pub total: i64,
    /// How many of all are unread, up to 10,000.
    pub unread: i64,
}

/// The numbers of the newest 10,000 notifications of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotificationFigures {
    /// All.
    pub total: i64,
    /// Those that are unread.
    pub unread: i64,
    /// All, by type.
    pub by_type: BTreeMap<String, i64>,
}

fn figures(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<NotificationFigures, StoreError> {
    let mut figures = NotificationFigures::default();
    for (kind, total, unread) in tx.fetch(notifications::count_by_type(user, now))? {
        figures.total += total;
        figures.unread += unread;
        figures.by_type.insert(kind, total);
    }
    Ok(figures)
}

fn missing() -> ChatError {
    ChatError::NotFound { what: "notification" }
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
