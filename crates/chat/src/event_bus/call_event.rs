//! What happens in a call, for those who are called or in it.
//!
//! Other gateways read it as JSON, perhaps those of the release before: fields are only added, with a default.

use meeshy_domain::{
    CallId, CallMode, CallParticipantId, CallRole, ConversationId, MediaType, Timestamp, UserId,
};
use meeshy_store::calls::CallParticipant;
use serde::{Deserialize, Serialize};

/// What has happened in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEvent {
    /// The call.
    pub call_id: CallId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// How media get from one participant to the others.
    pub mode: CallMode,
    /// What has happened.
    pub change: CallChange,
}

/// A change of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallChange {
    /// It was started: members of the conversation are called.
    Initiated {
        /// By whom.
        initiator: CallPerson,
        /// The initiator as a participant.
        participant: CallMember,
        /// Users who are not called: a block separates them from the initiator.
        hidden_from: Vec<UserId>,
    },
    /// A user has joined, or takes part through another socket now.
    Joined(CallMember),
    /// A participant sends something to another one.
    Signal {
        /// By whom.
        from: UserId,
        /// To whom.
        to: UserId,
        /// A session description or a candidate, as it came.
        signal: CallSignal,
    },
    /// A participant has turned the microphone or the camera on or off.
    Media {
        /// Who.
        user: UserId,
        /// Which of the two.
        media: MediaType,
        /// Whether it is on.
        is_enabled: bool,
    },
    /// A participant has left.
    Left {
        /// The participation.
        participant_id: CallParticipantId,
        /// The user.
        user: UserId,
    },
    /// It is over.
    Ended {
        /// How long it lasted since it was answered, in seconds.
        duration: i64,
        /// Who has ended it; `None` if nobody answered, or it lasted too long.
        ended_by: Option<UserId>,
    },
}

/// A user, as others see them in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPerson {
    /// The user.
    pub user: UserId,
    /// The unique name.
    pub username: String,
    /// The displayed name.
    pub display_name: String,
    /// The URL of the picture.
    pub avatar: Option<String>,
}

/// A user who is in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMember {
    /// The participation.
    pub id: CallParticipantId,
    /// The call.
    pub call_id: CallId,
    /// The user.
    pub person: CallPerson,
    /// Whether this is the one who has started it.
    pub role: CallRole,
    /// When the user joined first, in milliseconds.
    pub joined_at: i64,
    /// Whether the microphone is on.
    pub is_audio_enabled: bool,
    /// Whether the camera is on.
    pub is_video_enabled: bool,
}

impl CallMember {
    /// `None` for a guest.
    pub(crate) fn of(participant: &CallParticipant) -> Option<Self> {
        let username = participant.username.clone().unwrap_or_default();
        Some(Self {
            id: participant.id,
            call_id: participant.call_session_id,
            person: CallPerson {
                user: participant.user_id?,
                display_name: participant.display_name.clone().unwrap_or_else(|| username.clone()),
                username,
                avatar: participant.avatar.clone(),
            },
            role: participant.role,
            joined_at: participant.joined_at.millis(),
            is_audio_enabled: participant.is_audio_enabled,
            is_video_enabled: participant.is_video_enabled,
        })
    }

    /// When the user joined first.
    pub fn joined_at(&self) -> Timestamp {
        Timestamp::from_millis(self.joined_at)
    }
}

/// What a participant sends to another one, so that the two connect to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallSignal {
    /// A session description that asks for an answer.
    Offer(String),
    /// The answer to one.
    Answer(String),
    /// A way to reach the participant. An empty one is the last.
    IceCandidate {
        /// The candidate.
        candidate: String,
        /// The number of its media section.
        sdp_m_line_index: Option<u32>,
        /// The name of its media section.
        sdp_mid: Option<String>,
    },
}
