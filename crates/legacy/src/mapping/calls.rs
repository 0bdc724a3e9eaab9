//! Calls, their participants and transcripts.

use super::field::{Parent, flag, id, int, json, name, real, text, time};
use super::id_index::IdIndex;
use super::{Destination, Draft, Mapping, Rejection};
use bson::{RawBsonRef, RawDocument};

/// A call that was not ended in this time has been abandoned.
const MAX_CALL_MS: i64 = 5 * 3_600_000;

/// A call.
pub static CALL: Mapping = Mapping {
    table: "call_sessions",
    parent: Some(Parent::Call),
    computed: &["end_reason"],
    rule: call,
    fields: &[
        id("conversationId").of(Parent::Conversation),
        name("mode", &["p2p", "sfu"]).or_text("p2p"),
        name("status", &["initiated", "ringing", "active", "ended", "missed", "rejected"])
            .or_text("initiated"),
        id("initiatorId").of(Parent::User),
        time("startedAt").or_id_time(),
        time("answeredAt"),
        time("endedAt"),
        int("duration"),
        json("metadata"),
    ],
    ..Mapping::PLAIN
};

/// Nobody knows when an abandoned call ended, so its end stays open.
fn call(draft: &mut Draft<'_>, _: &RawDocument, ids: &IdIndex) -> Result<Destination, Rejection> {
    let status = draft.text("status").unwrap_or("initiated").to_owned();
    let is_open =
        draft.int("ended_at").is_none() && ["initiated", "ringing", "active"].contains(&status.as_str());
    let is_old = draft.int("started_at").is_some_and(|at| at < ids.now.millis() - MAX_CALL_MS);
    if is_open && is_old {
        draft.keep_original("status", RawBsonRef::String(&status));
        draft.set("status", "ended");
        draft.set("end_reason", "abandoned");
        draft.notice("status", "was still open, marked as ended", "");
    }
    Ok(Destination::Row)
}

/// A participant of a call.
pub static PARTICIPANT: Mapping = Mapping {
    table: "call_participants",
    fields: &[
        id("callSessionId").of(Parent::Call),
        id("userId").of_or_null(Parent::User),
        id("anonymousId").of_or_null(Parent::Guest).column("guest_id"),
        name("role", &["initiator", "participant"]).or_text("participant"),
        time("joinedAt").or_id_time(),
        time("leftAt"),
        flag("isAudioEnabled").or_flag(true),
        flag("isVideoEnabled").or_flag(true),
        json("connectionQuality"),
    ],
    ..Mapping::PLAIN
};

/// A transcribed utterance in a call.
pub static TRANSCRIPTION: Mapping = Mapping {
    table: "call_transcriptions",
    parent: Some(Parent::Transcription),
    fields: &[
        id("callSessionId").of(Parent::Call),
        id("participantId").required(),
        name("source", &["client", "server"]).required(),
        text("text").required(),
        text("language").required(),
        real("confidence"),
        time("timestamp").or_id_time().column("spoken_at"),
        int("offsetMs"),
    ],
    ..Mapping::PLAIN
};

/// Its translation into another language.
pub static TRANSLATION: Mapping = Mapping {
    table: "call_translations",
    fields: &[
        id("transcriptionId").of(Parent::Transcription),
        text("targetLanguage").required(),
        text("translatedText").required(),
        real("confidence"),
        text("model"),
        flag("cached").or_flag(false),
        time("createdAt").or_id_time(),
    ],
    ..Mapping::PLAIN
};
