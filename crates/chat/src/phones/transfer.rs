//! A number moves from the account that has it to another one, or to one that is being registered.

use super::budget::{Asker, lock_answers};
use super::codes::{Answers, Phones, find};
use super::numbers::parsed;
use crate::ChatError;
use crate::phone_owner::PhoneOwner;
use crate::secrets::digest;
use meeshy_domain::{Network, PhonePurpose, PhoneRefusal, Timestamp, UserId};
use meeshy_store::phone_codes::{self, PhoneCode};
use meeshy_store::{Tx, phones};
use std::time::Duration;

/// How long a registration may take after its code was entered.
const TOKEN_FOR: Duration = Duration::from_secs(900);

impl Phones {
    /// What is shown of the account that has confirmed a number, if there is one.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number.
    pub async fn owner(&self, typed: &str, country: Option<&str>) -> Result<Option<PhoneOwner>, ChatError> {
        let (number, now) = (parsed(typed, country)?, self.context.now());
        self.context.store.read(move |tx| owner(tx, &number, now)).await
    }

    /// Sends a code to a number that another account has, which the caller wants to have. Returns the id under
    /// which the code is entered, and what is shown of the owner.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when it is not a number, nobody else has it, or it was sent too many codes.
    pub async fn begin_transfer(
        &self,
        caller: UserId,
        typed: &str,
        country: Option<&str>,
        from: Network,
    ) -> Result<(String, PhoneOwner), ChatError> {
        let (service, number) = (self.clone(), parsed(typed, country)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let user = phones::owner(tx, &number, now)?.filter(|owner| owner.id != caller);
            let user = user.ok_or(ChatError::PhoneCode(PhoneRefusal::UserNotFound))?;
            let code = service.begin_claim(tx, &number, caller)?;
            service.order(tx, &code, Asker::user(caller, from))?;
            Ok((code.id, PhoneOwner::of(&user, &number)))
        };
        self.context.store.write(write).await
    }

    /// Gives the number to the caller, with the code.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when the code is wrong or has expired.
    pub async fn finish_transfer(
        &self,
        caller: UserId,
        id: &str,
        code: &str,
        from: Network,
    ) -> Result<(), ChatError> {
        let (service, id, code) = (self.clone(), id.to_owned(), code.to_owned());
        let by = Asker::user(caller, from);
        let write = move |tx: &mut Tx<'_>| {
            let is_own =
                |begun: &PhoneCode| begun.purpose == PhonePurpose::Claim && begun.user_id == Some(caller);
            let Some(begun) = find(tx, &id)?.filter(is_own) else {
                return Ok(Err(PhoneRefusal::InvalidToken));
            };
            let code = match service.answered(tx, vec![begun], &code, Answers::OfHolder, by)? {
                Ok(code) => code,
                Err(refusal) => return Ok(Err(refusal)),
            };
            service.give(tx, caller, &code.phone_number)?;
            Ok(Ok(()))
        };
        self.decide(write).await
    }

    /// Sends a code to a number that an account has, with which somebody wants to register. Returns the id under
    /// which the code is entered.
    ///
    /// # Errors
    /// As [`begin_transfer`](Self::begin_transfer).
    pub async fn begin_registration(
        &self,
        typed: &str,
        country: Option<&str>,
        from: Network,
    ) -> Result<String, ChatError> {
        let (service, number) = (self.clone(), parsed(typed, country)?);
        let write = move |tx: &mut Tx<'_>| {
            if phones::owner(tx, &number, service.context.now())?.is_none() {
                return Err(ChatError::PhoneCode(PhoneRefusal::UserNotFound));
            }
            let code = service.begin(tx, PhonePurpose::Register, &number, None)?;
            service.order(tx, &code, Asker::anyone(from))?;
            Ok(code.id)
        };
        self.context.store.write(write).await
    }

    /// A token with which a registration takes the number, for whoever has the code.
    ///
    /// # Errors
    /// As [`finish_transfer`](Self::finish_transfer).
    pub async fn verify_registration(
        &self,
        id: &str,
        typed: &str,
        from: Network,
    ) -> Result<String, ChatError> {
        let (id, typed, now) = (id.to_owned(), typed.to_owned(), self.context.now());
        let token = self.context.secrets.hex(32);
        let (kept, service) = (token.clone(), self.clone());
        let write = move |tx: &mut Tx<'_>| {
            let code = match service.entered(tx, &id, PhonePurpose::Register, &typed, Asker::anyone(from))? {
                Ok(code) => code,
                Err(refusal) => return Ok(Err(refusal)),
            };
            phone_codes::set_token(tx, &code.id, &digest(&kept).into(), now.plus(TOKEN_FOR))?;
            Ok(Ok(()))
        };
        self.decide(write).await?;
        Ok(token)
    }

    /// Gives up what was begun, if there is something.
    pub async fn cancel(&self, id: &str) -> Result<(), ChatError> {
        let id = id.to_owned();
        if id.contains('\0') {
            return Ok(());
        }
        Ok(self.context.store.write(move |tx| phone_codes::remove(tx, &id)).await?)
    }

    /// The number of a registration, whose token is used up. Other answers about it wait.
    ///
    /// # Errors
    /// [`ChatError::TransferTokenInvalid`] when it does not work, or is for another number than `typed`.
    pub(crate) fn take_token(
        &self,
        tx: &mut Tx<'_>,
        token: &str,
        typed: Option<&str>,
    ) -> Result<String, ChatError> {
        let (hash, now) = (digest(token), self.context.now());
        if let Some(code) = tx.fetch(phone_codes::of_token(&hash, now))? {
            lock_answers(tx, &code)?;
        }
        let number = phone_codes::take_token(tx, &hash, now)?;
        let is_meant = |number: &String| typed.is_none_or(|typed| typed == number);
        number.filter(is_meant).ok_or(ChatError::TransferTokenInvalid)
    }

    /// Rejects a number that an account has confirmed.
    pub(crate) fn refuse_owned(&self, tx: &mut Tx<'_>, number: &str) -> Result<(), ChatError> {
        match owner(tx, number, self.context.now())? {
            Some(owner) => Err(ChatError::PhoneOwned(Box::new(owner))),
            None => Ok(()),
        }
    }
}

fn owner(tx: &mut Tx<'_>, number: &str, now: Timestamp) -> Result<Option<PhoneOwner>, ChatError> {
    Ok(phones::owner(tx, number, now)?.map(|user| PhoneOwner::of(&user, number)))
}
