//! The participants of a conversation.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{ConversationRef, LimitParam, Params, PathParam};
use crate::views::participant;
use axum::Json;
use axum::extract::State;
use meeshy_chat::ParticipantRequest;
use meeshy_domain::{MemberRole, UserId, limits};
use meeshy_wire::{KeysetPage, Participant};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let members = Access::Member(MemberRole::Member);
    api.get(
        members,
        "/api/v1/conversations/{id}/participants",
        "A page of the members of a conversation",
        list,
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Listed {
    /// Only those after the participant with this id: the `next` of the page before. Members come in order of
    /// their ids, then guests.
    after: Option<UserId>,
    /// Only those with this role in the conversation. Guests have the role `MEMBER`.
    role: Option<MemberRole>,
    /// Only members whose names match, as in a search of users; no guests. In a conversation of more than 1,000
    /// members, only the first 1,000 matching words of all names on the server are considered, in alphabetical
    /// order: a longer text finds the others.
    #[schemars(length(max = limits::DISPLAY_NAME_CHARS))]
    search: Option<String>,
    /// Only members who are connected; no guests. In a conversation of more than 1,000 members, a page looks up
    /// 1,000 of the users who are connected to the server, so that it can be short, or empty, and still have a
    /// `next`.
    #[serde(default)]
    online_only: bool,
    #[serde(flatten)]
    page: LimitParam<50, 250>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(asked): Params<Listed>,
) -> Result<Json<KeysetPage<Participant>>, ApiError> {
    let limit = asked.page.limit();
    let Listed { after, role, search, online_only, .. } = asked;
    let request = ParticipantRequest { limit, after, role, search, online_only };
    let page = app.chat.conversations().participants(caller.user.id, &id, request).await?;
    let data = page.participants.into_iter().map(participant).collect();
    Ok(Json(KeysetPage::new(data, limit, page.next)))
}
