//! Calls, their participants, and the audit log of administrators.

use super::fields::Fields;
use super::layout::DIRECT;
use super::name::Name;
use super::world::{MINUTE, World};
use bson::{RawBson, RawDocumentBuf, rawdoc};

fn conversation(at: usize) -> usize {
    DIRECT.start + at
}

pub(super) fn session(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let started = world.time(Name::CallSession, at);
    let status = ["ended", "missed", "ended", "rejected"][at % 4];
    let answered = status == "ended";
    let minutes = 1 + at as i64 % 30;
    let end = if answered { started + 10_000 + minutes * MINUTE } else { started + MINUTE };
    let kind = if at.is_multiple_of(3) { "audio" } else { "video" };
    Fields::new(world.id(Name::CallSession, at))
        .with("conversationId", world.conversation(conversation(at)))
        .with("mode", "p2p")
        .with("status", status)
        .with("initiatorId", world.user(world.layout.members[conversation(at)][0]))
        .date("startedAt", started)
        .maybe_date("answeredAt", answered.then_some(started + 10_000))
        .date("endedAt", end)
        .maybe("duration", answered.then_some(minutes * 60))
        .with("metadata", &rawdoc! { "type": kind, "participantsAtStart": 2 })
        .done()
}

/// A call as stored under the other name of the collection: the fifth one ended differently.
pub(super) fn renamed(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut call = session(world, at);
    if at == 4 {
        let mut changed = world.parsed(Name::CallSession, at);
        changed.insert("status", "missed");
        call = RawDocumentBuf::try_from(changed).expect("a changed call is BSON all the same");
    }
    call
}

/// All callers, then four who answered.
pub(super) fn participant(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let (call, answers) = (at % 44, at >= 44);
    let joined = world.time(Name::CallParticipant, at);
    Fields::new(world.id(Name::CallParticipant, at))
        .with("callSessionId", world.id(Name::CallSession, call))
        .with("userId", world.user(world.layout.members[conversation(call)][usize::from(answers)]))
        .with("role", if answers { "participant" } else { "initiator" })
        .date("joinedAt", joined)
        .maybe_date("leftAt", (!at.is_multiple_of(9)).then_some(joined + MINUTE))
        .with("isAudioEnabled", true)
        .with("isVideoEnabled", !at.is_multiple_of(3))
        .maybe("connectionQuality", at.is_multiple_of(7).then(|| rawdoc! { "rtt": 42, "loss": 0.5 }).as_ref())
        .done()
}

pub(super) fn audit(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let user = 10 + at;
    let (action, changes) = match at % 4 {
        0 => ("VIEW_USER", None),
        1 => ("UPDATE_ROLE", Some(r#"{"role":{"from":"USER","to":"MODERATOR"}}"#)),
        2 => ("DEACTIVATE_USER", Some(r#"{"isActive":{"from":true,"to":false}}"#)),
        _ => ("RESET_PASSWORD", None),
    };
    let fields = Fields::new(world.id(Name::AdminAuditLog, at))
        .with("userId", world.user(user))
        .with("adminId", world.user(at % 2))
        .with("action", action)
        .with("entity", "User")
        .with("entityId", world.user(user).to_hex().as_str())
        .or_null("changes", changes)
        .with("metadata", RawBson::Null)
        .maybe("ipAddress", (!at.is_multiple_of(5)).then_some("192.0.2.10"));
    fields.with("userAgent", RawBson::Null).date("createdAt", world.time(Name::AdminAuditLog, at)).done()
}
