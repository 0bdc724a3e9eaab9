//! Exporting an unchanged database reproduces the imported dump.

use crate::support::{differences, export, import, write_corpus};
use meeshy_legacy::corpus::{Corpus, DOCUMENTS};
use meeshy_legacy::dump::Form;
use meeshy_testkit::{Database, both_databases, rows};

/// The order of documents, which dumps do not guarantee, decides the numbers of layouts and which rejection
/// is reported first.
const ORDERED: [&str; 3] = ["legacy_layouts", "legacy_documents", "legacy_imports"];
/// The ledger with the layouts themselves.
const LEDGER: &str = "SELECT collection, id, digest, outcome, note, rest, row_digest, instead, kept_collection, kept_id, \
    name, fields FROM legacy_documents d JOIN legacy_layouts l ON l.number = d.layout ORDER BY collection, id";
const LEDGER_COLUMNS: [&str; 12] = [
    "collection",
    "id",
    "digest",
    "outcome",
    "note",
    "rest",
    "row_digest",
    "instead",
    "kept_collection",
    "kept_id",
    "name",
    "fields",
];

#[both_databases]
fn an_unchanged_database_is_exported_as_it_was_imported(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(1, 1).with_both_names();
    let dump = write_corpus(&corpus, &folder.path().join("dump"), Form::Folder);
    let at = database.location();
    import(at, &dump);
    let back = export(at);
    assert_eq!(differences(&dump, &back.dump), Vec::<String>::new());
    assert_eq!(back.dump.digest(), dump.digest());
    let total = back.report.total();
    assert!(total.documents >= DOCUMENTS as u64);
    assert_eq!((total.changed, total.new), (0, 0));
    assert_eq!(total.unchanged + total.archived, total.documents);
    assert_eq!(back.report.not_held, []);
    assert_eq!(export(at).dump.digest(), dump.digest(), "a second time");

    let again = database.another();
    import(again.location(), &back.dump);
    let ledger = |at| rows::read(at, |tx| rows::lines(tx, LEDGER, &LEDGER_COLUMNS));
    let read = |at| [rows::all(at, &ORDERED), ledger(at)].concat();
    let (one, other) = (read(at), read(again.location()));
    assert!(one == other, "{:?}", one.iter().zip(&other).find(|(one, other)| one != other));
}
