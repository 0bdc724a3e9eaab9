//! The changes in conversations since a known number, in their current state: for clients that were away, and
//! for announcements of other processes.

use super::Events;
use crate::event_bus::{
    Event, FileUse, FoundTranslation, Happened, HiddenFrom, LeftUnread, MemberChange, ReactionChange,
};
use crate::views::{MessageView, ReactionView, reactions};
use meeshy_domain::{Actor, ConversationId, MemberRole, MessageId, UserId, limits};
use meeshy_store::deletions::Place;
use meeshy_store::events::{self, Change, LoggedEvent};
use meeshy_store::members::Past;
use meeshy_store::reactions::{self as reaction_table, Reaction};
use meeshy_store::read_cursors::ReadPosition;
use meeshy_store::translation_jobs;
use meeshy_store::translations::{self, Translation};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, deletions, members, messages, privacy, read_cursors, visibility};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A part of a conversation's log.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The events, in order. Events without an effect are omitted.
    pub events: Vec<Happened>,
    /// The number of the last event covered, from which to continue.
    pub last: i64,
    /// Whether there are more events after it.
    pub has_more: bool,
    /// Whether the log does not go back far enough: the caller has to reload the conversation, whose newest
    /// number is `last`.
    pub is_too_old: bool,
}

/// For whom events are read.
#[derive(Clone, Copy)]
pub(super) enum Reader {
    /// For this member, who only gets visible events.
    Member(Viewer),
    /// For all members, with the users from whom they are hidden.
    Everybody(Viewer),
}

impl Reader {
    fn viewer(self) -> Viewer {
        match self {
            Self::Member(viewer) | Self::Everybody(viewer) => viewer,
        }
    }

    fn member(self) -> Option<UserId> {
        match self {
            Self::Member(viewer) => viewer.user(),
            Self::Everybody(_) => None,
        }
    }
}

