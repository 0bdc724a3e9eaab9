//! Any archive or tar, compressed or not: it is rejected with a position, or what is read from it can be
//! written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meeshy_legacy::dump::{self, Dump, DumpError, Outgoing, Source};
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let dump = match open(bytes.to_vec()) {
        Ok(dump) => dump,
        Err(DumpError::Unreadable { .. } | DumpError::Spool { .. } | DumpError::Changed { .. }) => {
            panic!("memory can be read")
        }
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            return;
        }
    };
    let mut again = Vec::new();
    let database = dump.database().expect("no single collection");
    dump::write_archive(&mut again, database, outgoing(&dump)).expect("memory can be written");
    // A name too long for an archive is possible in a tar.
    if dump.collections().iter().all(|it| it.name().len() + database.len() <= 255 && !it.name().is_empty()) {
        assert_eq!(open(again).expect("what was just written").digest(), dump.digest());
    }
});

fn open(bytes: Vec<u8>) -> Result<Dump, DumpError> {
    dump::open(Source::stream("the input", Cursor::new(bytes)))
}

fn outgoing(dump: &Dump) -> Vec<Outgoing<'_>> {
    dump.collections()
        .iter()
        .map(|collection| Outgoing {
            name: collection.name().to_owned(),
            indexes: Vec::new(),
            documents: Box::new(
                collection
                    .read()
                    .expect("a temporary file")
                    .map(|document| Ok(document.expect("a document").raw)),
            ),
        })
        .collect()
}
