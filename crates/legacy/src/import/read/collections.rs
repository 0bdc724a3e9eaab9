//! All collections of a dump, in the order in which they are read.

use super::output::Output;
use super::reader::Reader;
use crate::dump::{Collection, Dump};
use crate::import::context::{BATCH_SIZE, Input};
use crate::import::error::ImportError;
use crate::import::layouts::Layouts;
use crate::import::step::{Findings, Step};
use crate::mapping::{SOURCES, Source, source_of};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Reads the whole dump and sends the steps to the writer.
///
/// # Errors
/// When the dump cannot be read, or the writer has stopped.
pub(crate) fn read<'d>(
    input: Input<'d>,
    layouts: Layouts,
    steps: SyncSender<Step<'d>>,
) -> Result<Findings, ImportError> {
    let mut reader = Reader::new(input, Output::new(steps, layouts), shared_tables(input.dump));
    reader.prescan()?;
    for (index, source) in SOURCES.iter().enumerate() {
        reader.collection(source)?;
        let goes_on = SOURCES.get(index + 1).is_some_and(spans_collections);
        if !goes_on {
            reader.merge_deferred()?;
        }
    }
    reader.unknown_collections()?;
    Ok(reader.findings)
}

fn spans_collections(source: &Source) -> bool {
    source.shape.mappings().iter().any(|mapping| mapping.spans_collections)
}

/// The tables whose rows come from several collections of the dump, so that documents of one may duplicate
/// those of another.
fn shared_tables(dump: &Dump) -> HashSet<&'static str> {
    let (mut once, mut shared) = (HashSet::new(), HashSet::new());
    for source in SOURCES.iter().filter(|source| spans_collections(source)) {
        if !source.names().any(|name| dump.collection(name).is_some_and(|it| it.documents() > 0)) {
            continue;
        }
        for mapping in source.shape.mappings().iter().filter(|mapping| mapping.spans_collections) {
            if !once.insert(mapping.table) {
                shared.insert(mapping.table);
            }
        }
    }
    shared
}

impl Reader<'_> {
    /// Reads a collection under all its names in the dump.
    fn collection(&mut self, source: &'static Source) -> Result<(), ImportError> {
        let input = self.input;
        let collections: Vec<&Collection> =
            source.names().filter_map(|name| input.dump.collection(name)).collect();
        let documents = collections.iter().map(|collection| collection.documents()).sum();
        if documents == 0 && collections.is_empty() && input.is_first {
            return Ok(());
        }
        self.output.send(Step::Collection(source.collection, documents))?;
        let duplicates = Arc::new(self.find_duplicates(Some(source), &collections)?);
        self.copies.clear();
        if !input.is_first && source.shape.mappings().iter().any(|mapping| !mapping.merge_key.is_empty()) {
            self.output.send(Step::DeleteMissing(source.collection, Arc::clone(&duplicates)))?;
        }
        let mut read = 0;
        for collection in &collections {
            for document in collection.read()? {
                self.document(source, collection.name(), &document?, &duplicates)?;
                read += 1;
                if read % BATCH_SIZE as u64 == 0 {
                    self.output.flush(source.collection)?;
                    self.output.send(Step::Progress(BATCH_SIZE as u64))?;
                }
            }
        }
        self.output.flush(source.collection)?;
        self.output.send(Step::Progress(read % BATCH_SIZE as u64))?;
        self.remember_retained_rows(source)?;
        let replies = std::mem::take(&mut self.replies);
        self.output.send(Step::Replies(replies))
    }

    /// Archives unknown collections.
    fn unknown_collections(&mut self) -> Result<(), ImportError> {
        let collections = self.input.dump.collections().iter();
        for collection in collections.filter(|collection| source_of(collection.name()).is_none()) {
            let (name, documents) = (collection.name(), collection.documents());
            self.output.send(Step::Collection(name, documents))?;
            let duplicates = self.find_duplicates(None, &[collection])?;
            self.copies.clear();
            for document in collection.read()? {
                self.unknown_document(name, &document?, &duplicates);
                if self.output.len() == BATCH_SIZE {
                    self.output.flush(name)?;
                    self.output.send(Step::Progress(BATCH_SIZE as u64))?;
                }
            }
            self.output.flush(name)?;
        }
        Ok(())
    }
}
