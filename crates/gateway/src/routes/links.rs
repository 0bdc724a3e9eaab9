//! Links by their own names: create, change and remove them, and the conversation of a link.

use super::messages::post;
use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created, PageAnswer};
use crate::http::auth::{Acting, Origin, Participant, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, LinkRef, PageParams, Params, PathParam};
use crate::views::{
    guest_conversation, guest_user, link_conversation, link_usage, member_user, message, new_share_link,
    own_share_link, share_link, share_link_patch,
};
use axum::Json;
use axum::extract::State;
use meeshy_chat::{MessagePage, NewConversation, PagePlace, PageRequest, ShareLinkPatch};
use meeshy_domain::{Actor, WebAddress};
use meeshy_wire::{
    ChangedShareLink, CreateLink, CreatedLink, ErrorCode, ExtendShareLink, LinkAvailability,
    LinkConversation, LinkMessages, LinkUsage, Notice, OwnShareLink, Page, Pagination, PostMessage,
    SentLinkMessage, ToggleShareLink, UpdateShareLink,
};
use std::sync::Arc;

pub fn routes(api: Api) -> Api {
    let one = "/api/v1/links/{linkId}";
    let messages = format!("{one}/messages");
    let refusals = &[ErrorCode::Forbidden, ErrorCode::InvalidOperation];
    let there = &[ErrorCode::ConversationAccessDenied, ErrorCode::ConversationNotFound];
    api.post(Access::User, "/api/v1/links", "Create a link, and a conversation if none is named", create)
        .fails(refusals)
        .fails(&[
            ErrorCode::ConversationNotFound,
            ErrorCode::ConversationAccessDenied,
            ErrorCode::UserNotFound,
        ])
        .get(Access::User, "/api/v1/links/my-links", "The links that the caller has created", own)
        .get(
            Access::User,
            "/api/v1/links/check-identifier/{linkId}",
            "Whether no link has this identifier",
            check_identifier,
        )
        .get(Access::UserOrGuest, one, "The conversation of a link, for those who are there", conversation)
        .fails(there)
        .get(Access::UserOrGuest, &messages, "A page of messages, oldest first", list_messages)
        .fails(there)
        .post(Access::UserOrGuest, &messages, "Send a message by a link", send)
        .fails(refusals)
        .fails(there)
        .post(
            Access::User,
            &format!("{messages}/auth"),
            "Send a message as a member, by a link",
            send_as_member,
        )
        .fails(refusals)
        .fails(there)
        .put(Access::User, one, "Change a link", update)
        .fails(refusals)
        .patch(Access::User, one, "Change a link", update)
        .fails(refusals)
        .patch(Access::User, &format!("{one}/toggle"), "Turn a link on or off", toggle)
        .fails(refusals)
        .patch(Access::User, &format!("{one}/extend"), "Let a link expire later", extend)
        .fails(refusals)
        .delete(Access::User, one, "Remove a link; its guests leave", remove)
        .fails(refusals)
        .get(Access::Anyone, &format!("{one}/stats"), "How a link is used", usage)
        .fails(&[ErrorCode::LinkClosed])
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    Body(asked): Body<CreateLink>,
) -> Result<Created<CreatedLink>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let links = app.chat.share_links();
    let CreateLink { conversation_id, new_conversation, link } = asked;
    if new_conversation.as_ref().is_some_and(|new| new.title.trim().is_empty()) {
        return Err(ApiError::invalid("newConversation.title", "must not be empty"));
    }
    let conversation = match new_conversation {
        Some(new) => NewConversation {
            kind: "group".to_owned(),
            title: Some(new.title),
            description: new.description,
            participant_ids: new.member_ids,
            ..NewConversation::default()
        },
        None => NewConversation {
            kind: "public".to_owned(),
            title: link.name.clone(),
            description: link.description.clone(),
            ..NewConversation::default()
        },
    };
    let new = new_share_link(link);
    let created = match conversation_id.filter(|id| !id.is_empty()) {
        Some(id) => links.create(caller.user.id, &id, new).await?,
        None => links.create_with_conversation(caller.user.id, conversation, new).await?,
    };
    let unusable = || ApiError::new(ErrorCode::InternalError, "the URL of this server is not valid");
    Ok(Created(CreatedLink {
        link: WebAddress::parse(&created.url).ok_or_else(unusable)?,
        link_id: created.link.link_id.clone(),
        conversation_id: created.link.conversation_id,
        share_link: share_link(created.link),
    }))
}

async fn own(
    State(app): State<App>,
    User(caller): User,
    Params(page): Params<PageParams<20, 50>>,
) -> Result<PageAnswer<OwnShareLink>, ApiError> {
    let (limit, offset) = (page.limit(), page.offset());
    let (links, total) = app.chat.share_links().own(caller.user.id, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, links.len());
    Ok(PageAnswer(Page::new(links.into_iter().map(own_share_link).collect(), pagination)))
}

