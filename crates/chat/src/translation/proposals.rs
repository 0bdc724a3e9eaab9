//! Proposals for glossaries: members make them, moderators accept or decline them.

use super::glossary::{Glossary, NewTerm, checked, is_more_than, may_keep, moderated, put};
use crate::ChatError;
use crate::access::{find_with_member, may_address, member};
use crate::policy::{Action, Standing};
use meeshy_domain::{TermId, UserId, limits};
use meeshy_store::Tx;
use meeshy_store::glossary::{self, Term};
use meeshy_store::glossary_proposals::{self, Proposal};

/// The proposals for a glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposals {
    /// Those without a decision, the oldest first. Those of people whom the caller has blocked are missing,
    /// unless the caller decides on them.
    pub proposals: Vec<Proposal>,
    /// Whether the caller may propose terms, or add them.
    pub can_propose: bool,
    /// Whether the caller may accept and decline them, and change the glossary.
    pub can_decide: bool,
}

impl Glossary {
    /// The proposals for the glossary of a conversation.
    ///
    /// # Errors
    /// When it does not exist, or the caller is not a member.
    pub async fn proposals(&self, caller: UserId, reference: &str) -> Result<Proposals, ChatError> {
        let reference = reference.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let (conversation, member) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            let can_decide = is_allowed(may_keep(tx, &conversation, &member))?;
            let can_propose = (can_decide || Standing::from(&member).check(Action::ProposeTerm).is_ok())
                && is_allowed(may_address(tx, &conversation, caller))?;
            let proposals = if can_decide {
                glossary_proposals::list(conversation.id)
            } else {
                glossary_proposals::list_for(conversation.id, caller)
            };
            Ok(Proposals { proposals: tx.fetch(proposals)?, can_propose, can_decide })
        };
        self.context.store.read(read).await
    }

    /// Proposes a term, or corrects the caller's proposal of the same term.
    ///
    /// # Errors
    /// When it is not a term, the glossary has it already, there are too many proposals, or the caller may not
    /// write there.
    pub async fn propose(
        &self,
        caller: UserId,
        reference: &str,
        new: NewTerm,
    ) -> Result<Proposal, ChatError> {
        let (service, reference) = (self.clone(), reference.to_owned());
        let new = checked(new)?;
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, member) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            Standing::from(&member).check(Action::ProposeTerm)?;
            may_address(tx, &conversation, caller)?;
            service.begin_change(tx, conversation.id)?;
            let (text, translation) = (&new.text, new.translation.as_deref());
            if glossary::has(tx, conversation.id, text, new.language, translation)? {
                return Err(ChatError::invalid("term", "the glossary has it already"));
            }
            let proposal = Proposal {
                id: service.context.new_id(),
                text: new.text.clone(),
                language: new.language,
                translation: new.translation.clone(),
                proposed_by: caller,
                proposer: member.display_name,
                created_at: service.context.now(),
            };
            let id = glossary_proposals::put(tx, conversation.id, &proposal)?;
            let (all, own) = glossary_proposals::count(tx, conversation.id, caller)?;
            if is_more_than(limits::GLOSSARY_PROPOSALS, all) {
                return Err(ChatError::invalid("term", "too many proposals wait for a decision"));
            }
            if is_more_than(limits::OWN_GLOSSARY_PROPOSALS, own) {
                let most = limits::OWN_GLOSSARY_PROPOSALS;
                let problem = format!("you have {most} proposals without a decision; withdraw one first");
                return Err(ChatError::invalid("term", problem));
            }
            let found = glossary_proposals::find(tx, conversation.id, id)?;
            found.ok_or(ChatError::NotFound { what: "proposal" })
        };
        self.context.store.write(write).await
    }

    /// Accepts a proposal: its term replaces an existing one, and other proposals of this term are done with.
    ///
    /// # Errors
    /// When it does not exist, the glossary is full, or the caller is not a moderator there, or one of two
    /// people between whom there is a block.
    pub async fn accept(&self, caller: UserId, reference: &str, proposal: &str) -> Result<Term, ChatError> {
        let (service, reference, id) = (self.clone(), reference.to_owned(), proposal.parse::<TermId>());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = moderated(tx, caller, &reference)?;
            may_address(tx, &conversation, caller)?;
            service.begin_change(tx, conversation.id)?;
            let found = match id {
                Ok(id) => glossary_proposals::find(tx, conversation.id, id)?,
                Err(_) => None,
            };
            let proposal = found.ok_or(ChatError::NotFound { what: "proposal" })?;
            let term = Term {
                id: proposal.id,
                conversation: conversation.id,
                text: proposal.text,
                language: proposal.language,
                translation: proposal.translation,
                created_by: proposal.proposed_by,
                created_at: service.context.now(),
            };
            put(tx, &term)
        };
        self.context.store.write(write).await
    }

    /// Removes a proposal: its author withdraws it, or a moderator declines it.
    ///
    /// # Errors
    /// When it does not exist, or the caller is neither of them.
    pub async fn dismiss(&self, caller: UserId, reference: &str, proposal: &str) -> Result<(), ChatError> {
        let (service, reference, id) = (self.clone(), reference.to_owned(), proposal.parse::<TermId>());
        let write = move |tx: &mut Tx<'_>| {
            let (conversation, member) = member(tx.fetch(find_with_member(caller, &reference))?)?;
            service.begin_change(tx, conversation.id)?;
            let found = match id {
                Ok(id) => glossary_proposals::find(tx, conversation.id, id)?,
                Err(_) => None,
            };
            let proposal = found.ok_or(ChatError::NotFound { what: "proposal" })?;
            if proposal.proposed_by != caller {
                may_keep(tx, &conversation, &member)?;
            }
            glossary_proposals::remove(tx, conversation.id, proposal.id).map_err(ChatError::from)
        };
        self.context.store.write(write).await
    }
}

/// Whether something is allowed; another failure than a refusal stays one.
fn is_allowed(answer: Result<(), ChatError>) -> Result<bool, ChatError> {
    match answer {
        Ok(()) => Ok(true),
        Err(ChatError::Forbidden(_)) => Ok(false),
        Err(other) => Err(other),
    }
}
