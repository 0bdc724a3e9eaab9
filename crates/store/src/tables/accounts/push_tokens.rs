//! Devices that get push notifications. Their tokens are secrets: who has one can send to the device.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{PushPlatform, PushService, PushTokenId, Secret, SessionId, Timestamp, UserId};

record! {
    /// A device, without its token.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PushDevice {
        /// Its id.
        pub id: PushTokenId,
        /// What delivers to it.
        pub service: PushService = "coalesce(service, type)",
        /// What it runs.
        pub platform: PushPlatform,
        /// Its id for the client.
        pub device_id: Option<String>,
        /// Its name.
        pub device_name: Option<String>,
        /// The version of the app.
        pub app_version: Option<String>,
        /// Whether notifications are sent to it.
        pub is_active: bool,
        /// When one was last sent.
        pub last_used_at: Option<Timestamp>,
        /// When it was registered.
        pub created_at: Timestamp,
        /// When it was last registered again.
        pub updated_at: Timestamp,
    }
}

/// A device to register.
#[derive(Debug, Clone)]
pub struct NewPushDevice {
    /// The id of a new row.
    pub id: PushTokenId,
    /// Whose.
    pub user_id: UserId,
    /// The session that registers it.
    pub session_id: Option<SessionId>,
    /// Its token.
    pub token: Secret,
    /// What delivers to it.
    pub service: PushService,
    /// What it runs.
    pub platform: PushPlatform,
    /// Its id for the client.
    pub device_id: Option<String>,
    /// Its name.
    pub device_name: Option<String>,
    /// The version of the app.
    pub app_version: Option<String>,
    /// The app.
    pub bundle_id: Option<String>,
    /// When.
    pub now: Timestamp,
}

/// Takes a token from all other accounts, and removes what the same device had before it.
pub fn release(tx: &mut Tx<'_>, device: &NewPushDevice) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM push_tokens WHERE token = $1 AND user_id <> $2",
        &[(&device.token).into(), device.user_id.into()],
    )?;
    if let Some(id) = &device.device_id {
        tx.execute(
            "DELETE FROM push_tokens WHERE user_id = $1 AND coalesce(service, type) = $2 AND device_id = $3 AND token <> $4",
            &[device.user_id.into(), device.service.into(), id.into(), (&device.token).into()],
        )?;
    }
    Ok(())
}

/// Registers a device, again if it is known. Other accounts have [released](release) its token.
///
/// # Errors
/// [`StoreError::Conflict`] when another account has registered it in the meantime.
pub fn register(tx: &mut Tx<'_>, device: &NewPushDevice) -> Result<PushDevice, StoreError> {
    let key = format!("{}:{}", device.service, device.token.expose());
    let is_browser = device.service == PushService::Web;
    tx.fetch_one(
        &format!(
            "INSERT INTO push_tokens (id, user_id, token, type, platform, device_id, device_name, app_version, bundle_id, \
               token_key, created_at, updated_at, session_id, service) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13) \
             ON CONFLICT (user_id, token, type) DO UPDATE SET platform = excluded.platform, \
               device_id = excluded.device_id, device_name = excluded.device_name, app_version = excluded.app_version, \
               bundle_id = excluded.bundle_id, token_key = excluded.token_key, updated_at = excluded.updated_at, session_id = excluded.session_id, service = excluded.service, \
               is_active = TRUE, failed_attempts = 0, last_error = NULL RETURNING {}",
            PushDevice::columns()
        ),
        &[
            device.id.into(),
            device.user_id.into(),
            (&device.token).into(),
            typed(device.service).into(),
            device.platform.into(),
            device.device_id.as_ref().into(),
            device.device_name.as_ref().into(),
            device.app_version.as_ref().into(),
            device.bundle_id.as_ref().into(),
            key.into(),
            device.now.into(),
            device.session_id.into(),
            is_browser.then_some(PushService::Web).into(),
        ],
    )
}

/// The value of the column `type`.
fn typed(service: PushService) -> PushService {
    match service {
        PushService::Web => PushService::Fcm,
        named => named,
    }
}

