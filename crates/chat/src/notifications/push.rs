//! Sends notifications to the devices of their users.

use super::quiet::is_left_alone;
use super::show_texts;
use super::wording::Wording;
use crate::context::Context;
use meeshy_domain::{NotificationKind, PushService, PushTokenId, Timestamp, UserId, limits};
use meeshy_jobs::{JobError, Kind};
use meeshy_push::{PushError, PushMessage, Subscription, WebPush};
use meeshy_store::notification_recipients::{self, Recipient};
use meeshy_store::notifications::{self, Filter, Notification};
use meeshy_store::push_tokens::{self, PushTarget};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, users};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The job that sends a notification to the devices of its user.
pub(crate) const PUSH: Kind<PushOrder> = Kind::new("push-notification");

/// What is this old is not sent any more: users find it when they come back.
const TOO_LATE: Duration = Duration::from_secs(3_600);
/// The pause before a device is tried again, the first time; then it is four times as long each time.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a push service keeps a message for a device that is off.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How often a device is tried for a notification.
const MAX_ATTEMPTS: u32 = 4;
/// A device that has rejected this many messages in a row gets no more.
const MAX_REJECTED: i64 = 5;

/// A notification to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PushOrder {
    user: UserId,
    notification: String,
    /// To which devices; if not given, to all of them.
    devices: Option<Vec<PushTokenId>>,
    /// How often it was tried.
    attempts: u32,
}

impl PushOrder {
    /// Orders that a notification is sent to all devices of its user, in the place of one that it replaces.
    pub fn place(tx: &mut Tx<'_>, notification: &Notification) -> Result<(), StoreError> {
        let (user, id) = (notification.user_id, notification.id.clone());
        let key = format!("{user} {}", tag(notification));
        PUSH.enqueue(tx, &key, &Self { user, notification: id, devices: None, attempts: 0 })
    }
}

/// Sends notifications to devices. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PushPost {
    context: Arc<Context>,
    web: Option<Arc<WebPush>>,
}

/// What became of a message to a device.
enum Outcome {
    Sent,
    Gone,
    Rejected(String),
    Later(Option<Duration>),
}

impl PushPost {
    pub fn new(context: Arc<Context>, web: Option<Arc<WebPush>>) -> Self {
        Self { context, web }
    }

    /// Sends a notification that is not read yet. Devices whose service fails are tried again later.
    pub async fn send(self, order: PushOrder) -> Result<(), JobError> {
        let Some(web) = self.web.clone() else { return Ok(()) };
        let (now, asked) = (self.context.now(), order.clone());
        let read = move |tx: &mut Tx<'_>| message(tx, &asked, now);
        let Some((message, targets)) = self.context.store.read(read).await? else { return Ok(()) };
        let mut sending = JoinSet::new();
        for PushTarget { id, token, .. } in targets {
            let (web, message) = (Arc::clone(&web), message.clone());
            sending.spawn(async move {
                let Some(to) = Subscription::parse(token.expose()) else { return (id, Outcome::Gone) };
                (id, outcome(web.send(&to, &message, now).await))
            });
        }
        let outcomes = sending.join_all().await;
        let write = move |tx: &mut Tx<'_>| note(tx, &order, &outcomes, now);
        Ok(self.context.store.write(write).await?)
    }
}

