//! Conversations, their members and their preferences.

use super::field::{Field, Kind, Parent, field, flag, id, int, name, text, texts, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Implied, Mapping, Rejection, merge};
use bson::RawDocument;

/// The roles, as written by two versions of the old system and by a faulty alias.
const ROLES: Field = field(
    "role",
    Kind::Renamed(&[
        ("CREATOR", "CREATOR"),
        ("ADMIN", "ADMIN"),
        ("MODERATOR", "MODERATOR"),
        ("MODO", "MODERATOR"),
        ("MEMBER", "MEMBER"),
        ("USER", "MEMBER"),
    ]),
)
.or_text("MEMBER");

/// A conversation. The number of members and the time of the last message are derived from the rows.
pub static CONVERSATION: Mapping = Mapping {
    table: "conversations",
    parent: Some(Parent::Conversation),
    implied: &[Implied::in_other_rows("memberCount")],
    computed: &["last_message_at"],
    provisional: &["last_message_at"],
    unique: &["identifier"],
    rule: conversation,
    fields: &[
        text("identifier"),
        name("type", &["direct", "group", "public", "global", "broadcast"]).column("kind").required(),
        text("title"),
        text("description"),
        text("avatar"),
        text("banner"),
        id("communityId").of_or_null(Parent::Community),
        flag("isActive").or_flag(true),
        name("defaultWriteRole", &["everyone", "member", "moderator", "admin", "creator"])
            .or_text("everyone"),
        flag("isAnnouncementChannel").or_flag(false),
        int("slowModeSeconds").or_int(0),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        name("encryptionMode", &["server", "e2ee", "hybrid"]),
        text("encryptionProtocol"),
        time("encryptionEnabledAt"),
        id("encryptionEnabledBy"),
        text("serverEncryptionKeyId").of_or_null(Parent::EncryptionKey),
        flag("autoTranslateEnabled").or_flag(true),
        flag("isArchived").or_flag(false),
    ],
    ..Mapping::PLAIN
};

fn conversation(draft: &mut Draft<'_>, raw: &RawDocument, _: &IdIndex) -> Result<Destination, Rejection> {
    // The picture has had two names.
    if let (None, Ok(Some(image))) = (draft.text("avatar"), raw.get("image"))
        && let Some(image) = image.as_str()
    {
        draft.set("avatar", image);
    }
    let made = draft.object_id.map(|id| id.timestamp().timestamp_millis());
    draft.set("last_message_at", draft.int("created_at").or(made));
    draft.ensure_identifier();
    Ok(Destination::Row)
}

/// A membership of a conversation, with all of its permissions.
pub static MEMBER: Mapping = Mapping {
    table: "members",
    merge_key: &["conversation_id", "user_id"],
    column_groups: &[&["is_active", "left_at"]],
    merge: merge::members,
    fields: &[
        id("conversationId").of(Parent::Conversation),
        id("userId").of(Parent::User),
        ROLES,
        text("nickname"),
        flag("canSendMessage").or_flag(true),
        flag("canSendFiles").or_flag(true),
        flag("canSendImages").or_flag(true),
        flag("canSendVideos").or_flag(true),
        flag("canSendAudios").or_flag(true),
        flag("canSendLocations").or_flag(true),
        flag("canSendLinks").or_flag(true),
        time("joinedAt").or_id_time(),
        time("leftAt"),
        flag("isActive").or_flag(true),
    ],
    ..Mapping::PLAIN
};

/// A setting of a conversation by its key.
pub static SETTING: Mapping = Mapping {
    table: "conversation_settings",
    merge_key: &["conversation_id", "user_id", "key"],
    merge: merge::newest,
    fields: &[
        id("conversationId").of(Parent::Conversation),
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

/// A category into which one user sorts conversations.
pub static CATEGORY: Mapping = Mapping {
    table: "conversation_categories",
    parent: Some(Parent::Category),
    fields: &[
        id("userId").of(Parent::User),
        text("name").required(),
        text("color"),
        text("icon"),
        int("order").or_int(0).column("position"),
        flag("isExpanded").or_flag(true),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// The preferences of one user in one conversation.
pub static PREFERENCES: Mapping = Mapping {
    table: "conversation_preferences",
    merge_key: &["user_id", "conversation_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        id("conversationId").of(Parent::Conversation),
        flag("isPinned").or_flag(false),
        flag("isMuted").or_flag(false),
        flag("isArchived").or_flag(false),
        flag("isDeletedForUser").or_flag(false),
        time("deletedForUserAt"),
        time("clearHistoryBefore"),
        texts("tags").or_text("[]"),
        id("categoryId").of_or_null(Parent::Category),
        int("orderInCategory"),
        text("customName"),
        text("reaction"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};
