//! The quality of routes: measurements as data, and estimates for routes that were not measured.
//!
//! `make quality` writes measurements to a table: one is built in (`quality/figures.csv`), and one in the
//! data folder adds to it or overrides it. A route that was not measured is estimated from one of the same
//! pair that was: its score, corrected by the difference of the expected losses; likewise its cost. Scores of
//! different pairs are never compared: the same quality scores 15 points more in one language than in
//! another.

use crate::TranslationError;
use crate::pair::Pair;
use std::collections::BTreeMap;
use std::path::Path;

/// The expected loss at a pivot in addition to that of the steps, in chrF points.
pub(crate) const PIVOT_LOSS: f32 = 0.5;

/// Priors, in chrF points. Their difference matters: the published outputs of six Firefox Translations models
/// score 11 to 21 points above Apertium on the same FLORES sentences.
pub(crate) const LOST_BY_FIREFOX: f32 = 1.0;
/// See [`LOST_BY_FIREFOX`].
pub(crate) const LOST_BY_APERTIUM: f32 = 12.0;

/// One sentence of twelve words through a warm pipeline; measured between 0.8 and 1.3 ms.
pub(crate) const APERTIUM_MS: f32 = 1.0;
/// One sentence of twelve words on one core; measured between 5 ms (tiny) and 15 ms (base) with a shortlist.
pub(crate) const FIREFOX_MS: f32 = 10.0;

/// The project's own measurements; see `docs/translation.md`.
const BUILT_IN: &str = include_str!("../quality/figures.csv");
/// The first line of a table that is not a comment.
const HEADER: &str = "path,chrf,bleu,ms,sentences,data";

/// The engine and the pair of each step of a route, in order.
pub(crate) type Legs = Vec<(String, Pair)>;

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

/// The measurements of all routes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    by_path: BTreeMap<Legs, Figure>,
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
    /// The built-in measurements, overridden by those of a file, if it exists.
    ///
    /// # Errors
    /// If the file cannot be read, or a line of it is invalid, see [`parse`](Self::parse).
    pub fn load(file: &Path) -> Result<Self, TranslationError> {
        let refuse = |reason: String| TranslationError::Figures { path: file.to_owned(), reason };
        let mut figures =
            Self::parse(BUILT_IN).map_err(|error| refuse(format!("built-in table, {error}")))?;
        match std::fs::read_to_string(file) {
            Ok(text) => {
                figures
                    .by_path
                    .extend(Self::parse(&text).map_err(|error| refuse(error.to_string()))?.by_path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(refuse(error.to_string())),
        }
        Ok(figures)
    }

    /// Parses a table: comments after `#`, a header, and a line for each route, such as
    /// `apertium:en-ca>apertium:ca-fr,48.3,15.6,1.9,997,flores-dev`.
    ///
    /// # Errors
    /// The first invalid line.
    pub fn parse(text: &str) -> Result<Self, BadFigure> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let bad = |line, problem: &str| BadFigure { line, problem: problem.to_owned() };
        match lines.next() {
            Some((_, HEADER)) => {}
            Some((line, _)) => return Err(bad(line, &format!("expected the header `{HEADER}`"))),
            None => return Ok(Self::default()),
        }
        let mut by_path = BTreeMap::new();
        for (line, text) in lines {
            let (legs, figure) = parse_line(text).map_err(|problem| bad(line, problem))?;
            by_path.insert(legs, figure);
        }
        Ok(Self { by_path })
    }

    /// The measurements of this route.
    pub(crate) fn get(&self, legs: &Legs) -> Option<&Figure> {
        self.by_path.get(legs)
    }

    /// Every measured route.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Legs> {
        self.by_path.keys()
    }
}

fn parse_line(line: &str) -> Result<(Legs, Figure), &'static str> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [path, chrf, bleu, ms, sentences, data] = fields.as_slice() else {
        return Err("expected six fields");
    };
    let number = |text: &str, most: f32| match text.parse::<f32>() {
        Ok(number) if (0.0..=most).contains(&number) => Ok(number),
        _ => Err("a value is not a number, or out of range"),
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

/// Parses a path in the form of [`Route::path`](crate::Route::path).
pub(crate) fn parse_path(path: &str) -> Option<Legs> {
    let leg = |text: &str| {
        let (engine, pair) = text.rsplit_once(':')?;
        Some((engine.trim().to_owned(), pair.trim().parse().ok()?))
    };
    let legs = path.split('>').map(leg).collect::<Option<Legs>>()?;
    legs.windows(2).all(|legs| legs[0].1.to == legs[1].1.from).then_some(legs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_built_in_table_is_valid() {
        Figures::parse(BUILT_IN).unwrap();
    }

    #[test]
    fn a_local_table_takes_precedence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("quality.csv");
        let before = Figures::load(&file).unwrap();
        let line = "apertium:en-es,12.5,3,1.0,40,mine\nfirefox:en-es,60,30,9,40,mine\n";
        std::fs::write(&file, format!("# measured here\n{HEADER}\n{line}")).unwrap();
        let figures = Figures::load(&file).unwrap();
        let chrf = |path| figures.get(&parse_path(path).unwrap()).map(|figure| figure.chrf);
        assert_eq!((chrf("apertium:en-es"), chrf("firefox:en-es")), (Some(12.5), Some(60.0)));
        assert!(before.paths().all(|path| figures.get(path).is_some()));
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
