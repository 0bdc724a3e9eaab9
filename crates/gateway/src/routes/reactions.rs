//! Reactions to messages.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::{Acting, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, EmojiRef, MessageRef, PathParam, TwoPathParams, UserRef};
use crate::views;
use axum::extract::State;
use meeshy_chat::ChatError;
use meeshy_wire::{ErrorCode, Notice, React, Reaction, ReactionSync};

pub fn routes(api: Api) -> Api {
    let member = Access::Participant;
    api.post(Access::UserOrGuest, "/api/v1/reactions", "React to a message", add)
        .fails(&[ErrorCode::MessageNotFound, ErrorCode::Forbidden, ErrorCode::InvalidOperation])
        .get(member, "/api/v1/reactions/{messageId}", "The reactions to a message", list)
        .delete(member, "/api/v1/reactions/{messageId}/{emoji}", "Remove a reaction of the caller", remove)
        .get(Access::User, "/api/v1/reactions/user/{userId}", "The caller's latest reactions", latest)
        .fails(&[ErrorCode::UserNotFound])
}

async fn add(
    State(app): State<App>,
    Acting(caller): Acting,
    Body(React { message_id, emoji }): Body<React>,
) -> Result<Created<Reaction>, ApiError> {
    app.limiter.count_reaction(caller.actor())?;
    let added = app.chat.reactions().add(caller.actor(), &message_id, &emoji).await?;
    Ok(Created(views::reaction(added)))
}

async fn list(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<ReactionSync>, ApiError> {
    let found = app.chat.reactions().of_message(caller.actor(), &message).await?;
    Ok(Answer(views::reaction_sync(found)))
}

async fn remove(
    State(app): State<App>,
    Acting(caller): Acting,
    TwoPathParams(MessageRef(message), EmojiRef(emoji)): TwoPathParams<MessageRef, EmojiRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.limiter.count_reaction(caller.actor())?;
    app.chat.reactions().remove(caller.actor(), &message, &emoji).await?;
    Ok(Answer(Notice { message: "Reaction removed".to_owned() }))
}

/// Those of others are their own business.
async fn latest(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(user)): PathParam<UserRef>,
) -> Result<Answer<Vec<Reaction>>, ApiError> {
    if user.parse() != Ok(caller.user.id) {
        return Err(ChatError::NotFound { what: "user" }.into());
    }
    let latest = app.chat.reactions().latest(caller.user.id).await?;
    Ok(Answer(latest.into_iter().map(views::reaction).collect()))
}
