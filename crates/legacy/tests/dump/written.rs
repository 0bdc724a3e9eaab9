//! Dumps that cannot be written leave nothing behind.

use super::support::{FORMS, database, outgoing};
use bson::rawdoc;
use meeshy_legacy::dump::{self, Form, Outgoing, Source};
use std::path::Path;

fn one<'a>(
    name: &str,
    documents: impl Iterator<Item = Result<bson::RawDocumentBuf, dump::SourceError>> + 'a,
) -> Outgoing<'a> {
    Outgoing { name: name.to_owned(), indexes: Vec::new(), documents: Box::new(documents) }
}

/// Tries to write a dump that cannot be written, and returns the error.
fn failure(folder: &Path, form: Form, collections: Vec<Outgoing<'_>>) -> String {
    let error = dump::write(&folder.join("dump"), form, "meeshy", collections).expect_err("a failure");
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), 0, "{form:?} leaves nothing");
    error.to_string()
}

#[test]
fn a_failed_dump_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in FORMS {
        let broken = one("User", [Ok(rawdoc! { "_id": 1 }), Err("the disk is gone".into())].into_iter());
        assert_eq!(
            failure(folder.path(), form, vec![broken]),
            "failed to read the documents of `User`: the disk is gone"
        );
        let long = one("User", std::iter::once(Ok(rawdoc! { "a": "x".repeat(16 * 1024 * 1024) })));
        assert_eq!(
            failure(folder.path(), form, vec![long]),
            "a document of `User` has 16777229 bytes, more than MongoDB allows"
        );
        let twice = vec![one("User", std::iter::empty()), one("User", std::iter::empty())];
        assert_eq!(failure(folder.path(), form, twice), "the collection `User` would be written twice");
    }
}

#[test]
fn leftovers_of_a_killed_run_do_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump");
    let partial = folder.path().join("dump.partial");
    for form in FORMS {
        std::fs::create_dir_all(partial.join("meeshy")).expect("a folder");
        std::fs::write(partial.join("meeshy/User.bson"), "half of it").expect("a file");
        let database = database();
        dump::write(&path, form, "meeshy", outgoing(&database)).expect("a dump");
        assert!(dump::open(Source::path(&path)).is_ok() && !partial.exists(), "{form:?}");
        std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path)).expect("gone");
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump");
    std::fs::write(&path, "precious").expect("a file");
    let database = database();
    for form in FORMS {
        let error = dump::write(&path, form, "meeshy", outgoing(&database)).expect_err("it exists");
        assert_eq!(error.to_string(), format!("`{}` already exists", path.display()));
    }
    assert_eq!(std::fs::read(&path).expect("a file"), b"precious");
}
