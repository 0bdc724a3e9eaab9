//! The files of a dump in a folder or a tar: two for each collection.

use super::collection::Collection;
use super::error::{DumpError, Flaw, Place};
use super::found::{Found, Warning, choose};
use super::input::{self, Input, Kind, Trouble};
use super::metadata::Metadata;
use super::name;
use super::spool::Intake;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// The contents of the files of each database.
#[derive(Default)]
pub(super) struct Files {
    databases: BTreeMap<String, BTreeMap<String, Part>>,
    warnings: Vec<Warning>,
}

/// The two files of a collection.
#[derive(Default)]
struct Part {
    documents: Option<Collection>,
    description: Option<(Place, Option<Metadata>)>,
}

impl Files {
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// Adds the documents of the collection with the escaped name `base`.
    pub(super) fn documents(
        &mut self,
        database: &str,
        base: &str,
        documents: Collection,
    ) -> Result<(), DumpError> {
        let place = documents.place.clone();
        match self.part(database, base).documents.replace(documents) {
            None => Ok(()),
            Some(_) => Err(DumpError::Twice { place }),
        }
    }

    /// Adds the metadata of a collection; invalid metadata is ignored with a warning.
    pub(super) fn description(
        &mut self,
        database: &str,
        base: &str,
        place: Place,
        stream: impl Read,
    ) -> Result<(), DumpError> {
        let read = input::open(stream).and_then(|opened| Metadata::read(opened.stream));
        let metadata = match read.map_err(|cause| Trouble::reading(0, cause)) {
            Ok(metadata) => metadata,
            Err(Trouble::Flaw { .. }) => None,
            Err(trouble) => return Err(trouble.at(&place)),
        };
        if metadata.is_none() {
            self.warn(Warning::Description { file: place.file.clone() });
        }
        self.part(database, base).description = Some((place, metadata));
        Ok(())
    }

    fn part(&mut self, database: &str, base: &str) -> &mut Part {
        self.databases.entry(database.to_owned()).or_default().entry(base.to_owned()).or_default()
    }

    /// Selects the database and pairs the two files of each of its collections.
    pub(super) fn settle(mut self, wanted: Option<&str>) -> Result<Found, DumpError> {
        let database = choose(wanted, self.databases.keys().map(String::as_str))?;
        let mut collections = BTreeMap::new();
        for (base, part) in self.databases.remove(&database).unwrap_or_default() {
            let described = part.description.as_ref().and_then(|(_, it)| it.as_ref());
            let name = name::collection(&base, described.and_then(|it| it.collection_name.as_deref()));
            match (part.documents, part.description) {
                (Some(documents), _) => {
                    if name::is_shortened(&base) && name::escape(&name) != base {
                        self.warnings.push(Warning::ShortenedName { collection: name.clone() });
                    }
                    let place = documents.place.clone();
                    if collections.insert(name.clone(), documents.named(name)).is_some() {
                        return Err(DumpError::Twice { place });
                    }
                }
                (None, Some((_, Some(metadata)))) if metadata.has_no_documents() => {
                    self.warnings.push(Warning::NoDocuments { collection: name });
                }
                (None, Some((place, _))) => return Err(DumpError::NoDocuments { place }),
                (None, None) => {}
            }
        }
        let collections = collections.into_values().collect();
        Ok(Found { database: Some(database), collections, warnings: self.warnings })
    }
}

/// A file of documents.
pub(super) struct File<'a> {
    pub(super) place: Place,
    /// Whether its name indicates compression.
    pub(super) gzip: bool,
    /// Where it can be read again, unless it is compressed.
    pub(super) path: Option<PathBuf>,
    /// The folder for spooled documents.
    pub(super) folder: &'a std::path::Path,
}

impl File<'_> {
    /// Reads all documents, and spools them if they are compressed or cannot be read again.
    pub(super) fn read(self, stream: impl Read) -> Result<Collection, DumpError> {
        let opened = input::open(stream).map_err(|cause| Trouble::reading(0, cause).at(&self.place))?;
        if self.gzip && !opened.gzip {
            let flaw = if opened.kind == Kind::Empty { Flaw::Cut } else { Flaw::NotGzip };
            return Err(Trouble::Flaw { position: 0, flaw }.at(&self.place));
        }
        let in_place = self.path.filter(|_| !opened.gzip);
        let mut intake = Intake::new(in_place.is_none().then_some(self.folder));
        let mut input = Input::new(opened.stream);
        let mut document = Vec::new();
        while let Some(length) = input.take().map_err(|trouble| trouble.at(&self.place))? {
            let position = input.position() - 4;
            let bad_text = input.checked(length, &mut document).map_err(|trouble| trouble.at(&self.place))?;
            intake.take(position, &document, bad_text)?;
        }
        let name = self.place.collection.clone().unwrap_or_default();
        match in_place {
            Some(path) => Collection::in_place(name, self.place, intake, path),
            None => Collection::ledger_only(name, self.place, intake),
        }
    }
}
