//! Codes: how they begin, are ordered, and are entered.

use super::order::Order;
use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_domain::{PhonePurpose, PhoneRefusal, Secret, Timestamp, UserId};
use meeshy_mail::sms::CODE_FOR;
use meeshy_store::call_counts::{self, Counted};
use meeshy_store::phone_codes::{self, PhoneCode};
use meeshy_store::{StoreError, Tx};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long there is time for the steps before the code.
const BEGUN_FOR: Duration = Duration::from_secs(900);
/// The most answers to one code.
const MAX_ATTEMPTS: i64 = 5;
/// The most codes that are sent for one purpose: the first, and three more.
const MAX_SENDS: i64 = 4;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// The most wrong answers about a number in a day, with however many codes.
const MAX_WRONG_PER_DAY: i64 = 20;
/// The most recoveries of an account that wait for its name, so that a stranger who begins some does not end that
/// of its owner.
const MAX_RECOVERIES: i64 = 50;
/// The most messages to one number in an hour.
const MAX_PER_NUMBER: i64 = 5;
/// The most messages that the server sends in an hour: each costs money, and strangers can cause them.
const MAX_PER_HOUR: i64 = 500;

/// What a transaction decides about an answer. A refusal is no error of the transaction, so that the answer stays
/// counted.
pub(super) type Decided<T> = Result<T, PhoneRefusal>;

/// Who answers. The two have their own answers, so that strangers do not use up those of the owner.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// The signed-in owner of a claim, or whoever has the id of another code.
    Holder,
    /// Somebody who knows the number only.
    Anyone,
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
    pub(super) fn order(&self, tx: &mut Tx<'_>, code: &PhoneCode) -> Result<(), ChatError> {
        let refused = Err(ChatError::PhoneCode(PhoneRefusal::RateLimited));
        if code.sends >= MAX_SENDS {
            return refused;
        }
        for (name, counted, max_calls) in
            [("sms_number", code.phone_number.as_str(), MAX_PER_NUMBER), ("sms_total", "", MAX_PER_HOUR)]
        {
            // Nothing is sent to a number that no account has entered.
            if name == "sms_total" && code.purpose == PhonePurpose::Claim && code.user_id.is_none() {
                continue;
            }
            let counted = Counted { limit_name: name, caller_hash: digest(counted), max_calls, window: HOUR };
            if self.is_limited && call_counts::count(tx, &counted)?.is_some() {
                return refused;
            }
        }
        phone_codes::order(tx, &code.id, self.context.now().plus(CODE_FOR))?;
        Ok(Order { code: code.id.clone() }.place(tx)?)
    }

    /// Sends another code for the same purpose; the one before no longer works.
    ///
    /// # Errors
    /// [`ChatError::PhoneCode`] when no code was asked for, or too many.
    pub async fn resend(&self, id: &str) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), id.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let code = begun(tx, &id, service.context.now())?;
            if code.sends == 0 {
                return Err(ChatError::PhoneCode(PhoneRefusal::InvalidStep));
            }
            service.order(tx, &code)
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
    ) -> Result<Decided<PhoneCode>, StoreError> {
        match find(tx, id)? {
            Some(code) if code.purpose == purpose => self.answered(tx, vec![code], typed, By::Holder),
            _ => Ok(Err(PhoneRefusal::InvalidToken)),
        }
    }

    /// The one of several codes, the newest first, that somebody has typed. The answer is counted for each of them,
    /// and for their numbers if it is wrong.
    pub(super) fn answered(
        &self,
        tx: &mut Tx<'_>,
        codes: Vec<PhoneCode>,
        typed: &str,
        by: By,
    ) -> Result<Decided<PhoneCode>, StoreError> {
        let now = self.context.now();
        let (mut waiting, mut refusal) = (Vec::new(), None);
        for code in codes {
            match waits_for_answer(&code, by, now) {
                Ok(()) => waiting.push(code),
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        if waiting.is_empty() {
            return Ok(Err(refusal.unwrap_or(PhoneRefusal::InvalidCode)));
        }
        let numbers: BTreeSet<&str> = waiting.iter().map(|code| code.phone_number.as_str()).collect();
        let counted: Vec<Counted> = numbers.into_iter().map(wrong_answers).collect();
        for counted in &counted {
            if call_counts::count(tx, counted)?.is_some() && self.is_limited {
                return Ok(Err(PhoneRefusal::TooManyAnswers));
            }
        }
        for code in &waiting {
            match by {
                By::Holder => phone_codes::count_attempt(tx, &code.id)?,
                By::Anyone => phone_codes::count_open_attempt(tx, &code.id)?,
            }
        }
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
        let is_typed =
            |code: &PhoneCode| code.code_hash.as_ref() == Some(&Secret::from(hash_of(&code.id, &digits)));
        let Some(code) = waiting.into_iter().find(is_typed) else {
            return Ok(Err(PhoneRefusal::InvalidCode));
        };
        counted.iter().try_for_each(|counted| call_counts::give_back(tx, counted))?;
        Ok(Ok(code))
    }
}

/// The counter of wrong answers about a number.
fn wrong_answers(number: &str) -> Counted {
    Counted {
        limit_name: "sms_answers",
        caller_hash: digest(number),
        max_calls: MAX_WRONG_PER_DAY,
        window: DAY,
    }
}

/// What was begun under this id.
pub(super) fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<PhoneCode>, StoreError> {
    if id.contains('\0') { Ok(None) } else { phone_codes::lock(tx, id) }
}

/// What was begun under this id, if it has not ended.
pub(super) fn begun(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<PhoneCode, ChatError> {
    let code = find(tx, id)?.ok_or(ChatError::PhoneCode(PhoneRefusal::InvalidToken))?;
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

/// Whether a code can be entered now.
fn waits_for_answer(code: &PhoneCode, by: By, now: Timestamp) -> Decided<()> {
    goes_on(code, now)?;
    if code.sends == 0 {
        return Err(PhoneRefusal::InvalidStep);
    }
    let attempts = match by {
        By::Holder => code.attempts,
        By::Anyone => code.open_attempts,
    };
    if attempts >= MAX_ATTEMPTS { Err(PhoneRefusal::MaxAttempts) } else { Ok(()) }
}

/// What is stored of a code.
pub(super) fn hash_of(id: &str, plain: &str) -> String {
    digest(&format!("{id} {plain}"))
}
