//! Communities. Old clients also call them groups.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, CommunityIdentifier, CommunityRef, PageParams, Params, PathParam};
use crate::views;
use axum::extract::State;
use meeshy_chat::{CommunityPatch, CommunityView, NewCommunity};
use meeshy_domain::limits;
use meeshy_wire::{
    Community, CommunityConversation, CreateCommunity, ErrorCode, IdentifierChecked, Notice, Page,
    Pagination, PatchCommunity,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let (all, groups) = ("/api/v1/communities", "/api/v1/groups");
    let (one, group) = (&format!("{all}/{{communityId}}"), &format!("{groups}/{{communityId}}"));
    let creating = &[ErrorCode::IdentifierTaken, ErrorCode::InvalidOperation];
    let changing = &[ErrorCode::IdentifierTaken, ErrorCode::Forbidden];
    let seeing = &[ErrorCode::Forbidden];
    api.get(Access::User, all, "The communities that the caller has created or joined", list)
        .get(Access::User, groups, "The communities that the caller has created or joined", list)
        .post(Access::User, all, "Create a community", create)
        .fails(creating)
        .post(Access::User, groups, "Create a community", create)
        .fails(creating)
        .get(Access::User, &format!("{all}/search"), "Public communities", search)
        .get(
            Access::User,
            &format!("{all}/check-identifier/{{identifier}}"),
            "Whether an identifier is free",
            check_identifier,
        )
        .get(
            Access::User,
            &format!("{all}/identifier/{{identifier}}"),
            "A community by its identifier",
            by_identifier,
        )
        .fails(seeing)
        .get(Access::User, one, "A community by id or identifier", get)
        .fails(seeing)
        .get(Access::User, group, "A community by id or identifier", get)
        .fails(seeing)
        .put(Access::User, one, "Change a community", update)
        .fails(changing)
        .patch(Access::User, one, "Change a community", update)
        .fails(changing)
        .post(Access::User, group, "Change a community", update)
        .fails(changing)
        .delete(Access::User, one, "Delete a community", delete)
        .fails(seeing)
        .get(
            Access::User,
            &format!("{one}/conversations"),
            "The conversations of a community of which the caller is a member",
            conversations,
        )
        .fails(seeing)
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only those whose names match; two characters at least.
    #[schemars(length(max = limits::COMMUNITY_NAME_CHARS))]
    search: Option<String>,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

#[derive(Deserialize, JsonSchema)]
struct Searched {
    /// Only those whose names match; two characters at least. Without it, the newest ones.
    #[schemars(length(max = limits::COMMUNITY_NAME_CHARS))]
    q: Option<String>,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Listed>,
) -> Result<PageAnswer<Community>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let search = asked.search.as_deref();
    let found = app.chat.communities().list(caller.user.id, search, limit, offset).await?;
    Ok(page(found, limit, offset))
}

async fn search(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Searched>,
) -> Result<PageAnswer<Community>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let found = app.chat.communities().search(caller.user.id, asked.q.as_deref(), limit, offset).await?;
    Ok(page(found, limit, offset))
}

fn page((found, total): (Vec<CommunityView>, i64), limit: i64, offset: i64) -> PageAnswer<Community> {
    let pagination = Pagination::new(total, offset, limit, found.len());
    PageAnswer(Page::new(found.into_iter().map(views::community).collect(), pagination))
}

async fn check_identifier(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityIdentifier(requested)): PathParam<CommunityIdentifier>,
) -> Result<Answer<IdentifierChecked>, ApiError> {
    app.limiter.count(app.limiter.limits.availability, &caller.user.id.to_string())?;
    let (identifier, available) = app.chat.communities().check_identifier(&requested).await?;
    Ok(Answer(IdentifierChecked { available, identifier }))
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<CreateCommunity>,
) -> Result<Created<Community>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let CreateCommunity { name, identifier, description, avatar, banner, is_private } = body;
    let new = NewCommunity { name, identifier, description, avatar, banner, is_private };
    Ok(Created(views::community(app.chat.communities().create(caller.user.id, new).await?)))
}

async fn get(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<Community>, ApiError> {
    Ok(Answer(views::community(app.chat.communities().get(caller.user.id, &id).await?)))
}

async fn by_identifier(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityIdentifier(identifier)): PathParam<CommunityIdentifier>,
) -> Result<Answer<Community>, ApiError> {
    Ok(Answer(views::community(app.chat.communities().get(caller.user.id, &identifier).await?)))
}

async fn update(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
    Body(body): Body<PatchCommunity>,
) -> Result<Answer<Community>, ApiError> {
    let PatchCommunity { name, identifier, description, avatar, banner, is_private } = body;
    let patch = CommunityPatch { name, identifier, description, avatar, banner, is_private };
    Ok(Answer(views::community(app.chat.communities().update(caller.user.id, &id, patch).await?)))
}

async fn delete(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.communities().delete(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "The community was deleted".to_owned() }))
}

async fn conversations(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
    Params(asked): Params<PageParams<50, 100>>,
) -> Result<PageAnswer<CommunityConversation>, ApiError> {
    let (limit, offset) = (asked.limit(), asked.offset());
    let (found, total) = app.chat.communities().conversations(caller.user.id, &id, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, found.len());
    let data = found.iter().map(|view| views::community_conversation(view, app.chat.now())).collect();
    Ok(PageAnswer(Page::new(data, pagination)))
}
