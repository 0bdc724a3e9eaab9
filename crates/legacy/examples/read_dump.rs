//! Opens and reads a whole dump, and prints the time and memory used.
//!
//! ```text
//! cargo run --release -p meeshy-legacy --example read_dump -- /tmp/old.gz
//! ```

use anyhow::{Context as _, Result};
use meeshy_legacy::dump::{self, Source};
use std::time::Instant;

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("which dump?")?;
    let source = if path == "-" { Source::stdin() } else { Source::path(path) };
    let start = Instant::now();
    let dump = dump::open(source)?;
    let opened = start.elapsed();
    let (mut documents, mut bytes) = (0, 0);
    for collection in dump.collections() {
        for document in collection.read()? {
            documents += 1;
            bytes += document?.raw.as_bytes().len();
        }
    }
    println!("opened and checked in {opened:.2?}, read again in {:.2?}", start.elapsed() - opened);
    println!("{documents} documents, {bytes} bytes, digest {}", dump.digest());
    if let Some(peak) = peak_memory() {
        println!("peak memory {peak}");
    }
    dump.warnings().iter().for_each(|warning| println!("{warning}"));
    Ok(())
}

/// As measured by Linux.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
