//! Builds the report of an import and the details file.

use super::batch::DocumentOutcome;
use super::details::DetailsFile;
use crate::import::error::ImportError;
use crate::import::report::{Conflict, Count, Noticed, Rejected, Report};
use crate::import::uploads::Uploads;
use meeshy_store::legacy::Outcome;

/// A report under construction.
pub(super) struct ReportBuilder<'w> {
    report: Report,
    details: Option<&'w mut DetailsFile>,
}

impl<'w> ReportBuilder<'w> {
    pub(super) fn new(digest: String, anonymised: bool, details: Option<&'w mut DetailsFile>) -> Self {
        Self { report: Report { digest, anonymised, ..Report::default() }, details }
    }

    /// The counts of all collections so far.
    pub(super) fn counts(&self) -> &[Count] {
        &self.report.collections
    }

    fn count(&mut self, collection: &str) -> Option<&mut Count> {
        self.report.collections.iter_mut().find(|count| count.collection == collection)
    }

    pub(super) fn begin_collection(&mut self, name: &str, documents: u64) {
        let collection = name.to_owned();
        self.report.collections.push(Count { collection, source: documents, ..Count::default() });
    }

    /// Counts the documents of a batch and the changes, and records the rejected ones.
    pub(super) fn add(
        &mut self,
        collection: &str,
        changed: u64,
        outcomes: Vec<DocumentOutcome>,
    ) -> Result<(), ImportError> {
        if let Some(count) = self.count(collection) {
            count.written += changed;
            outcomes.iter().for_each(|document| count.add(document.outcome));
        }
        for document in outcomes.into_iter().filter(|document| document.outcome == Outcome::Rejected) {
            self.reject(collection, document)?;
        }
        Ok(())
    }

    fn reject(&mut self, collection: &str, document: DocumentOutcome) -> Result<(), ImportError> {
        let DocumentOutcome { id, position, note, .. } = document;
        let (collection, reason) = (collection.to_owned(), note.unwrap_or_default());
        let rejected = Rejected { collection, id, position, reason };
        if let Some(details) = &mut self.details {
            details.rejected(&rejected)?;
        }
        self.report.reject(rejected);
        Ok(())
    }

    pub(super) fn conflict(&mut self, conflict: Conflict) -> Result<(), ImportError> {
        if let Some(details) = &mut self.details {
            details.conflict(&conflict)?;
        }
        match self.count(&conflict.collection) {
            Some(count) => count.conflicts += 1,
            // The dump has no such collection.
            None => {
                let collection = conflict.collection.clone();
                self.report.collections.push(Count { collection, conflicts: 1, ..Count::default() });
            }
        }
        self.report.conflict(conflict);
        Ok(())
    }

    /// Counts a removed row of a collection.
    pub(super) fn removed(&mut self, collection: &str) {
        if let Some(count) = self.count(collection) {
            count.removed += 1;
        }
    }

    pub(super) fn uploads(&mut self, uploads: Option<Uploads>) -> Result<(), ImportError> {
        if let (Some(details), Some(uploads)) = (&mut self.details, &uploads) {
            details.files(uploads)?;
        }
        self.report.uploads = uploads;
        Ok(())
    }

    /// The report with its remarks.
    pub(super) fn finish(self, notices: Vec<Noticed>) -> Report {
        Report { notices, ..self.report }
    }
}
