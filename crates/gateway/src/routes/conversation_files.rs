//! The files of a conversation.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{ConversationRef, PageParams, Params, PathParam};
use crate::views::attachment;
use axum::extract::State;
use meeshy_domain::{FileKind, MemberRole};
use meeshy_wire::ConversationFiles;
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let path = "/api/v1/conversations/{id}/attachments";
    api.get(Access::Member(MemberRole::Member), path, "The files of a conversation, the newest first", list)
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only those of this kind. A file that is nothing else is a document.
    #[serde(rename = "type")]
    kind: Option<FileKind>,
    #[serde(flatten)]
    page: PageParams<50, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(asked): Params<Listed>,
) -> Result<Answer<ConversationFiles>, ApiError> {
    let page = (asked.page.limit(), asked.page.offset());
    let (files, has_more) = app.chat.files().of_conversation(caller.user.id, &id, asked.kind, page).await?;
    Ok(Answer(ConversationFiles { attachments: files.iter().map(attachment).collect(), has_more }))
}
