//! The processes that translate.

use crate::{StoreError, Tx};
use meeshy_domain::{Language, Timestamp};

/// A process that translates.
#[derive(Debug, Clone, PartialEq)]
pub struct Translator {
    /// Its own id, another one at each start.
    pub id: String,
    /// The machine it runs on, for people.
    pub name: String,
    /// What it translates.
    pub pairs: Vec<Speed>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last showed that it lives.
    pub seen_at: Timestamp,
}

/// How fast a pair of languages is translated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// The language of the source.
    pub from: Language,
    /// The language of the result.
    pub to: Language,
    /// About how many milliseconds a sentence takes.
    pub cost_ms: f32,
}

impl Speed {
    fn parse(line: &str) -> Option<Self> {
        let (pair, cost) = line.split_once(' ')?;
        let (from, to) = pair.split_once('-')?;
        Some(Self {
            from: Language::parse(from).ok()?,
            to: Language::parse(to).ok()?,
            cost_ms: cost.parse().ok()?,
        })
    }
}

/// Shows that a translator lives.
///
/// # Errors
/// As the database says.
pub fn beat(tx: &mut Tx<'_>, translator: &Translator) -> Result<(), StoreError> {
    let line = |speed: &Speed| format!("{}-{} {}", speed.from, speed.to, speed.cost_ms);
    let pairs = translator.pairs.iter().map(line).collect::<Vec<_>>().join("\n");
    tx.execute(
        "INSERT INTO translators (id, name, pairs, started_at, seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET pairs = excluded.pairs, seen_at = excluded.seen_at",
        &[
            (&translator.id).into(),
            (&translator.name).into(),
            (&pairs).into(),
            translator.started_at.into(),
            translator.seen_at.into(),
        ],
    )?;
    Ok(())
}

/// Forgets a translator that stops, and those that were not seen since `before`; what they had claimed is free again. Says
/// how many jobs that is.
///
/// # Errors
/// As the database says.
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

/// Those that are alive, by their ids.
///
/// # Errors
/// As the database says.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Translator>, StoreError> {
    tx.query("SELECT id, name, pairs, started_at, seen_at FROM translators ORDER BY id", &[], |row| {
        let pairs: String = row.take("pairs")?;
        Ok(Translator {
            id: row.take("id")?,
            name: row.take("name")?,
            // A newer version may know languages that this one does not.
            pairs: pairs.lines().filter_map(Speed::parse).collect(),
            started_at: row.take("started_at")?,
            seen_at: row.take("seen_at")?,
        })
    })
}
