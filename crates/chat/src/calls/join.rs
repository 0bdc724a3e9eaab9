//! Joins calls.

use super::Calls;
use super::announce::announce;
use super::find::{CallView, call_id, known, view};
use crate::ChatError;
use crate::call_refusal::CallRefusal;
use crate::event_bus::{CallChange, CallMember};
use meeshy_domain::{CallId, CallParticipantId, CallRole, CallType, UserId, call};
use meeshy_store::calls::{self, Call, NewParticipant};
use meeshy_store::live_participants::{self, LiveParticipant};
use meeshy_store::{StoreError, Tx, live_calls, visibility};

/// What somebody who joins has turned on; `None` is the default of the call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Media {
    /// The microphone.
    pub audio: Option<bool>,
    /// The camera.
    pub video: Option<bool>,
}

/// A call that somebody has joined.
#[derive(Debug, Clone)]
pub struct JoinedCall {
    /// The call, and who is in it.
    pub view: CallView,
    /// The number of the event of joining: those with lower numbers happened before.
    pub number: i64,
}

impl Media {
    /// Whether the microphone and the camera are on.
    pub(super) fn enabled(self, call_type: CallType) -> (bool, bool) {
        (self.audio.unwrap_or(true), self.video.unwrap_or(call_type == CallType::Video))
    }
}

impl Calls {
    /// Joins a call, which answers it. One who is in it already takes part through this socket from now on.
    ///
    /// # Errors
    /// When there is no such call, it is over or full, or somebody in it and the caller have blocked each other.
    pub async fn join(
        &self,
        caller: UserId,
        id: &str,
        media: Media,
        socket: Option<String>,
    ) -> Result<JoinedCall, ChatError> {
        let (service, id) = (self.clone(), call_id(id)?);
        let write = move |tx: &mut Tx<'_>| {
            let (call, ..) = known(tx, caller, id)?;
            let number = live_calls::advance(tx, id)?.ok_or(CallRefusal::Ended)?;
            let present = tx.fetch(live_participants::of_call(id))?;
            let own = present.iter().find(|one| one.user_id == caller);
            if own.is_none() {
                may_join(tx, caller, &present)?;
            }
            let participant_id = service.take_part(tx, &call, caller, media, own.is_some())?;
            let is_news = own.is_none_or(|own| socket.is_some() && own.socket != socket);
            // Without a socket, one who is in it with one keeps that.
            if is_news {
                service.connect(tx, id, caller, participant_id, socket.clone())?;
            }
            if own.is_none() && !present.is_empty() {
                calls::answer(tx, id, service.context.now())?;
                let ends_at = tx.now()?.plus(call::MAX_CALL_TIME);
                live_calls::set_end(tx, id, ends_at)?;
            }
            if is_news && let Some(joined) = tx.fetch(calls::participant(id, caller))? {
                let joined = CallMember::of(&joined).ok_or(CallRefusal::NotAParticipant)?;
                announce(tx, &service.context, &call, number, CallChange::Joined(joined))?;
            }
            Ok(JoinedCall { view: view(tx, id)?, number })
        };
        self.context.store.write(write).await
    }

    /// Stores that a participant is in a call from now on, through this socket of this gateway if there is one.
    pub(super) fn connect(
        &self,
        tx: &mut Tx<'_>,
        call_id: CallId,
        user_id: UserId,
        participant_id: CallParticipantId,
        socket: Option<String>,
    ) -> Result<(), StoreError> {
        let gateway_id = socket.as_ref().map(|_| self.context.process.clone());
        let (gone_at, missing_since) = (None, None);
        let live =
            LiveParticipant { call_id, user_id, participant_id, gateway_id, socket, gone_at, missing_since };
        live_participants::put(tx, &live)
    }

    /// Stores that a user is in a call; returns the participation.
    fn take_part(
        &self,
        tx: &mut Tx<'_>,
        call: &Call,
        user: UserId,
        media: Media,
        is_present: bool,
    ) -> Result<CallParticipantId, ChatError> {
        let (is_audio_enabled, is_video_enabled) = media.enabled(call.call_type());
        if let Some(known) = tx.fetch(calls::participant(call.id, user))? {
            if !is_present || media != Media::default() {
                calls::come_back(tx, known.id, is_audio_enabled, is_video_enabled)?;
            }
            return Ok(known.id);
        }
        let new = NewParticipant {
            id: self.context.new_id(),
            call_id: call.id,
            user_id: user,
            role: CallRole::Participant,
            joined_at: self.context.now(),
            is_audio_enabled,
            is_video_enabled,
        };
        calls::add_participant(tx, &new)?;
        Ok(new.id)
    }
}

fn may_join(tx: &mut Tx<'_>, caller: UserId, present: &[LiveParticipant]) -> Result<(), ChatError> {
    if present.len() >= call::MAX_PARTICIPANTS {
        return Err(CallRefusal::Full.into());
    }
    for other in present {
        if tx.fetch(visibility::is_blocked(caller, other.user_id))? {
            let why = "you cannot talk to somebody in this call".to_owned();
            return Err(CallRefusal::NotAllowed(why).into());
        }
    }
    Ok(())
}
