//! Referral links and short links.

use super::Volatile;
use super::field::{Parent, flag, id, int, name, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection};
use bson::{RawBsonRef, RawDocument};

/// A user's referral link.
pub static AFFILIATE_TOKEN: Mapping = Mapping {
    volatile: &[("current_uses", Volatile::Greater)],
    table: "affiliate_tokens",
    parent: Some(Parent::AffiliateToken),
    unique: &["token"],
    fields: &[
        text("token").required(),
        text("name").required(),
        id("createdBy").of(Parent::User),
        int("maxUses"),
        int("currentUses").or_int(0),
        time("expiresAt"),
        flag("isActive").or_flag(true),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A referral.
pub static AFFILIATE_RELATION: Mapping = Mapping {
    table: "affiliate_relations",
    merge_key: &["affiliate_token_id", "referred_user_id"],
    fields: &[
        id("affiliateTokenId").of(Parent::AffiliateToken),
        id("affiliateUserId").of(Parent::User),
        id("referredUserId").of(Parent::User),
        name("status", &["pending", "completed", "expired"]).or_text("pending"),
        time("createdAt").or_id_time(),
        time("completedAt"),
    ],
    ..Mapping::PLAIN
};

/// A short link.
pub static TRACKING_LINK: Mapping = Mapping {
    volatile: &[
        ("total_clicks", Volatile::Greater),
        ("unique_clicks", Volatile::Greater),
        ("last_clicked_at", Volatile::Greater),
    ],
    table: "tracking_links",
    parent: Some(Parent::TrackingLink),
    unique: &["token"],
    rule: tracking_link,
    fields: &[
        text("token").required(),
        text("name"),
        text("originalUrl").required(),
        text("shortUrl").required(),
        id("createdBy").of_or_null(Parent::User),
        id("conversationId"),
        id("messageId"),
        int("totalClicks").or_int(0),
        int("uniqueClicks").or_int(0),
        flag("isActive").or_flag(true),
        time("expiresAt"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("lastClickedAt"),
    ],
    ..Mapping::PLAIN
};

/// The oldest addresses start with a host.
fn tracking_link(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    let (Some(token), Some(given)) = (draft.text("token"), draft.text("short_url").map(str::to_owned)) else {
        return Ok(Destination::Row);
    };
    let path = format!("/l/{token}");
    if given != path {
        draft.set("short_url", path);
        draft.keep_original("shortUrl", RawBsonRef::String(&given));
    }
    Ok(Destination::Row)
}

/// A click on a short link.
pub static CLICK: Mapping = Mapping {
    table: "tracking_link_clicks",
    fields: &[
        id("trackingLinkId").of(Parent::TrackingLink),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        text("ipAddress"),
        text("country"),
        text("city"),
        text("region"),
        text("userAgent"),
        text("browser"),
        text("os"),
        text("device"),
        text("language"),
        text("referrer"),
        text("deviceFingerprint"),
        time("clickedAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};
