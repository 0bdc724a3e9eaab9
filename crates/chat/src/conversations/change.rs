//! Changing and closing conversations.

use super::Conversations;
use super::view::ConversationView;
use crate::access::{find_with_member, member};
use crate::policy::{Action, Standing};
use crate::uploads::show_picture;
use crate::{ChatError, Event, calls};
use meeshy_domain::{ConversationKind, MemberRole, SystemEvent, UserId, WebAddress, limits, text};
use meeshy_store::Tx;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::events::{self, Change};
use meeshy_store::visibility::Viewer;

/// The longest time between two messages of a member, in seconds.
const MAX_SLOW_MODE: i64 = 6 * 3_600;

/// Changes to a conversation; `None` leaves an attribute as it is, an empty text clears it.
#[derive(Debug, Clone, Default)]
pub struct ConversationPatch {
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The URL of the picture.
    pub avatar: Option<String>,
    /// The URL of the banner.
    pub banner: Option<String>,
    /// `group`, `public` or `broadcast`.
    pub kind: Option<String>,
    /// The role that is needed for writing: `everyone`, `member`, `moderator`, `admin` or `creator`.
    pub default_write_role: Option<String>,
    /// Whether only moderators write.
    pub is_announcement_channel: Option<bool>,
    /// The minimum time between two messages of a member, in seconds; 0 for none.
    pub slow_mode_seconds: Option<i64>,
}

impl Conversations {
    /// Changes a conversation.
    ///
    /// # Errors
    /// When a value is invalid, or the caller may not.
    pub async fn update(
        &self,
        caller: UserId,
        reference: &str,
        patch: ConversationPatch,
    ) -> Result<ConversationView, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let asked = (find_with_member(caller, &reference), Viewer::find(caller, now));
            let (found, viewer) = tx.fetch(asked)?;
            let (conversation, by) = member(found)?;
            let standing = Standing::from(&by);
            standing.check(Action::Change(conversation.kind))?;
            let kind = patch.kind.as_deref().map(changed_kind).transpose()?;
            if kind.is_some_and(|kind| kind != conversation.kind) {
                standing.check(Action::ChangeKind(conversation.kind))?;
            }
            let change = |conversation| {
                let mut changed = patched(conversation, &patch)?;
                changed.kind = kind.unwrap_or(changed.kind);
                Ok::<_, ChatError>(changed)
            };
            let mut changed = change(conversation.clone())?;
            if changed != conversation {
                let number = events::append(tx, changed.id, &[Change::Updated], now)?;
                // It is locked now: nothing that somebody else has changed in the meantime is undone.
                let current = conversations::find(tx, changed.id)?.unwrap_or_else(|| conversation.clone());
                changed = change(current.clone())?;
                let (old, new) = (&current.details.banner, &changed.details.banner);
                show_picture(tx, caller, "banner", new.as_deref(), old.as_deref())?;
                let (old, new) = (&current.avatar, &changed.avatar);
                show_picture(tx, caller, "avatar", new.as_deref(), old.as_deref())?;
                conversations::update(tx, &changed, now)?;
                changed.last_event = number;
                let event = Event::ConversationUpdated { conversation_id: changed.id };
                service.context.deliver(tx, Some(number), event);
                if let Some(title) = changed.title.clone().filter(|_| changed.title != conversation.title) {
                    let title = (None, Some(title));
                    service.tell(tx, &changed, SystemEvent::TitleChanged, caller, title)?;
                    changed = conversations::find(tx, changed.id)?.unwrap_or(changed);
                }
            }
            service.one_view(tx, viewer, changed)
        };
        self.context.store.write(write).await
    }

    /// Closes a conversation for everybody.
    ///
    /// # Errors
    /// When the caller may not.
    pub async fn close(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, by) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            Standing::from(&by).check(Action::Close(conversation.kind))?;
            let now = service.context.now();
            let number = events::append(tx, conversation.id, &[Change::Closed], now)?;
            conversations::close(tx, conversation.id, now)?;
            for picture in [&conversation.avatar, &conversation.details.banner] {
                show_picture(tx, caller, "avatar", None, picture.as_deref())?;
            }
            // Its members hear that the call is over as long as they listen to the conversation.
            calls::close_conversation(tx, &service.context, conversation.id, caller)?;
            let event = Event::ConversationClosed { conversation_id: conversation.id };
            service.context.deliver(tx, Some(number), event);
            Ok(())
        };
        self.context.store.write(write).await
    }
}

fn changed_kind(text: &str) -> Result<ConversationKind, ChatError> {
    let kind = text.parse().map_err(|error| ChatError::invalid("type", error))?;
    let allowed = [ConversationKind::Group, ConversationKind::Public, ConversationKind::Broadcast];
    if allowed.contains(&kind) {
        return Ok(kind);
    }
    Err(ChatError::invalid("type", "a conversation can become `group`, `public` or `broadcast`"))
}

fn patched(mut conversation: Conversation, patch: &ConversationPatch) -> Result<Conversation, ChatError> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(title) = &patch.title {
        conversation.title = Some(text::line("title", title, limits::TITLE_CHARS)?);
    }
    if let Some(description) = &patch.description {
        let about = |text: String| {
            text::paragraph("description", &text, limits::DESCRIPTION_CHARS).map(str::to_owned)
        };
        conversation.description = given(description).map(about).transpose()?;
    }
    if let Some(avatar) = &patch.avatar {
        conversation.avatar = picture("avatar", Some(avatar))?;
    }
    if let Some(banner) = &patch.banner {
        conversation.details.banner = picture("banner", Some(banner))?;
    }
    if let Some(role) = &patch.default_write_role {
        let role = role.trim().to_lowercase();
        let is_known = role == "everyone" || role.parse::<MemberRole>().is_ok();
        if !is_known {
            let problem = "expected one of everyone, member, moderator, admin, creator";
            return Err(ChatError::invalid("defaultWriteRole", problem));
        }
        conversation.details.default_write_role = Some(role).filter(|role| role != "everyone");
    }
    if let Some(is_announcement_channel) = patch.is_announcement_channel {
        conversation.details.is_announcement_channel = is_announcement_channel;
    }
    if let Some(seconds) = patch.slow_mode_seconds {
        if !(0..=MAX_SLOW_MODE).contains(&seconds) {
            let problem = format!("expected 0 to {MAX_SLOW_MODE} seconds");
            return Err(ChatError::invalid("slowModeSeconds", problem));
        }
        conversation.details.slow_mode_seconds = seconds;
    }
    Ok(conversation)
}

/// The URL of a picture; an empty one is none.
///
/// # Errors
/// When it is not a URL of at most [`limits::PICTURE_URL_BYTES`].
pub(crate) fn picture(field: &'static str, url: Option<&str>) -> Result<Option<String>, ChatError> {
    let Some(url) = url.map(str::trim).filter(|url| !url.is_empty()) else { return Ok(None) };
    let is_short = url.len() <= limits::PICTURE_URL_BYTES;
    match WebAddress::parse(url).filter(|_| is_short) {
        Some(_) => Ok(Some(url.to_owned())),
        None => Err(ChatError::invalid(field, "expected the URL of a picture")),
    }
}
