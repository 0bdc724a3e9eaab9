//! What another reader finds in an export: the `bson` of pymongo.

use crate::support::{export, import, read_with_python, write_corpus};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::Form;
use meeshy_testkit::Database;

#[test]
fn another_reader_finds_in_an_export_what_was_imported() {
    let folder = tempfile::tempdir().unwrap();
    let dump = write_corpus(&Corpus::new(2, 1), &folder.path().join("dump"), Form::Folder);
    let database = Database::sqlite();
    import(database.location(), &dump);
    let back = export(database.location());
    assert_eq!(read_with_python(&back.path()), read_with_python(&folder.path().join("dump")));
}
