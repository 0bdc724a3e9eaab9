//! An export read by an independent reader: the `bson` of pymongo.

use crate::support::{export, import, write_corpus};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::Form;
use meeshy_testkit::Database;
use meeshy_testkit::python::read_dump;

#[test]
fn an_independent_reader_finds_the_imported_documents_in_an_export() {
    let folder = tempfile::tempdir().unwrap();
    let dump = write_corpus(&Corpus::new(2, 1), &folder.path().join("dump"), Form::Folder);
    let database = Database::sqlite();
    import(database.location(), &dump);
    let back = export(database.location());
    assert_eq!(
        read_dump(env!("CARGO_TARGET_TMPDIR"), &back.path()),
        read_dump(env!("CARGO_TARGET_TMPDIR"), &folder.path().join("dump"))
    );
}
