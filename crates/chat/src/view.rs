//! What a reader is given: rows of several tables put together.

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
use meeshy_store::{StoreError, Tx, messages, statuses, users};
use std::collections::HashMap;

/// A member, and whether this person is connected.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The membership and the person.
    pub member: Member,
    /// Whether this person is connected.
    pub is_online: bool,
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone)]
pub struct ConversationView {
    /// The conversation itself.
    pub conversation: Conversation,
    /// Its title for this reader, never empty.
    pub title: String,
    /// The first of those in it, in order of joining.
    pub members: Vec<MemberView>,
    /// Its newest message.
    pub last_message: Option<MessageView>,
    /// How many messages this reader has not read.
    pub unread_count: i64,
    /// What this reader has set about it.
    pub preferences: Option<Preferences>,
    /// What is known of it as a whole; filled where one conversation is looked at.
    pub figures: Option<Figures>,
}

/// What is known of a conversation as a whole.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Its members and messages by language.
    pub counts: Vec<Counts>,
    /// Members who are connected; of a large conversation some.
    pub online: Vec<Member>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderView {
    /// Who.
    pub id: UserId,
    /// The unique name.
    pub username: String,
    /// The name that others see.
    pub display_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Address of a picture.
    pub avatar: Option<String>,
    /// What this person may do on the whole site.
    pub role: Role,
    /// Whether this person is connected.
    pub is_online: bool,
    /// The last sign of life.
    pub last_active_at: Timestamp,
    /// What this person reads.
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
    /// Who wrote it; `None` once the account is gone.
    pub sender: Option<SenderView>,
    /// The guest who wrote it, in the old system.
    pub guest: Option<Guest>,
    /// The usernames it mentions.
    pub mentions: Vec<String>,
    /// The files that hang on it.
    pub attachments: Vec<Attachment>,
    /// Its translations that have come to an end.
    pub translations: Vec<Translation>,
    /// The languages it is being translated into.
    pub pending: Vec<Language>,
    /// The emoji it was answered with.
    pub reactions: Vec<Reaction>,
    /// Of how many people it is noted whether they received and read it.
    pub status_entries: i64,
    /// The message it answers, without what that one answers.
    pub reply_to: Option<Box<MessageView>>,
}

/// What messages are looked at with.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) presence: &'a Presence,
    pub(crate) file_links: &'a FileLinks,
    /// Who looks, and when.
    pub(crate) viewer: Viewer,
    pub(crate) now: Timestamp,
}

/// Puts together what is shown with one message.
pub(crate) fn message(tx: &mut Tx<'_>, row: Message, lens: Lens<'_>) -> Result<MessageView, ChatError> {
    messages(tx, vec![row], lens)?.pop().ok_or(ChatError::NotFound { what: "message" })
}

/// Puts together what is shown with some messages, in their order, with the messages they answer.
pub(crate) fn messages(
    tx: &mut Tx<'_>,
    rows: Vec<Message>,
    lens: Lens<'_>,
) -> Result<Vec<MessageView>, StoreError> {
    let answered: Vec<MessageId> = rows.iter().filter_map(|message| message.reply_to_id).collect();
    let answered = messages::find_all_seen(tx, &answered, &lens.viewer)?;
    let mut answered: HashMap<MessageId, MessageView> =
        without_replies(tx, answered, lens)?.into_iter().map(|view| (view.message.id, view)).collect();
    let mut views = without_replies(tx, rows, lens)?;
    for view in &mut views {
        // Several messages may answer the same one.
        view.reply_to = view.message.reply_to_id.and_then(|id| answered.get_mut(&id).cloned()).map(Box::new);
    }
    Ok(views)
}

fn without_replies(
    tx: &mut Tx<'_>,
    rows: Vec<Message>,
    lens: Lens<'_>,
) -> Result<Vec<MessageView>, StoreError> {
    let ids: Vec<MessageId> = rows.iter().map(|message| message.id).collect();
    let mut senders: Vec<UserId> = rows.iter().filter_map(|message| message.sender_id).collect();
    senders.sort_unstable();
    senders.dedup();
    let senders: HashMap<UserId, SenderView> = users::find_all(tx, &senders)?
        .into_iter()
        .map(|user| (user.id, SenderView::of_user(user, lens.presence)))
        .collect();
    let mut guests: Vec<&str> =
        rows.iter().filter_map(|message| message.details.guest_sender_id.as_deref()).collect();
    guests.sort_unstable();
    guests.dedup();
    let guests: HashMap<String, Guest> =
        guests::find_all(tx, &guests)?.into_iter().map(|guest| (guest.id.clone(), guest)).collect();
    let statuses: HashMap<MessageId, i64> = statuses::counts(tx, &ids)?.into_iter().collect();
    let mut mentions = grouped(messages::mentions(tx, &ids)?);
    let viewer = lens.viewer.user();
    let files = attachments::of_messages(tx, &ids)?.into_iter();
    let files = files.filter(|(_, file)| file.concealed(viewer).is_none());
    let mut files = grouped(files.map(|(message, file)| (message, linked(file, lens))));
    let finished =
        translations::list(tx, &ids)?.into_iter().map(|translation| (translation.message_id, translation));
    let mut finished = grouped(finished);
    let mut pending = grouped(translation_jobs::pending(tx, &ids)?);
    let mut reactions = grouped(messages::reactions(tx, &ids, viewer)?);
    let view = |message: Message| MessageView {
        sender: message.sender_id.and_then(|id| senders.get(&id).cloned()),
        guest: message.details.guest_sender_id.as_ref().and_then(|id| guests.get(id).cloned()),
        status_entries: statuses.get(&message.id).copied().unwrap_or(0),
        mentions: mentions.remove(&message.id).unwrap_or_default(),
        attachments: files.remove(&message.id).unwrap_or_default(),
        // A translation of an older text is not shown as one of this text.
        translations: (finished.remove(&message.id).unwrap_or_default().into_iter())
            .filter(|translation| translation.revision == message.revision)
            .collect(),
        pending: pending.remove(&message.id).unwrap_or_default(),
        reactions: reactions.remove(&message.id).unwrap_or_default(),
        reply_to: None,
        message,
    };
    Ok(rows.into_iter().map(view).map(|view| shown_to(viewer, view)).collect())
}

/// What a viewer sees of a message: of one that is not for their eyes, that it is there.
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

/// With links that can be followed without a token. What leads nowhere is found by its id.
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
