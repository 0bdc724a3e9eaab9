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

/// The account that has entered this number last and not confirmed it.
pub fn newest_unconfirmed(tx: &mut Tx<'_>, number: &str) -> Result<Option<UserId>, StoreError> {
    tx.fetch_optional(
        "SELECT u.id FROM users u WHERE u.phone_number = $1 AND u.phone_verified_at IS NULL AND u.is_active \
           AND u.deleted_at IS NULL ORDER BY u.created_at DESC, u.id DESC LIMIT 1",
        &[number.into()],
    )
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
        "UPDATE users SET phone_number = NULL, phone_country_code = NULL, phone_verified_at = NULL, updated_at = $3 \
         WHERE phone_number = $1 AND id <> $2",
        &[number.into(), user.into(), now.into()],
    )?;
    Ok(())
}

/// Sets the number of a user, who has confirmed it; `from` had it before.
pub fn confirm(
    tx: &mut Tx<'_>,
    user: UserId,
    number: &str,
    from: Option<UserId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET phone_number = $2, phone_country_code = NULL, phone_verified_at = $3, updated_at = $3 \
         WHERE id = $1 AND deleted_at IS NULL",
        &[user.into(), number.into(), now.into()],
    )?;
    if from.is_some() {
        tx.execute(
            "UPDATE users SET phone_transferred_from_user_id = $2, phone_transferred_at = $3 WHERE id = $1",
            &[user.into(), from.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Sets the number of a user, who has not confirmed it, or removes it.
pub fn enter(tx: &mut Tx<'_>, user: UserId, number: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET phone_number = $2, phone_country_code = NULL, phone_verified_at = NULL, updated_at = $3 \
         WHERE id = $1 AND deleted_at IS NULL",
        &[user.into(), number.into(), now.into()],
    )?;
    Ok(())
}
