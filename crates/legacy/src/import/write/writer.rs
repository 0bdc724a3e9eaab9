//! The writing side: applies the steps of the reading side in order.

use super::base::ChangeContext;
use super::batch::{self, BatchResult};
use super::deletions::{Cause, Deletion};
use super::details::DetailsFile;
use super::missing::{self, LedgerIds};
use super::report_builder::ReportBuilder;
use super::returned::Returned;
use super::{check, retained, rows, unreturned};
use crate::deleted_accounts;
use crate::import::context::Input;
use crate::import::error::ImportError;
use crate::import::layouts;
use crate::import::options::Progress;
use crate::import::report::{Noticed, Report};
use crate::import::step::{Findings, Resolution, Step};
use crate::import::uploads::Folders;
use crate::mapping::field::Parent;
use meeshy_store::legacy::{self, Import, Outcome};
use meeshy_store::{self as store, Tx, events};
use std::collections::{HashMap, HashSet};

/// Documents between two flushes of all changes: about half of what the cache of SQLite holds.
const FLUSH_ROWS: usize = 32_000;

/// An import being written.
pub(crate) struct Writer<'w, 't, 'd> {
    input: Input<'d>,
    tx: &'w mut Tx<'t>,
    report: ReportBuilder<'w>,
    /// Rows to remove at the end, when nothing refers to them any more.
    deletions: Vec<Deletion<'d>>,
    /// Rows that stay although their documents were rejected: their ids by collection.
    retained: HashMap<String, Vec<String>>,
    /// The rows that these refer to.
    referenced: HashSet<(Parent, String)>,
    /// The exports that the dump descends from.
    returned: Option<Returned>,
    /// Documents since the last flush.
    unflushed: usize,
}

impl<'w, 't, 'd> Writer<'w, 't, 'd> {
    pub(crate) fn begin(
        tx: &'w mut Tx<'t>,
        input: Input<'d>,
        details: Option<&'w mut DetailsFile>,
    ) -> Result<Self, ImportError> {
        if input.dump.collection("User").is_none_or(|people| people.documents() == 0) {
            return Err(ImportError::NoPeople);
        }
        if input.is_first {
            let people = meeshy_store::users::count(tx)?;
            if people > 0 {
                return Err(ImportError::NotEmpty(people));
            }
            legacy::derived::make_room(tx)?;
            legacy::indexes::pause(tx)?;
        }
        let returned = if input.is_first { None } else { Returned::find(tx, input.dump)? };
        let report = ReportBuilder::new(input.dump.digest().to_string(), input.options.anonymise, details);
        Ok(Self {
            input,
            tx,
            report,
            deletions: Vec::new(),
            retained: HashMap::new(),
            referenced: HashSet::new(),
            returned,
            unflushed: 0,
        })
    }

    /// Applies the next step.
    pub(crate) fn step(
        &mut self,
        step: Step<'d>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ImportError> {
        match step {
            Step::Collection(name, documents) => {
                self.report.begin_collection(name, documents);
                progress(Progress::Collection { name, documents });
            }
            Step::DeleteMissing(collection, duplicates) => {
                let mut ids = LedgerIds::before(&duplicates);
                for deletion in missing::find(self.tx, self.input, collection, &mut ids)? {
                    // Rows that stay are checked again and reported when everything is there.
                    deletion.try_to_delete(self.tx, &self.referenced, &mut self.report)?;
                }
            }
            Step::Layout(layout) => legacy::layouts::insert(self.tx, &layout)?,
            Step::Batch(collection, batch) => self.batch(collection, batch)?,
            Step::Translations(all) => all.iter().try_for_each(|one| rows::upsert_newer(self.tx, one))?,
            Step::Replies(replies) => self.connect_replies(replies)?,
            Step::RetainedRows { mapping, ids, answer } => {
                let rows = retained::rows(self.tx, mapping, &ids)?;
                // The reader ends by itself if it no longer waits.
                let _ = answer.send(rows);
            }
            Step::Progress(more) => progress(Progress::Documents(more)),
        }
        Ok(())
    }

