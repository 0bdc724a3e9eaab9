//! Calls, past and present, and who was in them.
//!
//! What is only needed while a call is going on is in [`live_calls`](crate::live_calls).

use crate::engine::record::record;
use crate::users::SHOWN_NAME;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{
    CallId, CallMode, CallParticipantId, CallRole, CallStatus, CallType, ConversationId, ConversationKind,
    MediaType, Timestamp, UserId,
};

record! {
    /// A call.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Call as "s" {
        /// Its id.
        pub id: CallId,
        /// The conversation.
        pub conversation_id: ConversationId,
        /// How media get from one participant to the others.
        pub mode: CallMode,
        /// Its state.
        pub status: CallStatus,
        /// Who has started it.
        pub initiator_id: UserId,
        /// When it was started.
        pub started_at: Timestamp,
        /// When it was answered.
        pub answered_at: Option<Timestamp>,
        /// When it was over.
        pub ended_at: Option<Timestamp>,
        /// How long it lasted from then, in seconds.
        pub duration: Option<i64>,
        /// Its settings, as JSON.
        pub metadata: Option<String>,
        /// The unique name of the initiator.
        pub initiator_username: String = "u.username",
        /// The displayed name of the initiator.
        pub initiator_name: String = SHOWN_NAME,
        /// The URL of the initiator's picture.
        pub initiator_avatar: Option<String> = "u.avatar",
        /// The identifier of the conversation.
        pub conversation_identifier: String = "c.identifier",
        /// The kind of the conversation.
        pub conversation_kind: ConversationKind = "c.kind",
    }
}

impl Call {
    /// What it was started with.
    pub fn call_type(&self) -> CallType {
        let metadata: Option<serde_json::Value> =
            self.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let is_video = metadata.is_some_and(|metadata| metadata["type"] == CallType::Video.name());
        if is_video { CallType::Video } else { CallType::Audio }
    }
}

record! {
    /// Who is or was in a call.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CallParticipant as "p" {
        /// The id of the participation.
        pub id: CallParticipantId,
        /// The call.
        pub call_session_id: CallId,
        /// The user, unless it was a guest.
        pub user_id: Option<UserId>,
        /// The guest.
        pub guest_id: Option<String>,
        /// Whether this is the one who has started it.
        pub role: CallRole,
        /// When the participant joined first.
        pub joined_at: Timestamp,
        /// When the participant left last; `None` as long as they are in the call.
        pub left_at: Option<Timestamp>,
        /// Whether the microphone is on.
        pub is_audio_enabled: bool,
        /// Whether the camera is on.
        pub is_video_enabled: bool,
        /// What the old system measured, as JSON.
        pub connection_quality: Option<String>,
        /// The unique name.
        pub username: Option<String> = "coalesce(u.username, g.username)",
        /// The displayed name.
        pub display_name: Option<String> =
            "CASE WHEN u.id IS NULL THEN g.first_name || ' ' || g.last_name ELSE coalesce(nullif(u.display_name, ''), u.username) END",
        /// The URL of the picture.
        pub avatar: Option<String> = "u.avatar",
    }
}

/// A call to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Its id.
    pub id: CallId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Who starts it.
    pub initiator_id: UserId,
    /// When.
    pub started_at: Timestamp,
    /// Its settings, as JSON.
    pub metadata: String,
}

/// A participant who joins for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParticipant {
    /// The id of the participation.
    pub id: CallParticipantId,
    /// The call.
    pub call_id: CallId,
    /// The user.
    pub user_id: UserId,
    /// Whether this is the one who has started it.
    pub role: CallRole,
    /// When.
    pub joined_at: Timestamp,
    /// Whether the microphone is on.
    pub is_audio_enabled: bool,
    /// Whether the camera is on.
    pub is_video_enabled: bool,
}

/// The end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallEnd {
    /// Its last state.
    pub status: CallStatus,
    /// When.
    pub at: Timestamp,
    /// How long it lasted since it was answered, in seconds.
    pub duration: Option<i64>,
    /// Why, if nobody hung up.
    pub reason: Option<&'static str>,
}

/// Adds a call.
pub fn insert(tx: &mut Tx<'_>, call: &NewCall) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO call_sessions (id, conversation_id, initiator_id, started_at, metadata) VALUES ($1, $2, $3, $4, $5)",
        &[
            call.id.into(),
            call.conversation_id.into(),
            call.initiator_id.into(),
            call.started_at.into(),
            (&call.metadata).into(),
        ],
    )?;
    Ok(())
}

