//! Turns of attempts to sign in.

use meeshy_domain::text;
use std::hash::{BuildHasher, RandomState};
use tokio::sync::Mutex;

/// Locks that names share.
const TURNS: usize = 1024;

/// Serializes attempts of unknown devices on the same name; a few names share a lock.
pub(super) struct Turns {
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
    pub fn of(&self, login: &str) -> &Mutex<()> {
        let hash = self.state.hash_one(text::key(login).unwrap_or_default());
        &self.turns[usize::try_from(hash % TURNS as u64).unwrap_or_default()]
    }
}
