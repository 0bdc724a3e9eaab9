//! The telephone numbers of accounts. A number that nobody has confirmed belongs to nobody: several accounts may
//! have entered it.

use crate::users::User;
use crate::{StoreError, Tx};
use meeshy_domain::{Timestamp, UserId};

/// The most owners of one number, of which an import can leave several.
const MAX_OWNERS: i64 = 20;

/// The account that has confirmed this number, in its stored form, and can be used; of several, the oldest.
pub fn owner(tx: &mut Tx<'_>, number: &str, now: Timestamp) -> Result<Option<User>, StoreError> {
    let sql = format!(
        "SELECT {} FROM users u WHERE u.phone_number = $1 AND u.phone_verified_at IS NOT NULL \
           AND u.is_active AND u.deleted_at IS NULL \
           AND (u.locked_until IS NULL OR u.locked_until <= $2 OR u.locked_reason = 'failed_sign_ins') \
         ORDER BY u.created_at, u.id LIMIT 1",
        User::columns()
    );
    tx.fetch_optional(&sql, &[number.into(), now.into()])
}

/// The account that has entered this number and not confirmed it, if no other account has the number.
pub fn only_unconfirmed(tx: &mut Tx<'_>, number: &str) -> Result<Option<UserId>, StoreError> {
    let found: Vec<(UserId, bool)> = tx.fetch_all(
        "SELECT u.id, u.phone_verified_at IS NULL AND u.is_active AND u.deleted_at IS NULL AS is_unconfirmed \
         FROM users u WHERE u.phone_number = $1 LIMIT 2",
        &[number.into()],
    )?;
    Ok(match found.as_slice() {
        [(user, true)] => Some(*user),
        _ => None,
    })
}

/// The other accounts that have confirmed this number.
pub fn other_owners(tx: &mut Tx<'_>, number: &str, user: UserId) -> Result<Vec<UserId>, StoreError> {
    tx.fetch_all(
        "SELECT u.id FROM users u WHERE u.phone_number = $1 AND u.phone_verified_at IS NOT NULL AND u.id <> $2 \
         ORDER BY u.id LIMIT $3",
        &[number.into(), user.into(), MAX_OWNERS.into()],
    )
}

/// Takes a number from all accounts but one.
pub fn take_from_others(
    tx: &mut Tx<'_>,
    number: &str,
    user: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET phone_number = NULL, phone_country_code = NULL, phone_verified_at = NULL, updated_at = $3, \
           phone_recovers_from = CASE WHEN phone_verified_at IS NULL THEN phone_recovers_from ELSE $3 END \
         WHERE phone_number = $1 AND id <> $2",
        &[number.into(), user.into(), now.into()],
    )?;
    Ok(())
}

/// Sets the number of a user, who has confirmed it; `from` had it before. If the account has a confirmed address, or
/// ever had another confirmed number, the number can be used to choose a new password from `recovers_from`, otherwise at once.
pub fn confirm(
    tx: &mut Tx<'_>,
    user: UserId,
    number: &str,
    from: Option<UserId>,
    now: Timestamp,
    recovers_from: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET phone_number = $2, phone_country_code = NULL, phone_verified_at = $3, updated_at = $3, \
           phone_recovers_from = CASE WHEN email_verified_at IS NOT NULL \
             OR (phone_number IS NOT NULL AND phone_verified_at IS NOT NULL) OR phone_recovers_from IS NOT NULL \
             THEN CAST($4 AS BIGINT) END \
         WHERE id = $1 AND deleted_at IS NULL",
        &[user.into(), number.into(), now.into(), recovers_from.into()],
    )?;
    if from.is_some() {
        tx.execute(
            "UPDATE users SET phone_transferred_from_user_id = $2, phone_transferred_at = $3 WHERE id = $1",
            &[user.into(), from.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Since when the number of a user can be used to choose a new password; `None` is from the start.
pub fn recovers_from(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Timestamp>, StoreError> {
    tx.fetch_one("SELECT phone_recovers_from FROM users WHERE id = $1", &[user.into()])
}

/// Sets the number of a user, who has not confirmed it, or removes it.
pub fn enter(tx: &mut Tx<'_>, user: UserId, number: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET phone_number = $2, phone_country_code = NULL, phone_verified_at = NULL, updated_at = $3, \
           phone_recovers_from = CASE WHEN phone_verified_at IS NULL THEN phone_recovers_from ELSE $3 END \
         WHERE id = $1 AND deleted_at IS NULL",
        &[user.into(), number.into(), now.into()],
    )?;
    Ok(())
}
