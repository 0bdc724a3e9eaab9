//! What Linux says about a process.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Ticks of `/proc/<pid>/stat` in a second: 100 in every Linux that programs see (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// The processor time that a process and its finished threads have used, in the program and in the kernel for it.
///
/// # Errors
/// When the process is gone.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    parse_cpu_time(&stat).with_context(|| format!("`{path}` has not the expected shape"))
}

/// Fields 14 (`utime`) and 15 (`stime`) of proc(5). The name, field 2, may hold spaces and brackets.
fn parse_cpu_time(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// The time that all processors have been busy, with whatever.
///
/// # Errors
/// When this is not Linux.
pub fn busy_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").context("cannot read `/proc/stat`")?;
    parse_busy_time(&stat).context("`/proc/stat` has not the expected shape")
}

/// The first line of proc_stat(5): `cpu user nice system idle iowait irq softirq steal …`.
fn parse_busy_time(stat: &str) -> Option<Duration> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks[..] else { return None };
    Some(Duration::from_millis((user + nice + system + irq + softirq + steal) * 1000 / TICKS_PER_SECOND))
}

/// Bytes of memory that a process has in use (`VmRSS`).
///
/// # Errors
/// When the process is gone.
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    parse_resident(&status).with_context(|| format!("`{path}` has not the expected shape"))
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The processor of the generator; the servers have the first.
pub const OWN_CPU: usize = 1;

/// Keeps this thread and those that it starts on these processors, so that they take nothing from the server's.
///
/// # Errors
/// When there is no such processor.
pub fn pin_to(cpus: &[usize]) -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    cpus.iter().for_each(|&cpu| set.set(cpu));
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// Asks a process to stop.
///
/// # Errors
/// When there is none.
pub fn terminate(pid: u32) -> anyhow::Result<()> {
    run("kill", &["-TERM", &pid.to_string()])
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run `{program}`; it is in Debian's `util-linux` or `procps`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program} {}` failed: {}", arguments.join(" "), said.trim());
    Ok(())
}

/// The first line that a program prints, such as its version.
///
/// # Errors
/// When it cannot be run.
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
    fn times_are_read_past_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 1 0 5 1 1";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(parse_cpu_time("7 (a) S 1"), None);
    }

    #[test]
    fn being_busy_is_all_but_waiting() {
        let stat = "cpu  10 1 5 1000 500 1 2 1 0 0\ncpu0 1 1 1 1\n";
        assert_eq!(parse_busy_time(stat), Some(Duration::from_millis(200)));
        assert_eq!(parse_busy_time("cpu  1 2 3\n"), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }
}
