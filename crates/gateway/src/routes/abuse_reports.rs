//! Reports to the moderators of the server.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Created;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PathParam, UserRef};
use crate::views::abuse_report;
use axum::extract::State;
use meeshy_chat::NewAbuseReport;
use meeshy_domain::{AbuseKind, ReportedKind};
use meeshy_wire::{AbuseReport, ErrorCode, PostReport, ReportUser};

pub fn routes(api: Api) -> Api {
    api.post(
        Access::User,
        "/api/v1/admin/reports",
        "Report something to the moderators of the server",
        report,
    )
    .fails(&[
        ErrorCode::MessageNotFound,
        ErrorCode::UserNotFound,
        ErrorCode::ConversationNotFound,
        ErrorCode::ConversationAccessDenied,
        ErrorCode::NotFound,
    ])
    .post(
        Access::User,
        "/api/v1/users/{userId}/report",
        "Report a user, by id, to the moderators of the server",
        report_user,
    )
}

async fn report(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<PostReport>,
) -> Result<Created<AbuseReport>, ApiError> {
    let new = NewAbuseReport {
        kind: body.reported_type,
        entity: body.reported_entity_id,
        abuse: body.report_type,
        reason: body.reason,
    };
    Ok(Created(abuse_report(app.chat.abuse_reports().add(caller.user.id, new).await?)))
}

async fn report_user(
    State(app): State<App>,
    User(caller): User,
    PathParam(UserRef(id)): PathParam<UserRef>,
    Body(body): Body<ReportUser>,
) -> Result<Created<AbuseReport>, ApiError> {
    let new = NewAbuseReport {
        kind: ReportedKind::User.name().to_owned(),
        entity: id,
        abuse: body.report_type.unwrap_or_else(|| AbuseKind::Other.name().to_owned()),
        reason: body.reason,
    };
    Ok(Created(abuse_report(app.chat.abuse_reports().add(caller.user.id, new).await?)))
}
