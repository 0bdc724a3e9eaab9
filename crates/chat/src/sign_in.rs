//! Signing in with a password, and how often it may be wrong.
//!
//! Attempts are counted with the account, so that many addresses together do not get more of them than one. A device or
//! network from which somebody has signed in before has a budget of its own: the guesses of strangers do not lock out the
//! owner. An attempt is counted before the password is looked at, so attempts at the same moment are not for free. Names
//! that nobody has wait the same way, and for the disk too: who guesses does not learn which names exist. Those of strangers
//! under one name go one after the other, so that their times do not tell whether they wait for a real hash.

use crate::fair_queue::{Kind, Lane};
use crate::passwords::Verified;
use crate::second_factor::{SignIn, check};
use crate::sessions::Device;
use crate::tokens::digest;
use crate::{Chat, ChatError};
use meeshy_domain::account::Attempts;
use meeshy_domain::{Secret, Timestamp, UserId, limits, text};
use meeshy_store::attempts::{self, KnownDevice};
use meeshy_store::second_factor::{self, Protection};
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};
use moka::ops::compute::Op;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::sync::Mutex;

/// Devices and networks that are known to one account.
const KNOWN_DEVICES: i64 = 40;
/// Names that nobody has, of which attempts are kept; beyond it those that were tried least recently go.
const MAX_UNKNOWN_NAMES: u64 = 100_000;
/// Turns that names share.
const TURNS: usize = 1024;
/// Bytes of a name, address or number.
const MAX_LOGIN_BYTES: usize = 255;
const WRONG_LOGIN: &str = "the username or the password is not right";

/// Attempts to sign in under names that nobody has, by a digest of the name.
pub(crate) struct UnknownNames(moka::sync::Cache<String, Attempts>);

impl Default for UnknownNames {
    fn default() -> Self {
        let names = moka::sync::Cache::builder()
            .max_capacity(MAX_UNKNOWN_NAMES)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .time_to_idle(Duration::from_secs(86_400));
        Self(names.build())
    }
}

impl UnknownNames {
    fn spend(&self, login: &str, now: Timestamp) -> Result<(), ChatError> {
        self.0.entry(digest(&text::key(login).unwrap_or_default())).and_try_compute_with(|known| {
            let before = known.map(moka::Entry::into_value).unwrap_or_default();
            refuse_early(&before, now)?;
            Ok::<_, ChatError>(Op::Put(before.failed_at(now)))
        })?;
        Ok(())
    }
}

/// Turns of strangers who try the same name; a few names share one.
pub(crate) struct Turns {
    turns: Vec<Mutex<()>>,
    state: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turns: std::iter::repeat_with(Mutex::default).take(TURNS).collect(),
            state: RandomState::new(),
        }
    }
}

impl Turns {
    fn of(&self, login: &str) -> &Mutex<()> {
        let hash = self.state.hash_one(text::key(login).unwrap_or_default());
        &self.turns[usize::try_from(hash % TURNS as u64).unwrap_or_default()]
    }
}

/// The attempts that are counted for an account when a certain device tries.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    user: UserId,
    /// What the device is known by; strangers share the account's own count.
    device: Option<String>,
    before: Attempts,
}

impl Budget {
    /// The budget of a device at an account, whose attempts nobody else counts until the transaction ends.
    pub fn of(tx: &mut Tx<'_>, user: UserId, device: &Device) -> Result<Self, StoreError> {
        attempts::lock(tx, user)?;
        Ok(match attempts::known_device(tx, user, &device.hashes())? {
            Some(KnownDevice { device_hash, attempts }) => {
                Self { user, device: Some(device_hash), before: attempts }
            }
            None => Self { user, device: None, before: attempts::of_strangers(tx, user)? },
        })
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`ChatError::TooManyAttempts`] when there is none left just now.
    fn spend(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), ChatError> {
        refuse_early(&self.before, now)?;
        Ok(self.set(tx, &self.before.failed_at(now))?)
    }

    /// The attempt was none: the password was right, and a code is asked for.
    pub fn give_back(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.set(tx, &self.before)
    }

    /// Somebody has signed in.
    pub fn clear(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.set(tx, &Attempts::default())
    }

    fn set(&self, tx: &mut Tx<'_>, attempts: &Attempts) -> Result<(), StoreError> {
        match &self.device {
            Some(device) => attempts::set_of_device(tx, self.user, device, attempts),
            None => attempts::set_of_strangers(tx, self.user, attempts),
        }
    }
}

fn refuse_early(attempts: &Attempts, now: Timestamp) -> Result<(), ChatError> {
    attempts.wait(now).map_or(Ok(()), |retry_after| Err(ChatError::TooManyAttempts { retry_after }))
}

/// An attempt that was counted.
struct Admitted {
    user: User,
    protection: Protection,
    budget: Budget,
}

