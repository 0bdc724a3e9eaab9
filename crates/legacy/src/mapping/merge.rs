//! Rules for merging documents with the same unique key.
//!
//! Each rule merges another document into the result so far, starting with the earliest.

use super::Draft;
use meeshy_store::Value;

/// The one that was changed last wins.
pub fn newest<'m>(kept: &mut Draft<'m>, other: &Draft<'m>) {
    if changed(other) > changed(kept) {
        *kept = other.clone();
    }
}

fn changed(draft: &Draft<'_>) -> Option<i64> {
    draft.int("updated_at").or(draft.int("created_at"))
}

/// A membership: since the earliest, active if one is, with the highest role; but what one of them forbids
/// stays forbidden.
pub fn members<'m>(kept: &mut Draft<'m>, other: &Draft<'m>) {
    if rank(other) < rank(kept) {
        kept.set("role", other.get("role").clone());
    }
    if other.is_true("is_active") && !kept.is_true("is_active") {
        kept.set("is_active", true);
        kept.set("left_at", Value::Null);
    }
    if other.int("joined_at") < kept.int("joined_at") {
        kept.set("joined_at", other.get("joined_at").clone());
    }
    let permissions: Vec<String> =
        kept.mapper.columns().iter().filter(|column| column.starts_with("can_")).cloned().collect();
    for permission in permissions {
        if !other.is_true(&permission) {
            kept.set(&permission, false);
        }
    }
}

fn rank(draft: &Draft<'_>) -> usize {
    const STRONGEST_FIRST: [&str; 4] = ["creator", "admin", "moderator", "member"];
    let role = draft.text("role").unwrap_or_default();
    STRONGEST_FIRST.iter().position(|known| known.eq_ignore_ascii_case(role)).unwrap_or(STRONGEST_FIRST.len())
}

/// A status: the latest of each date.
pub fn latest_dates<'m>(kept: &mut Draft<'m>, other: &Draft<'m>) {
    for column in ["delivered_at", "received_at", "read_at", "updated_at"] {
        if other.int(column) > kept.int(column) {
            kept.set(column, other.get(column).clone());
        }
    }
}

/// A cursor: the furthest of each message. Ids grow with time.
pub fn furthest<'m>(kept: &mut Draft<'m>, other: &Draft<'m>) {
    for (message, date) in
        [("last_read_message_id", "read_at"), ("last_delivered_message_id", "delivered_at")]
    {
        if other.text(message) > kept.text(message) {
            kept.set(message, other.get(message).clone());
            kept.set(date, other.get(date).clone());
        }
    }
    if other.int("updated_at") > kept.int("updated_at") {
        kept.set("updated_at", other.get("updated_at").clone());
    }
}
