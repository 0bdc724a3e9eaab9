//! The changes in conversations since a known number, in their current state: for clients that were away, and
//! for announcements of other processes.

use crate::conversations::find_as_member;
use crate::{Chat, ChatError, Event, FoundTranslation, Happened, HiddenFrom, MessageView, view};
use meeshy_domain::{ConversationId, MessageId, Timestamp, UserId, limits};
use meeshy_store::events::{self, Change, LoggedEvent};
use meeshy_store::members::Membership;
use meeshy_store::translations::{self, Translation};
use meeshy_store::visibility::Viewer;
use meeshy_store::{StoreError, Tx, members, messages, visibility};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most events of one conversation in a response about all conversations.
const MAX_EVENTS_OF_EACH: i64 = 100;
/// The most events in such a response.
const MAX_EVENTS: usize = 500;
/// Conversations whose logs are read together for it.
const CONVERSATIONS_AT_ONCE: usize = 8;

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

/// What has happened in a conversation while a member was away.
#[derive(Debug, Clone)]
pub struct CaughtUp {
    /// The events that this member can see.
    pub stretch: Stretch,
    /// The current unread count of this member.
    pub unread_count: i64,
}

/// The same for all conversations.
#[derive(Debug, Clone)]
pub struct AllCaughtUp {
    /// The conversations with events.
    pub conversations: Vec<CaughtUp>,
    /// Whether the named conversations are no longer the start of the caller's list: one of them was left, or
    /// another one was active later.
    pub is_list_stale: bool,
}

/// For whom events are read.
#[derive(Clone, Copy)]
enum Reader {
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

impl Chat {
    /// The events in a conversation after the event `after`, at most `limit`.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn events_after(
        &self,
        caller: UserId,
        reference: &str,
        after: i64,
        limit: i64,
    ) -> Result<CaughtUp, ChatError> {
        let (chat, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let mut caught_up = chat.caught_up(tx, caller, &[(conversation.id, after)], limit, usize::MAX)?;
            caught_up.pop().ok_or(ChatError::NotFound { what: "conversation" })
        };
        self.inner.store.read(read).await
    }

    /// The events in all conversations of the caller, who knows some of them up to a number.
    pub async fn all_events_after(
        &self,
        caller: UserId,
        known: Vec<(ConversationId, i64)>,
    ) -> Result<AllCaughtUp, ChatError> {
        let chat = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let memberships: HashMap<ConversationId, Membership> = tx
                .fetch(members::of_user(caller))?
                .into_iter()
                .map(|membership| (membership.conversation_id, membership))
                .collect();
            let is_list_stale = is_list_stale(&known, &memberships);
            let is_behind = |(id, number): &(ConversationId, i64)| {
                memberships.get(id).is_some_and(|membership| membership.last_event != *number)
            };
            let behind: Vec<_> = known.into_iter().filter(is_behind).collect();
            let conversations = chat.caught_up(tx, caller, &behind, MAX_EVENTS_OF_EACH, MAX_EVENTS)?;
            Ok::<_, ChatError>(AllCaughtUp { conversations, is_list_stale })
        };
        self.inner.store.read(read).await
    }

    /// The events of some conversations that a member can see, at most `limit` of each and `all` together.
    fn caught_up(
        &self,
        tx: &mut Tx<'_>,
        member: UserId,
        known: &[(ConversationId, i64)],
        limit: i64,
        all: usize,
    ) -> Result<Vec<CaughtUp>, ChatError> {
        let viewer = self.viewer(tx, member)?;
        let (mut stretches, mut count) = (Vec::new(), 0);
        for some in known.chunks(CONVERSATIONS_AT_ONCE) {
            if count < all {
                let read = self.stretches(tx, Reader::Member(viewer), some, limit)?;
                count += read.iter().map(|stretch| stretch.events.len()).sum::<usize>();
                stretches.extend(read);
            } else {
                stretches.extend(some.iter().map(|(id, number)| Stretch {
                    conversation_id: *id,
                    events: Vec::new(),
                    last: *number,
                    has_more: true,
                    is_too_old: false,
                }));
            }
        }
        let ids: Vec<ConversationId> = stretches.iter().map(|stretch| stretch.conversation_id).collect();
        let unread: HashMap<ConversationId, i64> = if viewer.has_blocked() {
            let unread = tx.fetch(visibility::unread(&ids, &[member], self.now()))?;
            unread.into_iter().map(|unread| (unread.conversation, unread.count)).collect()
        } else {
            tx.fetch(members::unread(member, &ids))?.into_iter().collect()
        };
        let caught_up = |stretch: Stretch| CaughtUp {
            unread_count: unread.get(&stretch.conversation_id).copied().unwrap_or(0),
            stretch,
        };
        Ok(stretches.into_iter().map(caught_up).collect())
    }

    /// The events of some conversations for all members, at most `limit` of each.
    pub(crate) async fn stretches_for_all(
        &self,
        known: Vec<(ConversationId, i64)>,
        limit: i64,
    ) -> Result<Vec<Stretch>, StoreError> {
        let chat = self.clone();
        let read =
            move |tx: &mut Tx<'_>| chat.stretches(tx, Reader::Everybody(chat.everybody()), &known, limit);
        self.inner.store.read(read).await
    }

    /// A translation that a user asked for at another process, if it still exists.
    pub(crate) async fn found(self, found: FoundTranslation) -> Option<Event> {
        let FoundTranslation { user, message_id, language } = found;
        let read =
            move |tx: &mut Tx<'_>| tx.fetch((messages::find(message_id), translations::list(&[message_id])));
        let (message, known) = self.inner.store.read(read).await.ok()?;
        let message = message?;
        let is_wanted =
            |known: &Translation| known.language == language && known.revision == message.revision;
        Some(Event::TranslationFound {
            user,
            conversation_id: message.conversation_id,
            source_language: message.original_language,
            translation: known.into_iter().find(is_wanted)?,
        })
    }

    fn stretches(
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
        let mut changed: HashSet<MessageId> = HashSet::new();
        let mut readers: HashMap<ConversationId, Vec<UserId>> = HashMap::new();
        for row in rows {
            match row.change {
                Some(Change::Read(user)) => readers.entry(row.conversation_id).or_default().push(user),
                Some(Change::Created) if reader.member().is_none() => {
                    let limit = i64::try_from(limits::PARTICIPANTS + 1).unwrap_or(i64::MAX);
                    let first = tx.fetch(members::first_ids(row.conversation_id, limit))?;
                    subjects.members.insert(row.conversation_id, first);
                }
                other => changed.extend(other.and_then(Change::message)),
            }
        }
        let changed: Vec<MessageId> = changed.into_iter().collect();
        let seen = tx.fetch(messages::find_all_seen(&changed, &reader.viewer()))?;
        let views = view::messages(tx, seen, self.lens(reader.viewer()))?;
        if reader.member().is_none() {
            let answered =
                views.iter().filter_map(|view| view.reply_to.as_ref().map(|answered| answered.message.id));
            let ids: Vec<MessageId> = changed.iter().copied().chain(answered).collect();
            for (message, user) in tx.fetch(visibility::hidden_from_all(&ids))? {
                subjects.hidden.entry(message).or_default().push(user);
            }
        }
        subjects.messages = views.into_iter().map(|view| (view.message.id, Arc::new(view))).collect();
        for (conversation, users) in readers {
            for (user, sequence, at) in tx.fetch(members::positions(conversation, &users))? {
                let mut blockers = tx.fetch(visibility::blockers(user))?;
                match reader.member() {
                    Some(member) if blockers.contains(&member) => continue,
                    Some(_) => blockers.clear(),
                    None => {}
                }
                subjects.positions.insert((conversation, user), (sequence, at, blockers));
            }
        }
        Ok(subjects)
    }
}

