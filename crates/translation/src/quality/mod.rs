//! The quality of routes: measurements as data, and estimates for routes that were not measured.
//!
//! `make quality` writes measurements to a table: one is built in (`quality/figures.csv`), and one in the
//! data folder overrides it. The published figures of the Firefox models are built in, too
//! (`quality/firefox-models.csv`). `composition` estimates all other routes from the figures of their steps.
//! Scores of different pairs are never compared: the same quality scores 15 points more in one language than
//! in another.

mod composition;
mod leg;

use crate::TranslationError;
use crate::pair::Pair;
use composition::Levels;
pub(crate) use composition::Losses;
pub use composition::MEAN_ERROR;
pub(crate) use leg::{Leg, Legs, parse_path};
use std::collections::BTreeMap;
use std::path::Path;

/// Priors, in chrF points, for steps without figures: what is lost against the best known model.
pub(crate) const LOST_BY_FIREFOX: f32 = 1.0;
/// See [`LOST_BY_FIREFOX`].
pub(crate) const LOST_BY_APERTIUM: f32 = 12.0;

/// One sentence of twelve words through a warm pipeline; measured between 0.8 and 1.3 ms.
pub(crate) const APERTIUM_MS: f32 = 1.0;
/// One sentence of twelve words on one core; measured between 5 ms (tiny) and 15 ms (base) with a shortlist.
pub(crate) const FIREFOX_MS: f32 = 10.0;

/// The project's own measurements; see `docs/translation.md`.
const BUILT_IN: &str = include_str!("../../quality/figures.csv");
/// The published figures of the Firefox models.
const PUBLISHED: &str = include_str!("../../quality/firefox-models.csv");
/// The first line of a table that is not a comment.
const HEADER: &str = "path,chrf,bleu,ms,sentences,data";
/// The first line of the published figures that is not a comment.
const PUBLISHED_HEADER: &str = "pair,architecture,chrf,bleu,comet";
/// The sentences of both built-in tables; only scores on the same sentences can be compared.
const BUILT_IN_DATA: &str = "flores-dev";

/// The measurements of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// chrF, 0 to 100, of the whole set of sentences.
    pub chrf: f32,
    /// BLEU, 0 to 100, of the same.
    pub bleu: f32,
    /// Milliseconds for a sentence of twelve words.
    pub ms: f32,
    /// The number of sentences.
    pub sentences: u32,
    /// The name of the data set.
    pub data: String,
}

/// What is known about the quality of routes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Of the project.
    built_in: BTreeMap<Legs, Figure>,
    /// Of this installation.
    own: BTreeMap<Legs, Figure>,
    /// The chrF of the published models.
    published: BTreeMap<Leg, f32>,
    pub(crate) levels: Levels,
}

/// An invalid line of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadFigure {
    /// Counted from 1.
    line: usize,
    problem: String,
}

impl Figures {
    /// The built-in figures, overridden by those of a file, if it exists.
    ///
    /// # Errors
    /// If the file cannot be read, or a line of it is invalid, see [`parse`](Self::parse).
    pub fn load(file: &Path) -> Result<Self, TranslationError> {
        let refuse = |reason: String| TranslationError::Figures { path: file.to_owned(), reason };
        let built_in = |error| refuse(format!("built-in table, {error}"));
        let published = parse_published(PUBLISHED).map_err(built_in)?;
        let mut figures = Self {
            built_in: parse(BUILT_IN).map_err(built_in)?,
            levels: Levels::of(&published),
            published,
            own: BTreeMap::new(),
        };
        match std::fs::read_to_string(file) {
            Ok(text) => figures.own = parse(&text).map_err(|error| refuse(error.to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(refuse(error.to_string())),
        }
        Ok(figures)
    }

    /// The figures of a table of one's own, without the built-in ones: comments after `#`, a header, and a
    /// line for each route, such as `apertium:en-ca>apertium:ca-fr,48.3,15.6,1.9,997,flores-dev`.
    ///
    /// # Errors
    /// The first invalid line.
    pub fn parse(text: &str) -> Result<Self, BadFigure> {
        Ok(Self { own: parse(text)?, ..Self::default() })
    }

    /// One's own measurements of a route.
    pub(crate) fn own(&self, legs: &Legs) -> Option<&Figure> {
        find(&self.own, legs)
    }

    /// The chrF of a route on the sentences of the built-in tables, if it was measured on them.
    pub(crate) fn measured(&self, legs: &Legs) -> Option<f32> {
        let own = self.own(legs).filter(|figure| figure.data == BUILT_IN_DATA);
        own.or_else(|| find(&self.built_in, legs)).map(|figure| figure.chrf)
    }

    /// The published chrF of a route of one step, on the same sentences.
    pub(crate) fn published(&self, legs: &Legs) -> Option<f32> {
        match legs.as_slice() {
            [leg] => self.published.get(leg).copied(),
            _ => None,
        }
    }

    /// The chrF of a route on the sentences of the built-in tables, measured or published.
    pub(crate) fn comparable(&self, legs: &Legs) -> Option<f32> {
        self.measured(legs).or_else(|| self.published(legs))
    }

    /// The milliseconds of a route by the built-in table.
    pub(crate) fn usual_ms(&self, legs: &Legs) -> Option<f32> {
        find(&self.built_in, legs).map(|figure| figure.ms)
    }

    /// Without the measurements of routes of several steps, to test the estimates.
    #[cfg(test)]
    pub(crate) fn without_composed(mut self) -> Self {
        self.built_in.retain(|legs, _| legs.len() == 1);
        self
    }

    /// Every measured route.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Legs> {
        self.own.keys().chain(self.built_in.keys())
    }
}

/// The figure of a route with these models, otherwise with any.
fn find<'a>(table: &'a BTreeMap<Legs, Figure>, legs: &Legs) -> Option<&'a Figure> {
    table.get(legs).or_else(|| table.get(&legs.iter().map(Leg::any_model).collect::<Legs>()))
}

