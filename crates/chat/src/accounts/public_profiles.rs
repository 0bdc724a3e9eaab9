//! Profiles as other users see them.

use super::profiles::Profiles;
use crate::ChatError;
use crate::presence::Seen;
use meeshy_domain::UserId;
use meeshy_domain::preferences::Hides;
use meeshy_store::profiles::{self, Figures};
use meeshy_store::users::User;
use meeshy_store::{Tx, visibility};

/// A profile as somebody sees it. Private fields of the user are for the user only.
#[derive(Debug, Clone)]
pub struct PublicProfile {
    /// The user.
    pub user: User,
    /// The presence that whoever asks sees.
    pub seen: Seen,
}

/// What a user has done, without the room for everybody.
#[derive(Debug, Clone)]
pub struct UserFigures {
    /// The user.
    pub profile: PublicProfile,
    /// The messages.
    pub figures: Figures,
}

/// A page of the list of users.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// The user after whom the next page begins, if there is one.
    pub next: Option<UserId>,
}

impl Profiles {
    /// The profile of the user with an id or username, for `asker` or for somebody who is not signed in. An
    /// account that was deleted is not found; one that was deactivated is, and is marked so.
    ///
    /// Presence is for signed-in users whom no block separates from this one: who is blocked would otherwise
    /// learn it by signing out.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such user.
    pub async fn find(&self, asker: Option<UserId>, reference: &str) -> Result<PublicProfile, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| service.profile(tx, asker, &reference);
        self.context.store.read(read).await
    }

    fn profile(
        &self,
        tx: &mut Tx<'_>,
        asker: Option<UserId>,
        reference: &str,
    ) -> Result<PublicProfile, ChatError> {
        let user = profiles::find(tx, reference)?.ok_or(ChatError::NotFound { what: "user" })?;
        let shows_presence = match asker {
            Some(asker) => !tx.fetch(visibility::is_blocked(asker, user.id))?,
            None => false,
        };
        let hides = if asker == Some(user.id) { Hides::default() } else { user.hides };
        let seen = match shows_presence {
            true => self.presence.seen(user.id, hides, user.last_active_at),
            false => Seen { is_online: false, last_active_at: None },
        };
        Ok(PublicProfile { user, seen })
    }

    /// What a user has done. Not told to users whom a block separates from this one.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such user.
    pub async fn figures(&self, asker: UserId, reference: &str) -> Result<UserFigures, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let read = move |tx: &mut Tx<'_>| {
            let profile = service.profile(tx, Some(asker), &reference)?;
            if tx.fetch(visibility::is_blocked(asker, profile.user.id))? {
                return Err(ChatError::NotFound { what: "user" });
            }
            let figures = profiles::figures(tx, profile.user.id)?;
            Ok(UserFigures { profile, figures })
        };
        self.context.store.read(read).await
    }

    /// Active users in order of their ids, after `after`, except for the caller and those whom a block separates
    /// from the caller.
    pub async fn page(
        &self,
        caller: UserId,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<UserPage, ChatError> {
        let read = move |tx: &mut Tx<'_>| profiles::page(tx, caller, after, limit.saturating_add(1));
        let mut users = self.context.store.read(read).await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let has_more = users.len() > limit;
        users.truncate(limit);
        let next = users.last().filter(|_| has_more).map(|user| user.id);
        Ok(UserPage { users, next })
    }
}
