//! Changing links, and removing them.

use super::find::{find, missing};
use super::{END_GUESTS, GuestRules, NewShareLink, ShareLinks};
use crate::ChatError;
use crate::access::{find_with_member, member};
use crate::policy::{Action, Standing};
use meeshy_domain::{Timestamp, UserId, limits};
use meeshy_store::Tx;
use meeshy_store::share_links::{self, ShareLink};

/// Changes to a link; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct ShareLinkPatch {
    /// Its name.
    pub name: Option<Option<String>>,
    /// Its description.
    pub description: Option<Option<String>>,
    /// How many people can join by it.
    pub max_uses: Option<Option<i64>>,
    /// How many guests can be there at the same time.
    pub max_concurrent_users: Option<Option<i64>>,
    /// How many sessions of guests there can be.
    pub max_unique_sessions: Option<Option<i64>>,
    /// When it expires.
    pub expires_at: Option<Option<Timestamp>>,
    /// Whether it is turned on.
    pub is_active: Option<bool>,
    /// Whether guests may write.
    pub allow_messages: Option<bool>,
    /// Whether guests may send files.
    pub allow_files: Option<bool>,
    /// Whether guests may send images.
    pub allow_images: Option<bool>,
    /// Whether guests who join from now on see what was written before.
    pub allow_view_history: Option<bool>,
    /// Whether it is for registered users only.
    pub require_account: Option<bool>,
    /// Whether guests have to choose a name.
    pub require_nickname: Option<bool>,
    /// Whether guests have to give an e-mail address.
    pub require_email: Option<bool>,
    /// Whether guests have to give a date of birth.
    pub require_birthday: Option<bool>,
    /// From which countries guests may come.
    pub countries: Option<Vec<String>>,
    /// Which languages guests may have.
    pub languages: Option<Vec<String>>,
    /// From which IP addresses guests may come.
    pub ip_ranges: Option<Vec<String>>,
}

impl ShareLinkPatch {
    /// The changed link. Only what is given is checked: old links may have anything.
    fn apply(self, link: ShareLink, now: Timestamp) -> Result<ShareLink, ChatError> {
        let given = NewShareLink {
            name: self.name.clone().flatten(),
            description: self.description.clone().flatten(),
            max_uses: self.max_uses.flatten(),
            max_concurrent_users: self.max_concurrent_users.flatten(),
            max_unique_sessions: self.max_unique_sessions.flatten(),
            expires_at: self.expires_at.flatten(),
            guests: GuestRules {
                countries: self.countries.clone().unwrap_or_default(),
                languages: self.languages.clone().unwrap_or_default(),
                ip_ranges: self.ip_ranges.clone().unwrap_or_default(),
                ..GuestRules::default()
            },
        };
        let (name, description) = given.texts()?;
        given.check_limits(now)?;
        let origins = given.guests.origins()?;
        Ok(ShareLink {
            name: self.name.map_or(link.name, |_| name),
            description: self.description.map_or(link.description, |_| description),
            max_uses: self.max_uses.unwrap_or(link.max_uses),
            max_concurrent_users: self.max_concurrent_users.unwrap_or(link.max_concurrent_users),
            max_unique_sessions: self.max_unique_sessions.unwrap_or(link.max_unique_sessions),
            expires_at: self.expires_at.unwrap_or(link.expires_at),
            is_active: self.is_active.unwrap_or(link.is_active),
            allow_anonymous_messages: self.allow_messages.unwrap_or(link.allow_anonymous_messages),
            allow_anonymous_files: self.allow_files.unwrap_or(link.allow_anonymous_files),
            allow_anonymous_images: self.allow_images.unwrap_or(link.allow_anonymous_images),
            allow_view_history: self.allow_view_history.unwrap_or(link.allow_view_history),
            require_account: self.require_account.unwrap_or(link.require_account),
            require_nickname: self.require_nickname.unwrap_or(link.require_nickname),
            require_email: self.require_email.unwrap_or(link.require_email),
            require_birthday: self.require_birthday.unwrap_or(link.require_birthday),
            allowed_countries: self.countries.map_or(link.allowed_countries, |_| origins.countries),
            allowed_languages: self.languages.map_or(link.allowed_languages, |_| origins.languages),
            allowed_ip_ranges: self.ip_ranges.map_or(link.allowed_ip_ranges, |_| origins.ip_ranges),
            updated_at: now,
            ..link
        })
    }
}

impl ShareLinks {
    /// Changes a link. Guests who are there lose at once what they may not do any more.
    ///
    /// # Errors
    /// When there is no such link, the caller has neither created it nor moderates its conversation, or a limit is invalid.
    pub async fn change(
        &self,
        caller: UserId,
        reference: &str,
        patch: ShareLinkPatch,
    ) -> Result<ShareLink, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let link = changeable(tx, caller, &reference)?;
            let now = service.context.now();
            let was_open = link.state().check(false, now).is_ok();
            let changed = patch.clone().apply(link, now)?;
            let is_opened = !was_open && changed.state().check(false, now).is_ok();
            if is_opened
                && tx.fetch(share_links::count_open(changed.conversation_id, changed.created_by, now))?
                    >= limits::OWN_SHARE_LINKS
            {
                let most = limits::OWN_SHARE_LINKS;
                let why = format!("there are {most} links to this conversation already");
                return Err(ChatError::InvalidOperation(why));
            }
            share_links::update(tx, &changed)?;
            Ok(changed)
        };
        self.context.store.write(write).await
    }

    /// Removes a link: nobody finds it any more, and its guests are shut out. What they wrote stays.
    ///
    /// # Errors
    /// When there is no such link, or the caller has neither created it nor moderates its conversation.
    pub async fn remove(&self, caller: UserId, reference: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let link = changeable(tx, caller, &reference)?;
            let now = service.context.now();
            END_GUESTS.enqueue(tx, &link.id.to_string(), &link.id)?;
            share_links::remove(tx, link.id, now)?;
            Ok(())
        };
        self.context.store.write(write).await
    }
}

/// A link that the caller may change, locked; others are reported as missing to strangers.
fn changeable(tx: &mut Tx<'_>, caller: UserId, reference: &str) -> Result<ShareLink, ChatError> {
    let id = find(tx, reference)?.id;
    share_links::lock(tx, id)?;
    let link = tx.fetch(share_links::by_id(id))?.ok_or_else(missing)?;
    let found = tx.fetch(find_with_member(caller, &link.conversation_id.to_string()))?;
    let (_, by) = member(found).map_err(|_| missing())?;
    if link.created_by != caller {
        Standing::from(&by).check(Action::SeeAllLinks)?;
    }
    Ok(link)
}
