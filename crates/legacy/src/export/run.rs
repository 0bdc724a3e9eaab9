//! One export from its beginning to its end.

use super::error::ExportError;
use super::ledger_only;
use super::loss;
use super::reader::Reader;
use super::report::{Count, Report};
use super::rows::Rows;
use super::special::{HOMES, NAMES};
use crate::dump::write::{self, Complete, Form, Outgoing, SourceError, WriteError, Written};
use crate::mapping::{Mapper, SOURCES, source_of};
use bson::RawDocumentBuf;
use flate2::Compression;
use flate2::write::GzEncoder;
use meeshy_domain::Timestamp;
use meeshy_store::{Ending, Exclusive, Value, legacy, notifications};
use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::path::Path;

/// The name of the old system's database.
const DATABASE: &str = "meeshy";

/// Where a dump goes.
pub enum Target<'a> {
    /// A file or folder that is not there yet, in some form.
    Path(&'a Path, Form),
    /// A stream such as standard output, as an archive.
    Stream(&'a mut dyn Write, Form),
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins, and there were so many documents at the import.
    Documents(u64),
    /// It begins with a collection.
    Collection(&'a str),
    /// It has written so many more.
    Written(u64),
}

/// Exports the whole database as the old system would have it now, and notes in the ledger what it wrote.
///
/// # Errors
/// Why it was given up; then nothing is left of it.
pub fn run(
    database: &mut Exclusive,
    target: Target<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ExportError> {
    let mappers = Mappers::new();
    let (report, record, complete) = database.transaction(|tx| {
        if meeshy_store::users::count(tx)? == 0 {
            return Err(ExportError::NoPeople);
        }
        // The transaction is undone in the end.
        notifications::restore_all(tx)?;
        legacy::derived::recount(tx)?;
        let total: i64 = legacy::count(tx)?.into_iter().map(|(_, total)| total).sum();
        progress(Progress::Documents(total.cast_unsigned()));
        let reader = Reader::begin(tx, progress)?;
        let outgoing = collections(&reader, &mappers)?;
        let (written, complete) = match target {
            Target::Path(path, form) => {
                let (written, complete) = write::prepare(path, form, DATABASE, outgoing)?;
                (written, Some(complete))
            }
            Target::Stream(out, form) => (stream(out, form, outgoing)?, None),
        };
        let (mut counts, mut found, record, tx) = reader.finish();
        found.new_passwords.sort_unstable();
        let not_held = loss::all(tx, &found)?;
        let collections = written
            .iter()
            .map(|written| {
                let name = &written.name;
                counts.remove(name).unwrap_or_else(|| Count { name: name.clone(), ..Count::default() })
            })
            .collect();
        let digest = write::digest(&written).to_string();
        let report = Report { digest, collections, not_held, new_passwords: found.new_passwords };
        Ok::<_, ExportError>(((report, record, complete), Ending::Undo))
    })?;
    // The ledger first: it may know of a dump that nobody ever loads, but not the other way round.
    database
        .transaction(|tx| Ok::<_, ExportError>((record.keep(tx, &report.digest, now)?, Ending::Commit)))?;
    complete.map(Complete::publish).transpose()?;
    Ok(report)
}

fn stream(out: &mut dyn Write, form: Form, outgoing: Vec<Outgoing<'_>>) -> Result<Vec<Written>, ExportError> {
    match form {
        Form::Folder | Form::FolderGz => Err(ExportError::NoFolder),
        Form::Archive => Ok(write::write_archive(out, DATABASE, outgoing)?),
        Form::ArchiveGz => {
            let mut out = GzEncoder::new(out, Compression::default());
            let written = write::write_archive(&mut out, DATABASE, outgoing)?;
            out.finish().map_err(|cause| WriteError::Unwritable { name: "the archive".into(), cause })?;
            Ok(written)
        }
    }
}

/// A mapper for each mapping, with the collection that it is of.
pub(super) struct Mappers(Vec<(&'static str, Mapper)>);

impl Mappers {
    fn new() -> Self {
        let all = SOURCES.iter().flat_map(|source| {
            source.shape.mappings().iter().map(|mapping| (source.collection, Mapper::new(mapping)))
        });
        Self(all.collect())
    }

    /// The mappers of a collection.
    pub(super) fn of(&self, collection: &str) -> Vec<&Mapper> {
        self.0.iter().filter(|(of, _)| *of == collection).map(|(_, mapper)| mapper).collect()
    }

    /// The collections whose documents become rows of a table.
    fn collections_of(&self, table: &str) -> Vec<&'static str> {
        self.0
            .iter()
            .filter(|(_, mapper)| mapper.mapping.table == table)
            .map(|(collection, _)| *collection)
            .collect()
    }
}

/// Every collection of the dump, in the order of the import: under each name that it had there, and under the usual one if
/// rows were written here that belong into one that was not there.
fn collections<'x>(
    reader: &'x Reader<'_, '_>,
    mappers: &'x Mappers,
) -> Result<Vec<Outgoing<'x>>, ExportError> {
    let known: BTreeSet<&str> = reader.names().collect();
    let mut outgoing = Vec::new();
    for source in SOURCES {
        let collection = source.collection;
        let names = std::iter::once(collection).chain(source.other_names.iter().copied());
        let mut names: Vec<&str> = names.filter(|name| known.contains(name)).collect();
        let usual = NAMES.iter().find(|(model, _)| *model == collection).map_or(collection, |(_, name)| name);
        let home =
            names.iter().copied().find(|name| *name == usual).or(names.first().copied()).unwrap_or(usual);
        let mut new_rows = Vec::new();
        for mapper in mappers.of(collection) {
            let rows = Rows::new(collection, mapper);
            let siblings = mappers.collections_of(mapper.mapping.table);
            if is_home(collection, mapper.mapping.table, &known)
                && rows.has_new_ones(reader, mappers, &siblings)?
            {
                new_rows.push(Step::New { rows, siblings, after: Vec::new() });
            }
        }
        if names.is_empty() && !new_rows.is_empty() {
            names.push(home);
        }
        for name in names {
            let is_imported = known.contains(name);
            let imported = mappers.of(collection).into_iter().filter(|_| is_imported);
            let mut steps: VecDeque<Step<'x>> = imported
                .map(|mapper| Step::Imported { rows: Rows::new(collection, mapper), after: String::new() })
                .collect();
            if name == home {
                steps.extend(new_rows.drain(..));
            }
            if is_imported {
                steps.push_back(Step::LedgerOnly { collection: collection.into(), after: String::new() });
            }
            outgoing.push(collection_of(reader, mappers, name, steps));
        }
    }
    for name in known.into_iter().filter(|name| source_of(name).is_none()) {
        let steps = [Step::LedgerOnly { collection: name.into(), after: String::new() }];
        outgoing.push(collection_of(reader, mappers, name, steps.into()));
    }
    Ok(outgoing)
}

/// Whether the rows of a table that were written here belong into a collection.
fn is_home(collection: &str, table: &str, known: &BTreeSet<&str>) -> bool {
    let Some((_, homes)) = HOMES.iter().find(|(of, _)| *of == table) else { return true };
    let home = homes.iter().find(|home| known.contains(*home)).or(homes.first());
    home.is_some_and(|home| *home == collection)
}

fn collection_of<'x>(
    reader: &'x Reader<'_, '_>,
    mappers: &'x Mappers,
    name: &str,
    steps: VecDeque<Step<'x>>,
) -> Outgoing<'x> {
    let documents =
        Documents { reader, mappers, name: name.into(), steps, ready: VecDeque::new(), has_begun: false };
    // The old system makes its indexes itself, and which of them it had is not known.
    Outgoing { name: name.into(), indexes: Vec::new(), documents: Box::new(documents) }
}

