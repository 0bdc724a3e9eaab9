//! Third-party Python programs, installed by `scripts/test-python`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python interpreter with these programs. `folder` is the `CARGO_TARGET_TMPDIR` of the test.
///
/// # Panics
/// If it is not installed; the message says how to install it.
#[must_use]
pub fn python(folder: &str) -> PathBuf {
    let folder = Path::new(folder).join("python");
    let python = folder.join("bin/python");
    assert!(
        python.exists(),
        "the Python environment for tests is missing; create it with: scripts/test-python {}",
        folder.display()
    );
    python
}

/// Reads a dump with pymongo's `bson`: name, count and digest of each collection. `folder` is the
/// `CARGO_TARGET_TMPDIR` of the test.
///
/// # Panics
/// If the dump cannot be read, or no Python is installed; the message says how to install it.
#[must_use]
pub fn read_dump(folder: &str, dump: &Path) -> Vec<(String, u64, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("read_dump.py");
    let output = Command::new(python(folder)).arg(script).arg(dump).output().expect("a Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}
