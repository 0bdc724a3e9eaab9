//! Documents on their way into the database, some hundreds at a time.
//!
//! The first import only adds rows. A later one compares each document with the ledger and changes what is different.

use super::change::{self, Base, Meeting, Met};
use super::error::ImportError;
use super::report::Conflict;
use crate::mapping::{Draft, Mapper};
use meeshy_store::legacy::exported::Exported;
use meeshy_store::legacy::{self, Entry, Outcome};
use meeshy_store::{Tx, Value};
use std::collections::HashMap;

/// Why a row stays that is gone there.
pub(super) const REFERRED_TO: &str = "gone there, but something here refers to it; left as it is here";
/// Documents in one batch.
pub(super) const BATCH: usize = 500;

/// A document that has come to its end.
pub(super) struct Settled<'m> {
    pub(super) entry: Entry,
    /// Bytes before it in the dump.
    pub(super) position: u64,
    /// The row that it becomes.
    pub(super) row: Option<Draft<'m>>,
    /// The document, for the case that its row cannot be written.
    pub(super) raw: Option<Vec<u8>>,
    /// Takes the place of a row of the same key.
    pub(super) replaces: bool,
}

/// A document whose row has to go.
pub(super) struct Doomed<'m> {
    pub(super) collection: String,
    pub(super) id: String,
    /// What the row may have been made by.
    pub(super) mappers: Vec<&'m Mapper>,
    /// The digest of the row as it was imported.
    pub(super) row_digest: Option<Vec<u8>>,
    /// The digests of its columns.
    pub(super) column_digests: Option<Vec<u8>>,
    pub(super) why: Why,
}

/// Why a row has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The document itself is gone, and so is its entry.
    Gone,
    /// The document is in the archive now.
    Archived,
    /// The document was merged into that of another row, which has the same key.
    Merged,
}

/// What became of a document.
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) id: String,
    pub(super) position: u64,
    pub(super) note: Option<String>,
}

impl End {
    fn of(entry: &Entry, position: u64) -> Self {
        Self { outcome: entry.outcome, id: entry.id.clone(), position, note: entry.note.clone() }
    }
}

/// What a batch did.
#[derive(Default)]
pub(super) struct Written {
    pub(super) settled: Vec<End>,
    pub(super) changed: u64,
    pub(super) conflicts: Vec<Conflict>,
    /// The old entries of documents that were rows and are none any more.
    pub(super) no_rows: Vec<Entry>,
    /// Documents that were rejected and whose rows stay.
    pub(super) kept: Vec<String>,
}

/// Writes documents of one collection into an empty database.
pub(super) fn write_first(
    tx: &mut Tx<'_>,
    collection: &str,
    batch: Vec<Settled<'_>>,
) -> Result<Written, ImportError> {
    let mut written = Written { changed: batch.len() as u64, ..Written::default() };
    let mut rows: Vec<(&Mapper, Vec<Value>)> = Vec::new();
    let mut entries = Vec::with_capacity(batch.len());
    for settled in batch {
        let Settled { entry, position, row, replaces, .. } = settled;
        written.settled.push(End::of(&entry, position));
        entries.push(entry);
        let Some(row) = row else { continue };
        if replaces {
            upsert(tx, &row)?;
            continue;
        }
        let index = rows.iter().position(|(mapper, _)| std::ptr::eq(*mapper, row.mapper));
        let index = index.unwrap_or_else(|| {
            rows.push((row.mapper, Vec::new()));
            rows.len() - 1
        });
        rows[index].1.extend(row.into_values());
    }
    for (mapper, values) in rows {
        let inserted = tx.insert_rows(mapper.mapping.table, &names(mapper), &values, "")?;
        let expected = values.len() / mapper.columns().len();
        if inserted != expected as u64 {
            let table = mapper.mapping.table;
            let what = format!("{inserted} rows of {expected} came into `{table}`");
            return Err(ImportError::DoesNotAddUp(what));
        }
    }
    legacy::add(tx, collection, entries)?;
    Ok(written)
}

/// Compares documents of one collection with the ledger, and writes what is new or different.
pub(super) fn write_changes(
    tx: &mut Tx<'_>,
    batch: Vec<Settled<'_>>,
    meeting: &Meeting<'_>,
) -> Result<Written, ImportError> {
    let collection = meeting.collection;
    let ids: Vec<&str> = batch.iter().map(|settled| settled.entry.id.as_str()).collect();
    let priors = legacy::find_all(tx, collection, &ids)?;
    let mut priors: HashMap<String, Entry> =
        priors.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let exported = meeting.returned_of(tx, collection, &ids)?;
    let mut written = Written::default();
    let mut entries = Vec::new();
    for settled in batch {
        let prior = priors.remove(&settled.entry.id);
        let returned = exported.get(&settled.entry.id);
        let change = Change { meeting, written: &mut written };
        if let Some(entry) = change.write(tx, settled, prior, returned)? {
            entries.push(entry);
        }
    }
    written.changed = entries.len() as u64;
    legacy::put(tx, collection, entries)?;
    Ok(written)
}

struct Change<'a> {
    meeting: &'a Meeting<'a>,
    written: &'a mut Written,
}