    fn batch(&mut self, collection: &str, batch: Vec<Resolution<'d>>) -> Result<(), ImportError> {
        self.unflushed += batch.len();
        let Input { mappers, options, .. } = self.input;
        let returned = self.returned.as_ref();
        let context = ChangeContext { collection, mappers, returned, now: options.now };
        let result = match self.input.is_first {
            true => batch::write_first(self.tx, collection, batch)?,
            false => batch::write_changes(self.tx, batch, &context)?,
        };
        self.add(collection, result)?;
        if self.unflushed >= FLUSH_ROWS {
            self.unflushed = 0;
            self.tx.flush()?;
        }
        Ok(())
    }

    fn add(&mut self, collection: &str, result: BatchResult) -> Result<(), ImportError> {
        let BatchResult { outcomes, changed, conflicts, former_rows, retained } = result;
        if !retained.is_empty() {
            self.retained.entry(collection.to_owned()).or_default().extend(retained);
        }
        let merged = outcomes.iter().filter(|document| document.outcome == Outcome::Merged);
        let merged: HashSet<String> = merged.map(|document| document.id.clone()).collect();
        self.report.add(collection, changed, outcomes)?;
        conflicts.into_iter().try_for_each(|conflict| self.report.conflict(conflict))?;
        for prior in former_rows {
            let cause = if merged.contains(&prior.id) { Cause::Merged } else { Cause::Archived };
            let deletion = Deletion::new(self.input, collection, prior, cause);
            if cause == Cause::Merged {
                // The row of the document that it was merged into has the same key.
                deletion.delete(self.tx, &self.referenced, &mut self.report)?;
            } else {
                self.deletions.push(deletion);
            }
        }
        Ok(())
    }

    /// Sets the reply-tos, now that all messages are there.
    fn connect_replies(&mut self, replies: Vec<(String, String)>) -> Result<(), ImportError> {
        for (message, reply_to) in replies {
            self.tx.execute(
                "UPDATE messages SET reply_to_id = $2 WHERE id = $1 AND reply_to_id IS NULL",
                &[message.into(), reply_to.into()],
            )?;
        }
        Ok(())
    }

    /// Computes derived values, checks everything, and records the import.
    pub(crate) fn finish(
        mut self,
        findings: Findings,
        folders: Option<&Folders<'_>>,
    ) -> Result<Report, ImportError> {
        if self.input.is_first {
            legacy::indexes::resume(self.tx)?;
        } else {
            self.delete_missing(&findings.qualified_ids)?;
        }
        self.tx.analyze()?;
        legacy::derived::all(self.tx)?;
        deleted_accounts::remove(self.tx)?;
        for user in store::deleted_accounts::still_members(self.tx)? {
            // The conversations and communities that an import has brought back are left by the server.
            store::deleted_accounts::finish_later(self.tx, user)?;
        }
        // Changes by an import are not in the event log.
        events::restart(self.tx)?;
        let uploads = folders.map(|folders| folders.copy(self.tx)).transpose()?;
        self.report.uploads(uploads)?;
        let mut notices = findings.notices.list();
        for (collection, field, what, times) in legacy::derived::findings(self.tx)? {
            let (collection, field, what) = (collection.into(), field.into(), what.into());
            notices.push(Noticed { collection, field, what, times: times.cast_unsigned() });
        }
        let report = self.report.finish(notices);
        check::everything(self.tx, &report, self.input.is_first.then_some(&findings.texts))?;
        let json =
            serde_json::to_string(&report).map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
        let finished_at = self.input.options.now;
        legacy::insert_import(self.tx, &Import { digest: report.digest.clone(), report: json, finished_at })?;
        Ok(report)
    }

    /// Removes the rows of documents that are no longer in the dump.
    fn delete_missing(&mut self, qualified_ids: &HashSet<String>) -> Result<(), ImportError> {
        let missing = missing::find_all(self.tx, self.input, self.report.counts(), qualified_ids)?;
        self.deletions.extend(missing);
        missing::sort(&mut self.deletions);
        self.referenced = retained::referenced(self.tx, self.input.mappers, &self.retained)?;
        // Children first.
        while let Some(deletion) = self.deletions.pop() {
            deletion.delete(self.tx, &self.referenced, &mut self.report)?;
        }
        layouts::forget(self.tx, self.input.dump)?;
        if let Some(returned) = self.returned.take() {
            unreturned::delete(self.tx, self.input, &returned, &mut self.report)?;
        }
        Ok(())
    }
}
