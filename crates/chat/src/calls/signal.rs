//! What participants of a call tell each other through the server.

use super::Calls;
use super::announce::announce;
use super::find::call_id;
use crate::ChatError;
use crate::call_refusal::CallRefusal;
use crate::event_bus::{CallChange, CallSignal};
use meeshy_domain::call::SIGNAL_WINDOW;
use meeshy_domain::{MediaType, UserId, limits};
use meeshy_store::calls::{self, Call};
use meeshy_store::live_participants::{self, LiveParticipant};
use meeshy_store::{Tx, live_calls};

impl Calls {
    /// Passes a signal from one participant to another one.
    ///
    /// # Errors
    /// When it is too long, the caller has signalled too much in the last minute, or one of the two is not in the call.
    pub async fn signal(
        &self,
        caller: UserId,
        id: &str,
        from: &str,
        to: &str,
        signal: CallSignal,
    ) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), call_id(id)?);
        let bytes = checked_bytes(&signal)?;
        if from != caller.to_string() {
            return Err(CallRefusal::SenderMismatch.into());
        }
        let to: UserId = to.parse().map_err(|_| CallRefusal::TargetNotFound)?;
        let write = move |tx: &mut Tx<'_>| {
            let found = tx.fetch((calls::find(id), live_participants::of_call(id)))?;
            let (call, _, present) = own(found, caller)?;
            if to == caller || !present.iter().any(|one| one.user_id == to) {
                return Err(CallRefusal::TargetNotFound.into());
            }
            let number = live_calls::advance(tx, id)?.ok_or(CallRefusal::Ended)?;
            let sent = live_participants::count_signal(tx, id, caller, bytes, SIGNAL_WINDOW)?;
            if sent > limits::SIGNAL_BYTES_IN_WINDOW {
                return Err(CallRefusal::TooManySignals.into());
            }
            let change = CallChange::Signal { from: caller, to, signal: signal.clone() };
            announce(tx, &service.context, &call, number, change)
        };
        self.context.store.write(write).await
    }

    /// Turns the microphone or the camera of the caller on or off, as the others see it.
    ///
    /// # Errors
    /// When the caller is not in such a call.
    pub async fn set_media(
        &self,
        caller: UserId,
        id: &str,
        media: MediaType,
        is_enabled: bool,
    ) -> Result<(), ChatError> {
        let (service, id) = (self.clone(), call_id(id)?);
        let write = move |tx: &mut Tx<'_>| {
            let found = tx.fetch((calls::find(id), live_participants::of_call(id)))?;
            let (call, own, _) = own(found, caller)?;
            let number = live_calls::advance(tx, id)?.ok_or(CallRefusal::Ended)?;
            calls::set_media(tx, own.participant_id, media, is_enabled)?;
            let change = CallChange::Media { user: caller, media, is_enabled };
            announce(tx, &service.context, &call, number, change)
        };
        self.context.store.write(write).await
    }
}

/// The call, the caller in it, and everybody in it.
fn own(
    (call, present): (Option<Call>, Vec<LiveParticipant>),
    caller: UserId,
) -> Result<(Call, LiveParticipant, Vec<LiveParticipant>), ChatError> {
    let call = call.ok_or(CallRefusal::NotFound)?;
    match present.iter().find(|one| one.user_id == caller) {
        Some(own) => Ok((call, own.clone(), present)),
        None => Err(CallRefusal::NotAParticipant.into()),
    }
}

/// The length of a signal in bytes.
fn checked_bytes(signal: &CallSignal) -> Result<usize, CallRefusal> {
    let is_longer = |text: &str, max: usize| text.chars().nth(max).is_some();
    let problem = match signal {
        CallSignal::Offer(sdp) | CallSignal::Answer(sdp) if is_longer(sdp, limits::SDP_CHARS) => {
            format!("`sdp` is longer than {} characters", limits::SDP_CHARS)
        }
        CallSignal::IceCandidate { candidate, .. } if is_longer(candidate, limits::ICE_CANDIDATE_CHARS) => {
            format!("`candidate` is longer than {} characters", limits::ICE_CANDIDATE_CHARS)
        }
        CallSignal::IceCandidate { sdp_mid: Some(mid), .. } if is_longer(mid, limits::SDP_MID_CHARS) => {
            format!("`sdpMid` is longer than {} characters", limits::SDP_MID_CHARS)
        }
        _ => {
            let bytes = match signal {
                CallSignal::Offer(sdp) | CallSignal::Answer(sdp) => sdp.len(),
                CallSignal::IceCandidate { candidate, sdp_mid, .. } => {
                    candidate.len() + sdp_mid.as_ref().map_or(0, String::len)
                }
            };
            if bytes <= limits::SIGNAL_BYTES {
                return Ok(bytes);
            }
            format!("it is longer than {} bytes", limits::SIGNAL_BYTES)
        }
    };
    Err(CallRefusal::InvalidSignal(problem))
}
