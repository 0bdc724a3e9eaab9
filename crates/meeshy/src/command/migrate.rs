//! `meeshy migrate`: the schema, brought up to date without serving.

use crate::config::Config;
use meeshy_store::Store;
use serde_json::json;
use std::io::{self, Write};

/// How to report.
#[derive(clap::Args)]
pub struct MigrateArgs {
    /// As one JSON object.
    #[arg(long)]
    json: bool,
}

/// Opens the database, which migrates it, and says what was done.
///
/// # Errors
/// When the database cannot be opened, or is from a newer version of the program.
pub async fn run(args: &MigrateArgs, config: &Config) -> anyhow::Result<()> {
    let location = config.location();
    let (_store, migrated) = Store::open_and_migrate(&location).await?;
    let mut out = io::stdout().lock();
    if args.json {
        let report = json!({ "database": location.to_string(), "version": migrated.version, "applied": migrated.applied });
        writeln!(out, "{report}")?;
        return Ok(());
    }
    for name in &migrated.applied {
        writeln!(out, "applied {name}")?;
    }
    let state = if migrated.applied.is_empty() { "was up to date" } else { "is up to date now" };
    writeln!(out, "{location} {state}, at migration {}", migrated.version)?;
    Ok(())
}
