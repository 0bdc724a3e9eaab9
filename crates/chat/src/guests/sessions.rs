//! The sessions of guests: their secrets, and how they end.

use super::Guests;
use crate::ChatError;
use crate::access::{guest_in, seat, with_working_link};
use crate::event_bus::Event;
use crate::secrets::digest;
use meeshy_domain::{ConversationId, GuestId, Timestamp};
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::guests::{self as table, Seat};
use meeshy_store::{StoreError, Tx};
use std::collections::HashSet;
use std::time::Duration;

/// How the secret of a guest begins; those of users are hexadecimal.
const PREFIX: &str = "anon_";
/// How often the activity of a guest is recorded, at most.
const TOUCH_INTERVAL: Duration = Duration::from_secs(60);

/// However lately a guest was active.
pub(super) const WHENEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// An authenticated guest.
#[derive(Debug, Clone)]
pub struct GuestCaller {
    /// The guest, and what they may do.
    pub seat: Seat,
    /// The conversation in which they take part.
    pub conversation: Conversation,
}

impl GuestCaller {
    /// Their id.
    pub fn id(&self) -> GuestId {
        self.seat.guest().id
    }
}

impl Guests {
    /// Whether a secret is one of a guest, valid or not.
    #[must_use]
    pub fn is_secret(secret: &str) -> bool {
        // PostgreSQL would reject a NUL, and none has one.
        secret.starts_with(PREFIX) && !secret.contains('\0')
    }

    /// The guest with this secret.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] when nobody takes part with it; [`ChatError::LinkClosed`] when the link does not work.
    pub async fn authenticate(&self, secret: &str) -> Result<GuestCaller, ChatError> {
        let unknown = || ChatError::Unauthenticated("your session as a guest has ended".into());
        if !Self::is_secret(secret) {
            return Err(unknown());
        }
        // The old system stored the secrets themselves; a hash is not one of them.
        let stored = [digest(secret), secret.to_owned()];
        let now = self.context.now();
        let read = move |tx: &mut Tx<'_>| {
            let seat = with_working_link(tx.fetch(table::with_secret(&stored))?, now)?;
            let conversation = conversations::find(tx, seat.conversation_id)?.ok_or_else(unknown)?;
            Ok::<_, ChatError>(GuestCaller { seat, conversation })
        };
        let caller = self.context.store.read(read).await?;
        self.touch(&caller, now).await;
        Ok(caller)
    }

    /// Records that a guest is active.
    async fn touch(&self, caller: &GuestCaller, now: Timestamp) {
        if now.since(caller.seat.participant.last_active_at) < TOUCH_INTERVAL {
            return;
        }
        let id = caller.id();
        let touch = move |tx: &mut Tx<'_>| table::touch(tx, &[id], now);
        if let Err(error) = self.context.store.write::<_, StoreError>(touch).await {
            tracing::warn!(%error, "Failed to update last_active_at of a guest");
        }
    }

    /// Ends the part of a guest. What they wrote stays.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when nobody takes part with this secret.
    pub async fn leave(&self, secret: &str) -> Result<(), ChatError> {
        let stored = [digest(secret), secret.to_owned()];
        let (service, is_secret) = (self.clone(), Self::is_secret(secret));
        let write = move |tx: &mut Tx<'_>| {
            let found = if is_secret { tx.fetch(table::with_secret(&stored))? } else { None };
            let seat = found.ok_or(ChatError::NotFound { what: "guest" })?;
            let guest = seat.guest().id;
            service.end(tx, guest, WHENEVER).map(drop)
        };
        self.context.store.write(write).await
    }

    /// Ends the part of a guest who was last active before a time, and tells the others; returns whether they took part.
    pub(super) fn end(
        &self,
        tx: &mut Tx<'_>,
        guest: GuestId,
        idle_since: Timestamp,
    ) -> Result<bool, ChatError> {
        let Some((conversation_id, number)) = table::end(tx, guest, idle_since, self.context.now())? else {
            return Ok(false);
        };
        self.context.deliver(tx, Some(number), Event::ConversationUpdated { conversation_id });
        Ok(true)
    }

    /// Fails if a guest does not take part any more.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn confirm(&self, guest: GuestId) -> Result<(), ChatError> {
        let now = self.context.now();
        self.context.store.read(move |tx| seat(tx, guest, now).map(drop)).await
    }

    /// The id of the conversation `reference`, if the guest takes part there.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm), and [`ChatError::NotAMember`] when they take part in another one.
    pub async fn place(&self, guest: GuestId, reference: &str) -> Result<ConversationId, ChatError> {
        let (reference, now) = (reference.to_owned(), self.context.now());
        let read = move |tx: &mut Tx<'_>| Ok(guest_in(tx, guest, &reference, now)?.0.id);
        self.context.store.read(read).await
    }

    /// Those of some connected guests who do not take part any more. The activity of the others is recorded. The caller limits
    /// a batch to a few thousand.
    pub async fn ended(&self, connected: Vec<GuestId>) -> Result<HashSet<GuestId>, ChatError> {
        let (asked, now) = (connected.clone(), self.context.now());
        let read = move |tx: &mut Tx<'_>| tx.fetch(table::seats(&asked));
        let seats = self.context.store.read::<_, StoreError>(read).await?;
        let (there, stale): (HashSet<GuestId>, Vec<GuestId>) = {
            let there = seats.iter().filter(|seat| seat.link_works(now));
            let is_stale = |seat: &&Seat| now.since(seat.participant.last_active_at) >= TOUCH_INTERVAL;
            let stale = there.clone().filter(is_stale).map(|seat| seat.guest().id).collect();
            (there.map(|seat| seat.guest().id).collect(), stale)
        };
        if !stale.is_empty() {
            let touch = move |tx: &mut Tx<'_>| table::touch(tx, &stale, now);
            self.context.store.write::<_, StoreError>(touch).await?;
        }
        Ok(connected.into_iter().filter(|guest| !there.contains(guest)).collect())
    }
}
