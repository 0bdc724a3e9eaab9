//! Notifies users of what has happened, in the background.
//!
//! What may concern somebody is [queued](notification_queue) in its own transaction, at a cost that does not depend on the size of
//! the conversation. Here, what has gathered in a conversation within a moment is read together, so that a busy conversation costs
//! one notification for each member, not one for each message and member.

use super::draft::{Draft, Known, Subject};
use super::texts::Texts;
use crate::ChatError;
use crate::context::Context;
use crate::presence::Presence;
use meeshy_domain::{
    Actor, ConversationId, ConversationKind, FriendRequestStatus, MemberRole, MessageId, UserId,
};
use meeshy_store::conversations::Conversation;
use meeshy_store::events::Change;
use meeshy_store::messages::{self, Message};
use meeshy_store::notification_queue::{self, Occasion};
use meeshy_store::{
    Tx, calls, conversations, friend_requests, guests, members, mentions, reactions, users, visibility,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often to look for what has happened, if nothing says so.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long what happens in a conversation gathers.
const GATHER: Duration = Duration::from_millis(200);
/// What is looked up at once, and what is taken of a conversation at once.
const BATCH: i64 = 500;
/// The conversations to which users are added when they are created. That there is a direct one, its first message says.
const OPENED: [ConversationKind; 2] = [ConversationKind::Group, ConversationKind::Public];
/// In larger conversations only mentions and replies are notified.
const MAX_MEMBERS: i64 = 250;

/// Notifies users of what is queued. Each gateway does, and each occasion is taken by one of them.
#[derive(Clone)]
pub(crate) struct Notifier {
    pub(super) context: Arc<Context>,
    pub(super) presence: Arc<Presence>,
    /// Whether notifications are also sent to devices.
    pub(super) is_pushed: bool,
}

impl Notifier {
    pub fn new(context: Arc<Context>, presence: Arc<Presence>, is_pushed: bool) -> Self {
        Self { context, presence, is_pushed }
    }

    /// Notifies until `stop` is ready.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut is_failing = false;
        loop {
            let began = Instant::now();
            let more = tokio::select! {
                () = &mut stop => return,
                more = self.notify_some() => more,
            };
            match &more {
                Err(error) if !is_failing => tracing::warn!(%error, "Failed to notify users; trying again"),
                _ => {}
            }
            is_failing = more.is_err();
            let more = more.unwrap_or(false);
            let wait = async {
                if more {
                    // Half of the time belongs to others.
                    tokio::time::sleep(began.elapsed().clamp(GATHER, POLL_INTERVAL)).await;
                    return;
                }
                let happened = self.context.delivery.happened();
                if tokio::time::timeout(POLL_INTERVAL, happened).await.is_ok() {
                    tokio::time::sleep(GATHER).await;
                }
            };
            tokio::select! {
                () = &mut stop => return,
                () = wait => {}
            }
        }
    }

    /// Notifies of some of what is due; returns whether there was any.
    async fn notify_some(&self) -> Result<bool, ChatError> {
        let due = self.context.store.read(|tx| notification_queue::due(tx, BATCH)).await?;
        let places: BTreeSet<Option<ConversationId>> = due.into_iter().collect();
        let mut outcome = Ok(!places.is_empty());
        for place in places {
            let service = self.clone();
            // What fails does not hold up the others.
            let notified = self.context.store.write(move |tx| service.notify_of(tx, place)).await;
            outcome = notified.and(outcome);
        }
        outcome
    }

    fn notify_of(&self, tx: &mut Tx<'_>, place: Option<ConversationId>) -> Result<(), ChatError> {
        let taken = notification_queue::take(tx, place, BATCH)?;
        if taken.is_empty() {
            return Ok(());
        }
        let conversation = place.map(|id| conversations::find(tx, id)).transpose()?.flatten();
        if place.is_some() && !conversation.as_ref().is_some_and(|conversation| conversation.is_active) {
            return Ok(());
        }
        let mut drafts = match &conversation {
            Some(conversation) => self.in_conversation(tx, conversation, &taken)?,
            None => of_friends(tx, &taken)?,
        };
        drafts.retain(|draft| draft.by != Some(Actor::User(draft.user)));
        if drafts.is_empty() {
            return Ok(());
        }
        let known = known(tx, conversation, &drafts)?;
        Ok(self.create(tx, &known, drafts)?)
    }

    fn in_conversation(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        taken: &[Occasion],
    ) -> Result<Vec<Draft>, ChatError> {
        let mut drafts = Vec::new();
        for occasion in taken {
            match occasion {
                Occasion::Change(Change::Reaction(message, by, emoji)) => {
                    drafts.extend(self.of_reaction(tx, *message, *by, emoji)?);
                }
                Occasion::Change(Change::Created) if OPENED.contains(&conversation.kind) => {
                    let by = conversation.created_by;
                    let added = tx.fetch(members::first_ids(conversation.id, MAX_MEMBERS))?;
                    drafts.extend(added.into_iter().map(|user| draft(user, Subject::Added, by)));
                }
                Occasion::Added(by, user) => drafts.push(draft(*user, Subject::Added, Some(*by))),
                Occasion::Joined(user) => {
                    let owner = tx.fetch(members::first_with_role(conversation.id, MemberRole::Creator))?;
                    drafts.extend(owner.map(|owner| draft(owner, Subject::MemberJoined, Some(*user))));
                }
                Occasion::MissedCall(id) => {
                    let Some(call) = tx.fetch(calls::find(*id))? else { continue };
                    let by = call.initiator_id;
                    let called = members::first_ids(conversation.id, MAX_MEMBERS);
                    let (mut called, separated) = tx.fetch((called, visibility::separated(by)))?;
                    called.retain(|user| !separated.contains(user));
                    let subject = Subject::MissedCall(call.id, call.call_type());
                    drafts.extend(called.into_iter().map(|user| draft(user, subject.clone(), Some(by))));
                }
                _ => {}
            }
        }
        // Whoever was added is told so before what is written there.
        drafts.extend(self.of_messages(tx, conversation, taken)?);
        Ok(drafts)
    }

    /// Of new messages: one for each user, apart from mentions and replies; and of mentions by edits.
    fn of_messages(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        taken: &[Occasion],
    ) -> Result<Vec<Draft>, ChatError> {
        let mut new: BTreeSet<MessageId> = BTreeSet::new();
        let mut mentioned: BTreeSet<(MessageId, UserId)> = BTreeSet::new();
        for occasion in taken {
            match occasion {
                Occasion::Change(Change::MessageNew(id)) => _ = new.insert(*id),
                Occasion::Mentioned(id, user) => _ = mentioned.insert((*id, *user)),
                _ => {}
            }
        }
        let mut drafts = self.of_mentions(tx, &mentioned)?;
        let new: Vec<MessageId> = new.into_iter().collect();
        drafts.extend(self.of_new_messages(tx, conversation, &new, &mentioned)?);
        Ok(drafts)
    }

    /// Of mentions that an edit has added to messages that may have been read.
    fn of_mentions(
        &self,
        tx: &mut Tx<'_>,
        mentioned: &BTreeSet<(MessageId, UserId)>,
    ) -> Result<Vec<Draft>, ChatError> {
        let ids: BTreeSet<MessageId> = mentioned.iter().map(|(id, _)| *id).collect();
        let ids: Vec<MessageId> = ids.into_iter().collect();
        let found = self.readable(tx, &ids)?;
        let asked = (mentions::of_messages(&ids), visibility::hidden_from_all(&ids));
        let (still, hidden) = tx.fetch(asked)?;
        let mut drafts = Vec::new();
        for message in found {
            let is_mentioned =
                |user| mentioned.contains(&(message.id, user)) && !hidden.contains(&(message.id, user));
            let users = still.iter().filter(|(id, mention)| *id == message.id && is_mentioned(mention.user));
            for (_, mention) in users {
                let subject = Subject::Mention(Arc::clone(&message));
                drafts.push(Draft { sequence: None, ..by_author(mention.user, subject, &message) });
            }
        }
        Ok(drafts)
    }

    /// Messages of people that have not been deleted and have not expired, the oldest first.
    fn readable(&self, tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<Vec<Arc<Message>>, ChatError> {
        let now = self.context.now();
        let mut found = messages::find_all(tx, ids)?;
        found.retain(|message| !message.is_by_system() && !message.has_expired(now));
        found.sort_by_key(|message| message.sequence);
        Ok(found.into_iter().map(Arc::new).collect())
    }

    /// `mentioned_later` are told already.
    fn of_new_messages(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        ids: &[MessageId],
        mentioned_later: &BTreeSet<(MessageId, UserId)>,
    ) -> Result<Vec<Draft>, ChatError> {
        let found = self.readable(tx, ids)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let answered: Vec<MessageId> = found.iter().filter_map(|message| message.reply_to_id).collect();
        let is_small =
            conversation.kind != ConversationKind::Global && conversation.member_count <= MAX_MEMBERS;
        let by: HashSet<UserId> = found.iter().filter_map(|message| message.sender_id).collect();
        let asked = (
            mentions::of_messages(ids),
            // What else hides a message comes later than it.
            visibility::blockers_of(&by.into_iter().collect::<Vec<_>>()),
            is_small.then(|| members::first_ids(conversation.id, MAX_MEMBERS)),
        );
        let (mentioned, blocked, everybody) = tx.fetch(asked)?;
        let blocked: HashSet<(UserId, UserId)> = blocked.into_iter().collect();
        let authors: HashMap<MessageId, UserId> = messages::find_all(tx, &answered)?
            .into_iter()
            .filter_map(|message| Some((message.id, message.sender_id?)))
            .collect();
        let everybody = everybody.unwrap_or_default();
        let mut drafts = Vec::new();
        let mut latest: BTreeMap<UserId, (Arc<Message>, i64)> = BTreeMap::new();
        for message in found {
            let is_hidden =
                |user: UserId| message.sender_id.is_some_and(|author| blocked.contains(&(author, user)));
            // Who is notified of this message in another way.
            let mut told: HashSet<UserId> = message.sender_id.into_iter().collect();
            told.extend(mentioned_later.iter().filter(|(id, _)| *id == message.id).map(|(_, user)| user));
            let mut tell = |user: UserId, subject: fn(Arc<Message>) -> Subject| {
                if !is_hidden(user) && told.insert(user) {
                    drafts.push(by_author(user, subject(Arc::clone(&message)), &message));
                }
            };
            for (_, mention) in mentioned.iter().filter(|(id, _)| *id == message.id) {
                tell(mention.user, Subject::Mention);
            }
            if let Some(author) = message.reply_to_id.and_then(|answered| authors.get(&answered)) {
                tell(*author, Subject::Reply);
            }
            for user in everybody.iter().filter(|user| !told.contains(user) && !is_hidden(**user)) {
                let (newest, count) = latest.entry(*user).or_insert_with(|| (Arc::clone(&message), 0));
                *newest = Arc::clone(&message);
                *count += 1;
            }
        }
        drafts.extend(latest.into_iter().map(|(user, (message, count))| {
            let draft = by_author(user, Subject::NewMessage(Arc::clone(&message)), &message);
            Draft { count, ..draft }
        }));
        Ok(drafts)
    }

    /// Of a reaction that has not been removed meanwhile, to a message that its author still sees.
    fn of_reaction(
        &self,
        tx: &mut Tx<'_>,
        message: MessageId,
        by: Actor,
        emoji: &str,
    ) -> Result<Option<Draft>, ChatError> {
        let Some(message) = messages::find_all(tx, &[message])?.pop() else { return Ok(None) };
        let Some(author) = message.sender_id else { return Ok(None) };
        let asked = (
            reactions::find(message.id, by, emoji),
            visibility::hidden_from(message.id),
            by.user().map(visibility::blockers),
        );
        let (present, hidden, blockers) = tx.fetch(asked)?;
        let is_seen = !hidden.contains(&author) && !blockers.unwrap_or_default().contains(&author);
        let is_left = present.is_some() && is_seen && !message.has_expired(self.context.now());
        let subject = Subject::Reaction(Arc::new(message), emoji.to_owned());
        Ok(is_left.then(|| Draft { by: Some(by), ..draft(author, subject, None) }))
    }
}

fn draft(user: UserId, subject: Subject, by: Option<UserId>) -> Draft {
    Draft { user, subject, by: by.map(Actor::User), count: 1, sequence: None }
}

fn by_author(user: UserId, subject: Subject, message: &Message) -> Draft {
    Draft { by: message.author(), sequence: Some(message.sequence), ..draft(user, subject, None) }
}

/// Of friend requests that wait for an answer, and of those that were accepted.
fn of_friends(tx: &mut Tx<'_>, taken: &[Occasion]) -> Result<Vec<Draft>, ChatError> {
    let mut drafts = Vec::new();
    for occasion in taken {
        let (id, status) = match occasion {
            Occasion::FriendRequest(id) => (*id, FriendRequestStatus::Pending),
            Occasion::FriendAccepted(id) => (*id, FriendRequestStatus::Accepted),
            _ => continue,
        };
        let Some(request) = friend_requests::find(tx, id)?.filter(|request| request.status == status) else {
            continue;
        };
        let (sender, receiver) = (request.sender_id, request.receiver_id);
        drafts.push(match status {
            FriendRequestStatus::Pending => draft(receiver, Subject::FriendRequest(request), Some(sender)),
            _ => draft(sender, Subject::FriendAccepted(request), Some(receiver)),
        });
    }
    Ok(drafts)
}

/// Reads what drafts refer to.
fn known(tx: &mut Tx<'_>, conversation: Option<Conversation>, drafts: &[Draft]) -> Result<Known, ChatError> {
    let shown: BTreeSet<MessageId> =
        drafts.iter().filter_map(|draft| draft.subject.message()).map(|message| message.id).collect();
    let texts = Texts::of(tx, &shown.into_iter().collect::<Vec<_>>())?;
    let by: HashSet<Actor> = drafts.iter().filter_map(|draft| draft.by).collect();
    let by_users: Vec<UserId> = by.iter().filter_map(|actor| actor.user()).collect();
    let by_guests: Vec<_> = by.iter().filter_map(|actor| actor.guest()).collect();
    let (users, guests) = tx.fetch((users::find_all(&by_users), guests::find_all(&by_guests)))?;
    Ok(Known {
        conversation,
        texts,
        users: users.into_iter().map(|user| (user.id, user)).collect(),
        guests: guests.into_iter().map(|guest| (guest.id, guest)).collect(),
    })
}
