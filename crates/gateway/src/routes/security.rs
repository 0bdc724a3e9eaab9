//! What users change about how they sign in: password, username and two-factor codes.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::device::Visitor;
use crate::http::error::ApiError;
use crate::http::extract::Body;
use crate::views::two_factor_setup;
use axum::extract::State;
use meeshy_chat::{Caller, PasswordChange};
use meeshy_wire::{
    BackupCodes, ChangePassword, Code, DisableTwoFactor, ErrorCode, Notice, PatchUsername, TwoFactorSetup,
    TwoFactorStatus, UsernameUpdated,
};

pub fn routes(api: Api) -> Api {
    let state = &[ErrorCode::InvalidOperation, ErrorCode::UserNotFound];
    api.patch(Access::User, "/api/v1/users/me/password", "Change the caller's password", change_password)
        .fails(&[ErrorCode::UserNotFound])
        .post(Access::User, "/api/v1/auth/change-password", "Change the caller's password", change_password)
        .fails(&[ErrorCode::UserNotFound])
        .patch(Access::User, "/api/v1/users/me/username", "Change the caller's username", change_username)
        .fails(&[ErrorCode::AlreadyExists, ErrorCode::UserNotFound])
        .get(Access::User, "/api/v1/auth/2fa/status", "Whether codes are required to sign in", status)
        .post(Access::User, "/api/v1/auth/2fa/setup", "Begin to set up an authenticator", set_up)
        .fails(state)
        .post(Access::User, "/api/v1/auth/2fa/cancel", "Give up setting up an authenticator", cancel)
        .post(Access::User, "/api/v1/auth/2fa/enable", "Require codes to sign in", enable)
        .fails(state)
        .post(Access::User, "/api/v1/auth/2fa/disable", "Require no codes any more", disable)
        .fails(state)
        .post(Access::User, "/api/v1/auth/2fa/backup-codes", "Replace the backup codes", renew_backup_codes)
        .fails(state)
}

impl App {
    /// Counts a password or a code that a signed-in user has typed.
    pub async fn count_proof(&self, caller: &Caller) -> Result<(), ApiError> {
        let by_user = format!("user {}", caller.user.id);
        self.count_attempt(&by_user).await
    }
}

async fn change_password(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<ChangePassword>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_proof(&caller).await?;
    let change = PasswordChange {
        current: body.current_password,
        new: body.new_password,
        confirmation: body.confirm_password,
    };
    app.chat.security().change_password(&caller, change, &visitor.device).await?;
    Ok(Answer(Notice { message: "Password updated; your other devices are signed out".to_owned() }))
}

async fn change_username(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<PatchUsername>,
) -> Result<Answer<UsernameUpdated>, ApiError> {
    app.count_proof(&caller).await?;
    let PatchUsername { new_username, current_password } = body;
    let security = app.chat.security();
    let username = security.change_username(&caller, &new_username, current_password, visitor.device).await?;
    Ok(Answer(UsernameUpdated { username, message: "Username updated".to_owned() }))
}

async fn status(State(app): State<App>, User(caller): User) -> Result<Answer<TwoFactorStatus>, ApiError> {
    let status = app.chat.security().two_factor_status(caller.user.id).await?;
    Ok(Answer(TwoFactorStatus {
        enabled: status.enabled_at.is_some(),
        enabled_at: status.enabled_at.map(Into::into),
        has_backup_codes: status.backup_codes > 0,
        backup_codes_count: status.backup_codes,
    }))
}

async fn set_up(State(app): State<App>, User(caller): User) -> Result<Answer<TwoFactorSetup>, ApiError> {
    Ok(Answer(two_factor_setup(app.chat.security().set_up_two_factor(&caller.user).await?)?))
}

async fn cancel(State(app): State<App>, User(caller): User) -> Result<Answer<Notice>, ApiError> {
    app.chat.security().cancel_two_factor(caller.user.id).await?;
    Ok(Answer(Notice { message: "Two-factor sign-in was not set up".to_owned() }))
}

async fn enable(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<Code>,
) -> Result<Answer<BackupCodes>, ApiError> {
    app.count_proof(&caller).await?;
    let security = app.chat.security();
    let backup_codes = security.enable_two_factor(caller.user.id, &body.code, &visitor.device).await?;
    Ok(Answer(BackupCodes { message: "Two-factor sign-in is on".to_owned(), backup_codes }))
}

async fn disable(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<DisableTwoFactor>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_proof(&caller).await?;
    let DisableTwoFactor { password, code } = body;
    let security = app.chat.security();
    security.disable_two_factor(caller.user.id, password, code.as_deref(), &visitor.device).await?;
    Ok(Answer(Notice { message: "Two-factor sign-in is off".to_owned() }))
}

async fn renew_backup_codes(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<Code>,
) -> Result<Answer<BackupCodes>, ApiError> {
    app.count_proof(&caller).await?;
    let security = app.chat.security();
    let backup_codes = security.renew_backup_codes(caller.user.id, &body.code, &visitor.device).await?;
    Ok(Answer(BackupCodes { message: "The old backup codes no longer work".to_owned(), backup_codes }))
}
