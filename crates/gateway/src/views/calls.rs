//! Calls.

use meeshy_chat::model::{Call, CallParticipant};
use meeshy_chat::{CallEvent, CallMember, CallPerson, CallSignal, CallView, IceServer};
use meeshy_domain::{CallId, MediaType, UserId};
use meeshy_wire as wire;
use serde_json::Value;

/// A call and its participants.
pub fn call_session(CallView { call, participants }: CallView) -> wire::CallSession {
    wire::CallSession {
        id: call.id,
        conversation_id: call.conversation_id,
        mode: call.mode,
        status: call.status,
        initiator_id: call.initiator_id,
        started_at: call.started_at.into(),
        answered_at: call.answered_at.map(Into::into),
        ended_at: call.ended_at.map(Into::into),
        duration: call.duration,
        metadata: parsed(call.metadata.as_deref()),
        conversation: wire::CallConversation {
            id: call.conversation_id,
            identifier: call.conversation_identifier.clone(),
            kind: call.conversation_kind,
        },
        initiator: initiator(call),
        participants: participants.into_iter().map(call_participant).collect(),
    }
}

fn initiator(call: Call) -> wire::CallUser {
    wire::CallUser {
        id: call.initiator_id,
        username: call.initiator_username,
        display_name: call.initiator_name,
        avatar: call.initiator_avatar,
    }
}

/// Who is or was in a call.
pub fn call_participant(participant: CallParticipant) -> wire::CallParticipant {
    let CallParticipant { user_id, username, display_name, avatar, .. } = participant;
    let user = user_id.map(|id| wire::CallUser {
        id,
        username: username.clone().unwrap_or_default(),
        display_name: display_name.clone().unwrap_or_default(),
        avatar: avatar.clone(),
    });
    wire::CallParticipant {
        id: participant.id,
        call_session_id: participant.call_session_id,
        user_id,
        anonymous_id: participant.guest_id,
        role: participant.role,
        joined_at: participant.joined_at.into(),
        left_at: participant.left_at.map(Into::into),
        is_audio_enabled: participant.is_audio_enabled,
        is_video_enabled: participant.is_video_enabled,
        connection_quality: parsed(participant.connection_quality.as_deref()),
        username,
        display_name,
        avatar,
        user,
    }
}

/// Who is in a call.
pub fn call_member(member: &CallMember) -> wire::CallParticipant {
    let CallPerson { user, username, display_name, avatar } = member.person.clone();
    wire::CallParticipant {
        id: member.id,
        call_session_id: member.call_id,
        user_id: Some(user),
        anonymous_id: None,
        role: member.role,
        joined_at: member.joined_at().into(),
        left_at: None,
        is_audio_enabled: member.is_audio_enabled,
        is_video_enabled: member.is_video_enabled,
        connection_quality: None,
        username: Some(username.clone()),
        display_name: Some(display_name.clone()),
        avatar: avatar.clone(),
        user: Some(wire::CallUser { id: user, username, display_name, avatar }),
    }
}

/// Somebody calls the members of a conversation.
pub fn call_initiated(event: &CallEvent, initiator: &CallPerson, member: &CallMember) -> wire::CallInitiated {
    wire::CallInitiated {
        call_id: event.call_id,
        conversation_id: event.conversation_id,
        mode: event.mode,
        initiator: wire::CallInitiator {
            user_id: initiator.user,
            username: initiator.username.clone(),
            display_name: initiator.display_name.clone(),
            avatar: initiator.avatar.clone(),
        },
        participants: vec![call_member(member)],
    }
}

/// A signal to another participant.
pub fn call_signal(call: CallId, from: UserId, to: UserId, signal: &CallSignal) -> wire::SignalCall {
    let (kind, sdp) = match signal {
        CallSignal::Offer(sdp) => (wire::SignalType::Offer, Some(sdp.clone())),
        CallSignal::Answer(sdp) => (wire::SignalType::Answer, Some(sdp.clone())),
        CallSignal::IceCandidate { .. } => (wire::SignalType::IceCandidate, None),
    };
    let (candidate, sdp_m_line_index, sdp_mid) = match signal.clone() {
        CallSignal::IceCandidate { candidate, sdp_m_line_index, sdp_mid } => {
            (Some(candidate), sdp_m_line_index, sdp_mid)
        }
        CallSignal::Offer(_) | CallSignal::Answer(_) => (None, None, None),
    };
    let (from, to) = (from.to_string(), to.to_string());
    let signal = wire::Signal { kind, from, to, sdp, candidate, sdp_m_line_index, sdp_mid };
    wire::SignalCall { call_id: call.to_string(), signal }
}

/// The microphone or the camera of a participant.
pub fn call_media(call_id: CallId, user: UserId, media: MediaType, enabled: bool) -> wire::CallMediaToggled {
    wire::CallMediaToggled { call_id, participant_id: user, media_type: media, enabled }
}

/// The servers that help participants to connect to each other.
pub fn ice_servers(servers: Vec<IceServer>) -> Vec<wire::IceServer> {
    let server = |IceServer { urls, credentials }| {
        let (username, credential) = credentials.unzip();
        wire::IceServer { urls, username, credential }
    };
    servers.into_iter().map(server).collect()
}

/// A column that contains JSON. The import has seen to that it does.
fn parsed(text: Option<&str>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
