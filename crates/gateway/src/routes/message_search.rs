//! The search in the texts of messages.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{LimitParam, Params};
use axum::Json;
use axum::extract::State;
use meeshy_chat::SearchRequest;
use meeshy_domain::limits;
use meeshy_wire::{ErrorCode, KeysetPage, Message};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/messages/search", "Search in the texts of messages, newest first", search)
        .fails(&[ErrorCode::ConversationNotFound])
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Search {
    /// Words that all have to be in the original text, or in its translation into a language of the caller. Three characters or
    /// more are found anywhere in a word, fewer at its beginning; in scripts without spaces any number is found anywhere.
    #[serde(default, alias = "query")]
    #[schemars(length(max = limits::SEARCH_CHARS))]
    q: String,
    /// Only in this conversation: an id or an identifier.
    conversation_id: Option<String>,
    /// The `next` of the page before. A page may be empty although the search goes on.
    after: Option<String>,
    #[serde(flatten)]
    page: LimitParam<20, 50>,
}

async fn search(
    State(app): State<App>,
    User(caller): User,
    Params(Search { q, conversation_id, after, page }): Params<Search>,
) -> Result<Json<KeysetPage<Message>>, ApiError> {
    let given = |value: Option<String>| value.filter(|value| !value.is_empty());
    let limit = page.limit();
    let request = SearchRequest { text: q, conversation: given(conversation_id), after: given(after), limit };
    let found = app.chat.messages().search(caller.user.id, request).await?;
    let data = found.messages.iter().map(crate::views::message).collect();
    Ok(Json(KeysetPage::new(data, limit, found.next)))
}
