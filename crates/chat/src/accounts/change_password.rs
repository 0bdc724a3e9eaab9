//! Users change their password.

use super::caller::{Caller, Device};
use super::fair_queue::{Kind, Lane};
use super::registration::chosen_password;
use super::security::{Confirmed, Security};
use super::validity::take_hash;
use crate::ChatError;
use crate::mail::Order;
use meeshy_domain::{Secret, text};
use meeshy_store::{Tx, mailed_links, second_factor, sessions, users};

/// A change of a password. It has no `Debug`.
#[derive(Clone)]
pub struct PasswordChange {
    /// The current password.
    pub current: String,
    /// The new one.
    pub new: String,
    /// The new one again, if the client asks for it twice.
    pub confirmation: Option<String>,
}

impl Security {
    /// Changes the caller's password. Sign-ins that wait for a code and all other sessions end; the caller's
    /// stays. The owner is told by e-mail.
    ///
    /// # Errors
    /// When the current password is wrong, or the new one too weak; [`ChatError::TooManyAttempts`] after many
    /// wrong ones.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
        device: &Device,
    ) -> Result<(), ChatError> {
        let PasswordChange { current, new, confirmation } = change;
        if confirmation.is_some_and(|again| again != new) {
            return Err(ChatError::invalid("confirmPassword", "this is not the same password"));
        }
        let password = chosen_password(&Secret::from(new), &caller.user).map_err(|error| match error {
            ChatError::Invalid { problem, .. } => ChatError::invalid("newPassword", problem),
            error => error,
        })?;
        if text::prepared_password(&current) == password.expose() {
            return Err(ChatError::invalid("newPassword", "choose another password than the current one"));
        }
        let confirmed = self.confirm_password(caller.user.id, "currentPassword", current, device).await?;
        let lane = Lane { kind: Kind::Known, network: device.network() };
        let hash = self.passwords.hash(password, lane).await?;
        let Confirmed { user, spent } = confirmed;
        let (service, kept, now) = (self.clone(), caller.session_id, self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            spent.iter().try_for_each(|spent| spent.clear(tx, now))?;
            take_hash(tx, &user, None, now)?;
            users::change_password(tx, user.id, &hash, now)?;
            second_factor::delete_challenges(tx, user.id)?;
            mailed_links::remove_all(tx, user.id)?;
            let kept: Vec<_> = kept.into_iter().collect();
            for session in sessions::revoke_others(tx, user.id, &kept, now)? {
                service.sessions.announce_end(tx, session, user.id);
            }
            Ok(Order::PasswordChanged { user: user.id }.place(tx)?)
        };
        self.context.store.write(write).await
    }
}
