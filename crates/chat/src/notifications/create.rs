//! Stores the notifications that their users want, and delivers them.

use super::draft::{Draft, Known};
use super::notifier::Notifier;
use super::push::PushOrder;
use super::quiet::is_left_alone;
use crate::event_bus::{Event, NewNotification};
use meeshy_domain::{MessageId, NotificationKind, PushService, Timestamp, UserId};
use meeshy_store::notification_recipients::{self, Recipient};
use meeshy_store::notifications::{self, Notification, Replaced};
use meeshy_store::{StoreError, Tx, push_tokens};
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl Notifier {
    /// Stores what of these drafts is wanted. What is not wanted now is stored, but not delivered.
    pub(super) fn create(
        &self,
        tx: &mut Tx<'_>,
        known: &Known,
        drafts: Vec<Draft>,
    ) -> Result<(), StoreError> {
        let (context, now) = (&self.context, self.context.now());
        let users: BTreeSet<UserId> = drafts.iter().map(|draft| draft.user).collect();
        let users: Vec<UserId> = users.into_iter().collect();
        let conversation = known.conversation.as_ref().map(|conversation| conversation.id);
        let recipients: HashMap<UserId, Recipient> = notification_recipients::find(tx, conversation, &users)?
            .into_iter()
            .map(|recipient| (recipient.user, recipient))
            .collect();
        let wanted = |draft: &Draft| recipients.get(&draft.user).is_some_and(|one| is_wanted(draft, one));
        let drafts = drafts.into_iter().filter(wanted).collect();
        let mut drafts = folded(drafts, &recipients);
        let mut replaced = replace(tx, known, &mut drafts, &recipients)?;
        let written: Vec<(&Draft, &Recipient, Notification)> = drafts
            .iter()
            .filter_map(|draft| Some((draft, recipients.get(&draft.user)?)))
            .map(|(draft, recipient)| (draft, recipient, draft.written(context, known, &recipient.languages)))
            .collect();
        let stored: Vec<Notification> =
            written.iter().map(|(.., notification)| notification.clone()).collect();
        notifications::insert_all(tx, &stored)?;

        let disturbed: Vec<_> =
            written.into_iter().filter(|(_, recipient, _)| !is_left_alone(recipient, now)).collect();
        if self.is_pushed {
            push(tx, &disturbed, now)?;
        }
        let online: Vec<_> =
            disturbed.into_iter().filter(|(draft, ..)| self.presence.is_online(draft.user)).collect();
        let users: Vec<UserId> = online.iter().map(|(draft, ..)| draft.user).collect();
        let unread: HashMap<UserId, i64> = tx.fetch(notifications::unread_of(&users))?.into_iter().collect();
        for (draft, recipient, mut notification) in online {
            if let Some(message) = draft.subject.message() {
                known.texts.show(&mut notification, Some(message), &recipient.languages);
            }
            let replaces = replaced.remove(&key(draft)).unwrap_or_default();
            let unread = unread.get(&draft.user).copied().unwrap_or_default();
            let new = NewNotification { notification: Box::new(notification), replaces, unread };
            context.deliver(tx, None, Event::Notification(new));
        }
        Ok(())
    }
}

/// Orders push messages for those of the users who want them and have a browser.
fn push(
    tx: &mut Tx<'_>,
    disturbed: &[(&Draft, &Recipient, Notification)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let wanted = || disturbed.iter().filter(|(_, recipient, _)| recipient.wanted.preferences.push_enabled);
    let users: Vec<UserId> = wanted().map(|(draft, ..)| draft.user).collect();
    let with_devices = tx.fetch(push_tokens::with_devices(&users, PushService::Web, now))?;
    wanted()
        .filter(|(draft, ..)| with_devices.contains(&draft.user))
        .try_for_each(|(.., notification)| PushOrder::place(tx, notification))
}

/// Of drafts that replace each other, the last one, which counts all of them. Who was added twice is told once.
fn folded(drafts: Vec<Draft>, recipients: &HashMap<UserId, Recipient>) -> Vec<Draft> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut folded: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let kind = draft.subject.kind();
        let place = places.get(&key(&draft)).copied();
        match place.and_then(|place| folded.get_mut(place)) {
            Some(earlier) if kind.is_grouped() && is_grouped(&draft, recipients) => {
                *earlier = Draft { count: earlier.count + draft.count, ..draft };
            }
            Some(_) if kind == NotificationKind::Added => {}
            _ => {
                places.insert(key(&draft), folded.len());
                folded.push(draft);
            }
        }
    }
    folded
}

fn is_grouped(draft: &Draft, recipients: &HashMap<UserId, Recipient>) -> bool {
    recipients.get(&draft.user).is_some_and(|one| one.wanted.preferences.group_notifications)
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
        if is_grouped(draft, recipients) {
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
