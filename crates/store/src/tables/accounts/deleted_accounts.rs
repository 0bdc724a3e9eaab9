//! Accounts that their owners have deleted: what is removed of them. The row stays, without anything personal,
//! because messages refer to it.

use crate::names::set_words;
use crate::{
    Query, StoreError, Tx, Value, attempts, avatars, blocks, jobs, mailed_links, phone_codes,
    resumable_uploads,
};
use meeshy_domain::{CommunityId, ConversationId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The first name, the last name and the displayed name of a deleted account.
pub const DELETED_NAMES: [&str; 3] = ["Deleted", "Account", "Deleted account"];

/// The kind of the jobs that remove what is left of deleted accounts.
pub const JOB: &str = "delete-account";

/// The parameters of such a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deleted {
    /// The account.
    pub user: UserId,
}

/// The accounts that their owners have deleted here.
const DELETED: &str = "SELECT id FROM users WHERE deleted_by = id AND email = '' AND password_hash = ''";
/// What the list of imported documents says of those that belonged to one.
pub const NOTE: &str = "belonged to an account that was deleted here";
/// Nothing else is left of them there.
const EMPTY: &str = "rest = NULL, instead = NULL, note = 'belonged to an account that was deleted here'";

/// Rows of a user that are removed. They can be many, so it is done in steps.
struct Removed {
    table: &'static str,
    /// The column that names the user.
    user: &'static str,
    /// The column that tells apart the rows of one user.
    key: &'static str,
    /// The collection of the old system whose documents became such rows.
    collection: Option<&'static str>,
}

const fn removed(table: &'static str, user: &'static str, collection: &'static str) -> Removed {
    Removed { table, user, key: "id", collection: Some(collection) }
}

const fn removed_by(table: &'static str, user: &'static str, key: &'static str) -> Removed {
    Removed { table, user, key, collection: None }
}

/// What else there is of a user is kept, by a deleted account; a test knows the reason for each column.
const REMOVED: &[Removed] = &[
    removed("notifications", "user_id", "Notification"),
    // They say what the user has done, by name.
    removed("notifications", "sender_id", "Notification"),
    removed_by("archived_notifications", "user_id", "id"),
    removed("message_deletions", "user_id", "UserMessageDeletion"),
    removed("conversation_preferences", "user_id", "UserConversationPreferences"),
    removed("community_preferences", "user_id", "UserCommunityPreferences"),
    removed("conversation_categories", "user_id", "UserConversationCategory"),
    removed("conversation_settings", "user_id", "ConversationPreference"),
    removed("conversation_public_keys", "user_id", "ConversationPublicKey"),
    removed("user_settings", "user_id", "UserPreference"),
    removed("friend_requests", "sender_id", "FriendRequest"),
    removed("friend_requests", "receiver_id", "FriendRequest"),
    removed_by("blocks", "user_id", "blocked_id"),
    removed_by("share_link_uses", "user_id", "share_link_id"),
    removed_by("community_invites", "created_by", "token_hash"),
    removed_by("glossary_proposals", "proposed_by", "id"),
    removed("affiliate_relations", "affiliate_user_id", "AffiliateRelation"),
    removed("affiliate_relations", "referred_user_id", "AffiliateRelation"),
    removed("tracking_link_clicks", "user_id", "TrackingLinkClick"),
    removed("security_events", "user_id", "SecurityEvent"),
    removed("push_tokens", "user_id", "PushToken"),
    removed("phone_reset_tokens", "user_id", "PhonePasswordResetToken"),
    removed("password_reset_tokens", "user_id", "PasswordResetToken"),
    removed("magic_link_tokens", "user_id", "MagicLinkToken"),
    removed("password_history", "user_id", "PasswordHistory"),
    removed("voice_models", "user_id", "UserVoiceModel"),
    removed("user_preferences", "user_id", "UserPreferences"),
    removed("notification_preferences", "user_id", "NotificationPreference"),
    removed("user_stats", "user_id", "UserStats"),
    removed("signal_pre_key_bundles", "user_id", "SignalPreKeyBundle"),
    removed("dma_sessions", "user_id", "DMASession"),
    removed("sessions", "user_id", "UserSession"),
];

/// Rows that stay, but lose what is personal in them.
struct Emptied {
    table: &'static str,
    /// The column that names the user.
    user: &'static str,
    /// The collection of the old system whose documents became such rows.
    collection: Option<&'static str>,
    /// The new values.
    set: &'static str,
    /// What is true of rows that have the old ones.
    while_: &'static str,
}

