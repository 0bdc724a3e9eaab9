//! Another reader of BSON.

use std::path::Path;
use std::process::Command;

/// What the `bson` of pymongo finds in a dump: name, count and digest of each collection.
pub fn read_with_python(dump: &Path) -> Vec<(String, u64, String)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python");
    assert!(
        python.exists(),
        "another reader is missing; set it up with: scripts/test-python {}",
        folder.display()
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/read_dump.py");
    let output = Command::new(python).arg(script).arg(dump).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
