//! One import from its beginning to its end.

use super::batch::{self, BATCH, Doomed, Settled, Written};
use super::error::ImportError;
use super::groups::{Held, Repeated, key_of};
use super::layouts::Layouts;
use super::report::{Count, Noticed, Notices, Report};
use super::{ahead, check, uploads};
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{Fate, Known, Mapper, SOURCES, Shape, Source, source_of, translations};
use bson::{RawBsonRef, RawDocument};
use meeshy_domain::Timestamp;
use meeshy_store::legacy::{self, Import, Outcome};
use meeshy_store::{Alone, Ending, Tx, notifications};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

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
    database: &mut Alone,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ImportError> {
    let mappers = Mappers::new();
    database.transaction(|tx| {
        let last = legacy::newest_import(tx)?;
        let kind = if options.anonymise { "of real people" } else { "anonymised" };
        if let Some(report) = last.as_ref().and_then(|last| serde_json::from_str::<Report>(&last.report).ok())
        {
            if report.anonymised != options.anonymise {
                return Err(ImportError::OtherKind(kind));
            }
            if report.digest == dump.digest().to_string() {
                return Ok((report.repeated(), Ending::Undo));
            }
        }
        // What was archived here is compared as well; it is archived again before long.
        notifications::restore_all(tx)?;
        let mut run = Run::begin(tx, dump, &mappers, options, last.is_none())?;
        for (index, source) in SOURCES.iter().enumerate() {
            run.source(source, progress)?;
            let go_on = SOURCES.get(index + 1).is_some_and(meets_others);
            if !go_on {
                run.settle_groups()?;
            }
        }
        run.unknown_collections(progress)?;
        progress(Progress::Checking);
        let report = run.finish()?;
        if options.dry_run {
            return Ok((report, Ending::Undo));
        }
        progress(Progress::Committing);
        Ok((report, Ending::Commit))
    })
}

fn meets_others(source: &Source) -> bool {
    source.shape.mappings().iter().any(|mapping| mapping.meets_others)
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

    /// The mapper of a document, unless it goes to the archive.
    pub(super) fn of(&self, source: &Source, raw: &RawDocument) -> Option<&Mapper> {
        let mapping = source.shape.of(raw)?;
        self.all.iter().find(|mapper| std::ptr::eq(mapper.mapping, mapping))
    }
}

/// An import under way.
pub(super) struct Run<'r, 't, 'm> {
    pub(super) tx: &'r mut Tx<'t>,
    pub(super) dump: &'r Dump,
    pub(super) mappers: &'m Mappers,
    pub(super) options: &'r Options,
    pub(super) is_first: bool,
    pub(super) known: Known,
    pub(super) layouts: Layouts,
    pub(super) counts: Vec<Count>,
    pub(super) notices: Notices,
    pub(super) report: Report,
    /// Documents that wait to be written, of one collection.
    pub(super) pending: Vec<Settled<'m>>,
    pub(super) held: Vec<Held<'m>>,
    pub(super) claimed: HashSet<String>,
    /// Messages and those they answer, for the time when all messages are there.
    pub(super) replies: Vec<(String, String)>,
    /// Translations inside of messages: when each was made.
    pub(super) inside: HashMap<String, Option<i64>>,
    pub(super) doomed: Vec<Doomed<'m>>,
    /// A number for each message until it gets its own.
    pub(super) provisional: i64,
    pub(super) texts: check::Texts,
}

/// A document on its way.
pub(super) struct Passing<'a> {
    /// The name of its collection in the dump.
    pub(super) name: &'a str,
    pub(super) raw: &'a RawDocument,
    pub(super) digest: Vec<u8>,
    pub(super) position: u64,
}

