//! Telephone numbers: codes that confirm them.
//!
//! Who asks for a code does not learn whether an account has entered the number.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, User, Viewer};
use crate::http::error::ApiError;
use crate::http::extract::Body;
use axum::extract::State;
use meeshy_wire::{
    ChangePhone, ErrorCode, Notice, PhoneChangeAsked, PhoneChanged, SendPhoneCode, VerifyPhone,
    VerifyPhoneChange,
};

pub fn routes(api: Api) -> Api {
    let (anyone, user) = (Access::Anyone, Access::User);
    api.post(anyone, "/api/v1/auth/send-phone-code", "Send a code that confirms a telephone number", send)
        .post(anyone, "/api/v1/auth/verify-phone", "Confirm a telephone number with a code", verify)
        .post(user, "/api/v1/users/me/change-phone", "Send a code to a new telephone number", change)
        .fails(&[ErrorCode::UserNotFound])
        .post(
            user,
            "/api/v1/users/me/verify-phone-change",
            "Change the caller's telephone number to the new one",
            confirm_change,
        )
}

async fn send(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    Origin { counted_as, device }: Origin,
    Body(body): Body<SendPhoneCode>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_sms(&counted_as).await?;
    let caller = viewer.map(|caller| caller.user.id);
    app.chat.phones().send_code(&body.phone_number, caller, device.network()).await?;
    let message = "If an account has entered this number, we have sent a code to it.".to_owned();
    Ok(Answer(Notice { message }))
}

async fn verify(
    State(app): State<App>,
    Viewer(viewer): Viewer,
    Origin { counted_as, device }: Origin,
    Body(body): Body<VerifyPhone>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_attempt(&counted_as).await?;
    let caller = viewer.map(|caller| caller.user.id);
    app.chat.phones().verify(&body.phone_number, &body.code, caller, device.network()).await?;
    Ok(Answer(Notice { message: "Number confirmed".to_owned() }))
}

async fn change(
    State(app): State<App>,
    User(caller): User,
    Origin { device, .. }: Origin,
    Body(body): Body<ChangePhone>,
) -> Result<Answer<PhoneChangeAsked>, ApiError> {
    app.count_sms(&caller.user.id.to_string()).await?;
    let (phones, from) = (app.chat.phones(), device.network());
    let pending_phone_number = phones.request_change(caller.user.id, &body.new_phone_number, from).await?;
    let message = "Enter the code that we have sent to your new number.".to_owned();
    Ok(Answer(PhoneChangeAsked { message, pending_phone_number }))
}

async fn confirm_change(
    State(app): State<App>,
    User(caller): User,
    Origin { device, .. }: Origin,
    Body(body): Body<VerifyPhoneChange>,
) -> Result<Answer<PhoneChanged>, ApiError> {
    app.count_proof(&caller).await?;
    let (phones, from) = (app.chat.phones(), device.network());
    let new_phone_number = phones.confirm_change(caller.user.id, &body.code, from).await?;
    Ok(Answer(PhoneChanged { message: "Number changed".to_owned(), new_phone_number }))
}
