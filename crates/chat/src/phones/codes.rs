//! Codes: how they begin, are ordered, and are entered.

use super::budget::{Asker, spend_answer, spend_message};
use super::order::Order;
use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_domain::{Network, PhonePurpose, PhoneRefusal, Secret, Timestamp, UserId};
use meeshy_mail::sms::CODE_FOR;
use meeshy_store::phone_codes::{self, PhoneCode};
use meeshy_store::{StoreError, Tx, attempts};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long there is time for the steps before the code.
const BEGUN_FOR: Duration = Duration::from_secs(900);
/// The most answers to one code.
const MAX_ATTEMPTS: i64 = 5;
/// The most codes that are sent for one purpose: the first, and two more.
const MAX_SENDS: i64 = 3;
/// The most recoveries of an account that wait for its name, so that a stranger who begins some does not end that
/// of its owner.
const MAX_RECOVERIES: i64 = 50;

/// What a transaction decides about an answer. A refusal is no error of the transaction, so that the answer stays
/// counted.
pub(super) type Decided<T> = Result<T, PhoneRefusal>;

/// Whose answers to a code are counted. The two have their own, so that strangers do not use up those of the owner.
#[derive(Clone, Copy)]
pub(super) enum Answers {
    /// Those of the signed-in owner of a claim, or of whoever has the id of another code.
    OfHolder,
    /// Those of somebody who knows the number only.
    OfAnyone,
}

/// The telephone numbers of accounts. Cheap to clone.
#[derive(Clone)]
pub struct Phones {
    pub(super) context: Arc<Context>,
    /// Whether the messages are limited; off for tests and benchmarks only.
    is_limited: bool,
}

impl Phones {
    pub(crate) fn new(context: Arc<Context>, is_limited: bool) -> Self {
        Self { context, is_limited }
    }

    /// Begins the steps to a code. Nothing that was begun before ends.
    pub(super) fn begin(
        &self,
        tx: &mut Tx<'_>,
        purpose: PhonePurpose,
        number: &str,
        user: Option<UserId>,
    ) -> Result<PhoneCode, StoreError> {
        let now = self.context.now();
        let code = PhoneCode {
            id: self.context.secrets.hex(16),
            purpose,
            phone_number: number.to_owned(),
            user_id: user,
            code_hash: None,
            sends: 0,
            attempts: 0,
            token_hash: None,
            open_attempts: 0,
            created_at: now,
            expires_at: now.plus(BEGUN_FOR),
        };
        phone_codes::add(tx, &code)?;
        if let (PhonePurpose::Recover, Some(user)) = (purpose, user) {
            phone_codes::trim_recoveries(tx, user, MAX_RECOVERIES)?;
        }
        Ok(code)
    }

    /// Begins the steps to a code for a number that a signed-in user claims. What they claimed before ends.
    pub(super) fn begin_claim(
        &self,
        tx: &mut Tx<'_>,
        number: &str,
        user: UserId,
    ) -> Result<PhoneCode, StoreError> {
        phone_codes::remove_claims(tx, user)?;
        self.begin(tx, PhonePurpose::Claim, number, Some(user))
    }

    /// Orders a message with a code.
    pub(super) fn order(&self, tx: &mut Tx<'_>, code: &PhoneCode, by: Asker) -> Result<(), ChatError> {
        if code.sends >= MAX_SENDS || (self.is_limited && !spend_message(tx, code, by)?) {
            return Err(ChatError::PhoneCode(PhoneRefusal::RateLimited));
        }
        phone_codes::order(tx, &code.id, self.context.now().plus(CODE_FOR))?;
        Ok(Order { code: code.id.clone() }.place(tx)?)
    }

