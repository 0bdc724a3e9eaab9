//! Links by which people join conversations.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, LinkRef, PathParam};
use crate::views::{listed_share_link, new_share_link, share_link};
use axum::Json;
use axum::extract::State;
use meeshy_domain::{MemberRole, WebAddress};
use meeshy_wire::{CreateShareLink, CreatedShareLink, ErrorCode, JoinedByLink, ShareLinks};

pub fn routes(api: Api) -> Api {
    let members = Access::Member(MemberRole::Member);
    api.post(members, "/api/v1/conversations/{id}/new-link", "Create a link to a conversation", create)
        .fails(&[ErrorCode::Forbidden, ErrorCode::InvalidOperation])
        .get(members, "/api/v1/conversations/{id}/links", "The links to a conversation", list)
        .post(
            Access::User,
            "/api/v1/conversations/join/{linkId}",
            "Join a conversation by a link; a member is already there",
            join,
        )
        .fails(&[ErrorCode::Forbidden, ErrorCode::LinkClosed, ErrorCode::ServiceUnavailable])
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(asked): Body<CreateShareLink>,
) -> Result<Answer<CreatedShareLink>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let created = app.chat.share_links().create(caller.user.id, &id, new_share_link(asked)).await?;
    let unusable = || ApiError::new(ErrorCode::InternalError, "the URL of this server is not valid");
    Ok(Answer(CreatedShareLink {
        link: WebAddress::parse(&created.url).ok_or_else(unusable)?,
        code: created.link.link_id.clone(),
        share_link: share_link(created.link),
    }))
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Json<ShareLinks>, ApiError> {
    let found = app.chat.share_links().list(caller.user.id, &id).await?;
    let data = found.links.into_iter().map(|view| listed_share_link(view, &found.conversation)).collect();
    Ok(Json(ShareLinks { success: true, data, is_moderator: found.is_moderator }))
}

async fn join(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
) -> Result<Answer<JoinedByLink>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let conversation_id = app.chat.share_links().join(caller.user.id, &link).await?;
    Ok(Answer(JoinedByLink { message: "You have joined the conversation".to_owned(), conversation_id }))
}
