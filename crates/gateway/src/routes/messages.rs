//! Messages.

use super::{Access, Api};
use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::extract::{Answer, Body, PageParams, Params, PathParam, TwoPathParams, answer, created};
use axum::extract::State;
use axum::response::IntoResponse;
use meeshy_chat::{MessageEdit, NewMessage, PageRequest};
use meeshy_domain::UserId;
use meeshy_wire::{Message, Pagination, PostMessage, PutMessage, Success};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/conversations/{id}/messages";
    api.get(Access::User, path, "A page of messages, newest first", list)
        .query(&["before", "limit", "offset"])
        .post(Access::User, path, "Write a message", send)
        .body("PostMessage")
        .put(Access::User, &format!("{path}/{{messageId}}"), "Give a message another text", edit_in)
        .body("PutMessage")
        .put(Access::User, "/api/v1/messages/{messageId}", "Give a message another text", edit)
        .body("PutMessage")
        .patch(Access::User, "/api/v1/messages/{messageId}", "Give a message another text", edit)
        .body("PutMessage")
}

#[derive(Deserialize)]
struct Listed {
    before: Option<String>,
    #[serde(flatten)]
    page: PageParams,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
    Params(asked): Params<Listed>,
) -> Result<impl IntoResponse, ApiError> {
    let (limit, offset) = (asked.page.limit(20, 50), asked.page.offset());
    let before = asked.before.filter(|id| !id.is_empty());
    let (user, limiter) = (caller.user.id, Arc::clone(&app.limiter));
    let may_ask = move || limiter.allows_page_translation(user);
    let page = app.chat.messages(user, &id, PageRequest { before, limit, offset }, may_ask).await?;
    let pagination = Some(Pagination { total: page.total, offset, limit, has_more: page.has_more });
    let data: Vec<_> = page.messages.iter().map(crate::views::message).collect();
    let meta = Some(json!({ "userLanguage": page.reader_language }));
    Ok(Answer(Success { pagination, meta, ..Success::new(data) }))
}

async fn send(
    State(app): State<App>,
    User(caller): User,
    PathParam(id): PathParam,
    Body(body): Body<PostMessage>,
) -> Result<impl IntoResponse, ApiError> {
    app.limiter.count_message(&app.chat, caller.user.id, &id).await?;
    let new = NewMessage {
        conversation: id,
        content: body.content,
        original_language: body.original_language,
        message_type: body.message_type,
        reply_to_id: body.reply_to_id,
        client_message_id: body.client_message_id,
    };
    let sent = app.chat.send(caller.user.id, new).await?;
    Ok(created(crate::views::message(&sent.message)))
}

async fn edit_in(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(conversation, message): TwoPathParams,
    Body(body): Body<PutMessage>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(answer(edited(&app, caller.user.id, Some(conversation), message, body).await?))
}

async fn edit(
    State(app): State<App>,
    User(caller): User,
    PathParam(message): PathParam,
    Body(body): Body<PutMessage>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(answer(edited(&app, caller.user.id, None, message, body).await?))
}

async fn edited(
    app: &App,
    caller: UserId,
    conversation: Option<String>,
    message: String,
    PutMessage { content, original_language }: PutMessage,
) -> Result<Message, ApiError> {
    app.limiter.count_edit(caller)?;
    let edit = MessageEdit { message, conversation, content, original_language };
    let edited = app.chat.edit(caller, edit).await?;
    Ok(crate::views::message(&edited))
}
