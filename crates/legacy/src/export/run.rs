//! One export from start to finish.

use super::context::Context;
use super::error::ExportError;
use super::report::{Count, Report};
use super::target::{Progress, Target};
use super::{collections, loss};
use crate::deleted_accounts;
use crate::dump::write::{self, Complete, Form, Outgoing, WriteError, Written};
use crate::mapping::Mappers;
use flate2::Compression;
use flate2::write::GzEncoder;
use meeshy_domain::Timestamp;
use meeshy_store::{Ending, Exclusive, legacy, notifications};
use std::io::Write;

/// The name of the old system's database.
const DATABASE: &str = "meeshy";

/// Exports the whole database in the old format, and records in the ledger what was written.
///
/// # Errors
/// The reason for the failure; no partial output remains.
pub fn run(
    database: &mut Exclusive,
    target: Target<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ExportError> {
    let mappers = Mappers::new();
    let (report, record, complete) = database.transaction(|tx| {
        if meeshy_store::users::count(tx)? == 0 {
            return Err(ExportError::NoPeople);
        }
        // The transaction is rolled back at the end.
        notifications::restore_all(tx)?;
        deleted_accounts::remove(tx)?;
        legacy::derived::recount(tx)?;
        let total: i64 = legacy::count(tx)?.into_iter().map(|(_, total)| total).sum();
        progress(Progress::Documents(total.cast_unsigned()));
        let context = Context::begin(tx, progress)?;
        let outgoing = collections::all(&context, &mappers)?;
        let (written, complete) = match target {
            Target::Path(path, form) => {
                let (written, complete) = write::prepare(path, form, DATABASE, outgoing)?;
                (written, Some(complete))
            }
            Target::Stream(out, form) => (stream(out, form, outgoing)?, None),
        };
        let (mut counts, mut losses, record, tx) = context.finish();
        losses.new_passwords.sort_unstable();
        let not_held = loss::all(tx, &losses)?;
        let collections = written
            .iter()
            .map(|written| {
                let name = &written.name;
                counts.remove(name).unwrap_or_else(|| Count { name: name.clone(), ..Count::default() })
            })
            .collect();
        let digest = write::digest(&written).to_string();
        let report = Report { digest, collections, not_held, new_passwords: losses.new_passwords };
        Ok::<_, ExportError>(((report, record, complete), Ending::Undo))
    })?;
    // The ledger first: it may know of a dump that nobody ever loads, but not the other way round.
    database
        .transaction(|tx| Ok::<_, ExportError>((record.keep(tx, &report.digest, now)?, Ending::Commit)))?;
    complete.map(Complete::publish).transpose()?;
    Ok(report)
}

fn stream(out: &mut dyn Write, form: Form, outgoing: Vec<Outgoing<'_>>) -> Result<Vec<Written>, ExportError> {
    match form {
        Form::Folder | Form::FolderGz => Err(ExportError::NoFolder),
        Form::Archive => Ok(write::write_archive(out, DATABASE, outgoing)?),
        Form::ArchiveGz => {
            let mut out = GzEncoder::new(out, Compression::default());
            let written = write::write_archive(&mut out, DATABASE, outgoing)?;
            out.finish().map_err(|cause| WriteError::Unwritable { name: "the archive".into(), cause })?;
            Ok(written)
        }
    }
}
