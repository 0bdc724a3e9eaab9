//! Writes documents into the database, a few hundred at a time.
//!
//! The first import only adds rows. A later one compares each document with the ledger and changes what
//! differs.

use super::base::{Base, ChangeContext};
use super::change::{self, RowConflict};
use super::rows;
use crate::import::error::ImportError;
use crate::import::report::Conflict;
use crate::import::step::Resolution;
use crate::mapping::Mapper;
use meeshy_store::legacy::exported::Exported;
use meeshy_store::legacy::{self, Entry, Outcome};
use meeshy_store::{Tx, Value, deleted_accounts};
use std::collections::HashMap;

/// The outcome of a document.
pub(super) struct DocumentOutcome {
    pub(super) outcome: Outcome,
    pub(super) id: String,
    pub(super) position: u64,
    pub(super) note: Option<String>,
}

impl DocumentOutcome {
    fn of(entry: &Entry, position: u64) -> Self {
        Self { outcome: entry.outcome, id: entry.id.clone(), position, note: entry.note.clone() }
    }
}

/// The result of a batch.
#[derive(Default)]
pub(super) struct BatchResult {
    pub(super) outcomes: Vec<DocumentOutcome>,
    pub(super) changed: u64,
    pub(super) conflicts: Vec<Conflict>,
    /// The old entries of documents that were rows and no longer are.
    pub(super) former_rows: Vec<Entry>,
    /// Rejected documents whose rows stay.
    pub(super) retained: Vec<String>,
}

/// Writes documents of one collection into an empty database.
pub(super) fn write_first(
    tx: &mut Tx<'_>,
    collection: &str,
    batch: Vec<Resolution<'_>>,
) -> Result<BatchResult, ImportError> {
    let mut result = BatchResult { changed: batch.len() as u64, ..BatchResult::default() };
    let mut inserts: Vec<(&Mapper, Vec<Value>)> = Vec::new();
    let mut entries = Vec::with_capacity(batch.len());
    for resolution in batch {
        let Resolution { entry, position, row, replaces, .. } = resolution;
        result.outcomes.push(DocumentOutcome::of(&entry, position));
        entries.push(entry);
        let Some(row) = row else { continue };
        if replaces {
            rows::upsert(tx, &row)?;
            continue;
        }
        let index = inserts.iter().position(|(mapper, _)| std::ptr::eq(*mapper, row.mapper));
        let index = index.unwrap_or_else(|| {
            inserts.push((row.mapper, Vec::new()));
            inserts.len() - 1
        });
        inserts[index].1.extend(row.into_values());
    }
    for (mapper, values) in inserts {
        let inserted = tx.insert_rows(mapper.mapping.table, &rows::column_names(mapper), &values, "")?;
        let expected = values.len() / mapper.columns().len();
        if inserted != expected as u64 {
            let table = mapper.mapping.table;
            let what = format!("{inserted} of {expected} rows were inserted into `{table}`");
            return Err(ImportError::DoesNotAddUp(what));
        }
    }
    legacy::add(tx, collection, entries)?;
    Ok(result)
}

/// Compares documents of one collection with the ledger, and writes new and changed ones.
pub(super) fn write_changes(
    tx: &mut Tx<'_>,
    batch: Vec<Resolution<'_>>,
    context: &ChangeContext<'_>,
) -> Result<BatchResult, ImportError> {
    let collection = context.collection;
    let ids: Vec<&str> = batch.iter().map(|resolution| resolution.entry.id.as_str()).collect();
    let priors = legacy::find_all(tx, collection, &ids)?;
    let mut priors: HashMap<String, Entry> =
        priors.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let exported = context.exported(tx, collection, &ids)?;
    let mut result = BatchResult::default();
    let mut entries = Vec::new();
    for resolution in batch {
        let prior = priors.remove(&resolution.entry.id);
        let returned = exported.get(&resolution.entry.id);
        let change = Change { context, result: &mut result };
        if let Some(entry) = change.write(tx, resolution, prior, returned)? {
            entries.push(entry);
        }
    }
    result.changed = entries.len() as u64;
    legacy::put(tx, collection, entries)?;
    Ok(result)
}

