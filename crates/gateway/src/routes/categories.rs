//! The categories into which the caller sorts conversations.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, CategoryRef, PageParams, Params, PathParam};
use crate::views;
use axum::Json;
use axum::extract::State;
use meeshy_chat::{CategoryPatch, NewCategory};
use meeshy_wire::{
    AddCategory, ConversationCategory, Done, ErrorCode, Page, Pagination, PatchCategory, ReorderCategories,
};

pub fn routes(api: Api) -> Api {
    api.group(|api| at(api, "/api/v1/me/preferences/categories"))
        // The older path, which the iOS client uses.
        .group(|api| at(api, "/api/v1/user-preferences/categories"))
}

fn at(api: Api, all: &str) -> Api {
    let one = format!("{all}/{{categoryId}}");
    api.get(Access::User, all, "The caller's categories of conversations", list)
        .post(Access::User, all, "Add a category of conversations", add)
        .post(Access::User, &format!("{all}/reorder"), "Put categories into another order", reorder)
        .fails(&[ErrorCode::NotFound])
        .get(Access::User, &one, "A category of conversations", get)
        .patch(Access::User, &one, "Change a category of conversations", change)
        .delete(Access::User, &one, "Remove a category, but not its conversations", remove)
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(page): Params<PageParams<50, 100>>,
) -> Result<PageAnswer<ConversationCategory>, ApiError> {
    let (limit, offset) = (page.limit(), page.offset());
    let (found, total) = app.chat.categories().list(caller.user.id, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, found.len());
    Ok(PageAnswer(Page::new(found.into_iter().map(views::category).collect(), pagination)))
}

async fn get(
    State(app): State<App>,
    User(caller): User,
    PathParam(CategoryRef(id)): PathParam<CategoryRef>,
) -> Result<Answer<ConversationCategory>, ApiError> {
    Ok(Answer(views::category(app.chat.categories().get(caller.user.id, &id).await?)))
}

async fn add(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<AddCategory>,
) -> Result<Answer<ConversationCategory>, ApiError> {
    let AddCategory { name, color, icon, order, is_expanded } = body;
    let new = NewCategory { name, color, icon, position: order.map(Into::into), is_expanded };
    Ok(Answer(views::category(app.chat.categories().add(caller.user.id, new).await?)))
}

async fn change(
    State(app): State<App>,
    User(caller): User,
    PathParam(CategoryRef(id)): PathParam<CategoryRef>,
    Body(body): Body<PatchCategory>,
) -> Result<Answer<ConversationCategory>, ApiError> {
    let PatchCategory { name, color, icon, order, is_expanded } = body;
    let patch = CategoryPatch { name, color, icon, position: order.map(Into::into), is_expanded };
    Ok(Answer(views::category(app.chat.categories().change(caller.user.id, &id, patch).await?)))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    PathParam(CategoryRef(id)): PathParam<CategoryRef>,
) -> Result<Json<Done>, ApiError> {
    app.chat.categories().remove(caller.user.id, &id).await?;
    Ok(Json(Done::new("The category has been removed")))
}

async fn reorder(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<ReorderCategories>,
) -> Result<Json<Done>, ApiError> {
    let places = body.updates.into_iter().map(|place| (place.category_id, place.order.into())).collect();
    app.chat.categories().reorder(caller.user.id, places).await?;
    Ok(Json(Done::new("The categories have been reordered")))
}
