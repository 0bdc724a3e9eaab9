//! A collection of an open dump, and its documents.

use super::check;
use super::digest::{Digest, Tally};
use super::error::{DumpError, Place};
use super::input::{Input, Trouble};
use super::nature::Nature;
use super::spool::Intake;
use bson::RawDocumentBuf;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// A collection whose documents have all been read and have a valid structure.
#[derive(Debug)]
pub struct Collection {
    name: String,
    pub(super) place: Place,
    pub(super) tally: Tally,
    nature: Nature,
    store: Store,
}

/// Where the documents are stored.
#[derive(Debug)]
enum Store {
    /// In a plain file of the dump.
    InPlace(PathBuf),
    /// In a temporary file, each preceded by its position; `None` if there are none.
    Spooled(Option<File>),
}

impl Collection {
    pub(super) fn in_place(
        name: String,
        place: Place,
        intake: Intake<'_>,
        path: PathBuf,
    ) -> Result<Self, DumpError> {
        let (tally, nature, _) = intake.finish()?;
        Ok(Self { name, place, tally, nature, store: Store::InPlace(path) })
    }

    pub(super) fn ledger_only(name: String, place: Place, intake: Intake<'_>) -> Result<Self, DumpError> {
        let (tally, nature, file) = intake.finish()?;
        Ok(Self { name, place, tally, nature, store: Store::Spooled(file) })
    }

    /// The same collection under its full name.
    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Its name in MongoDB.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of its documents.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.tally.documents
    }

    /// The total size of its documents, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.tally.bytes
    }

    /// A digest of its contents, independent of the order of the documents and the format of the dump.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.tally.digest()
    }

    /// Whether the `_id`s are strictly increasing ObjectIds, so that there are no duplicates.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.nature.is_in_order()
    }

    /// Its documents, in the order of the dump. Each call starts from the beginning.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub fn read(&self) -> Result<Documents<'_>, DumpError> {
        let (bytes, ledger_only) = match &self.store {
            Store::InPlace(path) => {
                let file = File::open(path)
                    .map_err(|cause| DumpError::Unreadable { name: self.place.file.clone(), cause })?;
                (Bytes::File(file), false)
            }
            Store::Spooled(None) => (Bytes::None, true),
            Store::Spooled(Some(file)) => (Bytes::Shared { file, at: 0 }, true),
        };
        Ok(Documents {
            collection: self,
            input: Input::new(bytes),
            ledger_only,
            seen: Tally::default(),
            over: false,
        })
    }
}

/// A document of a dump.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its position in the uncompressed file or archive, in bytes.
    pub position: u64,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The document; its structure is valid.
    pub raw: RawDocumentBuf,
    /// The position of the first string in it that is not UTF-8. If `None`, every value is valid.
    pub bad_text: Option<usize>,
}

/// The documents of a [`Collection`]. The iterator ends after an error.
pub struct Documents<'a> {
    collection: &'a Collection,
    input: Input<Bytes<'a>>,
    ledger_only: bool,
    seen: Tally,
    over: bool,
}

impl Documents<'_> {
    fn document(&mut self) -> Result<Option<Document>, Trouble> {
        let mut position = self.input.position();
        if self.ledger_only {
            let Some(bytes) = self.input.take()? else { return Ok(None) };
            position = u64::from_le_bytes(bytes);
        }
        let Some(length) = self.input.take()? else { return Ok(None) };
        let mut bytes = Vec::new();
        self.input.document(length, &mut bytes)?;
        let digest = Digest::of(&bytes);
        self.seen.count(&bytes, digest);
        let bad_text = match self.collection.nature.has_bad_text() {
            true => check::document(&bytes).map_err(|(_, flaw)| self.input.flaw(0, flaw))?,
            false => None,
        };
        let raw = RawDocumentBuf::from_bytes(bytes)
            .map_err(|_| self.input.flaw(0, super::error::Flaw::Terminator))?;
        Ok(Some(Document { position, digest, raw, bad_text }))
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, DumpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let place = &self.collection.place;
        let next = match self.document() {
            Ok(Some(document)) => return Some(Ok(document)),
            Ok(None) if self.seen == self.collection.tally => None,
            Ok(None) | Err(Trouble::Flaw { .. }) => Some(Err(DumpError::Changed { place: place.clone() })),
            Err(trouble) => Some(Err(trouble.at(place))),
        };
        self.over = true;
        next
    }
}

/// A private file, or one shared by several readers, each at its own position.
enum Bytes<'a> {
    None,
    File(File),
    Shared { file: &'a File, at: u64 },
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::None => Ok(0),
            Self::File(file) => file.read(buffer),
            Self::Shared { file, at } => {
                let read = file.read_at(buffer, *at)?;
                *at += read as u64;
                Ok(read)
            }
        }
    }
}
