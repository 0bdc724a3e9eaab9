//! The contents of a dump, whatever its format.

use super::collection::Collection;
use super::error::DumpError;
use super::name::is_system;
use std::collections::BTreeSet;

/// The selected database of a dump.
pub(super) struct Found {
    /// `None` for a single collection.
    pub(super) database: Option<String>,
    /// Sorted by name.
    pub(super) collections: Vec<Collection>,
    pub(super) warnings: Vec<Warning>,
}

/// What was skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The dump contains the writes that MongoDB recorded during the dump.
    #[error("the oplog is ignored; each document is imported as it was when it was dumped")]
    Oplog,
    /// A file that belongs to no collection.
    #[error("`{file}` is not part of a dump and was skipped")]
    Skipped {
        /// Its path within the dump.
        file: String,
    },
    /// Metadata that cannot be parsed. Only indexes and options are lost.
    #[error("`{file}` is damaged and was ignored")]
    Description {
        /// Its path within the dump.
        file: String,
    },
    /// The same for a collection in an archive.
    #[error("the metadata of `{collection}` is damaged and was ignored")]
    DescriptionInside {
        /// The name of the collection.
        collection: String,
    },
    /// A file name was truncated, and the metadata with the full name is missing or damaged.
    #[error("the full name of `{collection}` is unknown because its metadata is missing")]
    ShortenedName {
        /// The truncated name.
        collection: String,
    },
    /// A view or a time series.
    #[error("`{collection}` is a view or a time series: it has no documents of its own")]
    NoDocuments {
        /// Its name.
        collection: String,
    },
}

/// The database to read: the requested one, or the only one that is not MongoDB's own.
pub(super) fn choose<'a>(
    wanted: Option<&str>,
    found: impl Iterator<Item = &'a str>,
) -> Result<String, DumpError> {
    let found: BTreeSet<&str> = found.collect();
    let names = |found: &BTreeSet<&str>| found.iter().map(|name| (*name).to_owned()).collect();
    if let Some(wanted) = wanted {
        return match found.get(wanted) {
            Some(name) => Ok((*name).to_owned()),
            None => Err(DumpError::NoDatabase { wanted: Some(wanted.to_owned()), found: names(&found) }),
        };
    }
    let ours: BTreeSet<&str> = found.iter().copied().filter(|name| !is_system(name)).collect();
    match ours.first() {
        Some(only) if ours.len() == 1 => Ok((*only).to_owned()),
        Some(_) => Err(DumpError::SeveralDatabases { found: names(&ours) }),
        None => Err(DumpError::NoDatabase { wanted: None, found: names(&found) }),
    }
}