impl Events {
    /// The events of some conversations for all members, at most `limit` of each.
    pub(crate) async fn stretches_for_all(
        &self,
        known: Vec<(ConversationId, i64)>,
        limit: i64,
    ) -> Result<Vec<Stretch>, StoreError> {
        let log = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            log.stretches(tx, Reader::Everybody(log.context.everybody()), &known, limit)
        };
        self.context.store.read(read).await
    }

    /// A translation that a user asked for at another process, if it still exists.
    pub(crate) async fn found(self, found: FoundTranslation) -> Option<Event> {
        let FoundTranslation { user, message_id, language } = found;
        let read = move |tx: &mut Tx<'_>| {
            let pending = translation_jobs::pending_of(message_id);
            tx.fetch((messages::find(message_id), translations::list(&[message_id]), pending))
        };
        let (message, known, pending) = self.context.store.read(read).await.ok()?;
        let message = message?;
        let is_wanted =
            |known: &Translation| known.language == language && known.revision == message.revision;
        let translation = known.iter().find(|known| is_wanted(known))?.clone();
        Some(Event::TranslationFound {
            user,
            conversation_id: message.conversation_id,
            source_language: message.original_language,
            others: translation.others(known, &pending),
            translation,
        })
    }

    pub(super) fn stretches(
        &self,
        tx: &mut Tx<'_>,
        reader: Reader,
        known: &[(ConversationId, i64)],
        limit: i64,
    ) -> Result<Vec<Stretch>, StoreError> {
        let ids: Vec<ConversationId> = known.iter().map(|(id, _)| *id).collect();
        let newest: HashMap<ConversationId, i64> = events::last(tx, &ids)?.into_iter().collect();
        let mut rows: HashMap<ConversationId, Vec<LoggedEvent>> = HashMap::new();
        for row in events::after(tx, known, limit)? {
            rows.entry(row.conversation_id).or_default().push(row);
        }
        let mut stretches = Vec::new();
        for &(conversation_id, after) in known {
            let Some(&newest) = newest.get(&conversation_id) else { continue };
            let rows = rows.remove(&conversation_id).unwrap_or_default();
            // Numbers have no gaps except where the log was pruned.
            let following = rows
                .iter()
                .zip(after.saturating_add(1)..)
                .take_while(|(row, number)| row.number == *number)
                .count();
            let is_too_old = after > newest || (following == 0 && after < newest);
            let last = if is_too_old { newest } else { after + i64::try_from(following).unwrap_or(0) };
            let rows = if is_too_old { &[] } else { &rows[..following] };
            stretches.push((
                Stretch { conversation_id, events: Vec::new(), last, has_more: last < newest, is_too_old },
                needed(rows, reader),
            ));
        }
        let subjects = self.subjects(tx, reader, stretches.iter().flat_map(|(_, rows)| rows))?;
        for (stretch, rows) in &mut stretches {
            stretch.events = rows.iter().filter_map(|row| subjects.event(row)).collect();
            if reader.member().is_some() {
                keep_newest_others(&mut stretch.events);
            }
        }
        Ok(stretches.into_iter().map(|(stretch, _)| stretch).collect())
    }

    /// Reads the current state of the subjects of some events.
    fn subjects<'r>(
        &self,
        tx: &mut Tx<'_>,
        reader: Reader,
        rows: impl Iterator<Item = &'r LoggedEvent>,
    ) -> Result<Subjects, StoreError> {
        let mut subjects = Subjects::default();
        let (mut changed, mut new, mut deleted) = (HashSet::new(), HashSet::new(), Vec::new());
        let mut reacted: HashSet<(MessageId, Actor, &str)> = HashSet::new();
        let mut readers: HashMap<ConversationId, Vec<UserId>> = HashMap::new();
        let mut file_users: Vec<UserId> = Vec::new();
        for row in rows {
            match &row.change {
                Some(Change::Read(user)) => readers.entry(row.conversation_id).or_default().push(*user),
                Some(Change::MessageDeleted(message)) => deleted.push(*message),
                Some(Change::MessageNew(message)) => {
                    changed.insert(*message);
                    new.insert(*message);
                }
                Some(Change::Role(user)) => {
                    let past = tx.fetch(members::past(row.conversation_id, *user))?;
                    if let Some(Past::Active(role)) = past {
                        subjects.roles.insert((row.conversation_id, *user), role);
                    }
                }
                Some(Change::Reaction(message, by, emoji)) => {
                    changed.insert(*message);
                    reacted.insert((*message, *by, emoji));
                }
                Some(Change::File(message, _, user, _)) => {
                    changed.insert(*message);
                    file_users.push(*user);
                }
                Some(Change::Created) if reader.member().is_none() => {
                    let limit = i64::try_from(limits::PARTICIPANTS + 1).unwrap_or(i64::MAX);
                    let first = tx.fetch(members::first_ids(row.conversation_id, limit))?;
                    subjects.members.insert(row.conversation_id, first);
                }
                other => changed.extend(other.as_ref().and_then(Change::message)),
            }
        }
        let changed: Vec<MessageId> = changed.into_iter().collect();
        let seen = tx.fetch(messages::find_all_seen(&changed, &reader.viewer()))?;
        let views = self.views.messages(tx, seen, reader.viewer())?;
        if reader.member().is_none() {
            let answered =
                views.iter().filter_map(|view| view.reply_to.as_ref().map(|answered| answered.message.id));
            let ids: Vec<MessageId> =
                changed.iter().copied().chain(answered).chain(deleted.iter().copied()).collect();
            for (message, user) in tx.fetch(visibility::hidden_from_all(&ids))? {
                subjects.hidden.entry(message).or_default().push(user);
            }
        }
        subjects.messages = views.into_iter().map(|view| (view.message.id, Arc::new(view))).collect();
        let answered: HashSet<MessageId> = reacted.iter().map(|(message, ..)| *message).collect();
        subjects.reactions =
            reactions(tx, &answered.into_iter().collect::<Vec<_>>(), reader.member().map(Actor::User))?;
        let present = reacted.iter().map(|(message, by, emoji)| reaction_table::find(*message, *by, emoji));
        subjects.present = tx.fetch(present.collect::<Vec<_>>())?.into_iter().flatten().collect();
        subjects.places = tx.fetch(deletions::places(&deleted))?.into_iter().collect();
        // What was deleted before anybody here heard of it has a number like all others.
        subjects.places.iter_mut().for_each(|(id, place)| place.counts |= new.contains(id));
        let mut users: Vec<UserId> = readers.values().flatten().copied().collect();
        users.extend(reacted.iter().filter_map(|(_, by, _)| by.user()));
        users.extend(file_users);
        users.sort_unstable();
        users.dedup();
        let mut blockers: HashMap<UserId, Vec<UserId>> = HashMap::new();
        let (blocked, secretive) =
            tx.fetch((visibility::blockers_of(&users), privacy::hiding_read_receipts(&users)))?;
        for (user, blocker) in blocked {
            blockers.entry(user).or_default().push(blocker);
        }
        subjects.secretive = secretive.into_iter().collect();
        for (conversation, users) in readers {
            for position in tx.fetch(read_cursors::positions(conversation, &users))? {
                let user = position.user_id;
                // It has been logged before they hid it, and shows the position of now.
                if subjects.secretive.contains(&user) && reader.member() != Some(user) {
                    continue;
                }
                let mut blockers = blockers.get(&user).cloned().unwrap_or_default();
                match reader.member() {
                    Some(member) if blockers.contains(&member) => continue,
                    Some(_) => blockers.clear(),
                    None => {}
                }
                subjects.positions.insert((conversation, user), (position, blockers));
            }
        }
        if let Some(member) = reader.member() {
            subjects.blocked = blockers
                .into_iter()
                .filter(|(_, blockers)| blockers.contains(&member))
                .map(|(user, _)| user)
                .collect();
        } else {
            subjects.blockers = blockers;
        }
        Ok(subjects)
    }
}

