//! Sends the e-mails that were ordered.

use super::order::Order;
use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use crate::settings::MailSettings;
use meeshy_domain::{MailId, Timestamp, UserId};
use meeshy_jobs::JobError;
use meeshy_mail::{CHANGE_FOR, Letter, Mail, MailError, RESET_FOR, SIGN_IN_FOR, VERIFY_FOR};
use meeshy_store::mailed_links::{self, MailedLink};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx, addresses, names};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use std::time::Duration;

/// What somebody waits for is not sent any more when it is this late: they have given up, or asked again.
const TOO_LATE: Duration = Duration::from_secs(3_600);

/// Sends e-mails. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Post {
    context: Arc<Context>,
    settings: MailSettings,
}

/// A letter to the address `to` of a user.
type Addressed = (User, String, Letter);

/// A new token, and the id of the e-mail that will contain it.
struct Fresh {
    id: MailId,
    token: String,
    now: Timestamp,
}

impl Post {
    pub fn new(context: Arc<Context>, settings: MailSettings) -> Self {
        Self { context, settings }
    }

    /// Sends an e-mail, unless there is no reason for it any more. A repeated attempt makes another token.
    pub async fn send(self, order: Order) -> Result<(), JobError> {
        let Some(mailer) = self.settings.mailer.clone() else {
            return Err("no mailer is configured".into());
        };
        let now = self.context.now();
        let fresh = Fresh { id: self.context.new_id(), token: self.context.secrets.hex(32), now };
        let (id, site) = (fresh.id.to_string(), Arc::clone(&self.settings.site));
        let prepare = move |tx: &mut Tx<'_>| fresh.prepare(tx, &order, &site);
        let Some((user, to, letter)) = self.context.store.write(prepare).await? else { return Ok(()) };
        let written = letter.write(&user.username, user.languages.system_language);
        match mailer.send(Mail { id, at: now, to, written }).await {
            Err(error @ MailError::Rejected(_)) => {
                tracing::warn!(user = %user.id, %error, "An e-mail cannot be delivered");
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }
}

impl Fresh {
    /// Stores what the letter needs. `None` if it is not to be sent.
    fn prepare(&self, tx: &mut Tx<'_>, order: &Order, site: &str) -> Result<Option<Addressed>, ChatError> {
        let is_late = |asked_at: &Timestamp| asked_at.plus(TOO_LATE) <= self.now;
        match order {
            Order::ResetPassword { asked_at, .. } | Order::SignIn { asked_at, .. } if is_late(asked_at) => {
                Ok(None)
            }
            Order::VerifyAddress { email } => self.verify_address(tx, email, site),
            Order::ResetPassword { email, .. } => {
                let Some(user) = self.owner(tx, email)? else { return Ok(None) };
                if self.is_new(tx, &user)? {
                    return Ok(Some(to_owner(user, Letter::TooEarly)));
                }
                mailed_links::add_reset(tx, &self.link(user.id, RESET_FOR), false)?;
                let link = format!("{site}/reset-password?token={}", self.token);
                Ok(Some(to_owner(user, Letter::ResetPassword { link })))
            }
            Order::SignIn { email, remember, .. } => {
                let Some(user) = self.owner(tx, email)? else { return Ok(None) };
                if self.is_new(tx, &user)? {
                    return Ok(Some(to_owner(user, Letter::TooEarly)));
                }
                mailed_links::add_sign_in(tx, &self.link(user.id, SIGN_IN_FOR), *remember)?;
                let link = format!("{site}/auth/magic-link?token={}", self.token);
                Ok(Some(to_owner(user, Letter::SignIn { link })))
            }
            Order::ChangeAddress { user } => self.change_address(tx, *user, site),
            Order::PasswordChanged { user } => {
                let user = self.user(tx, *user)?;
                Ok(user.map(|user| to_owner(user, Letter::PasswordChanged)))
            }
            Order::NumberConfirmed { user } => {
                let user = self.user(tx, *user)?;
                Ok(user.map(|user| to_owner(user, Letter::NumberConfirmed)))
            }
            Order::NumberMoved { user } => {
                let user = self.user(tx, *user)?;
                Ok(user.map(|user| to_owner(user, Letter::NumberMoved)))
            }
            Order::AddressChanged { user, old } => {
                let user = self.user(tx, *user)?;
                Ok(user.map(|user| (user, old.clone(), Letter::AddressChanged)))
            }
        }
    }

    fn verify_address(
        &self,
        tx: &mut Tx<'_>,
        email: &str,
        site: &str,
    ) -> Result<Option<Addressed>, ChatError> {
        let Some(user) = self.owner(tx, email)? else { return Ok(None) };
        if user.details.email_verified_at.is_some() {
            return Ok(None);
        }
        let hash = digest(&self.token).into();
        addresses::set_verification(tx, user.id, &hash, self.now.plus(VERIFY_FOR))?;
        let address = utf8_percent_encode(&user.email, NON_ALPHANUMERIC);
        let link = format!("{site}/auth/verify-email?token={}&email={address}", self.token);
        Ok(Some(to_owner(user, Letter::VerifyAddress { link })))
    }

    fn change_address(
        &self,
        tx: &mut Tx<'_>,
        user: UserId,
        site: &str,
    ) -> Result<Option<Addressed>, ChatError> {
        let Some(user) = self.user(tx, user)? else { return Ok(None) };
        let mut pending = addresses::pending(tx, user.id)?;
        let Some(email) = pending.email.clone() else { return Ok(None) };
        // Whoever asks is not told that somebody has the address.
        if names::email_is_taken(tx, &email)? {
            return Ok(None);
        }
        pending.token_hash = Some(digest(&self.token).into());
        pending.expires_at = Some(self.now.plus(CHANGE_FOR));
        addresses::set_pending(tx, user.id, &pending)?;
        let link = format!("{site}/settings/verify-email-change?token={}", self.token);
        Ok(Some((user, email, Letter::ChangeAddress { link })))
    }

    /// The owner of an address, if the account can be used.
    fn owner(&self, tx: &mut Tx<'_>, email: &str) -> Result<Option<User>, StoreError> {
        match addresses::find(tx, email)? {
            Some(user) => self.user(tx, user.id),
            None => Ok(None),
        }
    }

    /// Whether the address of a user is too new for links that sign in or change the password.
    fn is_new(&self, tx: &mut Tx<'_>, user: &User) -> Result<bool, StoreError> {
        Ok(addresses::recovers_from(tx, user.id)?.is_some_and(|from| from > self.now))
    }

    /// A user whose account can be used.
    fn user(&self, tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
        tx.fetch(users::find_in_good_standing(id, self.now))
    }

    fn link(&self, user_id: UserId, valid_for: Duration) -> MailedLink {
        MailedLink {
            id: self.id,
            user_id,
            token_hash: digest(&self.token).into(),
            created_at: self.now,
            expires_at: self.now.plus(valid_for),
        }
    }
}

fn to_owner(user: User, letter: Letter) -> Addressed {
    let to = user.email.clone();
    (user, to, letter)
}
