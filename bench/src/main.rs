//! `meeshy-bench`: compares Meeshy with its peers on this machine (docs/benchmarks.md).
//!
//! The generator runs on one thread of the second processor; the servers have the first one. The value
//! `generator busy` shows whether the generator limits a rate.

mod crowd;
mod figures;
mod latency;
mod machine;
mod measure;
mod meter;
mod pace;
mod people;
mod postgres;
mod process;
mod rounds;
mod server;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use figures::Table;
use machine::Machine;
use rounds::{Databases, Plan, progress};
use serde::Serialize;
use server::Programs;
use std::path::{Path, PathBuf};
use tokio::task::LocalSet;

/// Compare Meeshy with its peers on this machine
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// What to measure
    benchmark: Benchmark,
    /// The `meeshy` binary, a release build
    #[arg(long, value_name = "PATH")]
    meeshy: PathBuf,
    /// The Node.js binary, for the peers
    #[arg(long, value_name = "PATH", default_value = "node")]
    node: PathBuf,
    /// The folder of the peers, after `npm ci`
    #[arg(long, value_name = "FOLDER", default_value = "bench/peers")]
    peers: PathBuf,
    /// Two short rounds instead of five: shows that everything works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Measure B3 and B13 on one database only
    #[arg(long, value_enum, default_value_t = Databases::Both)]
    database: Databases,
    /// Print JSON instead of Markdown
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// All benchmarks
    All,
    /// Fan-out: processor time per delivery
    B1,
    /// Memory per idle connection
    B2,
    /// Durable messages per second
    B3,
    /// A room with many languages and an engine that takes two seconds
    B6,
    /// Sentences per second compared with the bare engine, bursts, and messages next to a long text
    B7,
    /// Startup time with an existing database
    B12,
    /// A room with 100,000 members
    B13,
    /// Time from sending a message to its translation at the reader
    T1,
}

#[derive(Serialize)]
struct Report {
    #[serde(skip)]
    is_json: bool,
    machine: Machine,
    tables: Vec<Table>,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let programs =
        Programs { meeshy: absolute(&cli.meeshy)?, node: cli.node.clone(), peers: absolute(&cli.peers)? };
    ensure!(
        programs.peers.join("node_modules").exists(),
        "the packages of the peers are not installed; run `npm ci` in `{}`",
        cli.peers.display()
    );
    process::pin_to(&[process::OWN_CPU])
        .context("two processors are required: one for the server, one for the load")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, run(&cli, programs))
}

/// The servers run in their own folders.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("`{}` does not exist", path.display()))
}

async fn run(cli: &Cli, programs: Programs) -> anyhow::Result<()> {
    let machine = Machine::inspect(&programs)?;
    let plan = Plan::new(programs, cli.quick, cli.database);
    let wanted = |benchmark| cli.benchmark == Benchmark::All || cli.benchmark == benchmark;
    let mut report = Report::begin(cli.json, machine);
    if wanted(Benchmark::B1) {
        progress("B1 fan-out");
        report.add(measure::fanout::measure(&plan).await?);
    }
    if wanted(Benchmark::B2) {
        progress("B2 memory per idle connection");
        report.add([measure::idle::measure(&plan).await?]);
    }
    if wanted(Benchmark::B3) {
        progress("B3 durable send");
        report.add(measure::durable::measure(&plan).await?);
    }
    if wanted(Benchmark::B6) {
        progress("B6 a slow engine");
        report.add([measure::slow_engine::measure(&plan, cli.quick).await?]);
    }
    if wanted(Benchmark::B7) {
        progress("B7 overhead of the translator");
        report.add(measure::engine::measure(&plan, cli.quick).await?);
    }
    if wanted(Benchmark::B12) {
        progress("B12 start on an existing database");
        report.add([measure::start::measure(&plan).await?]);
    }
    if wanted(Benchmark::B13) {
        progress("B13 a large room");
        report.add([measure::room::measure(&plan).await?]);
        report.add([measure::history::measure(&plan, cli.quick).await?]);
    }
    if wanted(Benchmark::T1) {
        progress("T1 translation");
        report.add([measure::translation::measure(&plan).await?]);
    }
    report.end()
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
impl Report {
    fn begin(is_json: bool, machine: Machine) -> Self {
        if !is_json {
            println!("{machine}");
        }
        Self { is_json, machine, tables: Vec::new() }
    }

    /// Prints tables at once, so that results are not lost if a later benchmark fails or is interrupted.
    fn add(&mut self, tables: impl IntoIterator<Item = Table>) {
        for table in tables {
            if !self.is_json {
                println!("{table}");
            }
            self.tables.push(table);
        }
    }

    fn end(self) -> anyhow::Result<()> {
        if self.is_json {
            println!("{}", serde_json::to_string_pretty(&self)?);
        }
        Ok(())
    }
}
