//! What is known about the pairs that were asked for.

use meeshy_translation::Pair;
use std::collections::HashMap;
use tokio::time::Instant;

/// The state of a requested pair.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Waiting to be looked up in the sources.
    Asked,
    /// Being downloaded, or waiting for other downloads.
    Downloading,
    /// Installed; with those models that were downloaded, and their source.
    Installed(Vec<(Pair, String)>),
    /// No source has it.
    Missing,
    /// The lookup or download failed for this reason; it may be retried from this time on.
    Failed(String, Instant),
}

impl Progress {
    /// Whether it will change by itself.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Asked | Self::Downloading)
    }
}

/// By pair; bounded by the pairs of known languages.
pub type Pairs = HashMap<Pair, Progress>;
