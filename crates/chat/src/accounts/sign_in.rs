//! Signing in with a password, and limits on failed attempts.
//!
//! Attempts are counted per account, so that many addresses together get no more of them than one. A device
//! or network that has signed in before has a budget of its own, so failed attempts by strangers do not lock
//! out the owner. An attempt is counted before the password is verified, so concurrent attempts count too.
//!
//! An attacker does not learn which names exist, nor which belong to the same user. The response to an
//! unknown device depends only on the typed name and the network, counted whether or not the name exists. If
//! the account has no attempts left, its password is not verified, and the response is that of a wrong
//! password. Attempts from unknown devices on one name are handled one after the other, so that their timing
//! does not reveal whether they wait for a real hash.

use super::budget::{Budget, Spent};
use super::caller::{Device, SignedIn};
use super::fair_queue::{Kind, Lane};
use super::passwords::{Passwords, Verified};
use super::second_factor::{challenge, check};
use super::sessions::Sessions;
use super::turns::Turns;
use super::validity::{WRONG_LOGIN, take_hash};
use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{Secret, limits, text};
use meeshy_store::Tx;
use meeshy_store::attempts;
use meeshy_store::second_factor::{self, Protection};
use meeshy_store::users::{self, User};
use std::fmt;
use std::sync::Arc;

/// The maximum length of a name, address or number, in bytes.
const MAX_LOGIN_BYTES: usize = 255;

/// The result of a correct password. `Debug` shows no token.
#[derive(Clone)]
pub enum SignIn {
    /// Signed in.
    Done(Box<SignedIn>),
    /// A code is required.
    NeedsCode {
        /// The secret to send with the code, within five minutes.
        challenge: String,
        /// The user.
        user: Box<User>,
        /// Whether to remember this device.
        remember: bool,
    },
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(signed_in) => f.debug_tuple("Done").field(signed_in).finish(),
            Self::NeedsCode { user, remember, challenge: _ } => {
                let mut shown = f.debug_struct("NeedsCode");
                shown.field("user", user).field("remember", remember).finish_non_exhaustive()
            }
        }
    }
}

/// A user whose password is being verified.
struct Admitted {
    user: User,
    protection: Protection,
    is_known: bool,
    spent: Vec<Spent>,
}

/// Signs users in. Cheap to clone.
#[derive(Clone)]
pub struct SignIns {
    pub(super) context: Arc<Context>,
    pub(super) sessions: Sessions,
    passwords: Passwords,
    turns: Arc<Turns>,
    /// Whether failed attempts are limited.
    is_limited: bool,
}

impl SignIns {
    pub(crate) fn new(
        context: Arc<Context>,
        sessions: Sessions,
        passwords: Passwords,
        is_limited: bool,
    ) -> Self {
        Self { context, sessions, passwords, turns: Arc::default(), is_limited }
    }

    /// Signs in by username, address or telephone number.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] with the same text whether the name or the password is wrong;
    /// [`ChatError::TooManyAttempts`] after many of them, also for names that do not exist;
    /// [`ChatError::Forbidden`] when the account is locked and the password right.
    pub async fn with_password(
        &self,
        login: String,
        password: String,
        remember: bool,
        device: Device,
    ) -> Result<SignIn, ChatError> {
        let password = Secret::from(password);
        let wrong = || ChatError::Unauthenticated(WRONG_LOGIN.into());
        let login = login.trim().to_owned();
        // An empty value matches no user: imported users may have no address or number.
        let is_empty = login.is_empty() || password.is_empty();
        let is_long = login.len() > MAX_LOGIN_BYTES || password.expose().len() > limits::PASSWORD_BYTES;
        if is_empty || is_long || login.contains('\0') {
            return Err(wrong());
        }
        let admitted = self.admit(login.clone(), &device).await?;
        let is_known = admitted.as_ref().is_some_and(|admitted| admitted.is_known);
        let lane =
            Lane { kind: if is_known { Kind::Known } else { Kind::Stranger }, network: device.network() };
        let turn = if is_known { None } else { Some(self.turns.of(&login).lock().await) };
        let stored = admitted.as_ref().map(|admitted| admitted.user.password_hash.clone());
        let (password, verified) = self.verify(password, stored, lane).await?;
        drop(turn);
        let Some(admitted) = admitted.filter(|_| verified != Verified::No) else { return Err(wrong()) };
        let newer_hash = match verified {
            Verified::YesButOld => Some(self.passwords.hash(password, lane).await?),
            Verified::Yes | Verified::YesSoFar | Verified::No => None,
        };
        let Admitted { user, protection, spent, is_known: _ } = admitted;
        // Only a caller with the right password is told that the account is locked or needs a code.
        self.complete(user, &protection, remember, device, newer_hash, spent).await
    }

