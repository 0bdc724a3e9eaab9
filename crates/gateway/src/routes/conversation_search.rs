//! The search of conversations, and the overview that a user sees first.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Identifier, Params, PathParam};
use axum::extract::State;
use meeshy_wire::{Conversation, Dashboard, IdentifierAvailability};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/conversations/search", "Search conversations by title and members", search)
        .get(
            Access::User,
            "/api/v1/conversations/check-identifier/{identifier}",
            "Whether an identifier is available for a conversation",
            check_identifier,
        )
        .get(Access::User, "/api/v1/users/me/dashboard-stats", "An overview for the caller", dashboard)
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// The beginnings of words of a title, or of the names of a member.
    #[serde(default)]
    q: String,
}

async fn search(
    State(app): State<App>,
    User(caller): User,
    Params(Search { q }): Params<Search>,
) -> Result<Answer<Vec<Conversation>>, ApiError> {
    let found = app.chat.conversations().search(caller.user.id, &q).await?;
    let now = app.chat.now();
    Ok(Answer(found.iter().map(|view| crate::views::conversation(view, now)).collect()))
}

async fn check_identifier(
    State(app): State<App>,
    User(caller): User,
    PathParam(Identifier(identifier)): PathParam<Identifier>,
) -> Result<Answer<IdentifierAvailability>, ApiError> {
    app.limiter.count(app.limiter.limits.availability, &caller.user.id.to_string())?;
    let available = app.chat.conversations().identifier_is_free(&identifier).await?;
    Ok(Answer(IdentifierAvailability { available, identifier }))
}

async fn dashboard(State(app): State<App>, User(caller): User) -> Result<Answer<Dashboard>, ApiError> {
    let language = caller.user.languages.system_language;
    let view = app.chat.conversations().dashboard(caller.user.id, language).await?;
    Ok(Answer(crate::views::dashboard(view, app.chat.now())))
}
