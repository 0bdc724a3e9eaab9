//! The report of an import.

use super::uploads::Uploads;
use meeshy_store::legacy::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of rejections and conflicts in a report; the details file contains all.
const SHOWN: usize = 1_000;

/// The report of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The digest of the dump.
    pub digest: String,
    /// Whether the dump is the one that was imported last, so that there was nothing to do.
    pub unchanged: bool,
    /// Whether names, texts and addresses were replaced by generated ones.
    pub anonymised: bool,
    /// The results of the collections, in the order in which they were read.
    pub collections: Vec<Count>,
    /// Remarks, and their numbers.
    pub notices: Vec<Noticed>,
    /// Rejected documents; only the first of them, if there are many.
    pub rejections: Vec<Rejected>,
    /// Conflicting changes in both systems; only the first of them, if there are many.
    pub conflicts: Vec<Conflict>,
    /// The result of copying files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploads: Option<Uploads>,
}

/// The result of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The name of the model.
    pub collection: String,
    /// The number of documents in the dump.
    pub source: u64,
    /// The number that became rows.
    pub inserted: u64,
    /// The number merged into other documents.
    pub merged: u64,
    /// The number in the archive.
    pub archived: u64,
    /// The number rejected.
    pub rejected: u64,
    /// The number for which this run changed something; the rest was up to date.
    pub written: u64,
    /// The number of rows removed: their documents are no longer in the dump, or are archived now.
    pub removed: u64,
    /// The number of changes in the old system that conflicted with a change here.
    #[serde(default)]
    pub conflicts: u64,
}

impl Count {
    /// Whether every document of the dump has an outcome.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.inserted + self.merged + self.archived + self.rejected == self.source
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Inserted => self.inserted += 1,
            Outcome::Merged => self.merged += 1,
            Outcome::Archived => self.archived += 1,
            Outcome::Rejected => self.rejected += 1,
        }
    }
}

/// A remark about accepted documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The collection.
    pub collection: String,
    /// The field.
    pub field: String,
    /// The remark.
    pub what: String,
    /// The number of documents.
    pub times: u64,
}

/// A rejected document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The collection.
    pub collection: String,
    /// Its `_id`.
    pub id: String,
    /// Its offset in the uncompressed file or archive.
    #[serde(default)]
    pub position: u64,
    /// The reason.
    pub reason: String,
}

/// Conflicting changes in both systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The collection.
    pub collection: String,
    /// Its `_id`.
    pub id: String,
    /// The column that was changed on both sides; absent for the whole row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The changes and how they were resolved.
    pub what: String,
}

impl Report {
    /// The totals of all collections.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = Count { collection: "total".into(), ..Count::default() };
        for count in &self.collections {
            total.source += count.source;
            total.inserted += count.inserted;
            total.merged += count.merged;
            total.archived += count.archived;
            total.rejected += count.rejected;
            total.written += count.written;
            total.removed += count.removed;
            total.conflicts += count.conflicts;
        }
        total
    }

    /// Whether there are more rejections or conflicts than the report shows.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        let total = self.total();
        (self.rejections.len() as u64) < total.rejected || (self.conflicts.len() as u64) < total.conflicts
    }

    /// The report for importing the same dump again: nothing was written.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.unchanged = true;
        for count in &mut self.collections {
            (count.written, count.removed) = (0, 0);
        }
        self
    }

    pub(super) fn reject(&mut self, rejected: Rejected) {
        if self.rejections.len() < SHOWN {
            self.rejections.push(rejected);
        }
    }

    pub(super) fn conflict(&mut self, conflict: Conflict) {
        if self.conflicts.len() < SHOWN {
            self.conflicts.push(conflict);
        }
    }
}

/// Remarks, counted by collection and field.
#[derive(Debug, Default)]
pub(super) struct Notices(BTreeMap<(String, &'static str, &'static str), u64>);

impl Notices {
    pub(super) fn add(&mut self, collection: &str, field: &'static str, what: &'static str) {
        *self.0.entry((collection.into(), field, what)).or_default() += 1;
    }

    pub(super) fn list(self) -> Vec<Noticed> {
        let notice = |((collection, field, what), times): ((String, &str, &str), u64)| Noticed {
            collection,
            field: field.into(),
            what: what.into(),
            times,
        };
        self.0.into_iter().map(notice).collect()
    }
}
