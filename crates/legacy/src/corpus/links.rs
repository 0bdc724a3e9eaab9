//! Links with click counts, and referrals.

use super::fields::Fields;
use super::name::Name;
use super::world::{DAY, HOUR, MINUTE, World};
use bson::{RawBson, RawDocumentBuf};

const CLICKS: usize = 904;
/// The last five of the 75 links were never clicked.
const CLICKED: usize = 70;
const TOKENS: usize = 59;
const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE36: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
/// Country, city, region and language of visitors.
const PLACES: [(&str, &str, &str, &str); 4] = [
    ("FR", "Paris", "Île-de-France", "fr-FR"),
    ("CM", "Douala", "Littoral", "fr-CM"),
    ("ES", "Sevilla", "Andalucía", "es-ES"),
    ("US", "Austin", "Texas", "en-US"),
];

fn clicks(link: usize) -> usize {
    (0..CLICKS).filter(|click| link_of(*click) == link).count()
}

fn link_of(click: usize) -> usize {
    click % CLICKED
}

pub(super) fn link(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::TrackingLink, at);
    let token = random.text(ALPHANUMERIC, 6);
    let created = world.time(Name::TrackingLink, at);
    let message = at * 50 + 7;
    let clicks = clicks(at) as i64;
    let last = (clicks > 0).then_some(created + DAY + (clicks - 1) * HOUR);
    Fields::new(world.id(Name::TrackingLink, at))
        .with("token", token.as_str())
        .with("originalUrl", format!("https://example.org/article/{at}").as_str())
        .with("shortUrl", format!("/l/{token}").as_str())
        .maybe("createdBy", (!at.is_multiple_of(10)).then(|| world.user(at)))
        .maybe(
            "conversationId",
            at.is_multiple_of(2).then(|| world.conversation(world.layout.messages[message].conversation)),
        )
        .maybe("messageId", at.is_multiple_of(2).then(|| world.message(message)))
        .with("totalClicks", clicks)
        .with("uniqueClicks", clicks)
        .with("isActive", !at.is_multiple_of(20))
        .date("createdAt", created)
        .date("updatedAt", last.unwrap_or(created))
        .maybe_date("lastClickedAt", last)
        .done()
}

pub(super) fn click_time(world: &World<'_>, at: usize) -> i64 {
    world.time(Name::TrackingLink, link_of(at)) + DAY + (at / CLICKED) as i64 * HOUR
}

pub(super) fn click(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::TrackingLinkClick, at);
    let (country, city, region, language) = PLACES[random.below(PLACES.len())];
    let known = random.percent(60);
    let located = random.percent(80);
    Fields::new(world.id(Name::TrackingLinkClick, at))
        .with("trackingLinkId", world.id(Name::TrackingLink, link_of(at)))
        .maybe("userId", known.then(|| world.user(random.below(200))))
        .maybe("ipAddress", located.then(|| format!("198.51.100.{}", at % 250)).as_deref())
        .maybe("country", located.then_some(country))
        .maybe("city", located.then_some(city))
        .maybe("region", located.then_some(region))
        .maybe(
            "userAgent",
            random
                .percent(90)
                .then_some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        )
        .maybe("browser", random.percent(90).then_some("Firefox"))
        .maybe("os", random.percent(90).then_some("Linux"))
        .maybe("device", random.percent(90).then_some("desktop"))
        .maybe("language", located.then_some(language))
        .maybe("referrer", random.percent(30).then_some("https://example.com/"))
        .maybe("deviceFingerprint", (!known).then(|| random.text(BASE36, 16)).as_deref())
        .date("clickedAt", click_time(world, at))
        .done()
}

pub(super) fn token(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::AffiliateToken, at);
    let created = world.time(Name::AffiliateToken, at);
    let uses = (0..86).filter(|relation| relation % TOKENS == at).count();
    Fields::new(world.id(Name::AffiliateToken, at))
        .with("token", format!("aff_{created}_{}", random.text(BASE36, 9)).as_str())
        .with("name", if at.is_multiple_of(2) { "Mes amis" } else { "Newsletter" })
        .with("createdBy", world.user(at))
        .maybe("maxUses", at.is_multiple_of(6).then_some(20_i64))
        .with("currentUses", uses as i64)
        .with("expiresAt", RawBson::Null)
        .with("isActive", at != 30)
        .date("createdAt", created)
        .date("updatedAt", created + MINUTE)
        .done()
}

/// Everybody was referred by one link at most.
pub(super) fn referred(at: usize) -> usize {
    at * 2 + 35
}

pub(super) fn relation(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let created = world.time(Name::AffiliateRelation, at);
    let token = at % TOKENS;
    Fields::new(world.id(Name::AffiliateRelation, at))
        .with("affiliateTokenId", world.id(Name::AffiliateToken, token))
        .with("affiliateUserId", world.user(token))
        .with("referredUserId", world.user(referred(at)))
        .with("status", "completed")
        .date("createdAt", created)
        .date("completedAt", created)
        .done()
}
