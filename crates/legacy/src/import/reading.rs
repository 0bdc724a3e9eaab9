//! From the dump to what is to be written: reads every document and says what becomes of it, without a look at the database.

use super::accept::remember_row;
use super::batch::{BATCH, Settled};
use super::check::Texts;
use super::error::ImportError;
use super::groups::{Held, Repeated, key_of};
use super::ids::{apart, copy, has_id, id_of};
use super::layouts::Layouts;
use super::ledger_only::LedgerOnly;
use super::prescan;
use super::report::Notices;
use super::run::{Mappers, Options};
use super::writing::Step;
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{Fate, IdIndex, SOURCES, Shape, Source, source_of};
use bson::RawDocument;
use meeshy_store::StoreError;
use meeshy_store::legacy::Outcome;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};

/// What is needed to read a dump for an import.
#[derive(Clone, Copy)]
pub(super) struct Given<'d> {
    pub(super) dump: &'d Dump,
    pub(super) mappers: &'d Mappers,
    pub(super) options: &'d Options,
    /// Nothing was imported before.
    pub(super) is_first: bool,
}

/// What was found by reading all of a dump.
pub(super) struct Read {
    pub(super) notices: Notices,
    pub(super) texts: Texts,
    /// What the ledger calls documents that share their id with another under another name of the collection.
    pub(super) apart: HashSet<String>,
}

/// A dump that is being read.
pub(super) struct Reading<'d> {
    pub(super) given: Given<'d>,
    steps: SyncSender<Step<'d>>,
    pub(super) known: IdIndex,
    pub(super) layouts: Layouts,
    pub(super) notices: Notices,
    shared_tables: HashSet<&'static str>,
    /// Documents that wait to be written, of one collection.
    pub(super) pending: Vec<Settled<'d>>,
    pub(super) held: Vec<Held<'d>>,
    pub(super) claimed: HashSet<String>,
    pub(super) apart: HashSet<String>,
    /// Of documents that are there twice in the collection at hand, by name and id.
    copies: HashMap<(String, String), Copies>,
    /// Documents of the collection at hand that were rejected: others may refer to their rows.
    rejected: Vec<String>,
    /// Messages and those they answer, for the time when all messages are there.
    pub(super) replies: Vec<(String, String)>,
    /// Translations inside of messages: when each was made.
    pub(super) inside: HashMap<String, Option<i64>>,
    /// A number for each message until it gets its own.
    pub(super) provisional: i64,
    pub(super) texts: Texts,
}

/// Documents of one id under one name.
#[derive(Default)]
struct Copies {
    /// How many came so far.
    number: u32,
    /// The digest of the one that counts, once it came.
    counts: Option<Vec<u8>>,
}

/// A document on its way.
pub(super) struct Passing<'a> {
    /// The name of its collection in the dump.
    pub(super) name: &'a str,
    pub(super) raw: &'a RawDocument,
    pub(super) digest: Vec<u8>,
    pub(super) position: u64,
    /// What occurs more than once in its collection.
    pub(super) repeated: &'a Repeated,
    /// What the ledger calls it, where another document with its id counts.
    pub(super) copy: Option<String>,
}

/// Reads the whole dump, and hands over step by step what is to be written.
///
/// # Errors
/// When the dump cannot be read, or nobody takes the steps any more.
pub(super) fn read<'d>(
    given: Given<'d>,
    layouts: Layouts,
    steps: SyncSender<Step<'d>>,
) -> Result<Read, ImportError> {
    let mut known = IdIndex::new(given.options.now);
    prescan::prescan(given.dump, &mut known)?;
    let mut reading = Reading {
        given,
        steps,
        known,
        layouts,
        notices: Notices::default(),
        shared_tables: shared_tables(given.dump),
        pending: Vec::new(),
        held: Vec::new(),
        claimed: HashSet::new(),
        apart: HashSet::new(),
        copies: HashMap::new(),
        rejected: Vec::new(),
        replies: Vec::new(),
        inside: HashMap::new(),
        provisional: 0,
        texts: Texts::default(),
    };
    for (index, source) in SOURCES.iter().enumerate() {
        reading.source(source)?;
        let go_on = SOURCES.get(index + 1).is_some_and(meets_others);
        if !go_on {
            reading.settle_groups()?;
        }
    }
    reading.unknown_collections()?;
    Ok(Read { notices: reading.notices, texts: reading.texts, apart: reading.apart })
}

fn meets_others(source: &Source) -> bool {
    source.shape.mappings().iter().any(|mapping| mapping.meets_others)
}

