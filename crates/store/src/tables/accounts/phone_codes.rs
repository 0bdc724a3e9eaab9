//! Codes that are sent to telephones: to confirm a number or take it over, to choose a new password, and to
//! register with a number that another account has.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{PhonePurpose, Secret, Timestamp, UserId};

record! {
    /// A code, or the steps before it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PhoneCode in phone_codes {
        /// Random; who has it may enter the code.
        pub id: String,
        /// What it is for.
        pub purpose: PhonePurpose,
        /// Where it is sent (E.164).
        pub phone_number: String,
        /// The account; of a registration, none yet.
        pub user_id: Option<UserId>,
        /// The hash of the newest code; `None` until it is sent.
        pub code_hash: Option<Secret>,
        /// How often a code was ordered.
        pub sends: i64,
        /// The answers in this step so far.
        pub attempts: i64,
        /// SHA-256 of the token of a registration, in hexadecimal.
        pub token_hash: Option<Secret>,
        /// The answers to a claim by nobody who was signed in.
        pub open_attempts: i64,
        /// When it began.
        pub created_at: Timestamp,
        /// Until when it can go on.
        pub expires_at: Timestamp,
    }
}

/// Adds a code. Earlier ones still work.
pub fn add(tx: &mut Tx<'_>, code: &PhoneCode) -> Result<(), StoreError> {
    tx.insert(code)
}

/// Removes the claims of a user.
pub fn remove_claims(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_codes WHERE user_id = $1 AND purpose = 'claim'", &[user.into()])?;
    Ok(())
}

/// Removes the recoveries of a user of which no code was ordered, but for the newest `keep`.
pub fn trim_recoveries(tx: &mut Tx<'_>, user: UserId, keep: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM phone_codes WHERE user_id = $1 AND purpose = 'recover' AND sends = 0 AND id NOT IN \
           (SELECT id FROM phone_codes WHERE user_id = $1 AND purpose = 'recover' AND sends = 0 \
            ORDER BY created_at DESC, id DESC LIMIT $2)",
        &[user.into(), keep.into()],
    )?;
    Ok(())
}

/// The code with this id.
pub fn find(id: &str) -> Query<Option<PhoneCode>> {
    Query::optional(
        format!("SELECT {} FROM phone_codes WHERE id = $1", PhoneCode::columns()),
        vec![id.into()],
    )
}

/// The code with this id, which no other transaction changes until this one ends.
pub fn lock(tx: &mut Tx<'_>, id: &str) -> Result<Option<PhoneCode>, StoreError> {
    let sql = format!(
        "UPDATE phone_codes SET attempts = attempts WHERE id = $1 RETURNING {}",
        PhoneCode::columns()
    );
    tx.fetch_optional(&sql, &[id.into()])
}

/// The most claims that are looked at together: more than there can be messages for them while a code works.
const MAX_CLAIMS: i64 = 50;

/// The number that a user claims and was sent a code for; of several, the newest.
pub fn claimed_number(user: UserId) -> Query<Option<String>> {
    Query::optional(
        "SELECT phone_number FROM phone_codes WHERE user_id = $1 AND purpose = 'claim' AND sends > 0 \
         ORDER BY created_at DESC, id DESC LIMIT 1",
        vec![user.into()],
    )
}

/// The claims of a user to a number for which a code was ordered, the newest first.
pub fn claims(user: UserId, number: &str) -> Query<Vec<PhoneCode>> {
    Query::all(
        format!(
            "SELECT {} FROM phone_codes WHERE user_id = $1 AND purpose = 'claim' AND sends > 0 AND phone_number = $2 \
             ORDER BY created_at DESC, id DESC LIMIT $3",
            PhoneCode::columns()
        ),
        vec![user.into(), number.into(), MAX_CLAIMS.into()],
    )
}

/// The same of all accounts that have entered a number and never confirmed one.
pub fn claims_to(number: &str) -> Query<Vec<PhoneCode>> {
    Query::all(
        format!(
            "SELECT {} FROM phone_codes WHERE phone_number = $1 AND purpose = 'claim' AND sends > 0 \
               AND user_id IN (SELECT u.id FROM users u WHERE u.phone_number = $1 AND u.phone_verified_at IS NULL \
                 AND u.phone_recovers_from IS NULL AND u.is_active AND u.deleted_at IS NULL) \
             ORDER BY created_at DESC, id DESC LIMIT $2",
            PhoneCode::columns()
        ),
        vec![number.into(), MAX_CLAIMS.into()],
    )
}

/// The code whose token this is, if it still works.
pub fn of_token(token_hash: &str, now: Timestamp) -> Query<Option<PhoneCode>> {
    Query::optional(
        format!("SELECT {} FROM phone_codes WHERE token_hash = $1 AND expires_at > $2", PhoneCode::columns()),
        vec![token_hash.into(), now.into()],
    )
}

/// Counts an answer.
pub fn count_attempt(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE phone_codes SET attempts = attempts + 1 WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Records that a code was ordered: the earlier one no longer works, and this step began.
pub fn order(tx: &mut Tx<'_>, id: &str, expires_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE phone_codes SET sends = sends + 1, code_hash = NULL, expires_at = $2 WHERE id = $1",
        &[id.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Counts an answer by nobody who is signed in.
pub fn count_open_attempt(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE phone_codes SET open_attempts = open_attempts + 1 WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Forgets the answers of the step before.
pub fn forget_attempts(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE phone_codes SET attempts = 0 WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Stores the code that is being sent.
pub fn set_code(
    tx: &mut Tx<'_>,
    id: &str,
    code_hash: &Secret,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE phone_codes SET code_hash = $2, expires_at = $3 WHERE id = $1",
        &[id.into(), code_hash.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Replaces the code, which was entered, by a token.
pub fn set_token(
    tx: &mut Tx<'_>,
    id: &str,
    token_hash: &Secret,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE phone_codes SET code_hash = NULL, token_hash = $2, expires_at = $3 WHERE id = $1",
        &[id.into(), token_hash.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Uses up a token; returns the number if it still worked.
pub fn take_token(tx: &mut Tx<'_>, token_hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    tx.fetch_optional(
        "DELETE FROM phone_codes WHERE token_hash = $1 AND expires_at > $2 RETURNING phone_number",
        &[token_hash.into(), now.into()],
    )
}

/// Removes a code.
pub fn remove(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_codes WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Removes all codes of a user.
pub fn remove_of_user(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_codes WHERE user_id = $1", &[user.into()])?;
    Ok(())
}

/// Removes all codes for a number.
pub fn remove_of_number(tx: &mut Tx<'_>, number: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_codes WHERE phone_number = $1", &[number.into()])?;
    Ok(())
}

/// Removes codes that had expired at `before`.
pub fn remove_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_codes WHERE expires_at <= $1", &[before.into()])?;
    Ok(())
}
