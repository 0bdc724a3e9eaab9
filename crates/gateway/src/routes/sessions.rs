//! The signed-in devices of the caller.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, User, session_token};
use crate::http::error::ApiError;
use crate::http::extract::{Body, PathParam, SessionRef};
use crate::views::session_details;
use axum::extract::State;
use axum::http::HeaderMap;
use meeshy_wire::{Notice, SessionCheck, Sessions, SessionsEnded, ValidateSession};

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/auth/sessions", "The caller's signed-in devices", list)
        .delete(Access::User, "/api/v1/auth/sessions", "Sign out all other devices", end_others)
        .delete(Access::User, "/api/v1/auth/sessions/{sessionId}", "Sign out a device", end_one)
        .post(
            Access::Anyone,
            "/api/v1/auth/validate-session",
            "Whether the secret of a device is valid",
            validate,
        )
}

async fn list(State(app): State<App>, User(caller): User) -> Result<Answer<Sessions>, ApiError> {
    let found = app.chat.sessions().list(&caller).await?;
    let sessions: Vec<_> = found.iter().map(|session| session_details(session, caller.session_id)).collect();
    Ok(Answer(Sessions { total_count: sessions.len(), sessions }))
}

async fn end_others(
    State(app): State<App>,
    User(caller): User,
    headers: HeaderMap,
) -> Result<Answer<SessionsEnded>, ApiError> {
    let revoked_count = app.chat.sessions().end_others(&caller, session_token(&headers)).await?;
    Ok(Answer(SessionsEnded { message: "Your other devices are signed out".to_owned(), revoked_count }))
}

async fn end_one(
    State(app): State<App>,
    User(caller): User,
    PathParam(SessionRef(id)): PathParam<SessionRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.sessions().end_one(&caller, &id).await?;
    Ok(Answer(Notice { message: "The device is signed out".to_owned() }))
}

async fn validate(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<ValidateSession>,
) -> Result<Answer<SessionCheck>, ApiError> {
    app.count_attempt(&counted_as).await?;
    let found = app.chat.sessions().held(&body.session_token).await?;
    let session = found.map(|session| session_details(&session, Some(session.id)));
    Ok(Answer(SessionCheck { valid: session.is_some(), session }))
}
