//! Proposals for glossaries, and new translations of earlier messages with a term.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, ConversationRef, PathParam, TermRef, TwoPathParams};
use crate::views;
use axum::extract::State;
use meeshy_chat::NewTerm;
use meeshy_domain::MemberRole;
use meeshy_wire::{
    AddTerm, ErrorCode, GlossaryProposal, GlossaryProposals, GlossaryTerm, RetranslateTerm, Retranslation,
    TermRemoved,
};

pub fn routes(api: Api) -> Api {
    let (member, moderator) = (Access::Member(MemberRole::Member), Access::Member(MemberRole::Moderator));
    let glossary = "/api/v1/conversations/{id}/glossary";
    let path = format!("{glossary}/proposals");
    api.get(member, &path, "Terms proposed for the glossary of a conversation", list)
        .post(member, &path, "Propose a term", propose)
        .fails(&[ErrorCode::Forbidden])
        .delete(member, &format!("{path}/{{termId}}"), "Withdraw or decline (moderators) a proposal", dismiss)
        .fails(&[ErrorCode::Forbidden])
        .post(moderator, &format!("{path}/{{termId}}/accept"), "Accept a proposal (moderators)", accept)
        .fails(&[ErrorCode::Forbidden])
        .post(
            moderator,
            &format!("{glossary}/{{termId}}/retranslate"),
            "Translate earlier messages with a term again (moderators)",
            retranslate,
        )
        .fails(&[ErrorCode::Forbidden])
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
) -> Result<Answer<GlossaryProposals>, ApiError> {
    let found = app.chat.glossary().proposals(caller.user.id, &id).await?;
    let proposals = found.proposals.into_iter().map(views::proposal).collect();
    Ok(Answer(GlossaryProposals { proposals, can_propose: found.can_propose, can_decide: found.can_decide }))
}

async fn propose(
    State(app): State<App>,
    User(caller): User,
    PathParam(ConversationRef(id)): PathParam<ConversationRef>,
    Body(body): Body<AddTerm>,
) -> Result<Created<GlossaryProposal>, ApiError> {
    let new = NewTerm { text: body.term, language: body.language, translation: body.translation };
    Ok(Created(views::proposal(app.chat.glossary().propose(caller.user.id, &id, new).await?)))
}

async fn dismiss(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), TermRef(term)): TwoPathParams<ConversationRef, TermRef>,
) -> Result<Answer<TermRemoved>, ApiError> {
    app.chat.glossary().dismiss(caller.user.id, &id, &term).await?;
    Ok(Answer(TermRemoved { removed: true }))
}

async fn accept(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), TermRef(term)): TwoPathParams<ConversationRef, TermRef>,
) -> Result<Answer<GlossaryTerm>, ApiError> {
    Ok(Answer(views::term(app.chat.glossary().accept(caller.user.id, &id, &term).await?)))
}

async fn retranslate(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(ConversationRef(id), TermRef(term)): TwoPathParams<ConversationRef, TermRef>,
    Body(body): Body<RetranslateTerm>,
) -> Result<Answer<Retranslation>, ApiError> {
    let again = app.chat.glossary().retranslate(caller.user.id, &id, &term, body.before).await?;
    Ok(Answer(Retranslation { translations: again.translations, next: again.next }))
}