/// Whether the caller's list starts with other conversations than these.
fn is_list_stale(known: &[(ConversationId, i64)], memberships: &HashMap<ConversationId, Membership>) -> bool {
    let known: HashSet<ConversationId> = known.iter().map(|(id, _)| *id).collect();
    let is_theirs = known.iter().all(|id| memberships.contains_key(id));
    let times =
        known.iter().filter_map(|id| memberships.get(id)).map(|membership| membership.last_message_at);
    let oldest = times.min();
    let mut others = memberships.values().filter(|membership| !known.contains(&membership.conversation_id));
    !is_theirs || others.any(|other| oldest.is_none_or(|oldest| other.last_message_at >= oldest))
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
        is_new(row).is_none() && row.change.and_then(Change::message).is_some_and(|id| new.contains(&id))
    };
    let mut later = HashSet::new();
    let mut needed: Vec<LoggedEvent> =
        rows.iter().rev().filter(|row| !is_covered(row) && later.insert(row.change)).copied().collect();
    needed.reverse();
    needed
}

/// The subjects of events.
#[derive(Default)]
struct Subjects {
    messages: HashMap<MessageId, Arc<MessageView>>,
    /// The users from whom messages are hidden.
    hidden: HashMap<MessageId, Vec<UserId>>,
    /// Read positions, their times, and from whom they are hidden.
    positions: HashMap<(ConversationId, UserId), (i64, Timestamp, Vec<UserId>)>,
    /// The first members of new conversations.
    members: HashMap<ConversationId, Vec<UserId>>,
}

impl Subjects {
    /// The event of a row; `None` if its subject no longer exists.
    fn event(&self, row: &LoggedEvent) -> Option<Happened> {
        let conversation_id = row.conversation_id;
        let event = match row.change? {
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
                Event::MessageEdited { message, hidden_from }
            }
            Change::Translated(id, language) => {
                let (message, hidden_from) = self.message(id)?;
                // It may belong to an older text, or be pending again.
                let translation =
                    message.translations.iter().find(|known| known.language == language)?.clone();
                let source_language = message.message.original_language;
                let hidden_from = hidden_from.message;
                Event::Translated { conversation_id, source_language, translation, hidden_from }
            }
            Change::Read(user) => {
                let (read_sequence, at, hidden_from) = self.positions.get(&(conversation_id, user))?.clone();
                Event::Read { conversation_id, user, read_sequence, at, hidden_from }
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
