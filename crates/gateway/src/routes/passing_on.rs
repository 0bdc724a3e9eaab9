//! Messages that are kept in view, passed on, or viewed only once.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, MessageRef, PathParam};
use axum::extract::State;
use meeshy_domain::MemberRole;
use meeshy_wire::{ErrorCode, ForwardMessage, Message, ViewedMessage};

pub fn routes(api: Api) -> Api {
    let member = Access::Member(MemberRole::Member);
    let refusals = &[ErrorCode::Forbidden, ErrorCode::InvalidOperation];
    let pin_path = "/api/v1/messages/{messageId}/pin";
    let moderator = Access::Member(MemberRole::Moderator);
    api.post(moderator, pin_path, "Pin a message", pin)
        .fails(refusals)
        .delete(moderator, pin_path, "Take the pin off a message", unpin)
        .fails(refusals)
        .get(
            member,
            "/api/v1/conversations/{id}/pinned-messages",
            "The pinned messages of a conversation, the latest pin first; at most 50",
            pinned,
        )
        .post(
            member,
            "/api/v1/messages/{messageId}/view",
            "Read a message that may be viewed only once",
            view_once,
        )
        .fails(refusals)
        .post(
            member,
            "/api/v1/messages/{messageId}/forward",
            "Send the text of a message to another conversation",
            forward,
        )
        .fails(&[
            ErrorCode::Forbidden,
            ErrorCode::InvalidOperation,
            ErrorCode::ConversationNotFound,
            ErrorCode::ConversationAccessDenied,
        ])
}

async fn pin(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<Message>, ApiError> {
    app.limiter.count_edit(caller.user.id)?;
    Ok(Answer(crate::views::message(&app.chat.messages().pin(caller.user.id, &message, true).await?)))
}

async fn unpin(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<Message>, ApiError> {
    app.limiter.count_edit(caller.user.id)?;
    Ok(Answer(crate::views::message(&app.chat.messages().pin(caller.user.id, &message, false).await?)))
}

async fn pinned(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Vec<Message>>, ApiError> {
    let pinned = app.chat.messages().pinned(caller.user.id, &id).await?;
    Ok(Answer(pinned.iter().map(crate::views::message).collect()))
}

async fn view_once(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<ViewedMessage>, ApiError> {
    let message = app.chat.messages().view_once(caller.user.id, &message).await?;
    let (message_id, content, original_language) = (message.id, message.content, message.original_language);
    Ok(Answer(ViewedMessage { message_id, content, original_language }))
}

async fn forward(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
    Body(ForwardMessage { conversation_id }): Body<ForwardMessage>,
) -> Result<Created<Message>, ApiError> {
    app.limiter.count_message(&app.chat, caller.user.id, &conversation_id).await?;
    let sent = app.chat.messages().forward(caller.user.id, &message, &conversation_id).await?;
    Ok(Created(crate::views::message(&sent.message)))
}
