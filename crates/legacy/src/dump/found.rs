//! What was found in a dump, from whatever form it came.

use super::collection::Collection;
use super::error::DumpError;
use super::name::is_system;
use std::collections::BTreeSet;

/// The chosen database of a dump.
pub(super) struct Found {
    /// `None` for a single collection.
    pub(super) database: Option<String>,
    /// In the order of their names.
    pub(super) collections: Vec<Collection>,
    pub(super) warnings: Vec<Warning>,
}

/// What was not read, and does not need to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The dump has the writes that MongoDB saw while it was made.
    #[error("the oplog is ignored: documents are as they were when each was dumped")]
    Oplog,
    /// A file that belongs to no collection.
    #[error("`{file}` is no part of a dump and was skipped")]
    Skipped {
        /// Its path within the dump.
        file: String,
    },
    /// A description that cannot be understood. Only indexes and options are lost by it.
    #[error("`{file}` is damaged and was ignored")]
    Description {
        /// Its path within the dump.
        file: String,
    },
    /// The same of a collection in an archive.
    #[error("the description of `{collection}` is damaged and was ignored")]
    DescriptionInside {
        /// The name of the collection.
        collection: String,
    },
    /// A file's name was shortened, and the description with the whole name is absent or damaged.
    #[error("the whole name of `{collection}` is not known: its description is missing")]
    ShortenedName {
        /// What is left of its name.
        collection: String,
    },
    /// A view or a time series.
    #[error("`{collection}` is a view or a time series: it has no documents of its own")]
    NoDocuments {
        /// Its name.
        collection: String,
    },
}

/// The database to read: the one that is wanted, or the only one that is not MongoDB's own.
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
