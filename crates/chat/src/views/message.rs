//! A message with everything that is shown with it.

use crate::presence::{Presence, Seen};
use meeshy_domain::{Language, LanguageSettings, Role, SystemEvent, Timestamp, UserId};
use meeshy_store::attachments::Attachment;
use meeshy_store::guests::Guest;
use meeshy_store::members::Member;
use meeshy_store::mentions::Mentioned;
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
    /// What others see of the author's presence.
    pub seen: Seen,
    /// The author's languages.
    pub languages: LanguageSettings,
    /// Since when the author has an account.
    pub registered_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
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
            seen: presence.seen(member.user_id, member.hides, member.last_active_at),
            languages: member.languages,
            registered_at: member.registered_at,
            updated_at: member.updated_at,
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
            seen: match is_hidden {
                true => Seen { is_online: false, last_active_at: Some(user.created_at) },
                false => presence.seen(user.id, user.hides, user.last_active_at),
            },
            languages: user.languages,
            registered_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// What a system message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What has happened.
    pub event: SystemEvent,
    /// Who did it.
    pub actor: Person,
    /// To whom.
    pub target: Option<Person>,
    /// The new title.
    pub value: Option<String>,
}

impl Told {
    /// A sentence in English.
    pub(super) fn sentence(&self) -> String {
        let target = self.target.as_ref().map_or("", |target| &target.display_name);
        self.event.sentence(&self.actor.display_name, target, self.value.as_deref().unwrap_or_default())
    }
}

/// A person in a system message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// The displayed name.
    pub display_name: String,
}

/// A message with everything that is shown with it.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// The message itself.
    pub message: Message,
    /// Its author; `None` if the account was deleted.
    pub sender: Option<SenderView>,
    /// Its author, if a guest.
    pub guest: Option<Guest>,
    /// What it tells, if it is a system message that was written here.
    pub told: Option<Told>,
    /// The mentioned users.
    pub mentions: Vec<Mentioned>,
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
