//! Archives: the collections of a dump in one stream, in blocks that may be interleaved.

use super::collection::Collection;
use super::error::{DumpError, Flaw, MAX_COLLECTIONS, Place};
use super::found::{self, Found, Warning};
use super::input::{ARCHIVE, Input, Trouble};
use super::metadata::Metadata;
use super::name::is_of_tools;
use super::spool::Intake;
use bson::{RawBsonRef, RawDocument};
use crc::{CRC_64_XZ, Crc, Table};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Ends the prelude and each block.
pub(super) const TERMINATOR: [u8; 4] = [0xFF; 4];
/// MongoDB's limit for `database.collection`, in bytes.
const MAX_NAME: usize = 255;

pub(super) static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);

/// Reads a whole archive, and spools the documents of the selected database to `folder`.
pub(super) fn read(
    stream: impl Read,
    place: &Place,
    wanted: Option<&str>,
    folder: &Path,
) -> Result<Found, DumpError> {
    let mut archive = Archive {
        input: Input::new(stream),
        place: place.clone(),
        folder,
        database: String::new(),
        namespaces: BTreeMap::new(),
        warnings: Vec::new(),
        document: Vec::new(),
    };
    archive.prelude(wanted)?;
    while let Some(length) = archive.next()? {
        archive.block(length)?;
    }
    archive.finish()
}

/// A database and one of its collections.
type Name = (String, String);

/// A collection that is being read.
struct Namespace<'a> {
    /// Whether an end marker is required.
    expected: bool,
    closed: bool,
    checksum: crc::Digest<'static, u64, Table<16>>,
    /// `None` for other databases than the selected one.
    intake: Option<Intake<'a>>,
}

struct Archive<'a, R> {
    input: Input<R>,
    place: Place,
    folder: &'a Path,
    /// The selected database.
    database: String,
    namespaces: BTreeMap<Name, Namespace<'a>>,
    warnings: Vec<Warning>,
    /// The document read last; kept to reuse its memory.
    document: Vec<u8>,
}

impl<'a, R: Read> Archive<'a, R> {
    /// Reads the header, and the metadata of all collections, by which the database is selected.
    fn prelude(&mut self, wanted: Option<&str>) -> Result<(), DumpError> {
        if self.must()? != ARCHIVE {
            return Err(DumpError::NotADump {
                name: self.place.file.clone(),
                reason: "it does not start like an archive",
            });
        }
        let header = self.must()?;
        self.record(header, |_| Ok(()))?;
        let mut described = Vec::new();
        loop {
            let length = self.must()?;
            if length == TERMINATOR {
                break;
            }
            if described.len() == MAX_COLLECTIONS {
                return Err(self.flaw(4, Flaw::TooManyCollections));
            }
            described.push(self.record(length, Description::of)?);
        }
        self.database = found::choose(wanted, described.iter().map(|it| it.name.0.as_str()))?;
        for Description { name, no_documents, is_damaged } in described {
            if is_damaged && name.0 == self.database && !is_of_tools(&name.1) {
                self.warnings.push(Warning::DescriptionInside { collection: name.1.clone() });
            }
            if no_documents && name.0 == self.database {
                self.warnings.push(Warning::NoDocuments { collection: name.1.clone() });
            } else if name.0.is_empty() {
                self.warnings.push(Warning::Oplog);
            }
            let namespace = self.namespace(&name, !no_documents);
            self.namespaces.insert(name, namespace);
        }
        Ok(())
    }

    /// Reads a header, and documents up to the terminator.
    fn block(&mut self, length: [u8; 4]) -> Result<(), DumpError> {
        if length == TERMINATOR {
            return Err(self.flaw(4, Flaw::NoHeader));
        }
        let header = self.record(length, Header::of)?;
        self.place.collection = Some(header.name.1.clone());
        let mut namespace = match self.namespaces.remove(&header.name) {
            Some(namespace) if namespace.closed => return Err(self.flaw(0, Flaw::Closed)),
            Some(namespace) => Namespace { expected: true, ..namespace },
            None if self.namespaces.len() == MAX_COLLECTIONS => {
                return Err(self.flaw(0, Flaw::TooManyCollections));
            }
            None => self.namespace(&header.name, true),
        };
        match header.closing {
            Some(checksum) => self.close(&mut namespace, checksum)?,
            None => self.documents(&mut namespace)?,
        }
        self.namespaces.insert(header.name, namespace);
        self.place.collection = None;
        Ok(())
    }

