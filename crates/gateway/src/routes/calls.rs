//! Calls, for clients without a socket; what happens in a call comes as events.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::calls::{call_type, media};
use crate::http::error::ApiError;
use crate::http::extract::{Body, CallParticipantRef, CallRef, ConversationRef, PathParam, TwoPathParams};
use crate::views::call_session;
use axum::extract::State;
use meeshy_chat::NewCall;
use meeshy_domain::MemberRole;
use meeshy_wire::{CallSession, EnterCall, ErrorCode, StartCall};

pub fn routes(api: Api) -> Api {
    let all = "/api/v1/calls";
    let one = &format!("{all}/{{callId}}");
    let participants = &format!("{one}/participants");
    let members = Access::Member(MemberRole::Member);
    api.post(Access::User, all, "Call the other members of a conversation", start)
        .fails(&[
            ErrorCode::ConversationNotFound,
            ErrorCode::NotAParticipant,
            ErrorCode::PermissionDenied,
            ErrorCode::CallAlreadyActive,
            ErrorCode::VideoCallsNotSupported,
            ErrorCode::ServiceUnavailable,
        ])
        .get(Access::User, one, "A call in a conversation of the caller", find)
        .delete(Access::User, one, "End a call: who has started it, and moderators", end)
        .fails(&[ErrorCode::PermissionDenied, ErrorCode::CallEnded])
        .post(Access::User, participants, "Join a call", join)
        .fails(&[ErrorCode::PermissionDenied, ErrorCode::CallEnded, ErrorCode::MaxParticipantsReached])
        .delete(Access::User, &format!("{participants}/{{participantId}}"), "Leave a call", leave)
        .fails(&[ErrorCode::PermissionDenied])
        .get(
            members,
            "/api/v1/conversations/{id}/active-call",
            "The call that is going on in a conversation",
            active,
        )
}

async fn start(
    State(app): State<App>,
    User(caller): User,
    Body(new): Body<StartCall>,
) -> Result<Created<CallSession>, ApiError> {
    app.limiter.count_call(app.limiter.limits.call_starts, caller.user.id)?;
    let call = NewCall {
        id: app.chat.calls().new_id(),
        conversation: new.conversation_id,
        call_type: call_type(&new.call_type)?,
        media: media(new.settings),
        socket: None,
    };
    let started = app.chat.calls().start(caller.user.id, call).await?;
    Ok(Created(call_session(started)))
}

async fn find(
    State(app): State<App>,
    User(caller): User,
    PathParam(CallRef(call)): PathParam<CallRef>,
) -> Result<Answer<CallSession>, ApiError> {
    Ok(Answer(call_session(app.chat.calls().find(caller.user.id, &call).await?)))
}

async fn end(
    State(app): State<App>,
    User(caller): User,
    PathParam(CallRef(call)): PathParam<CallRef>,
) -> Result<Answer<CallSession>, ApiError> {
    app.limiter.count_call(app.limiter.limits.call_leaves, caller.user.id)?;
    Ok(Answer(call_session(app.chat.calls().end(caller.user.id, &call).await?)))
}

async fn join(
    State(app): State<App>,
    User(caller): User,
    PathParam(CallRef(call)): PathParam<CallRef>,
    Body(EnterCall { settings }): Body<EnterCall>,
) -> Result<Answer<CallSession>, ApiError> {
    app.limiter.count_call(app.limiter.limits.call_joins, caller.user.id)?;
    let media = media(settings);
    Ok(Answer(call_session(app.chat.calls().join(caller.user.id, &call, media, None).await?.view)))
}

async fn leave(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(CallRef(call), CallParticipantRef(participant)): TwoPathParams<CallRef, CallParticipantRef>,
) -> Result<Answer<CallSession>, ApiError> {
    app.limiter.count_call(app.limiter.limits.call_leaves, caller.user.id)?;
    let left = app.chat.calls().leave_participation(caller.user.id, &call, &participant).await?;
    Ok(Answer(call_session(left)))
}

async fn active(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Option<CallSession>>, ApiError> {
    Ok(Answer(app.chat.calls().active(caller.user.id, &id).await?.map(call_session)))
}
