//! Registration, sign-in, token refresh and sign-out.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, User, Viewer, bearer, session_token};
use crate::http::device::{Remembered, Visitor};
use crate::http::error::ApiError;
use crate::http::extract::{Body, Params};
use crate::views;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use meeshy_chat::{ChatError, Registration, SignIn, SignedIn, Wanted};
use meeshy_wire::{
    self as wire, Availability, Code, CodeAnswer, CodeVerified, ErrorCode, Login, LoginAnswer, LoginCode, Me,
    NeedsCode, Notice, Refresh, Refreshed, Register, RegisterAnswer, SetupState, Success, Token,
    UsernameAvailable, UsernameChecked,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.post(Access::Anyone, "/api/v1/auth/register", "Register an account", register)
        .fails(&[ErrorCode::AlreadyExists, ErrorCode::InvalidTransferToken, ErrorCode::SetupCodeInvalid])
        .post(Access::Anyone, "/api/v1/auth/login", "Sign in", login)
        .fails(&[ErrorCode::AuthFailed, ErrorCode::Forbidden])
        .post(Access::Anyone, "/api/v1/auth/login/2fa", "Sign in with a code", login_with_code)
        .fails(&[ErrorCode::AuthFailed, ErrorCode::Forbidden])
        .post(
            Access::Anyone,
            "/api/v1/auth/2fa/verify",
            "Check a code of a signed-in user; with the token of a first step, sign in with it",
            verify_code,
        )
        .fails(&[
            ErrorCode::AuthFailed,
            ErrorCode::Forbidden,
            ErrorCode::InvalidOperation,
            ErrorCode::UserNotFound,
        ])
        .post(Access::Anyone, "/api/v1/auth/refresh", "Refresh a token", refresh)
        .fails(&[ErrorCode::AuthFailed])
        // A part of the old web client calls it without a version.
        .post(Access::Anyone, "/api/auth/refresh", "Refresh a token", refresh)
        .fails(&[ErrorCode::AuthFailed])
        .post(Access::User, "/api/v1/auth/logout", "Sign out this device", logout)
        .get(
            Access::Anyone,
            "/api/v1/setup",
            "The setup state: whether there are accounts and an administrator",
            setup,
        )
        .get(Access::User, "/api/v1/auth/me", "The caller's account", me)
        .get(
            Access::Anyone,
            "/api/v1/auth/check-availability",
            "Check whether a name is available",
            availability,
        )
        .get(
            Access::Anyone,
            "/api/v1/auth/check-username",
            "Check whether a username is available",
            check_username,
        )
}

