//! Views: rows of several tables put together for a reader.

use crate::ChatError;
use crate::file_links::FileLinks;
use crate::presence::Presence;
use meeshy_domain::{Language, LanguageSettings, MessageId, Role, Timestamp, UserId, WebAddress};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::conversation_languages::Counts;
use meeshy_store::conversations::Conversation;
use meeshy_store::conversations::Preferences;
use meeshy_store::guests::{self, Guest};
use meeshy_store::members::Member;
use meeshy_store::messages::{Message, Reaction};
use meeshy_store::translation_jobs;
use meeshy_store::translations::{self, Translation};
use meeshy_store::users::User;
use meeshy_store::visibility::Viewer;
use meeshy_store::{Queries, Query, StoreError, Tx, messages, statuses, users};
use std::collections::{BTreeSet, HashMap};

/// A member, and whether they are online.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The membership and the user.
    pub member: Member,
    /// Whether the user is online.
    pub is_online: bool,
}

/// A conversation as seen by one of its members.
#[derive(Debug, Clone)]
pub struct ConversationView {
    /// The conversation itself.
    pub conversation: Conversation,
    /// Its title for this reader, never empty.
    pub title: String,
    /// Its first members, in order of joining.
    pub members: Vec<MemberView>,
    /// Its newest message.
    pub last_message: Option<MessageView>,
    /// The reader's unread count.
    pub unread_count: i64,
    /// The reader's preferences for it.
    pub preferences: Option<Preferences>,
    /// Its statistics; only for a single conversation.
    pub figures: Option<Figures>,
}

/// Statistics of a conversation.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Its members and messages by language.
    pub counts: Vec<Counts>,
    /// Online members; in a large conversation, some of them.
    pub online: Vec<Member>,
}

/// The author of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderView {
    /// The id.
    pub id: UserId,
    /// The unique name.
    pub username: String,
    /// The displayed name.
    pub display_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The URL of the picture.
    pub avatar: Option<String>,
    /// The role on the server.
    pub role: Role,
    /// Whether the author is online.
    pub is_online: bool,
    /// The last activity.
    pub last_active_at: Timestamp,
    /// The author's languages.
    pub languages: LanguageSettings,
}

impl SenderView {
    pub(crate) fn of_member(member: &Member, presence: &Presence) -> Self {
        Self {
            id: member.user_id,
            username: member.username.clone(),
            display_name: member.display_name.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            avatar: member.avatar.clone(),
            role: member.site_role,
            is_online: presence.is_online(member.user_id),
            last_active_at: member.last_active_at,
            languages: member.languages,
        }
    }

    fn of_user(user: User, presence: &Presence) -> Self {
        Self {
            id: user.id,
            username: user.username,
            display_name: user.display_name,
            first_name: user.first_name,
            last_name: user.last_name,
            avatar: user.avatar,
            role: user.role,
            is_online: presence.is_online(user.id),
            last_active_at: user.last_active_at,
            languages: user.languages,
        }
    }
}

/// A message with everything that is shown with it.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// The message itself.
    pub message: Message,
    /// Its author; `None` if the account was deleted.
    pub sender: Option<SenderView>,
    /// Its author, if a guest of the old system.
    pub guest: Option<Guest>,
    /// The mentioned usernames.
    pub mentions: Vec<String>,
    /// The attached files.
    pub attachments: Vec<Attachment>,
    /// Its finished translations.
    pub translations: Vec<Translation>,
    /// The languages of its pending translations.
    pub pending: Vec<Language>,
    /// The reactions.
    pub reactions: Vec<Reaction>,
    /// How many users have a delivery and read state.
    pub status_entries: i64,
    /// The message it replies to, without the one that that replies to.
    pub reply_to: Option<Box<MessageView>>,
}

/// What is needed to build message views.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) presence: &'a Presence,
    pub(crate) file_links: &'a FileLinks,
    /// The viewer, and the time.
    pub(crate) viewer: Viewer,
    pub(crate) now: Timestamp,
}

/// Builds the view of one message.
pub(crate) fn message(tx: &mut Tx<'_>, row: Message, lens: Lens<'_>) -> Result<MessageView, ChatError> {
    messages(tx, vec![row], lens)?.pop().ok_or(ChatError::NotFound { what: "message" })
}