/// A part of the documents of a collection, and how far it is.
enum Step<'x> {
    Imported { rows: Rows<'x>, after: String },
    New { rows: Rows<'x>, siblings: Vec<&'static str>, after: Vec<Value> },
    LedgerOnly { collection: String, after: String },
}

/// The documents of a collection, read some hundreds at a time.
struct Documents<'x, 'r, 't> {
    reader: &'x Reader<'r, 't>,
    mappers: &'x Mappers,
    name: String,
    steps: VecDeque<Step<'x>>,
    ready: VecDeque<RawDocumentBuf>,
    has_begun: bool,
}

impl Documents<'_, '_, '_> {
    /// Reads the next documents of the first step; `false` if that has no more.
    fn read(&mut self) -> Result<bool, ExportError> {
        let Some(step) = self.steps.front_mut() else { return Ok(false) };
        let (documents, goes_on) = match step {
            Step::Imported { rows, after } => {
                let (documents, last) = rows.imported(self.reader, &self.name, after)?;
                (documents, last.map(|last| *after = last).is_some())
            }
            Step::New { rows, siblings, after } => {
                let (documents, last) =
                    rows.new_ones(self.reader, &self.name, self.mappers, after, siblings)?;
                (documents, last.map(|last| *after = last).is_some())
            }
            Step::LedgerOnly { collection, after } => {
                let (documents, last) =
                    ledger_only::page(self.reader, self.mappers, collection, &self.name, after)?;
                (documents, last.map(|last| *after = last).is_some())
            }
        };
        self.reader.tell(Progress::Written(documents.len() as u64));
        self.ready.extend(documents);
        Ok(goes_on)
    }
}

impl Iterator for Documents<'_, '_, '_> {
    type Item = Result<RawDocumentBuf, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.has_begun {
            self.has_begun = true;
            self.reader.tell(Progress::Collection(&self.name));
        }
        while self.ready.is_empty() {
            if self.steps.is_empty() {
                return None;
            }
            match self.read() {
                Ok(true) => {}
                Ok(false) => drop(self.steps.pop_front()),
                Err(error) => {
                    self.steps.clear();
                    return Some(Err(error.into()));
                }
            }
        }
        self.ready.pop_front().map(Ok)
    }
}