/// The call with this id.
pub fn find(id: CallId) -> Query<Option<Call>> {
    Query::optional(
        format!(
            "SELECT {} FROM call_sessions s JOIN users u ON u.id = s.initiator_id \
             JOIN conversations c ON c.id = s.conversation_id WHERE s.id = $1",
            Call::columns()
        ),
        vec![id.into()],
    )
}

/// From where [`CallParticipant`] is read.
const PARTICIPANTS: &str =
    "call_participants p LEFT JOIN users u ON u.id = p.user_id LEFT JOIN guests g ON g.id = p.guest_id";

/// The participants of a call, present and former ones, at most `limit`, in order of joining.
pub fn participants(call: CallId, limit: i64) -> Query<Vec<CallParticipant>> {
    Query::all(
        format!(
            "SELECT {} FROM {PARTICIPANTS} WHERE p.call_session_id = $1 ORDER BY p.joined_at, p.role, p.id LIMIT $2",
            CallParticipant::columns()
        ),
        vec![call.into(), limit.into()],
    )
}

/// The participation of a user who is or was in a call.
pub fn participant(call: CallId, user: UserId) -> Query<Option<CallParticipant>> {
    Query::optional(
        format!(
            "SELECT {} FROM {PARTICIPANTS} WHERE p.call_session_id = $1 AND p.user_id = $2",
            CallParticipant::columns()
        ),
        vec![call.into(), user.into()],
    )
}

/// Adds a participant.
pub fn add_participant(tx: &mut Tx<'_>, new: &NewParticipant) -> Result<(), StoreError> {
    tx.insert_into(
        "call_participants",
        vec![
            ("id", new.id.into()),
            ("call_session_id", new.call_id.into()),
            ("user_id", new.user_id.into()),
            ("role", new.role.into()),
            ("joined_at", new.joined_at.into()),
            ("is_audio_enabled", new.is_audio_enabled.into()),
            ("is_video_enabled", new.is_video_enabled.into()),
        ],
    )
}

/// A former participant is in the call again.
pub fn come_back(
    tx: &mut Tx<'_>,
    id: CallParticipantId,
    is_audio_enabled: bool,
    is_video_enabled: bool,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE call_participants SET left_at = NULL, is_audio_enabled = $2, is_video_enabled = $3 WHERE id = $1",
        &[id.into(), is_audio_enabled.into(), is_video_enabled.into()],
    )?;
    Ok(())
}

/// Somebody has answered a call; later answers change nothing.
pub fn answer(tx: &mut Tx<'_>, call: CallId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE call_sessions SET status = 'active', answered_at = $2 WHERE id = $1 AND answered_at IS NULL",
        &[call.into(), now.into()],
    )?;
    Ok(())
}

/// Turns the microphone or the camera of a participant on or off.
pub fn set_media(
    tx: &mut Tx<'_>,
    id: CallParticipantId,
    media: MediaType,
    is_enabled: bool,
) -> Result<(), StoreError> {
    let sql = match media {
        MediaType::Audio => "UPDATE call_participants SET is_audio_enabled = $2 WHERE id = $1",
        MediaType::Video => "UPDATE call_participants SET is_video_enabled = $2 WHERE id = $1",
    };
    tx.execute(sql, &[id.into(), is_enabled.into()])?;
    Ok(())
}

/// A participant leaves.
pub fn leave(tx: &mut Tx<'_>, id: CallParticipantId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE call_participants SET left_at = $2 WHERE id = $1", &[id.into(), now.into()])?;
    Ok(())
}

/// Ends a call, and with it every participation.
pub fn end(tx: &mut Tx<'_>, call: CallId, end: CallEnd) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE call_sessions SET status = $2, ended_at = $3, duration = $4, end_reason = $5 WHERE id = $1",
        &[call.into(), end.status.into(), end.at.into(), end.duration.into(), end.reason.into()],
    )?;
    tx.execute(
        "UPDATE call_participants SET left_at = $2 WHERE call_session_id = $1 AND left_at IS NULL",
        &[call.into(), end.at.into()],
    )?;
    Ok(())
}

/// Ends imported calls that were started before this time and never ended. Nobody knows when they did, so that stays
/// open. Returns how many there were.
pub fn end_abandoned(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE call_sessions SET status = 'ended', end_reason = 'abandoned' \
         WHERE status IN ('initiated', 'ringing', 'active') AND started_at < $1 \
           AND NOT EXISTS (SELECT 1 FROM live_calls l WHERE l.call_id = call_sessions.id)",
        &[before.into()],
    )
}
