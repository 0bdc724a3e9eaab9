//! What another reader finds in an export: the `bson` of pymongo.

use crate::support::{export, import, write_corpus};
use meeshy_legacy::corpus::Corpus;
use meeshy_testkit::Database;
use std::path::Path;
use std::process::Command;

/// What the other reader finds: name, count and digest of each collection.
fn read_with_python(dump: &Path) -> Vec<(String, u64, String)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python");
    assert!(
        python.exists(),
        "another reader is missing; set it up with: scripts/test-python {}",
        folder.display()
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dump/read_dump.py");
    let output = Command::new(python).arg(script).arg(dump).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn another_reader_finds_in_an_export_what_was_imported() {
    let folder = tempfile::tempdir().unwrap();
    let dump = write_corpus(&Corpus::new(2, 1), &folder.path().join("dump"));
    let database = Database::sqlite();
    import(database.location(), &dump);
    let back = export(database.location());
    assert_eq!(read_with_python(&back.path()), read_with_python(&folder.path().join("dump")));
}
