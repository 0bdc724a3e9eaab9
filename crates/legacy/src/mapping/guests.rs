//! Share links for guests, and the guests.

use super::field::{Parent, flag, id, int, language, text, texts, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection};
use bson::RawDocument;

/// A share link by which guests join a conversation.
pub static SHARE_LINK: Mapping = Mapping {
    table: "share_links",
    parent: Some(Parent::ShareLink),
    unique: &["link_id", "identifier"],
    rule: share_link,
    fields: &[
        text("linkId").required(),
        text("identifier"),
        id("conversationId").of(Parent::Conversation),
        id("createdBy").of(Parent::User),
        text("name"),
        text("description"),
        int("maxUses"),
        int("currentUses").or_int(0),
        int("maxConcurrentUsers"),
        int("currentConcurrentUsers").or_int(0),
        int("maxUniqueSessions"),
        int("currentUniqueSessions").or_int(0),
        time("expiresAt"),
        flag("isActive").or_flag(true),
        flag("allowAnonymousMessages").or_flag(true),
        flag("allowAnonymousFiles").or_flag(false),
        flag("allowAnonymousImages").or_flag(true),
        flag("allowViewHistory").or_flag(true),
        flag("requireAccount").or_flag(false),
        flag("requireNickname").or_flag(true),
        flag("requireEmail").or_flag(false),
        flag("requireBirthday").or_flag(false),
        texts("allowedCountries").or_text("[]"),
        texts("allowedLanguages").or_text("[]"),
        texts("allowedIpRanges").or_text("[]"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

fn share_link(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    draft.ensure_identifier();
    Ok(Destination::Row)
}

/// A guest, who joined by a link without an account. Later versions stored `lastSeenAt` as `lastActiveAt`.
pub static GUEST: Mapping = Mapping {
    table: "guests",
    parent: Some(Parent::Guest),
    unique: &["session_token"],
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("shareLinkId").of(Parent::ShareLink),
        text("firstName").required(),
        text("lastName").required(),
        text("username").required(),
        text("email"),
        time("birthday"),
        text("sessionToken").required(),
        text("ipAddress"),
        text("country"),
        language("language").or_text("fr"),
        text("deviceFingerprint"),
        flag("isActive").or_flag(true),
        flag("isOnline").or_flag(false),
        time("lastActiveAt").or_column("joined_at"),
        flag("canSendMessages").or_flag(true),
        flag("canSendFiles").or_flag(false),
        flag("canSendImages").or_flag(true),
        flag("canSendVideos").or_flag(false),
        flag("canSendAudios").or_flag(true),
        flag("canSendLocations").or_flag(false),
        flag("canSendLinks").or_flag(true),
        time("joinedAt").or_id_time(),
        time("leftAt"),
        time("lastSeenAt").column("last_active_at"),
    ],
    ..Mapping::PLAIN
};
