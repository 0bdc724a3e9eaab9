//! Reports of bad translations.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, LanguageTag, MessageRef, PageParams, Params, TwoPathParams};
use axum::extract::State;
use meeshy_chat::NewReport;
use meeshy_domain::{MemberRole, Permission};
use meeshy_wire::{ErrorCode, ReportKept, ReportTranslation, TranslationReport};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/messages/{messageId}/translations/{language}/report";
    api.post(
        Access::Member(MemberRole::Member),
        path,
        "Report a translation and request another engine",
        report,
    )
    .fails(&[ErrorCode::NotFound, ErrorCode::InvalidOperation])
    .get(
        Access::Permission(Permission::ManageTranslations),
        "/api/v1/translations/reports",
        "The newest reports",
        list,
    )
}

async fn report(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(MessageRef(message), LanguageTag(language)): TwoPathParams<MessageRef, LanguageTag>,
    Body(body): Body<ReportTranslation>,
) -> Result<Created<ReportKept>, ApiError> {
    let user = caller.user.id;
    app.limiter.count_translations(user, 1)?;
    let new = NewReport {
        message,
        language,
        reason: body.reason,
        comment: body.comment,
        wants_another: body.try_another,
    };
    let reported = app.chat.reports().add(user, new).await?;
    Ok(Created(ReportKept {
        report: crate::views::report(reported.report),
        tries_another: reported.tries_another,
    }))
}

/// Only the newest are shown: an offset is passed over.
#[derive(Deserialize, JsonSchema)]
struct Newest {
    #[serde(flatten)]
    page: PageParams<50, 200>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Newest>,
) -> Result<Answer<Vec<TranslationReport>>, ApiError> {
    let reports = app.chat.reports().newest(&caller, asked.page.limit()).await?;
    Ok(Answer(reports.into_iter().map(crate::views::report).collect()))
}
