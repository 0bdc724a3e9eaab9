//! Users who have forgotten their password choose a new one with a link that they are sent.

use super::budget::forget_names;
use super::caller::Device;
use super::fair_queue::Lane;
use super::registration::chosen_password;
use super::second_factor::{Shown, check, show, typed_code};
use super::security::Security;
use crate::ChatError;
use crate::mail::Order;
use crate::secrets::digest;
use meeshy_domain::account::Attempts;
use meeshy_domain::{Secret, Timestamp, text};
use meeshy_store::users::{self, User};
use meeshy_store::{Tx, addresses, attempts, mailed_links, second_factor, sessions};

const BAD_LINK: &str = "this link is wrong, has expired or was used; ask for another one";

/// A new password for whoever has the link. It has no `Debug`.
#[derive(Clone)]
pub struct PasswordReset {
    /// The token of the link.
    pub token: String,
    /// The new password.
    pub new: String,
    /// The new one again, if the client asks for it twice.
    pub confirmation: Option<String>,
    /// The code of the authenticator, if the account needs one.
    pub code: Option<String>,
}

/// What a link to choose a new password is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetLink {
    /// Whether a code of the authenticator is needed.
    pub needs_code: bool,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Security {
    /// Sends a link to choose a new password to the owner of an address. The caller does not learn whether it
    /// has one.
    ///
    /// # Errors
    /// When it is not an address.
    pub async fn request_password_reset(&self, email: &str) -> Result<(), ChatError> {
        let order = Order::ResetPassword { email: text::email(email)?, asked_at: self.context.now() };
        Ok(self.context.store.write(move |tx| order.place(tx)).await?)
    }

    /// What a link is good for.
    ///
    /// # Errors
    /// When it is wrong, has expired or was used.
    pub async fn reset_link(&self, token: &str) -> Result<ResetLink, ChatError> {
        let (user, expires_at) = self.reset_user(token).await?;
        Ok(ResetLink { needs_code: user.details.two_factor_enabled_at.is_some(), expires_at })
    }

    /// Changes the password of whoever has the link, signs out all devices and tells the owner. What guessers
    /// have caused is forgotten; a lock that a person has set stays.
    ///
    /// # Errors
    /// When the link does not work any more, the password is too weak, or a code is missing or wrong;
    /// [`ChatError::TooManyAttempts`] after many wrong codes.
    pub async fn reset_password(&self, reset: PasswordReset, device: &Device) -> Result<(), ChatError> {
        let PasswordReset { token, new, confirmation, code } = reset;
        let (user, _) = self.reset_user(&token).await?;
        if confirmation.is_some_and(|again| again != new) {
            return Err(ChatError::invalid("confirmPassword", "this is not the same password"));
        }
        let password = chosen_password(&Secret::from(new), &user).map_err(|error| match error {
            ChatError::Invalid { problem, .. } => ChatError::invalid("newPassword", problem),
            error => error,
        })?;
        if user.details.two_factor_enabled_at.is_some() {
            self.show_reset_code(&user, code.as_deref().unwrap_or_default(), device).await?;
        }
        let lane = Lane { network: device.network(), ..Lane::default() };
        let hash = self.passwords.hash(password, lane).await?;
        let (service, now, token_hash) = (self.clone(), self.context.now(), digest(&token));
        let write = move |tx: &mut Tx<'_>| {
            // Sign-ins lock the name before the account, so this has to as well.
            forget_names(tx, &user)?;
            attempts::lock(tx, user.id)?;
            let taken = mailed_links::take_reset(tx, &token_hash, now)?;
            let (_, by_phone) = taken.filter(|(owner, _)| *owner == user.id).ok_or_else(bad_link)?;
            mailed_links::remove_all(tx, user.id)?;
            attempts::set_of_strangers(tx, user.id, &Attempts::default())?;
            users::change_password(tx, user.id, &hash, now)?;
            if !by_phone {
                // Whoever has the link reads the mail of this address.
                addresses::verify(tx, user.id, now)?;
            }
            second_factor::delete_challenges(tx, user.id)?;
            for session in sessions::revoke_all(tx, user.id, now)? {
                service.sessions.announce_end(tx, session, user.id);
            }
            Ok(Order::PasswordChanged { user: user.id }.place(tx)?)
        };
        self.context.store.write(write).await
    }

    /// The user of a link that still works, and until when it does.
    async fn reset_user(&self, token: &str) -> Result<(User, Timestamp), ChatError> {
        let (hash, now) = (digest(token), self.context.now());
        let read = move |tx: &mut Tx<'_>| {
            let (user, expires_at) = mailed_links::reset(tx, &hash, now)?.ok_or_else(bad_link)?;
            let user = tx.fetch(users::find_in_good_standing(user, now))?.ok_or_else(bad_link)?;
            Ok((user, expires_at))
        };
        self.context.store.read(read).await
    }

    async fn show_reset_code(&self, user: &User, code: &str, device: &Device) -> Result<(), ChatError> {
        let (user, code, now) = (user.id, typed_code(code), self.context.now());
        let wrong = |problem| Err(ChatError::invalid("twoFactorCode", problem));
        if code.is_empty() {
            return wrong("enter the code that your authenticator shows");
        }
        let show = move |tx: &mut Tx<'_>| {
            let protection = second_factor::protection(tx, user)?;
            check(&protection, now)?;
            match show(tx, user, &protection, &code, now)? {
                Shown::Code | Shown::BackupCode => Ok(()),
                Shown::Used => wrong("this code was already used; wait for the next one"),
                Shown::Wrong => wrong("wrong code"),
            }
        };
        self.attempt(user, device, show).await
    }
}

fn bad_link() -> ChatError {
    ChatError::invalid("token", BAD_LINK)
}