/// Those of the old system keep the column that names the user: what a later import brings of them is found by it.
const EMPTIED: &[Emptied] = &[
    Emptied {
        table: "members",
        user: "user_id",
        collection: Some("ConversationMember"),
        set: "nickname = NULL",
        while_: "nickname IS NOT NULL",
    },
    Emptied {
        table: "reports",
        user: "reporter_id",
        collection: Some("Report"),
        set: "reporter_name = NULL",
        while_: "reporter_name IS NOT NULL",
    },
    Emptied {
        table: "translation_reports",
        user: "reporter_id",
        collection: None,
        set: "comment = NULL",
        while_: "comment IS NOT NULL",
    },
    Emptied {
        table: "audit_log",
        user: "entity_id",
        collection: Some("AdminAuditLog"),
        set: "changes = NULL, metadata = NULL",
        while_: "(changes IS NOT NULL OR metadata IS NOT NULL)",
    },
    Emptied {
        table: "audit_log",
        user: "user_id",
        collection: Some("AdminAuditLog"),
        set: "changes = NULL, metadata = NULL",
        while_: "(changes IS NOT NULL OR metadata IS NOT NULL)",
    },
    Emptied {
        table: "audit_log",
        user: "admin_id",
        collection: Some("AdminAuditLog"),
        set: "ip_address = NULL, user_agent = NULL",
        while_: "(ip_address IS NOT NULL OR user_agent IS NOT NULL)",
    },
    Emptied {
        table: "affiliate_tokens",
        user: "created_by",
        collection: Some("AffiliateToken"),
        set: "name = '', is_active = FALSE",
        while_: "(name <> '' OR is_active)",
    },
    // Nobody joins in the name of somebody who is gone.
    Emptied {
        table: "share_links",
        user: "created_by",
        collection: None,
        set: "is_active = FALSE",
        while_: "is_active",
    },
    Emptied {
        table: "tracking_links",
        user: "created_by",
        collection: Some("TrackingLink"),
        set: "name = NULL",
        while_: "name IS NOT NULL",
    },
    Emptied {
        table: "users",
        user: "phone_transferred_from_user_id",
        collection: None,
        set: "phone_transferred_from_user_id = NULL",
        while_: "phone_transferred_from_user_id IS NOT NULL",
    },
];

/// The accounts that are in charge of the server, other than one.
pub fn others_in_charge(user: UserId) -> Query<Option<UserId>> {
    Query::optional(
        "SELECT id FROM users WHERE role = 'BIGBOSS' AND is_active AND deleted_at IS NULL AND id <> $1 LIMIT 1",
        vec![user.into()],
    )
}

