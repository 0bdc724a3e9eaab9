//! The machine, and the versions of the programs.

use crate::process::first_line;
use crate::server::Programs;
use anyhow::Context;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// The environment of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The name of the processor.
    pub processor: String,
    /// The number of processors.
    pub processors: usize,
    /// Memory in GiB.
    pub memory_gib: u64,
    /// The kernel version.
    pub kernel: String,
    /// The median time of an `fdatasync` after 4 KiB, in milliseconds, where the servers store their data.
    pub fdatasync_ms: f64,
    /// The programs and their versions.
    pub versions: Vec<String>,
}

/// The number of writes of which the median is taken.
const SYNCS: usize = 200;

impl Machine {
    /// Inspects this machine and the programs.
    ///
    /// # Errors
    /// If a program cannot be run, or this is not Linux.
    pub fn inspect(programs: &Programs) -> anyhow::Result<Self> {
        let cpus = read("/proc/cpuinfo")?;
        let memory_kb = field(&read("/proc/meminfo")?, "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Ok(Self {
            processor: field(&cpus, "model name").unwrap_or_else(|| "unknown".to_owned()),
            processors: cpus.lines().filter(|line| line.starts_with("processor")).count(),
            memory_gib: memory_kb.unwrap_or_default().div_ceil(1024 * 1024),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            fdatasync_ms: fdatasync_ms()?,
            versions: versions(programs)?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} × {}, {} GiB, Linux {}; one `fdatasync` takes {:.2} ms. {}.",
            self.processors,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.fdatasync_ms,
            self.versions.join(", ")
        )
    }
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("failed to read `{path}`"))
}

/// The value after `name : `.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn fdatasync_ms() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile()?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[SYNCS / 2].as_secs_f64() * 1000.0)
}

fn versions(programs: &Programs) -> anyhow::Result<Vec<String>> {
    let mut versions = vec![first_line(&programs.meeshy, &["--version"])?];
    versions.push(format!("Node {}", first_line(&programs.node, &["--version"])?));
    let manifest = programs.peers.join("package.json");
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(&manifest).with_context(|| {
        format!("failed to read `{}`; pass the folder of the peers with --peers", manifest.display())
    })?)?;
    let packages = manifest["dependencies"].as_object().into_iter().flatten();
    versions.extend(packages.filter_map(|(name, version)| Some(format!("{name} {}", version.as_str()?))));
    if let Ok(apertium) = first_line(Path::new("apertium"), &["-V"]) {
        versions.push(apertium);
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_proc_is_found() {
        let text = "MemFree: 1 kB\nMemTotal:       24576 kB\n";
        assert_eq!(field(text, "MemTotal").as_deref(), Some("24576 kB"));
        assert_eq!(field(text, "Swap"), None);
    }
}
