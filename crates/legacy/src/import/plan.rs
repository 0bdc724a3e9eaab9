//! The plan of an import, from the dump alone.

use crate::dump::{Digest, Dump};
use crate::mapping::{SOURCES, Shape, source_of};
use serde::Serialize;
use std::time::Duration;

/// Documents imported per second, on two cores with SQLite: the basis of the estimate.
const DOCUMENTS_PER_SECOND: u64 = 40_000;

/// The plan of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The database that was dumped.
    pub database: Option<String>,
    /// The digest of the dump.
    pub digest: String,
    /// Every collection, in the order in which they are read.
    pub collections: Vec<Planned>,
    /// What is ignored in the dump.
    pub warnings: Vec<String>,
}

/// The plan for a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its name in the dump.
    pub name: String,
    /// The number of its documents.
    pub documents: u64,
    /// Their total size.
    pub bytes: u64,
    /// Their destination: tables, or the archive.
    pub target: String,
}

impl Plan {
    /// The number of documents.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.collections.iter().map(|collection| collection.documents).sum()
    }

    /// The total size of the documents.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.collections.iter().map(|collection| collection.bytes).sum()
    }

    /// The estimated duration.
    #[must_use]
    pub fn estimate(&self) -> Duration {
        Duration::from_secs(self.documents().div_ceil(DOCUMENTS_PER_SECOND))
    }
}

/// Plans the import of a dump.
#[must_use]
pub fn plan(dump: &Dump) -> Plan {
    let mut collections: Vec<(usize, Planned)> = dump
        .collections()
        .iter()
        .map(|collection| {
            let source = source_of(collection.name());
            let order = source.map_or(SOURCES.len(), |source| {
                SOURCES
                    .iter()
                    .position(|known| known.collection == source.collection)
                    .unwrap_or(SOURCES.len())
            });
            let planned = Planned {
                name: collection.name().to_owned(),
                documents: collection.documents(),
                bytes: collection.bytes(),
                target: source.map_or("archive".into(), |source| target(&source.shape)),
            };
            (order, planned)
        })
        .collect();
    collections.sort_by_key(|(order, _)| *order);
    Plan {
        database: dump.database().map(str::to_owned),
        digest: digest(&dump.digest()),
        collections: collections.into_iter().map(|(_, planned)| planned).collect(),
        warnings: dump.warnings().iter().map(ToString::to_string).collect(),
    }
}

fn target(shape: &Shape) -> String {
    let tables: Vec<&str> = shape.mappings().iter().map(|mapping| mapping.table).collect();
    if tables.is_empty() { "archive".into() } else { tables.join(", ") }
}

fn digest(digest: &Digest) -> String {
    digest.to_string()
}
