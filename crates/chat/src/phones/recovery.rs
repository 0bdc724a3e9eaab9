//! Users who have forgotten their password choose a new one with a code on their telephone.
//!
//! First they enter the number, then the username and the address of the account, of which they are shown the first
//! letters, and then the code. What they get is a link to choose a new password, as by e-mail.

use super::budget::Asker;
use super::codes::{Phones, begun};
use super::numbers::parsed;
use crate::ChatError;
use crate::phone_owner::PhoneOwner;
use crate::secrets::digest;
use meeshy_domain::{Network, PhonePurpose, PhoneRefusal, Secret, Timestamp, text};
use meeshy_mail::RESET_FOR;
use meeshy_store::mailed_links::{self, MailedLink};
use meeshy_store::users::User;
use meeshy_store::{StoreError, Tx, addresses, phone_codes, phones, users};

/// The most answers to who somebody is.
const MAX_IDENTITIES: i64 = 3;

/// The account of a number, and the id under which its owner goes on.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// The id. Whoever has it also needs the code.
    pub id: String,
    /// What is shown of the account.
    pub owner: PhoneOwner,
}

/// Whether somebody has named the account of their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityCheck {
    /// Why not; `None` if they have, and a code is sent.
    pub refusal: Option<PhoneRefusal>,
    /// How many answers are left.
    pub attempts_left: i64,
}

impl Phones {
    /// Begins with a number.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number, no account has confirmed it, or one with another way to
    /// recover has confirmed it less than a day ago.
    pub async fn begin_recovery(&self, typed: &str, country: Option<&str>) -> Result<Recovery, ChatError> {
        let (service, number) = (self.clone(), parsed(typed, country)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let user = phones::owner(tx, &number, now)?;
            let user = user.ok_or(ChatError::PhoneCode(PhoneRefusal::UserNotFound))?;
            if phones::recovers_from(tx, user.id)?.is_some_and(|from| from > now) {
                return Err(ChatError::PhoneCode(PhoneRefusal::TooNew));
            }
            let code = service.begin(tx, PhonePurpose::Recover, &number, Some(user.id))?;
            Ok(Recovery { id: code.id, owner: PhoneOwner::of(&user, &number) })
        };
        self.context.store.write(write).await
    }

    /// Checks the username and the address of the account, and sends the code. For a day after the address was changed,
    /// that before it is right as well: somebody with an open session must not take this way from an owner, who has
    /// the telephone and does not know the new address.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when nothing was begun under this id, or the number was sent too many codes.
    pub async fn verify_identity(
        &self,
        id: &str,
        username: &str,
        email: &str,
        from: Network,
    ) -> Result<IdentityCheck, ChatError> {
        let (service, by) = (self.clone(), Asker::anyone(from));
        let (id, username, email) = (id.to_owned(), username.trim().to_owned(), email.trim().to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let code = begun(tx, &id, now)?;
            let refused =
                |refusal, attempts_left| Ok(IdentityCheck { refusal: Some(refusal), attempts_left });
            if code.purpose != PhonePurpose::Recover || code.sends > 0 {
                return refused(PhoneRefusal::InvalidStep, 0);
            }
            let attempts_left = MAX_IDENTITIES - code.attempts - 1;
            if attempts_left < 0 {
                return refused(PhoneRefusal::MaxAttempts, 0);
            }
            phone_codes::count_attempt(tx, &code.id)?;
            let user = match code.user_id {
                Some(user) => tx.fetch(users::find_in_good_standing(user, now))?,
                None => None,
            };
            let is_named = match &user {
                Some(user) if text::key(&user.username) == text::key(&username) => {
                    is_address(tx, user, &email, now)?
                }
                _ => false,
            };
            if !is_named {
                let is_last = attempts_left == 0;
                let refusal =
                    if is_last { PhoneRefusal::MaxAttempts } else { PhoneRefusal::IdentityMismatch };
                return refused(refusal, attempts_left);
            }
            phone_codes::forget_attempts(tx, &code.id)?;
            service.order(tx, &code, by)?;
            Ok(IdentityCheck { refusal: None, attempts_left })
        };
        self.context.store.write(write).await
    }

    /// The token of a link to choose a new password, for whoever has the code.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn verify_recovery(&self, id: &str, typed: &str, from: Network) -> Result<String, ChatError> {
        let (id, typed, now) = (id.to_owned(), typed.to_owned(), self.context.now());
        let token = self.context.secrets.hex(32);
        let (link, kept, service) = (self.context.new_id(), digest(&token), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            let code = match service.entered(tx, &id, PhonePurpose::Recover, &typed, Asker::anyone(from))? {
                Ok(code) => code,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(user_id) = code.user_id else { return Ok(Err(PhoneRefusal::InvalidToken)) };
            phone_codes::remove(tx, &code.id)?;
            let link = MailedLink {
                id: link,
                user_id,
                token_hash: kept.clone().into(),
                created_at: now,
                expires_at: now.plus(RESET_FOR),
            };
            mailed_links::add_reset(tx, &link, true)?;
            Ok(Ok(()))
        };
        self.decide(write).await?;
        Ok(token)
    }
}

/// Whether somebody has typed the address of an account, or the one before it as long as the account is not recovered
/// with the new one.
fn is_address(tx: &mut Tx<'_>, user: &User, typed: &str, now: Timestamp) -> Result<bool, StoreError> {
    let Some(typed) = text::email_key(typed) else { return Ok(false) };
    if text::email_key(&user.email).as_ref() == Some(&typed) {
        return Ok(true);
    }
    Ok(addresses::replaced(tx, user.id, now)? == Some(Secret::from(digest(&typed))))
}
