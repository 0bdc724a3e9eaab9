//! Users confirm their number, and change it to one that they have confirmed.

use super::budget::Asker;
use super::codes::{Answers, Phones};
use super::numbers::parsed;
use crate::ChatError;
use crate::mail::Order as Letter;
use meeshy_domain::{Network, PhonePurpose, PhoneRefusal, Timestamp, UserId};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx, mailed_links, phone_codes, phones};
use std::time::Duration;

/// How long a new number or address does not recover an account that has another way to recover, so that its owner can
/// read the e-mail about it first.
///
/// Somebody who finds an open session can change the address or the number, and must not choose a password with it at
/// once. What the owner had before goes on to work: a new address does not stop the number, for which the address before still names
/// the account for as long, and a new number does not stop the address.
pub(crate) const RECOVERS_AFTER: Duration = Duration::from_secs(86_400);

impl Phones {
    /// Sends a code to a number that an account has entered and not confirmed: that of the caller if somebody is
    /// signed in, otherwise the only one that has the number. The caller does not learn whether there is one.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number, or was sent too many codes.
    pub async fn send_code(
        &self,
        typed: &str,
        caller: Option<UserId>,
        from: Network,
    ) -> Result<(), ChatError> {
        let (service, number) = (self.clone(), parsed(typed, None)?);
        let by = caller.map_or(Asker::anyone(from), |caller| Asker::user(caller, from));
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
            service.order(tx, &code, by)
        };
        self.context.store.write(write).await
    }

    /// Confirms a number with the code that was sent to it, for the account that has entered the number and that this
    /// code was sent for. If somebody is signed in, it must be theirs; otherwise that account must never have confirmed
    /// a number, and no other one this number.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn verify(
        &self,
        typed: &str,
        code: &str,
        caller: Option<UserId>,
        from: Network,
    ) -> Result<(), ChatError> {
        let (number, code, service) = (parsed(typed, None)?, code.to_owned(), self.clone());
        let (answers, by) = match caller {
            Some(caller) => (Answers::OfHolder, Asker::user(caller, from)),
            None => (Answers::OfAnyone, Asker::anyone(from)),
        };
        let write = move |tx: &mut Tx<'_>| {
            let codes = tx.fetch(match caller {
                Some(caller) => phone_codes::claims(caller, &number),
                None => phone_codes::claims_to(&number),
            })?;
            let code = match service.answered(tx, codes, &code, answers, by)? {
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
    pub async fn request_change(
        &self,
        caller: UserId,
        typed: &str,
        from: Network,
    ) -> Result<String, ChatError> {
        let (service, number) = (self.clone(), parsed(typed, None)?);
        let write = move |tx: &mut Tx<'_>| {
            let user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            service.ask(tx, &user, &number, from)?;
            Ok(number.clone())
        };
        self.context.store.write(write).await
    }

    /// Changes the caller's number to the new one, with the code that was sent there. Returns the number.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn confirm_change(
        &self,
        caller: UserId,
        code: &str,
        from: Network,
    ) -> Result<String, ChatError> {
        let (service, code, by) = (self.clone(), code.to_owned(), Asker::user(caller, from));
        let write = move |tx: &mut Tx<'_>| {
            let Some(number) = tx.fetch(phone_codes::claimed_number(caller))? else {
                return Ok(Err(PhoneRefusal::InvalidCode));
            };
            let codes = tx.fetch(phone_codes::claims(caller, &number))?;
            let code = match service.answered(tx, codes, &code, Answers::OfHolder, by)? {
                Ok(code) => code,
                Err(refusal) => return Ok(Err(refusal)),
            };
            service.give(tx, caller, &code.phone_number)?;
            Ok(Ok(code.phone_number))
        };
        self.decide(write).await
    }

    /// Sends a code to a number that a signed-in user wants to have. One that is not confirmed is replaced at once.
    pub(crate) fn ask(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        number: &str,
        from: Network,
    ) -> Result<(), ChatError> {
        let is_confirmed = user.phone_number.is_some() && user.details.phone_verified_at.is_some();
        if is_confirmed && user.phone_number.as_deref() == Some(number) {
            return Err(ChatError::invalid("phoneNumber", "this is your number already"));
        }
        if !is_confirmed {
            phones::enter(tx, user.id, Some(number), self.context.now())?;
        }
        let code = self.begin_claim(tx, number, user.id)?;
        self.order(tx, &code, Asker::user(user.id, from))
    }

    /// Sends a code to the number with which a user has just registered.
    pub(crate) fn confirm_registered(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        from: Network,
    ) -> Result<(), ChatError> {
        user.phone_number.as_deref().map_or(Ok(()), |number| self.ask(tx, user, number, from))
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
    let (claims, found) = tx.fetch((phone_codes::claims(user, number), users::find(user)))?;
    let is_unconfirmed =
        |user: User| user.phone_number.as_deref() == Some(number) && user.details.phone_verified_at.is_none();
    Ok(!claims.is_empty() || found.is_some_and(is_unconfirmed))
}

/// Gives a number to a user who has confirmed it, while other answers about it wait. Others who have it lose it with
/// everything that was begun with it, and those who had confirmed it are told by e-mail.
pub(crate) fn take(tx: &mut Tx<'_>, user: UserId, number: &str, now: Timestamp) -> Result<(), StoreError> {
    let losers = phones::other_owners(tx, number, user)?;
    phones::take_from_others(tx, number, user, now)?;
    phones::confirm(tx, user, number, losers.first().copied(), now, now.plus(RECOVERS_AFTER))?;
    phone_codes::remove_of_number(tx, number)?;
    // Also what was begun with the number that the user had before.
    phone_codes::remove_of_user(tx, user)?;
    mailed_links::remove_by_phone(tx, user)?;
    for loser in losers {
        mailed_links::remove_by_phone(tx, loser)?;
        Letter::NumberMoved { user: loser }.place(tx)?;
    }
    Ok(())
}