impl Chat {
    /// Signs in by username, address or telephone number.
    ///
    /// # Errors
    /// [`ChatError::Unauthenticated`] with the same words whether the name or the password is wrong;
    /// [`ChatError::TooManyAttempts`] after many of them, also for names that nobody has; [`ChatError::Forbidden`] when
    /// the account is locked and the password right.
    pub async fn sign_in(
        &self,
        login: String,
        password: String,
        remember: bool,
        device: Device,
    ) -> Result<SignIn, ChatError> {
        let password = Secret::from(password);
        let wrong = || ChatError::Unauthenticated(WRONG_LOGIN.into());
        let login = login.trim().to_owned();
        // An empty value is nobody's name: people may come from the old system without an address or a number.
        let is_empty = login.is_empty() || password.is_empty();
        let is_long = login.len() > MAX_LOGIN_BYTES || password.expose().len() > limits::PASSWORD_BYTES;
        if is_empty || is_long || login.contains('\0') {
            return Err(wrong());
        }
        let admitted = self.admit(login.clone(), &device).await?;
        let is_known = admitted.as_ref().is_some_and(|admitted| admitted.budget.device.is_some());
        let lane =
            Lane { kind: if is_known { Kind::Known } else { Kind::Stranger }, network: device.network() };
        let turn = if is_known { None } else { Some(self.inner.turns.of(&login).lock().await) };
        let stored = admitted.as_ref().map(|admitted| admitted.user.password_hash.clone());
        let (password, verified) = self.verify(password, stored, lane).await?;
        drop(turn);
        let Some(admitted) = admitted.filter(|_| verified != Verified::No) else { return Err(wrong()) };
        let newer_hash = match verified {
            Verified::YesButOld => Some(self.inner.passwords.hash(password, lane).await?),
            Verified::Yes | Verified::YesSoFar | Verified::No => None,
        };
        let Admitted { user, protection, budget } = admitted;
        // Only who knows the password is told that the account is locked, or wants a code.
        if !check(&protection, self.now())? {
            let signed_in = self.open_session(user, device, remember, newer_hash, budget).await?;
            return Ok(SignIn::Done(Box::new(signed_in)));
        }
        let (token, challenge) = self.challenge(user.id, remember);
        let now = self.now();
        let write = move |tx: &mut Tx<'_>| {
            if let Some(hash) = newer_hash {
                users::set_password_hash(tx, challenge.user_id, &hash, now)?;
            }
            budget.give_back(tx)?;
            second_factor::insert_challenge(tx, &challenge, now)
        };
        self.inner.store.write::<_, StoreError>(write).await?;
        Ok(SignIn::NeedsCode { challenge: token, user: Box::new(user), remember })
    }

    /// Verifies a password in the form in which it is hashed, and gives it in that form. Accounts from before may have it
    /// as it was typed.
    async fn verify(
        &self,
        typed: Secret,
        stored: Option<Secret>,
        lane: Lane,
    ) -> Result<(Secret, Verified), ChatError> {
        let password = Secret::from(text::prepared_password(typed.expose()));
        let mut verified = self.inner.passwords.verify(password.clone(), stored.clone(), lane).await?;
        if verified == Verified::No && typed != password {
            verified = self.inner.passwords.verify(typed, stored, lane).await?;
            if verified == Verified::Yes {
                verified = Verified::YesButOld;
            }
        }
        Ok((password, verified))
    }

    /// Counts an attempt, before the password is looked at. Nothing when nobody has that name.
    async fn admit(&self, login: String, device: &Device) -> Result<Option<Admitted>, ChatError> {
        let (chat, device, now) = (self.clone(), device.clone(), self.now());
        let write = move |tx: &mut Tx<'_>| {
            let Some(user) = users::find_by_login(tx, &login)?.filter(|user| user.is_active) else {
                if chat.inner.settings.limit_sign_ins {
                    chat.inner.unknown_names.spend(&login, now)?;
                }
                attempts::count_unknown(tx)?;
                return Ok(None);
            };
            let budget = Budget::of(tx, user.id, &device)?;
            chat.spend(tx, &budget, now)?;
            let protection = second_factor::protection(tx, user.id)?;
            Ok::<_, ChatError>(Some(Admitted { user, protection, budget }))
        };
        self.inner.store.write(write).await
    }

    /// Counts an attempt, unless attempts are not limited.
    pub(crate) fn spend(&self, tx: &mut Tx<'_>, budget: &Budget, now: Timestamp) -> Result<(), ChatError> {
        if self.inner.settings.limit_sign_ins { budget.spend(tx, now) } else { Ok(()) }
    }

    /// What `device` is known by at the account of `login`, if it shows that it has signed in there before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_device(&self, login: &str, device: &Device) -> Result<Option<String>, ChatError> {
        let (login, hashes) = (login.trim().to_owned(), device.shown_hashes());
        if hashes.is_empty() || login.len() > MAX_LOGIN_BYTES || login.contains('\0') {
            return Ok(None);
        }
        let read = move |tx: &mut Tx<'_>| {
            let Some(user) = users::find_by_login(tx, &login)? else { return Ok(None) };
            let known = attempts::known_device(tx, user.id, &hashes)?;
            Ok::<_, StoreError>(known.map(|known| known.device_hash))
        };
        Ok(self.inner.store.read(read).await?)
    }

    /// Makes a device that has signed in known to the account.
    pub(crate) fn remember_device(
        tx: &mut Tx<'_>,
        user: UserId,
        session_hash: &Secret,
        device: &Device,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // The session's own secret is one of the things that the device can show next time.
        let mut hashes = vec![session_hash.expose().to_owned()];
        hashes.extend(device.cookie.as_ref().map(cookie_hash));
        hashes.extend(device.network_hash());
        attempts::remember_devices(tx, user, &hashes, now, KNOWN_DEVICES)
    }
}

impl Device {
    /// What this device may be known by: what it shows, then the network that it calls from.
    fn hashes(&self) -> Vec<String> {
        self.shown_hashes().into_iter().chain(self.network_hash()).collect()
    }

    /// What it shows that only a device has that signed in before.
    fn shown_hashes(&self) -> Vec<String> {
        let session = self.session_token.as_ref().filter(|token| !token.is_empty());
        let cookie = self.cookie.as_ref().filter(|cookie| !cookie.is_empty());
        session.map(|token| digest(token.expose())).into_iter().chain(cookie.map(cookie_hash)).collect()
    }

    fn network_hash(&self) -> Option<String> {
        self.ip_address.as_ref().map(|_| digest(&format!("network {}", self.network())))
    }
}

fn cookie_hash(cookie: &Secret) -> String {
    digest(&format!("device {}", cookie.expose()))
}
