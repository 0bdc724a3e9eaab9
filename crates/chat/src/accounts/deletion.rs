//! Users delete their account.
//!
//! The account is anonymised at once. What depends on the number of its conversations is done by a job in small
//! transactions, which can be repeated. Messages stay in the conversations, by a deleted account; docs/accounts.md
//! says what becomes of everything else.

use super::caller::{Caller, Device};
use super::security::{Confirmed, Security};
use super::validity::take_hash;
use crate::communities::Communities;
use crate::context::Context;
use crate::conversations::Conversations;
use crate::uploads::show_picture;
use crate::{ChatError, calls};
use meeshy_domain::{Role, UserId};
use meeshy_jobs::{JobError, Kind};
use meeshy_store::deleted_accounts::{self, Deleted};
use meeshy_store::{Tx, attempts, sessions, users};
use std::sync::Arc;

/// The job that removes what is left of a deleted account.
pub(crate) const DELETION: Kind<Deleted> = Kind::new(deleted_accounts::JOB);
/// The most conversations or rows of one transaction.
const AT_ONCE: i64 = 200;

/// What shows that an account's owner wants to delete it: one of them. It has no `Debug`.
#[derive(Clone, Default)]
pub struct DeletionProof {
    /// The password.
    pub password: Option<String>,
    /// A code of the authenticator or a backup code, if the account needs codes.
    pub code: Option<String>,
}

/// Deletes accounts. Cheap to clone.
#[derive(Clone)]
pub struct Deletions {
    context: Arc<Context>,
    security: Security,
    conversations: Conversations,
    communities: Communities,
}

impl Deletions {
    pub(crate) fn new(
        context: Arc<Context>,
        security: Security,
        conversations: Conversations,
        communities: Communities,
    ) -> Self {
        Self { context, security, conversations, communities }
    }

    /// Deletes the caller's account, which cannot be undone, and signs out all devices.
    ///
    /// # Errors
    /// When neither the password nor a code is right; [`ChatError::InvalidOperation`] when the caller is the last one
    /// in charge of the server; [`ChatError::TooManyAttempts`] after many wrong passwords or codes.
    pub async fn delete(
        &self,
        caller: &Caller,
        proof: DeletionProof,
        device: &Device,
    ) -> Result<(), ChatError> {
        let given = |typed: Option<String>| typed.filter(|typed| !typed.trim().is_empty());
        let confirmed = match (given(proof.password), given(proof.code)) {
            (Some(password), _) => {
                Some(self.security.confirm_password(caller.user.id, "password", password, device).await?)
            }
            (None, Some(code)) => {
                self.security.verify_code(caller.user.id, &code, device).await?;
                None
            }
            (None, None) => return Err(ChatError::invalid("password", "enter your password")),
        };
        let (service, user) = (self.clone(), caller.user.clone());
        let username = format!("deleted-{}", self.context.secrets.hex(4));
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            if let Some(Confirmed { user, spent }) = &confirmed {
                spent.iter().try_for_each(|spent| spent.clear(tx, now))?;
                take_hash(tx, user, None, now)?;
            }
            attempts::lock(tx, user.id)?;
            if user.role == Role::BigBoss {
                someone_stays(tx, user.id)?;
            }
            for session in sessions::revoke_all(tx, user.id, now)? {
                service.security.sessions.announce_end(tx, session, user.id);
            }
            // Before the row says that the account is deleted: the languages of its conversations are counted.
            users::set_active(tx, user.id, false, now)?;
            calls::leave_all(tx, &service.context, user.id)?;
            show_picture(tx, user.id, "avatar", None, user.avatar.as_deref())?;
            deleted_accounts::anonymise(tx, user.id, &username, now)?;
            Ok(deleted_accounts::finish_later(tx, user.id)?)
        };
        self.context.store.write(write).await
    }

    /// Removes what is left of a deleted account: it leaves its conversations and communities.
    pub(crate) async fn finish(self, Deleted { user }: Deleted) -> Result<(), JobError> {
        loop {
            let some =
                move |tx: &mut Tx<'_>| tx.fetch(deleted_accounts::conversations_to_leave(user, AT_ONCE));
            let some = self.context.store.read(some).await?;
            if some.is_empty() {
                break;
            }
            for conversation in some {
                let conversations = self.conversations.clone();
                let leave = move |tx: &mut Tx<'_>| conversations.depart(tx, user, conversation);
                self.context.store.write(leave).await?;
            }
        }
        loop {
            let some = move |tx: &mut Tx<'_>| tx.fetch(deleted_accounts::communities_to_leave(user, AT_ONCE));
            let some = self.context.store.read(some).await?;
            if some.is_empty() {
                break;
            }
            for community in some {
                let communities = self.communities.clone();
                let leave = move |tx: &mut Tx<'_>| communities.depart(tx, user, community);
                self.context.store.write(leave).await?;
            }
        }
        while self.context.store.write(move |tx| deleted_accounts::remove_some(tx, user, AT_ONCE)).await? {}
        Ok(())
    }
}

/// Fails if nobody else is in charge of the server.
fn someone_stays(tx: &mut Tx<'_>, user: UserId) -> Result<(), ChatError> {
    let last = || {
        ChatError::InvalidOperation(
            "nobody else is in charge of this server: give another account the role BIGBOSS first".into(),
        )
    };
    let other = tx.fetch(deleted_accounts::others_in_charge(user))?.ok_or_else(last)?;
    // Of two who delete their accounts at the same moment, one finds the other gone.
    attempts::lock(tx, other)?;
    tx.fetch(deleted_accounts::others_in_charge(user))?.map(drop).ok_or_else(last)
}