/// The tables whose rows are made of several collections of the dump, so that documents of one can say the same as of another.
fn shared_tables(dump: &Dump) -> HashSet<&'static str> {
    let (mut once, mut shared) = (HashSet::new(), HashSet::new());
    for source in SOURCES.iter().filter(|source| meets_others(source)) {
        let mut names = std::iter::once(source.collection).chain(source.other_names.iter().copied());
        if !names.any(|name| dump.collection(name).is_some_and(|it| it.documents() > 0)) {
            continue;
        }
        for mapping in source.shape.mappings().iter().filter(|mapping| mapping.meets_others) {
            if !once.insert(mapping.table) {
                shared.insert(mapping.table);
            }
        }
    }
    shared
}

impl<'d> Reading<'d> {
    /// Takes a collection, under all names that the dump has it under.
    fn source(&mut self, source: &'static Source) -> Result<(), ImportError> {
        let dump = self.given.dump;
        let names = std::iter::once(source.collection).chain(source.other_names.iter().copied());
        let collections: Vec<&Collection> = names.filter_map(|name| dump.collection(name)).collect();
        let documents = collections.iter().map(|collection| collection.documents()).sum();
        if documents == 0 && collections.is_empty() && self.given.is_first {
            return Ok(());
        }
        self.send(Step::Collection(source.collection, documents))?;
        let repeated = Arc::new(self.look_for_repetition(Some(source), &collections)?);
        self.copies.clear();
        if !self.given.is_first && source.shape.mappings().iter().any(|mapping| !mapping.unique.is_empty()) {
            // Nothing refers to these rows, and what is new may have the key of what is gone.
            self.send(Step::Gone(source.collection, Arc::clone(&repeated)))?;
        }
        let mut taken = 0;
        for collection in &collections {
            for document in collection.read()? {
                self.document(source, collection.name(), document?, &repeated)?;
                taken += 1;
                if taken % BATCH as u64 == 0 {
                    self.flush(source.collection)?;
                    self.send(Step::Taken(BATCH as u64))?;
                }
            }
        }
        self.flush(source.collection)?;
        self.send(Step::Taken(taken % BATCH as u64))?;
        self.ask_for_rows(source)?;
        let replies = std::mem::take(&mut self.replies);
        self.send(Step::Replies(replies))
    }

