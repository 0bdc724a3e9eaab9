//! The audit log, and complaints.

use super::field::{Parent, id, name, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection};
use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument};

/// An entry of the audit log.
pub static AUDIT: Mapping = Mapping {
    table: "audit_log",
    rule: audit,
    fields: &[
        id("userId"),
        id("adminId").required(),
        text("action").required(),
        text("entity").or_text("User"),
        text("entityId").required(),
        text("changes"),
        text("metadata"),
        text("ipAddress"),
        text("userAgent"),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};

/// The old system wrote the id of any changed object as the id of a user.
fn audit(draft: &mut Draft<'_>, _: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    let Some(user) = draft.text("user_id").map(str::to_owned) else { return Ok(Destination::Row) };
    if !ids.has(Parent::User, &user) {
        if let Ok(id) = ObjectId::parse_str(&user) {
            draft.keep_original("userId", RawBsonRef::ObjectId(id));
        }
        draft.set("user_id", None::<String>);
    }
    Ok(Destination::Row)
}

/// A complaint and its resolution.
pub static REPORT: Mapping = Mapping {
    table: "reports",
    fields: &[
        name("reportedType", &["message", "user", "conversation", "community"]).required(),
        id("reportedEntityId").required(),
        id("reporterId").of_or_null(Parent::User),
        text("reporterName"),
        name("reportType", &["spam", "inappropriate", "harassment", "violence", "hate_speech", "other"])
            .required(),
        text("reason"),
        name("status", &["pending", "under_review", "resolved", "rejected", "dismissed"]).or_text("pending"),
        id("moderatorId").of_or_null(Parent::User),
        text("moderatorNotes"),
        name("actionTaken", &["none", "warning_sent", "content_removed", "user_suspended", "user_banned"]),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("resolvedAt"),
    ],
    ..Mapping::PLAIN
};
