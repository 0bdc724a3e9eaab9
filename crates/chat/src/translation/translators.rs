//! The translators in other processes.

use meeshy_domain::{Grade, Language};
use meeshy_store::translators::Translator;
use meeshy_translation::Pair;
use std::collections::{BTreeMap, HashSet};
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

    /// The pairs that they serve, and how good the translations are expected to be: the worst, because any of them
    /// may translate. Older versions do not say so.
    pub fn grades(&self) -> BTreeMap<Pair, Option<Grade>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let served = known.iter().flat_map(|other| &other.pairs);
        let mut grades: BTreeMap<Pair, Option<Grade>> =
            served.map(|served| (Pair { from: served.from, to: served.to }, None)).collect();
        for graded in known.iter().flat_map(|other| &other.grades) {
            if let Some(worst) = grades.get_mut(&Pair { from: graded.from, to: graded.to }) {
                *worst = (*worst).max(Some(graded.grade));
            }
        }
        grades
    }

    pub fn set(&self, all: Vec<Translator>, own_id: &str) {
        let others = all.into_iter().filter(|translator| translator.id != own_id).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeshy_domain::Timestamp;
    use meeshy_store::translators::{Graded, Speed};

    fn language(code: &str) -> Language {
        Language::parse(code).unwrap()
    }

    #[test]
    fn the_grades_of_others_are_known_if_they_say_so() {
        let (en, fr, es) = (language("en"), language("fr"), language("es"));
        let other =
            |id: &str, pairs: &[(Language, Language)], grades: &[(Language, Language, Grade)]| Translator {
                id: id.into(),
                name: "host".into(),
                pairs: pairs.iter().map(|&(from, to)| Speed { from, to, cost_ms: 1.0 }).collect(),
                grades: grades.iter().map(|&(from, to, grade)| Graded { from, to, grade }).collect(),
                started_at: Timestamp::from_millis(0),
                seen_at: Timestamp::from_millis(0),
            };
        let translators = Translators::default();
        let graded = other("a", &[(en, fr), (fr, en)], &[(en, fr, Grade::Good), (fr, en, Grade::Rough)]);
        let older = other("b", &[(en, fr), (en, es)], &[(es, fr, Grade::Good)]);
        let worse = other("c", &[(en, fr), (fr, en)], &[(en, fr, Grade::Fair), (fr, en, Grade::Good)]);
        let own = other("own", &[(es, en)], &[(es, en, Grade::Good)]);
        translators.set(vec![graded, older, worse, own], "own");
        let expected = [(en, fr, Some(Grade::Fair)), (fr, en, Some(Grade::Rough)), (en, es, None)];
        let expected = expected.into_iter().map(|(from, to, grade)| (Pair { from, to }, grade)).collect();
        assert_eq!(translators.grades(), expected);
    }
}