impl<'r, 't, 'm> Run<'r, 't, 'm> {
    fn begin(
        tx: &'r mut Tx<'t>,
        dump: &'r Dump,
        mappers: &'m Mappers,
        options: &'r Options,
        is_first: bool,
    ) -> Result<Self, ImportError> {
        if dump.collection("User").is_none_or(|people| people.documents() == 0) {
            return Err(ImportError::NoPeople);
        }
        if is_first {
            let people = meeshy_store::users::count(tx)?;
            if people > 0 {
                return Err(ImportError::NotEmpty(people));
            }
            legacy::derived::make_room(tx)?;
            legacy::indexes::pause(tx)?;
        }
        let layouts = Layouts::begin(tx, dump.collections().iter().map(Collection::name))?;
        let mut known = Known::new(options.now);
        ahead::look_ahead(dump, &mut known)?;
        let report =
            Report { digest: dump.digest().to_string(), anonymised: options.anonymise, ..Report::default() };
        Ok(Self {
            tx,
            dump,
            mappers,
            options,
            is_first,
            known,
            layouts,
            counts: Vec::new(),
            notices: Notices::default(),
            report,
            pending: Vec::new(),
            held: Vec::new(),
            claimed: HashSet::new(),
            replies: Vec::new(),
            inside: HashMap::new(),
            doomed: Vec::new(),
            provisional: 0,
            texts: check::Texts::default(),
        })
    }

    /// Takes a collection, under all names that the dump has it under.
    fn source(
        &mut self,
        source: &'static Source,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ImportError> {
        let dump = self.dump;
        let names = std::iter::once(source.collection).chain(source.other_names.iter().copied());
        let collections: Vec<&Collection> = names.filter_map(|name| dump.collection(name)).collect();
        let documents = collections.iter().map(|collection| collection.documents()).sum();
        if documents == 0 && collections.is_empty() && self.is_first {
            return Ok(());
        }
        self.counts.push(Count {
            collection: source.collection.into(),
            source: documents,
            ..Count::default()
        });
        progress(Progress::Collection { name: source.collection, documents });
        if !self.is_first && source.shape.mappings().iter().any(|mapping| !mapping.unique.is_empty()) {
            // Nothing refers to these rows, and what is new may have the key of what is gone.
            for gone in self.find_gone(source.collection)? {
                self.remove_row(gone)?;
            }
        }
        let repeated = self.look_for_repetition(source, &collections)?;
        let mut taken = 0;
        for collection in &collections {
            for document in collection.read()? {
                self.document(source, collection.name(), document?, &repeated)?;
                taken += 1;
                if taken % BATCH as u64 == 0 {
                    self.flush(source.collection)?;
                    progress(Progress::Documents(BATCH as u64));
                }
            }
        }
        self.flush(source.collection)?;
        progress(Progress::Documents(taken % BATCH as u64));
        self.connect_replies()
    }

