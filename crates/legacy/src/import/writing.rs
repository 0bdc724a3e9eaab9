//! What the reading side has found, written into the database in the order in which it was found.

use super::batch::{self, Doomed, End, Settled, Why, Written};
use super::change::Meeting;
use super::check;
use super::deletions::Names;
use super::error::ImportError;
use super::groups::Repeated;
use super::kept;
use super::list::List;
use super::reading::{Given, Read};
use super::report::{Conflict, Count, Noticed, Rejected, Report};
use super::returned::Returned;
use super::run::Progress;
use super::uploads::Folders;
use crate::mapping::field::Parent;
use crate::mapping::{Draft, Mapping};
use meeshy_store::legacy::layouts::{self, Layout};
use meeshy_store::legacy::{self, Import, Outcome};
use meeshy_store::{Tx, events};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Documents between two times that all changes are written out: about half of what the cache of SQLite holds.
const FLUSH_ROWS: usize = 32_000;

/// What is to be written next.
pub(super) enum Step<'d> {
    /// A collection begins, with so many documents.
    Collection(&'d str, u64),
    /// What a collection has not any more goes now: nothing refers to these rows, and what is new may have the key of what is
    /// gone. Some of them may occur more than once.
    Gone(&'d str, Arc<Repeated>),
    /// Documents have a layout that is new.
    Layout(Layout),
    /// Documents of a collection have come to their end.
    Documents(&'d str, Vec<Settled<'d>>),
    /// A message has translations inside.
    Translations(Vec<Draft<'d>>),
    /// All messages are there, and answer each other: a message, and the one it answers.
    Replies(Vec<(String, String)>),
    /// Documents were rejected, and others may refer to the rows that are here of them: which are these?
    Rows { mapping: &'static Mapping, ids: Vec<String>, answer: Sender<Vec<kept::Row>> },
    /// So many more documents were taken.
    Taken(u64),
}

/// An import that is being written.
pub(super) struct Writing<'w, 't, 'd> {
    pub(super) given: Given<'d>,
    pub(super) tx: &'w mut Tx<'t>,
    pub(super) counts: Vec<Count>,
    pub(super) report: Report,
    pub(super) doomed: Vec<Doomed<'d>>,
    /// Rows that stay though their documents were rejected: their ids by collection.
    kept: HashMap<String, Vec<String>>,
    /// What these refer to.
    pub(super) referred_to: HashSet<(Parent, String)>,
    list: Option<&'w mut List>,
    /// The exports that the dump descends from.
    returned: Option<Returned>,
    /// Documents since all changes were written out.
    waiting: usize,
}

impl<'w, 't, 'd> Writing<'w, 't, 'd> {
    pub(super) fn begin(
        tx: &'w mut Tx<'t>,
        given: Given<'d>,
        list: Option<&'w mut List>,
    ) -> Result<Self, ImportError> {
        if given.dump.collection("User").is_none_or(|people| people.documents() == 0) {
            return Err(ImportError::NoPeople);
        }
        if given.is_first {
            let people = meeshy_store::users::count(tx)?;
            if people > 0 {
                return Err(ImportError::NotEmpty(people));
            }
            legacy::derived::make_room(tx)?;
            legacy::indexes::pause(tx)?;
        }
        let returned = if given.is_first { None } else { Returned::find(tx, given.dump)? };
        let (digest, anonymised) = (given.dump.digest().to_string(), given.options.anonymise);
        let report = Report { digest, anonymised, ..Report::default() };
        Ok(Self {
            given,
            tx,
            counts: Vec::new(),
            report,
            doomed: Vec::new(),
            kept: HashMap::new(),
            referred_to: HashSet::new(),
            list,
            returned,
            waiting: 0,
        })
    }

    /// Writes what comes next.
    pub(super) fn step(
        &mut self,
        step: Step<'d>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ImportError> {
        match step {
            Step::Collection(name, documents) => {
                self.counts.push(Count { collection: name.into(), source: documents, ..Count::default() });
                progress(Progress::Collection { name, documents });
            }
            Step::Gone(collection, repeated) => {
                for gone in self.find_gone(collection, &mut Names::before(&repeated))? {
                    // What stays is looked at once more when everything is there, and reported then.
                    self.try_to_remove(gone)?;
                }
            }
            Step::Layout(layout) => layouts::insert(self.tx, &layout)?,
            Step::Documents(collection, batch) => {
                self.waiting += batch.len();
                let Given { mappers, options, .. } = self.given;
                let returned = self.returned.as_ref();
                let meeting = Meeting { collection, mappers, returned, now: options.now };
                let written = match self.given.is_first {
                    true => batch::write_first(self.tx, collection, batch)?,
                    false => batch::write_changes(self.tx, batch, &meeting)?,
                };
                self.count(collection, written)?;
                if self.waiting >= FLUSH_ROWS {
                    self.waiting = 0;
                    self.tx.flush()?;
                }
            }
            Step::Translations(all) => all.iter().try_for_each(|one| batch::upsert_newer(self.tx, one))?,
            Step::Replies(replies) => self.connect_replies(replies)?,
            Step::Rows { mapping, ids, answer } => {
                let rows = kept::rows(self.tx, mapping, &ids)?;
                // Who asked ends by itself where it does not wait any more.
                let _ = answer.send(rows);
            }
            Step::Taken(more) => progress(Progress::Documents(more)),
        }
        Ok(())
    }

    fn count(&mut self, collection: &str, written: Written) -> Result<(), ImportError> {
        let Written { settled, changed, conflicts, no_rows, kept } = written;
        if !kept.is_empty() {
            self.kept.entry(collection.to_owned()).or_default().extend(kept);
        }
        if let Some(count) = self.counts.iter_mut().find(|count| count.collection == collection) {
            count.written += changed;
            settled.iter().for_each(|end| count.add(end.outcome));
        }
        let mut merged = HashSet::new();
        for end in settled {
            match end.outcome {
                Outcome::Rejected => self.reject(collection, end)?,
                Outcome::Merged => drop(merged.insert(end.id)),
                Outcome::Inserted | Outcome::Archived => {}
            }
        }
        conflicts.into_iter().try_for_each(|conflict| self.conflict(conflict))?;
        for prior in no_rows {
            let why = if merged.contains(&prior.id) { Why::Merged } else { Why::Archived };
            let doomed = self.doom(collection, prior, why);
            if why == Why::Merged {
                // The row of the one that it was merged into has the same key.
                self.remove_row(doomed)?;
            } else {
                self.doomed.push(doomed);
            }
        }
        Ok(())
    }

    fn reject(&mut self, collection: &str, end: End) -> Result<(), ImportError> {
        let End { id, position, note, .. } = end;
        let (collection, reason) = (collection.to_owned(), note.unwrap_or_default());
        let rejected = Rejected { collection, id, position, reason };
        if let Some(list) = &mut self.list {
            list.rejected(&rejected)?;
        }
        self.report.reject(rejected);
        Ok(())
    }

    pub(super) fn conflict(&mut self, conflict: Conflict) -> Result<(), ImportError> {
        if let Some(list) = &mut self.list {
            list.conflict(&conflict)?;
        }
        match self.counts.iter_mut().find(|count| count.collection == conflict.collection) {
            Some(count) => count.conflicts += 1,
            // The dump has no such collection.
            None => {
                let collection = conflict.collection.clone();
                self.counts.push(Count { collection, conflicts: 1, ..Count::default() });
            }
        }
        self.report.conflict(conflict);
        Ok(())
    }

    /// Now that all messages are there, they answer each other.
    fn connect_replies(&mut self, replies: Vec<(String, String)>) -> Result<(), ImportError> {
        for (message, reply_to) in replies {
            self.tx.execute(
                "UPDATE messages SET reply_to_id = $2 WHERE id = $1 AND reply_to_id IS NULL",
                &[message.into(), reply_to.into()],
            )?;
        }
        Ok(())
    }

    /// Finds what follows from the rows, checks everything, and notes the import.
    pub(super) fn finish(mut self, read: Read, folders: Option<&Folders<'_>>) -> Result<Report, ImportError> {
        if self.given.is_first {
            legacy::indexes::resume(self.tx)?;
        } else {
            self.find_all_gone(&read.apart)?;
            self.referred_to = kept::referred_to(self.tx, self.given.mappers, &self.kept)?;
            // Children first.
            while let Some(doomed) = self.doomed.pop() {
                self.remove_row(doomed)?;
            }
            super::layouts::forget(self.tx, self.given.dump)?;
            if let Some(returned) = self.returned.take() {
                self.remove_what_is_gone(&returned)?;
            }
        }
        self.tx.analyze()?;
        legacy::derived::all(self.tx)?;
        // What an import changes is in no log.
        events::restart(self.tx)?;
        self.report.uploads = folders.map(|folders| folders.copy(self.tx)).transpose()?;
        if let (Some(list), Some(uploads)) = (&mut self.list, &self.report.uploads) {
            list.files(uploads)?;
        }
        self.report.collections = self.counts;
        self.report.notices = read.notices.list();
        for (collection, field, what, times) in legacy::derived::findings(self.tx)? {
            let (collection, field, what) = (collection.into(), field.into(), what.into());
            self.report.notices.push(Noticed { collection, field, what, times: times.cast_unsigned() });
        }
        check::everything(self.tx, &self.report, self.given.is_first.then_some(&read.texts))?;
        let report = serde_json::to_string(&self.report)
            .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
        let import =
            Import { digest: self.report.digest.clone(), report, finished_at: self.given.options.now };
        legacy::insert_import(self.tx, &import)?;
        Ok(self.report)
    }
}
