//! Links that were sent by e-mail: to choose a new password, and to sign in. Only hashes of their tokens are
//! stored. An earlier link still works after another one was sent, so that strangers who ask for one do not end that
//! of the owner.

use crate::{StoreError, Tx};
use meeshy_domain::{MailId, Secret, Timestamp, UserId};

/// The most links of a kind and a user; older ones no longer work. It is more than can be asked for while one works.
const MAX_LINKS: i64 = 5;

/// A link that is sent to a user.
#[derive(Debug, Clone)]
pub struct MailedLink {
    /// The e-mail.
    pub id: MailId,
    /// The user.
    pub user_id: UserId,
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: Secret,
    /// When it is sent.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Adds a link to choose a new password, got by e-mail or with a code on the telephone.
pub fn add_reset(tx: &mut Tx<'_>, link: &MailedLink, by_phone: bool) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM password_reset_tokens WHERE user_id = $1 AND by_phone = $2 AND (expires_at <= $3 OR id NOT IN \
           (SELECT id FROM password_reset_tokens WHERE user_id = $1 AND by_phone = $2 AND expires_at > $3 \
            ORDER BY created_at DESC, id DESC LIMIT $4))",
        &[link.user_id.into(), by_phone.into(), link.created_at.into(), (MAX_LINKS - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO password_reset_tokens (id, user_id, token_hash, created_at, expires_at, by_phone) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            link.id.into(),
            link.user_id.into(),
            (&link.token_hash).into(),
            link.created_at.into(),
            link.expires_at.into(),
            by_phone.into(),
        ],
    )?;
    Ok(())
}

/// The user of a link to choose a new password that still works, and until when it does.
pub fn reset(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(UserId, Timestamp)>, StoreError> {
    tx.fetch_optional(
        "SELECT user_id, expires_at FROM password_reset_tokens \
         WHERE token_hash = $1 AND used_at IS NULL AND NOT is_revoked AND expires_at > $2",
        &[token_hash.into(), now.into()],
    )
}

/// Uses up a link to choose a new password; returns its user, and whether it was got with a code on the telephone,
/// if it still worked.
pub fn take_reset(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(UserId, bool)>, StoreError> {
    tx.fetch_optional(
        "UPDATE password_reset_tokens SET used_at = $2 \
         WHERE token_hash = $1 AND used_at IS NULL AND NOT is_revoked AND expires_at > $2 RETURNING user_id, by_phone",
        &[token_hash.into(), now.into()],
    )
}

/// Adds a link to sign in; `remember` says whether to remember the device.
pub fn add_sign_in(tx: &mut Tx<'_>, link: &MailedLink, remember: bool) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM magic_link_tokens WHERE user_id = $1 AND (expires_at <= $2 OR id NOT IN \
           (SELECT id FROM magic_link_tokens WHERE user_id = $1 AND expires_at > $2 \
            ORDER BY created_at DESC, id DESC LIMIT $3))",
        &[link.user_id.into(), link.created_at.into(), (MAX_LINKS - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO magic_link_tokens (id, user_id, token_hash, remember_device, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            link.id.into(),
            link.user_id.into(),
            (&link.token_hash).into(),
            remember.into(),
            link.created_at.into(),
            link.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Uses up a link to sign in; returns its user, and whether to remember the device, if it still worked.
pub fn take_sign_in(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(UserId, bool)>, StoreError> {
    tx.fetch_optional(
        "UPDATE magic_link_tokens SET used_at = $2 \
         WHERE token_hash = $1 AND used_at IS NULL AND NOT is_revoked AND expires_at > $2 \
         RETURNING user_id, remember_device",
        &[token_hash.into(), now.into()],
    )
}

/// Removes the links of a user that were sent by e-mail.
pub fn remove_by_mail(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM password_reset_tokens WHERE user_id = $1 AND NOT by_phone", &[user.into()])?;
    tx.execute("DELETE FROM magic_link_tokens WHERE user_id = $1", &[user.into()])?;
    Ok(())
}

/// Removes the links of a user that were got with a code on the telephone.
pub fn remove_by_phone(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM password_reset_tokens WHERE user_id = $1 AND by_phone", &[user.into()])?;
    Ok(())
}

/// Removes all links of a user.
pub fn remove_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM password_reset_tokens WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM magic_link_tokens WHERE user_id = $1", &[user.into()])?;
    Ok(())
}