struct Change<'a> {
    context: &'a ChangeContext<'a>,
    result: &'a mut BatchResult,
}

impl Change<'_> {
    /// Writes one document, and returns its new entry if it has one.
    fn write(
        self,
        tx: &mut Tx<'_>,
        resolution: Resolution<'_>,
        prior: Option<Entry>,
        returned: Option<&Exported>,
    ) -> Result<Option<Entry>, ImportError> {
        let Resolution { mut entry, position, row, raw, replaces } = resolution;
        let has_row = prior.as_ref().is_some_and(Entry::has_row);
        if entry.outcome == Outcome::Rejected && (has_row || returned.is_some()) {
            self.result.retained.push(entry.id.clone());
            let base = returned.map(|returned| returned.column_digests.as_slice());
            if let Some(prior) = prior.as_ref().filter(|prior| prior.outcome == Outcome::Inserted) {
                // The row stays, and so does what is known of its document.
                legacy::keep(tx, self.context.collection, &prior.id, entry.note.as_deref(), base)?;
                self.result.outcomes.push(DocumentOutcome::of(&entry, position));
                return Ok(None);
            }
            let base = base.or(prior.as_ref().and_then(|prior| prior.column_digests.as_deref()));
            entry.column_digests = base.map(<[u8]>::to_vec);
        }
        let is_same = returned.is_none() && prior.as_ref().is_some_and(|prior| is_same(prior, &entry));
        let base = Base::of(prior.as_ref().filter(|_| has_row), returned);
        let is_user = self.context.collection == "User";
        let is_deleted = !is_same && is_user && deleted_accounts::is_deleted(tx, &entry.id)?;
        let mut inserted = Ok(());
        match (&row, base) {
            _ if is_same => {}
            _ if is_deleted => {
                // Nothing of the document is kept either.
                entry =
                    Entry { rest: None, instead: None, note: Some(deleted_accounts::NOTE.into()), ..entry };
                self.result.conflicts.push(Conflict {
                    collection: self.context.collection.to_owned(),
                    id: entry.id.clone(),
                    column: None,
                    what: "changed in the old system, but the account was deleted here; stays deleted".into(),
                });
            }
            (Some(row), Some(base)) => {
                let conflicts = change::change(tx, row, &entry, &base, self.context)?;
                let (collection, id) = (self.context.collection, &entry.id);
                let conflict = |found: RowConflict| Conflict {
                    collection: collection.to_owned(),
                    id: id.clone(),
                    column: found.column,
                    what: found.what.to_owned(),
                };
                self.result.conflicts.extend(conflicts.into_iter().map(conflict));
            }
            (Some(row), None) if replaces => rows::upsert(tx, row)?,
            (Some(row), None) => inserted = rows::insert(tx, row)?,
            (None, _) => {}
        }
        if has_row && row.is_none() && entry.outcome != Outcome::Rejected {
            self.result.former_rows.extend(prior);
        }
        if let Err(what) = inserted {
            entry = Entry {
                outcome: Outcome::Rejected,
                note: Some(what.into()),
                rest: raw,
                row_digest: None,
                column_digests: None,
                ..entry
            };
        }
        self.result.outcomes.push(DocumentOutcome::of(&entry, position));
        Ok((!is_same).then_some(entry))
    }
}

fn is_same(prior: &Entry, entry: &Entry) -> bool {
    prior.digest == entry.digest
        && prior.outcome == entry.outcome
        && prior.layout == entry.layout
        && prior.row_digest == entry.row_digest
        && (prior.note == entry.note || prior.note.as_deref() == Some(deleted_accounts::NOTE))
}
