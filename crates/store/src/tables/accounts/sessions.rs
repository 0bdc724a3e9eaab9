//! Sessions of signed-in devices.

use crate::engine::placeholders::{not_in, padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{Secret, SessionId, Timestamp, UserId};
use std::collections::{HashMap, HashSet};

record! {
    /// A session of a user on a device.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Session in sessions {
        /// Its id.
        pub id: SessionId,
        /// The user.
        pub user_id: UserId,
        /// SHA-256 of the device secret, in hexadecimal; the secret itself is not stored.
        pub token_hash: Secret,
        /// The user agent.
        pub user_agent: Option<String>,
        /// The address it signed in from.
        pub ip_address: Option<String>,
        /// Whether the user asked to be remembered.
        pub is_trusted: bool,
        /// When it started.
        pub created_at: Timestamp,
        /// Its last activity.
        pub last_activity_at: Timestamp,
        /// When it expires.
        pub expires_at: Timestamp,
        /// When it was ended.
        pub revoked_at: Option<Timestamp>,
        /// The id of its current token; `None` if its tokens have no ids, as in earlier versions.
        pub token_id: Option<String>,
    }
}

/// Stands for the id of tokens without one.
pub const NO_TOKEN_ID: &str = "none";

/// Adds a session.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    tx.insert(session)
}

/// The session with this id, even if it has ended.
pub fn find(id: SessionId) -> Query<Option<Session>> {
    Query::optional(format!("SELECT {} FROM sessions WHERE id = $1", Session::columns()), vec![id.into()])
}

/// The session whose secret has this hash, even if it has ended.
pub fn find_by_token(tx: &mut Tx<'_>, token_hash: &str) -> Result<Option<Session>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM sessions WHERE token_hash = $1", Session::columns()),
        &[token_hash.into()],
    )
}

/// Which of `ids` are active at `now`, each with the id of its current token.
pub fn alive(
    tx: &mut Tx<'_>,
    ids: &[SessionId],
    now: Timestamp,
) -> Result<HashMap<SessionId, Option<String>>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list = placeholders(2, ids.len());
    let mut params = vec![now.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let sql = format!(
        "SELECT id, token_id FROM sessions WHERE id IN ({list}) AND revoked_at IS NULL AND expires_at > $1"
    );
    let alive = tx.fetch_all(&sql, &params)?;
    Ok(alive.into_iter().collect())
}

/// Makes other transactions that change the session wait until this one ends.
pub fn lock(tx: &mut Tx<'_>, id: SessionId) -> Result<(), StoreError> {
    tx.execute("UPDATE sessions SET last_activity_at = last_activity_at WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Records the new token of a session and the one it replaces, and removes those replaced before `since`.
pub fn replace_token(
    tx: &mut Tx<'_>,
    id: SessionId,
    token_id: &str,
    replaced: &str,
    now: Timestamp,
    since: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sessions SET token_id = $2, last_activity_at = $3 WHERE id = $1",
        &[id.into(), token_id.into(), now.into()],
    )?;
    tx.execute(
        "DELETE FROM replaced_tokens WHERE session_id = $1 AND replaced_at <= $2",
        &[id.into(), since.into()],
    )?;
    tx.execute(
        "INSERT INTO replaced_tokens (session_id, token_id, replaced_at) VALUES ($1, $2, $3) \
         ON CONFLICT (session_id, token_id) DO NOTHING",
        &[id.into(), replaced.into(), now.into()],
    )?;
    Ok(())
}

/// The tokens of some sessions that were replaced after `since`.
pub fn replaced_tokens(
    tx: &mut Tx<'_>,
    ids: &[SessionId],
    since: Timestamp,
) -> Result<HashSet<(SessionId, String)>, StoreError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = placeholders(2, ids.len());
    let mut params = vec![since.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let sql = format!(
        "SELECT session_id, token_id FROM replaced_tokens WHERE session_id IN ({list}) AND replaced_at > $1"
    );
    let found = tx.fetch_all(&sql, &params)?;
    Ok(found.into_iter().collect())
}

record! {
    /// The session that a token without a session id was bound to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Binding {
        /// The session, which may have been deleted.
        pub session_id: SessionId,
        /// When the token was exchanged for one with the session id.
        pub replaced_at: Option<Timestamp>,
    }
}