    fn close(&mut self, namespace: &mut Namespace<'_>, checksum: u64) -> Result<(), DumpError> {
        namespace.closed = true;
        if namespace.checksum.clone().finalize() != checksum {
            return Err(self.flaw(0, Flaw::Checksum));
        }
        if self.must()? != TERMINATOR {
            return Err(self.flaw(4, Flaw::AfterEnd));
        }
        Ok(())
    }

    fn documents(&mut self, namespace: &mut Namespace<'_>) -> Result<(), DumpError> {
        loop {
            let length = self.must()?;
            if length == TERMINATOR {
                return Ok(());
            }
            let position = self.input.position() - 4;
            let bad_text =
                self.input.checked(length, &mut self.document).map_err(|trouble| trouble.at(&self.place))?;
            namespace.checksum.update(&self.document);
            if let Some(intake) = &mut namespace.intake {
                intake.take(position, &self.document, bad_text)?;
            }
        }
    }

    /// Checks, at the end of the stream, that the archive is complete.
    fn finish(self) -> Result<Found, DumpError> {
        let mut collections = Vec::new();
        for ((_, collection), namespace) in self.namespaces {
            let place = Place { collection: Some(collection.clone()), ..self.place.clone() };
            if namespace.expected && !namespace.closed {
                let position = self.input.position();
                return Err(Trouble::Flaw { position, flaw: Flaw::NotClosed }.at(&place));
            }
            if let Some(intake) = namespace.intake.filter(|_| namespace.closed) {
                collections.push(Collection::ledger_only(collection, place, intake)?);
            }
        }
        Ok(Found { database: Some(self.database), collections, warnings: self.warnings })
    }

    fn namespace(&self, (database, collection): &Name, expected: bool) -> Namespace<'a> {
        let ours = *database == self.database && !is_of_tools(collection);
        let intake = ours.then(|| Intake::new(Some(self.folder)));
        Namespace { expected, closed: false, checksum: CRC.digest(), intake }
    }

    fn next(&mut self) -> Result<Option<[u8; 4]>, DumpError> {
        self.input.take().map_err(|trouble| trouble.at(&self.place))
    }

    fn must(&mut self) -> Result<[u8; 4], DumpError> {
        self.next()?.ok_or_else(|| self.flaw(0, Flaw::Cut))
    }

    /// Reads a document of the archive format itself, and parses it.
    fn record<T>(
        &mut self,
        length: [u8; 4],
        parse: impl FnOnce(&RawDocument) -> Result<T, Flaw>,
    ) -> Result<T, DumpError> {
        let start = self.input.position() - 4;
        self.input.checked(length, &mut self.document).map_err(|trouble| trouble.at(&self.place))?;
        RawDocument::from_bytes(&self.document)
            .map_err(|_| Flaw::Terminator)
            .and_then(parse)
            .map_err(|flaw| Trouble::Flaw { position: start, flaw }.at(&self.place))
    }

    fn flaw(&self, back: u64, flaw: Flaw) -> DumpError {
        self.input.flaw(back, flaw).at(&self.place)
    }
}

/// A collection as described in the prelude.
struct Description {
    name: Name,
    no_documents: bool,
    /// Whether its indexes and options cannot be parsed; older tools leave them empty.
    is_damaged: bool,
}

impl Description {
    fn of(record: &RawDocument) -> Result<Self, Flaw> {
        let text = record.get("metadata").map(|found| found.map_or(Some(""), RawBsonRef::as_str));
        let text = text.ok().flatten();
        let metadata = text.and_then(|text| Metadata::parse(text.as_bytes()));
        let is_damaged = metadata.is_none() && text != Some("");
        let no_documents = matches!(record.get_str("type"), Ok("view" | "timeseries"))
            || metadata.is_some_and(|metadata| metadata.has_no_documents());
        Ok(Self { name: name(record)?, no_documents, is_damaged })
    }
}

/// The header of a block.
struct Header {
    name: Name,
    /// The checksum of all documents of the collection, if none follow.
    closing: Option<u64>,
}

impl Header {
    fn of(record: &RawDocument) -> Result<Self, Flaw> {
        let closing = record.get_bool("EOF").map_err(|_| Flaw::Record("EOF"))?;
        let checksum = record.get_i64("CRC").map_err(|_| Flaw::Record("CRC"))?;
        Ok(Self { name: name(record)?, closing: closing.then_some(checksum.cast_unsigned()) })
    }
}

fn name(record: &RawDocument) -> Result<Name, Flaw> {
    let database = record.get_str("db").map_err(|_| Flaw::Record("db"))?;
    let collection = record.get_str("collection").map_err(|_| Flaw::Record("collection"))?;
    if collection.is_empty() || database.len() + collection.len() > MAX_NAME {
        return Err(Flaw::Name);
    }
    Ok((database.to_owned(), collection.to_owned()))
}