/// The lines of a table after its header, without comments, each with its number.
fn lines<'a>(text: &'a str, header: &str) -> Result<impl Iterator<Item = (usize, Vec<&'a str>)>, BadFigure> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    match lines.next() {
        Some((line, first)) if first != header => {
            Err(BadFigure { line, problem: format!("expected the header `{header}`") })
        }
        _ => Ok(lines.map(|(at, line)| (at, line.split(',').map(str::trim).collect()))),
    }
}

fn parse(text: &str) -> Result<BTreeMap<Legs, Figure>, BadFigure> {
    lines(text, HEADER)?
        .map(|(line, fields)| parse_line(&fields).map_err(|problem| bad(line, problem)))
        .collect()
}

fn parse_published(text: &str) -> Result<BTreeMap<Leg, f32>, BadFigure> {
    let published = |fields: &[&str]| {
        let [pair, model, chrf, ..] = fields else { return Err("expected five fields") };
        let pair = Pair::of_engine(pair).ok_or("not a pair of languages")?;
        Ok((
            Leg { engine: "firefox".to_owned(), model: Some((*model).to_owned()), pair },
            number(chrf, 100.0)?,
        ))
    };
    lines(text, PUBLISHED_HEADER)?
        .map(|(line, fields)| published(&fields).map_err(|problem| bad(line, problem)))
        .collect()
}

fn bad(line: usize, problem: &str) -> BadFigure {
    BadFigure { line, problem: problem.to_owned() }
}

fn number(text: &str, most: f32) -> Result<f32, &'static str> {
    match text.parse::<f32>() {
        Ok(number) if (0.0..=most).contains(&number) => Ok(number),
        _ => Err("a value is not a number, or out of range"),
    }
}

fn parse_line(fields: &[&str]) -> Result<(Legs, Figure), &'static str> {
    let [path, chrf, bleu, ms, sentences, data] = fields else {
        return Err("expected six fields");
    };
    let figure = Figure {
        chrf: number(chrf, 100.0)?,
        bleu: number(bleu, 100.0)?,
        ms: number(ms, f32::MAX)?,
        sentences: sentences.parse().map_err(|_| "the number of sentences is not a number")?,
        data: (*data).to_owned(),
    };
    Ok((parse_path(path).ok_or("invalid path; expected the form `apertium:en-ca>apertium:ca-fr`")?, figure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_built_in_tables_are_valid() {
        let figures = Figures::load(Path::new("/nonexistent")).unwrap();
        assert!(figures.built_in.len() > 100 && figures.published.len() > 100);
        assert!(figures.built_in.values().all(|figure| figure.data == BUILT_IN_DATA));
    }

    #[test]
    fn a_local_table_takes_precedence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("quality.csv");
        let before = Figures::load(&file).unwrap();
        let line = "apertium:en-es,12.5,3,1.0,40,mine\nfirefox:en-es,60,30,9,40,mine\n";
        std::fs::write(&file, format!("# measured here\n{HEADER}\n{line}")).unwrap();
        let figures = Figures::load(&file).unwrap();
        let legs = |path| parse_path(path).unwrap();
        let own = |path| figures.own(&legs(path)).map(|figure| figure.chrf);
        assert_eq!((own("apertium:en-es"), own("firefox/tiny:en-es")), (Some(12.5), Some(60.0)));
        // The steps of other routes keep their comparable figures.
        for path in ["apertium:en-es", "firefox/tiny:en-es", "firefox/base-memory:en-es"] {
            assert_eq!(figures.comparable(&legs(path)), before.comparable(&legs(path)), "{path}");
            assert!(before.comparable(&legs(path)).is_some(), "{path}");
        }
    }

    #[test]
    fn own_measurements_on_the_same_sentences_replace_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("quality.csv");
        std::fs::write(&file, format!("{HEADER}\nfirefox/tiny:en-pt,65.5,40,9,997,{BUILT_IN_DATA}\n"))
            .unwrap();
        let legs = parse_path("firefox/tiny:en-pt").unwrap();
        assert_eq!(Figures::load(&file).unwrap().comparable(&legs), Some(65.5));
    }

    #[rstest]
    #[case::names("chrf,path", "line 1")]
    #[case::fields("path,chrf,bleu,ms,sentences,data\napertium:en-es,1,2,3,4", "line 2: expected six fields")]
    #[case::number(
        "path,chrf,bleu,ms,sentences,data\n\napertium:en-es,NaN,2,3,4,d",
        "line 3: a value is not a number"
    )]
    #[case::range(
        "path,chrf,bleu,ms,sentences,data\napertium:en-es,101,2,3,4,d",
        "a value is not a number, or out of range"
    )]
    #[case::path("path,chrf,bleu,ms,sentences,data\nen-es,1,2,3,4,d", "invalid path")]
    #[case::broken_path("path,chrf,bleu,ms,sentences,data\na:en-es>a:fr-ca,1,2,3,4,d", "invalid path")]
    fn invalid_lines_are_reported_by_number(#[case] text: &str, #[case] expected: &str) {
        let error = Figures::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
