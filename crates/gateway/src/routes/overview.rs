//! What has become of the latest messages of a conversation, and what strangers may know of one.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{ConversationRef, Identifier, PathParam};
use crate::views;
use axum::extract::State;
use meeshy_domain::MemberRole;
use meeshy_wire::{ConversationReactions, ConversationStatuses, ErrorCode, OpenConversation};

/// The latest messages in which reactions are looked for.
const REACTIONS_AMONG: i64 = 50;
/// The latest messages whose receipts are listed.
const STATUSES: i64 = 20;
/// The members who are listed for a message.
const LISTED: i64 = 100;

pub fn routes(api: Api) -> Api {
    let member = Access::Member(MemberRole::Member);
    let path = "/api/v1/conversations/{id}";
    api.get(member, &format!("{path}/reactions"), "The reactions to the latest 50 messages", reactions)
        .get(member, &format!("{path}/status"), "Who has received and read the latest 20 messages", statuses)
        .get(
            Access::Anyone,
            "/api/v1/conversation/{identifier}",
            "A conversation that is open to everybody, by id or identifier",
            open,
        )
        .fails(&[ErrorCode::ConversationNotFound])
}

async fn reactions(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<ConversationReactions>, ApiError> {
    let found = app.chat.messages().latest_reactions(caller.user.id, &id, REACTIONS_AMONG).await?;
    Ok(Answer(views::conversation_reactions(found)))
}

async fn statuses(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<ConversationStatuses>, ApiError> {
    let found = app.chat.messages().latest_receipts(caller.user.id, &id, STATUSES, LISTED).await?;
    Ok(Answer(views::conversation_statuses(found)))
}

async fn open(
    State(app): State<App>,
    PathParam(Identifier(identifier)): PathParam<Identifier>,
) -> Result<Answer<OpenConversation>, ApiError> {
    Ok(Answer(views::open_conversation(app.chat.conversations().open_to_all(&identifier).await?)))
}
