//! `meeshy import`: imports the old system's data from a dump of its MongoDB.

use crate::config::Config;
use crate::private;
use anyhow::{Context, bail};
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use meeshy_domain::Timestamp;
use meeshy_legacy::dump::{self, Dump, Source};
use meeshy_legacy::import::{self, Options, Plan, Progress, Report};
use meeshy_store::Exclusive;
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Exit code if everything was imported except rejected documents, conflicting rows or missing files.
const INCOMPLETE: u8 = 3;
/// How many rejections, conflicts and missing files to show one by one; the report file lists all.
const MAX_SHOWN: usize = 20;
/// The number of digits of the dump's digest in the name of the report file.
const DIGEST_DIGITS: usize = 12;

/// What to import, and how.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Exit codes: 0 if everything was imported; 3 if some documents were rejected, some rows had been changed \
        here since the last import, or files are missing; 1 if the import failed and changed nothing."
)]
pub struct ImportArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// A dump in any format that `mongodump` writes, or `-` for standard input
    #[arg(required = true, value_name = "DUMP")]
    dump: Option<PathBuf>,
    /// Run the whole import, report the result, and roll it back
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Replace names, texts and addresses with made-up ones, to get a database for tests
    #[arg(long)]
    anonymise: bool,
    /// A folder with uploaded files of the old system, which are copied too; can be repeated
    #[arg(long, value_name = "FOLDER")]
    uploads: Vec<PathBuf>,
    /// The report file that lists every rejected document, conflict and missing file, one JSON object per
    /// line [default: a file in the data folder]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as one JSON object
    #[arg(long, global = true)]
    json: bool,
    /// The database to read if the dump contains several
    #[arg(long, global = true, value_name = "NAME")]
    database: Option<String>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Read and check a dump, and show what an import would do with it
    Check {
        /// A dump in any format that `mongodump` writes, or `-` for standard input
        #[arg(value_name = "DUMP")]
        dump: PathBuf,
    },
    /// Show what became of a document, and which of its fields are not stored in any row
    Show {
        /// The name of the old system's model, such as `Notification`
        collection: String,
        /// Its `_id`
        id: String,
    },
}

/// Imports the dump. If it fails, nothing is changed.
pub fn run(args: &ImportArgs, config: &Config) -> anyhow::Result<ExitCode> {
    match (&args.action, &args.dump) {
        (Some(Action::Check { dump }), _) => check(args, config, dump),
        (Some(Action::Show { collection, id }), _) => show(config, collection, id),
        (None, Some(dump)) => import(args, config, dump),
        (None, None) => bail!("which dump?"),
    }
}

fn open(args: &ImportArgs, config: &Config, path: &Path) -> anyhow::Result<Dump> {
    let source = if path == Path::new("-") { Source::stdin() } else { Source::path(path) };
    std::fs::create_dir_all(&config.data.dir)
        .with_context(|| format!("failed to create the folder `{}`", config.data.dir.display()))?;
    private::narrow(&config.data.dir);
    let source = source.spool_in(&config.data.dir);
    let source = match &args.database {
        Some(name) => source.database(name),
        None => source,
    };
    Ok(dump::open(source)?)
}

