//! What users change about how they sign in, which takes their password or a code.
//!
//! Whoever has only found an open session must not guess a password or a code with it: these attempts are
//! counted together with those to sign in.

use super::budget::{Budget, Spent};
use super::caller::Device;
use super::fair_queue::{Kind, Lane};
use super::passwords::{Passwords, Verified};
use super::sessions::Sessions;
use super::sign_in::SignIns;
use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{Secret, UserId, limits};
use meeshy_store::Tx;
use meeshy_store::users::{self, User};
use std::sync::Arc;

/// What users change about how they sign in. Cheap to clone.
#[derive(Clone)]
pub struct Security {
    pub(super) context: Arc<Context>,
    pub(super) sessions: Sessions,
    pub(super) sign_ins: SignIns,
    pub(super) passwords: Passwords,
}

/// A user who has typed their password.
pub(super) struct Confirmed {
    /// As read when the password was verified.
    pub user: User,
    /// The attempt that was counted.
    pub spent: Option<Spent>,
}

impl Security {
    pub(crate) fn new(
        context: Arc<Context>,
        sessions: Sessions,
        sign_ins: SignIns,
        passwords: Passwords,
    ) -> Self {
        Self { context, sessions, sign_ins, passwords }
    }

    /// Verifies the password of a signed-in user. The attempt is counted first; a success takes it back with
    /// what it was needed for.
    pub(super) async fn confirm_password(
        &self,
        caller: UserId,
        field: &'static str,
        typed: String,
        device: &Device,
    ) -> Result<Confirmed, ChatError> {
        let wrong = || ChatError::invalid(field, "wrong password");
        if typed.is_empty() || typed.len() > limits::PASSWORD_BYTES {
            return Err(wrong());
        }
        let (sign_ins, from) = (self.sign_ins.clone(), device.clone());
        let write = move |tx: &mut Tx<'_>| {
            let user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            let budget = Budget::of(tx, caller, &from)?;
            let spent = sign_ins.spend(tx, budget)?;
            Ok::<_, ChatError>(Confirmed { user, spent })
        };
        let confirmed = self.context.store.write(write).await?;
        let lane = Lane { kind: Kind::Known, network: device.network() };
        let stored = Some(confirmed.user.password_hash.clone());
        match self.sign_ins.verify(Secret::from(typed), stored, lane).await? {
            (_, Verified::No) => Err(wrong()),
            _ => Ok(confirmed),
        }
    }

    /// Runs `check` as an attempt that stays counted if `check` rejects the input.
    pub(super) async fn attempt<T: Send + 'static>(
        &self,
        user: UserId,
        device: &Device,
        mut check: impl FnMut(&mut Tx<'_>) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let (service, from) = (self.clone(), device.clone());
        let write = move |tx: &mut Tx<'_>| {
            let budget = Budget::of(tx, user, &from)?;
            let spent = service.sign_ins.spend(tx, budget)?;
            match check(tx) {
                Ok(done) => {
                    let now = tx.now()?;
                    // Only taken back, not cleared: a code shows less than a password.
                    spent.iter().try_for_each(|spent| spent.give_back(tx, now))?;
                    Ok(Ok(done))
                }
                // A wrong code is not an error of the transaction.
                Err(error @ ChatError::Invalid { .. }) => Ok(Err(error)),
                Err(error) => Err(error),
            }
        };
        self.context.store.write::<_, ChatError>(write).await?
    }
}
