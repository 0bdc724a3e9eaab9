//! Invitations and short links.

use super::columns::Lived;
use super::field::{Parent, flag, id, int, name, text, time};
use super::id_index::IdIndex;
use super::{Draft, Fate, Mapping, Rejection};
use bson::{RawBsonRef, RawDocument};

/// An invitation that somebody hands out.
pub static AFFILIATE_TOKEN: Mapping = Mapping {
    lived: &[("current_uses", Lived::Greater)],
    table: "affiliate_tokens",
    parent: Some(Parent::AffiliateToken),
    claims: &["token"],
    fields: &[
        text("token").required(),
        text("name").required(),
        id("createdBy").of(Parent::User),
        int("maxUses"),
        int("currentUses").or_int(0),
        time("expiresAt"),
        flag("isActive").or_flag(true),
        time("createdAt").or_made(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// Who came by whose invitation.
pub static AFFILIATE_RELATION: Mapping = Mapping {
    table: "affiliate_relations",
    unique: &["affiliate_token_id", "referred_user_id"],
    fields: &[
        id("affiliateTokenId").of(Parent::AffiliateToken),
        id("affiliateUserId").of(Parent::User),
        id("referredUserId").of(Parent::User),
        name("status", &["pending", "completed", "expired"]).or_text("pending"),
        time("createdAt").or_made(),
        time("completedAt"),
    ],
    ..Mapping::PLAIN
};

/// A short link.
pub static TRACKING_LINK: Mapping = Mapping {
    lived: &[
        ("total_clicks", Lived::Greater),
        ("unique_clicks", Lived::Greater),
        ("last_clicked_at", Lived::Greater),
    ],
    table: "tracking_links",
    parent: Some(Parent::TrackingLink),
    claims: &["token"],
    rule: tracking_link,
    fields: &[
        text("token").required(),
        text("name"),
        text("originalUrl").required(),
        text("shortUrl").required(),
        id("createdBy").of_maybe(Parent::User),
        id("conversationId"),
        id("messageId"),
        int("totalClicks").or_int(0),
        int("uniqueClicks").or_int(0),
        flag("isActive").or_flag(true),
        time("expiresAt"),
        time("createdAt").or_made(),
        time("updatedAt").or_column("created_at"),
        time("lastClickedAt"),
    ],
    ..Mapping::PLAIN
};

/// The oldest addresses have a host before them.
fn tracking_link(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Fate, Rejection> {
    let (Some(token), Some(given)) = (draft.text("token"), draft.text("short_url").map(str::to_owned)) else {
        return Ok(Fate::Row);
    };
    let path = format!("/l/{token}");
    if given != path {
        draft.set("short_url", path);
        draft.keep("shortUrl", RawBsonRef::String(&given));
    }
    Ok(Fate::Row)
}

/// A click on a short link.
pub static CLICK: Mapping = Mapping {
    table: "tracking_link_clicks",
    fields: &[
        id("trackingLinkId").of(Parent::TrackingLink),
        id("userId").of_maybe(Parent::User),
        id("anonymousId").of_maybe(Parent::Guest).column("guest_id"),
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
        time("clickedAt").or_made(),
    ],
    ..Mapping::PLAIN
};
