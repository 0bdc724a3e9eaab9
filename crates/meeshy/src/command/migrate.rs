//! `meeshy migrate`: migrates the database schema without serving.

use crate::config::Config;
use meeshy_store::Store;
use serde_json::json;
use std::io::{self, Write};

/// How to report the result.
#[derive(clap::Args)]
pub struct MigrateArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Opens the database, which migrates it, and reports what was done. Fails if the database is from a newer
/// version of the program.
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
    let state = if migrated.applied.is_empty() { "was already up to date" } else { "is now up to date" };
    writeln!(out, "{location} {state}, at migration {}", migrated.version)?;
    Ok(())
}
