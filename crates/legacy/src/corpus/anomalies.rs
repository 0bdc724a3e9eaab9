//! The anomalies of the old database, each planted at least once.

use super::layout::{MEMBERS, MESSAGES, STATUSES, TRANSLATIONS, USERS};
use super::name::Name;
use super::world::{LATER, World};
use super::{attachments, messages};
use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, doc};

/// A kind of anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say what is wrong with the document")]
pub enum Kind {
    DuplicateStatus,
    DuplicateOldStatus,
    DuplicateTranslation,
    DuplicateStats,
    DuplicateMembership,
    NullConversationIdentifier,
    NullShareLinkIdentifier,
    NullCommunityIdentifier,
    RoleModo,
    LowerCaseRole,
    EmailDiffersByCase,
    UsernameDiffersByCase,
    OrphanAttachment,
    AbsoluteUrl,
    DurationZero,
    DurationInSeconds,
    CodecSpelling,
    CallWithoutEnd,
    ShortUrlWithHost,
    DanglingReply,
    DanglingReaction,
    DanglingMention,
    DanglingNotification,
    TranslationOfNothing,
    NarrowInteger,
    DoubleInteger,
    TextForId,
    TextForDate,
    IsoDateInJson,
    TranslationsInMessage,
    BothNames,
    UnknownField,
    TrailingBlank,
    Emoji,
    RightToLeft,
    FourByteText,
    LongMessage,
    LongTranslation,
    TranslatedText,
    DottedLanguage,
    DollarLanguage,
    ImpossibleDate,
    Poison,
}

/// A document with anomalies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Its anomalies.
    pub kind: Kind,
    /// The collection, under its name in MongoDB.
    pub collection: &'static str,
    /// The document.
    pub id: ObjectId,
}

/// The place of an anomaly and how it is planted.
pub(super) struct Planted {
    pub(super) kind: Kind,
    pub(super) of: Name,
    pub(super) at: usize,
    edit: fn(&World<'_>, &mut Document),
}

impl Planted {
    pub(super) fn edit(&self, world: &World<'_>, document: &mut Document) {
        (self.edit)(world, document);
    }
}

/// The anomalies of each world, by document.
pub(super) fn at(of: Name, at: usize) -> impl Iterator<Item = &'static Planted> {
    PLANTED.iter().filter(move |planted| planted.of == of && planted.at == at)
}

