//! Stores the notifications that their users want, and delivers them.

use super::draft::{Draft, Known};
use super::push::PushOrder;
use crate::context::Context;
use crate::event_bus::{Event, NewNotification};
use crate::presence::Presence;
use jiff::tz::TimeZone;
use meeshy_domain::notification::is_quiet;
use meeshy_domain::preferences::Weekday;
use meeshy_domain::{MessageId, NotificationKind, PushService, Timestamp, UserId};
use meeshy_store::notification_recipients::{self, Recipient};
use meeshy_store::notifications::{self, Notification, Replaced};
use meeshy_store::{StoreError, Tx, push_tokens};
use std::collections::{BTreeMap, HashMap};

/// Stores what of these drafts is wanted. What is not wanted now is stored, but not delivered.
pub(super) fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    presence: &Presence,
    is_pushed: bool,
    known: &Known,
    mut drafts: Vec<Draft>,
) -> Result<(), StoreError> {
    let users: Vec<UserId> = drafts.iter().map(|draft| draft.user).collect();
    let conversation = known.conversation.as_ref().map(|conversation| conversation.id);
    let recipients: HashMap<UserId, Recipient> = notification_recipients::find(tx, conversation, &users)?
        .into_iter()
        .map(|recipient| (recipient.user, recipient))
        .collect();
    drafts.retain(|draft| recipients.get(&draft.user).is_some_and(|recipient| is_wanted(draft, recipient)));
    let mut replaced = replace(tx, known, &mut drafts, &recipients)?;
    let (mut stored, mut pushed) = (Vec::with_capacity(drafts.len()), Vec::new());
    for draft in &drafts {
        let Some(recipient) = recipients.get(&draft.user) else { continue };
        let notification = draft.written(context, known, &recipient.languages);
        let is_left_alone = is_left_alone(recipient, context.now());
        if is_pushed && recipient.wanted.preferences.push_enabled && !is_left_alone {
            pushed.push(stored.len());
        }
        stored.push(notification.clone());
        let replaces = replaced.remove(&key(draft)).unwrap_or_default();
        if presence.is_online(draft.user) && !is_left_alone {
            let new = NewNotification { notification: Box::new(notification), replaces };
            context.deliver(tx, None, Event::Notification(new));
        }
    }
    notifications::insert_all(tx, &stored)?;
    let pushed: Vec<&Notification> = pushed.into_iter().filter_map(|place| stored.get(place)).collect();
    let users: Vec<UserId> = pushed.iter().map(|notification| notification.user_id).collect();
    let with_devices = tx.fetch(push_tokens::with_devices(&users, PushService::Web, context.now()))?;
    let pushed = pushed.into_iter().filter(|notification| with_devices.contains(&notification.user_id));
    pushed.into_iter().try_for_each(|notification| PushOrder::place(tx, notification))
}

fn is_wanted(draft: &Draft, recipient: &Recipient) -> bool {
    let (kind, attitude) = (draft.subject.kind(), &recipient.attitude);
    let is_known = draft.sequence.is_some_and(|sequence| sequence <= attitude.read_sequence);
    !is_known
        && kind.is_wanted(&recipient.wanted.preferences)
        && kind.passes(attitude.is_muted, attitude.level.as_deref())
}

/// Whose, of what kind, and about which message, if not about the whole conversation.
type Key = (UserId, NotificationKind, Option<MessageId>);

fn key(draft: &Draft) -> Key {
    let kind = draft.subject.kind();
    let message = draft.subject.message().filter(|_| kind == NotificationKind::Reaction);
    (draft.user, kind, message.map(|message| message.id))
}

/// Removes unread notifications in whose place newer ones come, which count what those have counted. Returns their ids.
fn replace(
    tx: &mut Tx<'_>,
    known: &Known,
    drafts: &mut [Draft],
    recipients: &HashMap<UserId, Recipient>,
) -> Result<HashMap<Key, Vec<String>>, StoreError> {
    let mut replaced: HashMap<Key, Vec<String>> = HashMap::new();
    let Some(conversation) = &known.conversation else { return Ok(replaced) };
    let mut groups: BTreeMap<(NotificationKind, Option<MessageId>), Vec<UserId>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.subject.kind().is_grouped()) {
        let (user, kind, message) = key(draft);
        if recipients.get(&user).is_some_and(|one| one.wanted.preferences.group_notifications) {
            groups.entry((kind, message)).or_default().push(user);
        }
    }
    let mut counts: HashMap<Key, i64> = HashMap::new();
    for ((kind, message), users) in groups {
        for Replaced { id, user, data } in notifications::replace(tx, &users, conversation.id, kind, message)?
        {
            replaced.entry((user, kind, message)).or_default().push(id);
            *counts.entry((user, kind, message)).or_default() += count_in(data.as_deref());
        }
    }
    for draft in drafts {
        draft.count += counts.remove(&key(draft)).unwrap_or(0);
    }
    Ok(replaced)
}

/// How many things a notification stands for.
fn count_in(data: Option<&str>) -> i64 {
    let data: Option<serde_json::Value> = data.and_then(|data| serde_json::from_str(data).ok());
    data.and_then(|data| data.get("count")?.as_i64()).unwrap_or(1).clamp(1, MAX_COUNT)
}

/// The most things that a notification stands for.
const MAX_COUNT: i64 = 9_999;

/// Whether a user wants to be left alone now.
fn is_left_alone(recipient: &Recipient, now: Timestamp) -> bool {
    let zone =
        recipient.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let Ok(now) = jiff::Timestamp::from_millisecond(now.millis()) else { return false };
    let local = now.to_zoned(zone);
    let number = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
    let day = Weekday::ALL.get(number).copied().unwrap_or(Weekday::Monday);
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
    is_quiet(&recipient.wanted.preferences, day, minute)
}
