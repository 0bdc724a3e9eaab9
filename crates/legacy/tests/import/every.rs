//! One complete document of each collection: every field gets into its column, and none is left for the
//! ledger.

use crate::support::{import, rows, small, whole};
use bson::{Bson, Document};
use meeshy_legacy::mapping::SOURCES;
use meeshy_store::{Ending, Exclusive, StoreError};
use meeshy_testkit::rows::shown;
use meeshy_testkit::{Database, both_databases};

#[both_databases]
fn every_field_of_every_collection_has_a_column(database: Database) {
    let mut dumped: Vec<(&str, Vec<Document>)> = Vec::new();
    let mut expected = Vec::new();
    for (number, source) in (1..).zip(SOURCES) {
        for (place, mapping) in source.shape.mappings().iter().enumerate() {
            // Three collections contain read positions; the last of them has every field.
            if mapping.spans_collections && source.collection != "ConversationReadCursor" {
                continue;
            }
            if mapping.table == "message_statuses" && source.collection != "MessageStatusEntry" {
                continue;
            }
            let (document, columns) = whole(mapping, number * 2 + u8::try_from(place).unwrap());
            let id = match document.get("_id") {
                Some(Bson::ObjectId(id)) => id.to_hex(),
                _ => "key-1".into(),
            };
            expected.push((source.collection, mapping.table, id, columns));
            dumped.push((source.collection, vec![document]));
        }
    }
    let dump = small(&dumped);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(report.rejections, []);
    assert_eq!(report.total().inserted, expected.len() as u64);
    for (collection, table, id, columns) in &expected {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let sql = format!("SELECT {} FROM {table} WHERE id = '{id}'", names.join(", "));
        let found = rows(at, &sql, &names);
        assert_eq!(found.len(), 1, "{collection}");
        for ((name, text), value) in columns.iter().zip(&found[0]) {
            assert_eq!(shown(value), *text, "{collection} {name}");
        }
        let entry = Exclusive::open(at).unwrap().transaction::<_, StoreError>(|tx| {
            Ok((meeshy_store::legacy::find(tx, collection, id)?, Ending::Undo))
        });
        let entry = entry.unwrap().unwrap();
        assert_eq!(entry.note, None, "{collection}");
        let rest = entry.rest.map(|rest| bson::RawDocumentBuf::from_bytes(rest).unwrap());
        let rest = rest.iter().flat_map(|rest| rest.iter()).map(|it| it.unwrap().0.as_str());
        // The original password hash is kept, because signing in here replaces it with one that the old
        // system cannot verify.
        let kept: &[&str] = if *collection == "User" { &["password", "lastPasswordChange"] } else { &[] };
        assert_eq!(rest.collect::<Vec<_>>(), kept, "{collection}");
    }
}
