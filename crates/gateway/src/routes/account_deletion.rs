//! Users delete their account.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::device::Visitor;
use crate::http::error::ApiError;
use crate::http::extract::Body;
use axum::extract::State;
use meeshy_chat::DeletionProof;
use meeshy_wire::{DeleteAccount, ErrorCode, Notice};

pub fn routes(api: Api) -> Api {
    let errors = &[ErrorCode::InvalidOperation, ErrorCode::UserNotFound];
    api.delete(Access::User, "/api/v1/me/account", "Delete the caller's account", delete)
        .fails(errors)
        .delete(Access::User, "/api/v1/auth/me", "The same, for old clients", delete)
        .fails(errors)
}

async fn delete(
    State(app): State<App>,
    User(caller): User,
    visitor: Visitor,
    Body(body): Body<DeleteAccount>,
) -> Result<Answer<Notice>, ApiError> {
    app.count_proof(&caller).await?;
    let proof = DeletionProof { password: body.password, code: body.code };
    app.chat.deletions().delete(&caller, proof, &visitor.device).await?;
    Ok(Answer(Notice { message: "Your account was deleted".to_owned() }))
}
