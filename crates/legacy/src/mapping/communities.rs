//! Communities and their members.

use super::field::{Field, Kind, Parent, field, flag, id, int, name, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection, merge};
use bson::RawDocument;

const ROLES: Field = field(
    "role",
    Kind::Renamed(&[
        ("creator", "creator"),
        ("admin", "admin"),
        ("moderator", "moderator"),
        ("modo", "moderator"),
        ("member", "member"),
        ("user", "member"),
    ]),
)
.or_text("member");

/// A community. Whether it is private is copied, never derived.
pub static COMMUNITY: Mapping = Mapping {
    table: "communities",
    parent: Some(Parent::Community),
    computed: &["display_name"],
    unique: &["identifier"],
    rule: community,
    fields: &[
        text("identifier"),
        text("name").required(),
        text("description"),
        text("avatar"),
        text("banner"),
        flag("isPrivate").or_flag(true),
        flag("isActive").or_flag(true),
        time("deletedAt"),
        id("createdBy").of(Parent::User),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// Whitespace around a name stays in it, but is not displayed.
fn community(draft: &mut Draft<'_>, _: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    let trimmed = draft.text("name").filter(|name| name.trim() != *name).map(|name| name.trim().to_owned());
    draft.set("display_name", trimmed);
    draft.ensure_identifier();
    Ok(Destination::Row)
}

/// A membership of a community.
pub static MEMBER: Mapping = Mapping {
    table: "community_members",
    merge_key: &["community_id", "user_id"],
    merge: merge::members,
    fields: &[
        id("communityId").of(Parent::Community),
        id("userId").of(Parent::User),
        time("joinedAt").or_id_time(),
        ROLES,
        flag("isActive").or_flag(true),
        time("leftAt"),
    ],
    ..Mapping::PLAIN
};

/// The preferences of one user in one community.
pub static PREFERENCES: Mapping = Mapping {
    table: "community_preferences",
    merge_key: &["user_id", "community_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        id("communityId").of(Parent::Community),
        flag("isPinned").or_flag(false),
        flag("isMuted").or_flag(false),
        flag("isArchived").or_flag(false),
        flag("isHidden").or_flag(false),
        name("notificationLevel", &["all", "mentions", "none"]).or_text("all"),
        text("customName"),
        id("categoryId"),
        int("orderInCategory"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A conversation shown in a community.
pub static SHARE: Mapping = Mapping {
    table: "conversation_shares",
    merge_key: &["conversation_id", "community_id"],
    merge: merge::newest,
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("communityId").of(Parent::Community),
        id("sharedBy").of(Parent::User),
        text("title"),
        text("description"),
        flag("isPinned").or_flag(false),
        int("pinOrder"),
        flag("isActive").or_flag(true),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};
