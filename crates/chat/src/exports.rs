//! Everything that belongs to a user, for them to take away.
//!
//! It is read page by page, each in a transaction of its own, so that it can have any length, keeps nothing in memory
//! and makes nobody wait. What changes meanwhile may be in it or not. It contains nothing that the user could not see:
//! of others, only names, and what the user was told in requests and notifications.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::UserId;
use meeshy_store::conversation_categories::{self, ConversationCategory};
use meeshy_store::exports::{
    self, ExportedBlock, ExportedCommunity, ExportedContact, ExportedConversation, ExportedMessage,
    ExportedReaction,
};
use meeshy_store::notifications::{self, Notification, Place};
use meeshy_store::preferences::{self, Documents};
use meeshy_store::sessions::{self, Session};
use meeshy_store::translations::{self, Translation};
use meeshy_store::user_settings::{self, Setting};
use meeshy_store::users::{self, User};
use meeshy_store::{Query, Tx};
use std::sync::Arc;

/// Rows of one page.
const PAGE: i64 = 200;
/// The most sessions, of which a user has fewer.
const MAX_SESSIONS: i64 = 100;
/// The most categories.
const MAX_CATEGORIES: i64 = 1_000;

/// Exports of what belongs to users. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    context: Arc<Context>,
}

/// A part of an export, in the order of the variants. Lists may come in several parts.
#[derive(Debug, Clone)]
pub enum ExportPart {
    /// The account.
    Profile(Box<User>),
    /// The preferences of all categories.
    Preferences(Box<Documents>),
    /// Preferences under names that clients chose.
    Settings(Vec<Setting>),
    /// The categories of conversations.
    Categories(Vec<ConversationCategory>),
    /// The devices that are signed in.
    Sessions(Vec<Session>),
    /// Friend requests to others.
    SentRequests(Vec<ExportedContact>),
    /// Friend requests of others.
    ReceivedRequests(Vec<ExportedContact>),
    /// Blocked users.
    Blocks(Vec<ExportedBlock>),
    /// Conversations, also those that were left.
    Conversations(Vec<ExportedConversation>),
    /// Communities.
    Communities(Vec<ExportedCommunity>),
    /// Messages that the user has written, with their translations.
    Messages(Vec<WrittenMessage>),
    /// Reactions.
    Reactions(Vec<ExportedReaction>),
    /// Notifications, the newest first; then the archived ones, in the same order.
    Notifications(Vec<Notification>),
}

/// A message that the user has written.
#[derive(Debug, Clone)]
pub struct WrittenMessage {
    /// The original.
    pub message: ExportedMessage,
    /// The translations of its text.
    pub translations: Vec<Translation>,
}

/// What is read next.
#[derive(Debug, Clone)]
enum Next {
    Profile,
    Preferences,
    Settings,
    Categories,
    Sessions,
    SentRequests(Option<String>),
    ReceivedRequests(Option<String>),
    Blocks(Option<String>),
    Conversations(Option<String>),
    Communities(Option<String>),
    Messages(Option<ExportedMessage>),
    Reactions(Option<ExportedReaction>),
    Notifications(Option<Place>),
    ArchivedNotifications(Option<Place>),
    Nothing,
}

/// An export that is being read.
pub struct Export {
    context: Arc<Context>,
    user: UserId,
    next: Next,
}

impl Exports {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Begins an export of what belongs to the caller.
    pub fn begin(&self, caller: UserId) -> Export {
        Export { context: Arc::clone(&self.context), user: caller, next: Next::Profile }
    }
}

impl Export {
    /// The next part; `None` at the end. A list without rows is left out.
    pub async fn next(&mut self) -> Result<Option<ExportPart>, ChatError> {
        loop {
            let (context, user, next) = (Arc::clone(&self.context), self.user, self.next.clone());
            let read = move |tx: &mut Tx<'_>| part(tx, &context, user, next.clone());
            let (part, next) = self.context.store.read::<_, ChatError>(read).await?;
            self.next = next;
            match part {
                None if matches!(self.next, Next::Nothing) => return Ok(None),
                None => {}
                part => return Ok(part),
            }
        }
    }
}

