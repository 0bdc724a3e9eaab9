//! From the dump to what is to be written: reads every document and says what becomes of it, without a look at the database.

use super::ahead;
use super::batch::{BATCH, Settled};
use super::check::Texts;
use super::error::ImportError;
use super::groups::{Held, Repeated, key_of};
use super::layouts::Layouts;
use super::report::Notices;
use super::run::{Mappers, Options};
use super::writing::Step;
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{Fate, Known, SOURCES, Shape, Source, source_of};
use bson::RawDocument;
use meeshy_store::StoreError;
use meeshy_store::legacy::Outcome;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

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
    pub(super) known: Known,
    pub(super) layouts: Layouts,
    pub(super) notices: Notices,
    /// Documents that wait to be written, of one collection.
    pub(super) pending: Vec<Settled<'d>>,
    pub(super) held: Vec<Held<'d>>,
    pub(super) claimed: HashSet<String>,
    pub(super) apart: HashSet<String>,
    /// Messages and those they answer, for the time when all messages are there.
    pub(super) replies: Vec<(String, String)>,
    /// Translations inside of messages: when each was made.
    pub(super) inside: HashMap<String, Option<i64>>,
    /// A number for each message until it gets its own.
    pub(super) provisional: i64,
    pub(super) texts: Texts,
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
    let mut known = Known::new(given.options.now);
    ahead::look_ahead(given.dump, &mut known)?;
    let mut reading = Reading {
        given,
        steps,
        known,
        layouts,
        notices: Notices::default(),
        pending: Vec::new(),
        held: Vec::new(),
        claimed: HashSet::new(),
        apart: HashSet::new(),
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
        let repeated = Arc::new(self.look_for_repetition(source, &collections)?);
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
        let Document { raw, digest, position } = document;
        let digest = digest.as_bytes()[..16].to_vec();
        let passing = Passing { name, raw: &raw, digest, position, repeated };
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

    /// Archives the collections that nobody knows.
    fn unknown_collections(&mut self) -> Result<(), ImportError> {
        let dump = self.given.dump;
        for collection in
            dump.collections().iter().filter(|collection| source_of(collection.name()).is_none())
        {
            let (name, documents) = (collection.name(), collection.documents());
            self.send(Step::Collection(name, documents))?;
            let repeated = &Repeated::default();
            for document in collection.read()? {
                let Document { raw, digest, position } = document?;
                let digest = digest.as_bytes()[..16].to_vec();
                let passing = Passing { name, raw: &raw, digest, position, repeated };
                self.put_aside(Outcome::Archived, passing.aside("of a collection that is not known".into()));
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
        // Why nothing is written any more is what the writing side says.
        let stopped = || StoreError::Unavailable("the import has stopped".into());
        self.steps.send(step).map_err(|_| stopped().into())
    }
}
