//! Profile pictures.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, Output};
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PathParam, Segment, segments};
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use meeshy_chat::AVATAR_PATH;
use meeshy_chat::model::Avatar;
use meeshy_domain::WebAddress;
use meeshy_wire::{AvatarUpdated, ErrorCode, PatchAvatar};
use serde_json::{Value, json};

pub fn routes(api: Api) -> Api {
    api.patch(Access::User, "/api/v1/users/me/avatar", "Change the caller's picture", change)
        .fails(&[ErrorCode::UserNotFound])
        // Images cannot send a token, and nobody can guess the path.
        .get(Access::Anyone, &format!("{AVATAR_PATH}{{avatar}}"), "An uploaded picture of a user", picture)
}

segments! {
    /// The id of a picture.
    AvatarRef = "avatar", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", [NotFound];
}

async fn change(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<PatchAvatar>,
) -> Result<Answer<AvatarUpdated>, ApiError> {
    let avatar = app.chat.profiles().set_avatar(caller.user.id, body.avatar.as_deref()).await?;
    let avatar = avatar.as_deref().and_then(WebAddress::parse);
    Ok(Answer(AvatarUpdated { avatar, message: "Picture updated".to_owned() }))
}

async fn picture(
    State(app): State<App>,
    PathParam(AvatarRef(id)): PathParam<AvatarRef>,
) -> Result<Picture, ApiError> {
    Ok(Picture(app.chat.profiles().avatar(&id).await?))
}

/// A picture, which browsers may keep: another one has another path.
struct Picture(Avatar);

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        let Avatar { mime_type, content, .. } = self.0;
        let mut response = content.into_response();
        let headers = response.headers_mut();
        if let Ok(kind) = HeaderValue::from_str(&mime_type) {
            headers.insert(CONTENT_TYPE, kind);
        }
        for (name, value) in [
            (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl Output for Picture {
    fn describe(to: &mut Describe<'_>) {
        to.answers(StatusCode::OK, "image/*", json!({}));
    }
}