    /// Sends another code for the same purpose; the one before no longer works.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when no code was asked for, or too many.
    pub async fn resend(&self, id: &str, from: Network) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let code = begun(tx, &id, service.context.now())?;
            if code.sends == 0 {
                return Err(ChatError::PhoneCode(PhoneRefusal::InvalidStep));
            }
            // Only the claims of an account were begun by it.
            let claimant = code.user_id.filter(|_| code.purpose == PhonePurpose::Claim);
            let by = claimant.map_or(Asker::anyone(from), |user| Asker::user(user, from));
            service.order(tx, &code, by)
        };
        self.context.store.write(write).await
    }

    /// Runs a write in which an answer is counted.
    pub(super) async fn decide<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<Decided<T>, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        self.context.store.write(write).await?.map_err(ChatError::PhoneCode)
    }

    /// The code that was begun under `id` for this purpose, if `typed` is it.
    pub(super) fn entered(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        purpose: PhonePurpose,
        typed: &str,
        by: Asker,
    ) -> Result<Decided<PhoneCode>, StoreError> {
        match find(tx, id)? {
            Some(code) if code.purpose == purpose => {
                self.answered(tx, vec![code], typed, Answers::OfHolder, by)
            }
            _ => Ok(Err(PhoneRefusal::InvalidToken)),
        }
    }

    /// The one of several codes for a number, the newest first, that somebody has typed. The answer is counted for each of
    /// them, and for the number if it is wrong.
    ///
    /// Whoever enters a code may end others, of other accounts. So the number's counter is locked first, then the
    /// accounts, and the codes last.
    pub(super) fn answered(
        &self,
        tx: &mut Tx<'_>,
        codes: Vec<PhoneCode>,
        typed: &str,
        answers: Answers,
        by: Asker,
    ) -> Result<Decided<PhoneCode>, StoreError> {
        let now = self.context.now();
        let first = match waiting(codes, answers, now) {
            Ok(some) => some,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (spent, is_left) = spend_answer(tx, &first[0], by)?;
        if self.is_limited && !is_left {
            return Ok(Err(PhoneRefusal::TooManyAnswers));
        }
        let users: BTreeSet<UserId> = first.iter().filter_map(|code| code.user_id).collect();
        users.into_iter().try_for_each(|user| attempts::lock(tx, user))?;
        let mut locked = Vec::new();
        for code in &first {
            locked.extend(phone_codes::lock(tx, &code.id)?);
        }
        // What was read before may have ended meanwhile.
        let waiting = match waiting(locked, answers, now) {
            Ok(some) => some,
            Err(refusal) => {
                spent.give_back(tx)?;
                return Ok(Err(refusal));
            }
        };
        for code in &waiting {
            match answers {
                Answers::OfHolder => phone_codes::count_attempt(tx, &code.id)?,
                Answers::OfAnyone => phone_codes::count_open_attempt(tx, &code.id)?,
            }
        }
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
        let is_typed =
            |code: &PhoneCode| code.code_hash.as_ref() == Some(&Secret::from(hash_of(&code.id, &digits)));
        let Some(code) = waiting.into_iter().find(is_typed) else {
            return Ok(Err(PhoneRefusal::InvalidCode));
        };
        spent.give_back(tx)?;
        Ok(Ok(code))
    }
}

/// What was begun under this id.
pub(super) fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<PhoneCode>, StoreError> {
    if id.contains('\0') { Ok(None) } else { tx.fetch(phone_codes::find(id)) }
}

/// What was begun under this id, if it has not ended; locked.
pub(super) fn begun(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<PhoneCode, ChatError> {
    let found = if id.contains('\0') { None } else { phone_codes::lock(tx, id)? };
    let code = found.ok_or(ChatError::PhoneCode(PhoneRefusal::InvalidToken))?;
    goes_on(&code, now).map_err(ChatError::PhoneCode)?;
    Ok(code)
}

/// Whether the steps to a code can go on.
fn goes_on(code: &PhoneCode, now: Timestamp) -> Decided<()> {
    match code {
        code if code.token_hash.is_some() => Err(PhoneRefusal::InvalidStep),
        code if code.expires_at > now => Ok(()),
        code if code.sends > 0 => Err(PhoneRefusal::CodeExpired),
        _ => Err(PhoneRefusal::TokenExpired),
    }
}

/// Those of some codes that can be entered now, or why there is none.
fn waiting(codes: Vec<PhoneCode>, answers: Answers, now: Timestamp) -> Decided<Vec<PhoneCode>> {
    let (mut waiting, mut refusal) = (Vec::new(), None);
    for code in codes {
        match waits_for_answer(&code, answers, now) {
            Ok(()) => waiting.push(code),
            Err(why) => refusal = refusal.or(Some(why)),
        }
    }
    if waiting.is_empty() { Err(refusal.unwrap_or(PhoneRefusal::InvalidCode)) } else { Ok(waiting) }
}

/// Whether a code can be entered now.
fn waits_for_answer(code: &PhoneCode, answers: Answers, now: Timestamp) -> Decided<()> {
    goes_on(code, now)?;
    if code.sends == 0 {
        return Err(PhoneRefusal::InvalidStep);
    }
    let attempts = match answers {
        Answers::OfHolder => code.attempts,
        Answers::OfAnyone => code.open_attempts,
    };
    if attempts >= MAX_ATTEMPTS { Err(PhoneRefusal::MaxAttempts) } else { Ok(()) }
}

/// What is stored of a code.
pub(super) fn hash_of(id: &str, plain: &str) -> String {
    digest(&format!("{id} {plain}"))
}
