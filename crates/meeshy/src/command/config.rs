//! `meeshy config`: shows the effective configuration and where each value came from.

use crate::config::{Effective, settings};
use meeshy_domain::secret::MASK;
use serde_json::json;
use std::io::{self, Write};

/// How to show the configuration.
#[derive(clap::Args)]
pub struct ConfigArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print the reference of all settings, as in docs/configuration.md
    #[arg(long, conflicts_with = "json")]
    reference: bool,
}

/// Prints the configuration.
pub fn run(args: &ConfigArgs, effective: &[Effective]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if args.reference {
        write!(out, "{}", settings::reference())?;
    } else if args.json {
        let object: serde_json::Map<_, _> = effective
            .iter()
            .map(|entry| {
                (
                    entry.setting.key.to_owned(),
                    json!({ "value": json_value(entry), "source": entry.source.to_string() }),
                )
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
    } else {
        for entry in effective {
            writeln!(out, "{:36} = {:40} # {}", entry.setting.key, shown(entry), entry.source)?;
        }
    }
    Ok(())
}

fn shown(entry: &Effective) -> String {
    match entry.shown() {
        None => "(not set)".into(),
        Some(_) if entry.setting.secret => MASK.into(),
        Some(value) => value.to_string(),
    }
}

fn json_value(entry: &Effective) -> serde_json::Value {
    entry.shown().map_or(serde_json::Value::Null, |value| serde_json::to_value(value).unwrap_or_default())
}
