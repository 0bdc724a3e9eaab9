//! What the caller prefers for single conversations and communities.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, CommunityRef, ConversationRef, PageParams, Params, PathParam};
use crate::views::{community_preferences, conversation_preferences, default_community_preferences};
use axum::Json;
use axum::extract::State;
use meeshy_chat::{CommunityPreferencesPatch, ConversationPreferencesPatch};
use meeshy_domain::MemberRole;
use meeshy_wire::{
    Done, ErrorCode, OwnCommunityPreferences, OwnConversationPreferences, Page, Pagination,
    PutCommunityPreferences, PutConversationPreferences, ReorderCommunities, ReorderConversations,
};

pub fn routes(api: Api) -> Api {
    let (user, member) = (Access::User, Access::Member(MemberRole::Member));
    let of_conversations = "/api/v1/user-preferences/conversations";
    let of_one = &format!("{of_conversations}/{{id}}");
    let of_communities = "/api/v1/user-preferences/communities";
    let of_community = &format!("{of_communities}/{{communityId}}");
    api.get(user, of_conversations, "The caller's preferences for all conversations", list)
        .get(member, of_one, "The caller's preferences for a conversation", get)
        .put(member, of_one, "Change the caller's preferences for a conversation", set)
        .delete(member, of_one, "Remove the caller's preferences for a conversation", clear)
        .fails(&[ErrorCode::NotFound])
        .post(user, "/api/v1/user-preferences/reorder", "Order conversations in their categories", reorder)
        .get(user, of_communities, "The caller's preferences for all communities", list_communities)
        .get(user, of_community, "The caller's preferences for a community", get_community)
        .put(user, of_community, "Change the caller's preferences for a community", set_community)
        .delete(user, of_community, "Remove the caller's preferences for a community", clear_community)
        .post(
            user,
            &format!("{of_communities}/reorder"),
            "Order communities in their categories",
            reorder_communities,
        )
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(page): Params<PageParams<50, 100>>,
) -> Result<PageAnswer<OwnConversationPreferences>, ApiError> {
    let (user, limit, offset) = (caller.user.id, page.limit(), page.offset());
    let (found, total) = app.chat.conversations().list_preferences(user, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, found.len());
    let view = |found: meeshy_chat::model::ConversationPreferences| {
        conversation_preferences(user, found.conversation_id, Some(found))
    };
    Ok(PageAnswer(Page::new(found.into_iter().map(view).collect(), pagination)))
}

async fn get(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<OwnConversationPreferences>, ApiError> {
    let (id, found) = app.chat.conversations().preferences(caller.user.id, &id).await?;
    Ok(Answer(conversation_preferences(caller.user.id, id, found)))
}

async fn set(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(body): Body<PutConversationPreferences>,
) -> Result<Answer<OwnConversationPreferences>, ApiError> {
    let patch = ConversationPreferencesPatch {
        is_pinned: body.is_pinned,
        is_muted: body.is_muted,
        is_archived: body.is_archived,
        tags: body.tags,
        category: body.category_id,
        order_in_category: body.order_in_category.map(|place| place.map(Into::into)),
        custom_name: body.custom_name,
        reaction: body.reaction,
    };
    let stored = app.chat.conversations().set_preferences(caller.user.id, &id, patch).await?;
    Ok(Answer(conversation_preferences(caller.user.id, stored.conversation_id, Some(stored))))
}

async fn clear(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Json<Done>, ApiError> {
    app.chat.conversations().clear_preferences(caller.user.id, &id).await?;
    Ok(Json(Done::new("The preferences for this conversation have been removed")))
}

async fn reorder(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<ReorderConversations>,
) -> Result<Json<Done>, ApiError> {
    let places =
        body.updates.into_iter().map(|place| (place.conversation_id, place.order_in_category.into()));
    app.chat.conversations().reorder(caller.user.id, places.collect()).await?;
    Ok(Json(Done::new("The conversations have been reordered")))
}

async fn list_communities(
    State(app): State<App>,
    User(caller): User,
    Params(page): Params<PageParams<50, 100>>,
) -> Result<PageAnswer<OwnCommunityPreferences>, ApiError> {
    let (limit, offset) = (page.limit(), page.offset());
    let (found, total) = app.chat.community_preferences().list(caller.user.id, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, found.len());
    Ok(PageAnswer(Page::new(found.into_iter().map(community_preferences).collect(), pagination)))
}

async fn get_community(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Answer<OwnCommunityPreferences>, ApiError> {
    let found = app.chat.community_preferences().get(caller.user.id, &id).await?;
    let default = || default_community_preferences(caller.user.id, id);
    Ok(Answer(found.map_or_else(default, community_preferences)))
}

async fn set_community(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
    Body(body): Body<PutCommunityPreferences>,
) -> Result<Answer<OwnCommunityPreferences>, ApiError> {
    let patch = CommunityPreferencesPatch {
        is_pinned: body.is_pinned,
        is_muted: body.is_muted,
        is_archived: body.is_archived,
        is_hidden: body.is_hidden,
        notification_level: body.notification_level,
        custom_name: body.custom_name,
        category: body.category_id,
        order_in_category: body.order_in_category.map(|place| place.map(Into::into)),
    };
    let stored = app.chat.community_preferences().set(caller.user.id, &id, patch).await?;
    Ok(Answer(community_preferences(stored)))
}

async fn clear_community(
    State(app): State<App>,
    User(caller): User,
    PathParam(CommunityRef(id)): PathParam<CommunityRef>,
) -> Result<Json<Done>, ApiError> {
    app.chat.community_preferences().clear(caller.user.id, &id).await?;
    Ok(Json(Done::new("The preferences for this community have been removed")))
}

async fn reorder_communities(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<ReorderCommunities>,
) -> Result<Json<Done>, ApiError> {
    let places = body.updates.into_iter().map(|place| (place.community_id, place.order_in_category.into()));
    app.chat.community_preferences().reorder(caller.user.id, places.collect()).await?;
    Ok(Json(Done::new("The communities have been reordered")))
}
