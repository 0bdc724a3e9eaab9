//! The names of steps and routes in quality tables.

use crate::pair::Pair;
use std::fmt;

/// A step of a route, without what changes between installations: `apertium:en-ca`, `firefox/tiny:en-pt`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Leg {
    pub(crate) engine: String,
    /// The size class of the model. In a table, `None` stands for any.
    pub(crate) model: Option<String>,
    pub(crate) pair: Pair,
}

/// The steps of a route, in order.
pub(crate) type Legs = Vec<Leg>;

impl Leg {
    /// The same step with any model.
    pub(crate) fn any_model(&self) -> Self {
        Self { model: None, ..self.clone() }
    }

    /// Whether this name of a table stands for a step.
    pub(crate) fn covers(&self, step: &Self) -> bool {
        *self == *step || *self == step.any_model()
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.model {
            Some(model) => write!(f, "{}/{model}:{}", self.engine, self.pair),
            None => write!(f, "{}:{}", self.engine, self.pair),
        }
    }
}

/// Parses a path in the form of [`Route::path`](crate::Route::path).
pub(crate) fn parse_path(path: &str) -> Option<Legs> {
    let leg = |text: &str| {
        let (name, pair) = text.rsplit_once(':')?;
        let (engine, model) = match name.rsplit_once('/') {
            Some((engine, model)) => (engine, Some(model.trim().to_owned())),
            None => (name, None),
        };
        Some(Leg { engine: engine.trim().to_owned(), model, pair: pair.trim().parse().ok()? })
    };
    let legs = path.split('>').map(leg).collect::<Option<Legs>>()?;
    legs.windows(2).all(|legs| legs[0].pair.to == legs[1].pair.from).then_some(legs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("apertium:en-ca")]
    #[case("apertium:en-ca>apertium:ca-fr")]
    #[case("firefox/tiny:en-pt>apertium:pt-es")]
    fn a_path_is_shown_as_it_is_parsed(#[case] path: &str) {
        let legs = parse_path(path).unwrap();
        assert_eq!(legs.iter().map(Leg::to_string).collect::<Vec<_>>().join(">"), path);
    }

    #[test]
    fn a_step_without_a_model_covers_every_model() {
        let leg = |name: &str| parse_path(name).unwrap().remove(0);
        assert!(leg("firefox:en-pt").covers(&leg("firefox/tiny:en-pt")));
        assert!(leg("firefox/tiny:en-pt").covers(&leg("firefox/tiny:en-pt")));
        assert!(!leg("firefox/base:en-pt").covers(&leg("firefox/tiny:en-pt")));
        assert!(!leg("firefox/tiny:en-pt").covers(&leg("firefox:en-pt")));
        assert!(!leg("firefox:en-es").covers(&leg("firefox/tiny:en-pt")));
    }
}