/// Removes the devices of a user beyond the `kept` ones that were registered last.
pub fn trim(tx: &mut Tx<'_>, user: UserId, kept: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM push_tokens WHERE user_id = $1 AND id IN \
           (SELECT id FROM push_tokens WHERE user_id = $1 ORDER BY updated_at DESC, id DESC LIMIT 1000 OFFSET $2)",
        &[user.into(), kept.into()],
    )?;
    Ok(())
}

/// The devices of a user, the one that was registered last first.
pub fn of_user(user: UserId, limit: i64) -> Query<Vec<PushDevice>> {
    let sql = format!(
        "SELECT {} FROM push_tokens WHERE user_id = $1 ORDER BY updated_at DESC, id DESC LIMIT $2",
        PushDevice::columns()
    );
    Query::all(sql, vec![user.into(), limit.into()])
}

/// Removes a token of a user; returns how many rows it had.
pub fn remove_token(tx: &mut Tx<'_>, user: UserId, token: &Secret) -> Result<u64, StoreError> {
    let sql = "DELETE FROM push_tokens WHERE user_id = $1 AND token = $2";
    tx.execute(sql, &[user.into(), token.into()])
}

/// Removes a device of a user, by its id or its id for the client; returns how many rows it had.
pub fn remove_device(tx: &mut Tx<'_>, user: UserId, device: &str) -> Result<u64, StoreError> {
    let sql = "DELETE FROM push_tokens WHERE user_id = $1 AND (id = $2 OR device_id = $2)";
    tx.execute(sql, &[user.into(), device.into()])
}

record! {
    /// A device to which something can be sent.
    #[derive(Clone)]
    pub struct PushTarget as "p" {
        /// Its id.
        pub id: PushTokenId,
        /// What delivers to it.
        pub service: PushService = "coalesce(p.service, p.type)",
        /// Its token.
        pub token: Secret,
    }
}

/// Leaves devices that want notifications, and whose session lasts.
const IS_REACHED: &str = "p.is_active AND (p.session_id IS NULL OR EXISTS (SELECT 1 FROM sessions s \
    WHERE s.id = p.session_id AND s.revoked_at IS NULL AND s.expires_at > $1))";

/// The devices of a user that are reached now, the one that was registered last first.
pub fn targets(user: UserId, now: Timestamp, limit: i64) -> Query<Vec<PushTarget>> {
    let sql = format!(
        "SELECT {} FROM push_tokens p WHERE p.user_id = $2 AND {IS_REACHED} ORDER BY p.updated_at DESC, p.id DESC LIMIT $3",
        PushTarget::columns()
    );
    Query::all(sql, vec![now.into(), user.into(), limit.into()])
}

/// Those of `users` who have a device of a service that is reached now.
pub fn with_devices(users: &[UserId], service: PushService, now: Timestamp) -> Query<Vec<UserId>> {
    if users.is_empty() {
        return Query::known(Vec::new());
    }
    let mut params: Vec<Value> = vec![now.into(), service.into()];
    params.extend(padded(users.iter().map(|id| Value::from(*id))));
    Query::all(
        format!(
            "SELECT DISTINCT p.user_id FROM push_tokens p WHERE p.user_id IN ({}) AND {IS_REACHED} AND coalesce(p.service, p.type) = $2",
            placeholders(3, users.len())
        ),
        params,
    )
}

/// Something was sent to a device.
pub fn was_sent(tx: &mut Tx<'_>, user: UserId, id: PushTokenId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute_later(
        "UPDATE push_tokens SET last_used_at = $3, failed_attempts = 0, last_error = NULL WHERE user_id = $1 AND id = $2",
        &[user.into(), id.into(), now.into()],
    )
}

/// Something was not accepted for a device. After `most` times in a row, nothing is sent to it until it is registered again.
pub fn has_failed(
    tx: &mut Tx<'_>,
    user: UserId,
    id: PushTokenId,
    error: &str,
    most: i64,
) -> Result<(), StoreError> {
    tx.execute_later(
        "UPDATE push_tokens SET failed_attempts = failed_attempts + 1, last_error = $3, is_active = failed_attempts + 1 < $4 \
         WHERE user_id = $1 AND id = $2",
        &[user.into(), id.into(), error.into(), most.into()],
    )
}
