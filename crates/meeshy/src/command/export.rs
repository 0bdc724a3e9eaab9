//! `meeshy export`: writes a dump that the old system's MongoDB can load.

use super::import::now;
use crate::config::Config;
use anyhow::ensure;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use meeshy_legacy::dump::Form;
use meeshy_legacy::export::{self, Progress, Report, Target};
use meeshy_store::{Exclusive, Location};
use serde_json::json;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many users to list by name; `--json` lists all.
const MAX_SHOWN: usize = 20;

/// Where to write the dump, and in which format.
#[derive(clap::Args)]
pub struct ExportArgs {
    /// The file or folder to write, which must not exist yet, or `-` for standard output
    #[arg(value_name = "DUMP")]
    dump: PathBuf,
    /// The format for `mongorestore`: a folder or an archive; standard output takes only archives
    #[arg(long, value_enum, default_value_t = DumpForm::Dir)]
    form: DumpForm,
    /// Print the report as one JSON object; to standard error if the dump goes to standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DumpForm {
    /// A folder that contains a folder for the database
    Dir,
    /// The same, with each file compressed
    DirGz,
    /// One archive file
    Archive,
    /// One compressed archive file
    ArchiveGz,
}

impl From<DumpForm> for Form {
    fn from(form: DumpForm) -> Self {
        match form {
            DumpForm::Dir => Self::Folder,
            DumpForm::DirGz => Self::FolderGz,
            DumpForm::Archive => Self::Archive,
            DumpForm::ArchiveGz => Self::ArchiveGz,
        }
    }
}

/// Exports everything. If it fails, no partial dump is left behind.
pub fn run(args: &ExportArgs, config: &Config) -> anyhow::Result<()> {
    let begun = Instant::now();
    let location = config.location();
    if let Location::Folder(folder) = &location {
        let (shown, advice) = (folder.display(), "set `MEESHY_DATA_DIR` to the one that the server uses");
        ensure!(folder.is_dir(), "the data folder `{shown}` does not exist; {advice}");
    }
    let mut database = Exclusive::open(&location)?;
    let bar = bar(args.json)?;
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Documents(total) => bar.set_length(total),
        Progress::Collection(name) => bar.set_message(name.to_owned()),
        Progress::Written(more) => bar.inc(more),
    };
    let form = args.form.into();
    let is_stream = args.dump == Path::new("-");
    let report = if is_stream {
        let mut out = io::stdout().lock();
        export::run(&mut database, Target::Stream(&mut out, form), now(), &mut progress)?
    } else {
        export::run(&mut database, Target::Path(&args.dump, form), now(), &mut progress)?
    };
    bar.finish_and_clear();
    let mut out: Box<dyn Write> =
        if is_stream { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
    if args.json {
        writeln!(out, "{}", json!(report))?;
    } else {
        show(&mut out, &report)?;
        writeln!(out, "exported in {:.1} s", begun.elapsed().as_secs_f64())?;
    }
    Ok(())
}

fn bar(is_quiet: bool) -> anyhow::Result<ProgressBar> {
    if is_quiet {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")?;
    Ok(ProgressBar::new(0).with_style(style))
}

fn show(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let heads = ["documents", "unchanged", "changed", "new", "archived"];
    write!(out, "{:32}", "collection")?;
    heads.iter().try_for_each(|head| write!(out, " {head:>9}"))?;
    writeln!(out)?;
    let total = report.total();
    for count in report.collections.iter().chain([&total]) {
        write!(out, "{:32}", count.name)?;
        let numbers = [count.documents, count.unchanged, count.changed, count.new, count.archived];
        numbers.iter().try_for_each(|number| write!(out, " {number:>9}"))?;
        writeln!(out)?;
    }
    for lost in &report.not_held {
        writeln!(out, "not exported: {} `{}`: {} {}", lost.table, lost.column, lost.rows, lost.what)?;
    }
    for name in report.new_passwords.iter().take(MAX_SHOWN) {
        writeln!(out, "has to set a new password: {name}")?;
    }
    match report.new_passwords.len().saturating_sub(MAX_SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}
