//! What readers say of translations.

use super::{Access, Api};
use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::extract::{Body, PageParams, Params, TwoPathParams, answer, created};
use axum::extract::State;
use axum::response::IntoResponse;
use meeshy_chat::NewReport;
use meeshy_wire::ReportTranslation;
use serde_json::{Value, json};

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/messages/{messageId}/translations/{language}/report";
    api.post(Access::User, path, "Report a translation, and have another engine try", report)
        .body("ReportTranslation")
        .get(
            Access::User,
            "/api/v1/translations/reports",
            "The newest reports (who manages translations)",
            list,
        )
        .query(&["limit"])
}

async fn report(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(message, language): TwoPathParams,
    Body(body): Body<ReportTranslation>,
) -> Result<impl IntoResponse, ApiError> {
    let user = caller.user.id;
    app.limiter.count_translations(user, 1)?;
    let new = NewReport {
        message,
        language,
        reason: body.reason,
        comment: body.comment,
        wants_another: body.try_another,
    };
    let reported = app.chat.report_translation(user, new).await?;
    let mut shown = json!(crate::views::report(reported.report));
    shown["triesAnother"] = Value::Bool(reported.tries_another);
    Ok(created(shown))
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(page): Params<PageParams>,
) -> Result<impl IntoResponse, ApiError> {
    let reports = app.chat.translation_reports(caller.user.id, page.limit(50, 200)).await?;
    Ok(answer(reports.into_iter().map(crate::views::report).collect::<Vec<_>>()))
}