    fn document(
        &mut self,
        source: &'static Source,
        name: &str,
        document: Document,
        repeated: &Repeated,
    ) -> Result<(), ImportError> {
        let mappers = self.mappers;
        let Document { raw, digest, position } = document;
        let passing = Passing { name, raw: &raw, digest: digest.as_bytes()[..16].to_vec(), position };
        let Some(mapper) = mappers.of(source, &raw) else {
            let reason = match &source.shape {
                Shape::Archive(reason) => reason,
                _ => "in no shape that is known",
            };
            self.put_aside(Outcome::Archived, passing.aside(reason.to_string()));
            return Ok(());
        };
        match mapper.map(&raw, &self.known) {
            Err(rejection) => self.reject(&passing, &rejection),
            Ok((_, Fate::Archive(reason))) => self.put_aside(Outcome::Archived, passing.aside(reason.into())),
            Ok((draft, Fate::Row)) => {
                let says_the_same =
                    repeated.has(&draft.id) || key_of(&draft).is_some_and(|key| repeated.has(&key));
                if says_the_same || mapper.mapping.meets_others {
                    let raw = raw.as_bytes().to_vec();
                    let (collection, name) = (source.collection, name.to_owned());
                    self.held.push(Held { collection, name, draft, raw, digest: passing.digest });
                } else {
                    self.take(source.collection, draft, &passing)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self, collection: &str) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.pending);
        if batch.is_empty() {
            return Ok(());
        }
        let written = if self.is_first {
            batch::write_first(self.tx, collection, batch)?
        } else {
            batch::write_changes(self.tx, collection, batch)?
        };
        self.count(collection, written)
    }

    pub(super) fn count(&mut self, collection: &str, written: Written) -> Result<(), ImportError> {
        let Written { settled, changed, conflicts, no_rows } = written;
        if let Some(count) = self.counts.iter_mut().find(|count| count.collection == collection) {
            count.written += changed;
            settled.iter().for_each(|(outcome, ..)| count.add(*outcome));
        }
        let mut merged = HashSet::new();
        for (outcome, id, note) in settled {
            match outcome {
                Outcome::Rejected => self.report.reject(collection, &id, note.unwrap_or_default()),
                Outcome::Merged => drop(merged.insert(id)),
                Outcome::Inserted | Outcome::Archived => {}
            }
        }
        self.report.conflicts.extend(conflicts);
        for prior in no_rows {
            let is_merged = merged.contains(&prior.id);
            let doomed = self.doom(collection, prior, false);
            if is_merged {
                // The row of the one that it was merged into has the same key.
                self.remove_row(doomed)?;
            } else {
                self.doomed.push(doomed);
            }
        }
        Ok(())
    }

    /// Now that all messages are there, they answer each other.
    pub(super) fn connect_replies(&mut self) -> Result<(), ImportError> {
        for (message, reply_to) in std::mem::take(&mut self.replies) {
            self.tx.execute(
                "UPDATE messages SET reply_to_id = $2 WHERE id = $1 AND reply_to_id IS NULL",
                &[message.into(), reply_to.into()],
            )?;
        }
        Ok(())
    }

    /// Archives the collections that nobody knows.
    fn unknown_collections(&mut self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), ImportError> {
        let dump = self.dump;
        for collection in
            dump.collections().iter().filter(|collection| source_of(collection.name()).is_none())
        {
            let (name, documents) = (collection.name(), collection.documents());
            self.counts.push(Count { collection: name.into(), source: documents, ..Count::default() });
            progress(Progress::Collection { name, documents });
            for document in collection.read()? {
                let Document { raw, digest, position } = document?;
                let passing = Passing { name, raw: &raw, digest: digest.as_bytes()[..16].to_vec(), position };
                self.put_aside(Outcome::Archived, passing.aside("of a collection that is not known".into()));
                if self.pending.len() == BATCH {
                    self.flush(name)?;
                    progress(Progress::Documents(BATCH as u64));
                }
            }
            self.flush(name)?;
        }
        Ok(())
    }

    /// Finds what follows from the rows, checks everything, and notes the import.
    fn finish(mut self) -> Result<Report, ImportError> {
        if !self.is_first {
            self.find_all_gone()?;
            // Children first.
            while let Some(doomed) = self.doomed.pop() {
                self.remove_row(doomed)?;
            }
        }
        if self.is_first {
            legacy::indexes::resume(self.tx)?;
        }
        self.tx.analyze()?;
        legacy::derived::all(self.tx)?;
        if let Some((from, to)) = &self.options.uploads {
            let copied = uploads::copy(self.tx, from, to, self.options.dry_run)?;
            self.report.uploads = Some(copied);
        }
        self.report.collections = self.counts;
        self.report.notices = self.notices.list();
        for (collection, field, what, times) in legacy::derived::findings(self.tx)? {
            let (collection, field, what) = (collection.into(), field.into(), what.into());
            self.report.notices.push(Noticed { collection, field, what, times: times.cast_unsigned() });
        }
        check::everything(self.tx, &self.report, &self.texts)?;
        let report = serde_json::to_string(&self.report)
            .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
        let import = Import { digest: self.report.digest.clone(), report, finished_at: self.options.now };
        legacy::insert_import(self.tx, &import)?;
        Ok(self.report)
    }
}

pub(super) fn id_of(raw: &RawDocument) -> Option<String> {
    match raw.get("_id").ok()?? {
        RawBsonRef::ObjectId(id) => Some(id.to_hex()),
        RawBsonRef::String(text) => Some(text.to_owned()),
        _ => None,
    }
}
