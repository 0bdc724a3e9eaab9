//! Presence at other gateways, which is not in the event log.

use super::connect::look_and_announce;
use super::state::Sockets;
use std::convert::Infallible;

/// Notifies the sockets here of users that connect or disconnect at other gateways, while the gateway serves.
pub async fn run(sockets: &Sockets) -> Infallible {
    let chat = &sockets.service().chat;
    loop {
        for user in chat.presence().changed_elsewhere().await {
            look_and_announce(sockets, user).await;
        }
    }
}
