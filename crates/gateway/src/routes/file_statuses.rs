//! Who has viewed, downloaded, listened to or watched a file.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PageParams, Params, PathParam};
use crate::routes::files::FileRef;
use crate::views::file_status;
use axum::extract::State;
use meeshy_chat::model::FileAct;
use meeshy_domain::FileAction;
use meeshy_wire::{FileStatus, Notice, Page, Pagination, SetFileStatus};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    ["/api/v1/attachments", "/api/attachments"].into_iter().fold(api, |api, base| {
        let one = format!("{base}/{{attachment}}");
        api.post(Access::User, &format!("{one}/status"), "Record what the caller has done with a file", set)
            .get(
                Access::User,
                &format!("{one}/status-details"),
                "Who has viewed, downloaded, listened to or watched a file",
                list,
            )
    })
}

async fn set(
    State(app): State<App>,
    User(caller): User,
    PathParam(FileRef(id)): PathParam<FileRef>,
    Body(body): Body<SetFileStatus>,
) -> Result<Answer<Notice>, ApiError> {
    let act = FileAct {
        action: body.action,
        position_ms: body.play_position_ms,
        duration_ms: body.duration_ms,
        is_complete: body.complete,
        was_zoomed: body.was_zoomed,
    };
    app.chat.files().record(caller.user.id, &id, act).await?;
    Ok(Answer(Notice { message: format!("Attachment marked as {}", body.action) }))
}

/// What users have done.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FileFilter {
    #[default]
    All,
    Viewed,
    Downloaded,
    Listened,
    Watched,
}

impl FileFilter {
    fn action(self) -> Option<FileAction> {
        match self {
            Self::All => None,
            Self::Viewed => Some(FileAction::Viewed),
            Self::Downloaded => Some(FileAction::Downloaded),
            Self::Listened => Some(FileAction::Listened),
            Self::Watched => Some(FileAction::Watched),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only users who have done this.
    #[serde(default)]
    filter: FileFilter,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(FileRef(id)): PathParam<FileRef>,
    Params(asked): Params<Listed>,
) -> Result<PageAnswer<FileStatus>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let found =
        app.chat.files().statuses(caller.user.id, &id, asked.filter.action(), (limit, offset)).await?;
    let pagination = Pagination::new(found.total, offset, limit, found.statuses.len());
    Ok(PageAnswer(Page::new(found.statuses.into_iter().map(file_status).collect(), pagination)))
}
