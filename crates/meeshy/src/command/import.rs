//! `meeshy import`: the old system's data, from a dump of its MongoDB.

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

/// Documents were rejected, rows changed here were left alone, or files are missing: everything else is there.
const WITH_REMARKS: u8 = 3;
/// Rejections, conflicts and missing files that are shown one by one; the list has them all.
const SHOWN: usize = 20;
/// Digits of the dump's digest in the name of the list.
const DIGITS: usize = 12;

/// What to import, and how.
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Ends with 0 when everything is there, 3 when it is but for documents that were rejected, rows that were \
        changed here or files that are missing, and 1 when nothing was changed."
)]
pub struct ImportArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// A dump in any form that `mongodump` has, or `-` for standard input.
    #[arg(required = true, value_name = "DUMP")]
    dump: Option<PathBuf>,
    /// Do everything, report it, and undo it.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask first.
    #[arg(long)]
    yes: bool,
    /// Replace names, texts and addresses by made-up ones, for a database to try things on.
    #[arg(long)]
    anonymise: bool,
    /// The folder of the old system's uploaded files, to be copied too.
    #[arg(long, value_name = "FOLDER")]
    uploads: Option<PathBuf>,
    /// Where to list every rejected document, conflict and missing file, one JSON object on each line; in the data folder if
    /// this is not given.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Report as one JSON object.
    #[arg(long, global = true)]
    json: bool,
    /// The database to read, where the dump has several.
    #[arg(long, global = true, value_name = "NAME")]
    database: Option<String>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Read and check a dump, and show what an import would do with it.
    Check {
        /// A dump in any form that `mongodump` has, or `-` for standard input.
        #[arg(value_name = "DUMP")]
        dump: PathBuf,
    },
    /// Show what became of a document, and what of it is in no row.
    Show {
        /// The name of the old system's model, such as `Notification`.
        collection: String,
        /// Its `_id`.
        id: String,
    },
}

/// Does it.
///
/// # Errors
/// When the dump or the database cannot be used. Then nothing was changed.
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
        .with_context(|| format!("cannot make the folder `{}`", config.data.dir.display()))?;
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
        writeln!(out, "the dump is sound")?;
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
    if must_ask && !agreed(config, path)? {
        bail!("nothing was imported");
    }
    let mut database = Exclusive::open(&config.location())?;
    let digest = plan.digest.get(..DIGITS).unwrap_or(&plan.digest);
    let in_data = || config.data.dir.join(format!("import-{digest}.jsonl"));
    let list = args.report.clone().unwrap_or_else(&in_data);
    let options = Options {
        now: now(),
        dry_run: args.dry_run,
        anonymise: args.anonymise,
        uploads: args.uploads.clone().map(|from| (from, config.data.dir.join("uploads"))),
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
        // The same dump again writes no list; the one that the first run wrote may still be there.
        let list = if report.unchanged { Some(in_data()).filter(|list| list.is_file()) } else { Some(list) };
        let (total, is_truncated) = (report.total(), report.is_truncated());
        let answer = json!({
            "dryRun": args.dry_run, "report": report, "total": total, "truncated": is_truncated, "list": list,
        });
        writeln!(out, "{answer}")?;
    } else {
        show_report(&mut out, &report)?;
        if has_remarks(&report) && !report.unchanged {
            writeln!(out, "every rejection, conflict and missing file is in `{}`", list.display())?;
        }
        let has_copied = report.uploads.as_ref().is_some_and(|files| files.copied > 0);
        let what = match (args.dry_run, report.unchanged) {
            (_, true) if has_copied => "this dump was imported before: only files were copied",
            (_, true) => "this dump was imported before: there was nothing to do",
            (true, false) => "dry run: everything was done and undone",
            (false, false) => "imported",
        };
        writeln!(out, "{what}, in {:.1} s", begun.elapsed().as_secs_f64())?;
    }
    Ok(if has_remarks(&report) { ExitCode::from(WITH_REMARKS) } else { ExitCode::SUCCESS })
}

fn has_remarks(report: &Report) -> bool {
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

fn agreed(config: &Config, path: &Path) -> anyhow::Result<bool> {
    if path == Path::new("-") || !io::stdin().is_terminal() {
        bail!("nobody can be asked here; say `--yes`, or `--dry-run` first");
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
    writeln!(out, "{:32} {:>9} {:>12}  goes to", "collection", "documents", "size")?;
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
        "files: {} named, {} copied ({size}), {} missing",
        files.named,
        files.copied,
        files.missing.len()
    )?;
    let (missing, other) = (&files.missing, &files.of_another_size);
    show_some(out, missing.iter().map(|file| format!("missing: {file}")), missing.len() as u64)?;
    let others = other.iter().map(|file| format!("not as long as it was: {file}"));
    show_some(out, others, other.len() as u64)
}

/// The first lines of `total`.
fn show_some(out: &mut impl Write, lines: impl Iterator<Item = String>, total: u64) -> io::Result<()> {
    lines.take(SHOWN).try_for_each(|line| writeln!(out, "{line}"))?;
    match total.saturating_sub(SHOWN as u64) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}

fn show(config: &Config, collection: &str, id: &str) -> anyhow::Result<ExitCode> {
    let mut database = Exclusive::open(&config.location())?;
    let found = import::find(&mut database, collection, id)?;
    let Some(found) = found else { bail!("no import brought a `{collection}` with the id {id}") };
    writeln!(io::stdout().lock(), "{}", serde_json::to_string_pretty(&found)?)?;
    Ok(ExitCode::SUCCESS)
}
