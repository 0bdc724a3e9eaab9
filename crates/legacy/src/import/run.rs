//! One import from its beginning to its end.

use super::error::ImportError;
use super::layouts::Layouts;
use super::list::List;
use super::reading::{self, Given, Read};
use super::report::Report;
use super::uploads::Folders;
use super::writing::Writing;
use crate::dump::{Collection, Dump};
use crate::mapping::{Mapper, Mapping, SOURCES, Source, translations};
use bson::RawDocument;
use meeshy_domain::Timestamp;
use meeshy_store::legacy;
use meeshy_store::{Ending, Exclusive, notifications};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

/// Steps that may wait to be written: so many that neither side waits for the other all the time, so few that they need no memory
/// to speak of.
const WAITING: usize = 4;

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What time it is.
    pub now: Timestamp,
    /// Everything is done and then undone.
    pub dry_run: bool,
    /// Names, texts and addresses are replaced by made-up ones.
    pub anonymise: bool,
    /// The folder of the old system's files, and the folder that they are copied to.
    pub uploads: Option<(PathBuf, PathBuf)>,
    /// The file that lists every rejected document, every conflict and every missing file, one JSON object on each line. A
    /// report only has the first of them.
    pub list: Option<PathBuf>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins with a collection.
    Collection {
        /// Its name.
        name: &'a str,
        /// How many documents it has.
        documents: u64,
    },
    /// It has taken so many more.
    Documents(u64),
    /// It finds what follows from the rows, and checks them.
    Checking,
    /// It waits for the disk.
    Committing,
}

/// Imports a dump. Either all of it is there afterwards, or nothing is changed.
///
/// # Errors
/// Why it was given up.
pub fn run(
    dump: &Dump,
    database: &mut Exclusive,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ImportError> {
    let mappers = Mappers::new();
    let folders = Folders::open(options)?;
    database.transaction(|tx| {
        let last = legacy::newest_import(tx)?;
        let kind = if options.anonymise { "of real people" } else { "anonymised" };
        if let Some(report) = last.as_ref().and_then(|last| serde_json::from_str::<Report>(&last.report).ok())
        {
            if report.anonymised != options.anonymise {
                return Err(ImportError::OtherKind(kind));
            }
            if report.digest == dump.digest().to_string() {
                // A file that was missing may be there now.
                let uploads = folders.as_ref().map(|folders| folders.copy(tx)).transpose()?;
                return Ok((Report { uploads, ..report.repeated() }, Ending::Undo));
            }
        }
        // What was archived here is compared as well; it is archived again before long.
        notifications::restore_all(tx)?;
        let given = Given { dump, mappers: &mappers, options, is_first: last.is_none() };
        let layouts = Layouts::begin(tx, dump.collections().iter().map(Collection::name))?;
        let mut list = List::begin(options)?;
        let mut writing = Writing::begin(tx, given, list.as_mut())?;
        let read = read_and_write(&mut writing, layouts, progress)?;
        progress(Progress::Checking);
        let report = writing.finish(read, folders.as_ref())?;
        list.map(List::keep).transpose()?;
        if options.dry_run {
            return Ok((report, Ending::Undo));
        }
        progress(Progress::Committing);
        Ok((report, Ending::Commit))
    })
}

/// Reads the dump on a thread of its own, and writes on this one: each takes about half of the time.
fn read_and_write(
    writing: &mut Writing<'_, '_, '_>,
    layouts: Layouts,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Read, ImportError> {
    let given = writing.given;
    thread::scope(|scope| {
        let (sender, steps) = mpsc::sync_channel(WAITING);
        let reading = scope.spawn(move || reading::read(given, layouts, sender));
        let written = steps.iter().try_for_each(|step| writing.step(step, progress));
        // Who reads stops where nothing is written any more.
        drop(steps);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.and(read)
    })
}

/// A mapper for each mapping.
pub(super) struct Mappers {
    pub(super) all: Vec<Mapper>,
    pub(super) entry: Mapper,
}

impl Mappers {
    fn new() -> Self {
        let mappings = SOURCES.iter().flat_map(|source| source.shape.mappings());
        Self {
            all: mappings.map(|mapping| Mapper::new(mapping)).collect(),
            entry: Mapper::new(&translations::ENTRY),
        }
    }

    /// The mappers of some mappings.
    pub(super) fn of_mappings<'m>(
        &'m self,
        mappings: &'m [&'static Mapping],
    ) -> impl Iterator<Item = &'m Mapper> {
        self.all.iter().filter(|mapper| mappings.iter().any(|mapping| std::ptr::eq(mapper.mapping, *mapping)))
    }

    /// The mapper of a document, unless it goes to the archive.
    pub(super) fn of(&self, source: &Source, raw: &RawDocument) -> Option<&Mapper> {
        let mapping = source.shape.of(raw)?;
        self.all.iter().find(|mapper| std::ptr::eq(mapper.mapping, mapping))
    }
}
