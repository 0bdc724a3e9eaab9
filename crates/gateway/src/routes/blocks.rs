//! Users whom the caller has blocked.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{PathParam, UserRef};
use crate::views::found_user;
use axum::extract::State;
use meeshy_chat::Seen;
use meeshy_wire::{FoundUser, Notice};

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/users/me/blocked", "The users whom the caller has blocked", list)
        .post(Access::User, "/api/v1/users/{userId}/block", "Block a user, by id", block)
        .delete(Access::User, "/api/v1/users/{userId}/block", "Unblock a user, by id", unblock)
}

async fn list(State(app): State<App>, User(caller): User) -> Result<Answer<Vec<FoundUser>>, ApiError> {
    let blocked = app.chat.blocks().list(caller.user.id).await?;
    // A block hides presence from both.
    let seen = Seen { is_online: false, last_active_at: None };
    let shown = |user| found_user(user, seen);
    Ok(Answer(blocked.into_iter().map(shown).collect()))
}

async fn block(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(id)): PathParam<UserRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.blocks().block(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "User blocked".to_owned() }))
}

async fn unblock(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(id)): PathParam<UserRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.blocks().unblock(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "User unblocked".to_owned() }))
}
