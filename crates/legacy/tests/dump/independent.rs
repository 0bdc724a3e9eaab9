//! An independent reader of our dumps: pymongo's `bson`.

use super::support::{FORMS, database, outgoing};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Written};
use meeshy_testkit::python::read_dump;

fn summary(written: &[Written]) -> Vec<(String, u64, String)> {
    let mut all: Vec<_> =
        written.iter().map(|it| (it.name.clone(), it.documents, it.digest.to_string())).collect();
    all.sort();
    all
}

#[test]
fn an_independent_reader_reads_the_same_from_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in FORMS {
        let path = folder.path().join(format!("{form:?}"));
        let database = database();
        let written = dump::write(&path, form, "meeshy", outgoing(&database)).expect("a dump");
        assert_eq!(read_dump(env!("CARGO_TARGET_TMPDIR"), &path), summary(&written), "{form:?}");
    }
}

#[test]
fn an_independent_reader_reads_the_same_from_the_old_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Corpus::new(1, 1);
    for form in [FORMS[0], FORMS[3]] {
        let path = folder.path().join(format!("{form:?}"));
        let written = dump::write(&path, form, "meeshy", corpus.outgoing()).expect("a dump");
        assert_eq!(read_dump(env!("CARGO_TARGET_TMPDIR"), &path), summary(&written), "{form:?}");
    }
}
