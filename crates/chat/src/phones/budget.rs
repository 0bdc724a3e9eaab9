//! How many messages are sent to a number, and how often somebody may answer wrongly about it.
//!
//! A number has separate budgets for the recovery of the account that has confirmed it, for which one has to know the
//! username and the address first, and for what anybody can begin. Of each, one account and one network have half. So
//! neither somebody who only knows a number, nor any one caller, uses up what its owner needs.
//!
//! What remains for those who guess: a code is one of 1,000,000. A budget allows 20 wrong answers a day, so that a day of guessing
//! finds the code of a recovery in 1 of 50,000 cases. An answer by nobody who is signed in is compared with all codes that wait for the
//! number, which are at most twice [`MAX_MESSAGES`], at the turn of an hour: 1 of 4,166 cases, and only for a number that no account has
//! confirmed.

use crate::secrets::digest;
use meeshy_domain::{Network, PhonePurpose, UserId};
use meeshy_store::call_counts::{self, Counted};
use meeshy_store::phone_codes::PhoneCode;
use meeshy_store::{StoreError, Tx};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// The most messages of one budget to one number in an hour.
const MAX_MESSAGES: i64 = 6;
/// The most wrong answers of one budget about one number in a day, with however many codes.
const MAX_WRONG_ANSWERS: i64 = 20;
/// The most messages that the server sends in an hour: each costs money, and strangers can cause them.
const MAX_PER_HOUR: i64 = 500;

/// Who asks for a code, or answers one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    /// The account, if somebody is signed in.
    user: Option<UserId>,
    /// From where.
    network: Network,
}

/// What was counted, to take it back.
pub(super) struct Spent(Vec<Counted>);

impl Asker {
    pub fn user(user: UserId, network: Network) -> Self {
        Self { user: Some(user), network }
    }

    pub fn anyone(network: Network) -> Self {
        Self { user: None, network }
    }

    /// The names under which calls are counted.
    fn names(self) -> impl Iterator<Item = String> {
        self.user.map(|user| format!("user {user}")).into_iter().chain([format!("network {}", self.network)])
    }
}

/// Counts a message with a code; returns whether it may be sent.
pub(super) fn spend_message(tx: &mut Tx<'_>, code: &PhoneCode, by: Asker) -> Result<bool, StoreError> {
    if !Spent::new("sms_number", MAX_MESSAGES, HOUR, code, by).count(tx)? {
        return Ok(false);
    }
    if is_sent(code) {
        let total = counted("sms_total", "", MAX_PER_HOUR, HOUR);
        return Ok(call_counts::count(tx, &total)?.is_none());
    }
    Ok(true)
}

/// Counts an answer, until [`give_back`](Spent::give_back); returns whether there was one left as well. Other answers
/// about the number then wait until the transaction ends.
pub(super) fn spend_answer(
    tx: &mut Tx<'_>,
    code: &PhoneCode,
    by: Asker,
) -> Result<(Spent, bool), StoreError> {
    let spent = Spent::new("sms_answers", MAX_WRONG_ANSWERS, DAY, code, by);
    let is_left = spent.count(tx)?;
    Ok((spent, is_left))
}

/// Makes answers about the number of a code wait until the transaction ends.
pub(super) fn lock_answers(tx: &mut Tx<'_>, code: &PhoneCode) -> Result<(), StoreError> {
    let counted = counted("sms_answers", &budget_of(code), MAX_WRONG_ANSWERS, DAY);
    call_counts::count(tx, &counted)?;
    call_counts::give_back(tx, &counted)
}

impl Spent {
    /// First what the caller has, which is half, and then what the number has. The order is the same everywhere, because
    /// each is locked.
    fn new(limit_name: &'static str, max: i64, window: Duration, code: &PhoneCode, by: Asker) -> Self {
        let budget = budget_of(code);
        let of_caller =
            by.names().map(|name| counted(limit_name, &format!("{name} {budget}"), max / 2, window));
        Self(of_caller.chain([counted(limit_name, &budget, max, window)]).collect())
    }

    /// Returns whether nothing was over its limit. What is over does not count further.
    fn count(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        for counted in &self.0 {
            if call_counts::count(tx, counted)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The answer was right, or there was nothing to answer.
    pub fn give_back(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|counted| call_counts::give_back(tx, counted))
    }
}

/// The name of the budget from which a code is sent and answered.
fn budget_of(code: &PhoneCode) -> String {
    format!("{} {}", use_of(code), code.phone_number)
}

fn counted(limit_name: &'static str, caller: &str, max_calls: i64, window: Duration) -> Counted {
    Counted { limit_name, caller_hash: digest(caller), max_calls, window }
}

/// Whether a message is sent: an account has entered the number, or has confirmed it.
fn is_sent(code: &PhoneCode) -> bool {
    code.purpose != PhonePurpose::Claim || code.user_id.is_some()
}

/// What a code is for. What sends nothing is counted too, so that it looks the same, and takes nothing from the owner.
fn use_of(code: &PhoneCode) -> &'static str {
    match code.purpose {
        PhonePurpose::Recover => "recovery",
        PhonePurpose::Claim | PhonePurpose::Register if is_sent(code) => "claim",
        PhonePurpose::Claim | PhonePurpose::Register => "nothing",
    }
}