impl Change<'_> {
    /// Writes one document, and gives its new entry if it has one.
    fn write(
        self,
        tx: &mut Tx<'_>,
        settled: Settled<'_>,
        prior: Option<Entry>,
        returned: Option<&Exported>,
    ) -> Result<Option<Entry>, ImportError> {
        let Settled { mut entry, position, row, raw, replaces } = settled;
        let has_row = prior.as_ref().is_some_and(Entry::has_row);
        if entry.outcome == Outcome::Rejected && (has_row || returned.is_some()) {
            self.written.kept.push(entry.id.clone());
            let base = returned.map(|returned| returned.column_digests.as_slice());
            if let Some(prior) = prior.as_ref().filter(|prior| prior.outcome == Outcome::Inserted) {
                // The row stays, and with it what is known of the document that it is of.
                legacy::keep(tx, self.meeting.collection, &prior.id, entry.note.as_deref(), base)?;
                self.written.settled.push(End::of(&entry, position));
                return Ok(None);
            }
            let base = base.or(prior.as_ref().and_then(|prior| prior.column_digests.as_deref()));
            entry.column_digests = base.map(<[u8]>::to_vec);
        }
        let is_same = returned.is_none() && prior.as_ref().is_some_and(|prior| is_same(prior, &entry));
        let base = Base::of(prior.as_ref().filter(|_| has_row), returned);
        let mut taken = Ok(());
        match (&row, base) {
            _ if is_same => {}
            (Some(row), Some(base)) => {
                let met = change::change(tx, row, &entry, &base, self.meeting)?;
                let (collection, id) = (self.meeting.collection, &entry.id);
                let conflict = |met: Met| Conflict {
                    collection: collection.to_owned(),
                    id: id.clone(),
                    column: met.column,
                    what: met.what.to_owned(),
                };
                self.written.conflicts.extend(met.into_iter().map(conflict));
            }
            (Some(row), None) if replaces => upsert(tx, row)?,
            (Some(row), None) => taken = insert(tx, row)?,
            (None, _) => {}
        }
        if has_row && row.is_none() && entry.outcome != Outcome::Rejected {
            self.written.no_rows.extend(prior);
        }
        if let Err(what) = taken {
            entry = Entry {
                outcome: Outcome::Rejected,
                note: Some(what.into()),
                rest: raw,
                row_digest: None,
                column_digests: None,
                ..entry
            };
        }
        self.written.settled.push(End::of(&entry, position));
        Ok((!is_same).then_some(entry))
    }
}

fn is_same(prior: &Entry, entry: &Entry) -> bool {
    prior.digest == entry.digest
        && prior.outcome == entry.outcome
        && prior.layout == entry.layout
        && prior.row_digest == entry.row_digest
        && prior.note == entry.note
}

fn insert(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<Result<(), &'static str>, ImportError> {
    let inserted =
        tx.insert_rows(row.mapper.mapping.table, &names(row.mapper), row.values(), "ON CONFLICT DO NOTHING")?;
    Ok(if inserted == 1 { Ok(()) } else { Err("new there, but a row of the same key was written here") })
}

/// Writes a row over the one of the same key, but for what is found once all rows are there.
pub(super) fn upsert(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<(), ImportError> {
    upsert_where(tx, row, "")
}

/// Writes a translation over an older one.
pub(super) fn upsert_newer(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<(), ImportError> {
    upsert_where(tx, row, "WHERE excluded.updated_at > translations.updated_at")
}

fn upsert_where(tx: &mut Tx<'_>, row: &Draft<'_>, unless: &str) -> Result<(), ImportError> {
    let key = row.mapper.mapping.key;
    let changes: Vec<String> = row
        .mapper
        .lasting_columns()
        .chain(row.mapper.mapping.renewed.iter().copied())
        .filter(|column| !key.contains(column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let condition = if row.mapper.mapping.table == "read_cursors" { "WHERE user_id IS NOT NULL" } else { "" };
    let conflict =
        format!("ON CONFLICT ({}) {condition} DO UPDATE SET {} {unless}", key.join(", "), changes.join(", "));
    tx.insert_rows(row.mapper.mapping.table, &names(row.mapper), row.values(), &conflict)?;
    Ok(())
}

/// Removes a row, unless it was changed here or something here refers to it. Says whether there was one.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    doomed: &Doomed<'_>,
) -> Result<Result<bool, &'static str>, ImportError> {
    let mut is_removed = false;
    for mapper in &doomed.mappers {
        let Some(here) = change::find(tx, mapper, &[], &["id"], &[Value::from(&doomed.id)])? else {
            continue;
        };
        if !change::is_as_it_was(&here, doomed.row_digest.as_deref(), doomed.column_digests.as_deref()) {
            return Ok(Err("gone there, but changed here; left as it is here"));
        }
        let sql = format!("DELETE FROM {} WHERE id = $1", mapper.mapping.table);
        let removed = tx.attempt(|tx| tx.execute(&sql, &[doomed.id.as_str().into()]))?;
        if removed.is_err() {
            return Ok(Err(REFERRED_TO));
        }
        is_removed = true;
    }
    Ok(Ok(is_removed))
}

pub(super) fn names(mapper: &Mapper) -> Vec<&str> {
    mapper.columns().iter().map(String::as_str).collect()
}
