//! The participants of a conversation: list, add, remove them, change their roles.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Acting, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, LimitParam, Params, PathParam, TwoPathParams, UserRef};
use crate::views::{self, participant};
use axum::Json;
use axum::extract::State;
use meeshy_chat::ParticipantRequest;
use meeshy_domain::{MemberRole, UserId, limits};
use meeshy_wire::{
    AddMember, AddedMember, ChangeRole, ErrorCode, KeysetPage, Notice, Participant, RoleChanged,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let members = Access::Member(MemberRole::Member);
    let path = "/api/v1/conversations/{id}/participants";
    let refusals = &[ErrorCode::Forbidden, ErrorCode::UserNotFound, ErrorCode::InvalidOperation];
    api.get(Access::Participant, path, "A page of the participants of a conversation", list)
        .post(members, path, "Add a member", add)
        .fails(refusals)
        .post(members, "/api/v1/conversations/{id}/invite", "Add a member", add)
        .fails(refusals)
        .delete(
            Access::Member(MemberRole::Admin),
            &format!("{path}/{{userId}}"),
            "Remove or ban a member",
            remove,
        )
        .fails(refusals)
        .patch(
            Access::Member(MemberRole::Creator),
            &format!("{path}/{{userId}}/role"),
            "Change the role of a member",
            change_role,
        )
        .fails(refusals)
        .post(members, "/api/v1/conversations/{id}/leave", "Leave a conversation", leave)
        .fails(refusals)
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
    Acting(caller): Acting,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(asked): Params<Listed>,
) -> Result<Json<KeysetPage<Participant>>, ApiError> {
    let limit = asked.page.limit();
    let Listed { after, role, search, online_only, .. } = asked;
    let request = ParticipantRequest { limit, after, role, search, online_only };
    let page = app.chat.conversations().participants(caller.actor(), &id, request).await?;
    let data = page.participants.into_iter().map(|one| participant(one, app.chat.now())).collect();
    Ok(Json(KeysetPage::new(data, limit, page.next)))
}

async fn add(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(AddMember { user_id }): Body<AddMember>,
) -> Result<Answer<AddedMember>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let added = app.chat.conversations().add_member(caller.user.id, &id, &user_id).await?;
    Ok(Answer(AddedMember { member: views::member(&added), message: "Member added".to_owned() }))
}

#[derive(Deserialize, JsonSchema)]
struct Removal {
    /// Whether only administrators can add the user again.
    #[serde(default)]
    ban: bool,
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), UserRef(user)): TwoPathParams<ConversationRef, UserRef>,
    Params(Removal { ban }): Params<Removal>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().remove_member(caller.user.id, &id, &user, ban).await?;
    Ok(Answer(Notice { message: "Member removed".to_owned() }))
}

async fn change_role(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), UserRef(user)): TwoPathParams<ConversationRef, UserRef>,
    Body(ChangeRole { role }): Body<ChangeRole>,
) -> Result<Answer<RoleChanged>, ApiError> {
    let role = role.parse::<MemberRole>().map_err(|error| ApiError::invalid("role", &error.to_string()))?;
    let changed = app.chat.conversations().set_member_role(caller.user.id, &id, &user, role).await?;
    Ok(Answer(RoleChanged {
        user_id: changed.member.user_id,
        role,
        participant: views::member(&changed),
        message: "Role changed".to_owned(),
    }))
}

async fn leave(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().leave(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "You have left the conversation".to_owned() }))
}
