//! Users confirm their number, and change it to one that they have confirmed.

use super::codes::{By, Phones};
use super::numbers::parsed;
use crate::ChatError;
use crate::mail::Order as Letter;
use meeshy_domain::{PhonePurpose, PhoneRefusal, Timestamp, UserId};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx, mailed_links, phone_codes, phones};
use std::time::Duration;

/// How long a new number or address does not recover an account that has another way to recover, so that its owner can
/// read the e-mail about it first.
pub(crate) const RECOVERS_AFTER: Duration = Duration::from_secs(86_400);

impl Phones {
    /// Sends a code to a number that an account has entered and not confirmed: that of the caller if somebody is
    /// signed in, otherwise the only one that has the number. The caller does not learn whether there is one.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number, or was sent too many codes.
    pub async fn send_code(&self, typed: &str, caller: Option<UserId>) -> Result<(), ChatError> {
        let (service, number) = (self.clone(), parsed(typed, None)?);
        let write = move |tx: &mut Tx<'_>| {
            let code = match caller {
                Some(caller) if has_entered(tx, caller, &number)? => {
                    service.begin_claim(tx, &number, caller)?
                }
                Some(_) => service.begin(tx, PhonePurpose::Claim, &number, None)?,
                None => {
                    let user = phones::only_unconfirmed(tx, &number)?;
                    service.begin(tx, PhonePurpose::Claim, &number, user)?
                }
            };
            // The same is done without an account, so that it takes as long.
            service.order(tx, &code)
        };
        self.context.store.write(write).await
    }

    /// Confirms a number with the code that was sent to it, for the account that has entered the number and that this
    /// code was sent for. If somebody is signed in, it must be theirs; otherwise that account must never have confirmed
    /// a number, and no other one this number.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn verify(&self, typed: &str, code: &str, caller: Option<UserId>) -> Result<(), ChatError> {
        let (number, code, service) = (parsed(typed, None)?, code.to_owned(), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            let (codes, by) = match caller {
                Some(caller) => (phone_codes::lock_claims(tx, caller, Some(&number))?, By::Holder),
                None => (phone_codes::lock_claims_to(tx, &number)?, By::Anyone),
            };
            let code = match service.answered(tx, codes, &code, by)? {
                Ok(code) => code,
                // To somebody who is not signed in, every answer is the same: none says whether an account has the number.
                Err(_) if caller.is_none() => return Ok(Err(PhoneRefusal::InvalidCode)),
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(user) = code.user_id else { return Ok(Err(PhoneRefusal::InvalidCode)) };
            if caller.is_none() && !phones::other_owners(tx, &number, user)?.is_empty() {
                return Ok(Err(PhoneRefusal::InvalidCode));
            }
            service.give(tx, user, &number)?;
            Ok(Ok(()))
        };
        self.decide(write).await
    }

    /// Sends a code to a new number of the caller, and returns it as it will be stored. If an account has the
    /// number, it loses it when the code is entered; the caller does not learn that here.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number, or was sent too many codes; an error when the caller has
    /// confirmed it already.
    pub async fn request_change(&self, caller: UserId, typed: &str) -> Result<String, ChatError> {
        let (service, number) = (self.clone(), parsed(typed, None)?);
        let write = move |tx: &mut Tx<'_>| {
            let user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            service.ask(tx, &user, &number)?;
            Ok(number.clone())
        };
        self.context.store.write(write).await
    }

    /// Changes the caller's number to the new one, with the code that was sent there. Returns the number.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn confirm_change(&self, caller: UserId, code: &str) -> Result<String, ChatError> {
        let (service, code) = (self.clone(), code.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let codes = phone_codes::lock_claims(tx, caller, None)?;
            let code = match service.answered(tx, codes, &code, By::Holder)? {
                Ok(code) => code,
                Err(refusal) => return Ok(Err(refusal)),
            };
            service.give(tx, caller, &code.phone_number)?;
            Ok(Ok(code.phone_number))
        };
        self.decide(write).await
    }

    /// Sends a code to a number that a signed-in user wants to have. One that is not confirmed is replaced at once.
    pub(crate) fn ask(&self, tx: &mut Tx<'_>, user: &User, number: &str) -> Result<(), ChatError> {
        let is_confirmed = user.phone_number.is_some() && user.details.phone_verified_at.is_some();
        if is_confirmed && user.phone_number.as_deref() == Some(number) {
            return Err(ChatError::invalid("phoneNumber", "this is your number already"));
        }
        if !is_confirmed {
            phones::enter(tx, user.id, Some(number), self.context.now())?;
        }
        let code = self.begin_claim(tx, number, user.id)?;
        self.order(tx, &code)
    }

    /// Sends a code to the number with which a user has just registered.
    pub(crate) fn confirm_registered(&self, tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
        user.phone_number.as_deref().map_or(Ok(()), |number| self.ask(tx, user, number))
    }

    /// Gives a number to a user who has entered its code, and tells them by e-mail, because it is a way to choose a
    /// new password.
    pub(super) fn give(&self, tx: &mut Tx<'_>, user: UserId, number: &str) -> Result<(), StoreError> {
        take(tx, user, number, self.context.now())?;
        Letter::NumberConfirmed { user }.place(tx)
    }
}

/// Whether a user has entered this number, and not confirmed it.
fn has_entered(tx: &mut Tx<'_>, user: UserId, number: &str) -> Result<bool, StoreError> {
    let is_pending = !phone_codes::lock_claims(tx, user, Some(number))?.is_empty();
    let found = tx.fetch(users::find(user))?;
    let is_unconfirmed =
        |user: User| user.phone_number.as_deref() == Some(number) && user.details.phone_verified_at.is_none();
    Ok(is_pending || found.is_some_and(is_unconfirmed))
}

/// Gives a number to a user who has confirmed it. Others who have it lose it with everything that was begun with
/// it, and those who had confirmed it are told by e-mail.
pub(crate) fn take(tx: &mut Tx<'_>, user: UserId, number: &str, now: Timestamp) -> Result<(), StoreError> {
    // First, so that of two who enter a code for a number at the same moment, one waits and finds none.
    phone_codes::remove_of_number(tx, number)?;
    phone_codes::remove_of_user(tx, user)?;
    // Also what was begun with the number that the user had before.
    mailed_links::remove_all(tx, user)?;
    let losers = phones::other_owners(tx, number, user)?;
    for loser in &losers {
        phone_codes::remove_of_user(tx, *loser)?;
        mailed_links::remove_all(tx, *loser)?;
        Letter::NumberMoved { user: *loser }.place(tx)?;
    }
    phones::take_from_others(tx, number, user, now)?;
    phones::confirm(tx, user, number, losers.first().copied(), now, now.plus(RECOVERS_AFTER))
}
