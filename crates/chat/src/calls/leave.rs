//! Leaves, declines and ends calls.

use super::end::{Ending, finish, leave_if};
use super::find::{CallView, call_id, known, view};
use super::{Calls, not_allowed};
use crate::ChatError;
use crate::access::find_as_member;
use crate::call_refusal::CallRefusal;
use crate::policy::{Action, Standing};
use meeshy_domain::{CallId, ConversationKind, UserId};
use meeshy_store::live_participants::{self, LiveParticipant};
use meeshy_store::{Tx, calls, live_calls};

/// Calls of a closed socket that are left together. Hardly anybody is in more than one.
const CALLS_AT_ONCE: i64 = 32;

impl Calls {
    /// Leaves a call; it ends when nobody is left. Who was called by one other and has not answered declines. Leaving a call
    /// that is over changes nothing.
    ///
    /// # Errors
    /// When there is no such call, or the caller is not in it.
    pub async fn leave(&self, caller: UserId, id: &str) -> Result<CallView, ChatError> {
        self.leave_or_decline(caller, call_id(id)?).await
    }

    /// Declines a call: between two people, it ends. One who is in the call leaves it. In a group, others can still answer.
    ///
    /// # Errors
    /// When there is no such call.
    pub async fn decline(&self, caller: UserId, id: &str) -> Result<CallView, ChatError> {
        let id = call_id(id)?;
        match self.leave_or_decline(caller, id).await {
            Err(ChatError::Call(CallRefusal::NotAParticipant)) => self.find(caller, &id.to_string()).await,
            left => left,
        }
    }

    /// Leaves the participation of the caller with this id, or that of this user.
    ///
    /// # Errors
    /// As [`leave`](Self::leave); when it is somebody else's.
    pub async fn leave_participation(
        &self,
        caller: UserId,
        id: &str,
        participant: &str,
    ) -> Result<CallView, ChatError> {
        let (id, view) = (call_id(id)?, self.find(caller, id).await?);
        let is_named = |one: &&calls::CallParticipant| {
            one.id.to_string() == participant
                || one.user_id.is_some_and(|user| user.to_string() == participant)
        };
        match view.participants.iter().find(is_named) {
            Some(named) if named.user_id == Some(caller) => self.leave_or_decline(caller, id).await,
            Some(_) => Err(CallRefusal::NotAllowed("only you can make yourself leave a call".into()).into()),
            None => Err(CallRefusal::NotAParticipant.into()),
        }
    }

    /// Leaves the call that is going on in a conversation, if the caller is in it.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn leave_conversation(&self, caller: UserId, conversation: &str) -> Result<(), ChatError> {
        let (service, reference) = (self.clone(), conversation.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let conversation = find_as_member(tx, caller, &reference)?;
            if let Some(call) = tx.fetch(live_calls::of_conversation(conversation.id))? {
                leave_if(tx, &service.context, call, caller, |_| true)?;
            }
            Ok(())
        };
        self.context.store.write(write).await
    }

    /// Ends a call for everybody in it.
    ///
    /// # Errors
    /// When there is no such call, it is over, or the caller has not started it and is no moderator.
    pub async fn end(&self, caller: UserId, id: &str) -> Result<CallView, ChatError> {
        let (service, id) = (self.clone(), call_id(id)?);
        let write = move |tx: &mut Tx<'_>| {
            let (call, conversation, member) = known(tx, caller, id)?;
            let by_caller = call.initiator_id == caller;
            let action = Action::EndCall { by_caller, kind: conversation.kind };
            Standing::from(&member).check(action).map_err(not_allowed)?;
            finish(tx, &service.context, id, Ending { by: Some(caller), ..Ending::default() })?;
            view(tx, id)
        };
        self.context.store.write(write).await
    }

    /// The socket through which a user may be in calls is closed. The user may come back for a while
    /// ([`RECONNECT_TIME`](meeshy_domain::call::RECONNECT_TIME)), unless the session of the socket has ended (`is_final`).
    pub async fn disconnected(&self, user: UserId, socket: &str, is_final: bool) -> Result<(), ChatError> {
        loop {
            let (service, socket) = (self.clone(), socket.to_owned());
            let write = move |tx: &mut Tx<'_>| {
                // In the same order everywhere, because each is locked.
                let some = tx.fetch(live_participants::of_socket(user, &socket, CALLS_AT_ONCE))?;
                for call in &some {
                    if is_final {
                        let is_this = |one: &LiveParticipant| one.socket.as_ref() == Some(&socket);
                        leave_if(tx, &service.context, *call, user, is_this)?;
                    } else {
                        live_participants::close_socket(tx, *call, user, &socket)?;
                        service.check_soon(tx, *call)?;
                    }
                }
                Ok::<_, ChatError>(some.len())
            };
            let done = self.context.store.write(write).await?;
            if i64::try_from(done).is_ok_and(|done| done < CALLS_AT_ONCE) {
                return Ok(());
            }
        }
    }

    /// Leaves a call; who is not in it declines it, if it is between two people and not answered.
    async fn leave_or_decline(&self, caller: UserId, id: CallId) -> Result<CallView, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            if leave_if(tx, &service.context, id, caller, |_| true)? {
                return view(tx, id);
            }
            let (call, conversation, _) = known(tx, caller, id)?;
            let is_over = tx.fetch(live_calls::end_of(id))?.is_none();
            let can_decline = conversation.kind == ConversationKind::Direct && call.answered_at.is_none();
            if can_decline && !is_over {
                finish(
                    tx,
                    &service.context,
                    id,
                    Ending { by: Some(caller), is_declined: true, reason: None },
                )?;
            } else if !is_over {
                return Err(CallRefusal::NotAParticipant.into());
            }
            view(tx, id)
        };
        self.context.store.write(write).await
    }
}
