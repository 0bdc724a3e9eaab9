//! The translators in other processes.

use meeshy_domain::Language;
use meeshy_store::translators::Translator;
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// The translators in other processes, as of a moment ago.
#[derive(Default)]
pub(crate) struct Translators {
    known: RwLock<Vec<Translator>>,
}

impl Translators {
    /// Whether one of them serves this pair.
    pub fn serve(&self, from: Language, to: Language) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().flat_map(|other| &other.pairs).any(|pair| (pair.from, pair.to) == (from, to))
    }

    /// The number of translators.
    pub fn count(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The pairs that they serve and `serves` does not.
    pub fn pairs_not_in(&self, serves: impl Fn(Language, Language) -> bool) -> Vec<(Language, Language)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let pairs: HashSet<_> =
            known.iter().flat_map(|other| &other.pairs).map(|pair| (pair.from, pair.to)).collect();
        pairs.into_iter().filter(|&(from, to)| !serves(from, to)).collect()
    }

    pub fn set(&self, all: Vec<Translator>, own_id: &str) {
        let others = all.into_iter().filter(|translator| translator.id != own_id).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = others;
    }
}
