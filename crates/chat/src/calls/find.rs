//! Calls as members of their conversations see them.

use super::Calls;
use crate::access::find_as_member;
use crate::call_refusal::CallRefusal;
use crate::{ChatError, access};
use meeshy_domain::{CallId, UserId, limits};
use meeshy_store::calls::{self, Call, CallParticipant};
use meeshy_store::conversations::Conversation;
use meeshy_store::members::Member;
use meeshy_store::{Tx, live_calls};

/// A call and its participants.
#[derive(Debug, Clone)]
pub struct CallView {
    /// The call.
    pub call: Call,
    /// Its participants, present and former ones, in order of joining.
    pub participants: Vec<CallParticipant>,
}

impl Calls {
    /// A call in a conversation of the caller, also one that is over.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn find(&self, caller: UserId, id: &str) -> Result<CallView, ChatError> {
        let id = call_id(id)?;
        let read = move |tx: &mut Tx<'_>| {
            known(tx, caller, id)?;
            view(tx, id)
        };
        self.context.store.read(read).await
    }

    /// The call that is going on in a conversation of the caller.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn active(&self, caller: UserId, conversation: &str) -> Result<Option<CallView>, ChatError> {
        let reference = conversation.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            let live = tx.fetch(live_calls::of_conversation(conversation.id))?;
            live.map(|id| view(tx, id)).transpose()
        };
        self.context.store.read(read).await
    }
}

pub(super) fn call_id(text: &str) -> Result<CallId, ChatError> {
    text.parse().map_err(|_| CallRefusal::NotFound.into())
}

/// A call, its conversation, and the caller's membership there; other calls are reported as missing.
pub(super) fn known(
    tx: &mut Tx<'_>,
    caller: UserId,
    id: CallId,
) -> Result<(Call, Conversation, Member), ChatError> {
    let call = tx.fetch(calls::find(id))?.ok_or(CallRefusal::NotFound)?;
    let found = tx.fetch(access::find_with_member(caller, &call.conversation_id.to_string()))?;
    match found {
        Some((conversation, Some(member))) => Ok((call, conversation, member)),
        _ => Err(CallRefusal::NotFound.into()),
    }
}

/// A call that exists.
pub(super) fn view(tx: &mut Tx<'_>, id: CallId) -> Result<CallView, ChatError> {
    let (call, participants) =
        tx.fetch((calls::find(id), calls::participants(id, limits::CALL_PARTICIPANTS)))?;
    Ok(CallView { call: call.ok_or(CallRefusal::NotFound)?, participants })
}
