//! Register, sign in, refresh, sign out.

use super::{Access, Api};
use crate::App;
use crate::auth::{Origin, User, session_token};
use crate::device::Visitor;
use crate::error::ApiError;
use crate::extract::{Body, Params, answer};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use meeshy_chat::{Registration, SignIn, SignedIn};
use meeshy_wire::{Code, Login, LoginCode, Refresh, Register};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn routes(api: Api) -> Api {
    api.post(Access::Anyone, "/api/v1/auth/register", "Make an account", register)
        .body("Register")
        .post(Access::Anyone, "/api/v1/auth/login", "Sign in", login)
        .body("Login")
        .post(Access::Anyone, "/api/v1/auth/login/2fa", "Sign in with a code", login_with_code)
        .body("LoginCode")
        .post(Access::Anyone, "/api/v1/auth/2fa/verify", "The same, for old clients", verify_code)
        .body("Code")
        .post(Access::Anyone, "/api/v1/auth/refresh", "Exchange a token for a fresh one", refresh)
        .body("Refresh")
        // A part of the old web client calls it without a version.
        .post(Access::Anyone, "/api/auth/refresh", "Exchange a token for a fresh one", refresh)
        .body("Refresh")
        .post(Access::User, "/api/v1/auth/logout", "Sign this device out", logout)
        .get(Access::Anyone, "/api/v1/setup", "Whether there are accounts and an administrator", setup)
        .get(Access::User, "/api/v1/auth/me", "The caller's account", me)
        .get(Access::Anyone, "/api/v1/auth/check-availability", "Whether a name is free", availability)
        .query(&["username", "email"])
}

async fn register(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<Register>,
) -> Result<impl IntoResponse, ApiError> {
    let limits = &app.limiter.limits;
    app.limiter.count(limits.authentication, &visitor.counted_as)?;
    // A code that was mistyped does not use up the few registrations of an address.
    if let Some(code) = body.setup_code.as_deref().filter(|code| !code.trim().is_empty()) {
        app.chat.check_setup_code(code).await?;
    }
    app.limiter.count(limits.register, &visitor.counted_as)?;
    let new = Registration {
        username: body.username,
        password: body.password.into(),
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        system_language: body.system_language,
        regional_language: body.regional_language,
        setup_code: body.setup_code.map(Into::into),
    };
    let signed_in = app.chat.register(new, visitor.device.clone()).await?;
    Ok(visitor.remembered(answer(signed_in_data(&app, &signed_in))))
}

async fn login(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<Login>,
) -> Result<impl IntoResponse, ApiError> {
    let limits = &app.limiter.limits;
    // Who else calls from its address does not use up the attempts of a device that has signed in before.
    let known = app.chat.known_device(&body.username, &visitor.device).await?;
    let counted_as = known.map_or(visitor.counted_as.clone(), |device| format!("device {device}"));
    let beginning: String = body.username.trim().chars().take(3).flat_map(char::to_lowercase).collect();
    app.limiter.count(limits.authentication, &counted_as)?;
    app.limiter.count(limits.login, &format!("{counted_as} {beginning}"))?;
    let device = visitor.device.clone();
    let led = app.chat.sign_in(body.username, body.password, body.remember_device, device).await?;
    let data = match led {
        SignIn::Done(signed_in) => return Ok(visitor.remembered(answer(signed_in_data(&app, &signed_in)))),
        SignIn::NeedsCode { challenge, user, remember } => json!({
            "requires2FA": true,
            "twoFactorToken": challenge,
            "rememberDevice": remember,
            "user": {
                "id": user.id,
                "username": user.username,
                "email": user.email,
                "firstName": user.first_name,
                "lastName": user.last_name,
                "displayName": user.display_name,
                "avatar": user.avatar,
            },
            "message": "Enter the code that your authenticator shows.",
        }),
    };
    Ok(answer(data).into_response())
}

async fn login_with_code(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<LoginCode>,
) -> Result<impl IntoResponse, ApiError> {
    sign_in_with_code(&app, &visitor, &body.two_factor_token, &body.code).await
}

/// The old web client shows the token of the first step as if it were one to call with.
async fn verify_code(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Body(body): Body<Code>,
) -> Result<impl IntoResponse, ApiError> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let challenge = authorization.strip_prefix("Bearer ").unwrap_or_default();
    sign_in_with_code(&app, &visitor, challenge, &body.code).await
}

async fn sign_in_with_code(
    app: &App,
    visitor: &Visitor,
    challenge: &str,
    code: &str,
) -> Result<Response, ApiError> {
    let limits = &app.limiter.limits;
    app.limiter.count(limits.authentication, &visitor.counted_as)?;
    app.limiter.count(limits.login, &format!("{} code", visitor.counted_as))?;
    let signed_in = app.chat.sign_in_with_code(challenge, code, visitor.device.clone()).await?;
    Ok(visitor.remembered(answer(signed_in_data(app, &signed_in))))
}

fn signed_in_data(app: &App, signed_in: &SignedIn) -> Value {
    let user = &signed_in.user;
    json!({
        "user": crate::views::user(user, app.chat.presence().is_online(user.id)),
        "token": signed_in.token,
        "sessionToken": signed_in.session_token,
        "session": crate::views::session(&signed_in.session),
        "expiresIn": signed_in.expires_in_seconds,
    })
}

async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body<Refresh>,
) -> Result<impl IntoResponse, ApiError> {
    let fresh = app.chat.refresh(&body.token, session_token(&headers)).await?;
    // Another part of the web client reads the copies at the top.
    Ok(axum::Json(json!({
        "success": true,
        "data": { "token": fresh.token, "expiresIn": fresh.expires_in_seconds },
        "accessToken": fresh.token,
        "expiresIn": fresh.expires_in_seconds,
    })))
}

async fn logout(
    State(app): State<App>,
    User(caller): User,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    app.chat.sign_out(&caller, session_token(&headers)).await?;
    Ok(answer(json!({ "message": "Signed out" })))
}

/// What the first screen of a new messenger asks for.
async fn setup(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let state = app.chat.setup_state().await?;
    Ok(answer(json!({
        "needsAdministrator": state.needs_administrator,
        "hasAccounts": state.has_accounts,
    })))
}

async fn me(State(app): State<App>, User(caller): User) -> impl IntoResponse {
    let online = app.chat.presence().is_online(caller.user.id);
    answer(json!({ "user": crate::views::user(&caller.user, online) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    username: Option<String>,
    email: Option<String>,
}

async fn availability(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Params(asked): Params<Asked>,
) -> Result<impl IntoResponse, ApiError> {
    if asked.username.is_none() && asked.email.is_none() {
        return Err(ApiError::invalid("username", "give a username or an email"));
    }
    app.limiter.count(app.limiter.limits.availability, &counted_as)?;
    let found = app.chat.availability(asked.username, asked.email).await?;
    let mut data = serde_json::Map::new();
    if let Some(free) = found.username {
        data.insert("usernameAvailable".into(), free.into());
        if !found.suggestions.is_empty() {
            data.insert("suggestions".into(), found.suggestions.into());
        }
    }
    if let Some(free) = found.email {
        data.insert("emailAvailable".into(), free.into());
    }
    Ok(answer(data))
}
