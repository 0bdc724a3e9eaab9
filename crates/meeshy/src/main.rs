//! `meeshy`: the program. Command line, configuration and wiring; no logic.

mod command;
mod config;
mod demo;
mod engines;
mod interfaces;
mod logging;
mod private;
mod puller;
mod signals;
mod signing_key;

use anyhow::Context;
use clap::{Parser, Subcommand};
use config::Log;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

// Measured: uses less memory per connection than the system's allocator (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A messenger in which everyone writes in their own language, and everyone reads in their own language.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The configuration file [default: `meeshy.toml` in the current folder, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the messenger: web client, gateway, translation, database
    Serve(command::serve::ServeArgs),
    /// Show the effective configuration, with secrets masked, and where each value came from
    Config(command::config::ConfigArgs),
    /// Migrate the database schema; `serve` does so too
    Migrate(command::migrate::MigrateArgs),
    /// Add and list accounts, change roles and passwords, disable accounts
    #[command(subcommand)]
    User(command::user::UserCommand),
    /// Archive old notifications, show the archive, or restore from it
    #[command(subcommand)]
    Notifications(command::notifications::NotificationsCommand),
    /// Translate a text, or standard input line by line
    Translate(command::translate::TranslateArgs),
    /// Show which languages can be translated, over which route, how well and at what cost
    Languages(command::languages::LanguagesArgs),
    /// List, download, verify and remove translation models
    Models(command::models::ModelsArgs),
    /// Import the data of the old system from a dump of its MongoDB
    Import(Box<command::import::ImportArgs>),
    /// Export everything as a dump that the old system can load
    Export(command::export::ExportArgs),
}

fn main() -> ExitCode {
    private::by_default();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(Cli::parse()));
            // Do not wait for threads that are still blocked, for example by an unresponsive database.
            runtime.shutdown_background();
            outcome
        });
    match outcome {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed.
            let _ = writeln!(std::io::stderr(), "meeshy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = configuration_file(cli.config)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let (config, effective) = config::load(file, |name| std::env::var(name).ok())?;
    match cli.command {
        Command::Serve(args) => command::serve::run(args, config).await?,
        Command::Config(args) => command::config::run(&args, &effective)?,
        Command::Migrate(args) => command::migrate::run(&args, &config).await?,
        Command::User(command) => command::user::run(command, &config).await?,
        Command::Notifications(command) => command::notifications::run(command, &config).await?,
        Command::Translate(args) => {
            // Such as why an installed engine is not used.
            logging::start(&Log { level: "warn".to_owned(), ..config.log.clone() })?;
            command::translate::run(args, config.translation()).await?;
        }
        Command::Languages(args) => command::languages::run(args, config.translation()).await?,
        Command::Models(args) => command::models::run(args, config.translation()).await?,
        // It blocks, and the PostgreSQL client must not block a runtime thread.
        Command::Import(args) => {
            return tokio::task::spawn_blocking(move || command::import::run(&args, &config)).await?;
        }
        Command::Export(args) => {
            tokio::task::spawn_blocking(move || command::export::run(&args, &config)).await??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn configuration_file(named: Option<PathBuf>) -> anyhow::Result<Option<(PathBuf, String)>> {
    let path = named.clone().unwrap_or_else(|| "meeshy.toml".into());
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("failed to read the configuration `{}`", path.display()))
        }
    }
}

/// Whether the reader of our output has closed it, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
