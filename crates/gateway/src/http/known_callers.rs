//! The accounts, and the guests, of credentials that were valid a moment ago: under them, not under their addresses, the calls of people
//! are counted who share a network.
//!
//! A credential counts for its account only after it has been checked, as every route for users does, and until a check
//! fails. So looking it up costs one hash, invented tokens count for their address, and the calls of somebody with a
//! token that was revoked do not use up the budget of its owner.

use meeshy_domain::Actor;
use moka::sync::Cache;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The most credentials that are remembered.
const MAX_CREDENTIALS: u64 = 100_000;
/// How long a credential is remembered after its last check.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Credentials that were valid, by keyed hashes.
pub struct KnownCallers {
    hasher: RandomState,
    accounts: Cache<u64, Actor>,
}

impl Default for KnownCallers {
    fn default() -> Self {
        let accounts = Cache::builder().max_capacity(MAX_CREDENTIALS).time_to_live(MEMORY).build();
        Self { hasher: RandomState::new(), accounts }
    }
}

impl KnownCallers {
    /// The account of a credential that was valid when last checked.
    pub fn account(&self, credential: &str) -> Option<Actor> {
        self.accounts.get(&self.key(credential))
    }

    /// Records the result of a check: the account, or `None`.
    pub fn checked(&self, credential: &str, account: Option<Actor>) {
        let key = self.key(credential);
        match account {
            Some(account) => self.accounts.insert(key, account),
            None => self.accounts.invalidate(&key),
        }
    }

    fn key(&self, credential: &str) -> u64 {
        self.hasher.hash_one(credential)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_counts_for_its_account_from_a_check_until_one_fails() {
        let (known, user): (_, Actor) =
            (KnownCallers::default(), "65a0c0ffee0123456789abcd".parse().unwrap());
        assert_eq!(known.account("a.b.c"), None);
        known.checked("a.b.c", Some(user));
        assert_eq!((known.account("a.b.c"), known.account("a.b.d")), (Some(user), None));
        known.checked("a.b.c", None);
        assert_eq!(known.account("a.b.c"), None);
    }
}
