//! Logs go to standard error: sentences with fields, or one JSON object a line.

use crate::config::Log;
use anyhow::{Context, ensure};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Starts logging as configured.
///
/// # Errors
/// When the level is none.
pub fn start(config: &Log) -> anyhow::Result<()> {
    let filter = filter(&config.level)?;
    let mut subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It would complain on the standard error that nobody reads any more, and panic.
    subscriber = subscriber.log_internal_errors(false);
    if !std::io::stderr().is_terminal() {
        subscriber = subscriber.with_ansi(false);
    }
    let started = if config.json { subscriber.json().try_init() } else { subscriber.compact().try_init() };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let complaint = || {
        format!(
            "log.level: `{level}` is no level; use error, warn, info, debug, trace, or directives such as `info,meeshy_chat=debug`"
        )
    };
    // To the filter, a word that is no level is the name of a module, and all others fall silent.
    let is_level = |word: &str| word.trim().parse::<LevelFilter>().is_ok();
    ensure!(level.split(',').any(is_level) || level.contains('='), complaint());
    EnvFilter::try_new(level).with_context(complaint)
}
