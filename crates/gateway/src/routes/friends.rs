//! Friend requests. Clients of the old system use two interfaces to them.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, FriendRequestRef, PageParams, Params, PathParam};
use crate::views::friend_request;
use axum::extract::State;
use meeshy_chat::{
    Caller, FriendRequestView, NewFriendRequest, RequestAnswer, RequestDirection, RequestFilter,
};
use meeshy_domain::FriendRequestStatus;
use meeshy_wire::{
    AnswerFriendRequest, ErrorCode, FriendRequest, FriendRequestAnswered, FriendRequestSent, Notice, Page,
    Pagination, PatchFriendRequest, SendFriendRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let sending = &[ErrorCode::UserNotFound, ErrorCode::Forbidden];
    let answering = &[ErrorCode::UserNotFound, ErrorCode::Forbidden];
    let (users, friends) = ("/api/v1/users/friend-requests", "/api/v1/friend-requests");
    api.get(Access::User, users, "The caller's friend requests, sent and received", list)
        .post(Access::User, users, "Ask a user to be friends", send)
        .fails(sending)
        .patch(Access::User, &format!("{users}/{{requestId}}"), "Answer or withdraw a friend request", answer)
        .fails(answering)
        .post(Access::User, friends, "Ask a user to be friends", create)
        .fails(sending)
        .get(Access::User, &format!("{friends}/received"), "The requests that wait for the caller", received)
        .get(Access::User, &format!("{friends}/sent"), "The requests that the caller has sent", sent)
        .patch(Access::User, &format!("{friends}/{{requestId}}"), "Answer a friend request", respond)
        .fails(answering)
        // The old web client sends what the actions of a notification name.
        .patch(Access::User, "/api/friend-requests/{requestId}", "Answer a friend request", respond)
        .fails(answering)
        .delete(
            Access::User,
            &format!("{friends}/{{requestId}}"),
            "Remove a friend request, or end the friendship",
            remove,
        )
        .fails(&[ErrorCode::Forbidden])
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only those in this state; `accepted` for friends.
    status: Option<FriendRequestStatus>,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Listed>,
) -> Result<PageAnswer<FriendRequest>, ApiError> {
    let filter = RequestFilter { direction: RequestDirection::Both, status: asked.status };
    page(&app, &caller, filter, &asked.page).await
}

async fn received(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<PageParams<20, 100>>,
) -> Result<PageAnswer<FriendRequest>, ApiError> {
    let status = Some(FriendRequestStatus::Pending);
    page(&app, &caller, RequestFilter { direction: RequestDirection::Received, status }, &asked).await
}

async fn sent(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<PageParams<20, 100>>,
) -> Result<PageAnswer<FriendRequest>, ApiError> {
    let filter = RequestFilter { direction: RequestDirection::Sent, status: None };
    page(&app, &caller, filter, &asked).await
}

async fn page(
    app: &App,
    caller: &Caller,
    filter: RequestFilter,
    asked: &PageParams<20, 100>,
) -> Result<PageAnswer<FriendRequest>, ApiError> {
    let (limit, offset) = (asked.limit(), asked.offset());
    let found = app.chat.friends().list(caller.user.id, filter, limit, offset).await?;
    let pagination = Pagination::new(found.total, offset, limit, found.requests.len());
    let now = app.chat.now();
    let data = found.requests.into_iter().map(|view| friend_request(view, None, now)).collect();
    Ok(PageAnswer(Page::new(data, pagination)))
}

async fn asked(app: &App, caller: &Caller, body: SendFriendRequest) -> Result<FriendRequestView, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let new = NewFriendRequest { receiver: body.receiver_id, message: body.message };
    Ok(app.chat.friends().send(caller.user.id, new).await?)
}

async fn send(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<SendFriendRequest>,
) -> Result<Answer<FriendRequestSent>, ApiError> {
    let view = asked(&app, &caller, body).await?;
    Ok(Answer(FriendRequestSent {
        friend_request: friend_request(view, None, app.chat.now()),
        message: "Friend request sent".to_owned(),
    }))
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<SendFriendRequest>,
) -> Result<Created<FriendRequest>, ApiError> {
    let view = asked(&app, &caller, body).await?;
    Ok(Created(friend_request(view, None, app.chat.now())))
}

async fn answered(
    app: &App,
    caller: &Caller,
    id: &str,
    answer: RequestAnswer,
) -> Result<FriendRequest, ApiError> {
    let (view, conversation) = app.chat.friends().answer(caller.user.id, id, answer).await?;
    Ok(friend_request(view, conversation.as_ref(), app.chat.now()))
}

async fn answer(
    State(app): State<App>,
    User(caller): User,
    PathParam(FriendRequestRef(id)): PathParam<FriendRequestRef>,
    Body(body): Body<AnswerFriendRequest>,
) -> Result<Answer<FriendRequestAnswered>, ApiError> {
    let (answer, message) = match body.action.as_str() {
        "accept" => (RequestAnswer::Accept, "Friend request accepted"),
        "reject" => (RequestAnswer::Reject, "Friend request declined"),
        "cancel" => (RequestAnswer::Cancel, "Friend request withdrawn"),
        _ => return Err(ApiError::invalid("action", "expected accept, reject or cancel")),
    };
    let request = answered(&app, &caller, &id, answer).await?;
    Ok(Answer(FriendRequestAnswered { request, message: message.to_owned() }))
}

async fn respond(
    State(app): State<App>,
    User(caller): User,
    PathParam(FriendRequestRef(id)): PathParam<FriendRequestRef>,
    Body(body): Body<PatchFriendRequest>,
) -> Result<Answer<FriendRequest>, ApiError> {
    let answer = match body.status.as_str() {
        "accepted" => RequestAnswer::Accept,
        "rejected" => RequestAnswer::Reject,
        _ => return Err(ApiError::invalid("status", "expected accepted or rejected")),
    };
    Ok(Answer(answered(&app, &caller, &id, answer).await?))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    PathParam(FriendRequestRef(id)): PathParam<FriendRequestRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.friends().remove(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "Friend request removed".to_owned() }))
}
