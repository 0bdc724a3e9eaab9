//! Encryption keys and voice models.

use super::field::{Parent, bytes, flag, id, int, json, name, real, text, time};
use super::{Mapping, merge};

/// A key of the server, identified by a name.
pub static SERVER_KEY: Mapping = Mapping {
    table: "server_encryption_keys",
    parent: Some(Parent::EncryptionKey),
    has_text_id: true,
    fields: &[
        text("encryptedKey").required(),
        text("iv").required(),
        text("authTag").required(),
        text("algorithm").or_text("aes-256-gcm"),
        text("purpose").or_text("attachment"),
        id("conversationId"),
        id("userId"),
        time("createdAt").required(),
        time("expiresAt"),
        time("lastAccessedAt").or_column("created_at"),
        flag("isActive").or_flag(true),
    ],
    ..Mapping::PLAIN
};

/// The public keys of one user.
pub static SIGNAL_BUNDLE: Mapping = Mapping {
    table: "signal_pre_key_bundles",
    merge_key: &["user_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        text("identityKey").required(),
        text("identityKeyPrivate"),
        int("registrationId").required(),
        int("deviceId").or_int(1),
        int("preKeyId"),
        text("preKeyPublic"),
        int("signedPreKeyId").required(),
        text("signedPreKeyPublic").required(),
        text("signedPreKeySignature").required(),
        text("signedPreKeyPrivate"),
        int("kyberPreKeyId"),
        text("kyberPreKeyPublic"),
        text("kyberPreKeySignature"),
        text("preKeyPool"),
        flag("isActive").or_flag(true),
        time("createdAt").or_id_time(),
        time("lastRotatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A public key of one user for one conversation.
pub static CONVERSATION_KEY: Mapping = Mapping {
    table: "conversation_public_keys",
    merge_key: &["user_id", "conversation_id", "key_type"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        id("conversationId").of(Parent::Conversation),
        name("keyType", &["identity", "preKey", "signedPreKey"]).required(),
        text("publicKey").required(),
        int("keyId"),
        text("signature"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A session with a user of another platform.
pub static DMA_SESSION: Mapping = Mapping {
    table: "dma_sessions",
    unique: &["remote_party_id"],
    fields: &[
        text("remotePartyId").required(),
        id("userId").of(Parent::User),
        text("rootKey").required(),
        text("chainKeySend").required(),
        text("chainKeyReceive").required(),
        text("dhRatchetPublicKey"),
        text("dhRatchetPrivateKey"),
        text("dhRatchetRemoteKey"),
        text("sessionType").or_text("signal_protocol_x3dh"),
        name("sessionState", &["pending", "established", "expired", "revoked"]).or_text("pending"),
        int("messageNumberSend").or_int(0),
        int("messageNumberReceive").or_int(0),
        int("previousChainLength").or_int(0),
        int("epoch").or_int(0),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("lastUsedAt").or_column("created_at"),
        time("expiresAt"),
    ],
    ..Mapping::PLAIN
};

/// The identity of a user on another platform.
pub static DMA_ENROLLMENT: Mapping = Mapping {
    table: "dma_enrollments",
    parent: Some(Parent::Enrollment),
    unique: &["whatsapp_internal_id"],
    fields: &[
        text("whatsappInternalId").required(),
        name("platform", &["whatsapp", "messenger", "imessage"]).or_text("whatsapp"),
        text("identityKey").required(),
        text("signedPreKey").required(),
        text("signedPreKeySignature").required(),
        int("signedPreKeyId").required(),
        int("registrationId").or_int(0),
        name("status", &["active", "revoked", "expired"]).or_text("active"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("lastVerifiedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// A one-time key.
pub static DMA_PRE_KEY: Mapping = Mapping {
    table: "dma_pre_keys",
    merge_key: &["signal_enrollment_id", "pre_key_id"],
    fields: &[
        int("preKeyId").required(),
        text("keyData").required(),
        flag("isUsed").or_flag(false),
        time("usedAt"),
        id("usedBy"),
        time("createdAt").or_id_time(),
        time("expiresAt"),
        id("signalEnrollmentId").of(Parent::Enrollment),
    ],
    ..Mapping::PLAIN
};

/// The voice model of one user.
pub static VOICE: Mapping = Mapping {
    table: "voice_models",
    merge_key: &["user_id"],
    unique: &["profile_id"],
    merge: merge::newest,
    fields: &[
        id("userId").of(Parent::User),
        text("profileId"),
        bytes("embedding"),
        text("embeddingModel").or_text("openvoice_v2"),
        int("embeddingDimension").or_int(256),
        text("embeddingPath"),
        bytes("chatterboxConditionals"),
        id("referenceAudioId"),
        text("referenceAudioUrl"),
        int("audioCount").required(),
        int("totalDurationMs").required(),
        json("trainingAudioSamples"),
        real("qualityScore").required(),
        int("version").or_int(1),
        json("voiceCharacteristics"),
        time("voiceAnalysisAt"),
        text("voiceAnalysisModel"),
        json("fingerprint"),
        text("signatureShort"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
        time("nextRecalibrationAt"),
    ],
    ..Mapping::PLAIN
};
