//! The processes that translate.

use crate::engine::record::record;
use crate::{FromValue, StoreError, Tx, Value};
use meeshy_domain::{Grade, Language, Timestamp};

record! {
    /// A process that translates.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Translator in translators {
        /// Its id, a new one at each start.
        pub id: String,
        /// The name of its machine, for people.
        pub name: String,
        /// The language pairs it translates.
        pub pairs: Vec<Speed>,
        /// How good its translations are expected to be; empty from older versions.
        pub grades: Vec<Graded>,
        /// When it started.
        pub started_at: Timestamp,
        /// The time of its last heartbeat.
        pub seen_at: Timestamp,
    }
}

/// Stored as lines of text: `en-fr 120`.
impl From<Vec<Speed>> for Value {
    fn from(speeds: Vec<Speed>) -> Self {
        let line = |speed: &Speed| format!("{}-{} {}", speed.from, speed.to, speed.cost_ms);
        Self::Text(speeds.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

impl FromValue for Vec<Speed> {
    fn from_value(value: Value) -> Result<Self, String> {
        // A newer version may know languages that this one does not.
        Ok(String::from_value(value)?.lines().filter_map(Speed::parse).collect())
    }
}

/// The speed of a language pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// The source language.
    pub from: Language,
    /// The target language.
    pub to: Language,
    /// The approximate milliseconds per sentence.
    pub cost_ms: f32,
}

impl Speed {
    fn parse(line: &str) -> Option<Self> {
        let (from, to, cost) = parts(line)?;
        Some(Self { from, to, cost_ms: cost.parse().ok()? })
    }
}

/// Stored as lines of text: `en-fr good`.
impl From<Vec<Graded>> for Value {
    fn from(grades: Vec<Graded>) -> Self {
        let line = |Graded { from, to, grade }: &Graded| format!("{from}-{to} {grade}");
        Self::Text(grades.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

impl FromValue for Vec<Graded> {
    fn from_value(value: Value) -> Result<Self, String> {
        // A newer version may know languages and grades that this one does not.
        Ok(String::from_value(value)?.lines().filter_map(Graded::parse).collect())
    }
}

/// The grade of a language pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graded {
    /// The source language.
    pub from: Language,
    /// The target language.
    pub to: Language,
    /// How good translations are expected to be.
    pub grade: Grade,
}

impl Graded {
    fn parse(line: &str) -> Option<Self> {
        let (from, to, grade) = parts(line)?;
        Some(Self { from, to, grade: grade.parse().ok()? })
    }
}

/// The pair of a line, and what is said about it.
fn parts(line: &str) -> Option<(Language, Language, &str)> {
    let (pair, about) = line.split_once(' ')?;
    let (from, to) = pair.split_once('-')?;
    Some((Language::parse(from).ok()?, Language::parse(to).ok()?, about))
}

/// Records a heartbeat of a translator.
pub fn beat(tx: &mut Tx<'_>, translator: &Translator) -> Result<(), StoreError> {
    let conflict = "ON CONFLICT (id) DO UPDATE SET pairs = excluded.pairs, grades = excluded.grades, seen_at = excluded.seen_at";
    tx.insert_then(translator, conflict)
}

/// Removes a translator that stops and those not seen since `before`, and releases their claims. Returns the
/// number of released jobs.
pub fn bury(tx: &mut Tx<'_>, stopping: Option<&str>, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM translators WHERE seen_at < $1 OR id = $2",
        &[before.into(), stopping.unwrap_or_default().into()],
    )?;
    tx.execute(
        "UPDATE translation_jobs SET claimed_until = 0 \
         WHERE claimed_until > 0 AND claimed_by NOT IN (SELECT id FROM translators)",
        &[],
    )
}

/// The translators that are alive, by id.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Translator>, StoreError> {
    tx.fetch_all(&format!("SELECT {} FROM translators ORDER BY id", Translator::columns()), &[])
}
