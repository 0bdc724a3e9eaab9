//! Passwords: argon2id for new hashes, bcrypt for those of the old system, in a bounded pool.

use super::fair_queue::{FairQueue, Lane, Place};
use crate::ChatError;
use crate::settings::HashingCost;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use meeshy_domain::Secret;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The bytes of a password that bcrypt uses.
const BCRYPT_BYTES: usize = 72;
/// Higher bcrypt costs are not computed: each step doubles the time, which is 5 s here.
const MAX_BCRYPT_COST: u32 = 16;

/// The assumed duration of a verification before the first one has ended, in microseconds.
const FIRST_GUESS_MICROS: u64 = 50_000;

/// Hashes and verifies passwords, a few at a time, so that many sign-ins leave CPU time for messages.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    queue: FairQueue,
    at_once: u32,
    /// The duration of the last verification, in microseconds.
    took: Arc<AtomicU64>,
    /// The highest bcrypt cost of all accounts; 0 if there is none.
    bcrypt_cost: Arc<AtomicU32>,
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verified {
    No,
    Yes,
    /// It matches, and the hash is of an old kind that should be replaced now that the password is known.
    YesButOld,
    /// It matches as far as the hash covers the password. The hash should stay, as it says nothing about the
    /// rest.
    YesSoFar,
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
            queue: FairQueue::new(at_once),
            at_once: u32::try_from(at_once).unwrap_or(u32::MAX),
            took: Arc::new(AtomicU64::new(FIRST_GUESS_MICROS)),
            bcrypt_cost: Arc::default(),
        })
    }

    /// Records that an account has a bcrypt hash of this cost: from now on, every verification takes as long.
    pub(crate) fn expect_bcrypt(&self, cost: u32) {
        self.bcrypt_cost.fetch_max(cost.min(MAX_BCRYPT_COST), Ordering::Relaxed);
    }

    pub(crate) async fn hash(&self, password: Secret, lane: Lane) -> Result<Secret, ChatError> {
        let argon2 = self.argon2.clone();
        self.in_place(self.place(lane).await?, move || hash(&argon2, password.expose())).await?
    }

    /// Compares a password with a hash. It takes the same time for any kind of hash and for none, so that the
    /// time does not reveal whether an account exists. Without a hash and with all slots taken, it computes
    /// nothing and only waits for that time: any number of invented names takes no slot from anybody.
    pub(crate) async fn verify(
        &self,
        password: Secret,
        stored: Option<Secret>,
        lane: Lane,
    ) -> Result<Verified, ChatError> {
        if let Some(cost) = stored.as_ref().and_then(|stored| bcrypt_cost(stored.expose())) {
            self.expect_bcrypt(cost);
        }
        let (argon2, cost) = (self.argon2.clone(), self.bcrypt_cost.load(Ordering::Relaxed));
        let place = match &stored {
            Some(_) => self.place(lane).await?,
            None => match self.queue.free_place() {
                Ok(place) => place,
                Err(ahead) => {
                    tokio::time::sleep(self.expected(ahead)).await;
                    return Ok(Verified::No);
                }
            },
        };
        let (stored, took) = (stored.unwrap_or_default(), Arc::clone(&self.took));
        let job = move || {
            let began = Instant::now();
            let verified = verify(&argon2, password.expose(), stored.expose(), cost);
            took.store(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            verified
        };
        self.in_place(place, job).await
    }

    /// How long a verification takes with this many ahead of it in the queue, including the rest of the
    /// current ones.
    fn expected(&self, ahead: usize) -> Duration {
        let took = Duration::from_micros(self.took.load(Ordering::Relaxed));
        let turns = ahead as f64 + rand::random::<f64>();
        took + took.mul_f64(turns / f64::from(self.at_once))
    }

    async fn place(&self, lane: Lane) -> Result<Place, ChatError> {
        self.queue.place(lane).await.map_err(|_| busy())
    }

    async fn in_place<T: Send + 'static>(
        &self,
        place: Place,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ChatError> {
        // The slot moves into the work, which continues when the caller has gone.
        let work = move || {
            let done = job();
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())
    }
}

fn busy() -> ChatError {
    ChatError::Busy("too many people are signing in; try again in a moment".into())
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<Secret, ChatError> {
    let hash = argon2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string().into()).map_err(|error| ChatError::invalid("password", error))
}

/// Computes both kinds of hash, one of them for nothing, and bcrypt up to the highest cost.
fn verify(argon2: &Argon2<'_>, password: &str, stored: &str, dearest: u32) -> Verified {
    let by_argon2 =
        match PasswordHash::new(stored).ok().filter(|hash| hash.algorithm.as_str().starts_with("argon2")) {
            Some(hash) => argon2.verify_password(password.as_bytes(), &hash).is_ok(),
            None => {
                // Hashing takes as long as comparing with a hash.
                let _ = hash(argon2, password);
                false
            }
        };
    let by_bcrypt = verify_bcrypt(password, stored, dearest);
    match (by_argon2, by_bcrypt) {
        (true, _) => Verified::Yes,
        // bcrypt uses only the start of a long password, so the typed rest may be wrong. A new hash of all of
        // it could lock out somebody who types it correctly.
        (_, true) if password.len() >= BCRYPT_BYTES => Verified::YesSoFar,
        (_, true) => Verified::YesButOld,
        (false, false) => Verified::No,
    }
}

fn verify_bcrypt(password: &str, stored: &str, dearest: u32) -> bool {
    let cost = bcrypt_cost(stored);
    let matches = cost.is_some() && bcrypt::verify(password, stored).unwrap_or(false);
    for cost in padding(cost, dearest) {
        drop(bcrypt::hash_with_salt(password, cost, [0; 16]));
    }
    matches
}

