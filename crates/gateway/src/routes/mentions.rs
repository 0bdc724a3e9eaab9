//! Mentions of users in messages.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{LimitParam, MessageRef, Params, PathParam};
use crate::views;
use axum::extract::State;
use meeshy_domain::{ConversationId, MemberRole};
use meeshy_wire::{ErrorCode, Mention, MentionOfCaller, MentionSuggestion};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/mentions/suggestions", "Members whom a message may mention", suggestions)
        .fails(&[ErrorCode::ConversationNotFound, ErrorCode::ConversationAccessDenied])
        .get(
            Access::Member(MemberRole::Member),
            "/api/v1/mentions/messages/{messageId}",
            "The mentions in a message",
            of_message,
        )
        .get(Access::User, "/api/v1/mentions/me", "The latest mentions of the caller", of_caller)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// The conversation.
    conversation_id: ConversationId,
    /// The beginning of a name; without it, members who have written lately come first.
    #[serde(default)]
    query: String,
}

async fn suggestions(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Asked>,
) -> Result<Answer<Vec<MentionSuggestion>>, ApiError> {
    let conversation = asked.conversation_id.to_string();
    let found = app.chat.messages().mention_suggestions(caller.user.id, &conversation, &asked.query).await?;
    Ok(Answer(found.into_iter().map(views::mention_suggestion).collect()))
}

async fn of_message(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<Vec<Mention>>, ApiError> {
    let (found, written_at) = app.chat.messages().mentions(caller.user.id, &message).await?;
    Ok(Answer(found.into_iter().map(|mention| views::mention(mention, written_at)).collect()))
}

async fn of_caller(
    State(app): State<App>,
    User(caller): User,
    Params(limit): Params<LimitParam<50, 100>>,
) -> Result<Answer<Vec<MentionOfCaller>>, ApiError> {
    let found = app.chat.messages().mentions_of_caller(caller.user.id, limit.limit()).await?;
    Ok(Answer(found.iter().map(views::mention_of_caller).collect()))
}
