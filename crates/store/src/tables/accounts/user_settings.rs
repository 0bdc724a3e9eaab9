//! Preferences of users under names that clients choose.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{PreferencesId, Timestamp, UserId};

record! {
    /// A preference under a name that a client has chosen.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Setting {
        /// Its id.
        pub id: PreferencesId,
        /// Its name.
        pub key: String,
        /// Its value.
        pub value: String,
        /// When it was first set.
        pub created_at: Timestamp,
        /// When it was last set.
        pub updated_at: Timestamp,
    }
}

/// All such preferences of a user, of which there are few, in order of their names.
pub fn all(user: UserId) -> Query<Vec<Setting>> {
    let columns = Setting::columns();
    Query::all(
        format!("SELECT {columns} FROM user_settings WHERE user_id = $1 ORDER BY key"),
        vec![user.into()],
    )
}

/// The preference of a user under this name.
pub fn find(user: UserId, key: &str) -> Query<Option<Setting>> {
    let columns = Setting::columns();
    Query::optional(
        format!("SELECT {columns} FROM user_settings WHERE user_id = $1 AND key = $2"),
        vec![user.into(), key.into()],
    )
}

/// The number of such preferences that a user has.
pub fn count(user: UserId) -> Query<i64> {
    Query::one("SELECT count(*) AS total FROM user_settings WHERE user_id = $1", vec![user.into()])
}

/// Stores such a preference.
pub fn put(
    tx: &mut Tx<'_>,
    id: PreferencesId,
    user: UserId,
    key: &str,
    value: &str,
    now: Timestamp,
) -> Result<Setting, StoreError> {
    let params: [Value; 5] = [id.into(), user.into(), key.into(), value.into(), now.into()];
    tx.fetch_one(
        &format!(
            "INSERT INTO user_settings (id, user_id, key, value, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5) \
             ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value, value_type = 'string', \
               updated_at = excluded.updated_at RETURNING {}",
            Setting::columns()
        ),
        &params,
    )
}
