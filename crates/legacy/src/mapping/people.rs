//! Users and their own data.

use super::Volatile;
use super::field::{Field, Kind, Parent, field, flag, id, ids, int, json, language, name, text, texts, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection, merge};
use bson::RawDocument;

/// The roles, with their previous names.
const ROLES: Field = field(
    "role",
    Kind::Renamed(&[
        ("USER", "USER"),
        ("ADMIN", "ADMIN"),
        ("MODERATOR", "MODERATOR"),
        ("MODO", "MODERATOR"),
        ("BIGBOSS", "BIGBOSS"),
        ("AUDIT", "AUDIT"),
        ("ANALYST", "ANALYST"),
    ]),
)
.required();

/// A user. The password stays valid; an address or a name is never invented.
pub static USER: Mapping = Mapping {
    table: "users",
    parent: Some(Parent::User),
    volatile: &[
        ("last_active_at", Volatile::Greater),
        ("last_seen_at", Volatile::Greater),
        ("failed_login_attempts", Volatile::Here),
        ("locked_until", Volatile::Greater),
        ("locked_reason", Volatile::Here),
        ("password_reset_attempts", Volatile::Here),
        ("last_password_reset_attempt", Volatile::Greater),
        ("last_login_ip", Volatile::Here),
        ("last_login_location", Volatile::Here),
        ("last_login_device", Volatile::Here),
        ("profile_completion_rate", Volatile::Here),
    ],
    column_groups: &[
        &["password_hash", "last_password_change"],
        &["email", "email_verified_at", "email_verification_token", "email_verification_expiry"],
        &["phone_number", "phone_country_code", "phone_verified_at"],
        &["two_factor_secret", "two_factor_backup_codes", "two_factor_enabled_at"],
        &["is_active", "deactivated_at"],
        &["deleted_at", "deleted_by"],
    ],
    provisional: &["name_twin"],
    recomputed: &["name_twin"],
    computed: &["name_twin"],
    rule: user,
    fields: &[
        text("username").required(),
        json("usernameHistory").or_text("[]"),
        text("firstName").required(),
        text("lastName").required(),
        text("bio").or_text(""),
        text("email").or_text(""),
        text("phoneNumber"),
        text("phoneCountryCode"),
        text("password").column("password_hash").required(),
        text("displayName").or_text(""),
        text("avatar"),
        text("banner"),
        time("lastActiveAt").or_column("created_at"),
        text("timezone"),
        ids("blockedUserIds").or_text("[]"),
        language("systemLanguage").or_text("en"),
        language("regionalLanguage"),
        language("customDestinationLanguage"),
        ROLES,
        flag("isActive").or_flag(true),
        time("deactivatedAt"),
        time("emailVerifiedAt"),
        text("emailVerificationToken"),
        time("emailVerificationExpiry"),
        time("phoneVerifiedAt"),
        text("phoneVerificationCode"),
        time("phoneVerificationExpiry"),
        text("pendingEmail"),
        text("pendingEmailVerificationToken"),
        time("pendingEmailVerificationExpiry"),
        text("pendingPhoneNumber"),
        text("pendingPhoneVerificationCode"),
        time("pendingPhoneVerificationExpiry"),
        id("phoneTransferredFromUserId"),
        time("phoneTransferredAt"),
        text("twoFactorSecret"),
        texts("twoFactorBackupCodes").or_text("[]"),
        text("twoFactorPendingSecret"),
        time("twoFactorEnabledAt"),
        int("failedLoginAttempts").or_int(0),
        time("lockedUntil"),
        text("lockedReason"),
        time("lastPasswordChange"),
        int("passwordResetAttempts").or_int(0),
        time("lastPasswordResetAttempt"),
        text("lastLoginIp"),
        text("lastLoginLocation"),
        text("lastLoginDevice"),
        text("registrationIp"),
        text("registrationLocation"),
        text("registrationDevice"),
        text("registrationCountry"),
        time("deletedAt"),
        id("deletedBy"),
        int("profileCompletionRate"),
        text("signalIdentityKeyPublic"),
        text("signalIdentityKeyPrivate"),
        int("signalRegistrationId"),
        int("signalPreKeyBundleVersion"),
        time("lastKeyRotation"),
        time("birthDate"),
        time("voiceProfileConsentAt"),
        time("voiceDataConsentAt"),
        time("dataProcessingConsentAt"),
        time("voiceCloningEnabledAt"),
        time("ageVerifiedAt"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("lastSeen").column("last_seen_at"),
        flag("autoTranslateEnabled").or_flag(true),
        flag("translateToSystemLanguage").or_flag(true),
        flag("translateToRegionalLanguage").or_flag(false),
        flag("useCustomDestination").or_flag(false),
        text("encryptionPreference"),
    ],
    ..Mapping::PLAIN
};

/// The last activity is the latest of the three times that the old system stored.
fn user(draft: &mut Draft<'_>, raw: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    // Signing in here rehashes the same password with a hash that the old system does not know.
    for name in ["password", "lastPasswordChange"] {
        if let Ok(Some(value)) = raw.get(name) {
            draft.keep_original(name, value);
        }
    }
    let counted = draft.object_id.and_then(|id| ids.last_active(id));
    let latest =
        [draft.int("last_active_at"), draft.int("last_seen_at"), counted].into_iter().flatten().max();
    if let Some(latest) = latest {
        draft.set("last_active_at", latest);
    }
    let is_noticed = draft.notices.iter().any(|notice| notice.field == "email");
    if draft.text("email").is_none() && !is_noticed {
        draft.notice("email", "absent", "");
    }
    let id = draft.id.clone();
    draft.set("name_twin", id);
    Ok(Destination::Row)
}

/// The statistics of a user; of several rows for one user, the newest.
pub static STATS: Mapping = Mapping {
    volatile: &[
        ("messages_sent", Volatile::Greater),
        ("messages_received", Volatile::Greater),
        ("characters_typed", Volatile::Greater),
        ("image_messages_sent", Volatile::Greater),
        ("files_shared", Volatile::Greater),
        ("conversations_joined", Volatile::Greater),
        ("communities_created", Volatile::Greater),
        ("friends_added", Volatile::Greater),
        ("friend_requests_sent", Volatile::Greater),
        ("translations_used", Volatile::Greater),
        ("languages_detected", Volatile::Greater),
        ("last_active_at", Volatile::Greater),
    ],
    table: "user_stats",
    merge_key: &["user_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        int("messagesSent").or_int(0),
        int("messagesReceived").or_int(0),
        int("charactersTyped").or_int(0),
        int("imageMessagesSent").or_int(0),
        int("filesShared").or_int(0),
        int("conversationsJoined").or_int(0),
        int("communitiesCreated").or_int(0),
        int("friendsAdded").or_int(0),
        int("friendRequestsSent").or_int(0),
        int("translationsUsed").or_int(0),
        int("languagesDetected").or_int(0),
        int("autoTranslateTimeMinutes").or_int(0),
        int("totalOnlineTimeMinutes").or_int(0),
        int("sessionCount").or_int(0),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// Seven documents of settings.
pub static PREFERENCES: Mapping = Mapping {
    table: "user_preferences",
    merge_key: &["user_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        json("privacy"),
        json("audio"),
        json("message"),
        json("notification"),
        json("video"),
        json("document"),
        json("application"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// The notification settings of a user, under the names of both versions of the old system; `systemEnabled`
/// and `reactionEnabled` have no column and are stored in the ledger.
pub static NOTIFICATION_PREFERENCES: Mapping = Mapping {
    table: "notification_preferences",
    merge_key: &["user_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        flag("newMessage").or_flag(true),
        flag("messageReply").or_flag(true),
        flag("messageMention").or_flag(true),
        flag("newConversation").or_flag(true),
        flag("conversationInvite").or_flag(true),
        flag("friendRequest").or_flag(true),
        flag("friendRequestAccepted").or_flag(true),
        flag("groupInvite").or_flag(true),
        flag("missedCall").or_flag(true),
        flag("voicemailReceived").or_flag(true),
        flag("soundEnabled").or_flag(true),
        flag("vibrationEnabled").or_flag(true),
        flag("dndEnabled").or_flag(false),
        text("dndStartTime"),
        text("dndEndTime"),
        flag("emailNotifications").or_flag(true),
        flag("pushNotifications").or_flag(true),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        flag("pushEnabled").column("push_notifications").or_flag(true),
        flag("emailEnabled").column("email_notifications").or_flag(true),
        flag("newMessageEnabled").column("new_message").or_flag(true),
        flag("missedCallEnabled").column("missed_call").or_flag(true),
        flag("replyEnabled").column("message_reply").or_flag(true),
        flag("mentionEnabled").column("message_mention").or_flag(true),
        flag("conversationEnabled").column("new_conversation").or_flag(true),
        flag("contactRequestEnabled").column("friend_request").or_flag(true),
        flag("memberJoinedEnabled").column("group_invite").or_flag(true),
    ],
    ..Mapping::PLAIN
};

/// A setting by its key.
pub static SETTING: Mapping = Mapping {
    table: "user_settings",
    merge_key: &["user_id", "key"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        text("key").required(),
        text("value").required(),
        text("valueType").or_text("string"),
        text("description"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A friend request; a pair can have one pending request.
pub static FRIEND_REQUEST: Mapping = Mapping {
    table: "friend_requests",
    merge_key: &["sender_id", "receiver_id"],
    has_merge_key: |draft| draft.text("status") == Some("pending"),
    column_groups: &[&["status", "responded_at"]],
    rule: friend_request,
    fields: &[
        id("senderId").of(Parent::User),
        id("receiverId").of(Parent::User),
        text("message"),
        name("status", &["pending", "accepted", "rejected", "blocked"]).or_text("pending"),
        time("respondedAt"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// The old system did not store when a request was answered, but that was its last change.
fn friend_request(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    let is_answered = draft.text("status").is_some_and(|status| status != "pending");
    if let (true, None, Some(updated)) = (is_answered, draft.int("responded_at"), draft.int("updated_at")) {
        draft.set("responded_at", updated);
    }
    Ok(Destination::Row)
}
