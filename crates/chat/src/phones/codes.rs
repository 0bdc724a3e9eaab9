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
use std::sync::Arc;
use std::time::Duration;

/// How long there is time for the steps before the code.
const BEGUN_FOR: Duration = Duration::from_secs(900);
/// The most answers to one code.
const MAX_ATTEMPTS: i64 = 5;
/// The most codes that are sent for one purpose: the first, and three more.
const MAX_SENDS: i64 = 4;

const HOUR: Duration = Duration::from_secs(3_600);
/// The most messages to one number in an hour.
const MAX_PER_NUMBER: i64 = 5;
/// The most messages that the server sends in an hour: each costs money, and strangers can cause them.
const MAX_PER_HOUR: i64 = 500;

/// What a transaction decides about an answer. A refusal is no error of the transaction, so that the answer stays
/// counted.
pub(super) type Decided<T> = Result<T, PhoneRefusal>;

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

    /// Begins the steps to a code.
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
            created_at: now,
            expires_at: now.plus(BEGUN_FOR),
        };
        phone_codes::add(tx, &code)?;
        Ok(code)
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
}

/// What was begun under this id, if it has not ended.
pub(super) fn begun(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<PhoneCode, ChatError> {
    let refused = |refusal| Err(ChatError::PhoneCode(refusal));
    match if id.contains('\0') { None } else { phone_codes::lock(tx, id)? } {
        None => refused(PhoneRefusal::InvalidToken),
        Some(code) if code.token_hash.is_some() => refused(PhoneRefusal::InvalidStep),
        Some(code) if code.expires_at <= now && code.sends > 0 => refused(PhoneRefusal::CodeExpired),
        Some(code) if code.expires_at <= now => refused(PhoneRefusal::TokenExpired),
        Some(code) => Ok(code),
    }
}

/// Checks a code as it was typed, and counts the answer.
pub(super) fn entered(
    tx: &mut Tx<'_>,
    id: &str,
    purpose: PhonePurpose,
    typed: &str,
    now: Timestamp,
) -> Result<Decided<PhoneCode>, ChatError> {
    let code = match begun(tx, id, now) {
        Err(ChatError::PhoneCode(refusal)) => return Ok(Err(refusal)),
        found => found?,
    };
    if code.purpose != purpose {
        return Ok(Err(PhoneRefusal::InvalidToken));
    }
    if code.sends == 0 {
        return Ok(Err(PhoneRefusal::InvalidStep));
    }
    if code.attempts >= MAX_ATTEMPTS {
        return Ok(Err(PhoneRefusal::MaxAttempts));
    }
    phone_codes::count_attempt(tx, &code.id)?;
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(16).collect();
    let shown = Secret::from(hash_of(&code.id, &digits));
    Ok(if code.code_hash.as_ref() == Some(&shown) { Ok(code) } else { Err(PhoneRefusal::InvalidCode) })
}

/// What is stored of a code.
pub(super) fn hash_of(id: &str, plain: &str) -> String {
    digest(&format!("{id} {plain}"))
}
