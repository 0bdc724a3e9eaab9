//! Users, their statistics and their friendships.

use super::fields::Fields;
use super::name::Name;
use super::world::{DAY, END, HOUR, LATER, World};
use bson::RawDocumentBuf;

/// The password of every user of a corpus.
pub const PASSWORD: &str = "Meeshy-2025!";

/// Users that tests sign in as, in the first world: their positions and usernames.
///
/// `meeshy` is the BIGBOSS, `admin` an ADMIN, `modo` a moderator under the old name MODO; `audit` and
/// `analyst` have the roles of their names; `alice` (English), `bob` (French) and `chen` (Chinese) are USERs.
/// alice and bob share a direct conversation, so do alice and chen, and all three a group.
pub const PEOPLE: [&str; 8] = ["meeshy", "admin", "modo", "audit", "analyst", "alice", "bob", "chen"];

const ROLES: [&str; 5] = ["BIGBOSS", "ADMIN", "MODERATOR", "AUDIT", "ANALYST"];
const FIRST: [&str; 24] = [
    "Amina",
    "Bruno",
    "Carla",
    "Daniel",
    "Élodie",
    "Fatou",
    "Gabriel",
    "Hana",
    "Inès",
    "João",
    "Kenji",
    "Léa",
    "Mateo",
    "Nadia",
    "Oumar",
    "Paula",
    "Quentin",
    "Rania",
    "Sven",
    "Thérèse",
    "Ulrich",
    "Valentina",
    "Wei",
    "Yasmine",
];
const LAST: [&str; 18] = [
    "Ngono",
    "Martin",
    "García",
    "Schneider",
    "Ferreira",
    "Wang",
    "Tanaka",
    "Haddad",
    "Mbarga",
    "Dubois",
    "López",
    "Weber",
    "Costa",
    "Li",
    "Sato",
    "Mansour",
    "Essomba",
    "O'Neill",
];

pub(super) fn username(world: &World<'_>, at: usize) -> String {
    let mut random = world.random(Name::User, at);
    match PEOPLE.get(at) {
        Some(name) => world.unique(name),
        None => {
            let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
            let letters = |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>();
            world.unique(&format!("{}.{}{at}", letters(first), letters(last)).to_lowercase())
        }
    }
}

pub(super) fn names(world: &World<'_>, at: usize) -> (&'static str, &'static str) {
    let mut random = world.random(Name::User, at);
    (random.pick(&FIRST), random.pick(&LAST))
}

pub(super) fn user(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::User, at);
    let (first, last) = names(world, at);
    let username = username(world, at);
    let created = world.time(Name::User, at);
    let active = END - random.below(60) as i64 * DAY - random.below(24) as i64 * HOUR;
    let active = active.max(created);
    let later = created >= LATER;
    let updated = if at.is_multiple_of(3) { active } else { created };
    let inactive = at > 20 && at.is_multiple_of(29);
    let fields = Fields::new(world.user(at))
        .with("username", username.as_str())
        .with("firstName", first)
        .with("lastName", last)
        .with("bio", if random.percent(20) { "On se parle ici." } else { "" })
        .with("email", format!("{username}@example.org").as_str())
        .or_null(
            "phoneNumber",
            random.percent(30).then(|| format!("+3360{:07}", at + 1000 * world.number)).as_deref(),
        )
        .with("password", world.hashes[usize::from(later)].as_str())
        .maybe("displayName", random.percent(70).then(|| format!("{first} {last}")).as_deref())
        .with("isOnline", false)
        .date("lastSeen", active)
        .date("lastActiveAt", active - i64::from(at.is_multiple_of(7)) * HOUR)
        .with("systemLanguage", world.layout.languages[at])
        .with("regionalLanguage", "fr");
    let custom = random.percent(10);
    let fields = match (custom, random.percent(50)) {
        (true, _) => fields.with("customDestinationLanguage", "es"),
        (false, true) => fields.with("customDestinationLanguage", bson::RawBson::Null),
        (false, false) => fields,
    }
    .with("autoTranslateEnabled", !random.percent(5))
    .with("translateToSystemLanguage", !custom)
    .with("translateToRegionalLanguage", false)
    .with("useCustomDestination", custom)
    .with("role", ROLES.get(at).copied().unwrap_or("USER"))
    .with("isActive", !inactive)
    .maybe_date("deactivatedAt", inactive.then_some(active));
    let fields = if later { of_december(world, at, fields, created) } else { fields };
    fields
        .date("createdAt", created)
        .date("updatedAt", updated)
        .maybe(
            "avatar",
            picture_path(world, at).map(|path| format!("https://static.meeshy.me/{path}")).as_deref(),
        )
        .done()
}

/// The path of the picture of a user at the old front end; one in four has a picture.
pub(super) fn picture_path(world: &World<'_>, at: usize) -> Option<String> {
    at.is_multiple_of(4).then(|| format!("u/i/2025/10/avatar_{}.jpg", world.user(at).to_hex()))
}

/// Fields that the last version of the old system added to accounts.
fn of_december(world: &World<'_>, at: usize, fields: Fields, created: i64) -> Fields {
    let mut random = world.random(Name::User, at + 10_000);
    let verified = random.percent(60);
    let two_factors = random.percent(15);
    let locked = random.percent(8);
    fields
        .maybe_date("emailVerifiedAt", verified.then_some(created + HOUR))
        .maybe_date("twoFactorEnabledAt", two_factors.then_some(created + DAY))
        .maybe(
            "twoFactorSecret",
            two_factors.then(|| random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)).as_deref(),
        )
        .with("failedLoginAttempts", if locked { 5_i64 } else { 0 })
        .maybe_date("lockedUntil", locked.then_some(END + DAY))
        .maybe("lockedReason", locked.then_some("FAILED_LOGIN"))
        .date("lastPasswordChange", created)
        .with("passwordResetAttempts", 0_i64)
        .maybe("lastLoginIp", verified.then_some("203.0.113.7"))
        .with("profileCompletionRate", 0_i64)
        .with("encryptionPreference", "optional")
}

pub(super) fn stats(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::UserStats, at);
    let created = world.time(Name::UserStats, at);
    let counters = [
        "messagesSent",
        "messagesReceived",
        "charactersTyped",
        "imageMessagesSent",
        "filesShared",
        "conversationsJoined",
        "communitiesCreated",
        "friendsAdded",
        "friendRequestsSent",
        "translationsUsed",
        "languagesDetected",
        "autoTranslateTimeMinutes",
        "totalOnlineTimeMinutes",
        "sessionCount",
    ];
    let fields = Fields::new(world.id(Name::UserStats, at)).with("userId", world.user(at * 2));
    let fields = counters.iter().fold(fields, |fields, name| fields.with(name, random.below(400) as i64));
    fields
        .date("lastActiveAt", created + DAY)
        .date("createdAt", created)
        .date("updatedAt", created + DAY)
        .done()
}

pub(super) fn friend_request(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::FriendRequest, at);
    let created = world.time(Name::FriendRequest, at);
    let status = ["accepted", "pending", "accepted", "rejected", "accepted", "blocked"][at % 6];
    let answered = if status == "pending" { created } else { created + DAY };
    Fields::new(world.id(Name::FriendRequest, at))
        .with("senderId", world.user(at + 100))
        .with("receiverId", world.user(at))
        .maybe("message", random.percent(30).then_some("On se connaît de la réunion de lundi."))
        .with("status", status)
        .date("createdAt", created)
        .date("updatedAt", answered)
        .done()
}
