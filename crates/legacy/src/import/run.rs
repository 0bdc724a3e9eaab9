//! One import from start to finish.

use super::context::Input;
use super::error::ImportError;
use super::layouts::Layouts;
use super::options::{Options, Progress};
use super::read;
use super::report::Report;
use super::step::Findings;
use super::uploads::Folders;
use super::write::{DetailsFile, Writer};
use crate::dump::{Collection, Dump};
use crate::mapping::Mappers;
use meeshy_store::legacy;
use meeshy_store::{Ending, Exclusive, notifications};
use std::sync::mpsc;
use std::thread;

/// Steps that may wait to be written: enough to keep both sides busy, few enough to need little memory.
const QUEUED_STEPS: usize = 4;

/// Imports a dump, completely or not at all.
///
/// # Errors
/// The reason for the failure.
pub fn run(
    dump: &Dump,
    database: &mut Exclusive,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ImportError> {
    let mappers = Mappers::new();
    let folders = Folders::open(options)?;
    database.transaction(|tx| {
        let last = legacy::newest_import(tx)?;
        let kind = if options.anonymise { "of real people" } else { "anonymised" };
        if let Some(report) = last.as_ref().and_then(|last| serde_json::from_str::<Report>(&last.report).ok())
        {
            if report.anonymised != options.anonymise {
                return Err(ImportError::OtherKind(kind));
            }
            if report.digest == dump.digest().to_string() {
                // A missing file may exist now.
                let uploads = folders.as_ref().map(|folders| folders.copy(tx)).transpose()?;
                return Ok((Report { uploads, ..report.repeated() }, Ending::Undo));
            }
        }
        // Archived notifications are compared as well; the next archive run moves them again.
        notifications::restore_all(tx)?;
        let input = Input { dump, mappers: &mappers, options, is_first: last.is_none() };
        let layouts = Layouts::begin(tx, dump.collections().iter().map(Collection::name))?;
        let mut details = DetailsFile::begin(options)?;
        let mut writer = Writer::begin(tx, input, details.as_mut())?;
        let findings = read_and_write(input, &mut writer, layouts, progress)?;
        progress(Progress::Checking);
        let report = writer.finish(findings, folders.as_ref())?;
        details.map(DetailsFile::publish).transpose()?;
        if options.dry_run {
            return Ok((report, Ending::Undo));
        }
        progress(Progress::Committing);
        Ok((report, Ending::Commit))
    })
}

/// Reads the dump on a separate thread, and writes on this one: each takes about half of the time.
fn read_and_write<'d>(
    input: Input<'d>,
    writer: &mut Writer<'_, '_, 'd>,
    layouts: Layouts,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Findings, ImportError> {
    thread::scope(|scope| {
        let (sender, steps) = mpsc::sync_channel(QUEUED_STEPS);
        let reading = scope.spawn(move || read::read(input, layouts, sender));
        let written = steps.iter().try_for_each(|step| writer.step(step, progress));
        // The reader stops when the writer has stopped.
        drop(steps);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.and(read)
    })
}
