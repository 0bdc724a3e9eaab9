//! Handles the events of sockets that are about calls.

use super::handlers::{read, restarting};
use super::socket::Peer;
use super::state::{Realtime, Room, Socket, emit};
use crate::http::calls::{call_type, media};
use crate::http::error::ApiError;
use crate::views;
use meeshy_chat::{CallRefusal, CallSignal, CallView, ChatError, NewCall};
use meeshy_domain::{CallId, MediaType};
use meeshy_socketio::Event;
use meeshy_wire::{
    CallJoined, CallParticipantJoined, CallRef, ClientEvent, ConversationRef, JoinCall, Signal, SignalCall,
    SignalType, StartCall, ToggleMedia, client_event, event_name,
};

impl Realtime {
    /// Handles an event about a call of an authenticated socket.
    pub(super) async fn handle_call(
        &self,
        socket: &Socket,
        peer: &Peer,
        kind: ClientEvent,
        event: &Event,
    ) -> Result<(), ApiError> {
        let _handling = self.begin().ok_or_else(restarting)?;
        let (calls, user, limits) = (self.chat.calls(), peer.user, &self.limiter.limits);
        let limit = match kind {
            ClientEvent::CallInitiate => limits.call_starts,
            ClientEvent::CallJoin | ClientEvent::CallAccept => limits.call_joins,
            ClientEvent::CallSignal => limits.call_signals,
            ClientEvent::CallToggleAudio | ClientEvent::CallToggleVideo => limits.call_media,
            _ => limits.call_leaves,
        };
        self.limiter.count_call(limit, user)?;
        match kind {
            ClientEvent::CallInitiate => {
                self.initiate(socket, peer, read(client_event::CALL_INITIATE, event)?).await?;
            }
            ClientEvent::CallJoin => {
                self.join_call(socket, peer, read(client_event::CALL_JOIN, event)?).await?;
            }
            ClientEvent::CallAccept => {
                self.join_call(socket, peer, read(client_event::CALL_ACCEPT, event)?).await?;
            }
            ClientEvent::CallSignal => {
                self.signal(peer, read(client_event::CALL_SIGNAL, event)?).await?;
            }
            ClientEvent::CallToggleAudio => {
                let ToggleMedia { call_id, enabled } = read(client_event::CALL_TOGGLE_AUDIO, event)?;
                calls.set_media(user, &call_id, MediaType::Audio, enabled).await?;
            }
            ClientEvent::CallToggleVideo => {
                let ToggleMedia { call_id, enabled } = read(client_event::CALL_TOGGLE_VIDEO, event)?;
                calls.set_media(user, &call_id, MediaType::Video, enabled).await?;
            }
            ClientEvent::CallLeave => {
                let CallRef { call_id } = read(client_event::CALL_LEAVE, event)?;
                calls.leave(user, &call_id).await?;
            }
            ClientEvent::CallReject => {
                let CallRef { call_id } = read(client_event::CALL_REJECT, event)?;
                calls.decline(user, &call_id).await?;
            }
            ClientEvent::CallForceLeave => {
                let ConversationRef { conversation_id } = read(client_event::CALL_FORCE_LEAVE, event)?;
                calls.leave_conversation(user, &conversation_id).await?;
            }
            ClientEvent::CallEnd => {
                let CallRef { call_id } = read(client_event::CALL_END, event)?;
                calls.end(user, &call_id).await?;
            }
            // Not about a call.
            _ => {}
        }
        Ok(())
    }

    /// The members, and with them this socket, are told by the dispatcher.
    async fn initiate(&self, socket: &Socket, peer: &Peer, data: StartCall) -> Result<(), ApiError> {
        let (calls, call_type) = (self.chat.calls(), call_type(&data.call_type)?);
        let id = calls.new_id();
        let new = NewCall {
            id,
            conversation: data.conversation_id,
            call_type,
            media: media(data.settings),
            socket: Some(self.take_part(socket, peer, id)),
        };
        let started = calls.start(peer.user, new).await;
        // Whatever happens in a call comes after its start.
        let is_in = if started.is_ok() { peer.calls.joined(id, 0) } else { peer.calls.refused(id) };
        if !is_in {
            socket.leave(Room::Call(id));
        }
        started?;
        Ok(())
    }

    async fn join_call(&self, socket: &Socket, peer: &Peer, data: JoinCall) -> Result<(), ApiError> {
        let (calls, user) = (self.chat.calls(), peer.user);
        let id: CallId =
            data.call_id.parse().map_err(|_| ApiError::from(ChatError::from(CallRefusal::NotFound)))?;
        // Before it listens, it has to be one who may know of the call; and it listens before others hear of it.
        calls.find(user, &data.call_id).await?;
        let name = self.take_part(socket, peer, id);
        let joined = calls.join(user, &data.call_id, media(data.settings), Some(name)).await;
        let is_in = match &joined {
            Ok(joined) => peer.calls.joined(id, joined.number),
            Err(_) => peer.calls.refused(id),
        };
        if !is_in {
            socket.leave(Room::Call(id));
        }
        self.welcome_to_call(socket, peer, joined?.view);
        Ok(())
    }

    /// Tells a socket that it is in a call. Some clients wait for the one event, some for the other.
    fn welcome_to_call(&self, socket: &Socket, peer: &Peer, view: CallView) {
        let ice_servers = views::ice_servers(self.chat.calls().ice_servers(peer.user));
        let own = view.participants.iter().find(|one| one.user_id == Some(peer.user));
        let joined = own.map(|own| CallParticipantJoined {
            call_id: view.call.id,
            participant: views::call_participant(own.clone()),
            mode: view.call.mode,
            ice_servers: Some(ice_servers.clone()),
        });
        let call_session = views::call_session(view);
        emit(socket, event_name::CALL_JOINED, &CallJoined { success: true, call_session, ice_servers });
        if let Some(joined) = joined {
            emit(socket, event_name::CALL_PARTICIPANT_JOINED, &joined);
        }
    }

    async fn signal(&self, peer: &Peer, SignalCall { call_id, signal }: SignalCall) -> Result<(), ApiError> {
        let (from, to) = (signal.from.clone(), signal.to.clone());
        let signal = parsed(signal).map_err(ChatError::from)?;
        Ok(self.chat.calls().signal(peer.user, &call_id, &from, &to, signal).await?)
    }

    /// Puts a socket into the room of a call; returns its name there.
    fn take_part(&self, socket: &Socket, peer: &Peer, call: CallId) -> String {
        socket.join(Room::Call(call));
        peer.calls.join(call, || self.chat.secrets().hex(8))
    }
}

fn parsed(signal: Signal) -> Result<CallSignal, CallRefusal> {
    let sdp = |sdp: Option<String>| {
        sdp.ok_or_else(|| CallRefusal::InvalidSignal("an offer and an answer have `sdp`".into()))
    };
    Ok(match signal.kind {
        SignalType::Offer => CallSignal::Offer(sdp(signal.sdp)?),
        SignalType::Answer => CallSignal::Answer(sdp(signal.sdp)?),
        SignalType::IceCandidate => CallSignal::IceCandidate {
            candidate: signal.candidate.unwrap_or_default(),
            sdp_m_line_index: signal.sdp_m_line_index,
            sdp_mid: signal.sdp_mid,
        },
    })
}
