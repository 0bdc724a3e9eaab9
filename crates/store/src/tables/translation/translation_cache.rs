//! Results of the engines, by the hash of everything they depend on.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{StoreError, Tx, Value};
use meeshy_domain::{Grade, Timestamp};

record! {
    /// A cached result of an engine.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Cached {
        /// The hash of everything the result depends on.
        pub key: String,
        /// The translated text.
        pub content: String,
        /// The engine that made it.
        pub engine: String,
        /// The confidence of the engine, if known.
        pub score: Option<f64>,
        /// How good it is expected to be; `None` in older rows.
        pub grade: Option<Grade>,
    }
}

/// The cached results for `keys`.
pub fn get(tx: &mut Tx<'_>, keys: &[String]) -> Result<Vec<Cached>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, keys.len());
    tx.fetch_all(
        &format!("SELECT {} FROM translation_cache WHERE key IN ({list})", Cached::columns()),
        &padded(keys.iter().map(Value::from)),
    )
}

/// Stores results.
pub fn put(tx: &mut Tx<'_>, answers: &[Cached], now: Timestamp) -> Result<(), StoreError> {
    for answer in answers {
        tx.execute(
            "INSERT INTO translation_cache (key, content, engine, score, grade, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (key) DO NOTHING",
            &[(&answer.key).into(), (&answer.content).into(), (&answer.engine).into(), answer.score.into(), answer.grade.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Removes up to `limit` results from before a time, the oldest first; returns how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM translation_cache WHERE key IN \
           (SELECT key FROM translation_cache WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        &[before.into(), limit.into()],
    )
}

/// The number of cached results.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.fetch_one("SELECT count(*) AS total FROM translation_cache", &[])
}
