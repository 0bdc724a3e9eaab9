//! Inspects imported rows.

use meeshy_legacy::mapping::{Mapper, SOURCES};
use meeshy_store::{Location, Value};
use meeshy_testkit::rows::{lines, read, shown, values};

/// The rows of a query, each as its values.
pub fn rows(location: &Location, sql: &str, columns: &[&str]) -> Vec<Vec<Value>> {
    read(location, |tx| values(tx, sql, columns))
}

/// The only value of a query, as text.
pub fn one(location: &Location, sql: &str) -> String {
    let rows = rows(location, sql, &["it"]);
    let [row] = rows.as_slice() else { panic!("{sql}: {} rows", rows.len()) };
    shown(&row[0])
}

/// Everything that an import can write, one line per row.
pub fn everything(location: &Location) -> Vec<String> {
    const DERIVED: [(&str, &str); 4] = [
        ("read_cursors", "conversation_id, user_id, read_sequence"),
        ("conversations", "id, last_sequence, member_count, direct_key"),
        ("messages", "id, reaction_count, reaction_summary"),
        ("legacy_documents", "collection, id, digest, outcome, note, rest, row_digest"),
    ];
    let mappings = SOURCES.iter().flat_map(|source| source.shape.mappings());
    let mapped = mappings.map(|mapping| (mapping.table, Mapper::new(mapping).columns().join(", ")));
    let derived = DERIVED.map(|(table, columns)| (table, columns.to_owned()));
    read(location, |tx| {
        let mut all = Vec::new();
        for (table, columns) in mapped.chain(derived) {
            let sql = format!("SELECT {columns} FROM {table}");
            let rows = lines(tx, &sql, &columns.split(", ").collect::<Vec<_>>())?;
            all.extend(rows.into_iter().map(|line| format!("{table} {line}")));
        }
        all.sort_unstable();
        Ok(all)
    })
}