/// A part, and what comes after it.
fn part(
    tx: &mut Tx<'_>,
    context: &Context,
    user: UserId,
    next: Next,
) -> Result<(Option<ExportPart>, Next), ChatError> {
    use ExportPart as Part;
    Ok(match next {
        Next::Profile => {
            let found = tx.fetch(users::find(user))?.ok_or(ChatError::NotFound { what: "user" })?;
            (Some(Part::Profile(Box::new(found))), Next::Preferences)
        }
        Next::Preferences => (Some(Part::Preferences(Box::new(preferences::all(tx, user)?))), Next::Settings),
        Next::Settings => (some(tx.fetch(user_settings::all(user))?, Part::Settings), Next::Categories),
        Next::Categories => {
            let (rows, _) = tx.fetch(conversation_categories::list(user, MAX_CATEGORIES, 0))?;
            (some(rows, Part::Categories), Next::Sessions)
        }
        Next::Sessions => {
            let rows = sessions::of_user(tx, user, context.now(), MAX_SESSIONS)?;
            (some(rows, Part::Sessions), Next::SentRequests(None))
        }
        Next::SentRequests(after) => {
            let (rows, last) = page(tx, exports::sent_requests(user, after.as_deref(), PAGE))?;
            let next = last.map(|last| Next::SentRequests(Some(last.id.to_string())));
            (some(rows, Part::SentRequests), next.unwrap_or(Next::ReceivedRequests(None)))
        }
        Next::ReceivedRequests(after) => {
            let (rows, last) = page(tx, exports::received_requests(user, after.as_deref(), PAGE))?;
            let next = last.map(|last| Next::ReceivedRequests(Some(last.id.to_string())));
            (some(rows, Part::ReceivedRequests), next.unwrap_or(Next::Blocks(None)))
        }
        Next::Blocks(after) => {
            let (rows, last) = page(tx, exports::blocks(user, after.as_deref(), PAGE))?;
            let next = last.map(|last| Next::Blocks(Some(last.user_id.to_string())));
            (some(rows, Part::Blocks), next.unwrap_or(Next::Conversations(None)))
        }
        Next::Conversations(after) => {
            let (rows, last) = page(tx, exports::conversations(user, after.as_deref(), PAGE))?;
            let next = last.map(|last| Next::Conversations(Some(last.id.to_string())));
            (some(rows, Part::Conversations), next.unwrap_or(Next::Communities(None)))
        }
        Next::Communities(after) => {
            let (rows, last) = page(tx, exports::communities(user, after.as_deref(), PAGE))?;
            let next = last.map(|last| Next::Communities(Some(last.id.to_string())));
            (some(rows, Part::Communities), next.unwrap_or(Next::Messages(None)))
        }
        Next::Messages(after) => {
            let after = after.map(|last| (last.conversation_id, last.sequence));
            let (rows, last) = page(tx, exports::messages(user, after, PAGE))?;
            let rows = with_translations(tx, rows)?;
            let next = last.map(|last| Next::Messages(Some(last)));
            (some(rows, Part::Messages), next.unwrap_or(Next::Reactions(None)))
        }
        Next::Reactions(after) => {
            let after = after.map(|last| (last.created_at, last.id));
            let (rows, last) = page(tx, exports::reactions(user, after, PAGE))?;
            let next = last.map(|last| Next::Reactions(Some(last)));
            (some(rows, Part::Reactions), next.unwrap_or(Next::Notifications(None)))
        }
        Next::Notifications(after) => {
            let (rows, last) = page(tx, notifications::before(user, after.as_ref(), PAGE))?;
            let next = last.map(|last| Next::Notifications(Some((last.created_at, last.id))));
            (some(rows, Part::Notifications), next.unwrap_or(Next::ArchivedNotifications(None)))
        }
        Next::ArchivedNotifications(after) => {
            match notifications::archived_before(tx, user, after.as_ref())? {
                Some((place, rows)) => {
                    (some(rows, Part::Notifications), Next::ArchivedNotifications(Some(place)))
                }
                None => (None, Next::Nothing),
            }
        }
        Next::Nothing => (None, Next::Nothing),
    })
}

fn some<T>(rows: Vec<T>, part: impl FnOnce(Vec<T>) -> ExportPart) -> Option<ExportPart> {
    (!rows.is_empty()).then(|| part(rows))
}

/// The rows of a page, and its last one if there may be more.
fn page<T: Clone + Send + 'static>(
    tx: &mut Tx<'_>,
    query: Query<Vec<T>>,
) -> Result<(Vec<T>, Option<T>), ChatError> {
    let rows = tx.fetch(query)?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
    let last = if is_full { rows.last().cloned() } else { None };
    Ok((rows, last))
}

fn with_translations(
    tx: &mut Tx<'_>,
    messages: Vec<ExportedMessage>,
) -> Result<Vec<WrittenMessage>, ChatError> {
    let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
    let mut found = tx.fetch(translations::list(&ids))?;
    let written = messages.into_iter().map(|message| {
        let is_its = |translation: &mut Translation| {
            translation.message_id == message.id && translation.revision == message.revision
        };
        let translations = found.extract_if(.., is_its).collect();
        WrittenMessage { message, translations }
    });
    Ok(written.collect())
}
