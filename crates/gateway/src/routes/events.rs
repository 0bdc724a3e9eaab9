//! What has happened in conversations since a number that a client knows.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, Params, PathParam};
use crate::views::events::caught_up;
use axum::extract::State;
use meeshy_domain::MemberRole;
use meeshy_domain::limits::KNOWN_CONVERSATIONS;
use meeshy_wire::{AllEvents, ConversationEvents, KnownConversation, KnownEvents};
use schemars::JsonSchema;
use serde::Deserialize;

/// Events of one conversation that are answered, if the caller does not say how many, and at most.
const DEFAULT_EVENTS: i64 = 100;
const MAX_EVENTS: i64 = 200;

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/conversations/{id}/events";
    api.get(Access::Member(MemberRole::Member), path, "What has happened since an event", of_one).post(
        Access::User,
        "/api/v1/conversations/events",
        "What has happened in all conversations",
        of_all,
    )
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// The newest event that is known; all are answered, if absent.
    after: Option<i64>,
    /// At most so many, up to 200; 100, if absent.
    limit: Option<i64>,
}

async fn of_one(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(Asked { after, limit }): Params<Asked>,
) -> Result<Answer<ConversationEvents>, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_EVENTS).clamp(1, MAX_EVENTS);
    let events = app.chat.events().after(caller.user.id, &id, after.unwrap_or(0).max(0), limit).await?;
    Ok(Answer(caught_up(&events)))
}

async fn of_all(
    State(app): State<App>,
    User(caller): User,
    Body(KnownEvents { conversations }): Body<KnownEvents>,
) -> Result<Answer<AllEvents>, ApiError> {
    let invalid = |problem: &str| ApiError::invalid("conversations", problem);
    if conversations.len() > KNOWN_CONVERSATIONS {
        return Err(invalid(&format!("at most {KNOWN_CONVERSATIONS}")));
    }
    let known = |KnownConversation { id, after }: &KnownConversation| Ok((id.parse()?, (*after).max(0)));
    let known: Result<Vec<_>, meeshy_domain::id::InvalidId> = conversations.iter().map(known).collect();
    let mut known = known.map_err(|error| invalid(&error.to_string()))?;
    // Each once.
    known.sort_unstable();
    known.dedup_by_key(|(id, _)| *id);
    let all = app.chat.events().all_after(caller.user.id, known).await?;
    let conversations = all.conversations.iter().map(caught_up).collect();
    Ok(Answer(AllEvents { conversations, is_list_stale: all.is_list_stale }))
}
