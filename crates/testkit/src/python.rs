//! Programs of others in Python, which `scripts/test-python` sets up.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python of these programs. `folder` is the `CARGO_TARGET_TMPDIR` of the test.
///
/// # Panics
/// When none was set up, with the command that does it.
#[must_use]
pub fn python(folder: &str) -> PathBuf {
    let folder = Path::new(folder).join("python");
    let python = folder.join("bin/python");
    assert!(
        python.exists(),
        "a Python for tests is missing; set it up with: scripts/test-python {}",
        folder.display()
    );
    python
}

/// What the `bson` of pymongo finds in a dump: name, count and digest of each collection. `folder` is the `CARGO_TARGET_TMPDIR`
/// of the test.
///
/// # Panics
/// When the dump cannot be read, or no Python was set up, with the command that does it.
#[must_use]
pub fn read_dump(folder: &str, dump: &Path) -> Vec<(String, u64, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("read_dump.py");
    let output = Command::new(python(folder)).arg(script).arg(dump).output().expect("a Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("what the script prints")
}
