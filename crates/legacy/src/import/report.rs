//! What an import did.

use super::uploads::Uploads;
use meeshy_store::legacy::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rejections and conflicts that a report shows one by one; the list has them all.
const SHOWN: usize = 1_000;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The digest of the dump.
    pub digest: String,
    /// Whether the dump is the one that was imported last, so that there was nothing to do.
    pub unchanged: bool,
    /// Whether names, texts and addresses were replaced by made-up ones.
    pub anonymised: bool,
    /// What became of each collection, in the order in which they were taken.
    pub collections: Vec<Count>,
    /// What was noticed, and how often.
    pub notices: Vec<Noticed>,
    /// The documents that could not be taken; the first of them, if they are many.
    pub rejections: Vec<Rejected>,
    /// What changed in the old system and here; the first of them, if they are many.
    pub conflicts: Vec<Conflict>,
    /// What became of the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploads: Option<Uploads>,
}

/// What became of the documents of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The name of the model.
    pub collection: String,
    /// How many documents the dump has.
    pub source: u64,
    /// How many are rows.
    pub inserted: u64,
    /// How many said the same as another.
    pub merged: u64,
    /// How many are in the archive.
    pub archived: u64,
    /// How many could not be taken.
    pub rejected: u64,
    /// How many of them this run changed something for; the rest was as it is already.
    pub written: u64,
    /// How many were here and were removed: they are not in the dump any more, or belong into the archive now.
    pub removed: u64,
    /// How many changes in the old system met a change here.
    #[serde(default)]
    pub conflicts: u64,
}

impl Count {
    /// Whether every document of the dump came to an end.
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

/// Something that was noticed about documents that were taken all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// In which collection.
    pub collection: String,
    /// About which field.
    pub field: String,
    /// What.
    pub what: String,
    /// How often.
    pub times: u64,
}

/// A document that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Of which collection.
    pub collection: String,
    /// Its `_id`.
    pub id: String,
    /// Bytes before it in the uncompressed file or archive.
    #[serde(default)]
    pub position: u64,
    /// Why.
    pub reason: String,
}

/// A change in the old system that met a change here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Of which collection.
    pub collection: String,
    /// Its `_id`.
    pub id: String,
    /// The column that was changed on both sides; absent where it is about the whole row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What happened, and what is here now.
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

    /// Whether there are more rejections or conflicts than are shown one by one.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        let total = self.total();
        (self.rejections.len() as u64) < total.rejected || (self.conflicts.len() as u64) < total.conflicts
    }

    /// The same report for the same dump again: nothing was written.
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

/// Notices, counted by what they are about.
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
