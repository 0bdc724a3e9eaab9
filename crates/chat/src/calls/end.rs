//! How participations and calls end: by their participants, by the care for a call, or because somebody must not be in it any more.

use super::announce::announce;
use crate::ChatError;
use crate::call_refusal::CallRefusal;
use crate::context::Context;
use crate::event_bus::CallChange;
use meeshy_domain::{CallId, CallStatus, ConversationId, ConversationKind, UserId};
use meeshy_store::calls::{self, Call, CallEnd};
use meeshy_store::live_participants::{self, LiveParticipant};
use meeshy_store::notification_queue::{self, Occasion};
use meeshy_store::{Tx, live_calls, members};
use std::collections::BTreeSet;

/// The most calls of one user that are ended together. Others end when they are looked after.
const CALLS_OF_USER: i64 = 32;

/// How a call ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending {
    /// Who ends it.
    pub by: Option<UserId>,
    /// Whether that is the one who was called, without answering.
    pub is_declined: bool,
    /// Why, if nobody hung up.
    pub reason: Option<&'static str>,
}

/// Makes a user who is in a call leave it, if that still applies once the call is locked; returns whether it did.
pub(super) fn leave_if(
    tx: &mut Tx<'_>,
    context: &Context,
    id: CallId,
    user: UserId,
    applies: impl Fn(&LiveParticipant) -> bool,
) -> Result<bool, ChatError> {
    let Some(number) = live_calls::advance(tx, id)? else { return Ok(false) };
    let (call, present) = tx.fetch((calls::find(id), live_participants::of_call(id)))?;
    let leaver = present.iter().find(|one| one.user_id == user && applies(one));
    let (Some(call), Some(leaver)) = (call, leaver) else { return Ok(false) };
    live_participants::remove(tx, id, user)?;
    calls::leave(tx, leaver.participant_id, context.now())?;
    let change = CallChange::Left { participant_id: leaver.participant_id, user };
    announce(tx, context, &call, number, change)?;
    if present.len() == 1 {
        finish(tx, context, id, Ending { by: Some(user), ..Ending::default() })?;
    }
    Ok(true)
}

/// Ends a call.
///
/// # Errors
/// When it is over.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    context: &Context,
    id: CallId,
    ending: Ending,
) -> Result<(), ChatError> {
    let number = live_calls::advance(tx, id)?.ok_or(CallRefusal::Ended)?;
    // Read under the lock: somebody may just have answered.
    let call: Call = tx.fetch(calls::find(id))?.ok_or(CallRefusal::NotFound)?;
    let now = context.now();
    let lasted = call.answered_at.map(|at| i64::try_from(now.since(at).as_secs()).unwrap_or(i64::MAX));
    let status = CallStatus::at_end(lasted.is_some(), ending.is_declined);
    let end = CallEnd { status, at: now, duration: lasted, reason: ending.reason };
    calls::end(tx, id, end)?;
    live_calls::remove(tx, id)?;
    if status == CallStatus::Missed {
        notification_queue::add(tx, Some(call.conversation_id), &Occasion::MissedCall(id))?;
    }
    let change = CallChange::Ended { duration: lasted.unwrap_or(0), ended_by: ending.by };
    announce(tx, context, &call, number, change)
}

/// A user is no member of a conversation any more.
pub(crate) fn leave_conversation(
    tx: &mut Tx<'_>,
    context: &Context,
    conversation: ConversationId,
    user: UserId,
) -> Result<(), ChatError> {
    if let Some(call) = tx.fetch(live_calls::of_conversation(conversation))? {
        leave_if(tx, context, call, user, |_| true)?;
    }
    Ok(())
}

/// A conversation was closed.
pub(crate) fn close_conversation(
    tx: &mut Tx<'_>,
    context: &Context,
    conversation: ConversationId,
    by: UserId,
) -> Result<(), ChatError> {
    match tx.fetch(live_calls::of_conversation(conversation))? {
        Some(call) => if_going_on(finish(tx, context, call, Ending { by: Some(by), ..Ending::default() })),
        None => Ok(()),
    }
}

/// The account of a user is not active any more.
pub(crate) fn leave_all(tx: &mut Tx<'_>, context: &Context, user: UserId) -> Result<(), ChatError> {
    for call in tx.fetch(live_participants::of_user(user, CALLS_OF_USER))? {
        leave_if(tx, context, call, user, |_| true)?;
    }
    Ok(())
}

/// A user has blocked another one: a call between the two ends, and the other one leaves a call in which both are.
pub(crate) fn separate(
    tx: &mut Tx<'_>,
    context: &Context,
    blocker: UserId,
    blocked: UserId,
) -> Result<(), ChatError> {
    let of = |user| live_participants::of_user(user, CALLS_OF_USER);
    let (theirs, others) = tx.fetch((of(blocker), of(blocked)))?;
    // In the same order everywhere, because each is locked.
    for id in theirs.iter().chain(&others).collect::<BTreeSet<_>>() {
        let Some(call) = tx.fetch(calls::find(*id))? else { continue };
        if call.conversation_kind != ConversationKind::Direct {
            // Locked first: one of them may be joining just now.
            if live_calls::advance(tx, *id)?.is_none() {
                continue;
            }
            let present = tx.fetch(live_participants::of_call(*id))?;
            let is_in = |user| present.iter().any(|one| one.user_id == user);
            if is_in(blocker) && is_in(blocked) {
                leave_if(tx, context, *id, blocked, |_| true)?;
            }
        } else if members::is_member(tx, call.conversation_id, blocker)?
            && members::is_member(tx, call.conversation_id, blocked)?
        {
            if_going_on(finish(tx, context, *id, Ending { by: Some(blocker), ..Ending::default() }))?;
        }
    }
    Ok(())
}

/// A call that is over by now needs nothing more.
pub(super) fn if_going_on(outcome: Result<(), ChatError>) -> Result<(), ChatError> {
    match outcome {
        Err(ChatError::Call(CallRefusal::Ended)) => Ok(()),
        outcome => outcome,
    }
}
