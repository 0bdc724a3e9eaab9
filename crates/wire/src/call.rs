//! Calls: what REST answers, and the events that introduce participants to each other.

use crate::{ErrorCode, ErrorDetail, Iso};
use meeshy_domain::{
    CallId, CallMode, CallParticipantId, CallRole, CallStatus, CallType, ConversationId, ConversationKind,
    MediaType, UserId, limits,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What somebody who starts or joins a call has turned on; what is absent is as the call was started.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CallMedia {
    pub audio_enabled: Option<bool>,
    pub video_enabled: Option<bool>,
}

/// A call to be started: on REST and as `call:initiate`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "conversationId": "65a0c0ffee0123456789abcd", "type": "audio" }]))]
pub struct StartCall {
    /// The id or the identifier of a conversation.
    pub conversation_id: String,
    #[serde(rename = "type")]
    #[schemars(with = "CallType")]
    pub call_type: String,
    #[serde(default)]
    pub settings: Option<CallMedia>,
}

/// Joins a call on REST.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("examples" = [{ "settings": { "audioEnabled": true, "videoEnabled": false } }]))]
pub struct EnterCall {
    pub settings: Option<CallMedia>,
}

/// `call:join` and `call:accept`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinCall {
    pub call_id: String,
    #[serde(default)]
    pub settings: Option<CallMedia>,
}

/// Events that contain only a call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRef {
    pub call_id: String,
}

/// `call:toggle-audio` and `call:toggle-video`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToggleMedia {
    pub call_id: String,
    pub enabled: bool,
}

/// `call:signal`, as clients send it and as they receive it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignalCall {
    pub call_id: String,
    pub signal: Signal,
}

/// What a signal contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignalType {
    Offer,
    Answer,
    IceCandidate,
}

/// What one participant tells another one, so that the two connect to each other.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    #[serde(rename = "type")]
    pub kind: SignalType,
    /// The user who sends it.
    pub from: String,
    /// The user who is to receive it.
    pub to: String,
    /// The session description of an offer or an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::SDP_CHARS))]
    pub sdp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::ICE_CANDIDATE_CHARS))]
    pub candidate: Option<String>,
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::SDP_MID_CHARS))]
    pub sdp_mid: Option<String>,
}

/// A call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallSession {
    pub id: CallId,
    pub conversation_id: ConversationId,
    pub mode: CallMode,
    pub status: CallStatus,
    pub initiator_id: UserId,
    pub started_at: Iso,
    pub answered_at: Option<Iso>,
    /// When it was over; of an imported call that was never ended, nobody knows.
    pub ended_at: Option<Iso>,
    /// How long it lasted since it was answered, in seconds.
    pub duration: Option<i64>,
    /// Its settings; `type` says whether it was started with pictures.
    pub metadata: Option<Value>,
    pub initiator: CallUser,
    pub conversation: CallConversation,
    /// Present and former participants, in order of joining, at most 50.
    pub participants: Vec<CallParticipant>,
}

/// A user, as others see them in a call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
}

/// The conversation of a call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallConversation {
    pub id: ConversationId,
    pub identifier: String,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
}

/// Who is or was in a call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallParticipant {
    pub id: CallParticipantId,
    pub call_session_id: CallId,
    pub user_id: Option<UserId>,
    /// A guest of the old system.
    pub anonymous_id: Option<String>,
    pub role: CallRole,
    pub joined_at: Iso,
    pub left_at: Option<Iso>,
    pub is_audio_enabled: bool,
    pub is_video_enabled: bool,
    /// What the old system measured.
    pub connection_quality: Option<Value>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub avatar: Option<String>,
    pub user: Option<CallUser>,
}

/// A server that helps participants to connect to each other, as `RTCPeerConnection` takes it.
#[derive(Clone, Serialize, JsonSchema)]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// `call:initiated`: a member of a conversation calls the others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallInitiated {
    pub call_id: CallId,
    pub conversation_id: ConversationId,
    pub mode: CallMode,
    pub initiator: CallInitiator,
    pub participants: Vec<CallParticipant>,
}

/// Who calls.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallInitiator {
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
}

/// `call:join`: the socket has joined a call.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallJoined {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub call_session: CallSession,
    pub ice_servers: Vec<IceServer>,
}

/// `call:participant-joined`: somebody has joined, or takes part through another socket now.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallParticipantJoined {
    pub call_id: CallId,
    pub participant: CallParticipant,
    pub mode: CallMode,
    /// Only for the socket that has joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<Vec<IceServer>>,
}

/// `call:media-toggled`: somebody has turned the microphone or the camera on or off.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallMediaToggled {
    pub call_id: CallId,
    /// The user.
    pub participant_id: UserId,
    pub media_type: MediaType,
    pub enabled: bool,
}

/// `call:participant-left`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallParticipantLeft {
    pub call_id: CallId,
    pub participant_id: CallParticipantId,
    pub user_id: UserId,
    pub mode: CallMode,
}

/// `call:ended`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallEnded {
    pub call_id: CallId,
    pub conversation_id: ConversationId,
    /// How long it lasted since it was answered, in seconds.
    pub duration: i64,
    /// The user who has ended it; nobody if it was not answered, or has lasted too long.
    pub ended_by: Option<UserId>,
}

/// `call:error`: an event about a call failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallError {
    pub code: ErrorCode,
    pub message: String,
    /// After how many seconds a retry makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}
