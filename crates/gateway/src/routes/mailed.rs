//! Links that users are sent by e-mail: to confirm an address, to choose a new password, to sign in.
//!
//! Who asks for one does not learn whether an account has the address.

use super::auth::login_answer;
use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, User};
use crate::http::device::{Remembered, Visitor};
use crate::http::error::ApiError;
use crate::http::extract::{Body, Params};
use axum::Json;
use axum::extract::State;
use meeshy_chat::{Caller, ChatError, PasswordReset};
use meeshy_domain::text;
use meeshy_wire::{
    AskByMail, AskMagicLink, ChangeEmail, EmailChangeAsked, EmailChanged, EmailVerified, ErrorCode,
    LinkToken, LoginAnswer, MagicLinkAsked, Notice, ResetLink, ResetPassword, VerifyEmail, VerifyEmailChange,
    VerifyEmailCode,
};
use schemars::JsonSchema;
use serde::Deserialize;

const SENT: &str = "If there is an account with this address, we have sent an e-mail to it.";

pub fn routes(api: Api) -> Api {
    let anyone = Access::Anyone;
    let magic_link = "/api/v1/auth/magic-link/validate";
    api.post(anyone, "/api/v1/auth/verify-email", "Confirm an address with a link", verify)
        .post(anyone, "/api/v1/auth/resend-verification", "Send that link again", resend)
        .post(anyone, "/api/v1/auth/forgot-password", "Send a link to choose a new password", forgot)
        .get(anyone, "/api/v1/auth/reset-password/verify-token", "Whether such a link works", reset_link)
        .post(anyone, "/api/v1/auth/reset-password", "Choose a new password with a link", reset)
        .fails(&[ErrorCode::Forbidden])
        .post(anyone, "/api/v1/auth/magic-link/request", "Send a link that signs in", ask_magic_link)
        .post(anyone, magic_link, "Sign in with a link", follow_magic_link)
        .fails(&[ErrorCode::AuthFailed, ErrorCode::Forbidden])
        .get(anyone, magic_link, "The same, with the token in the query", follow_magic_link_url)
        .fails(&[ErrorCode::AuthFailed, ErrorCode::Forbidden])
        .post(Access::User, "/api/v1/users/me/change-email", "Send a link to a new address", change)
        .post(Access::User, "/api/v1/auth/me/email/request", "The same, for old clients", change_by_mail)
        .post(
            Access::User,
            "/api/v1/auth/me/email/verify",
            "Change the caller's address with the token of that link",
            confirm_with_code,
        )
        .fails(&[ErrorCode::AlreadyExists, ErrorCode::UserNotFound])
        .post(
            Access::User,
            "/api/v1/users/me/verify-email-change",
            "Change the caller's address to the new one",
            confirm_change,
        )
        .fails(&[ErrorCode::AlreadyExists, ErrorCode::UserNotFound])
}

#[derive(Deserialize, JsonSchema)]
struct Link {
    /// The token of the link.
    token: String,
}

/// The name under which calls about an address are counted.
fn counted_address(email: &str) -> String {
    text::email_key(email).unwrap_or_default()
}

async fn verify(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<VerifyEmail>,
) -> Result<Answer<EmailVerified>, ApiError> {
    app.count_attempt(&counted_as).await?;
    let verified = app.chat.addresses().verify(&body.token, &body.email).await?;
    let message =
        if verified.was_verified { "Your address is confirmed already" } else { "Address confirmed" };
    Ok(Answer(EmailVerified {
        message: message.to_owned(),
        already_verified: verified.was_verified,
        verified_at: verified.verified_at.into(),
    }))
}

async fn resend(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<AskByMail>,
) -> Result<Answer<Notice>, ApiError> {
    let (limits, name) = (&app.limiter.limits, format!("verify {}", counted_address(&body.email)));
    app.count_guess(&[(limits.authentication, &counted_as), (limits.mail, &name)]).await?;
    app.chat.addresses().request_verification(&body.email).await?;
    Ok(Answer(Notice { message: SENT.to_owned() }))
}

async fn forgot(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<AskByMail>,
) -> Result<Answer<Notice>, ApiError> {
    let (limits, address) = (&app.limiter.limits, counted_address(&body.email));
    let from_here = format!("{counted_as} {address}");
    app.count_guess(&[
        (limits.authentication, &counted_as),
        (limits.reset, &from_here),
        (limits.reset_by_address, &address),
    ])
    .await?;
    app.chat.security().request_password_reset(&body.email).await?;
    Ok(Answer(Notice { message: SENT.to_owned() }))
}

