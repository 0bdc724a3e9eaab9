//! Conversations with their members, communities, share links and user preferences.

use super::fields::Fields;
use super::layout::{DIRECT, GLOBAL, TEAM};
use super::name::Name;
use super::world::{DAY, END, HOUR, LATER, World};
use bson::{RawArrayBuf, RawBson, RawDocumentBuf};

const GROUPS: [&str; 10] = [
    "Les voisins",
    "Project Atlas",
    "Familia García",
    "Wandergruppe",
    "Futebol de domingo",
    "读书会",
    "東京旅行",
    "أصدقاء الجامعة",
    "Cuisine du monde",
    "Release planning",
];
const COMMUNITIES: [(&str, &str); 8] = [
    ("Meeshy", "La communauté de la messagerie multilingue"),
    ("Développeurs Douala", "Code, café et entraide à Douala"),
    ("Language exchange", "Practise with native speakers"),
    ("Traductrices et traducteurs", "Le métier, les outils, les tarifs"),
    ("Música latina", "Lo que escuchamos"),
    ("Fotografie", "Bilder aus aller Welt"),
    ("Cozinha", "Receitas de família"),
    ("Bénévoles", "Écouter, aider, accompagner à l'étranger"),
];
/// All permissions of a member.
const RIGHTS: [&str; 7] = [
    "canSendMessage",
    "canSendFiles",
    "canSendImages",
    "canSendVideos",
    "canSendAudios",
    "canSendLocations",
    "canSendLinks",
];

fn is_direct(at: usize) -> bool {
    DIRECT.contains(&at)
}

pub(super) fn conversation(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let created = world.time(Name::Conversation, at);
    let group = GROUPS[at % GROUPS.len()];
    let (identifier, kind, title) = match at {
        GLOBAL => (world.unique("meeshy"), "global", Some("Meeshy")),
        TEAM => (world.unique("mshy_meeshy-infrastructure-team-one"), "group", Some("Infrastructure")),
        _ if is_direct(at) => (world.unique(&format!("mshy_direct-{at}-20250910120000")), "direct", None),
        _ => (
            world.unique(&format!("mshy_group-{at}-20250910120000")),
            if at.is_multiple_of(9) { "public" } else { "group" },
            Some(group),
        ),
    };
    let last =
        (0..world.layout.messages.len()).rev().find(|it| world.layout.messages[*it].conversation == at);
    let last = last.map_or(created, |message| world.time(Name::Message, message));
    let later = at.is_multiple_of(5);
    let encrypted = at > DIRECT.start + 2 && at.is_multiple_of(40);
    let community = (!is_direct(at) && at.is_multiple_of(8)).then(|| world.id(Name::Community, at / 8 % 8));
    let fields = Fields::new(world.conversation(at))
        .with("identifier", identifier.as_str())
        .with("type", kind)
        .maybe("title", title)
        .maybe("description", (!is_direct(at)).then_some("On y parle toutes les langues"))
        .or_null("communityId", community)
        .with("isActive", true)
        .with("isArchived", at > DIRECT.end && at.is_multiple_of(25))
        .date("lastMessageAt", last)
        .date("createdAt", created)
        .date("updatedAt", last);
    let fields = if later {
        let encrypted_at = encrypted.then_some(LATER + DAY);
        fields
            .maybe("encryptionMode", encrypted.then_some("server"))
            .maybe_date("encryptionEnabledAt", encrypted_at)
            .maybe("encryptionEnabledBy", encrypted.then(|| world.user(world.layout.members[at][0])))
            .with("autoTranslateEnabled", true)
    } else {
        fields
    };
    fields
        .maybe(
            "image",
            (at.is_multiple_of(16) && !is_direct(at)).then_some("/api/attachments/file/2025/10/group.png"),
        )
        .done()
}

pub(super) fn joined(world: &World<'_>, at: usize) -> i64 {
    let (conversation, user) = world.layout.memberships[at];
    world.time(Name::Conversation, conversation).max(world.time(Name::User, user)) + 1
}

pub(super) fn member(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let (conversation, user) = world.layout.memberships[at];
    let first = world.layout.members[conversation].first() == Some(&user);
    // Versions of the old system wrote the same role differently.
    let role = match (first, at % 5) {
        (true, 0) => "ADMIN",
        (true, _) => "CREATOR",
        (false, 0) => "MEMBER",
        (false, 1) => "USER",
        (false, 2) if at.is_multiple_of(11) => "admin",
        (false, 3) if at.is_multiple_of(11) => "moderator",
        (false, _) => "member",
    };
    let left = !first && at.is_multiple_of(31);
    let muted = !first && at.is_multiple_of(43);
    let joined = joined(world, at);
    Fields::new(world.id(Name::ConversationMember, at))
        .with("conversationId", world.conversation(conversation))
        .with("userId", world.user(user))
        .with("role", role)
        .all(&RIGHTS[..1], !muted)
        .all(&RIGHTS[1..6], true)
        .with(RIGHTS[6], !muted)
        .date("joinedAt", joined)
        .maybe_date("leftAt", left.then_some((joined + 60 * DAY).min(END)))
        .with("isActive", !left)
        .done()
}

