//! Logs to standard error: text, or one JSON object per line.

use crate::config::Log;
use anyhow::{Context, ensure};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Initializes logging.
///
/// # Errors
/// If the level is invalid.
pub fn start(config: &Log) -> anyhow::Result<()> {
    let filter = filter(&config.level)?;
    let mut subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // If standard error is closed, the formatter would panic when it reports the write error.
    subscriber = subscriber.log_internal_errors(false);
    if !std::io::stderr().is_terminal() {
        subscriber = subscriber.with_ansi(false);
    }
    let started = if config.json { subscriber.json().try_init() } else { subscriber.compact().try_init() };
    started.map_err(|error| anyhow::anyhow!("failed to initialize logging: {error}"))
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let complaint = || {
        format!(
            "log.level: `{level}` is not a level; use error, warn, info, debug, trace, or directives such as `info,meeshy_chat=debug`"
        )
    };
    // `EnvFilter` would take an unknown level for a module name, and silence all others.
    let is_level = |word: &str| word.trim().parse::<LevelFilter>().is_ok();
    ensure!(level.split(',').any(is_level) || level.contains('='), complaint());
    // What a decoder says about an uploaded file is of no use to an operator, and may quote the file.
    EnvFilter::try_new(format!("symphonia=off,{level}")).with_context(complaint)
}
