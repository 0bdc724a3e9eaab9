//! Presence at other gateways, which is not in the event log.

use super::connect::announce;
use super::state::Sockets;
use std::convert::Infallible;

/// Notifies the sockets here of users that connect or disconnect at other gateways, while the gateway serves.
pub async fn run(sockets: &Sockets) -> Infallible {
    let chat = &sockets.service().chat;
    loop {
        for user in chat.presence().changed_elsewhere().await {
            match chat.conversations().named_audience(user).await {
                Ok(Some((display_name, audience))) => announce(sockets, user, &display_name, &audience),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "Failed to tell that somebody comes or goes at another gateway");
                }
            }
        }
    }
}
