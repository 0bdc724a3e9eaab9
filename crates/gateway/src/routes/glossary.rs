//! Glossaries of conversations.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, PathParam, TermRef, TwoPathParams};
use axum::extract::State;
use meeshy_chat::NewTerm;
use meeshy_domain::MemberRole;
use meeshy_wire::{AddTerm, ErrorCode, GlossaryTerm, TermRemoved};

pub fn routes(api: Api) -> Api {
    let moderator = Access::Member(MemberRole::Moderator);
    let path = "/api/v1/conversations/{id}/glossary";
    api.get(Access::Member(MemberRole::Member), path, "The glossary of a conversation", list)
        .post(moderator, path, "Add a term or change its translation (moderators)", add)
        .fails(&[ErrorCode::Forbidden])
        .delete(moderator, &format!("{path}/{{termId}}"), "Remove a term (moderators)", remove)
        .fails(&[ErrorCode::Forbidden])
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<Vec<GlossaryTerm>>, ApiError> {
    let terms = app.chat.glossary().list(caller.user.id, &id).await?;
    Ok(Answer(terms.into_iter().map(crate::views::term).collect()))
}

async fn add(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(body): Body<AddTerm>,
) -> Result<Created<GlossaryTerm>, ApiError> {
    let new = NewTerm { text: body.term, language: body.language, translation: body.translation };
    Ok(Created(crate::views::term(app.chat.glossary().add(caller.user.id, &id, new).await?)))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), TermRef(term)): TwoPathParams<ConversationRef, TermRef>,
) -> Result<Answer<TermRemoved>, ApiError> {
    app.chat.glossary().remove(caller.user.id, &id, &term).await?;
    Ok(Answer(TermRemoved { removed: true }))
}
