//! Tells sockets what happens in calls.

use super::state::{Room, Socket, Sockets, count_missed, emit, peer, tell};
use crate::views;
use meeshy_chat::{CallChange, CallEvent};
use meeshy_domain::UserId;
use meeshy_wire::{CallEnded, CallParticipantJoined, CallParticipantLeft, event_name};

/// Sends an event of a call, with its number there, to those whom it concerns: the members who are called, or the sockets in the call.
pub fn deliver(sockets: &Sockets, number: i64, event: &CallEvent) {
    let CallEvent { call_id, conversation_id, mode, change } = event;
    let (call_id, mode) = (*call_id, *mode);
    let (members, in_call) = (Room::Conversation(*conversation_id), Room::Call(call_id));
    match change {
        CallChange::Initiated { initiator, participant, hidden_from } => {
            let initiated = views::call_initiated(event, initiator, participant);
            tell(sockets, &[members], hidden_from, event_name::CALL_INITIATED, &initiated);
        }
        CallChange::Joined(member) => {
            let participant = views::call_member(member);
            let joined = CallParticipantJoined { call_id, participant, mode, ice_servers: None };
            let user = member.person.user;
            tell(sockets, &[in_call], &[user], event_name::CALL_PARTICIPANT_JOINED, &joined);
            // The user's other devices stop ringing. The socket that has joined is answered by the handler.
            let own = sockets.members(Room::User(user));
            for socket in own.iter().filter(|socket| !socket.is_in(in_call)) {
                emit(socket, event_name::CALL_PARTICIPANT_JOINED, &joined);
            }
        }
        CallChange::Signal { from, to, signal } => {
            let signal = views::call_signal(call_id, *from, *to, signal);
            let is_recipient = |socket: &Socket| is_of(socket, *to);
            let name = event_name::CALL_SIGNAL.as_str();
            count_missed(sockets.broadcast_if(in_call, is_recipient, name, &signal));
        }
        CallChange::Media { user, media, is_enabled } => {
            let toggled = views::call_media(call_id, *user, *media, *is_enabled);
            tell(sockets, &[in_call], &[], event_name::CALL_MEDIA_TOGGLED, &toggled);
        }
        CallChange::Left { participant_id, user } => {
            let left = CallParticipantLeft { call_id, participant_id: *participant_id, user_id: *user, mode };
            let theirs: Vec<Socket> =
                sockets.members(in_call).into_iter().filter(|socket| is_of(socket, *user)).collect();
            let peers = || theirs.iter().filter_map(peer);
            // It comes late, from another gateway: they are back.
            if !peers().any(|peer| peer.calls.has_joined_after(call_id, number)) {
                tell(sockets, &[in_call], &[], event_name::CALL_PARTICIPANT_LEFT, &left);
            }
            for socket in &theirs {
                if peer(socket).is_none_or(|peer| peer.calls.leaves(call_id, number)) {
                    socket.leave(in_call);
                }
            }
        }
        CallChange::Ended { duration, ended_by } => {
            let (conversation_id, duration, ended_by) = (*conversation_id, *duration, *ended_by);
            let ended = CallEnded { call_id, conversation_id, duration, ended_by };
            tell(sockets, &[members, in_call], &[], event_name::CALL_ENDED, &ended);
            for socket in sockets.members(in_call) {
                socket.leave(in_call);
                if let Some(peer) = peer(&socket) {
                    peer.calls.forget(call_id);
                }
            }
        }
    }
}

fn is_of(socket: &Socket, user: UserId) -> bool {
    peer(socket).is_some_and(|peer| peer.user == user)
}