/// Old clients read the fields without the envelope.
async fn reset_link(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Params(link): Params<Link>,
) -> Result<Json<ResetLink>, ApiError> {
    app.count_attempt(&counted_as).await?;
    let link = app.chat.security().reset_link(&link.token).await.map_err(not_valid)?;
    Ok(Json(ResetLink { valid: true, requires_code: link.needs_code, expires_at: link.expires_at.into() }))
}

/// Old clients look for this field.
fn not_valid(error: ChatError) -> ApiError {
    let is_answer = matches!(error, ChatError::Invalid { .. });
    let mut error = ApiError::from(error);
    error.body.valid = is_answer.then_some(false);
    error
}

async fn reset(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<ResetPassword>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_attempt(&visitor.counted_as).await?;
    let ResetPassword { token, new_password, confirm_password, two_factor_code } = body;
    let reset =
        PasswordReset { token, new: new_password, confirmation: confirm_password, code: two_factor_code };
    app.chat.security().reset_password(reset, &visitor.device).await?;
    Ok(Answer(Notice { message: "Password changed; all your devices are signed out".to_owned() }))
}

/// Old clients are told of the limit by the body.
async fn ask_magic_link(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<AskMagicLink>,
) -> Result<Json<MagicLinkAsked>, ApiError> {
    let (limits, name) = (&app.limiter.limits, format!("sign-in {}", counted_address(&body.email)));
    match app.count_guess(&[(limits.authentication, &counted_as), (limits.mail, &name)]).await {
        Err(error) if error.body.code == ErrorCode::RateLimitExceeded => {
            let message = error.body.message.clone();
            return Ok(Json(MagicLinkAsked { success: false, message, error: Some("RATE_LIMITED") }));
        }
        counted => counted?,
    }
    app.chat.sign_ins().request_link(&body.email, body.remember_device).await?;
    Ok(Json(MagicLinkAsked { success: true, message: SENT.to_owned(), error: None }))
}

async fn follow_magic_link(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<LinkToken>,
) -> Result<Remembered<LoginAnswer>, ApiError> {
    sign_in(&app, &visitor, &body.token).await
}

async fn follow_magic_link_url(
    State(app): State<App>,
    visitor: Visitor,
    Params(link): Params<Link>,
) -> Result<Remembered<LoginAnswer>, ApiError> {
    sign_in(&app, &visitor, &link.token).await
}

async fn sign_in(app: &App, visitor: &Visitor, token: &str) -> Result<Remembered<LoginAnswer>, ApiError> {
    app.count_attempt(&visitor.counted_as).await?;
    let led = app.chat.sign_ins().with_link(token, visitor.device.clone()).await?;
    Ok(login_answer(visitor, led))
}

async fn change(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<ChangeEmail>,
) -> Result<Answer<EmailChangeAsked>, ApiError> {
    request_change(&app, &caller, &body.new_email).await
}

async fn change_by_mail(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<AskByMail>,
) -> Result<Answer<EmailChangeAsked>, ApiError> {
    request_change(&app, &caller, &body.email).await
}

async fn request_change(
    app: &App,
    caller: &Caller,
    email: &str,
) -> Result<Answer<EmailChangeAsked>, ApiError> {
    let by_user = format!("change {}", caller.user.id);
    app.count_guess(&[(app.limiter.limits.mail, &by_user)]).await?;
    let pending_email = app.chat.addresses().request_change(caller, email).await?;
    let message = "Follow the link in the e-mail that we have sent to your new address.".to_owned();
    Ok(Answer(EmailChangeAsked { message, pending_email }))
}

async fn confirm_change(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<VerifyEmailChange>,
) -> Result<Answer<EmailChanged>, ApiError> {
    confirm(&app, &caller, &body.token).await
}

async fn confirm_with_code(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<VerifyEmailCode>,
) -> Result<Answer<EmailChanged>, ApiError> {
    confirm(&app, &caller, &body.code).await
}

async fn confirm(app: &App, caller: &Caller, token: &str) -> Result<Answer<EmailChanged>, ApiError> {
    app.count_proof(caller).await?;
    let new_email = app.chat.addresses().confirm_change(caller.user.id, token).await?;
    Ok(Answer(EmailChanged { message: "Address changed".to_owned(), new_email }))
}
