//! Messages and conversations that the caller deletes for themselves.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, MessageRef, PathParam};
use crate::views;
use axum::extract::State;
use meeshy_domain::MemberRole;
use meeshy_wire::{
    ClearHistory, DeleteMessagesForMe, DeletedConversation, DeletedForMe, HistoryCleared, Iso, Notice,
};

/// Old clients call these routes without a version.
pub fn routes(api: Api) -> Api {
    ["/api", "/api/v1"].into_iter().fold(api, routes_under)
}

fn routes_under(api: Api, root: &str) -> Api {
    let (user, member) = (Access::User, Access::Member(MemberRole::Member));
    let of_message = &format!("{root}/messages/{{messageId}}");
    let of_conversation = &format!("{root}/conversations/{{id}}");
    api.delete(member, &format!("{of_message}/delete-for-me"), "Delete a message for the caller only", delete)
        .post(member, &format!("{of_message}/restore-for-me"), "Restore such a message", restore)
        .delete(
            user,
            &format!("{root}/messages/bulk/delete-for-me"),
            "Delete messages for the caller only",
            delete_all,
        )
        .delete(
            member,
            &format!("{of_conversation}/delete-for-me"),
            "Take a conversation out of the caller's list until its next message",
            delete_conversation,
        )
        .post(
            member,
            &format!("{of_conversation}/restore-for-me"),
            "Put a conversation back into the caller's list",
            restore_conversation,
        )
        .post(
            member,
            &format!("{of_conversation}/clear-history"),
            "Hide the messages of a conversation so far from the caller",
            clear_history,
        )
        .get(
            user,
            &format!("{root}/user/deleted-conversations"),
            "The conversations that the caller has deleted for themselves",
            deleted_conversations,
        )
}

async fn delete(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.limiter.count_edit(caller.user.id)?;
    app.chat.messages().delete_for_me(caller.user.id, &message).await?;
    Ok(Answer(Notice { message: "The message was deleted for you".to_owned() }))
}

async fn restore(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.limiter.count_edit(caller.user.id)?;
    app.chat.messages().restore_for_me(caller.user.id, &message).await?;
    Ok(Answer(Notice { message: "The message was restored".to_owned() }))
}

async fn delete_all(
    State(app): State<App>,
    User(caller): User,
    Body(DeleteMessagesForMe { message_ids }): Body<DeleteMessagesForMe>,
) -> Result<Answer<DeletedForMe>, ApiError> {
    app.limiter.count_edit(caller.user.id)?;
    let requested_count = message_ids.len();
    let deleted_count = app.chat.messages().delete_all_for_me(caller.user.id, message_ids).await?;
    let message = format!("{deleted_count} messages were deleted for you");
    Ok(Answer(DeletedForMe { message, deleted_count, requested_count }))
}

async fn delete_conversation(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().delete_for_me(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "The conversation was deleted for you".to_owned() }))
}

async fn restore_conversation(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().restore_for_me(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "The conversation was restored".to_owned() }))
}

async fn clear_history(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(ClearHistory { before_date }): Body<ClearHistory>,
) -> Result<Answer<HistoryCleared>, ApiError> {
    let (user, before) = (caller.user.id, before_date.map(|Iso(time)| time));
    let (conversation_id, before) = app.chat.conversations().clear_history(user, &id, before).await?;
    Ok(Answer(HistoryCleared {
        message: "The history was cleared for you".to_owned(),
        conversation_id,
        clear_history_before: before.into(),
    }))
}

async fn deleted_conversations(
    State(app): State<App>,
    User(caller): User,
) -> Result<Answer<Vec<DeletedConversation>>, ApiError> {
    let found = app.chat.conversations().deleted_for_me(caller.user.id).await?;
    Ok(Answer(found.into_iter().map(views::deleted_conversation).collect()))
}
