//! Linux process statistics.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Ticks per second in `/proc/<pid>/stat`: 100 on every Linux (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// The user and system time of a process and its finished threads.
///
/// # Errors
/// If the process is gone.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("failed to read `{path}`"))?;
    parse_cpu_time(&stat).with_context(|| format!("`{path}` has an unexpected format"))
}

/// Fields 14 (`utime`) and 15 (`stime`) of proc(5). The name, field 2, may contain spaces and brackets.
fn parse_cpu_time(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// The total busy time of all processors.
///
/// # Errors
/// If this is not Linux.
pub fn busy_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").context("failed to read `/proc/stat`")?;
    parse_busy_time(&stat).context("`/proc/stat` has an unexpected format")
}

/// The first line of proc_stat(5): `cpu user nice system idle iowait irq softirq steal …`.
fn parse_busy_time(stat: &str) -> Option<Duration> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks[..] else { return None };
    Some(Duration::from_millis((user + nice + system + irq + softirq + steal) * 1000 / TICKS_PER_SECOND))
}

/// The resident memory of a process (`VmRSS`), in bytes.
///
/// # Errors
/// If the process is gone.
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("failed to read `{path}`"))?;
    parse_resident(&status).with_context(|| format!("`{path}` has an unexpected format"))
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The processor of the servers.
pub const SERVER_CPU: usize = 0;
/// The processor of the generator.
pub const OWN_CPU: usize = 1;

/// Pins this thread and those that it starts to these processors, so that they take nothing from the
/// server's.
///
/// # Errors
/// If there is no such processor.
pub fn pin_to(cpus: &[usize]) -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    cpus.iter().for_each(|&cpu| set.set(cpu));
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// Sends `SIGTERM` to a process.
///
/// # Errors
/// If it does not exist.
pub fn terminate(pid: u32) -> anyhow::Result<()> {
    run("kill", &["-TERM", &pid.to_string()])
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("failed to run `{program}`; it is in Debian's `util-linux` or `procps`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program} {}` failed: {}", arguments.join(" "), said.trim());
    Ok(())
}

/// The first line that a program prints, such as its version.
///
/// # Errors
/// If it cannot be run.
pub fn first_line(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run `{}`", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_after_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 1 0 5 1 1";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(parse_cpu_time("7 (a) S 1"), None);
    }

    #[test]
    fn busy_time_excludes_idle_and_iowait() {
        let stat = "cpu  10 1 5 1000 500 1 2 1 0 0\ncpu0 1 1 1 1\n";
        assert_eq!(parse_busy_time(stat), Some(Duration::from_millis(200)));
        assert_eq!(parse_busy_time("cpu  1 2 3\n"), None);
    }

    #[test]
    fn memory_is_parsed_in_bytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }
}
