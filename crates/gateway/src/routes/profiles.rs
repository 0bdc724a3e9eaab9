//! Profiles of others.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{User, Viewer};
use crate::http::error::ApiError;
use crate::http::extract::{LimitParam, Params, PathParam, UserRef};
use crate::views::{found_user, public_user, user_page, user_stats};
use axum::Json;
use axum::extract::State;
use meeshy_domain::UserId;
use meeshy_wire::{FoundUser, KeysetPage, PublicUser, SignedInTest, UserPage, UserStats};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/users", "A page of the users", list)
        .get(Access::Anyone, "/api/v1/users/{userId}", "A user's profile", profile)
        .get(
            Access::Anyone,
            "/api/v1/users/profile/{userId}",
            "The same, for the metadata of a page",
            profile,
        )
        .get(Access::Anyone, "/api/v1/u/{userId}", "A user's profile, for a page about them", page)
        .get(Access::User, "/api/v1/users/{userId}/stats", "What a user has written and received", stats)
        .get(Access::User, "/api/v1/users/me/test", "Whether the caller is signed in", test)
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only those after the user with this id: the `next` of the page before.
    after: Option<UserId>,
    #[serde(flatten)]
    page: LimitParam<20, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Listed>,
) -> Result<Json<KeysetPage<FoundUser>>, ApiError> {
    let limit = asked.page.limit();
    let page = app.chat.profiles().page(caller.user.id, asked.after, limit).await?;
    let presence = app.chat.presence();
    let shown = |user: meeshy_chat::model::User| {
        let seen = presence.seen(user.id, user.hides, user.last_active_at);
        found_user(user, seen)
    };
    let data = page.users.into_iter().map(shown).collect();
    Ok(Json(KeysetPage::new(data, limit, page.next.map(|id| id.to_string()))))
}

async fn profile(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    PathParam(UserRef(reference)): PathParam<UserRef>,
) -> Result<Answer<PublicUser>, ApiError> {
    let viewer = viewer.map(|caller| caller.user.id);
    Ok(Answer(public_user(app.chat.profiles().find(viewer, &reference).await?)))
}

async fn page(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    PathParam(UserRef(reference)): PathParam<UserRef>,
) -> Result<Answer<UserPage>, ApiError> {
    let viewer = viewer.map(|caller| caller.user.id);
    Ok(Answer(user_page(app.chat.profiles().find(viewer, &reference).await?)))
}

async fn stats(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(reference)): PathParam<UserRef>,
) -> Result<Answer<UserStats>, ApiError> {
    Ok(Answer(user_stats(app.chat.profiles().figures(caller.user.id, &reference).await?)))
}

async fn test(State(app): State<App>, User(caller): User) -> Answer<SignedInTest> {
    let (user_id, timestamp) = (caller.user.id, app.chat.now().into());
    Answer(SignedInTest { user_id, message: "You are signed in".to_owned(), timestamp })
}