async fn register(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<Register>,
) -> Result<Remembered<RegisterAnswer>, ApiError> {
    app.count_attempt(&visitor.counted_as).await?;
    // A mistyped code does not use up the few registrations of an address.
    if let Some(code) = body.setup_code.as_deref().filter(|code| !code.trim().is_empty()) {
        app.chat.setup().check_code(code).await?;
    }
    app.count_guess(&[(app.limiter.limits.register, &visitor.counted_as)]).await?;
    let form = body.clone();
    let new = Registration {
        username: form.username,
        password: form.password.into(),
        first_name: form.first_name,
        last_name: form.last_name,
        email: form.email,
        system_language: form.system_language,
        regional_language: form.regional_language,
        phone_number: form.phone_number,
        country: form.phone_country_code,
        phone_transfer_token: form.phone_transfer_token.map(Into::into),
        setup_code: form.setup_code.map(Into::into),
    };
    match app.chat.accounts().register(new, visitor.device.clone()).await {
        Ok(signed_in) => {
            let signed_in = Box::new(signed_in_data(signed_in));
            Ok(visitor.remembered(RegisterAnswer::SignedIn(signed_in)))
        }
        // Old clients offer to take the number over.
        Err(ChatError::PhoneOwned(owner)) => {
            let conflict = Box::new(views::phone_conflict(*owner, body));
            Ok(Remembered::unknown(RegisterAnswer::PhoneConflict(conflict)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn login(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<Login>,
) -> Result<Remembered<LoginAnswer>, ApiError> {
    let limits = &app.limiter.limits;
    // Other callers from its address do not use up the attempts of a known device.
    let known = app.chat.sign_ins().known_device(&body.username, &visitor.device).await?;
    let counted_as = known.map_or(visitor.counted_as.clone(), |device| format!("device {device}"));
    let beginning: String = body.username.trim().chars().take(3).flat_map(char::to_lowercase).collect();
    let name = format!("{counted_as} {beginning}");
    app.count_guess(&[(limits.authentication, &counted_as), (limits.login, &name)]).await?;
    let device = visitor.device.clone();
    let led =
        app.chat.sign_ins().with_password(body.username, body.password, body.remember_device, device).await?;
    Ok(login_answer(&visitor, led))
}

/// The response to a password or a link that was right.
pub(super) fn login_answer(visitor: &Visitor, led: SignIn) -> Remembered<LoginAnswer> {
    match led {
        SignIn::Done(signed_in) => {
            visitor.remembered(LoginAnswer::SignedIn(Box::new(signed_in_data(*signed_in))))
        }
        SignIn::NeedsCode { challenge, user, remember } => {
            Remembered::unknown(LoginAnswer::NeedsCode(Box::new(NeedsCode {
                requires_code: true,
                two_factor_token: challenge,
                remember_device: remember,
                user: views::challenged_user(*user),
                message: "Enter the code that your authenticator shows.".to_owned(),
            })))
        }
    }
}

async fn login_with_code(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<LoginCode>,
) -> Result<Remembered<wire::SignedIn>, ApiError> {
    let signed_in = code_answered(&app, &visitor, &body.two_factor_token, &body.code).await?;
    Ok(visitor.remembered(signed_in))
}

/// The old web client sends the token of the first step of a sign-in like an access token. Access tokens have
/// dots, these have none.
async fn verify_code(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Body(body): Body<Code>,
) -> Result<Remembered<CodeAnswer>, ApiError> {
    let challenge = bearer(&headers).filter(|token| !token.contains('.'));
    if challenge.is_none() && (bearer(&headers).is_some() || session_token(&headers).is_some()) {
        let caller = app.authenticate(&headers).await?;
        app.count_proof(&caller).await?;
        let code = app.chat.security().verify_code(caller.user.id, &body.code, &visitor.device);
        let verified = CodeVerified { valid: true, used_backup_code: code.await? };
        return Ok(Remembered::unknown(CodeAnswer::Verified(verified)));
    }
    let signed_in = code_answered(&app, &visitor, challenge.unwrap_or_default(), &body.code).await?;
    Ok(visitor.remembered(CodeAnswer::SignedIn(Box::new(signed_in))))
}

async fn code_answered(
    app: &App,
    visitor: &Visitor,
    challenge: &str,
    code: &str,
) -> Result<wire::SignedIn, ApiError> {
    let limits = &app.limiter.limits;
    let codes = format!("{} code", visitor.counted_as);
    app.count_guess(&[(limits.authentication, &visitor.counted_as), (limits.login, &codes)]).await?;
    let signed_in = app.chat.sign_ins().with_code(challenge, code, visitor.device.clone()).await?;
    Ok(signed_in_data(signed_in))
}

fn signed_in_data(signed_in: SignedIn) -> wire::SignedIn {
    wire::SignedIn {
        // Who signs in is there, although the socket comes later.
        user: views::user(&signed_in.user, true),
        session: views::session(&signed_in.session),
        token: signed_in.token,
        session_token: signed_in.session_token,
        expires_in: signed_in.expires_in_seconds,
    }
}

async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body<Refresh>,
) -> Result<Json<Refreshed>, ApiError> {
    let fresh = app.chat.sessions().refresh(&body.token, session_token(&headers)).await?;
    let token = Token { token: fresh.token, expires_in: fresh.expires_in_seconds };
    let (access_token, expires_in) = (token.token.clone(), token.expires_in);
    Ok(Json(Refreshed { answer: Success::new(token), access_token, expires_in }))
}

async fn logout(
    State(app): State<App>,
    User(caller): User,
    headers: HeaderMap,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.sessions().sign_out(&caller, session_token(&headers)).await?;
    Ok(Answer(Notice { message: "Signed out".to_owned() }))
}

/// What the first screen of a new server needs.
async fn setup(State(app): State<App>) -> Result<Answer<SetupState>, ApiError> {
    let state = app.chat.setup().state().await?;
    Ok(Answer(SetupState {
        needs_administrator: state.needs_administrator,
        has_accounts: state.has_accounts,
    }))
}

async fn me(State(app): State<App>, User(caller): User) -> Answer<Me> {
    let online = app.chat.presence().is_online(caller.user.id);
    Answer(Me { user: views::user(&caller.user, online) })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// The requested username.
    username: Option<String>,
    /// The requested e-mail address.
    email: Option<String>,
    /// The requested telephone number.
    phone_number: Option<String>,
    /// The country of a number without a calling code, as two letters; `FR` if absent.
    country: Option<String>,
}

/// At least one of the first three has to be asked for.
async fn availability(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    Origin { counted_as, .. }: Origin,
    Params(asked): Params<Asked>,
) -> Result<Answer<Availability>, ApiError> {
    let Asked { username, email, phone_number, country } = asked;
    if username.is_none() && email.is_none() && phone_number.is_none() {
        return Err(ApiError::invalid("username", "give a username, an email or a phoneNumber"));
    }
    let caller = viewer.map(|caller| caller.user.id);
    if phone_number.is_some() {
        let by = caller.map_or_else(|| counted_as.clone(), |caller| caller.to_string());
        app.count_guess(&[(app.limiter.limits.phone_availability, &by)]).await?;
    }
    let wanted = Wanted { username, email, phone_number, country, caller };
    Ok(Answer(available(&app, &counted_as, wanted).await?))
}

#[derive(Deserialize, JsonSchema)]
struct AskedName {
    /// The requested username.
    username: String,
}

async fn check_username(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Params(asked): Params<AskedName>,
) -> Result<Json<UsernameChecked>, ApiError> {
    let wanted = Wanted { username: Some(asked.username), ..Wanted::default() };
    let found = available(&app, &counted_as, wanted).await?;
    let available = found.username_available.unwrap_or(false);
    let answer = Success::new(UsernameAvailable { available, suggestions: found.suggestions });
    Ok(Json(UsernameChecked { answer, available }))
}

async fn available(app: &App, counted_as: &str, wanted: Wanted) -> Result<Availability, ApiError> {
    app.count_guess(&[(app.limiter.limits.availability, counted_as)]).await?;
    let found = app.chat.accounts().availability(wanted).await?;
    Ok(Availability {
        suggestions: if found.username.is_some() { found.suggestions } else { Vec::new() },
        username_available: found.username,
        email_available: found.email,
        phone_number_available: found.phone_number,
    })
}
