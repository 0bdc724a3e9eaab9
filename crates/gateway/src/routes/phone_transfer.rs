//! A telephone number moves to another account, or to one that is being registered.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, User};
use crate::http::error::ApiError;
use crate::http::extract::Body;
use crate::views::masked_user;
use axum::Json;
use axum::extract::State;
use meeshy_wire::{
    BeginRegistrationTransfer, BeginTransfer, LookUpPhone, PhoneChecked, PhoneStep, TransferBegun,
    TransferCode, TransferId, TransferVerified, Transferred,
};

pub fn routes(api: Api) -> Api {
    let (anyone, user) = (Access::Anyone, Access::User);
    let path = |step: &str| format!("/api/v1/auth/phone-transfer/{step}");
    api.post(anyone, &path("check"), "Whether an account has a telephone number", check)
        .post(user, &path("initiate"), "Send a code to a number of another account", begin)
        .post(user, &path("verify"), "Move the number to the caller with the code", finish)
        .post(
            anyone,
            &path("initiate-registration"),
            "Send a code to a number of an account, to register with it",
            begin_registration,
        )
        .post(anyone, &path("verify-registration"), "Enter that code", verify_registration)
        .post(anyone, &path("resend"), "Send another code", resend)
        .post(anyone, &path("cancel"), "Give up", cancel)
}

impl App {
    /// Counts a call that sends a text message.
    pub async fn count_sms(&self, caller: &str) -> Result<(), ApiError> {
        self.count_guess(&[(self.limiter.limits.sms, caller)]).await
    }

    /// Counts a call that shows something of the owner of a number.
    pub async fn count_owner_lookup(&self, counted_as: &str) -> Result<(), ApiError> {
        let limits = &self.limiter.limits;
        self.count_guess(&[(limits.authentication, counted_as), (limits.phone_owners, counted_as)]).await
    }

    /// Sends another code, once a minute.
    pub async fn resend_code(&self, origin: &Origin, id: &str) -> Result<(), ApiError> {
        let limits = &self.limiter.limits;
        self.count_guess(&[(limits.authentication, &origin.counted_as), (limits.sms_again, id)]).await?;
        Ok(self.chat.phones().resend(id, origin.device.network()).await?)
    }
}

async fn check(
    State(app): State<App>,
    Origin { counted_as, .. }: Origin,
    Body(body): Body<LookUpPhone>,
) -> Result<Answer<PhoneChecked>, ApiError> {
    app.count_owner_lookup(&counted_as).await?;
    let owner = app.chat.phones().owner(&body.phone_number, body.country_code.as_deref()).await?;
    Ok(Answer(PhoneChecked { exists: owner.is_some(), masked_info: owner.map(masked_user) }))
}

/// Old clients name the account that gets the number. It is the caller's: otherwise, somebody could add their own
/// number to the account of somebody else, and choose a new password with it.
async fn begin(
    State(app): State<App>,
    User(caller): User,
    Origin { counted_as, device }: Origin,
    Body(body): Body<BeginTransfer>,
) -> Result<Answer<TransferBegun>, ApiError> {
    app.count_owner_lookup(&counted_as).await?;
    app.count_sms(&caller.user.id.to_string()).await?;
    if body.new_user_id != caller.user.id.to_string() {
        return Err(ApiError::invalid("newUserId", "this must be your own account"));
    }
    let country = body.phone_country_code.as_deref();
    let (phones, from) = (app.chat.phones(), device.network());
    let (transfer_id, owner) =
        phones.begin_transfer(caller.user.id, &body.phone_number, country, from).await?;
    Ok(Answer(TransferBegun { transfer_id, masked_owner_info: masked_user(owner) }))
}

async fn finish(
    State(app): State<App>,
    User(caller): User,
    Origin { device, .. }: Origin,
    Body(body): Body<TransferCode>,
) -> Result<Answer<Transferred>, ApiError> {
    app.count_proof(&caller).await?;
    let (phones, from) = (app.chat.phones(), device.network());
    phones.finish_transfer(caller.user.id, &body.transfer_id, &body.code, from).await?;
    Ok(Answer(Transferred { transferred: true }))
}

async fn begin_registration(
    State(app): State<App>,
    Origin { counted_as, device }: Origin,
    Body(body): Body<BeginRegistrationTransfer>,
) -> Result<Answer<TransferId>, ApiError> {
    app.count_owner_lookup(&counted_as).await?;
    app.count_sms(&counted_as).await?;
    let country = body.phone_country_code.as_deref();
    let (phones, from) = (app.chat.phones(), device.network());
    let transfer_id = phones.begin_registration(&body.phone_number, country, from).await?;
    Ok(Answer(TransferId { transfer_id }))
}

async fn verify_registration(
    State(app): State<App>,
    Origin { counted_as, device }: Origin,
    Body(body): Body<TransferCode>,
) -> Result<Answer<TransferVerified>, ApiError> {
    app.count_attempt(&counted_as).await?;
    let (phones, from) = (app.chat.phones(), device.network());
    let transfer_token = phones.verify_registration(&body.transfer_id, &body.code, from).await?;
    Ok(Answer(TransferVerified { verified: true, transfer_token }))
}

async fn resend(
    State(app): State<App>,
    origin: Origin,
    Body(body): Body<TransferId>,
) -> Result<Json<PhoneStep>, ApiError> {
    app.resend_code(&origin, &body.transfer_id).await?;
    Ok(Json(PhoneStep { success: true, error: None }))
}

async fn cancel(State(app): State<App>, Body(body): Body<TransferId>) -> Result<Json<PhoneStep>, ApiError> {
    app.chat.phones().cancel(&body.transfer_id).await?;
    Ok(Json(PhoneStep { success: true, error: None }))
}
