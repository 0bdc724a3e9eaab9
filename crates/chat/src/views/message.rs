//! A message with everything that is shown with it.

use crate::presence::Presence;
use meeshy_domain::{Language, LanguageSettings, Role, Timestamp, UserId};
use meeshy_store::attachments::Attachment;
use meeshy_store::guests::Guest;
use meeshy_store::members::Member;
use meeshy_store::messages::Message;
use meeshy_store::reactions;
use meeshy_store::translations::Translation;
use meeshy_store::users::User;

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

    /// `is_hidden` says that a block hides this user's presence from the viewer.
    pub(super) fn of_user(user: User, presence: &Presence, is_hidden: bool) -> Self {
        Self {
            id: user.id,
            username: user.username,
            display_name: user.display_name,
            first_name: user.first_name,
            last_name: user.last_name,
            avatar: user.avatar,
            role: user.role,
            is_online: !is_hidden && presence.is_online(user.id),
            last_active_at: if is_hidden { user.created_at } else { user.last_active_at },
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
    /// The mentioned users and their usernames.
    pub mentions: Vec<(UserId, String)>,
    /// The attached files.
    pub attachments: Vec<Attachment>,
    /// Its finished translations.
    pub translations: Vec<Translation>,
    /// The languages of its pending translations.
    pub pending: Vec<Language>,
    /// The reactions.
    pub reactions: Vec<reactions::Count>,
    /// How many users have a delivery and read state.
    pub status_entries: i64,
    /// The message it replies to, without the one that that replies to.
    pub reply_to: Option<Box<MessageView>>,
}
