//! Every collection of the old system in the order in which they are read: parents first.

use super::{
    Mapping, attachments, calls, communities, conversations, encryption, guests, links, messages,
    notifications, oversight, people, security, statuses, translations,
};
use bson::RawDocument;

/// A collection of the old system.
#[derive(Debug)]
pub struct Source {
    /// The name of its model.
    pub collection: &'static str,
    /// Its other names over time. A dump can contain it under several.
    pub other_names: &'static [&'static str],
    /// What its documents become.
    pub shape: Shape,
}

impl Source {
    /// All names that its collection can have in a dump.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.collection).chain(self.other_names.iter().copied())
    }
}

/// What the documents of a collection become.
#[derive(Debug)]
pub enum Shape {
    /// Rows of one table.
    Rows(&'static Mapping),
    /// Rows of a table that depends on the document; the archive, if there is none for it.
    Either(fn(&RawDocument) -> Option<&'static Mapping>, &'static [&'static Mapping]),
    /// The archive, with the reason.
    Archive(&'static str),
}

impl Shape {
    /// The mapping of a document.
    #[must_use]
    pub fn of(&self, raw: &RawDocument) -> Option<&'static Mapping> {
        match self {
            Self::Rows(mapping) => Some(mapping),
            Self::Either(choose, _) => choose(raw),
            Self::Archive(_) => None,
        }
    }

    /// Every possible mapping.
    #[must_use]
    pub fn mappings(&self) -> &[&'static Mapping] {
        match self {
            Self::Rows(mapping) => std::slice::from_ref(mapping),
            Self::Either(_, all) => all,
            Self::Archive(_) => &[],
        }
    }
}

const fn rows(collection: &'static str, mapping: &'static Mapping) -> Source {
    Source { collection, other_names: &[], shape: Shape::Rows(mapping) }
}

const fn renamed(
    collection: &'static str,
    other_names: &'static [&'static str],
    mapping: &'static Mapping,
) -> Source {
    Source { collection, other_names, shape: Shape::Rows(mapping) }
}

const fn archive(
    collection: &'static str,
    other_names: &'static [&'static str],
    reason: &'static str,
) -> Source {
    Source { collection, other_names, shape: Shape::Archive(reason) }
}

/// Every known collection, parents first.
pub static SOURCES: &[Source] = &[
    rows("User", &people::USER),
    renamed("ServerEncryptionKey", &["server_encryption_keys"], &encryption::SERVER_KEY),
    rows("Community", &communities::COMMUNITY),
    rows("CommunityMember", &communities::MEMBER),
    rows("Conversation", &conversations::CONVERSATION),
    rows("ConversationMember", &conversations::MEMBER),
    rows("ConversationShare", &communities::SHARE),
    rows("ConversationShareLink", &guests::SHARE_LINK),
    rows("AnonymousParticipant", &guests::GUEST),
    renamed("UserConversationCategory", &["user_conversation_categories"], &conversations::CATEGORY),
    renamed("UserConversationPreferences", &["user_conversation_preferences"], &conversations::PREFERENCES),
    rows("UserCommunityPreferences", &communities::PREFERENCES),
    rows("ConversationPreference", &conversations::SETTING),
    rows("Message", &messages::MESSAGE),
    rows("MessageAttachment", &attachments::ATTACHMENT),
    rows("MessageTranslation", &translations::TRANSLATION),
    rows("Reaction", &messages::REACTION),
    rows("Mention", &messages::MENTION),
    renamed("MessageStatusEntry", &["message_status_entries"], &statuses::LATER_STATUS),
    Source {
        collection: "MessageStatus",
        other_names: &[],
        shape: Shape::Either(statuses::shape_of_status, &[&statuses::STATUS, &statuses::CURSOR]),
    },
    Source {
        collection: "MessageReadStatus",
        other_names: &[],
        shape: Shape::Either(statuses::shape_of_read_status, &[&statuses::OLD_CURSOR]),
    },
    renamed("ConversationReadCursor", &["conversation_read_cursors"], &statuses::LATER_CURSOR),
    renamed("AttachmentStatusEntry", &["attachment_status_entries"], &attachments::STATUS),
    renamed("AttachmentReaction", &["attachment_reactions"], &attachments::REACTION),
    renamed("UserMessageDeletion", &["user_message_deletions"], &messages::DELETION),
    rows("Notification", &notifications::NOTIFICATION),
    rows("PushToken", &notifications::PUSH_TOKEN),
    rows("FriendRequest", &people::FRIEND_REQUEST),
    renamed("CallSession", &["call_sessions"], &calls::CALL),
    renamed("CallParticipant", &["call_participants"], &calls::PARTICIPANT),
    renamed("Transcription", &["transcriptions"], &calls::TRANSCRIPTION),
    renamed("TranslationCall", &["translation_calls"], &calls::TRANSLATION),
    rows("AffiliateToken", &links::AFFILIATE_TOKEN),
    rows("AffiliateRelation", &links::AFFILIATE_RELATION),
    rows("TrackingLink", &links::TRACKING_LINK),
    rows("TrackingLinkClick", &links::CLICK),
    rows("AdminAuditLog", &oversight::AUDIT),
    rows("Report", &oversight::REPORT),
    rows("UserStats", &people::STATS),
    renamed("UserPreferences", &["user_preferences"], &people::PREFERENCES),
    renamed("UserPreference", &["user_preference"], &people::SETTING),
    renamed("NotificationPreference", &["notification_preferences"], &people::NOTIFICATION_PREFERENCES),
    renamed("PasswordResetToken", &["password_reset_tokens"], &security::PASSWORD_RESET),
    rows("PhonePasswordResetToken", &security::PHONE_RESET),
    rows("MagicLinkToken", &security::MAGIC_LINK),
    renamed("PasswordHistory", &["password_history"], &security::PASSWORD_HISTORY),
    renamed("SecurityEvent", &["security_events"], &security::SECURITY_EVENT),
    renamed("UserSession", &["user_sessions"], &security::SESSION),
    renamed("SignalPreKeyBundle", &["signal_pre_key_bundles"], &encryption::SIGNAL_BUNDLE),
    renamed("ConversationPublicKey", &["conversation_public_keys"], &encryption::CONVERSATION_KEY),
    renamed("DMASession", &["dma_sessions"], &encryption::DMA_SESSION),
    renamed("DMAEnrollment", &["dma_enrollments"], &encryption::DMA_ENROLLMENT),
    renamed("PreKey", &["dma_pre_keys"], &encryption::DMA_PRE_KEY),
    renamed("UserVoiceModel", &["user_voice_models"], &encryption::VOICE),
    archive("MessageAttachment_backup_urls", &[], "a backup, used to repair addresses"),
    archive("old_message_status", &["message_status"], "left over from before `MessageStatus`"),
    archive("TypingIndicator", &[], "transient typing state"),
    archive("MessageAudioTranscription", &["message_audio_transcriptions"], "an abandoned model"),
    archive("MessageTranslatedAudio", &["message_translated_audios"], "an abandoned model"),
];

/// The source of a collection under any of its names.
#[must_use]
pub fn source_of(name: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.collection == name || source.other_names.contains(&name))
}

/// All names that a collection can have in a dump; its own if it is unknown.
pub fn names_of(collection: &str) -> impl Iterator<Item = &str> {
    let other_names = source_of(collection).map_or(&[][..], |source| source.other_names);
    std::iter::once(collection).chain(other_names.iter().copied())
}