    fn document(
        &mut self,
        source: &'static Source,
        name: &str,
        document: Document,
        repeated: &Repeated,
    ) -> Result<(), ImportError> {
        let mappers = self.given.mappers;
        let Document { raw, digest, position, bad_text } = document;
        let digest = digest.as_bytes()[..16].to_vec();
        let mut passing = Passing { name, raw: &raw, digest, position, repeated, copy: None };
        if !self.admit(source.collection, &mut passing, bad_text) {
            return Ok(());
        }
        let Some(mapper) = mappers.of(source, &raw) else {
            let reason = match &source.shape {
                Shape::Archive(reason) => reason,
                _ => "in no shape that is known",
            };
            self.ledger_only(Outcome::Archived, passing.aside(reason.to_string()));
            return Ok(());
        };
        match mapper.map(&raw, &self.known) {
            Err(rejection) => self.reject(&passing, &rejection),
            Ok((draft, _)) if passing.copy.is_some() => {
                let what = self.clash(&draft).map(|clash| clash.to_string());
                let note = what.unwrap_or_else(|| "another document with this id was taken".into());
                self.ledger_only(Outcome::Rejected, passing.aside(note));
            }
            Ok((_, Fate::Archive(reason))) => {
                self.ledger_only(Outcome::Archived, passing.aside(reason.into()));
            }
            Ok((draft, Fate::Row)) => {
                let says_the_same =
                    repeated.has_id(&draft.id) || key_of(&draft).is_some_and(|key| repeated.has_key(&key));
                let meets_others =
                    mapper.mapping.meets_others && self.shared_tables.contains(mapper.mapping.table);
                if says_the_same || meets_others {
                    let raw = raw.as_bytes().to_vec();
                    let (collection, name) = (source.collection, name.to_owned());
                    let digest = passing.digest;
                    self.held.push(Held { collection, name, draft, raw, digest, position });
                } else {
                    self.take(source.collection, draft, &passing)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a document can be looked at more closely: it has an id, its text is text, and none with its id was taken. If not,
    /// it has come to its end.
    fn admit(&mut self, collection: &str, passing: &mut Passing<'_>, bad_text: Option<usize>) -> bool {
        if !has_id(passing.raw) {
            self.ledger_only(Outcome::Rejected, passing.aside("has no `_id`".into()));
            return false;
        }
        let id = id_of(passing.raw, passing.position);
        if passing.repeated.has_copies(&id) && self.is_copy(collection, &id, passing) {
            return false;
        }
        if let Some(at) = bad_text {
            let note = format!("holds text that is not UTF-8, at its byte {at}");
            self.ledger_only(Outcome::Rejected, passing.aside(note));
            return false;
        }
        true
    }

    /// Of documents with one id under one name one counts: the first that can be taken, or the first if none can. A copy of it
    /// that is the same to the bit is merged, and any other rejected; one that comes before it, for its own reason.
    fn is_copy(&mut self, collection: &str, id: &str, passing: &mut Passing<'_>) -> bool {
        let chosen = passing.repeated.chosen(passing.name, id);
        let key = (passing.name.to_owned(), id.to_owned());
        let Copies { number, counts } = self.copies.entry(key).or_default();
        *number += 1;
        if *number == chosen {
            *counts = Some(passing.digest.clone());
            return false;
        }
        let copy = copy(id, passing.name, *number);
        self.apart.insert(copy.clone());
        let Some(counts) = counts else {
            passing.copy = Some(copy);
            return false;
        };
        let is_same = *counts == passing.digest;
        let (outcome, note) = match is_same {
            true => {
                (Outcome::Merged, format!("the same as {collection} {id}, which came earlier in the dump"))
            }
            false => (Outcome::Rejected, "a document with this id came earlier in the dump".to_owned()),
        };
        let is_apart = passing.repeated.is_apart(id, passing.name);
        let first = if is_apart { apart(id, passing.name) } else { id.to_owned() };
        let kept = is_same.then(|| (collection.to_owned(), first));
        let aside = LedgerOnly { id: copy, is_shared: false, kept, ..passing.aside(note) };
        self.ledger_only(outcome, aside);
        true
    }

    /// Notes a document that cannot be taken.
    pub(super) fn note_rejected(&mut self, id: &str) {
        if !self.given.is_first {
            self.rejected.push(id.to_owned());
        }
    }

    /// Asks for the rows that are here of documents that were rejected: they stay, and others may refer to them.
    pub(super) fn ask_for_rows(&mut self, source: &'static Source) -> Result<(), ImportError> {
        let ids = std::mem::take(&mut self.rejected);
        let mapping = source.shape.mappings().iter().find(|mapping| mapping.parent.is_some());
        let Some(mapping) = mapping.filter(|_| !ids.is_empty()) else { return Ok(()) };
        let (answer, answered) = mpsc::channel();
        self.send(Step::Rows { mapping, ids, answer })?;
        for row in answered.recv().map_err(|_| stopped())? {
            remember_row(&mut self.known, mapping, &row);
        }
        Ok(())
    }

    /// Archives the collections that nobody knows.
    fn unknown_collections(&mut self) -> Result<(), ImportError> {
        let dump = self.given.dump;
        for collection in
            dump.collections().iter().filter(|collection| source_of(collection.name()).is_none())
        {
            let (name, documents) = (collection.name(), collection.documents());
            self.send(Step::Collection(name, documents))?;
            let repeated = &self.look_for_repetition(None, &[collection])?;
            self.copies.clear();
            for document in collection.read()? {
                let Document { raw, digest, position, bad_text } = document?;
                let digest = digest.as_bytes()[..16].to_vec();
                let mut passing = Passing { name, raw: &raw, digest, position, repeated, copy: None };
                if self.admit(name, &mut passing, bad_text) {
                    let note = "of a collection that is not known".into();
                    self.ledger_only(Outcome::Archived, passing.aside(note));
                }
                if self.pending.len() == BATCH {
                    self.flush(name)?;
                    self.send(Step::Taken(BATCH as u64))?;
                }
            }
            self.flush(name)?;
        }
        Ok(())
    }

    /// Hands over what waits.
    pub(super) fn flush(&mut self, collection: &'d str) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.pending);
        if batch.is_empty() {
            return Ok(());
        }
        self.send(Step::Documents(collection, batch))
    }

    /// The number of a layout, a new one if need be.
    pub(super) fn layout(&mut self, name: &str, fields: &str) -> Result<i64, ImportError> {
        if let Some(number) = self.layouts.find(name, fields) {
            return Ok(number);
        }
        let layout = self.layouts.add(name, fields);
        let number = layout.number;
        self.send(Step::Layout(layout))?;
        Ok(number)
    }

    pub(super) fn send(&self, step: Step<'d>) -> Result<(), ImportError> {
        self.steps.send(step).map_err(|_| stopped())
    }
}

/// Why nothing is written any more is what the writing side says.
fn stopped() -> ImportError {
    StoreError::Unavailable("the import has stopped".into()).into()
}
