//! The 31 collections of the old database, with their counts.

use super::layout::{ATTACHMENTS, CONVERSATIONS, MEMBERS, MESSAGES, STATUSES, TRANSLATIONS, USERS};
use super::name::Name;
use super::world::{Collection, DAY, END, HOUR, LATER, MINUTE, START, World};
use super::{attachments, calls, conversations, links, messages, notifications, people, statuses};
use bson::RawDocumentBuf;

const fn collection(
    of: Name,
    name: &'static str,
    count: usize,
    time: fn(&World<'_>, usize) -> i64,
    document: fn(&World<'_>, usize) -> RawDocumentBuf,
) -> Collection {
    Collection { of, name, count, time, document, unique: &[] }
}

const fn unique(collection: Collection, fields: &'static [&'static str]) -> Collection {
    Collection { unique: fields, ..collection }
}

/// Never called: the collection is empty.
fn nothing(_: &World<'_>, _: usize) -> RawDocumentBuf {
    RawDocumentBuf::new()
}

fn start(_: &World<'_>, _: usize) -> i64 {
    START
}

/// In the order of [`Name`].
pub(super) static COLLECTIONS: [Collection; 31] = [
    collection(
        Name::Notification,
        "Notification",
        94_790,
        |t, at| t.spread(Name::Notification, at, 94_790, START + DAY, END),
        notifications::notification,
    ),
    collection(Name::MessageStatus, "MessageStatus", STATUSES, statuses::time, statuses::status),
    collection(
        Name::Message,
        "Message",
        MESSAGES,
        |t, at| t.spread(Name::Message, at, MESSAGES, START + 2 * DAY, END - DAY),
        messages::message,
    ),
    unique(
        collection(
            Name::MessageTranslation,
            "MessageTranslation",
            TRANSLATIONS,
            messages::translation_time,
            messages::translation,
        ),
        &["cacheKey"],
    ),
    collection(Name::Reaction, "Reaction", 1_365, messages::reaction_time, messages::reaction),
    collection(Name::TrackingLinkClick, "TrackingLinkClick", 904, links::click_time, links::click),
    collection(
        Name::MessageAttachment,
        "MessageAttachment",
        ATTACHMENTS,
        attachments::time,
        attachments::attachment,
    ),
    collection(
        Name::ConversationMember,
        "ConversationMember",
        MEMBERS,
        conversations::joined,
        conversations::member,
    ),
    collection(
        Name::BackupUrls,
        "MessageAttachment_backup_urls",
        514,
        attachments::time,
        attachments::backup,
    ),
    unique(
        collection(
            Name::User,
            "User",
            USERS,
            |t, at| t.spread(Name::User, at, USERS, START, LATER + 20 * DAY),
            people::user,
        ),
        &["username"],
    ),
    collection(
        Name::MessageReadStatus,
        "MessageReadStatus",
        172,
        |t, at| t.time(Name::Message, at * 26) + HOUR,
        statuses::read,
    ),
    unique(
        collection(
            Name::Conversation,
            "Conversation",
            CONVERSATIONS,
            |t, at| t.spread(Name::Conversation, at, CONVERSATIONS, START, START + 2 * DAY),
            conversations::conversation,
        ),
        &["identifier"],
    ),
    unique(
        collection(
            Name::Mention,
            "Mention",
            104,
            |t, at| t.time(Name::Message, messages::mentioning(at)),
            messages::mention,
        ),
        &["messageId", "mentionedUserId"],
    ),
    collection(Name::UserStats, "UserStats", 96, |t, at| t.time(Name::User, at * 2) + MINUTE, people::stats),
    unique(
        collection(
            Name::FriendRequest,
            "FriendRequest",
            96,
            |t, at| t.time(Name::User, at + 100) + HOUR,
            people::friend_request,
        ),
        &["senderId", "receiverId"],
    ),
    collection(
        Name::AdminAuditLog,
        "AdminAuditLog",
        89,
        |t, at| t.spread(Name::AdminAuditLog, at, 89, LATER, END),
        calls::audit,
    ),
    unique(
        collection(
            Name::AffiliateRelation,
            "AffiliateRelation",
            86,
            |t, at| t.time(Name::User, links::referred(at)),
            links::relation,
        ),
        &["referredUserId"],
    ),
    unique(
        collection(
            Name::TrackingLink,
            "TrackingLink",
            75,
            |t, at| t.spread(Name::TrackingLink, at, 75, START + 3 * DAY, LATER + DAY),
            links::link,
        ),
        &["token"],
    ),
    unique(
        collection(
            Name::AffiliateToken,
            "AffiliateToken",
            59,
            |t, at| t.time(Name::User, at) + HOUR,
            links::token,
        ),
        &["token"],
    ),
    collection(
        Name::CallParticipant,
        "call_participants",
        48,
        |t, at| t.time(Name::CallSession, at % 44) + 10_000,
        calls::participant,
    ),
    collection(
        Name::CallSession,
        "call_sessions",
        44,
        |t, at| t.spread(Name::CallSession, at, 44, LATER - 20 * DAY, END - DAY),
        calls::session,
    ),
    unique(
        collection(
            Name::Preferences,
            "user_conversation_preferences",
            34,
            |t, at| t.spread(Name::Preferences, at, 34, LATER, END),
            conversations::preferences,
        ),
        &["userId", "conversationId"],
    ),
    unique(
        collection(
            Name::CommunityMember,
            "CommunityMember",
            14,
            |t, at| t.time(Name::Community, at % 8) + 1,
            conversations::community_member,
        ),
        &["communityId", "userId"],
    ),
    unique(
        collection(
            Name::ConversationShareLink,
            "ConversationShareLink",
            8,
            |t, at| t.spread(Name::ConversationShareLink, at, 8, START + 5 * DAY, LATER),
            conversations::share_link,
        ),
        &["linkId"],
    ),
    unique(
        collection(
            Name::Community,
            "Community",
            8,
            |t, at| t.spread(Name::Community, at, 8, START, LATER),
            conversations::community,
        ),
        &["identifier"],
    ),
    collection(
        Name::OldMessageStatus,
        "old_message_status",
        7,
        |t, at| t.time(Name::Message, at) + MINUTE,
        statuses::old,
    ),
    collection(
        Name::Categories,
        "user_conversation_categories",
        6,
        |t, at| t.spread(Name::Categories, at, 6, LATER, END),
        conversations::category,
    ),
    collection(Name::TypingIndicator, "TypingIndicator", 0, start, nothing),
    collection(Name::AnonymousParticipant, "AnonymousParticipant", 0, start, nothing),
    collection(Name::ConversationPreference, "ConversationPreference", 0, start, nothing),
    collection(Name::UserPreference, "UserPreference", 0, start, nothing),
];
