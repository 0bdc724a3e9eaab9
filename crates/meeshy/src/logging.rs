//! Logs go to standard error: sentences with fields, or one JSON object a line.

use crate::config::Log;
use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging as configured.
///
/// # Errors
/// When the level is none.
pub fn start(config: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.level)
        .with_context(|| format!("log.level: `{}` is no level", config.level))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A file is read without colours.
        .with_ansi(std::io::stderr().is_terminal());
    let started = if config.json { subscriber.json().try_init() } else { subscriber.compact().try_init() };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}
