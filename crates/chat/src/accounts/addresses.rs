//! Users confirm their e-mail address, and change it to one that they have confirmed.

use super::caller::Caller;
use crate::ChatError;
use crate::context::Context;
use crate::mail::Order;
use crate::phones::RECOVERS_AFTER;
use crate::secrets::digest;
use meeshy_domain::{Secret, Timestamp, UserId, text};
use meeshy_store::addresses::{self, Pending};
use meeshy_store::{Tx, attempts, mailed_links, names, users};
use std::sync::Arc;

const BAD_LINK: &str = "this link is wrong or has expired; ask for another one";

/// A confirmed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedAddress {
    /// Whether it was confirmed before.
    pub was_verified: bool,
    /// When it was confirmed.
    pub verified_at: Timestamp,
}

/// The e-mail addresses of accounts. Cheap to clone.
#[derive(Clone)]
pub struct Addresses {
    context: Arc<Context>,
}

impl Addresses {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Sends the link that confirms an address again, unless it is confirmed. The caller does not learn
    /// whether an account has it.
    ///
    /// # Errors
    /// When it is not an address.
    pub async fn request_verification(&self, email: &str) -> Result<(), ChatError> {
        let order = Order::VerifyAddress { email: text::email(email)? };
        Ok(self.context.store.write(move |tx| order.place(tx)).await?)
    }

    /// Confirms an address with the token of the link. The same link may be followed again.
    ///
    /// # Errors
    /// When the link is wrong or has expired.
    pub async fn verify(&self, token: &str, email: &str) -> Result<VerifiedAddress, ChatError> {
        let (hash, email, now) = (Secret::from(digest(token)), text::email(email)?, self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            let user = addresses::find(tx, &email)?.filter(|user| user.is_active).ok_or_else(bad_link)?;
            let stored = addresses::verification(tx, user.id)?;
            if stored.token_hash != Some(hash.clone()) {
                return Err(bad_link());
            }
            if let Some(verified_at) = user.details.email_verified_at {
                return Ok(VerifiedAddress { was_verified: true, verified_at });
            }
            if stored.expires_at.is_none_or(|until| until <= now) {
                return Err(bad_link());
            }
            addresses::verify(tx, user.id, now)?;
            Ok(VerifiedAddress { was_verified: false, verified_at: now })
        };
        self.context.store.write(write).await
    }

    /// Sends a link to a new address of the caller, and returns the address as it will be stored. Nothing
    /// changes until [`confirm_change`](Self::confirm_change). If somebody has the address, nothing is sent,
    /// and the caller does not learn it.
    ///
    /// # Errors
    /// When it is not an address, or the caller's.
    pub async fn request_change(&self, caller: &Caller, typed: &str) -> Result<String, ChatError> {
        let field = |problem: &str| ChatError::invalid("newEmail", problem);
        let email = text::email(typed).map_err(|error| field(&error.problem))?;
        if text::email_key(&email) == text::email_key(&caller.user.email) {
            return Err(field("this is your address already"));
        }
        let (user, pending) = (caller.user.id, email.clone());
        let write = move |tx: &mut Tx<'_>| {
            let pending = Pending { email: Some(pending.clone()), ..Pending::default() };
            addresses::set_pending(tx, user, &pending)?;
            Order::ChangeAddress { user }.place(tx)
        };
        self.context.store.write(write).await?;
        Ok(email)
    }

    /// Changes the caller's address to the new one, with the token of the link that was sent there, and tells
    /// the old address. Links that were sent to the old one no longer work, and none to sign in or to choose a new
    /// password is sent to the new one for a day. As long, the old one still names the account in a recovery by
    /// telephone, and what was begun with that goes on. Returns the new address.
    ///
    /// # Errors
    /// When the link is wrong or has expired, or somebody has taken the address.
    pub async fn confirm_change(&self, caller: UserId, token: &str) -> Result<String, ChatError> {
        let (hash, now) = (Secret::from(digest(token)), self.context.now());
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            let pending = addresses::pending(tx, caller)?;
            let is_valid = pending.token_hash.as_ref() == Some(&hash)
                && pending.expires_at.is_some_and(|until| until > now);
            let email = pending.email.filter(|_| is_valid).ok_or_else(bad_link)?;
            if names::email_is_taken(tx, &email)? {
                return Err(ChatError::Taken { field: "newEmail" });
            }
            let replaced = text::email_key(&user.email).map(|key| Secret::from(digest(&key)));
            addresses::change(tx, caller, &email, replaced, now, now.plus(RECOVERS_AFTER))?;
            mailed_links::remove_by_mail(tx, caller)?;
            Order::AddressChanged { user: caller, old: user.email }.place(tx)?;
            Ok(email)
        };
        self.context.write_unless_there(write).await
    }
}

fn bad_link() -> ChatError {
    ChatError::invalid("token", BAD_LINK)
}
