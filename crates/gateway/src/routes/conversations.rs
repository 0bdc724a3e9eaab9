//! Conversations.

use super::{Access, Api};
use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::extract::{Answer, Body, PageParams, Params, PathParam, answer, created};
use axum::extract::State;
use axum::response::IntoResponse;
use meeshy_chat::{ListFilter, NewConversation};
use meeshy_wire::{CreateConversation, Pagination, Success};
use serde::Deserialize;
use serde_json::json;

pub fn routes(api: Api) -> Api {
    let one_path = "/api/v1/conversations/{id}";
    api.get(Access::User, "/api/v1/conversations", "The caller's conversations", list)
        .query(&["type", "withUserId", "limit", "offset"])
        .post(Access::User, "/api/v1/conversations", "Open a conversation", create)
        .body("CreateConversation")
        .get(Access::User, one_path, "One conversation, by id or identifier", one)
        .post(Access::User, &format!("{one_path}/mark-read"), "Mark all as read", mark_read)
        .post(Access::User, &format!("{one_path}/read"), "Mark all as read", mark_read)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "type")]
    kind: Option<String>,
    with_user_id: Option<String>,
    #[serde(flatten)]
    page: PageParams,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Listed>,
) -> Result<impl IntoResponse, ApiError> {
    let (limit, offset) = (asked.page.limit(15, 50), asked.page.offset());
    let filter = ListFilter { kind: asked.kind, with_user: asked.with_user_id };
    let (views, total) = app.chat.conversations(caller.user.id, filter, limit, offset).await?;
    let pagination = Some(Pagination::new(total, offset, limit, views.len()));
    let data: Vec<_> = views.iter().map(|view| crate::views::conversation(view, app.chat.now())).collect();
    Ok(Answer(Success { pagination, ..Success::new(data) }))
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<CreateConversation>,
) -> Result<impl IntoResponse, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let new = NewConversation {
        kind: body.kind,
        title: body.title,
        description: body.description,
        participant_ids: body.participant_ids,
        identifier: body.identifier,
    };
    let view = app.chat.create_conversation(caller.user.id, new).await?;
    Ok(created(crate::views::conversation(&view, app.chat.now())))
}

async fn one(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let view = app.chat.conversation(caller.user.id, &id).await?;
    Ok(answer(crate::views::conversation(&view, app.chat.now())))
}

async fn mark_read(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let marked = app.chat.mark_read(caller.user.id, &id).await?;
    Ok(answer(json!({ "markedCount": marked, "message": format!("{marked} messages marked as read") })))
}