const fn plant(kind: Kind, of: Name, at: usize, edit: fn(&World<'_>, &mut Document)) -> Planted {
    Planted { kind, of, at, edit }
}

/// An id that no document has.
const GONE: ObjectId =
    ObjectId::from_bytes([0x68, 0xC0, 0, 0, 0xDE, 0xAD, 0xDE, 0xAD, 0xDE, 0xAD, 0xDE, 0xAD]);

fn nothing(_: &World<'_>, _: &mut Document) {}

/// Copies fields from another document of the collection.
fn copy(world: &World<'_>, to: &mut Document, of: Name, at: usize, fields: &[&str]) {
    let from = world.parsed(of, at);
    for field in fields {
        if let Some(value) = from.get(field) {
            to.insert(*field, value.clone());
        }
    }
}

fn set(document: &mut Document, field: &str, value: impl Into<Bson>) {
    document.insert(field, value);
}

fn append(document: &mut Document, field: &str, more: &str) {
    let text = format!("{}{more}", document.get_str(field).unwrap_or_default());
    document.insert(field, text);
}

fn call(world: &World<'_>, document: &mut Document) {
    document.insert("status", "active");
    document.remove("endedAt");
    document.remove("duration");
    document.insert("answeredAt", DateTime::from_millis(world.time(Name::CallSession, 2) + 10_000));
}

fn translations_in_message(world: &World<'_>, document: &mut Document) {
    let text = messages::text(world, 10, "de");
    let earlier = messages::text(world, 10, "pt");
    let later = DateTime::from_millis(LATER);
    let by_script = doc! {
        "text": text,
        "translationModel": "premium",
        "confidenceScore": 0.95,
        "createdAt": later,
        "updatedAt": later,
    };
    let by_program =
        doc! { "text": earlier, "translationModel": "basic", "createdAt": "2025-12-12T08:00:00.000Z" };
    document.insert("translations", doc! { "de": by_script, "pt": by_program });
}

pub(super) static PLANTED: &[Planted] = &[
    plant(Kind::DuplicateStatus, Name::MessageStatus, 1_001, |world, it| {
        copy(world, it, Name::MessageStatus, 1_000, &["messageId", "userId"]);
    }),
    plant(Kind::DuplicateStatus, Name::MessageStatus, STATUSES - 1, |world, it| {
        copy(world, it, Name::MessageStatus, STATUSES - 2, &["conversationId", "userId"]);
    }),
    plant(Kind::DuplicateOldStatus, Name::OldMessageStatus, 6, |world, it| {
        copy(world, it, Name::OldMessageStatus, 5, &["messageId", "userId"]);
    }),
    plant(Kind::DuplicateTranslation, Name::MessageTranslation, 31, |world, it| {
        copy(
            world,
            it,
            Name::MessageTranslation,
            30,
            &["messageId", "sourceLanguage", "targetLanguage", "translatedContent"],
        );
    }),
    plant(Kind::DuplicateStats, Name::UserStats, 95, |world, it| {
        copy(world, it, Name::UserStats, 94, &["userId"]);
    }),
    plant(Kind::DuplicateMembership, Name::ConversationMember, MEMBERS - 1, |world, it| {
        copy(world, it, Name::ConversationMember, 9, &["conversationId", "userId"]);
        it.insert("role", "moderator");
    }),
    plant(Kind::NullConversationIdentifier, Name::Conversation, 40, |_, it| {
        set(it, "identifier", Bson::Null);
    }),
    plant(Kind::NullShareLinkIdentifier, Name::ConversationShareLink, 1, |_, it| {
        set(it, "identifier", Bson::Null);
    }),
    plant(Kind::NullCommunityIdentifier, Name::Community, 6, |_, it| set(it, "identifier", Bson::Null)),
    plant(Kind::RoleModo, Name::User, 2, |_, it| set(it, "role", "MODO")),
    plant(Kind::LowerCaseRole, Name::User, 44, |_, it| set(it, "role", "user")),
    plant(Kind::LowerCaseRole, Name::User, 45, |_, it| set(it, "role", "admin")),
    plant(Kind::EmailDiffersByCase, Name::User, 51, |world, it| {
        let other = world.parsed(Name::User, 50);
        it.insert("email", other.get_str("email").unwrap_or_default().to_uppercase());
    }),
    plant(Kind::UsernameDiffersByCase, Name::User, 53, |world, it| {
        let other = world.parsed(Name::User, 52);
        it.insert("username", other.get_str("username").unwrap_or_default().to_uppercase());
    }),
    plant(Kind::OrphanAttachment, Name::MessageAttachment, 667, nothing),
    plant(Kind::OrphanAttachment, Name::MessageAttachment, 702, nothing),
    plant(Kind::AbsoluteUrl, Name::MessageAttachment, 0, |world, it| {
        set(it, "fileUrl", attachments::absolute_url(world, 0, 0));
    }),
    plant(Kind::AbsoluteUrl, Name::MessageAttachment, 1, |world, it| {
        set(it, "fileUrl", attachments::absolute_url(world, 1, 1));
    }),
    plant(Kind::AbsoluteUrl, Name::MessageAttachment, 3, |world, it| {
        set(it, "fileUrl", attachments::absolute_url(world, 3, 2));
    }),
    plant(Kind::DurationZero, Name::MessageAttachment, 10, |_, it| set(it, "duration", 0_i64)),
    plant(Kind::DurationInSeconds, Name::MessageAttachment, 2, |_, it| set(it, "duration", 12_i64)),
    plant(Kind::CodecSpelling, Name::MessageAttachment, 650, |_, it| set(it, "codec", "mp4a.40.2")),
    plant(Kind::CodecSpelling, Name::MessageAttachment, 653, |_, it| set(it, "codec", "webm")),
    plant(Kind::CallWithoutEnd, Name::CallSession, 2, call),
    plant(Kind::ShortUrlWithHost, Name::TrackingLink, 0, |_, it| {
        let short = format!("meeshy.me{}", it.get_str("shortUrl").unwrap_or_default());
        it.insert("shortUrl", short);
    }),
    plant(Kind::DanglingReply, Name::Message, 300, |_, it| set(it, "replyToId", GONE)),
    plant(Kind::DanglingReaction, Name::Reaction, 100, |_, it| set(it, "messageId", GONE)),
    plant(Kind::DanglingReaction, Name::Reaction, 101, |_, it| set(it, "userId", GONE)),
    plant(Kind::DanglingMention, Name::Mention, 50, |_, it| set(it, "messageId", GONE)),
    plant(Kind::DanglingMention, Name::Mention, 51, |_, it| set(it, "mentionedUserId", GONE)),
    plant(Kind::DanglingNotification, Name::Notification, 90_000, |_, it| set(it, "messageId", GONE)),
    plant(Kind::DanglingNotification, Name::Notification, 90_001, |_, it| set(it, "userId", GONE)),
    plant(Kind::TranslationOfNothing, Name::MessageTranslation, 100, |_, it| {
        it.insert("messageId", GONE);
        it.insert("cacheKey", format!("{}_fr_en", GONE.to_hex()));
    }),
    plant(Kind::NarrowInteger, Name::UserStats, 3, |_, it| set(it, "messagesSent", 42_i32)),
    plant(Kind::NarrowInteger, Name::MessageAttachment, 4, |_, it| {
        // A script of the old system did this to old rows.
        it.extend(doc! { "viewedCount": 0, "scanStatus": "pending", "transcription": Bson::Null });
        it.insert("fileSize", 71_i32);
    }),
    plant(Kind::DoubleInteger, Name::UserStats, 4, |_, it| set(it, "messagesSent", 42.0)),
    plant(Kind::DoubleInteger, Name::TrackingLink, 3, |_, it| set(it, "totalClicks", 13.0)),
    plant(Kind::TextForId, Name::FriendRequest, 7, |_, it| {
        let hex = it.get_object_id("senderId").map(ObjectId::to_hex).unwrap_or_default();
        it.insert("senderId", hex);
    }),
    plant(Kind::TextForDate, Name::FriendRequest, 8, |_, it| {
        set(it, "updatedAt", "2025-11-20T09:30:00.000Z");
    }),
    plant(Kind::IsoDateInJson, Name::MessageAttachment, 18, |_, it| {
        let timeline = doc! {
            "createdAt": "2025-12-11T10:15:30.000Z",
            "duration": 12.5,
            "events": [{ "at": 100, "effect": "echo" }],
        };
        it.insert("metadata", doc! { "audioEffectsTimeline": timeline });
    }),
    plant(Kind::TranslationsInMessage, Name::Message, 10, translations_in_message),
    plant(Kind::BothNames, Name::OldMessageStatus, 0, |world, it| {
        copy(world, it, Name::MessageStatus, 0, &["_id", "messageId", "userId"]);
    }),
    plant(Kind::UnknownField, Name::Conversation, 50, |_, it| {
        set(it, "themeColour", doc! { "light": "#fff", "dark": 3 });
    }),
    plant(Kind::UnknownField, Name::Message, 500, |_, it| set(it, "importedFrom", "whatsapp")),
    plant(Kind::TrailingBlank, Name::Community, 0, |_, it| append(it, "name", "  ")),
    plant(Kind::TrailingBlank, Name::User, 60, |_, it| append(it, "displayName", " ")),
    plant(Kind::Emoji, Name::User, 61, |_, it| set(it, "displayName", "Zoé 🌻👩🏽‍🚀")),
    plant(Kind::RightToLeft, Name::User, 62, |_, it| set(it, "displayName", "\u{202B}ليلى حداد\u{202C}")),
    plant(Kind::FourByteText, Name::Message, 600, |_, it| set(it, "content", "𠮷野家で会おう 𝕄𝕖𝕖𝕤𝕙𝕪 🧑‍🤝‍🧑")),
    plant(Kind::LongMessage, Name::Message, 700, |_, it| {
        set(it, "content", "On se parle. ".repeat(308)[..4_000].to_owned());
    }),
    plant(Kind::LongTranslation, Name::MessageTranslation, 200, |_, it| {
        set(it, "translatedContent", "So we talk. ".repeat(834)[..10_000].to_owned());
    }),
    plant(Kind::TranslatedText, Name::MessageTranslation, 300, |_, it| {
        if let Some(text) = it.remove("translatedContent") {
            it.insert("translatedText", text);
        }
    }),
    plant(Kind::DottedLanguage, Name::MessageTranslation, TRANSLATIONS - 1, |_, it| {
        set(it, "targetLanguage", "pt.BR");
    }),
    plant(Kind::DottedLanguage, Name::Message, 14, |_, it| {
        let created = DateTime::from_millis(LATER);
        let hello = doc! { "text": "大家好！", "translationModel": "basic", "createdAt": created };
        it.insert("translations", doc! { "zh.Hant": hello });
    }),
    plant(Kind::DollarLanguage, Name::MessageTranslation, TRANSLATIONS - 2, |_, it| {
        set(it, "targetLanguage", "$es");
    }),
    plant(Kind::ImpossibleDate, Name::TrackingLinkClick, 900, |_, it| set(it, "clickedAt", DateTime::MAX)),
    plant(Kind::ImpossibleDate, Name::Message, MESSAGES - 1, |_, it| set(it, "createdAt", "yesterday")),
    plant(Kind::Poison, Name::Reaction, 200, |_, it| set(it, "messageId", doc! { "$oid": 7 })),
    plant(Kind::Poison, Name::Reaction, 201, |_, it| drop(it.remove("emoji"))),
    plant(Kind::Poison, Name::Mention, 60, |_, it| set(it, "mentionedUserId", f64::NAN)),
    plant(Kind::Poison, Name::User, USERS - 1, |_, it| set(it, "email", Bson::Array(Vec::new()))),
    plant(Kind::Poison, Name::TrackingLinkClick, 901, |_, it| set(it, "trackingLinkId", Bson::Undefined)),
];
