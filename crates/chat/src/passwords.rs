//! Passwords: argon2id for new ones, bcrypt for those of the old system, in a bounded pool.

use crate::ChatError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Sign-ins that may wait for a place in the pool; more are told to come back.
const WAITING: usize = 64;

/// What a hash costs. The default is the least that OWASP advises: 19 MiB, 2 passes, 1 lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashingCost {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Hashes that may be computed at the same time.
    pub at_once: usize,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, at_once: 2 }
    }
}

/// Hashes and verifies, a few at a time, so that a storm of sign-ins leaves the messages their processor.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// What a verification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    No,
    Yes,
    /// Yes, and the hash is of an old kind: it should be replaced while the password is at hand.
    YesButOld,
}

impl Passwords {
    pub(crate) fn new(cost: HashingCost) -> Result<Self, ChatError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|error| {
            ChatError::invalid("hashing", format!("these costs are not possible: {error}"))
        })?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let at_once = cost.at_once.max(1);
        Ok(Self {
            argon2,
            places: Arc::new(Semaphore::new(at_once)),
            queue: Arc::new(Semaphore::new(at_once + WAITING)),
        })
    }

    pub(crate) async fn hash(&self, password: String) -> Result<String, ChatError> {
        let argon2 = self.argon2.clone();
        self.in_pool(move || hash(&argon2, &password)).await?
    }

    /// Compares a password with a hash; with none, takes the same time and says no.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verified, ChatError> {
        let argon2 = self.argon2.clone();
        self.in_pool(move || match stored {
            Some(stored) => verify(&argon2, &password, &stored),
            None => {
                // To hash it takes as long as to compare it with a hash.
                let _ = hash(&argon2, &password);
                Verified::No
            }
        })
        .await
    }

    async fn in_pool<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ChatError> {
        let busy = || ChatError::Busy("too many people are signing in; try again in a moment".into());
        let _queued = self.queue.try_acquire().map_err(|_| busy())?;
        let _place = self.places.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(job).await.map_err(|_| busy())
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, ChatError> {
    let hash = argon2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| ChatError::invalid("password", error))
}

fn verify(argon2: &Argon2<'_>, password: &str, stored: &str) -> Verified {
    // `$2a$`, `$2b$`, `$2y$`: bcrypt, which looks at 72 bytes at most, as the old system did.
    if stored.starts_with("$2") {
        return if bcrypt::verify(password, stored).unwrap_or(false) {
            Verified::YesButOld
        } else {
            Verified::No
        };
    }
    let matches = PasswordHash::new(stored)
        .is_ok_and(|hash| argon2.verify_password(password.as_bytes(), &hash).is_ok());
    if matches { Verified::Yes } else { Verified::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::new(HashingCost { memory_kib: 64, passes: 1, at_once: 1 }).unwrap()
    }

    #[tokio::test]
    async fn a_new_password_is_argon2id_and_verifies() {
        let passwords = cheap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_eq!(
            passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap(),
            Verified::Yes
        );
        assert_eq!(passwords.verify("battery staple".into(), Some(hash)).await.unwrap(), Verified::No);
        assert_eq!(passwords.verify("correct horse".into(), None).await.unwrap(), Verified::No);
    }

    #[tokio::test]
    async fn an_old_hash_verifies_and_asks_to_be_replaced() {
        let old =
            bcrypt::hash_with_result("correct horse", 4).unwrap().format_for_version(bcrypt::Version::TwoB);
        assert!(old.starts_with("$2b$"));
        assert_eq!(
            cheap().verify("correct horse".into(), Some(old.clone())).await.unwrap(),
            Verified::YesButOld
        );
        assert_eq!(cheap().verify("wrong".into(), Some(old)).await.unwrap(), Verified::No);
        assert_eq!(cheap().verify("any".into(), Some("no hash at all".into())).await.unwrap(), Verified::No);
    }
}
