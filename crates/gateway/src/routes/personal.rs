//! What belongs to one user: notifications, the referral link, and keys, of which there are none.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{PageParams, Params, PathParam, UserRef};
use crate::views::notification;
use axum::extract::State;
use meeshy_chat::model::NotificationFilter;
use meeshy_wire::{AffiliateToken, ErrorCode, Notice, Notification, Page, Pagination};

pub fn routes(api: Api) -> Api {
    api.get(
        Access::User,
        "/api/v1/users/{userId}/notifications",
        "The caller's own notifications; there are none of other users",
        notifications,
    )
    .get(
        Access::Anyone,
        "/api/v1/users/{userId}/affiliate-token",
        "The token of a user's referral link, by id; `null` if there is none",
        affiliate_token,
    )
    .post(
        Access::User,
        "/api/v1/users/me/encryption-keys",
        "Fails: this server does not encrypt from end to end",
        encryption_keys,
    )
    .fails(&[ErrorCode::EncryptionNotSupported])
}

async fn notifications(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(user)): PathParam<UserRef>,
    Params(asked): Params<PageParams<20, 100>>,
) -> Result<PageAnswer<Notification>, ApiError> {
    let me = caller.user.id;
    // Whether there are others is not told.
    if user.parse().ok() != Some(me) {
        return Err(ApiError::new(ErrorCode::UserNotFound, "no such user"));
    }
    let (limit, offset) = (asked.limit(), asked.offset());
    let filter = NotificationFilter::default();
    let found = app.chat.notifications().list(me, filter, limit, offset).await?;
    let pagination = Pagination::new(found.total, offset, limit, found.notifications.len());
    Ok(PageAnswer(Page::new(found.notifications.into_iter().map(notification).collect(), pagination)))
}

async fn affiliate_token(
    State(app): State<App>,
    PathParam(UserRef(user)): PathParam<UserRef>,
) -> Result<Answer<Option<AffiliateToken>>, ApiError> {
    let token = app.chat.profiles().affiliate_token(&user).await?;
    Ok(Answer(token.map(|token| AffiliateToken { token })))
}

async fn encryption_keys(User(_): User) -> Result<Answer<Notice>, ApiError> {
    let message = "this server does not encrypt from end to end, so there is nothing to store a key for";
    Err(ApiError::new(ErrorCode::EncryptionNotSupported, message))
}
