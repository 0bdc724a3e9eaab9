//! Who has received and read messages, and their earlier texts.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, MessageRef, PageParams, Params, PathParam};
use crate::views;
use axum::extract::State;
use meeshy_chat::ChatError;
use meeshy_chat::model::ReceiptFilter;
use meeshy_domain::{MemberRole, MessageId, limits};
use meeshy_wire::{
    ErrorCode, MessageDetails, MessageHistory, Notice, Page, Pagination, ReadStatus, ReadStatuses, Receipt,
    ReceiptKind, SetMessageStatus,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// How many readers of a message are named beside their number.
const LISTED_READERS: i64 = 100;

pub fn routes(api: Api) -> Api {
    let member = Access::Member(MemberRole::Member);
    let path = "/api/v1/messages/{messageId}";
    api.get(member, path, "A message, and how many members have read it", one)
        .get(Access::AuthorOrModerator, &format!("{path}/history"), "The earlier texts of a message", history)
        .fails(&[ErrorCode::Forbidden, ErrorCode::InvalidOperation])
        .post(member, &format!("{path}/status"), "Mark a message as delivered, or all up to it as read", set)
        .get(member, &format!("{path}/status-details"), "Who has received and read a message", details)
        .get(member, &format!("{path}/read-status"), "Who has received and read a message", read_status)
        .get(
            member,
            "/api/v1/conversations/{id}/read-statuses",
            "How many members have read each of some messages",
            read_statuses,
        )
}

async fn one(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<MessageDetails>, ApiError> {
    let view = app.chat.messages().get(caller.user.id, &message).await?;
    let counts = app.chat.messages().receipt_counts(caller.user.id, &message).await?;
    Ok(Answer(views::message_details(&view, counts)))
}

async fn history(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<MessageHistory>, ApiError> {
    Ok(Answer(views::message_history(app.chat.messages().history(caller.user.id, &message).await?)))
}

async fn set(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
    Body(SetMessageStatus { status }): Body<SetMessageStatus>,
) -> Result<Answer<Notice>, ApiError> {
    let message = match status {
        ReceiptKind::Read => {
            let read = app.chat.conversations().mark_read_to(caller.user.id, &message).await?;
            format!("{read} messages marked as read")
        }
        ReceiptKind::Delivered => {
            app.chat.conversations().mark_delivered(caller.user.id, &message).await?;
            "Marked as delivered".to_owned()
        }
    };
    Ok(Answer(Notice { message }))
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Filter {
    #[default]
    All,
    Delivered,
    Read,
    Unread,
}

impl From<Filter> for ReceiptFilter {
    fn from(filter: Filter) -> Self {
        match filter {
            Filter::All => Self::All,
            Filter::Delivered => Self::Delivered,
            Filter::Read => Self::Read,
            Filter::Unread => Self::Unread,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Listed {
    /// Only members for whom the message has this state.
    #[serde(default)]
    filter: Filter,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn details(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
    Params(asked): Params<Listed>,
) -> Result<PageAnswer<Receipt>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let messages = app.chat.messages();
    let found = messages.receipts(caller.user.id, &message, asked.filter.into(), limit, offset).await?;
    let pagination = Pagination::new(found.total, offset, limit, found.receipts.len());
    Ok(PageAnswer(Page::new(found.receipts.into_iter().map(views::receipt).collect(), pagination)))
}

async fn read_status(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Answer<ReadStatus>, ApiError> {
    let found = app.chat.messages().read_status(caller.user.id, &message, LISTED_READERS).await?;
    let id = message.parse().map_err(|_| ChatError::NotFound { what: "message" })?;
    Ok(Answer(views::read_status(id, found)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// The ids of at most 50 messages, separated by commas. Those that the caller cannot read are left out.
    message_ids: String,
}

async fn read_statuses(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Params(Asked { message_ids }): Params<Asked>,
) -> Result<Answer<ReadStatuses>, ApiError> {
    let ids = message_ids.split(',').filter(|id| !id.is_empty()).map(|id| id.trim().parse::<MessageId>());
    let ids = ids.take(limits::RECEIPT_MESSAGES + 1).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|error| ApiError::invalid("messageIds", &error.to_string()))?;
    if ids.len() > limits::RECEIPT_MESSAGES {
        let why = format!("at most {} messages", limits::RECEIPT_MESSAGES);
        return Err(ApiError::invalid("messageIds", &why));
    }
    let found = app.chat.messages().receipt_counts_of(caller.user.id, &id, ids).await?;
    Ok(Answer(views::read_statuses(found)))
}
