//! The notifications of users: those that they have, and new ones.

mod create;
mod draft;
mod notifier;
mod push;
mod quiet;
mod texts;
mod wording;

pub(crate) use notifier::Notifier;
pub(crate) use push::{PUSH, PushPost};

use crate::ChatError;
use crate::context::Context;
use crate::event_bus::{Event, NewNotification, NotificationChange, NotificationNews};
use meeshy_domain::{ConversationId, MessageId, NotificationKind, Timestamp, UserId, limits, text};
use meeshy_store::messages::Message;
use meeshy_store::notifications::{self, Filter, Notification};
use meeshy_store::users::User;
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, members, messages, users};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use texts::Texts;

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
                users::find(caller),
            );
            let (mut page, total, unread, viewer, user) = tx.fetch(asked)?;
            if let Some(user) = user {
                show_texts(tx, &mut page, &viewer, &user)?;
            }
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
            tell(tx, &service.context, caller, Some(NotificationNews::Read(id.clone())))
        };
        self.context.store.write(write).await
    }

    /// Marks all notifications of the caller as read; returns how many were not.
    pub async fn mark_all_read(&self, caller: UserId) -> Result<u64, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let marked = notifications::mark_all_read(tx, caller, service.context.now())?;
            tell(tx, &service.context, caller, None)?;
            Ok::<_, ChatError>(marked)
        };
        self.context.store.write(write).await
    }

    /// Stores a notification for the caller, so that they see what it looks like on their devices.
    ///
    /// # Errors
    /// When a text, or what belongs to its type, is too long.
    pub async fn test(
        &self,
        caller: UserId,
        kind: NotificationKind,
        title: &str,
        content: &str,
        data: Option<serde_json::Value>,
    ) -> Result<Notification, ChatError> {
        let data = data.map(|data| data.to_string());
        if data.as_ref().is_some_and(|data| data.len() > limits::NOTIFICATION_DATA_BYTES) {
            return Err(ChatError::invalid("data", "it is too long"));
        }
        let text = |field, typed| match text::paragraph(field, typed, limits::NOTIFICATION_CHARS)? {
            "" => Err(ChatError::invalid(field, "must not be empty")),
            text => Ok(text.to_owned()),
        };
        let notification = Notification {
            title: text("title", title)?,
            content: text("content", content)?,
            data,
            ..draft::empty(&self.context, caller, kind)
        };
        let (service, stored) = (self.clone(), notification.clone());
        let write = move |tx: &mut Tx<'_>| {
            notifications::insert(tx, &stored)?;
            let figures = figures(tx, caller, service.context.now())?;
            let notification = Box::new(stored.clone());
            let new = NewNotification { notification, replaces: Vec::new(), unread: figures.unread };
            service.context.deliver(tx, None, Event::Notification(new));
            tell(tx, &service.context, caller, None)
        };
        self.context.store.write(write).await?;
        Ok(notification)
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
            tell(tx, &service.context, caller, Some(NotificationNews::Removed(id.clone())))
        };
        self.context.store.write(write).await
    }

    /// Removes the caller's notifications that are read; returns how many.
    pub async fn remove_read(&self, caller: UserId) -> Result<u64, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let removed = notifications::remove_read(tx, caller)?;
            tell(tx, &service.context, caller, None)?;
            Ok::<_, ChatError>(removed)
        };
        self.context.store.write(write).await
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

/// Shows the texts and files of messages as they are now, in the language of the reader, and none that the reader does not see any
/// more. Returns for each notification whether there is nothing to hide.
fn show_texts(
    tx: &mut Tx<'_>,
    page: &mut [Notification],
    viewer: &Viewer,
    reader: &User,
) -> Result<Vec<bool>, StoreError> {
    let of = |notification: &Notification| notification.message_id.as_ref().map(|id| id.parse::<MessageId>());
    let ids: BTreeSet<MessageId> = page.iter().filter_map(|one| of(one)?.ok()).collect();
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let seen = tx.fetch(messages::find_all_seen(&ids, viewer))?;
    let places: BTreeSet<ConversationId> = seen.iter().map(|message| message.conversation_id).collect();
    let joined = tx.fetch(members::joined(reader.id, &places.into_iter().collect::<Vec<_>>()))?;
    let seen: HashMap<MessageId, Message> = seen
        .into_iter()
        .filter(|message| joined.contains(&message.conversation_id))
        .map(|message| (message.id, message))
        .collect();
    let texts = Texts::of(tx, &seen.keys().copied().collect::<Vec<_>>())?;
    let show = |notification: &mut Notification| {
        let Some(message) = of(notification) else { return true };
        let message = message.ok().and_then(|id| seen.get(&id));
        texts.show(notification, message, &reader.languages);
        message.is_some()
    };
    Ok(page.iter_mut().map(show).collect())
}

/// Marks the notifications of a user about a conversation as read, up to a message, on all their devices.
pub(crate) fn mark_read_in(
    tx: &mut Tx<'_>,
    context: &Context,
    user: UserId,
    conversation: ConversationId,
    read_sequence: i64,
) -> Result<(), ChatError> {
    if notifications::mark_read_in(tx, user, conversation, read_sequence, context.now())? {
        tell(tx, context, user, None)?;
    }
    Ok(())
}

/// Marks what a user was asked by another one as read, on all their devices.
pub(crate) fn mark_answered(
    tx: &mut Tx<'_>,
    context: &Context,
    user: UserId,
    kind: NotificationKind,
    sender: UserId,
) -> Result<(), ChatError> {
    if notifications::mark_answered(tx, user, kind, sender, context.now())? {
        tell(tx, context, user, None)?;
    }
    Ok(())
}

/// Tells the devices of a user of a change, and of the new numbers.
fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    user: UserId,
    news: Option<NotificationNews>,
) -> Result<(), ChatError> {
    let NotificationFigures { total, unread, by_type } = figures(tx, user, context.now())?;
    let change = NotificationChange { user, news, total, unread, by_type };
    context.deliver(tx, None, Event::Notifications(change));
    Ok(())
}