/// The costs of the extra hashes that make each account take as long as the most expensive one. Each step
/// doubles the time: c and c, c + 1, … up to the highest cost add up to that cost.
fn padding(cost: Option<u32>, dearest: u32) -> std::ops::Range<u32> {
    match cost {
        Some(cost) => cost..dearest,
        None if dearest > 0 => dearest..dearest + 1,
        None => 0..0,
    }
}

/// The cost of a bcrypt hash (`$2a$`, `$2b$`, `$2x$`, `$2y$`), unless it is out of range.
fn bcrypt_cost(stored: &str) -> Option<u32> {
    let (version, rest) = stored.strip_prefix("$2")?.split_once('$')?;
    let cost = rest.split('$').next()?.parse().ok()?;
    (version.len() <= 1 && (4..=MAX_BCRYPT_COST).contains(&cost)).then_some(cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::new(HashingCost { memory_kib: 64, passes: 1, at_once: 1 }).unwrap()
    }

    async fn verified(passwords: &Passwords, password: &str, stored: &str) -> Verified {
        let stored = Some(stored).filter(|stored| !stored.is_empty()).map(Secret::from);
        passwords.verify(password.into(), stored, Lane::default()).await.unwrap()
    }

    fn old_hash(password: &str, cost: u32) -> String {
        bcrypt::hash_with_result(password, cost).unwrap().format_for_version(bcrypt::Version::TwoB)
    }

    #[tokio::test]
    async fn a_new_password_is_argon2id_and_verifies() {
        let passwords = cheap();
        let hash = passwords.hash("correct horse".into(), Lane::default()).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$"));
        assert_eq!(verified(&passwords, "correct horse", hash.expose()).await, Verified::Yes);
        assert_eq!(verified(&passwords, "battery staple", hash.expose()).await, Verified::No);
        assert_eq!(verified(&passwords, "correct horse", "").await, Verified::No);
    }

    #[tokio::test]
    async fn an_old_hash_verifies_and_asks_to_be_replaced() {
        let (passwords, old) = (cheap(), old_hash("correct horse", 4));
        assert!(old.starts_with("$2b$"));
        assert_eq!(verified(&passwords, "correct horse", &old).await, Verified::YesButOld);
        assert_eq!(verified(&passwords, "wrong", &old).await, Verified::No);
        for broken in [
            "no hash at all",
            "$2",
            "$2b$",
            "$2b$99$x",
            "$2b$31$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi",
        ] {
            assert_eq!(verified(&passwords, "any", broken).await, Verified::No, "{broken}");
        }
    }

    #[tokio::test]
    async fn names_that_nobody_has_keep_nobody_from_a_place() {
        let passwords = cheap();
        let hash = passwords.hash("correct horse".into(), Lane::default()).await.unwrap();
        let place = passwords.queue.place(Lane::default()).await.unwrap();
        let mut invented = tokio::task::JoinSet::new();
        for _ in 0..500 {
            let passwords = passwords.clone();
            invented.spawn(async move { verified(&passwords, "guess", "").await });
        }
        assert!(invented.join_all().await.iter().all(|answer| *answer == Verified::No));
        let somebody = passwords.verify("correct horse".into(), Some(hash), Lane::default());
        let (outcome, ()) = tokio::join!(somebody, async { drop(place) });
        assert_eq!(outcome.unwrap(), Verified::Yes);
        assert!(passwords.expected(4) > passwords.expected(0), "each one ahead takes its time");
    }

    #[tokio::test]
    async fn a_password_beyond_what_bcrypt_looks_at_is_not_pinned_to_what_was_typed() {
        let passwords = cheap();
        for bytes in [71, 72, 73, 80, 200] {
            let real = "ä".repeat(bytes / 2) + &"b".repeat(bytes % 2);
            let old = old_hash(&real, 4);
            let outcome = verified(&passwords, &real, &old).await;
            let expected = if bytes < 72 { Verified::YesButOld } else { Verified::YesSoFar };
            assert_eq!(outcome, expected, "{bytes}");
            // With another end it still matches, as on the old system; no new hash includes that end.
            if bytes > 72 {
                assert_eq!(
                    verified(&passwords, &format!("{real}x"), &old).await,
                    Verified::YesSoFar,
                    "{bytes}"
                );
            }
        }
    }

    #[test]
    fn nobody_and_every_bcrypt_account_cost_the_same() {
        let work = |costs: std::ops::Range<u32>| costs.map(|cost| 1_u64 << cost).sum::<u64>();
        for dearest in 4..=MAX_BCRYPT_COST {
            assert_eq!(work(padding(None, dearest)), 1 << dearest);
            for cost in 4..=dearest {
                assert_eq!(
                    (1 << cost) + work(padding(Some(cost), dearest)),
                    1 << dearest,
                    "{cost} {dearest}"
                );
            }
        }
        assert_eq!(work(padding(None, 0)), 0, "no account has a bcrypt hash");
    }

    #[tokio::test]
    async fn a_dear_bcrypt_hash_makes_every_sign_in_as_dear() {
        let (passwords, old) = (cheap(), old_hash("correct horse", 6));
        assert_eq!(passwords.bcrypt_cost.load(Ordering::Relaxed), 0);
        assert_eq!(verified(&passwords, "wrong", &old).await, Verified::No);
        assert_eq!(passwords.bcrypt_cost.load(Ordering::Relaxed), 6);
    }
}