fn check(args: &ImportArgs, config: &Config, path: &Path) -> anyhow::Result<ExitCode> {
    let plan = import::plan(&open(args, config, path)?);
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!(plan))?;
    } else {
        show_plan(&mut out, &plan)?;
        writeln!(out, "the dump is valid")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn import(args: &ImportArgs, config: &Config, path: &Path) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let dump = open(args, config, path)?;
    let plan = import::plan(&dump);
    if !args.json {
        show_plan(&mut io::stdout().lock(), &plan)?;
    }
    let must_ask = !args.yes && !args.dry_run;
    if must_ask && !confirm(config, path)? {
        bail!("nothing was imported");
    }
    let mut database = Exclusive::open(&config.location())?;
    let digest = plan.digest.get(..DIGEST_DIGITS).unwrap_or(&plan.digest);
    let in_data = || config.data.dir.join(format!("import-{digest}.jsonl"));
    let list = args.report.clone().unwrap_or_else(&in_data);
    let options = Options {
        now: now(),
        dry_run: args.dry_run,
        anonymise: args.anonymise,
        uploads: (!args.uploads.is_empty()).then(|| (args.uploads.clone(), config.data.dir.join("uploads"))),
        list: Some(list.clone()),
    };
    let bar = bar(args.json, plan.documents())?;
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Collection { name, .. } => bar.set_message(name.to_owned()),
        Progress::Documents(more) => bar.inc(more),
        Progress::Checking => bar.set_message("checking"),
        Progress::Committing => bar.set_message("writing"),
    };
    let report = import::run(&dump, &mut database, &options, &mut progress)?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    if args.json {
        // A second import of the same dump writes no report file; the first one's may still exist.
        let list = if report.unchanged { Some(in_data()).filter(|list| list.is_file()) } else { Some(list) };
        let (total, is_truncated) = (report.total(), report.is_truncated());
        let answer = json!({
            "dryRun": args.dry_run, "report": report, "total": total, "truncated": is_truncated, "list": list,
        });
        writeln!(out, "{answer}")?;
    } else {
        show_report(&mut out, &report)?;
        if is_incomplete(&report) && !report.unchanged {
            writeln!(out, "all rejections, conflicts and missing files are listed in `{}`", list.display())?;
        }
        let has_copied = report.uploads.as_ref().is_some_and(|files| files.copied > 0);
        let what = match (args.dry_run, report.unchanged) {
            (_, true) if has_copied => "this dump was imported before: only files were copied",
            (_, true) => "this dump was imported before: nothing to do",
            (true, false) => "dry run: everything was imported and rolled back",
            (false, false) => "imported",
        };
        writeln!(out, "{what}, in {:.1} s", begun.elapsed().as_secs_f64())?;
    }
    Ok(if is_incomplete(&report) { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}

fn is_incomplete(report: &Report) -> bool {
    let files = report.uploads.as_ref();
    let total = report.total();
    total.rejected > 0
        || total.conflicts > 0
        || files.is_some_and(|files| !(files.missing.is_empty() && files.of_another_size.is_empty()))
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the command")]
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn confirm(config: &Config, path: &Path) -> anyhow::Result<bool> {
    if path == Path::new("-") || !io::stdin().is_terminal() {
        bail!("cannot ask for confirmation without a terminal; pass `--yes`, or try `--dry-run` first");
    }
    let mut out = io::stdout().lock();
    write!(out, "Import this into {}? [y/N] ", config.location())?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn bar(is_quiet: bool, documents: u64) -> anyhow::Result<ProgressBar> {
    if is_quiet {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")?;
    Ok(ProgressBar::new(documents).with_style(style))
}

fn show_plan(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    writeln!(out, "{:32} {:>9} {:>12}  target", "collection", "documents", "size")?;
    for collection in &plan.collections {
        let (name, target) = (&collection.name, &collection.target);
        let (documents, size) =
            (HumanCount(collection.documents).to_string(), HumanBytes(collection.bytes).to_string());
        writeln!(out, "{name:32} {documents:>9} {size:>12}  {target}")?;
    }
    let (documents, size) = (HumanCount(plan.documents()).to_string(), HumanBytes(plan.bytes()).to_string());
    writeln!(out, "{:32} {documents:>9} {size:>12}  about {}", "total", HumanDuration(plan.estimate()))?;
    for warning in &plan.warnings {
        writeln!(out, "note: {warning}")?;
    }
    Ok(())
}

fn show_report(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let heads = ["source", "inserted", "merged", "archived", "rejected", "written", "removed", "conflicts"];
    write!(out, "{:32}", "collection")?;
    heads.iter().try_for_each(|head| write!(out, " {head:>9}"))?;
    writeln!(out)?;
    let total = report.total();
    for count in report.collections.iter().chain([&total]) {
        write!(out, "{:32}", count.collection)?;
        let numbers = [
            count.source,
            count.inserted,
            count.merged,
            count.archived,
            count.rejected,
            count.written,
            count.removed,
            count.conflicts,
        ];
        numbers.iter().try_for_each(|number| write!(out, " {number:>9}"))?;
        writeln!(out)?;
    }
    for notice in &report.notices {
        writeln!(
            out,
            "note: {} `{}` {} ({} times)",
            notice.collection, notice.field, notice.what, notice.times
        )?;
    }
    let rejections = report
        .rejections
        .iter()
        .map(|it| format!("rejected: {} {}, byte {}: {}", it.collection, it.id, it.position, it.reason));
    show_some(out, rejections, total.rejected)?;
    let conflicts = report.conflicts.iter().map(|it| match &it.column {
        Some(column) => format!("conflict: {} {} `{column}`: {}", it.collection, it.id, it.what),
        None => format!("conflict: {} {}: {}", it.collection, it.id, it.what),
    });
    show_some(out, conflicts, total.conflicts)?;
    let Some(files) = &report.uploads else { return Ok(()) };
    let size = HumanBytes(files.bytes);
    writeln!(
        out,
        "files: {} referenced, {} copied ({size}), {} missing",
        files.named,
        files.copied,
        files.missing.len()
    )?;
    let (missing, other) = (&files.missing, &files.of_another_size);
    show_some(out, missing.iter().map(|file| format!("missing: {file}")), missing.len() as u64)?;
    let others = other.iter().map(|file| format!("size differs: {file}"));
    show_some(out, others, other.len() as u64)
}

/// Prints the first `MAX_SHOWN` of `total` lines.
fn show_some(out: &mut impl Write, lines: impl Iterator<Item = String>, total: u64) -> io::Result<()> {
    lines.take(MAX_SHOWN).try_for_each(|line| writeln!(out, "{line}"))?;
    match total.saturating_sub(MAX_SHOWN as u64) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}

fn show(config: &Config, collection: &str, id: &str) -> anyhow::Result<ExitCode> {
    let mut database = Exclusive::open(&config.location())?;
    let found = import::find(&mut database, collection, id)?;
    let Some(found) = found else { bail!("no imported `{collection}` has the id {id}") };
    writeln!(io::stdout().lock(), "{}", serde_json::to_string_pretty(&found)?)?;
    Ok(ExitCode::SUCCESS)
}
