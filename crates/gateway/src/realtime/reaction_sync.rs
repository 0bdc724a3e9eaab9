//! Answers requests for the reactions to messages.
//!
//! Clients ask once for each message that they show. The requests that a socket sends within a few milliseconds are
//! answered with one read.

use super::connect;
use super::handlers::{acknowledge, refuse};
use super::socket::Peer;
use super::state::{self, Realtime, Socket};
use crate::http::error::ApiError;
use crate::views;
use axum::http::StatusCode;
use meeshy_chat::{Authority, Chat, ChatError, MessageReactions};
use meeshy_socketio::Event;
use meeshy_wire::client_event;
use std::time::Duration;

/// How long the first request waits for others.
const COALESCE_WINDOW: Duration = Duration::from_millis(2);

impl Realtime {
    /// Answers a request, soon.
    pub(super) async fn sync_reactions(
        &self,
        socket: &Socket,
        peer: &Peer,
        event: &Event,
        message: String,
    ) -> Result<(), ApiError> {
        if !event.expects_ack() {
            // Nobody waits for the answer, except if it is an error.
            let found = found(&self.chat, peer.authority(), vec![message]).await?;
            return found.into_iter().try_for_each(|found| found.map(drop).ok_or_else(missing));
        }
        if peer.reaction_syncs.push(event.clone(), message) {
            let (chat, socket) = (self.chat.clone(), socket.clone());
            tokio::spawn(async move {
                let Some(peer) = state::peer(&socket) else { return };
                loop {
                    tokio::time::sleep(COALESCE_WINDOW).await;
                    let requests = peer.reaction_syncs.take();
                    if requests.is_empty() {
                        break;
                    }
                    answer(&chat, &socket, peer, requests).await;
                }
            });
        }
        Ok(())
    }
}

async fn answer(chat: &Chat, socket: &Socket, peer: &Peer, requests: Vec<(Event, String)>) {
    let (events, messages): (Vec<Event>, Vec<String>) = requests.into_iter().unzip();
    match found(chat, peer.authority(), messages).await.map_err(ApiError::from) {
        Ok(found) => {
            for (event, found) in events.iter().zip(found) {
                match found {
                    Some(found) => {
                        let reactions = views::reaction_sync(found);
                        acknowledge(socket, event, client_event::REACTION_SYNC, reactions);
                    }
                    None => refuse(socket, event, *missing().body),
                }
            }
        }
        Err(ApiError { status, body, .. }) => {
            events.iter().for_each(|event| refuse(socket, event, (*body).clone()));
            if status == StatusCode::UNAUTHORIZED {
                connect::revoke(socket);
            }
        }
    }
}

async fn found(
    chat: &Chat,
    authority: Authority,
    messages: Vec<String>,
) -> Result<Vec<Option<MessageReactions>>, ChatError> {
    let user = authority.user;
    chat.sessions().confirm(authority).await?;
    chat.reactions().of_messages(user, messages).await
}

fn missing() -> ApiError {
    ChatError::NotFound { what: "message" }.into()
}
