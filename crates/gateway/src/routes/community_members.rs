//! The members of a community: list, add and remove them, change their roles; join, leave and invite.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{
    Body, CommunityMemberRef, CommunityRef, PageParams, Params, PathParam, TwoPathParams,
};
use crate::views::{community, community_member};
use axum::extract::State;
use meeshy_domain::{CommunityRole, limits};
use meeshy_wire::{
    AddCommunityMember, ChangeCommunityRole, CommunityMember, ErrorCode, InviteLink, JoinByInvite,
    JoinedByInvite, Notice, Page, Pagination,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where the web client accepts an invitation.
const INVITE_PATH: &str = "/communities/join/";

pub fn routes(api: Api) -> Api {
    let all = "/api/v1/communities";
    let one = &format!("{all}/{{communityId}}");
    let (members, member) = (&format!("{one}/members"), &format!("{one}/members/{{memberId}}"));
    let refusals = &[ErrorCode::Forbidden, ErrorCode::InvalidOperation];
    api.get(Access::User, members, "The members of a community", list)
        .fails(&[ErrorCode::Forbidden])
        .post(Access::User, members, "Add a member to a community", add)
        .fails(&[ErrorCode::Forbidden, ErrorCode::InvalidOperation, ErrorCode::UserNotFound])
        .patch(Access::User, member, "Change the role of a member of a community", change_role)
        .fails(refusals)
        .patch(
            Access::User,
            &format!("{member}/role"),
            "Change the role of a member of a community",
            change_role,
        )
        .fails(refusals)
        .delete(Access::User, member, "Remove or ban a member of a community", remove)
        .fails(refusals)
        .post(Access::User, &format!("{one}/join"), "Join a public community", join)
        .fails(refusals)
        .post(Access::User, &format!("{one}/leave"), "Leave a community", leave)
        .fails(refusals)
        .post(Access::User, &format!("{one}/invite-link"), "Invite to a community", invite)
        .fails(refusals)
        .post(Access::User, &format!("{all}/join-by-invite"), "Join a community by invitation", accept)
        .fails(&[ErrorCode::Forbidden, ErrorCode::NotFound])
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
    Params(asked): Params<PageParams<20, 100>>,
) -> Result<PageAnswer<CommunityMember>, ApiError> {
    let (limit, offset) = (asked.limit(), asked.offset());
    let page = app.chat.communities().members(caller.user.id, &id, limit, offset).await?;
    let pagination = Pagination::new(page.total, offset, limit, page.members.len());
    Ok(PageAnswer(Page::new(page.members.into_iter().map(community_member).collect(), pagination)))
}

async fn add(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
    Body(AddCommunityMember { user_id, role }): Body<AddCommunityMember>,
) -> Result<Answer<CommunityMember>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let role = role.as_deref().map(parsed).transpose()?;
    let added = app.chat.communities().add_member(caller.user.id, &id, &user_id, role).await?;
    Ok(Answer(community_member(added)))
}

fn parsed(role: &str) -> Result<CommunityRole, ApiError> {
    role.parse().map_err(|error: meeshy_domain::UnknownName| ApiError::invalid("role", &error.to_string()))
}

async fn change_role(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(CommunityRef(id), CommunityMemberRef(member)): TwoPathParams<
        CommunityRef,
        CommunityMemberRef,
    >,
    Body(ChangeCommunityRole { role }): Body<ChangeCommunityRole>,
) -> Result<Answer<CommunityMember>, ApiError> {
    let role = parsed(&role)?;
    let changed = app.chat.communities().set_member_role(caller.user.id, &id, &member, role).await?;
    Ok(Answer(community_member(changed)))
}

#[derive(Deserialize, JsonSchema)]
struct Removal {
    /// Whether the user can only join again once an administrator adds them.
    #[serde(default)]
    ban: bool,
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(CommunityRef(id), CommunityMemberRef(member)): TwoPathParams<
        CommunityRef,
        CommunityMemberRef,
    >,
    Params(Removal { ban }): Params<Removal>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.communities().remove_member(caller.user.id, &id, &member, ban).await?;
    Ok(Answer(Notice { message: "Member removed".to_owned() }))
}

async fn join(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<CommunityMember>, ApiError> {
    Ok(Answer(community_member(app.chat.communities().join(caller.user.id, &id).await?)))
}

async fn leave(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.communities().leave(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "You have left the community".to_owned() }))
}

async fn invite(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<InviteLink>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let invitation = app.chat.communities().invite(caller.user.id, &id).await?;
    let link = format!("{INVITE_PATH}{}", invitation.token);
    Ok(Answer(InviteLink { link, expires_at: invitation.expires_at.into() }))
}

async fn accept(
    State(app): State<App>,
    User(caller): User,
    Body(JoinByInvite { link }): Body<JoinByInvite>,
) -> Result<Answer<JoinedByInvite>, ApiError> {
    if link.chars().count() > limits::INVITE_BYTES {
        return Err(ApiError::invalid("link", &format!("at most {} characters", limits::INVITE_BYTES)));
    }
    let (group, member) = app.chat.communities().join_by_invite(caller.user.id, &link).await?;
    Ok(Answer(JoinedByInvite { group: community(group), member: community_member(member) }))
}
