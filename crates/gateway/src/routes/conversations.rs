//! Conversations.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created, PageAnswer};
use crate::http::auth::{Acting, Participant, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, PageParams, Params, PathParam};
use axum::extract::State;
use meeshy_chat::{ConversationPatch, ListFilter, NewConversation};
use meeshy_domain::MemberRole;
use meeshy_wire::{
    Conversation, CreateConversation, ErrorCode, MarkedRead, Notice, Page, Pagination, PatchConversation,
};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    let member = Access::Member(MemberRole::Member);
    let one_path = "/api/v1/conversations/{id}";
    api.get(
        Access::UserOrGuest,
        "/api/v1/conversations",
        "The caller's conversations; of a guest, the one",
        list,
    )
    .post(Access::User, "/api/v1/conversations", "Create a conversation", create)
    .fails(&[ErrorCode::Forbidden, ErrorCode::InvalidOperation, ErrorCode::UserNotFound, ErrorCode::NotFound])
    .get(Access::Participant, one_path, "A conversation by id or identifier", one)
    .patch(Access::Member(MemberRole::Moderator), one_path, "Change a conversation", update)
    .fails(&[ErrorCode::Forbidden])
    .put(Access::Member(MemberRole::Moderator), one_path, "Change a conversation", update)
    .fails(&[ErrorCode::Forbidden])
    .delete(Access::Member(MemberRole::Admin), one_path, "Close a conversation for everybody", close)
    .fails(&[ErrorCode::Forbidden])
    .post(member, &format!("{one_path}/mark-read"), "Mark a conversation as read", mark_read)
    .post(member, &format!("{one_path}/mark-as-read"), "Mark a conversation as read", mark_read)
    .post(
        member,
        &format!("{one_path}/mark-as-received"),
        "Note that a conversation has arrived on a device",
        mark_received,
    )
    .post(member, &format!("{one_path}/read"), "Mark a conversation as read", mark_read)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "type")]
    /// Only conversations of this kind.
    kind: Option<String>,
    /// Only conversations with this user.
    with_user_id: Option<String>,
    #[serde(flatten)]
    page: PageParams<15, 50>,
}

async fn list(
    State(app): State<App>,
    Acting(caller): Acting,
    Params(asked): Params<Listed>,
) -> Result<PageAnswer<Conversation>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let conversations = app.chat.conversations();
    let (views, total) = match caller {
        Participant::User(caller) => {
            let filter = ListFilter { kind: asked.kind, with_user: asked.with_user_id };
            conversations.list(caller.user.id, filter, limit, offset).await?
        }
        Participant::Guest(guest) if offset == 0 && asked.kind.is_none() && asked.with_user_id.is_none() => {
            let only = guest.conversation.id.to_string();
            (vec![conversations.get(guest.id(), &only).await?], 1)
        }
        Participant::Guest(_) => (Vec::new(), 0),
    };
    let pagination = Pagination::new(total, offset, limit, views.len());
    let data = views.iter().map(|view| crate::views::conversation(view, app.chat.now())).collect();
    Ok(PageAnswer(Page::new(data, pagination)))
}

async fn create(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<CreateConversation>,
) -> Result<Created<Conversation>, ApiError> {
    app.limiter.count_conversation(caller.user.id)?;
    let new = NewConversation {
        kind: body.kind,
        title: body.title,
        description: body.description,
        participant_ids: body.participant_ids,
        identifier: body.identifier,
        community_id: body.community_id,
    };
    let view = app.chat.conversations().create(caller.user.id, new).await?;
    Ok(Created(crate::views::conversation(&view, app.chat.now())))
}

async fn one(
    State(app): State<App>,
    Acting(caller): Acting,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Conversation>, ApiError> {
    let view = app.chat.conversations().get(caller.actor(), &id).await?;
    Ok(Answer(crate::views::conversation(&view, app.chat.now())))
}

async fn update(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(body): Body<PatchConversation>,
) -> Result<Answer<Conversation>, ApiError> {
    let patch = ConversationPatch {
        title: body.title,
        description: body.description,
        avatar: body.avatar.or(body.image),
        banner: body.banner,
        kind: body.kind,
        default_write_role: body.default_write_role,
        is_announcement_channel: body.is_announcement_channel,
        slow_mode_seconds: body.slow_mode_seconds,
    };
    let view = app.chat.conversations().update(caller.user.id, &id, patch).await?;
    Ok(Answer(crate::views::conversation(&view, app.chat.now())))
}

async fn close(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().close(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "The conversation was closed".to_owned() }))
}

async fn mark_received(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.conversations().mark_all_delivered(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "Marked as delivered".to_owned() }))
}

async fn mark_read(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<MarkedRead>, ApiError> {
    let marked = app.chat.conversations().mark_read(caller.user.id, &id).await?;
    Ok(Answer(MarkedRead { marked_count: marked, message: format!("{marked} messages marked as read") }))
}
