//! Account recovery and security events.

use super::Volatile;
use super::field::{Kind, Parent, flag, id, int, json, name, real, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Implied, Mapping, Rejection, value};
use bson::{RawBson, RawBsonRef, RawDocument};
use meeshy_store::Value;

/// An account recovery by e-mail.
pub static PASSWORD_RESET: Mapping = Mapping {
    table: "password_reset_tokens",
    unique: &["token_hash"],
    fields: &[
        id("userId").of(Parent::User),
        text("tokenHash").required(),
        time("expiresAt").required(),
        time("usedAt"),
        flag("isRevoked").or_flag(false),
        text("revokedReason"),
        text("ipAddress"),
        text("userAgent"),
        text("deviceFingerprint"),
        text("geoLocation"),
        text("geoCoordinates"),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// An account recovery by telephone.
pub static PHONE_RESET: Mapping = Mapping {
    table: "phone_reset_tokens",
    fields: &[
        id("userId").of(Parent::User),
        text("codeHash").required(),
        time("expiresAt").required(),
        time("usedAt"),
        flag("isRevoked").or_flag(false),
        name("verificationStep", &["IDENTITY_PENDING", "CODE_PENDING", "COMPLETED"])
            .or_text("IDENTITY_PENDING"),
        time("identityVerifiedAt"),
        int("identityAttempts").or_int(0),
        int("codeAttempts").or_int(0),
        text("ipAddress"),
        text("userAgent"),
        text("geoLocation"),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// A sign-in link sent by e-mail.
pub static MAGIC_LINK: Mapping = Mapping {
    table: "magic_link_tokens",
    unique: &["token_hash"],
    fields: &[
        id("userId").of(Parent::User),
        text("tokenHash").required(),
        time("expiresAt").required(),
        time("usedAt"),
        flag("isRevoked").or_flag(false),
        text("revokedReason"),
        text("ipAddress"),
        text("userAgent"),
        text("deviceFingerprint"),
        text("geoLocation"),
        text("geoCoordinates"),
        flag("rememberDevice").or_flag(false),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// A previous password.
pub static PASSWORD_HISTORY: Mapping = Mapping {
    table: "password_history",
    fields: &[
        id("userId").of(Parent::User),
        text("passwordHash").required(),
        name("changedVia", &["RESET", "USER_CHANGE", "ADMIN_RESET", "FORCED_RESET"]).required(),
        text("ipAddress"),
        text("userAgent"),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// A security event of an account.
pub static SECURITY_EVENT: Mapping = Mapping {
    table: "security_events",
    fields: &[
        id("userId").of_or_null(Parent::User),
        text("eventType").required(),
        name("severity", &["LOW", "MEDIUM", "HIGH", "CRITICAL"]).required(),
        name("status", &["SUCCESS", "FAILED", "BLOCKED"]).required(),
        text("description"),
        json("metadata"),
        text("ipAddress"),
        text("userAgent"),
        text("deviceFingerprint"),
        text("geoLocation"),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// A signed-in device.
pub static SESSION: Mapping = Mapping {
    table: "sessions",
    volatile: &[("last_activity_at", Volatile::Greater)],
    implied: &[
        Implied { name: "isValid", value: |row| Some(RawBson::Boolean(row.int("revoked_at").is_none())) },
        Implied::in_other_rows("isCurrentSession"),
    ],
    unique: &["token_hash", "refresh_token"],
    rule: session,
    fields: &[
        id("userId").of(Parent::User),
        text("sessionToken").column("token_hash").required(),
        text("refreshToken"),
        text("deviceType"),
        text("deviceVendor"),
        text("deviceModel"),
        text("osName"),
        text("osVersion"),
        text("browserName"),
        text("browserVersion"),
        flag("isMobile").or_flag(false),
        text("userAgent"),
        text("ipAddress"),
        text("country"),
        text("city"),
        text("location"),
        real("latitude"),
        real("longitude"),
        text("timezone"),
        text("deviceFingerprint"),
        flag("isTrusted").or_flag(false),
        time("expiresAt").required(),
        time("invalidatedAt").column("revoked_at"),
        text("invalidatedReason"),
        time("createdAt").or_id_time(),
        time("lastActivityAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// An invalid session stays invalid, from its last use if its end was not stored.
fn session(draft: &mut Draft<'_>, raw: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    let is_valid = raw.get("isValid").ok().flatten().and_then(|value| value::convert(Kind::Flag, value).ok());
    let is_ended = is_valid.is_some_and(|taken| taken.value == Value::Bool(false));
    if is_ended && draft.int("revoked_at").is_none() {
        let made = draft.object_id.map(|id| id.timestamp().timestamp_millis());
        draft.set("revoked_at", draft.int("last_activity_at").or(made));
        draft.keep_original("isValid", RawBsonRef::Boolean(false));
    }
    Ok(Destination::Row)
}