/// Of several missed translations of a message, only the last one comes with all others.
fn keep_newest_others(events: &mut [Happened]) {
    let mut complete = HashSet::new();
    for happened in events.iter_mut().rev() {
        if let Event::Translated { translation, others, .. } = &mut happened.event
            && translation.state.has_text()
            && !complete.insert(translation.message_id)
        {
            others.clear();
        }
    }
}

/// The rows that matter for this reader. A member who was away gets each message and each read position once,
/// in its current state; connected members get every change.
fn needed(rows: &[LoggedEvent], reader: Reader) -> Vec<LoggedEvent> {
    if reader.member().is_none() {
        return rows.to_vec();
    }
    let is_new = |row: &LoggedEvent| match row.change {
        Some(Change::MessageNew(id)) => Some(id),
        _ => None,
    };
    // A new message contains its newest text and translations.
    let new: HashSet<MessageId> = rows.iter().filter_map(is_new).collect();
    let is_covered = |row: &LoggedEvent| {
        let message = row.change.as_ref().and_then(Change::message);
        is_new(row).is_none() && message.is_some_and(|id| new.contains(&id))
    };
    let mut later = HashSet::new();
    let mut needed: Vec<LoggedEvent> =
        rows.iter().rev().filter(|row| !is_covered(row) && later.insert(&row.change)).cloned().collect();
    needed.reverse();
    needed
}

/// The subjects of events.
#[derive(Default)]
struct Subjects {
    messages: HashMap<MessageId, Arc<MessageView>>,
    /// The numbers of deleted messages, and those of the newest in their conversations.
    places: HashMap<MessageId, Place>,
    reactions: HashMap<MessageId, Vec<ReactionView>>,
    /// The reactions that were changed and exist.
    present: Vec<Reaction>,
    /// The users from whom messages are hidden.
    hidden: HashMap<MessageId, Vec<UserId>>,
    /// Read positions, and from whom they are hidden.
    positions: HashMap<(ConversationId, UserId), (ReadPosition, Vec<UserId>)>,
    /// By whom users are blocked.
    blockers: HashMap<UserId, Vec<UserId>>,
    /// Users whom the reader has blocked.
    blocked: HashSet<UserId>,
    /// Users who hide what they read.
    secretive: HashSet<UserId>,
    /// The roles of members that have changed.
    roles: HashMap<(ConversationId, UserId), MemberRole>,
    /// The first members of new conversations.
    members: HashMap<ConversationId, Vec<UserId>>,
}

