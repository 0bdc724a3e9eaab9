//! Looks after calls that are going on: a durable job for each, as long as it lasts.
//!
//! It ends a call that nobody answers, and makes a participant leave who does not come back, or is no member of the
//! conversation any more. As it is a row, it is also done when the gateway of the call was killed.

use super::Calls;
use super::end::{Ending, finish, if_going_on, leave_if};
use crate::ChatError;
use meeshy_domain::call::{MAX_CALL_TIME, RECONNECT_TIME};
use meeshy_domain::{CallId, Timestamp};
use meeshy_jobs::{JobError, Kind};
use meeshy_store::live_participants::{self, LiveParticipant};
use meeshy_store::{StoreError, Tx, call_events, calls, gateways, live_calls, members};
use std::time::Duration;

/// The job that looks after a call.
pub(crate) const CHECK_CALL: Kind<CallId> = Kind::new("check-call");

/// How often it looks.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// How long events of calls are kept for other gateways.
const EVENTS_KEPT: Duration = Duration::from_secs(60);
/// Overdue calls that are ended at once.
const OVERDUE_AT_ONCE: i64 = 50;

impl Calls {
    /// Looks after a call, and orders the next look if it goes on.
    pub(crate) async fn check(self, id: CallId) -> Result<(), JobError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| service.check_in(tx, id);
        self.context.store.write(write).await?;
        Ok(())
    }

    fn check_in(&self, tx: &mut Tx<'_>, id: CallId) -> Result<(), ChatError> {
        // Locked first: what is read after it stays as it is.
        if live_calls::advance(tx, id)?.is_none() {
            return Ok(());
        }
        let now = tx.now()?;
        let asked = (live_calls::end_of(id), calls::find(id), live_participants::of_call(id));
        let (Some(ends_at), Some(call), present) = tx.fetch(asked)? else { return Ok(()) };
        if ends_at <= now {
            let reason = call.answered_at.map(|_| "abandoned");
            return if_going_on(finish(tx, &self.context, id, Ending { reason, ..Ending::default() }));
        }
        let alive: Vec<String> = gateways::alive(tx)?.into_iter().map(|gateway| gateway.id).collect();
        let mut next = now.plus(CHECK_INTERVAL).min(ends_at);
        for participant in &present {
            let is_member = members::is_member(tx, call.conversation_id, participant.user_id)?;
            let missing_since = self.missing_since(participant, &alive, now);
            let back_by = participant.gone_at.or(missing_since).map(|at| at.plus(RECONNECT_TIME));
            if !is_member || back_by.is_some_and(|at| at <= now) {
                // One who has come back meanwhile has another socket.
                let socket = participant.socket.clone();
                leave_if(tx, &self.context, id, participant.user_id, |one| {
                    !is_member || one.socket == socket
                })?;
            } else if missing_since != participant.missing_since {
                live_participants::set_missing(tx, id, participant.user_id, missing_since)?;
            }
            next = back_by.filter(|at| *at > now).map_or(next, |at| at.min(next));
        }
        if tx.fetch(live_calls::end_of(id))?.is_some() {
            CHECK_CALL.enqueue_in(tx, &id.to_string(), &id, next.since(now))?;
        }
        Ok(())
    }

    /// Since when nothing shows that a participant is there. A gateway whose heartbeats have only been late is alive again
    /// with all its sockets, and records itself which of them are closed.
    fn missing_since(
        &self,
        participant: &LiveParticipant,
        alive: &[String],
        now: Timestamp,
    ) -> Option<Timestamp> {
        let is_there = match &participant.gateway_id {
            Some(gateway) => *gateway == self.context.process || alive.contains(gateway),
            // Without a socket of the call, any socket counts.
            None => self.presence.is_online(participant.user_id),
        };
        if is_there { None } else { participant.missing_since.or(Some(now)) }
    }

    /// Looks after a call when a participant should have come back, or before.
    pub(super) fn check_soon(&self, tx: &mut Tx<'_>, id: CallId) -> Result<(), StoreError> {
        match tx.fetch(live_calls::end_of(id))? {
            Some(_) => CHECK_CALL.enqueue_within(tx, &id.to_string(), &id, RECONNECT_TIME),
            None => Ok(()),
        }
    }

    /// Removes old events, and ends calls that nobody looks after.
    pub(crate) async fn tidy(self) -> Result<(), JobError> {
        let began = self.context.now();
        let write = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            call_events::prune(tx, now.minus(EVENTS_KEPT))?;
            calls::end_abandoned(tx, began.minus(MAX_CALL_TIME))?;
            // Their jobs have failed too often.
            tx.fetch(live_calls::overdue(now.minus(CHECK_INTERVAL), OVERDUE_AT_ONCE))
        };
        let overdue: Result<_, StoreError> = self.context.store.write(write).await;
        for call in overdue? {
            self.clone().check(call).await?;
        }
        Ok(())
    }
}
