//! Accounts that their owners have deleted: what is removed of them. The row stays, without anything personal,
//! because messages refer to it.

use crate::names::set_words;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{CommunityId, ConversationId, Timestamp, UserId};
use std::collections::BTreeSet;

/// The first name, the last name and the displayed name of a deleted account.
pub const DELETED_NAMES: [&str; 3] = ["Deleted", "Account", "Deleted account"];

/// Tables from which all rows of a user are removed, with the columns that name the user. What can be much is
/// removed in steps.
const PERSONAL: &[(&str, &str)] = &[
    ("notifications", "user_id"),
    ("archived_notifications", "user_id"),
    ("message_deletions", "user_id"),
    ("conversation_preferences", "user_id"),
    ("community_preferences", "user_id"),
    ("conversation_categories", "user_id"),
    ("user_settings", "user_id"),
    ("friend_requests", "sender_id"),
    ("friend_requests", "receiver_id"),
    ("blocks", "user_id"),
];

/// The accounts that are in charge of the server, other than one.
pub fn others_in_charge(user: UserId) -> Query<Option<UserId>> {
    Query::optional(
        "SELECT id FROM users WHERE role = 'BIGBOSS' AND is_active AND deleted_at IS NULL AND id <> $1 LIMIT 1",
        vec![user.into()],
    )
}

/// Removes everything personal from the row of an account, and its secrets. Nobody can sign in any more, and the
/// username and the address can be registered again. `username` is the new name.
pub fn anonymise(tx: &mut Tx<'_>, user: UserId, username: &str, now: Timestamp) -> Result<(), StoreError> {
    let [first, last, shown] = DELETED_NAMES;
    tx.execute(
        "UPDATE users SET username = $2, username_key = $2, username_history = '[]', name_twin = '', email = '', \
           email_key = NULL, password_hash = '', first_name = $3, last_name = $4, display_name = $5, bio = '', \
           avatar = NULL, banner = NULL, phone_number = NULL, phone_country_code = NULL, phone_verified_at = NULL, \
           phone_verification_code = NULL, phone_verification_expiry = NULL, pending_phone_number = NULL, \
           pending_phone_verification_code = NULL, pending_phone_verification_expiry = NULL, \
           phone_transferred_from_user_id = NULL, phone_transferred_at = NULL, role = 'USER', hides_profile = TRUE \
         WHERE id = $1",
        &[user.into(), username.into(), first.into(), last.into(), shown.into()],
    )?;
    tx.execute(
        "UPDATE users SET email_verified_at = NULL, email_verification_token = NULL, \
           email_verification_expiry = NULL, pending_email = NULL, pending_email_verification_token = NULL, \
           pending_email_verification_expiry = NULL, two_factor_secret = NULL, two_factor_backup_codes = '[]', \
           two_factor_pending_secret = NULL, two_factor_enabled_at = NULL, last_password_change = NULL, \
           last_login_ip = NULL, last_login_location = NULL, last_login_device = NULL, registration_ip = NULL, \
           registration_location = NULL, registration_device = NULL, registration_country = NULL, \
           profile_completion_rate = 0, timezone = NULL, signal_identity_key_public = NULL, \
           signal_identity_key_private = NULL, signal_registration_id = NULL, birth_date = NULL, \
           voice_profile_consent_at = NULL, voice_data_consent_at = NULL, data_processing_consent_at = NULL, \
           voice_cloning_enabled_at = NULL, age_verified_at = NULL, deleted_at = $2, deleted_by = $1, \
           updated_at = $2 WHERE id = $1",
        &[user.into(), now.into()],
    )?;
    set_words(tx, &user.into(), BTreeSet::new())?;
    // What an import has left of the old document.
    tx.execute(
        "UPDATE legacy_documents SET rest = NULL, instead = NULL WHERE collection = 'User' AND id = $1",
        &[user.into()],
    )?;
    Ok(())
}

/// Removes what there is little of: devices, pictures, and preferences.
pub fn remove_devices(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM known_devices WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM push_tokens WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM share_link_uses WHERE user_id = $1", &[user.into()])?;
    // Nobody joins in the name of somebody who is gone.
    tx.execute(
        "UPDATE share_links SET is_active = FALSE WHERE created_by = $1 AND is_active",
        &[user.into()],
    )?;
    tx.execute("DELETE FROM phone_reset_tokens WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM password_history WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM voice_models WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM user_preferences WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM notification_preferences WHERE user_id = $1", &[user.into()])?;
    Ok(())
}

/// Removes up to `limit` rows of each table with rows of a user; returns whether there may be more.
pub fn remove_some(tx: &mut Tx<'_>, user: UserId, limit: i64) -> Result<bool, StoreError> {
    let mut more = false;
    for (table, column) in PERSONAL {
        let key = if *table == "blocks" { "blocked_id" } else { "id" };
        let sql = format!(
            "DELETE FROM {table} WHERE {column} = $1 AND {key} IN \
               (SELECT {key} FROM {table} WHERE {column} = $1 LIMIT $2)"
        );
        more |= tx.execute(&sql, &[user.into(), limit.into()])? > 0;
    }
    Ok(more)
}

/// Removes the ended sessions of a user; returns their number.
pub fn remove_sessions(tx: &mut Tx<'_>, user: UserId, limit: i64) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 LIMIT $2)",
        &[user.into(), limit.into()],
    )
}

/// Some open conversations of which a user is a member, but for those of two.
pub fn conversations_to_leave(user: UserId, limit: i64) -> Query<Vec<ConversationId>> {
    Query::all(
        "SELECT m.conversation_id FROM members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.user_id = $1 AND m.is_active AND c.is_active AND c.kind <> 'direct' LIMIT $2",
        vec![user.into(), limit.into()],
    )
}

/// Some communities that a user has created or is a member of.
pub fn communities_to_leave(user: UserId, limit: i64) -> Query<Vec<CommunityId>> {
    Query::all(
        "SELECT id FROM (SELECT c.id FROM communities c WHERE c.created_by = $1 AND c.is_active \
           UNION SELECT m.community_id FROM community_members m WHERE m.user_id = $1 AND m.is_active) found LIMIT $2",
        vec![user.into(), limit.into()],
    )
}