/// Builds the views of some messages, in order, with the messages they reply to.
pub(crate) fn messages(
    tx: &mut Tx<'_>,
    rows: Vec<Message>,
    lens: Lens<'_>,
) -> Result<Vec<MessageView>, StoreError> {
    let answered: BTreeSet<MessageId> = rows.iter().filter_map(|message| message.reply_to_id).collect();
    let answered: Vec<MessageId> = answered.into_iter().collect();
    let ids: BTreeSet<MessageId> = rows.iter().map(|message| message.id).chain(answered.clone()).collect();
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let also = (messages::find_all_seen(&answered, &lens.viewer), writers_of(&rows));
    let (mut parts, (answered, writers)) = Parts::fetch(tx, &ids, lens, also)?;
    parts.add_writers(writers);
    let is_known = |message: &&Message| {
        message.sender_id.is_none_or(|id| parts.writers.contains_key(&id))
            && message.details.guest_sender_id.as_ref().is_none_or(|id| parts.guests.contains_key(id))
    };
    let others: Vec<Message> = answered.iter().filter(|message| !is_known(message)).cloned().collect();
    let writers = tx.fetch(writers_of(&others))?;
    parts.add_writers(writers);
    let answered: HashMap<MessageId, MessageView> =
        answered.into_iter().map(|message| (message.id, parts.view(message))).collect();
    let view = |message: Message| {
        let reply_to = message.reply_to_id.and_then(|id| answered.get(&id).cloned()).map(Box::new);
        MessageView { reply_to, ..parts.view(message) }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The people and the guests who wrote some messages.
fn writers_of(rows: &[Message]) -> (Query<Vec<User>>, Query<Vec<Guest>>) {
    let people: BTreeSet<UserId> = rows.iter().filter_map(|message| message.sender_id).collect();
    let guests: BTreeSet<&str> =
        rows.iter().filter_map(|message| message.details.guest_sender_id.as_deref()).collect();
    let (people, guests): (Vec<_>, Vec<_>) = (people.into_iter().collect(), guests.into_iter().collect());
    (users::find_all(&people), guests::find_all(&guests))
}

/// What is shown with messages, by their ids.
struct Parts<'a> {
    lens: Lens<'a>,
    writers: HashMap<UserId, SenderView>,
    guests: HashMap<String, Guest>,
    statuses: HashMap<MessageId, i64>,
    mentions: HashMap<MessageId, Vec<String>>,
    files: HashMap<MessageId, Vec<Attachment>>,
    translations: HashMap<MessageId, Vec<Translation>>,
    pending: HashMap<MessageId, Vec<Language>>,
    reactions: HashMap<MessageId, Vec<Reaction>>,
}

impl<'a> Parts<'a> {
    /// Asks for the parts of some messages, and at the same time for `also`.
    fn fetch<Q: Queries>(
        tx: &mut Tx<'_>,
        ids: &[MessageId],
        lens: Lens<'a>,
        also: Q,
    ) -> Result<(Self, Q::Answers), StoreError> {
        let viewer = lens.viewer.user();
        let (also, statuses, mentions, files, translations, pending, reactions) = tx.fetch((
            also,
            statuses::counts(ids),
            messages::mentions(ids),
            attachments::of_messages(ids),
            translations::list(ids),
            translation_jobs::pending(ids),
            messages::reactions(ids, viewer),
        ))?;
        let files = files.into_iter().filter(|(_, file)| file.concealed(viewer).is_none());
        let translations = translations.into_iter().map(|translation| (translation.message_id, translation));
        let parts = Self {
            lens,
            writers: HashMap::new(),
            guests: HashMap::new(),
            statuses: statuses.into_iter().collect(),
            mentions: grouped(mentions),
            files: grouped(files.map(|(message, file)| (message, linked(file, lens)))),
            translations: grouped(translations),
            pending: grouped(pending),
            reactions: grouped(reactions),
        };
        Ok((parts, also))
    }

    fn add_writers(&mut self, (people, guests): (Vec<User>, Vec<Guest>)) {
        let presence = self.lens.presence;
        let people = people.into_iter().map(|user| (user.id, SenderView::of_user(user, presence)));
        self.writers.extend(people);
        self.guests.extend(guests.into_iter().map(|guest| (guest.id.clone(), guest)));
    }

    /// A message as its viewer sees it, without what it answers.
    fn view(&self, message: Message) -> MessageView {
        let id = message.id;
        let view = MessageView {
            sender: message.sender_id.and_then(|id| self.writers.get(&id).cloned()),
            guest: message.details.guest_sender_id.as_ref().and_then(|id| self.guests.get(id).cloned()),
            status_entries: self.statuses.get(&id).copied().unwrap_or(0),
            mentions: self.mentions.get(&id).cloned().unwrap_or_default(),
            attachments: self.files.get(&id).cloned().unwrap_or_default(),
            // A translation of an older text is not shown with this text.
            translations: (self.translations.get(&id).into_iter().flatten())
                .filter(|translation| translation.revision == message.revision)
                .cloned()
                .collect(),
            pending: self.pending.get(&id).cloned().unwrap_or_default(),
            reactions: self.reactions.get(&id).cloned().unwrap_or_default(),
            reply_to: None,
            message,
        };
        shown_to(self.lens.viewer.user(), view)
    }
}

/// A message as seen by a viewer; of a hidden one, only that it exists.
fn shown_to(viewer: Option<UserId>, mut view: MessageView) -> MessageView {
    if let Some(concealed) = view.message.concealed(viewer) {
        view.message.content = concealed.placeholder().to_owned();
        view.mentions.clear();
        view.attachments.clear();
        view.translations.clear();
        view.pending.clear();
    }
    view
}

/// With signed links. Files without a URL are linked by their id.
fn linked(file: Attachment, lens: Lens<'_>) -> Attachment {
    let sign = |url: &str| lens.file_links.sign(url, file.id, lens.now);
    let file_url = match WebAddress::parse(&file.file_url) {
        Some(_) => sign(&file.file_url),
        None => sign(&format!("/api/v1/attachments/{}", file.id)),
    };
    Attachment { file_url, thumbnail_url: file.thumbnail_url.as_deref().map(sign), ..file }
}

fn grouped<T>(pairs: impl IntoIterator<Item = (MessageId, T)>) -> HashMap<MessageId, Vec<T>> {
    let mut groups: HashMap<MessageId, Vec<T>> = HashMap::new();
    for (id, value) in pairs {
        groups.entry(id).or_default().push(value);
    }
    groups
}
