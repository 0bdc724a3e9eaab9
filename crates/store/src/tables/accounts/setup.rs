//! The first administrator, and the setup code that creates one.

use crate::{StoreError, Tx};
use meeshy_domain::{Role, Timestamp};

/// Whether an active account administers the server.
pub fn has_administrator(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.exists(
        "SELECT 1 FROM users WHERE role IN ($1, $2) AND is_active AND deleted_at IS NULL LIMIT 1",
        &[Role::BigBoss.into(), Role::Admin.into()],
    )
}

/// Whether any account exists.
pub fn has_accounts(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.exists("SELECT 1 FROM users LIMIT 1", &[])
}

/// Replaces the hash of the setup code.
pub fn replace_code(tx: &mut Tx<'_>, code_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO setup_code (id, code_hash, created_at) VALUES (1, $1, $2) \
         ON CONFLICT (id) DO UPDATE SET code_hash = $1, created_at = $2",
        &[code_hash.into(), now.into()],
    )?;
    Ok(())
}

/// Whether this is the hash of the current setup code.
pub fn is_code(tx: &mut Tx<'_>, code_hash: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM setup_code WHERE code_hash = $1";
    tx.exists(sql, &[code_hash.into()])
}

/// Uses up the setup code with this hash; of several concurrent callers, only one gets `true`.
pub fn take_code(tx: &mut Tx<'_>, code_hash: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM setup_code WHERE code_hash = $1", &[code_hash.into()])? == 1)
}
