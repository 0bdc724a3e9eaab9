//! Which engines there are, in this process and in others.

use super::translate::Translate;
use super::translators::Translators;
use meeshy_domain::{Grade, Language};
use meeshy_translation::{Pair, Request};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A language pair that is available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The source language.
    pub from: Language,
    /// The target language.
    pub to: Language,
    /// The engine and its route: `firefox via en`; `None` if another process translates.
    pub engine: Option<String>,
}

/// The engines of this process, and those of others as of a moment ago.
#[derive(Clone)]
pub(crate) struct Engines {
    pub translator: Arc<dyn Translate>,
    pub remote: Arc<Translators>,
}

impl Engines {
    pub fn new(translator: Arc<dyn Translate>) -> Self {
        Self { translator, remote: Arc::default() }
    }

    /// Whether a pair is served, here or in another process.
    pub fn serve(&self, from: Language, to: Language) -> bool {
        self.translator.serves(from, to) || self.remote.serve(from, to)
    }

    /// Whether this pair has to be translated by another process, and there is one that can.
    pub fn are_remote(&self, from: Language, to: Language) -> bool {
        !self.translator.serves(from, to) && self.remote.serve(from, to)
    }

    /// Whether something else than the engines `avoid` may serve a pair; for other processes, only they know.
    pub fn has_another(&self, from: Language, to: Language, avoid: &[String]) -> bool {
        self.another(from, to, avoid).is_some() || self.remote.serve(from, to)
    }

    /// The engine in this process that serves a pair, other than the engines `avoid`.
    pub fn another(&self, from: Language, to: Language, avoid: &[String]) -> Option<String> {
        self.translator.engine(&Request { avoid: avoid.to_vec(), ..Request::new(from, to) })
    }

    /// The pairs that other processes serve and this one does not.
    pub fn remote_pairs(&self) -> Vec<(Language, Language)> {
        self.remote.pairs_not_in(|from, to| self.translator.serves(from, to))
    }

    /// Every pair that is available now, here or in another process, and how good its translations are expected
    /// to be, if known.
    pub fn grades(&self) -> BTreeMap<Pair, Option<Grade>> {
        let mut grades = self.remote.grades();
        for (pair, grade) in self.translator.grades() {
            let worst = grades.entry(pair).or_default();
            *worst = (*worst).max(Some(grade));
        }
        grades
    }

    /// Every pair that is available now, here or in another process.
    pub fn served(&self) -> Vec<Served> {
        let here = self.translator.pairs().into_iter().map(|pair| (pair.from, pair.to));
        let served = |(from, to)| Served { from, to, engine: self.another(from, to, &[]) };
        here.chain(self.remote_pairs()).map(served).collect()
    }
}
