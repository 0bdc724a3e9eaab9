//! Reads and writes dumps in the formats of MongoDB's tools.
//!
//! [`open`] accepts every format and reads the whole dump once: truncated, modified or invalid dumps are
//! rejected before any document is used. A string that is not UTF-8 affects only its document. Afterwards,
//! collections can be read one by one, in any order and as often as necessary. A plain folder is read in
//! place; compressed data and streams are spooled to unnamed temporary files, so that nothing is left behind.
//! At most one document (16 MiB) is in memory at a time.

mod archive;
pub(crate) mod check;
mod collection;
mod digest;
mod error;
mod files;
mod folder;
mod found;
mod input;
mod metadata;
mod name;
mod nature;
mod source;
mod spool;
mod tarball;
pub mod write;

pub use collection::{Collection, Document, Documents};
pub use digest::Digest;
pub use error::{DumpError, Flaw, MAX_COLLECTIONS, MAX_DEPTH, Place};
pub use found::Warning;
pub use source::{Source, open};
pub use write::{Form, Index, Outgoing, SourceError, WriteError, Written, write, write_archive};

/// A dump that was read completely and is valid.
#[derive(Debug)]
pub struct Dump {
    database: Option<String>,
    collections: Vec<Collection>,
    warnings: Vec<Warning>,
}

impl Dump {
    /// The name of the database; `None` for a single collection.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// All collections sorted by name, including empty ones.
    #[must_use]
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// The collection with this name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        let at = self.collections.binary_search_by(|collection| collection.name().cmp(name)).ok()?;
        self.collections.get(at)
    }

    /// What was skipped.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// A digest of the contents, independent of the order of documents and the format of the dump.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let filled = self.collections.iter().filter(|collection| collection.documents() > 0);
        digest::of_database(filled.map(|collection| (collection.name(), collection.digest())))
    }
}