/// Whether a user is an account that its owner has deleted here.
pub fn is_deleted(tx: &mut Tx<'_>, user: &str) -> Result<bool, StoreError> {
    Ok(tx.fetch_one::<i64>(&format!("SELECT count(*) FROM ({DELETED} AND id = $1) found"), &[user.into()])?
        > 0)
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
           phone_transferred_from_user_id = NULL, phone_transferred_at = NULL, phone_recovers_from = NULL, \
           email_recovers_from = NULL, replaced_email_hash = NULL, role = 'USER', hides_profile = TRUE, blocked_user_ids = '[]', \
           system_language = 'en', regional_language = NULL, custom_destination_language = NULL, \
           auto_translate_enabled = TRUE, translate_to_system_language = TRUE, \
           translate_to_regional_language = FALSE, use_custom_destination = FALSE \
         WHERE id = $1",
        &[user.into(), username.into(), first.into(), last.into(), shown.into()],
    )?;
    tx.execute(
        "UPDATE users SET email_verified_at = NULL, email_verification_token = NULL, \
           email_verification_expiry = NULL, pending_email = NULL, pending_email_verification_token = NULL, \
           pending_email_verification_expiry = NULL, two_factor_secret = NULL, two_factor_backup_codes = '[]', \
           two_factor_pending_secret = NULL, two_factor_enabled_at = NULL, two_factor_step = 0, \
           last_password_change = NULL, failed_login_attempts = 0, locked_until = NULL, locked_reason = NULL, \
           last_failed_login_at = NULL, password_reset_attempts = 0, last_password_reset_attempt = NULL, \
           last_login_ip = NULL, last_login_location = NULL, last_login_device = NULL, registration_ip = NULL, \
           registration_location = NULL, registration_device = NULL, registration_country = NULL, \
           profile_completion_rate = 0, timezone = NULL, signal_identity_key_public = NULL, \
           signal_identity_key_private = NULL, signal_registration_id = NULL, signal_pre_key_bundle_version = NULL, \
           last_key_rotation = NULL, encryption_preference = NULL, birth_date = NULL, \
           voice_profile_consent_at = NULL, voice_data_consent_at = NULL, data_processing_consent_at = NULL, \
           voice_cloning_enabled_at = NULL, age_verified_at = NULL, last_seen_at = NULL, last_active_at = $2, \
           deactivated_at = $2, deleted_at = $2, deleted_by = $1, updated_at = $2 WHERE id = $1",
        &[user.into(), now.into()],
    )?;
    set_words(tx, &user.into(), BTreeSet::new())?;
    tx.execute("DELETE FROM sign_in_challenges WHERE user_id = $1", &[user.into()])?;
    tx.execute("DELETE FROM known_devices WHERE user_id = $1", &[user.into()])?;
    mailed_links::remove_all(tx, user)?;
    phone_codes::remove_of_user(tx, user)?;
    avatars::remove(tx, user)?;
    resumable_uploads::remove_of_user(tx, user)?;
    // What an import has left of the old document, of its copies, and of those that were merged into it.
    let copies = format!("{user}@%");
    tx.execute(
        &format!("UPDATE legacy_documents SET {EMPTY} WHERE collection = 'User' AND (id = $1 OR id LIKE $2)"),
        &[user.into(), copies.into()],
    )?;
    tx.execute(
        &format!("UPDATE legacy_documents SET {EMPTY} WHERE kept_id = $1 AND kept_collection = 'User'"),
        &[user.into()],
    )?;
    Ok(())
}

/// Removes up to `limit` rows of each table with rows of a user, or what is personal in them, and the user from up to
/// `limit` lists of blocked users; returns whether there may be more.
pub fn remove_some(tx: &mut Tx<'_>, user: UserId, limit: i64) -> Result<bool, StoreError> {
    let whose = Whose { is: "= $1", limit: "LIMIT $2", params: vec![user.into(), limit.into()] };
    let some = leave_lists(tx, &whose, |blocked| *blocked == user)?;
    Ok(remove(tx, &whose)? || some)
}

/// Removes everything that an import or a job that has not run yet has left of all deleted accounts, in one
/// transaction, and returns these accounts. Nobody else uses the database.
pub fn remove_all(tx: &mut Tx<'_>) -> Result<BTreeSet<UserId>, StoreError> {
    let deleted: BTreeSet<UserId> = tx.fetch_all(DELETED, &[])?.into_iter().collect();
    if deleted.is_empty() {
        return Ok(deleted);
    }
    let whose = Whose { is: &format!("IN ({DELETED})"), limit: "", params: Vec::new() };
    leave_lists(tx, &whose, |blocked| deleted.contains(blocked))?;
    // Also of rows that were removed before the account was.
    for Removed { table, collection, .. } in REMOVED {
        if let Some(collection) = collection {
            let gone = format!(
                "UPDATE legacy_documents SET rest = NULL, instead = NULL \
                 WHERE collection = '{collection}' AND outcome = 'inserted' \
                   AND (rest IS NOT NULL OR instead IS NOT NULL) \
                   AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = legacy_documents.id)"
            );
            tx.execute(&gone, &[])?;
        }
    }
    for Emptied { table, user, collection, .. } in EMPTIED {
        if let Some(collection) = collection {
            empty_documents(
                tx,
                collection,
                &format!("SELECT id FROM {table} WHERE {user} {}", whose.is),
                &[],
            )?;
        }
    }
    empty_documents(tx, "User", DELETED, &[])?;
    remove(tx, &whose)?;
    // An import derives these from all rows.
    tx.execute(&format!("DELETE FROM name_words WHERE user_id {}", whose.is), &[])?;
    tx.execute(
        &format!("UPDATE users SET hides_profile = TRUE WHERE NOT hides_profile AND id {}", whose.is),
        &[],
    )?;
    Ok(deleted)
}

