//! Looking again and again whether those who are connected may still be: a token expires without a word, and another
//! process revokes a session, locks an account or removes a member. Those who never say who they are have to go as well.

use super::connect::revoke;
use super::socket::Peer;
use super::{Room, Socket, Sockets};
use meeshy_chat::{Authority, ChatError};
use meeshy_domain::UserId;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::Duration;

/// How often it is looked: whoever may not be here any more hears of things for at most a second.
const RECHECK_INTERVAL: Duration = Duration::from_millis(800);

/// Connections looked up with one read.
const BATCH: usize = 1_024;

/// Closes the sockets whose right to be here has ended, for as long as the gateway serves.
pub async fn run(sockets: &Sockets) -> Infallible {
    let mut is_failing = false;
    loop {
        tokio::time::sleep(RECHECK_INTERVAL).await;
        match all(sockets).await {
            Ok(()) => is_failing = false,
            Err(error) if !is_failing => {
                tracing::warn!(%error, "failed to check who may stay connected; trying again");
                is_failing = true;
            }
            Err(_) => {}
        }
    }
}

async fn all(sockets: &Sockets) -> Result<(), ChatError> {
    let (chat, deadline) = (&sockets.service().chat, sockets.service().config.authentication_deadline);
    let mut held: HashMap<UserId, Vec<(Authority, Socket)>> = HashMap::new();
    for socket in sockets.sockets() {
        if let Some(authority) = socket.state().peer().map(Peer::authority) {
            held.entry(authority.user).or_default().push((authority, socket));
        } else if socket.state().is_overdue(deadline) {
            socket.disconnect();
        }
    }
    let now = chat.now();
    // What needs no database does not wait for it.
    for (_, socket) in held.values().flatten().filter(|(authority, _)| authority.expires_at <= now) {
        revoke(socket);
    }
    let distinct: HashSet<Authority> = held.values().flatten().map(|(authority, _)| *authority).collect();
    let distinct: Vec<Authority> = distinct.into_iter().collect();
    for batch in distinct.chunks(BATCH) {
        let ended = chat.ended(batch.to_vec()).await?;
        for authority in ended.authorities {
            let theirs = held.get(&authority.user).into_iter().flatten();
            theirs.filter(|(held, _)| *held == authority).for_each(|(_, socket)| revoke(socket));
        }
        for (user, conversation) in ended.memberships {
            for (_, socket) in held.get(&user).into_iter().flatten() {
                socket.leave(Room::Conversation(conversation));
            }
        }
    }
    Ok(())
}
