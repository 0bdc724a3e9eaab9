//! What another reader finds in our dumps: the `bson` of pymongo.

use crate::support::{FORMS, database, outgoing};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Written};
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
    let output = Command::new(python).arg(script).arg(dump).output().expect("a Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("what the script prints")
}

fn summary(written: &[Written]) -> Vec<(String, u64, String)> {
    let mut all: Vec<_> =
        written.iter().map(|it| (it.name.clone(), it.documents, it.digest.to_string())).collect();
    all.sort();
    all
}

#[test]
fn another_reader_finds_the_same_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in FORMS {
        let path = folder.path().join(format!("{form:?}"));
        let database = database();
        let written = dump::write(&path, form, "meeshy", outgoing(&database)).expect("a dump");
        assert_eq!(read_with_python(&path), summary(&written), "{form:?}");
    }
}

#[test]
fn another_reader_finds_the_same_in_the_old_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Corpus::new(1, 1);
    for form in [FORMS[0], FORMS[3]] {
        let path = folder.path().join(format!("{form:?}"));
        let written = dump::write(&path, form, "meeshy", corpus.outgoing()).expect("a dump");
        assert_eq!(read_with_python(&path), summary(&written), "{form:?}");
    }
}
