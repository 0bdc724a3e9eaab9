//! Budgets of attempts to sign in: where wrong passwords and codes are counted.

use super::caller::Device;
use crate::ChatError;
use crate::secrets::digest;
use meeshy_domain::account::Attempts;
use meeshy_domain::{Timestamp, UserId, text};
use meeshy_store::users::User;
use meeshy_store::{StoreError, Tx, attempts};

/// Where attempts are counted.
#[derive(Debug, Clone)]
pub(crate) enum Budget {
    /// On a name as typed, from one network, whether or not it exists.
    Name { name_hash: String, network_hash: String },
    /// On an account, for all unknown devices together.
    Strangers(UserId),
    /// On an account, for a known device or network.
    Device { user: UserId, device_hash: String },
}

/// A counted attempt.
#[derive(Debug, Clone)]
pub(crate) struct Spent {
    budget: Budget,
    before: Attempts,
    at: Timestamp,
}

impl Budget {
    /// The budget of a device on an account.
    pub fn of(tx: &mut Tx<'_>, user: UserId, device: &Device) -> Result<Self, StoreError> {
        let known = attempts::known_device(tx, user, &device.hashes())?;
        Ok(known.map_or(Self::Strangers(user), |device_hash| Self::Device { user, device_hash }))
    }

    pub fn of_name(login: &str, device: &Device) -> Self {
        Self::Name { name_hash: name_hash(login), network_hash: device.network_key() }
    }

    /// The failed attempts, locked until the transaction ends.
    fn locked(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Attempts, StoreError> {
        match self {
            Self::Name { name_hash, network_hash } => attempts::of_name(tx, name_hash, network_hash, now),
            Self::Strangers(user) => {
                attempts::lock(tx, *user)?;
                attempts::of_strangers(tx, *user)
            }
            Self::Device { user, device_hash } => {
                attempts::lock(tx, *user)?;
                attempts::of_device(tx, *user, device_hash)
            }
        }
    }

    fn set(&self, tx: &mut Tx<'_>, attempts: &Attempts) -> Result<(), StoreError> {
        match self {
            Self::Name { name_hash, network_hash } => {
                attempts::set_of_name(tx, name_hash, network_hash, attempts)
            }
            Self::Strangers(user) => attempts::set_of_strangers(tx, *user, attempts),
            Self::Device { user, device_hash } => attempts::set_of_device(tx, *user, device_hash, attempts),
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`ChatError::TooManyAttempts`] when none is left at the moment.
    pub fn spend(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Spent, ChatError> {
        let before = self.locked(tx, now)?;
        if let Some(retry_after) = before.wait(now) {
            return Err(ChatError::TooManyAttempts { retry_after });
        }
        self.set(tx, &before.failed_at(now))?;
        Ok(Spent { budget: self, before, at: now })
    }
}

impl Spent {
    /// Takes the attempt back: the password was right, and a code is required.
    pub fn give_back(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        let attempts = self.budget.locked(tx, now)?.without(self.before, self.at);
        self.budget.set(tx, &attempts)
    }

    /// Resets the count after a successful sign-in.
    pub fn clear(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        self.budget.locked(tx, now)?;
        self.budget.set(tx, &Attempts::default())
    }
}

/// Clears the failed attempts on the names of an account, from all networks.
pub(crate) fn forget_names(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    for name in [Some(&user.username), Some(&user.email), user.phone_number.as_ref()].into_iter().flatten() {
        attempts::forget_name(tx, &name_hash(name))?;
    }
    Ok(())
}

fn name_hash(login: &str) -> String {
    digest(&text::key(login).unwrap_or_default())
}