async fn check_identifier(
    State(app): State<App>,
    User(_): User,
    PathParam(LinkRef(identifier)): PathParam<LinkRef>,
) -> Result<Answer<LinkAvailability>, ApiError> {
    let available = app.chat.share_links().is_available(&identifier).await?;
    Ok(Answer(LinkAvailability { available, identifier }))
}

async fn conversation(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Params(asked): Params<PageParams<50, 100>>,
) -> Result<Answer<LinkConversation>, ApiError> {
    let (actor, chat) = (caller.actor(), &app.chat);
    let page = chat.guests().link_page(actor, &link).await?;
    let id = page.link.conversation_id.to_string();
    let view = chat.conversations().get(actor, &id).await?;
    let messages = newest(&app, actor, &id, asked.offset(), asked.limit()).await?;
    let user = match &caller {
        Participant::User(caller) => member_user(&caller.user),
        Participant::Guest(guest) => guest_user(guest),
    };
    Ok(Answer(link_conversation(page, view, messages, user, chat.now())))
}

async fn list_messages(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Params(asked): Params<PageParams<50, 100>>,
) -> Result<Answer<LinkMessages>, ApiError> {
    let (actor, chat) = (caller.actor(), &app.chat);
    let (limit, offset) = (asked.limit(), asked.offset());
    let link = chat.guests().link_of(actor, &link).await?;
    let id = link.conversation_id.to_string();
    let page = newest(&app, actor, &id, offset, limit).await?;
    let (conversation, _) = chat.conversations().figures(actor, &id).await?;
    let sees_after = match &caller {
        Participant::User(_) => 0,
        Participant::Guest(guest) => guest.seat.sees_after,
    };
    Ok(Answer(LinkMessages {
        messages: page.messages.iter().rev().map(message).collect(),
        conversation: guest_conversation(&conversation, sees_after),
        has_more: page.has_older,
        total: page.total,
        pagination: Pagination { total: page.total, offset, limit, has_more: page.has_older },
    }))
}

/// The newest messages of a conversation, after `offset` of them.
async fn newest(
    app: &App,
    caller: Actor,
    conversation: &str,
    offset: i64,
    limit: i64,
) -> Result<MessagePage, ApiError> {
    let limiter = Arc::clone(&app.limiter);
    let request = PageRequest { place: PagePlace::Newest { offset }, limit };
    let may_ask = move || limiter.allows_page_translation(caller);
    Ok(app.chat.messages().page(caller, conversation, request, may_ask).await?)
}

async fn send(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(body): Body<PostMessage>,
) -> Result<Created<SentLinkMessage>, ApiError> {
    sent(&app, caller.actor(), &link, body).await
}

async fn send_as_member(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(body): Body<PostMessage>,
) -> Result<Created<SentLinkMessage>, ApiError> {
    sent(&app, caller.user.id.into(), &link, body).await
}

async fn sent(
    app: &App,
    actor: Actor,
    link: &str,
    body: PostMessage,
) -> Result<Created<SentLinkMessage>, ApiError> {
    let link = app.chat.guests().link_of(actor, link).await?;
    let message = post(app, actor, link.conversation_id.to_string(), body).await?;
    Ok(Created(SentLinkMessage { message_id: message.id, message }))
}

async fn update(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(asked): Body<UpdateShareLink>,
) -> Result<Json<ChangedShareLink>, ApiError> {
    changed(&app, &caller, &link, share_link_patch(asked), "Link updated").await
}

async fn toggle(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(ToggleShareLink { is_active }): Body<ToggleShareLink>,
) -> Result<Json<ChangedShareLink>, ApiError> {
    let patch = ShareLinkPatch { is_active: Some(is_active), ..ShareLinkPatch::default() };
    let done = if is_active { "Link turned on" } else { "Link turned off" };
    changed(&app, &caller, &link, patch, done).await
}

async fn extend(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(ExtendShareLink { expires_at }): Body<ExtendShareLink>,
) -> Result<Json<ChangedShareLink>, ApiError> {
    let patch = ShareLinkPatch { expires_at: Some(Some(expires_at.0)), ..ShareLinkPatch::default() };
    changed(&app, &caller, &link, patch, "Link extended").await
}

async fn changed(
    app: &App,
    caller: &meeshy_chat::Caller,
    link: &str,
    patch: ShareLinkPatch,
    done: &str,
) -> Result<Json<ChangedShareLink>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let link = app.chat.share_links().change(caller.user.id, link, patch).await?;
    Ok(Json(ChangedShareLink { success: true, data: share_link(link), message: done.to_owned() }))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.share_links().remove(caller.user.id, &link).await?;
    Ok(Answer(Notice { message: "Link removed".to_owned() }))
}

async fn usage(
    State(app): State<App>,
    origin: Origin,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
) -> Result<Answer<LinkUsage>, ApiError> {
    app.limiter.count(app.limiter.limits.links, &origin.counted_as)?;
    Ok(Answer(link_usage(app.chat.share_links().info(&link).await?)))
}