/// What is sent, and to which devices; nothing if the notification is read, replaced, or old, if its user does not see the message any
/// more, or wants nothing now.
fn message(
    tx: &mut Tx<'_>,
    order: &PushOrder,
    now: Timestamp,
) -> Result<Option<(PushMessage, Vec<PushTarget>)>, StoreError> {
    let unread = Filter { is_read: Some(false), ..Filter::default() };
    let asked = (
        notifications::find(order.user, &order.notification),
        push_tokens::targets(order.user, now, limits::PUSH_TOKENS),
        notifications::count_of(order.user, &unread, now),
        Viewer::find(order.user, now),
        users::find(order.user),
    );
    let (found, mut targets, unread, viewer, user) = tx.fetch(asked)?;
    let recipient = notification_recipients::find(tx, None, &[order.user])?.pop();
    let (Some(mut notification), Some(user), Some(recipient)) = (found, user, recipient) else {
        return Ok(None);
    };
    let is_old = notification.created_at < now.minus(TOO_LATE).millis();
    let is_wanted = recipient.wanted.preferences.push_enabled && !is_left_alone(&recipient, now);
    let is_seen = show_texts(tx, std::slice::from_mut(&mut notification), &viewer, &user)?;
    if notification.is_read || is_old || !is_wanted || is_seen.contains(&false) {
        return Ok(None);
    }
    targets.retain(|target| target.service == PushService::Web);
    if let Some(devices) = &order.devices {
        targets.retain(|target| devices.contains(&target.id));
    }
    Ok(Some((shown(notification, &recipient, unread, now), targets)))
}

/// What a newer notification replaces: one about the same conversation, or a reaction to the same message.
fn tag(notification: &Notification) -> String {
    let Notification { id, kind, conversation_id, message_id, .. } = notification;
    let about = match kind.parse() {
        Ok(NotificationKind::NewMessage | NotificationKind::MemberJoined) => conversation_id,
        Ok(NotificationKind::Reaction) => message_id,
        _ => &None,
    };
    format!("{kind} {}", about.as_ref().unwrap_or(id))
}

/// What a locked screen may show.
fn shown(notification: Notification, recipient: &Recipient, unread: i64, now: Timestamp) -> PushMessage {
    let tag = tag(&notification);
    let (wanted, words) = (&recipient.wanted.preferences, Wording::of(recipient.languages.system_language));
    let title = if wanted.show_sender_name { notification.title } else { "Meeshy".to_owned() };
    let body = if wanted.show_preview && wanted.show_sender_name {
        notification.content
    } else {
        words.hidden.to_owned()
    };
    let expires_at = notification.expires_at.map(Timestamp::from_millis);
    PushMessage {
        tag,
        id: notification.id,
        title,
        body,
        keep_for: expires_at.map_or(KEPT, |at| at.since(now).min(KEPT)),
        kind: notification.kind,
        conversation_id: notification.conversation_id,
        message_id: notification.message_id,
        unread: if wanted.notification_badge_enabled { unread } else { 0 },
        is_urgent: notification.priority != "low",
    }
}

fn outcome(sent: Result<(), PushError>) -> Outcome {
    match sent {
        Ok(()) => Outcome::Sent,
        Err(PushError::Gone(_)) => Outcome::Gone,
        Err(PushError::Failed { after, .. }) => Outcome::Later(after),
        Err(error) => Outcome::Rejected(error.to_string()),
    }
}

/// Stores what became of the messages, and orders those that are to be tried again.
fn note(
    tx: &mut Tx<'_>,
    order: &PushOrder,
    outcomes: &[(PushTokenId, Outcome)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut later = Vec::new();
    let mut pause = PAUSE.saturating_mul(4_u32.saturating_pow(order.attempts));
    for (id, outcome) in outcomes {
        match outcome {
            Outcome::Sent => {
                push_tokens::was_sent(tx, order.user, *id, now)?;
                notifications::was_pushed(tx, order.user, &order.notification)?;
            }
            Outcome::Gone => {
                push_tokens::remove_device(tx, order.user, &id.to_string())?;
            }
            Outcome::Rejected(error) => push_tokens::has_failed(tx, order.user, *id, error, MAX_REJECTED)?,
            Outcome::Later(after) => {
                later.push(*id);
                pause = pause.max(after.unwrap_or_default());
            }
        }
    }
    let attempts = order.attempts + 1;
    if attempts >= MAX_ATTEMPTS {
        return later.into_iter().try_for_each(|id| {
            push_tokens::has_failed(tx, order.user, id, "the push service fails", MAX_REJECTED)
        });
    }
    if later.is_empty() {
        return Ok(());
    }
    // Another job: this one is done.
    let key = format!("{} {attempts}", order.notification);
    PUSH.enqueue_in(tx, &key, &PushOrder { devices: Some(later), attempts, ..order.clone() }, pause)
}
