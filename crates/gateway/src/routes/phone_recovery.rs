//! A new password with a code on the telephone, in four steps. Old clients read the answers without the envelope, and
//! the reason of a refusal in `error`.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::auth::Origin;
use crate::http::error::ApiError;
use crate::http::extract::Body;
use crate::views;
use axum::Json;
use axum::extract::State;
use meeshy_chat::IdentityCheck;
use meeshy_domain::PhoneRefusal;
use meeshy_wire::{
    ErrorCode, IdentityVerified, LookUpPhone, PhoneFound, PhoneStep, RecoveryCode, RecoveryId,
    RecoveryVerified, VerifyIdentity,
};

pub fn routes(api: Api) -> Api {
    let path = |step: &str| format!("/api/v1/auth/forgot-password/phone/{step}");
    api.post(
        Access::Anyone,
        &path("lookup"),
        "Begin to choose a new password with a telephone number",
        look_up,
    )
    .post(Access::Anyone, &path("verify-identity"), "Name the account, and send a code", verify_identity)
    .post(Access::Anyone, &path("verify-code"), "Enter the code", verify_code)
    .post(Access::Anyone, &path("resend"), "Send another code", resend)
}

/// The refusal in what failed, which is part of the answer.
fn refusal<T>(outcome: Result<T, ApiError>) -> Result<Result<T, PhoneRefusal>, ApiError> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(error) if error.body.code == ErrorCode::RateLimitExceeded => Ok(Err(PhoneRefusal::RateLimited)),
        Err(error) => error.refusal.map_or(Err(error), |refusal| Ok(Err(refusal))),
    }
}

async fn look_up(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<LookUpPhone>,
) -> Result<Json<PhoneFound>, ApiError> {
    let find = async {
        app.count_owner_lookup(&counted_as).await?;
        let phones = app.chat.phones();
        Ok(phones.begin_recovery(&body.phone_number, body.country_code.as_deref()).await?)
    };
    let (found, error) = split(refusal(find.await)?);
    let (token_id, owner) = found.map(|found| (found.id, found.owner)).unzip();
    Ok(Json(PhoneFound {
        success: error.is_none(),
        token_id,
        masked_user_info: owner.map(views::masked_user),
        error,
    }))
}

async fn verify_identity(
    State(app): State<App>,
    Origin { counted_as, device }: Origin,
    Body(body): Body<VerifyIdentity>,
) -> Result<Json<IdentityVerified>, ApiError> {
    let check = async {
        app.count_attempt(&counted_as).await?;
        let VerifyIdentity { token_id, full_username, full_email } = &body;
        let (phones, from) = (app.chat.phones(), device.network());
        Ok(phones.verify_identity(token_id, full_username, full_email, from).await?)
    };
    let (check, refused) = split(refusal(check.await)?);
    let attempts_remaining = check.map(|check| check.attempts_left);
    let error = refused.or(check.and_then(|IdentityCheck { refusal, .. }| refusal));
    let is_done = error.is_none();
    Ok(Json(IdentityVerified { success: is_done, code_sent: is_done, attempts_remaining, error }))
}

async fn verify_code(
    State(app): State<App>,
    Origin { counted_as, device }: Origin,
    Body(body): Body<RecoveryCode>,
) -> Result<Json<RecoveryVerified>, ApiError> {
    let check = async {
        app.count_attempt(&counted_as).await?;
        Ok(app.chat.phones().verify_recovery(&body.token_id, &body.code, device.network()).await?)
    };
    let (reset_token, error) = split(refusal(check.await)?);
    Ok(Json(RecoveryVerified { success: error.is_none(), reset_token, error }))
}

async fn resend(
    State(app): State<App>,
    origin: Origin,
    Body(body): Body<RecoveryId>,
) -> Result<Json<PhoneStep>, ApiError> {
    let send = async { app.resend_code(&origin, &body.token_id).await };
    let (_, error) = split(refusal(send.await)?);
    Ok(Json(PhoneStep { success: error.is_none(), error }))
}

fn split<T>(outcome: Result<T, PhoneRefusal>) -> (Option<T>, Option<PhoneRefusal>) {
    match outcome {
        Ok(done) => (Some(done), None),
        Err(refusal) => (None, Some(refusal)),
    }
}