pub(super) fn community(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let (name, description) = COMMUNITIES[at];
    let created = world.time(Name::Community, at);
    let slug: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Fields::new(world.id(Name::Community, at))
        .with("identifier", world.unique(&format!("mshy_{slug}")).as_str())
        .with("name", name)
        .with("description", description)
        .with("isPrivate", at != 2)
        .with("createdBy", world.user(at))
        .date("createdAt", created)
        .date("updatedAt", created)
        .done()
}

/// The eight creators, then six more.
pub(super) fn community_member(world: &World<'_>, at: usize) -> RawDocumentBuf {
    Fields::new(world.id(Name::CommunityMember, at))
        .with("communityId", world.id(Name::Community, at % 8))
        .with("userId", world.user(at))
        .date("joinedAt", world.time(Name::CommunityMember, at))
        .with("role", if at < 8 { "ADMIN" } else { "member" })
        .done()
}

pub(super) fn share_link(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::ConversationShareLink, at);
    let id = world.id(Name::ConversationShareLink, at);
    let created = world.time(Name::ConversationShareLink, at);
    let conversation = DIRECT.end + at;
    let end = random.text("0123456789abcdefghijklmnopqrstuvwxyz", 8);
    let fields = Fields::new(id)
        .with("linkId", format!("mshy_{}.2511051200_{end}", id.to_hex()).as_str())
        .with("identifier", world.unique(&format!("mshy_link-{at}")).as_str())
        .with("conversationId", world.conversation(conversation))
        .with("createdBy", world.user(world.layout.members[conversation][0]))
        .maybe("name", at.is_multiple_of(2).then_some("Invitation"))
        .maybe("maxUses", at.is_multiple_of(3).then_some(10_i64))
        .all(&["currentUses", "currentConcurrentUsers", "currentUniqueSessions"], 0_i64);
    let fields = if at.is_multiple_of(2) { fields.with("expiresAt", RawBson::Null) } else { fields };
    let empty = RawArrayBuf::new();
    fields
        .with("isActive", at != 5)
        .with("allowAnonymousMessages", true)
        .with("allowAnonymousFiles", false)
        .with("allowAnonymousImages", true)
        .with("allowViewHistory", at != 3)
        .with("requireNickname", true)
        .with("requireEmail", false)
        .all(&["allowedCountries", "allowedLanguages", "allowedIpRanges"], &empty)
        .date("createdAt", created)
        .date("updatedAt", created)
        .done()
}

/// Of distinct memberships.
pub(super) fn preferences(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let (conversation, user) = world.layout.memberships[at * 12 + 5];
    let created = world.time(Name::Preferences, at);
    let mut tags = RawArrayBuf::new();
    if at.is_multiple_of(3) {
        ["travail", "urgent"].into_iter().for_each(|tag| tags.push(tag));
    }
    // The first belongs to alice, whose category it names.
    let category = (at == 0).then(|| world.id(Name::Categories, 0));
    Fields::new(world.id(Name::Preferences, at))
        .with("userId", world.user(user))
        .with("conversationId", world.conversation(conversation))
        .with("isPinned", at.is_multiple_of(2))
        .with("isMuted", at.is_multiple_of(5))
        .with("isArchived", at.is_multiple_of(17))
        .with("tags", &tags)
        .maybe("categoryId", category)
        .maybe("orderInCategory", category.map(|_| 1_i64))
        .or_null("customName", at.is_multiple_of(4).then_some("Mes amis"))
        .maybe("reaction", at.is_multiple_of(6).then_some("❤️"))
        .date("createdAt", created)
        .date("updatedAt", created + HOUR)
        .done()
}

pub(super) fn category(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let created = world.time(Name::Categories, at);
    Fields::new(world.id(Name::Categories, at))
        .with("userId", world.user(5 + at))
        .with("name", ["Travail", "Family", "Amigos"][at % 3])
        .maybe("color", at.is_multiple_of(2).then_some("#3B82F6"))
        .or_null("icon", at.is_multiple_of(3).then_some("briefcase"))
        .with("order", at as i64)
        .with("isExpanded", true)
        .date("createdAt", created)
        .date("updatedAt", created)
        .done()
}
