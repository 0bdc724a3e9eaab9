//! Messages.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::Acting;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, MessageRef, PageParams, Params, PathParam, TwoPathParams};
use axum::Json;
use axum::extract::State;
use meeshy_chat::{ChatError, MessageEdit, NewMessage, PagePlace, PageRequest};
use meeshy_domain::Actor;
use meeshy_wire::{
    DeletedMessage, ErrorCode, Message, MessagePage, MessagePageMeta, Page, Pagination, PostMessage,
    PostMessageTo, PutMessage,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

pub fn routes(api: Api) -> Api {
    let member = Access::Participant;
    let path = "/api/v1/conversations/{id}/messages";
    let refusals = &[ErrorCode::Forbidden, ErrorCode::InvalidOperation];
    api.get(member, path, "A page of messages, newest first", list)
        .fails(&[ErrorCode::MessageNotFound])
        .post(member, path, "Send a message", send)
        .fails(refusals)
        .post(Access::UserOrGuest, "/api/v1/messages", "Send a message", send_to)
        .fails(refusals)
        .fails(&[ErrorCode::ConversationNotFound, ErrorCode::ConversationAccessDenied])
        .put(Access::Author, &format!("{path}/{{messageId}}"), "Edit a message", edit_in)
        .fails(refusals)
        .delete(Access::AuthorOrModerator, &format!("{path}/{{messageId}}"), "Delete a message", delete_in)
        .delete(Access::AuthorOrModerator, "/api/v1/messages/{messageId}", "Delete a message", delete)
        .put(Access::Author, "/api/v1/messages/{messageId}", "Edit a message", edit)
        .fails(refusals)
        .patch(Access::Author, "/api/v1/messages/{messageId}", "Edit a message", edit)
        .fails(refusals)
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only those before the message with this id.
    before: Option<String>,
    /// Only those after the message with this id.
    after: Option<String>,
    /// Half of them up to the message with this id, half of them after it. At most one of `before`, `after` and `around` is allowed.
    around: Option<String>,
    /// `false`: without translations.
    include_translations: Option<String>,
    /// `false`: without the messages that they answer.
    include_replies: Option<String>,
    #[serde(flatten)]
    page: PageParams<20, 50>,
}

/// Old clients pass booleans as texts; everything else is the default.
fn is_included(parameter: Option<&str>) -> bool {
    parameter != Some("false")
}

async fn list(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(asked): Params<Listed>,
) -> Result<Json<MessagePage>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let place = place(asked.before, asked.after, asked.around, offset)?;
    let (user, limiter) = (caller.actor(), Arc::clone(&app.limiter));
    let with_translations = is_included(asked.include_translations.as_deref());
    let with_replies = is_included(asked.include_replies.as_deref());
    let may_ask = move || with_translations && limiter.allows_page_translation(user);
    let page = app.chat.messages().page(user, &id, PageRequest { place, limit }, may_ask).await?;
    let pagination = Pagination { total: page.total, offset, limit, has_more: page.has_older };
    let data = page.messages.iter().map(crate::views::message);
    let data = data.map(|message| reduced(message, with_translations, with_replies)).collect();
    let meta = MessagePageMeta {
        user_language: page.reader_language,
        last_event_number: page.last_event,
        has_newer: page.has_newer,
    };
    Ok(Json(MessagePage { page: Page::new(data, pagination), meta }))
}

/// The place of a page, of which at most one may be given.
fn place(
    before: Option<String>,
    after: Option<String>,
    around: Option<String>,
    offset: i64,
) -> Result<PagePlace, ApiError> {
    let given = |id: Option<String>| id.filter(|id| !id.is_empty());
    match (given(before), given(after), given(around)) {
        (None, None, None) => Ok(PagePlace::Newest { offset }),
        (Some(id), None, None) => Ok(PagePlace::Before(id)),
        (None, Some(id), None) => Ok(PagePlace::After(id)),
        (None, None, Some(id)) => Ok(PagePlace::Around(id)),
        _ => Err(ChatError::Invalid {
            field: "around".to_owned(),
            problem: "give only one of `before`, `after` and `around`".to_owned(),
        }
        .into()),
    }
}

/// A message with the parts that the caller wants.
fn reduced(mut message: Message, with_translations: bool, with_replies: bool) -> Message {
    if !with_translations {
        message.translations.clear();
        message.translation_states.clear();
    }
    if !with_replies {
        message.reply_to = None;
    }
    message
}

async fn send(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(body): Body<PostMessage>,
) -> Result<Created<Message>, ApiError> {
    Ok(Created(post(&app, caller.actor(), id, body).await?))
}

async fn send_to(
    State(app): State<App>,
    Acting(caller): Acting,
    Body(PostMessageTo { conversation_id, message }): Body<PostMessageTo>,
) -> Result<Created<Message>, ApiError> {
    Ok(Created(post(&app, caller.actor(), conversation_id, message).await?))
}

/// Sends a message, within the limits of the caller.
pub(super) async fn post(
    app: &App,
    caller: Actor,
    id: String,
    body: PostMessage,
) -> Result<Message, ApiError> {
    app.limiter.count_message(&app.chat, caller, &id).await?;
    let new = NewMessage {
        conversation: id,
        content: body.content,
        original_language: body.original_language,
        message_type: body.message_type,
        files: body.attachment_ids,
        reply_to_id: body.reply_to_id,
        client_message_id: body.client_message_id,
        disclosure: crate::views::disclosure(body.disclosure),
    };
    let sent = app.chat.messages().send(caller, new).await?;
    Ok(crate::views::message(&sent.message))
}

async fn edit_in(
    State(app): State<App>,
    Acting(caller): Acting,
    TwoPathParams(ConversationRef(conversation), MessageRef(message)): TwoPathParams<
        ConversationRef,
        MessageRef,
    >,
    Body(body): Body<PutMessage>,
) -> Result<Answer<Message>, ApiError> {
    Ok(Answer(edited(&app, caller.actor(), Some(conversation), message, body).await?))
}

async fn edit(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
    Body(body): Body<PutMessage>,
) -> Result<Answer<Message>, ApiError> {
    Ok(Answer(edited(&app, caller.actor(), None, message, body).await?))
}

async fn edited(
    app: &App,
    caller: Actor,
    conversation: Option<String>,
    message: String,
    PutMessage { content, original_language }: PutMessage,
) -> Result<Message, ApiError> {
    app.limiter.count_edit(caller)?;
    let edit = MessageEdit { message, conversation, content, original_language };
    let edited = app.chat.messages().edit(caller, edit).await?;
    Ok(crate::views::message(&edited))
}

async fn delete_in(
    State(app): State<App>,
    Acting(caller): Acting,
    TwoPathParams(ConversationRef(conversation), MessageRef(message)): TwoPathParams<
        ConversationRef,
        MessageRef,
    >,
) -> Result<Answer<DeletedMessage>, ApiError> {
    Ok(Answer(deleted(&app, caller.actor(), Some(&conversation), &message).await?))
}

async fn delete(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<DeletedMessage>, ApiError> {
    Ok(Answer(deleted(&app, caller.actor(), None, &message).await?))
}

async fn deleted(
    app: &App,
    caller: Actor,
    conversation: Option<&str>,
    message: &str,
) -> Result<DeletedMessage, ApiError> {
    app.limiter.count_edit(caller)?;
    let message_id = app.chat.messages().delete(caller, message, conversation).await?;
    Ok(DeletedMessage { message_id, deleted: true, message: "Message deleted".to_owned() })
}
