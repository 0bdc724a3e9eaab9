//! Periodically checks whether connected users are still authorized: a token expires silently, and another
//! process may revoke a session, lock an account or remove a member. Also closes sockets that never
//! authenticate.

use super::connect::revoke;
use super::socket::Peer;
use super::state::{Room, Socket, Sockets, emit, guest, peer};
use meeshy_chat::{Authority, Chat, ChatError};
use meeshy_domain::{ConversationId, GuestId, UserId};
use meeshy_wire::{ConversationNew, event_name};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

/// How often to check: a user who is no longer authorized receives events for at most a second.
const RECHECK_INTERVAL: Duration = Duration::from_millis(800);

/// In every so many rounds it is looked which conversations nobody listens to any more.
const UNFOLLOW_ROUNDS: u64 = 10;

/// Connections checked with one read.
const BATCH: usize = 1_024;

/// Closes sockets that are no longer authorized, while the gateway serves.
pub async fn run(sockets: &Sockets) -> Infallible {
    let mut is_failing = false;
    let realtime = sockets.service();
    for round in 1_u64.. {
        tokio::time::sleep(RECHECK_INTERVAL).await;
        if round.is_multiple_of(UNFOLLOW_ROUNDS) {
            realtime.chat.events().unfollow(|conversation| {
                let rooms = [Room::Conversation(conversation), Room::Guests(conversation)];
                rooms.iter().any(|room| sockets.count(*room) > 0)
            });
        }
        realtime.pending.close_overdue(realtime.config.authentication_deadline);
        let users = all(sockets).await;
        match users.and(guests(sockets).await) {
            Ok(()) => is_failing = false,
            Err(error) if !is_failing => {
                tracing::warn!(%error, "Failed to recheck the access of connected sockets; retrying");
                is_failing = true;
            }
            Err(_) => {}
        }
    }
    std::future::pending().await
}

async fn all(sockets: &Sockets) -> Result<(), ChatError> {
    let chat = &sockets.service().chat;
    let mut held: HashMap<UserId, Vec<(Authority, Socket)>> = HashMap::new();
    for socket in sockets.sockets() {
        if let Some(authority) = peer(&socket).map(Peer::authority) {
            held.entry(authority.user).or_default().push((authority, socket));
        }
    }
    let now = chat.now();
    // Checks without the database do not wait for it.
    for (_, socket) in held.values().flatten().filter(|(authority, _)| authority.expires_at <= now) {
        revoke(socket);
    }
    let distinct: HashSet<Authority> =
        held.values().flatten().map(|(authority, _)| authority.clone()).collect();
    let distinct: Vec<Authority> = distinct.into_iter().collect();
    for batch in distinct.chunks(BATCH) {
        let ended = chat.sessions().ended(batch.to_vec()).await?;
        for authority in ended.authorities {
            let theirs = held.get(&authority.user).into_iter().flatten();
            theirs.filter(|(held, _)| *held == authority).for_each(|(_, socket)| revoke(socket));
        }
        for (user, conversation) in ended.memberships {
            for (_, socket) in held.get(&user).into_iter().flatten() {
                socket.leave(Room::Conversation(conversation));
            }
        }
        let people: HashSet<UserId> = batch.iter().map(|authority| authority.user).collect();
        let mut uncompared = Vec::new();
        for (user, sockets) in people.into_iter().filter_map(|user| held.get_key_value(&user)) {
            let state = ended.memberships_state.get(user).copied().unwrap_or(0);
            let theirs = sockets
                .iter()
                .filter(|(_, socket)| !peer(socket).is_some_and(|peer| peer.is_compared(state)));
            uncompared.extend(theirs.map(|(_, socket)| (*user, state, socket)));
        }
        compare(chat, &uncompared).await?;
    }
    Ok(())
}

/// Closes the sockets of guests who have left, or whose link does not work any more.
async fn guests(sockets: &Sockets) -> Result<(), ChatError> {
    let mut held: HashMap<GuestId, Vec<Socket>> = HashMap::new();
    for socket in sockets.sockets() {
        if let Some(id) = guest(&socket).map(|guest| guest.id) {
            held.entry(id).or_default().push(socket);
        }
    }
    let ids: Vec<GuestId> = held.keys().copied().collect();
    for batch in ids.chunks(BATCH) {
        for ended in sockets.service().chat.guests().ended(batch.to_vec()).await? {
            held.get(&ended).into_iter().flatten().for_each(revoke);
        }
    }
    Ok(())
}

/// Takes sockets out of the rooms of conversations of which their person is no member, and into those of which another process made
/// them one without anybody hearing of it.
///
/// A membership that has ended is found by its row. One whose row was deleted, or that has begun, is found here: a socket that is new,
/// and all sockets of a person whose memberships are in another state than before, are compared with what is there.
async fn compare(chat: &Chat, sockets: &[(UserId, i64, &Socket)]) -> Result<(), ChatError> {
    if sockets.is_empty() {
        return Ok(());
    }
    // Before the memberships are read: whoever is in a room by now had become a member.
    let rooms: Vec<Vec<Room>> = sockets.iter().map(|(_, _, socket)| socket.joined()).collect();
    let people: HashSet<UserId> = sockets.iter().map(|(user, ..)| *user).collect();
    let memberships = chat.conversations().memberships(people.into_iter().collect()).await?;
    let mut theirs: HashMap<UserId, Vec<(ConversationId, i64)>> = HashMap::new();
    for ((user, conversation), last_event) in &memberships {
        theirs.entry(*user).or_default().push((*conversation, *last_event));
    }
    for ((user, state, socket), rooms) in sockets.iter().zip(rooms) {
        let is_left = |room: &Room| match room {
            Room::Conversation(conversation) => !memberships.contains_key(&(*user, *conversation)),
            Room::Guests(_) | Room::User(_) | Room::Session(_) | Room::Call(_) => false,
        };
        rooms.iter().copied().filter(is_left).for_each(|room| socket.leave(room));
        let known: HashSet<Room> = rooms.into_iter().collect();
        for (conversation_id, last_event) in theirs.get(user).into_iter().flatten() {
            let room = Room::Conversation(*conversation_id);
            if known.contains(&room) {
                continue;
            }
            chat.events().follow(*conversation_id, *last_event);
            if socket.join(room) {
                let new = ConversationNew { conversation_id: *conversation_id, event_number: None };
                emit(socket, event_name::CONVERSATION_NEW, &new);
            }
        }
        peer(socket).inspect(|peer| peer.compared(*state));
    }
    Ok(())
}
