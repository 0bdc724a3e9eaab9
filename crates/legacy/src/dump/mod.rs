//! Dumps as MongoDB's tools write them, read and written.
//!
//! [`open`] takes every form that a dump comes in and reads all of it once: what is cut, changed or no BSON is refused
//! before anyone sees a document. A text that is not UTF-8 concerns its document alone. Then the collections can be read one by one, in whatever order, as often as need be.
//! A plain folder is read again in place; whatever is compressed or one stream is put aside in temporary files that have
//! no name, so that nothing is left behind. No more than one document (16 MiB at most) is in memory at a time.

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

/// A dump that was read whole and found sound.
#[derive(Debug)]
pub struct Dump {
    database: Option<String>,
    collections: Vec<Collection>,
    warnings: Vec<Warning>,
}

impl Dump {
    /// The name of the database; a single collection has none.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// All collections, in the order of their names, empty ones too.
    #[must_use]
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// One collection.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        let at = self.collections.binary_search_by(|collection| collection.name().cmp(name)).ok()?;
        self.collections.get(at)
    }

    /// What was not read.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What the dump holds: the same for the same documents in the same collections, in whatever order and form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let filled = self.collections.iter().filter(|collection| collection.documents() > 0);
        digest::of_database(filled.map(|collection| (collection.name(), collection.digest())))
    }
}
