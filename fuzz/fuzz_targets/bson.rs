//! Any file of documents: it is rejected, or `bson` can parse every value in it, to the last byte, except
//! documents whose text is not UTF-8.

#![no_main]

use bson::Document;
use libfuzzer_sys::fuzz_target;
use meeshy_legacy::dump::{self, Source};
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static FILE: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("User.bson"));

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("a file");
    let Ok(dump) = dump::open(Source::path(&*FILE).spool_in(FOLDER.path())) else { return };
    let [users] = dump.collections() else { panic!("one file is one collection") };
    let mut documents = 0;
    for document in users.read().expect("a file that was just read") {
        let document = document.expect("nothing changed");
        if document.bad_text.is_none() {
            Document::try_from(&*document.raw).expect("what was found sound");
        }
        documents += 1;
    }
    assert_eq!(users.documents(), documents);
    // Compressed data is larger when decompressed.
    assert!(users.bytes() == bytes.len() as u64 || bytes.starts_with(&[0x1F, 0x8B]));
});