impl Subjects {
    /// The event of a row; `None` if its subject no longer exists.
    fn event(&self, row: &LoggedEvent) -> Option<Happened> {
        let conversation_id = row.conversation_id;
        let event = match *row.change.as_ref()? {
            Change::Created => {
                let members = self.members.get(&conversation_id).cloned().unwrap_or_default();
                Event::ConversationCreated { conversation_id, members }
            }
            Change::MessageNew(id) => {
                let (message, hidden_from) = self.message(id)?;
                Event::MessageNew { message, hidden_from }
            }
            Change::MessageEdited(id) => {
                let (message, hidden_from) = self.message(id)?;
                let by_this = message.mentions.iter().filter(|mentioned| mentioned.at == Some(row.at));
                let mentioned = by_this.map(|mentioned| mentioned.user).collect();
                Event::MessageEdited { message, hidden_from, mentioned }
            }
            Change::MessageDeleted(message_id) => {
                let place = *self.places.get(&message_id)?;
                let hidden_from = self.hidden.get(&message_id).cloned().unwrap_or_default();
                Event::MessageDeleted { conversation_id, message_id, place, hidden_from }
            }
            Change::Pinned(message_id) => {
                let (view, hidden_from) = self.message(message_id)?;
                let (pinned, hidden_from) = (view.message.details.pin(), hidden_from.message);
                Event::MessagePinned { conversation_id, message_id, pinned, hidden_from }
            }
            Change::File(_, _, user, _) if self.blocked.contains(&user) || self.secretive.contains(&user) => {
                return None;
            }
            Change::File(message_id, attachment_id, user, action) => {
                let (view, hidden_from) = self.message(message_id)?;
                view.attachments.iter().find(|file| file.id == attachment_id)?;
                let blockers = self.blockers.get(&user).into_iter().flatten();
                let hidden_from = hidden_from.message.into_iter().chain(blockers.copied()).collect();
                let used = FileUse { message_id, attachment_id, user, action, at: row.at };
                Event::File { conversation_id, used, hidden_from }
            }
            Change::Reaction(_, Actor::User(user), _) if self.blocked.contains(&user) => return None,
            Change::Reaction(id, by, ref emoji) => {
                let (view, hidden_from) = self.message(id)?;
                let known = self.reactions.get(&id).cloned().unwrap_or_default();
                let is_it = |reaction: &Reaction| {
                    (reaction.message_id, reaction.by()) == (id, Some(by)) && reaction.emoji == *emoji
                };
                let is_added = self.present.iter().any(is_it);
                let change = ReactionChange::new(id, by, emoji, is_added, known, row.at);
                let blockers = by.user().and_then(|user| self.blockers.get(&user)).into_iter().flatten();
                let hidden_from = hidden_from.message.into_iter().chain(blockers.copied()).collect();
                let sequence = view.message.sequence;
                Event::Reaction { conversation_id, sequence, change, hidden_from }
            }
            Change::Translated(id, language) => {
                let (message, hidden_from) = self.message(id)?;
                // It may belong to an older text, or be pending again.
                let translation =
                    message.translations.iter().find(|known| known.language == language)?.clone();
                let others = translation.others(message.translations.iter().cloned(), &message.pending);
                let source_language = message.message.original_language;
                let hidden_from = hidden_from.message;
                let sequence = message.message.sequence;
                Event::Translated {
                    conversation_id,
                    sequence,
                    source_language,
                    translation,
                    others,
                    hidden_from,
                }
            }
            Change::Glossary => Event::GlossaryChanged { conversation_id },
            Change::Updated => Event::ConversationUpdated { conversation_id },
            Change::Closed => Event::ConversationClosed { conversation_id },
            Change::Joined(user) => {
                Event::Member { conversation_id, user, change: MemberChange::Joined, by: None }
            }
            Change::Left(user) => {
                Event::Member { conversation_id, user, change: MemberChange::Left, by: None }
            }
            Change::Role(user) => {
                let change = MemberChange::Role(*self.roles.get(&(conversation_id, user))?);
                Event::Member { conversation_id, user, change, by: None }
            }
            Change::Read(user) => {
                let (position, hidden_from) = self.positions.get(&(conversation_id, user))?.clone();
                let ReadPosition { read_sequence, read_at: at, last_sequence, last_event, .. } = position;
                let left = LeftUnread { last_sequence, last_event, count: position.unread_count.max(0) };
                Event::Read { conversation_id, user, read_sequence, left, at, hidden_from, is_hidden: false }
            }
        };
        Some(Happened { number: Some(row.number), event, is_local: false })
    }

    fn message(&self, id: MessageId) -> Option<(Arc<MessageView>, HiddenFrom)> {
        let view = self.messages.get(&id)?;
        let hidden = |id| self.hidden.get(&id).cloned().unwrap_or_default();
        let answered = view.reply_to.as_ref().map(|answered| hidden(answered.message.id));
        Some((Arc::clone(view), HiddenFrom::new(hidden(id), answered.unwrap_or_default())))
    }
}
