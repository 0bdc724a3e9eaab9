//! The words that a conversation wants to be translated in one way, or not at all.

use super::{Access, Api};
use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::extract::{Body, PathParam, TwoPathParams, answer, created};
use axum::extract::State;
use axum::response::IntoResponse;
use meeshy_chat::NewTerm;
use meeshy_wire::AddTerm;
use serde_json::json;

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/conversations/{id}/glossary";
    api.get(Access::User, path, "The glossary of a conversation", list)
        .post(Access::User, path, "Add a term (moderators), or change its translation", add)
        .body("AddTerm")
        .delete(Access::User, &format!("{path}/{{termId}}"), "Remove a term (moderators)", remove)
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let terms = app.chat.glossary(caller.user.id, &id).await?;
    Ok(answer(terms.into_iter().map(crate::views::term).collect::<Vec<_>>()))
}

async fn add(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
    Body(body): Body<AddTerm>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewTerm { text: body.term, language: body.language, translation: body.translation };
    Ok(created(crate::views::term(app.chat.add_term(caller.user.id, &id, new).await?)))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(id, term): TwoPathParams,
) -> Result<impl IntoResponse, ApiError> {
    app.chat.remove_term(caller.user.id, &id, &term).await?;
    Ok(answer(json!({ "removed": true })))
}
