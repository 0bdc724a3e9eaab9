//! Calls: their states, and the rules that need no database.

use crate::kind::ConversationKind;
use crate::named::named;
use std::time::Duration;

named!(
    /// The state of a call.
    CallStatus, "status" {
        /// It was started, and nobody has answered yet.
        Initiated = "initiated",
        /// The same. Only the old system told these two apart.
        Ringing = "ringing",
        /// Somebody has answered.
        Active = "active",
        /// It is over.
        Ended = "ended",
        /// It is over, and nobody has answered.
        Missed = "missed",
        /// It was declined.
        Rejected = "rejected",
    }
);

named!(
    /// How media get from one participant to the others.
    CallMode, "mode" {
        /// Directly, between two participants.
        PeerToPeer = "p2p",
        /// Through a server. Only the old system knew such calls.
        Forwarded = "sfu",
    }
);

named!(
    /// What a call is started with.
    CallType, "type of call" {
        /// Sound only.
        Audio = "audio",
        /// Sound and pictures.
        Video = "video",
    }
);

named!(
    /// The part of a participant in a call.
    CallRole, "role" {
        /// The user who has started it.
        Initiator = "initiator",
        /// Another one.
        Participant = "participant",
    }
);

named!(
    /// What a participant turns on and off.
    MediaType, "type of media" {
        /// The microphone.
        Audio = "audio",
        /// The camera.
        Video = "video",
    }
);

/// The most participants who are in a call at the same time: media go directly between two.
pub const MAX_PARTICIPANTS: usize = 2;

/// How long a call rings.
pub const RING_TIME: Duration = Duration::from_secs(45);

/// How long a participant who has lost the connection stays in a call.
pub const RECONNECT_TIME: Duration = Duration::from_secs(12);

/// The longest call; one that seems to last longer was abandoned.
pub const MAX_CALL_TIME: Duration = Duration::from_secs(5 * 3_600);

/// Within which time the bytes of signals are counted: as long as they are kept for other gateways.
pub const SIGNAL_WINDOW: Duration = Duration::from_secs(60);

/// Whether the members of a conversation of this kind may be strangers to each other, so that a call rings only if they are few.
#[must_use]
pub fn is_among_strangers(kind: ConversationKind) -> bool {
    matches!(kind, ConversationKind::Public | ConversationKind::Global | ConversationKind::Broadcast)
}

/// Whether a call of this type can be started in a conversation of this kind.
#[must_use]
pub fn is_supported(call: CallType, kind: ConversationKind) -> bool {
    call == CallType::Audio || !matches!(kind, ConversationKind::Public | ConversationKind::Global)
}

impl CallStatus {
    /// The state in which a call ends: one that nobody answered was missed, unless it was declined.
    #[must_use]
    pub fn at_end(was_answered: bool, is_declined: bool) -> Self {
        match (was_answered, is_declined) {
            (true, _) => Self::Ended,
            (false, true) => Self::Rejected,
            (false, false) => Self::Missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_not_filmed() {
        for kind in ConversationKind::ALL {
            assert!(is_supported(CallType::Audio, *kind));
            let is_closed = !["public", "global"].contains(&kind.name());
            assert_eq!(is_supported(CallType::Video, *kind), is_closed, "{kind}");
        }
    }

    #[test]
    fn how_a_call_ends_depends_on_whether_somebody_answered() {
        let ends = [(true, false), (true, true), (false, true), (false, false)];
        use CallStatus::{Ended, Missed, Rejected};
        let at_end = ends.map(|(was_answered, is_declined)| CallStatus::at_end(was_answered, is_declined));
        assert_eq!(at_end, [Ended, Ended, Rejected, Missed]);
    }
}