/// The binding of the token with this hash.
pub fn binding(tx: &mut Tx<'_>, token_hash: &str) -> Result<Option<Binding>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM bound_tokens WHERE token_hash = $1", Binding::columns()),
        &[token_hash.into()],
    )
}

/// Which of `token_hashes` are bound and either not exchanged or exchanged after `since`.
pub fn good_bindings(
    tx: &mut Tx<'_>,
    token_hashes: &[&str],
    since: Timestamp,
) -> Result<HashSet<String>, StoreError> {
    if token_hashes.is_empty() {
        return Ok(HashSet::new());
    }
    let list = placeholders(2, token_hashes.len());
    let mut params = vec![since.into()];
    params.extend(padded(token_hashes.iter().map(|hash| Value::from(*hash))));
    let sql = format!(
        "SELECT token_hash FROM bound_tokens WHERE token_hash IN ({list}) \
           AND (replaced_at IS NULL OR replaced_at > $1)"
    );
    Ok(tx.fetch_all(&sql, &params)?.into_iter().collect())
}

/// Binds a token to a session until the token expires; `false` if it was already bound.
pub fn bind(
    tx: &mut Tx<'_>,
    token_hash: &str,
    session: SessionId,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let bound = tx.execute(
        "INSERT INTO bound_tokens (token_hash, session_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (token_hash) DO NOTHING",
        &[token_hash.into(), session.into(), expires_at.into()],
    )?;
    Ok(bound == 1)
}

/// Removes the bindings of tokens that have expired; returns how many.
pub fn remove_expired_bindings(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM bound_tokens WHERE expires_at <= $1", &[now.into()])
}

/// Records that a bound token was exchanged.
pub fn replace_bound(tx: &mut Tx<'_>, token_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE bound_tokens SET replaced_at = $2 WHERE token_hash = $1",
        &[token_hash.into(), now.into()],
    )?;
    Ok(())
}

/// Ends a session; returns whether it was active.
pub fn revoke(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        &[id.into(), now.into()],
    )?;
    Ok(changed > 0)
}

/// Ends all sessions of a user; returns those that were active.
pub fn revoke_all(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    tx.fetch_all(
        "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id",
        &[user.into(), now.into()],
    )
}

/// Ends all sessions of a user except for some; returns those that were active.
pub fn revoke_others(
    tx: &mut Tx<'_>,
    user: UserId,
    kept: &[SessionId],
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let mut params = vec![user.into(), now.into()];
    let (others, kept) = not_in("id", 3, kept.iter().map(|id| Value::from(*id)).collect());
    params.extend(kept);
    tx.fetch_all(
        &format!(
            "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL {others} RETURNING id"
        ),
        &params,
    )
}

/// Up to `limit` active sessions of a user, the newest first.
pub fn of_user(
    tx: &mut Tx<'_>,
    user: UserId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 \
             ORDER BY created_at DESC, id DESC LIMIT $3",
            Session::columns()
        ),
        &[user.into(), now.into(), limit.into()],
    )
}

/// Removes the oldest sessions of a user down to `keep`; returns them.
pub fn trim(tx: &mut Tx<'_>, user: UserId, keep: i64) -> Result<Vec<SessionId>, StoreError> {
    tx.fetch_all(
        "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN \
           (SELECT id FROM sessions WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2) RETURNING id",
        &[user.into(), keep.into()])
}

/// Records the address of a sign-in. Its location is not known.
pub fn note_sign_in(
    tx: &mut Tx<'_>,
    user: UserId,
    ip_address: Option<&str>,
    device: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET last_login_ip = $2, last_login_device = $3, last_login_location = NULL WHERE id = $1",
        &[user.into(), ip_address.into(), device.into()],
    )?;
    Ok(())
}