    /// Signs in a user who has shown a password or a link, or asks for a code.
    pub(super) async fn complete(
        &self,
        user: User,
        protection: &Protection,
        remember: bool,
        device: Device,
        newer_hash: Option<Secret>,
        spent: Vec<Spent>,
    ) -> Result<SignIn, ChatError> {
        if !check(protection, self.context.now())? {
            let signed_in = self.sessions.open(user, device, remember, newer_hash, spent).await?;
            return Ok(SignIn::Done(Box::new(signed_in)));
        }
        let (token, challenge) = challenge(&self.context, user.id, remember);
        let (now, read) = (self.context.now(), user.clone());
        let write = move |tx: &mut Tx<'_>| {
            for spent in &spent {
                spent.give_back(tx, now)?;
            }
            take_hash(tx, &read, newer_hash.as_ref(), now)?;
            Ok::<_, ChatError>(second_factor::insert_challenge(tx, &challenge)?)
        };
        self.context.store.write(write).await?;
        Ok(SignIn::NeedsCode { challenge: token, user: Box::new(user), remember })
    }

    /// Verifies a password in its normal form, and returns it in that form. Imported accounts may have a hash
    /// of the password as it was typed.
    pub(super) async fn verify(
        &self,
        typed: Secret,
        stored: Option<Secret>,
        lane: Lane,
    ) -> Result<(Secret, Verified), ChatError> {
        let password = Secret::from(text::prepared_password(typed.expose()));
        let mut verified = self.passwords.verify(password.clone(), stored.clone(), lane).await?;
        if verified == Verified::No && typed != password {
            verified = self.passwords.verify(typed, stored, lane).await?;
            if verified == Verified::Yes {
                verified = Verified::YesButOld;
            }
        }
        Ok((password, verified))
    }

    /// Counts an attempt before the password is verified. `None` if there is nothing to verify: the name does
    /// not exist, or the account has no attempts left.
    async fn admit(&self, login: String, device: &Device) -> Result<Option<Admitted>, ChatError> {
        let (device, is_limited) = (device.clone(), self.is_limited);
        let write = move |tx: &mut Tx<'_>| {
            // The time of the database: the gateways count together.
            let now = tx.now()?;
            let user = users::find_by_login(tx, &login)?.filter(|user| user.is_active);
            let budget = user.as_ref().map(|user| Budget::of(tx, user.id, &device)).transpose()?;
            // A caller with a secret of the owner's device may be told about that device's attempts.
            let shown = device.shown_hashes();
            let is_shown =
                matches!(&budget, Some(Budget::Device { device_hash, .. }) if shown.contains(device_hash));
            let mut spent = Vec::new();
            if is_limited && !is_shown {
                spent.push(Budget::of_name(&login, &device).spend(tx, now)?);
            }
            let (Some(user), Some(budget)) = (user, budget) else { return Ok(None) };
            let is_known = matches!(budget, Budget::Device { .. });
            if is_limited {
                match budget.spend(tx, now) {
                    Ok(counted) => spent.push(counted),
                    Err(ChatError::TooManyAttempts { .. }) if !is_shown => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
            let protection = second_factor::protection(tx, user.id)?;
            Ok::<_, ChatError>(Some(Admitted { user, protection, is_known, spent }))
        };
        self.context.store.write(write).await
    }

    /// Counts an attempt, unless attempts are unlimited.
    pub(super) fn spend(&self, tx: &mut Tx<'_>, budget: Budget) -> Result<Option<Spent>, ChatError> {
        if !self.is_limited {
            return Ok(None);
        }
        let now = tx.now()?;
        budget.spend(tx, now).map(Some)
    }

    /// How `device` is known to the account `login`, if it proves that it has signed in there before.
    pub async fn known_device(&self, login: &str, device: &Device) -> Result<Option<String>, ChatError> {
        let (login, hashes) = (login.trim().to_owned(), device.shown_hashes());
        if hashes.is_empty() || login.len() > MAX_LOGIN_BYTES || login.contains('\0') {
            return Ok(None);
        }
        let read = move |tx: &mut Tx<'_>| {
            let Some(user) = users::find_by_login(tx, &login)? else { return Ok(None) };
            attempts::known_device(tx, user.id, &hashes)
        };
        Ok(self.context.store.read(read).await?)
    }
}