/// The deleted accounts that have conversations or communities to leave.
pub fn still_members(tx: &mut Tx<'_>) -> Result<Vec<UserId>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT id FROM ({DELETED}) u WHERE EXISTS (SELECT 1 FROM members m JOIN conversations c \
               ON c.id = m.conversation_id WHERE m.user_id = u.id AND m.is_active AND c.is_active AND c.kind <> 'direct') \
             OR EXISTS (SELECT 1 FROM communities c WHERE c.created_by = u.id AND c.is_active) \
             OR EXISTS (SELECT 1 FROM community_members m WHERE m.user_id = u.id AND m.is_active)"
        ),
        &[],
    )
}

/// The collections of the old system whose documents are removed with an account, or lose what is personal: with the
/// tables that they become rows of, and the columns that name the account.
pub fn personal_collections() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let removed = REMOVED.iter().map(|removed| (removed.collection, removed.table, removed.user));
    let emptied = EMPTIED.iter().map(|emptied| (emptied.collection, emptied.table, emptied.user));
    let all = removed.chain(emptied).chain([(Some("User"), "users", "id")]);
    all.filter_map(|(collection, table, user)| Some((collection?, table, user)))
}

/// Removes what the list of imported documents contains of some that became no rows.
pub fn forget_documents(tx: &mut Tx<'_>, collection: &str, ids: &[String]) -> Result<(), StoreError> {
    for id in ids {
        tx.execute(
            &format!("UPDATE legacy_documents SET {EMPTY} WHERE collection = $1 AND id = $2"),
            &[collection.into(), id.into()],
        )?;
    }
    Ok(())
}

/// Adds the job that removes what is left of a deleted account.
pub fn finish_later(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let deleted = serde_json::to_string(&Deleted { user })
        .map_err(|error| StoreError::Statement(format!("a deleted account: {error}")))?;
    jobs::enqueue(tx, JOB, &user.to_string(), &deleted)
}

/// Whose rows are removed: the condition for the column that names the user, and how many.
struct Whose<'a> {
    is: &'a str,
    limit: &'a str,
    params: Vec<Value>,
}

fn remove(tx: &mut Tx<'_>, Whose { is, limit, params }: &Whose<'_>) -> Result<bool, StoreError> {
    let mut more = false;
    for Removed { table, user, key, collection } in REMOVED {
        let some = format!("SELECT {key} FROM {table} WHERE {user} {is} {limit}");
        if let Some(collection) = collection {
            empty_documents(tx, collection, &some, params)?;
        }
        let sql = format!("DELETE FROM {table} WHERE {user} {is} AND {key} IN ({some})");
        more |= tx.execute(&sql, params)? > 0;
    }
    for Emptied { table, user, collection, set, while_ } in EMPTIED {
        let some = format!("SELECT id FROM {table} WHERE {user} {is} AND {while_} {limit}");
        if let Some(collection) = collection {
            empty_documents(tx, collection, &some, params)?;
        }
        more |= tx.execute(&format!("UPDATE {table} SET {set} WHERE id IN ({some})"), params)? > 0;
    }
    Ok(more)
}

/// Removes what an import has left of the documents of some rows, and of those that were merged into them.
fn empty_documents(
    tx: &mut Tx<'_>,
    collection: &str,
    some: &str,
    params: &[Value],
) -> Result<(), StoreError> {
    for (named, id) in [("collection", "id"), ("kept_collection", "kept_id")] {
        let sql = format!(
            "UPDATE legacy_documents SET {EMPTY} WHERE {named} = '{collection}' AND {id} IS NOT NULL AND {id} IN ({some})"
        );
        tx.execute(&sql, params)?;
    }
    Ok(())
}

/// Takes users from some lists of blocked users; returns whether there may be more.
fn leave_lists(
    tx: &mut Tx<'_>,
    Whose { is, limit, params }: &Whose<'_>,
    is_gone: impl Fn(&UserId) -> bool,
) -> Result<bool, StoreError> {
    let sql = format!("SELECT DISTINCT user_id FROM blocks WHERE blocked_id {is} ORDER BY user_id {limit}");
    let blockers: Vec<UserId> = tx.fetch_all(&sql, params)?;
    for blocker in &blockers {
        // The list is written as it is read here.
        attempts::lock(tx, *blocker)?;
        let mut list = blocks::of_user(tx, *blocker)?;
        list.retain(|blocked| !is_gone(blocked));
        blocks::set(tx, *blocker, &list)?;
    }
    Ok(!blockers.is_empty())
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
