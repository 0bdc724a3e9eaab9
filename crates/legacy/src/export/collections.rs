//! The collections of a dump, each with the documents from its rows and from the ledger.

use super::context::Context;
use super::error::ExportError;
use super::ledger_only;
use super::rows::Rows;
use super::special::{HOMES, NAMES};
use super::target::Progress;
use crate::dump::write::{Outgoing, SourceError};
use crate::mapping::{Mappers, SOURCES, source_of};
use bson::RawDocumentBuf;
use meeshy_store::Value;
use std::collections::{BTreeSet, VecDeque};

/// Every collection of the dump in import order: under each name it had there, or under the usual name if
/// only rows written here belong to it.
pub(super) fn all<'x>(
    context: &'x Context<'_, '_>,
    mappers: &'x Mappers,
) -> Result<Vec<Outgoing<'x>>, ExportError> {
    let known: BTreeSet<&str> = context.names().collect();
    let mut outgoing = Vec::new();
    for source in SOURCES {
        let collection = source.collection;
        let names = std::iter::once(collection).chain(source.other_names.iter().copied());
        let mut names: Vec<&str> = names.filter(|name| known.contains(name)).collect();
        let usual = NAMES.iter().find(|(model, _)| *model == collection).map_or(collection, |(_, name)| name);
        let home =
            names.iter().copied().find(|name| *name == usual).or(names.first().copied()).unwrap_or(usual);
        let mut new_rows = Vec::new();
        for mapper in mappers.of_collection(collection) {
            let rows = Rows::new(collection, mapper);
            let siblings = mappers.collections_of(mapper.mapping.table);
            if is_home(collection, mapper.mapping.table, &known)
                && rows.has_new_ones(context, mappers, &siblings)?
            {
                new_rows.push(Step::New { rows, siblings, after: Vec::new() });
            }
        }
        if names.is_empty() && !new_rows.is_empty() {
            names.push(home);
        }
        for name in names {
            let is_imported = known.contains(name);
            let imported = mappers.of_collection(collection).filter(|_| is_imported);
            let mut steps: VecDeque<Step<'x>> = imported
                .map(|mapper| Step::Imported { rows: Rows::new(collection, mapper), after: String::new() })
                .collect();
            if name == home {
                steps.extend(new_rows.drain(..));
            }
            if is_imported {
                steps.push_back(Step::LedgerOnly { collection: collection.into(), after: String::new() });
            }
            outgoing.push(collection_of(context, mappers, name, steps));
        }
    }
    for name in known.into_iter().filter(|name| source_of(name).is_none()) {
        let steps = [Step::LedgerOnly { collection: name.into(), after: String::new() }];
        outgoing.push(collection_of(context, mappers, name, steps.into()));
    }
    Ok(outgoing)
}

/// Whether rows of a table that were written here belong to a collection.
fn is_home(collection: &str, table: &str, known: &BTreeSet<&str>) -> bool {
    let Some((_, homes)) = HOMES.iter().find(|(of, _)| *of == table) else { return true };
    let home = homes.iter().find(|home| known.contains(*home)).or(homes.first());
    home.is_some_and(|home| *home == collection)
}

fn collection_of<'x>(
    context: &'x Context<'_, '_>,
    mappers: &'x Mappers,
    name: &str,
    steps: VecDeque<Step<'x>>,
) -> Outgoing<'x> {
    let documents =
        Documents { context, mappers, name: name.into(), steps, ready: VecDeque::new(), has_begun: false };
    // The old system creates its indexes itself, and the dump does not say which existed.
    Outgoing { name: name.into(), indexes: Vec::new(), documents: Box::new(documents) }
}

/// A source of the documents of a collection, and the read position.
enum Step<'x> {
    Imported { rows: Rows<'x>, after: String },
    New { rows: Rows<'x>, siblings: Vec<&'static str>, after: Vec<Value> },
    LedgerOnly { collection: String, after: String },
}

/// The documents of a collection, read a few hundred at a time.
struct Documents<'x, 'r, 't> {
    context: &'x Context<'r, 't>,
    mappers: &'x Mappers,
    name: String,
    steps: VecDeque<Step<'x>>,
    ready: VecDeque<RawDocumentBuf>,
    has_begun: bool,
}

impl Documents<'_, '_, '_> {
    /// Reads the next documents of the first source; `false` if it has no more.
    fn read(&mut self) -> Result<bool, ExportError> {
        let Some(step) = self.steps.front_mut() else { return Ok(false) };
        let (documents, goes_on) = match step {
            Step::Imported { rows, after } => {
                let (documents, last) = rows.imported(self.context, &self.name, after)?;
                (documents, last.map(|last| *after = last).is_some())
            }
            Step::New { rows, siblings, after } => {
                let (documents, last) =
                    rows.new_ones(self.context, &self.name, self.mappers, after, siblings)?;
                (documents, last.map(|last| *after = last).is_some())
            }
            Step::LedgerOnly { collection, after } => {
                let (documents, last) =
                    ledger_only::page(self.context, self.mappers, collection, &self.name, after)?;
                (documents, last.map(|last| *after = last).is_some())
            }
        };
        self.context.tell(Progress::Written(documents.len() as u64));
        self.ready.extend(documents);
        Ok(goes_on)
    }
}

impl Iterator for Documents<'_, '_, '_> {
    type Item = Result<RawDocumentBuf, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.has_begun {
            self.has_begun = true;
            self.context.tell(Progress::Collection(&self.name));
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
