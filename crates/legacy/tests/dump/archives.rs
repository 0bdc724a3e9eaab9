//! Archives: interleaved blocks, and every possible flaw.

use super::support::{ReadCollection, try_read};
use bson::{RawDocumentBuf, rawdoc};
use crc::{CRC_64_XZ, Crc};
use meeshy_legacy::dump::{self, Source};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TERMINATOR: [u8; 4] = [0xFF; 4];

/// An archive that is built by hand.
#[derive(Clone)]
pub struct Archive(pub Vec<u8>);

impl Archive {
    /// The start of an archive of these collections of `meeshy`.
    pub fn of(collections: &[&str]) -> Self {
        Self::described(collections.iter().map(|name| ("meeshy", *name, "collection")))
    }

    fn described<'a>(collections: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let mut bytes = vec![0x6D, 0xE2, 0x99, 0x81];
        bytes.extend(rawdoc! { "concurrent_collections": 4, "version": "0.1" }.as_bytes());
        for (database, name, kind) in collections {
            let record =
                rawdoc! { "db": database, "collection": name, "metadata": "", "size": 0, "type": kind };
            bytes.extend(record.as_bytes());
        }
        bytes.extend(TERMINATOR);
        Self(bytes)
    }

    fn header(self, name: &str, end: bool, checksum: i64) -> Self {
        self.raw(rawdoc! { "db": "meeshy", "collection": name, "EOF": end, "CRC": checksum }.as_bytes())
    }

    pub fn block(self, name: &str, documents: &[RawDocumentBuf]) -> Self {
        let begun = self.header(name, false, 0);
        documents.iter().fold(begun, |archive, document| archive.raw(document.as_bytes())).raw(&TERMINATOR)
    }

    pub fn close(self, name: &str, documents: &[RawDocumentBuf]) -> Self {
        let bytes: Vec<u8> = documents.iter().flat_map(|document| document.as_bytes().to_vec()).collect();
        let checksum = Crc::<u64>::new(&CRC_64_XZ).checksum(&bytes);
        self.header(name, true, checksum.cast_signed()).raw(&TERMINATOR)
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn read(self) -> Result<Vec<ReadCollection>, String> {
        let read = try_read(Source::stream("old.archive", std::io::Cursor::new(self.0)));
        read.map(|read| read.collections).map_err(|error| error.to_string())
    }
}

fn one() -> Vec<RawDocumentBuf> {
    vec![rawdoc! { "_id": 1 }]
}

fn names(read: Result<Vec<ReadCollection>, String>) -> Vec<(String, usize)> {
    read.expect("a sound archive").into_iter().map(|it| (it.name, it.documents.len())).collect()
}

#[test]
fn empty_collections_views_and_the_oplog_are_read() {
    let archive = Archive::described([
        ("meeshy", "empty", "collection"),
        ("meeshy", "seen", "view"),
        ("meeshy", "measured", "timeseries"),
        ("meeshy", "$admin.system.users", ""),
        ("", "oplog", ""),
        ("admin", "system.version", ""),
    ])
    .block("empty", &[])
    .close("empty", &[])
    .block("system.buckets.measured", &one())
    .close("system.buckets.measured", &one())
    .block("$admin.system.users", &one())
    .close("$admin.system.users", &one())
    .raw(rawdoc! { "db": "", "collection": "oplog", "EOF": true, "CRC": 0_i64 }.as_bytes())
    .raw(&TERMINATOR)
    .raw(rawdoc! { "db": "admin", "collection": "system.version", "EOF": true, "CRC": 0_i64 }.as_bytes())
    .raw(&TERMINATOR);
    let dump =
        dump::open(Source::stream("old.archive", std::io::Cursor::new(archive.0.clone()))).expect("a dump");
    let warnings: Vec<String> = dump.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert_eq!(names(archive.read()), [("empty".to_owned(), 0), ("system.buckets.measured".to_owned(), 1)]);
}

#[test]
fn damaged_metadata_in_an_archive_is_reported() {
    let described = |text: bson::RawBson| {
        let record = rawdoc! { "db": "meeshy", "collection": "User", "metadata": text, "size": 0, "type": "collection" };
        let mut bytes = record.into_bytes();
        if let Some(at) = bytes.iter().position(|byte| *byte == b'?') {
            bytes[at] = 0xFF;
        }
        bytes
    };
    for text in ["{\"indexes\":[".into(), "?".into(), "[1]".into(), bson::RawBson::Int32(7)] {
        let mut archive = Archive::of(&[]);
        archive.0.truncate(archive.0.len() - TERMINATOR.len());
        let archive =
            archive.raw(&described(text)).raw(&TERMINATOR).block("User", &one()).close("User", &one());
        let dump =
            dump::open(Source::stream("old.archive", std::io::Cursor::new(archive.0))).expect("a dump");
        let warnings: Vec<String> = dump.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings, ["the metadata of `User` is damaged and was ignored"]);
        assert_eq!(dump.collection("User").map(dump::Collection::documents), Some(1));
    }
}

#[test]
fn flaws_of_an_archive_are_reported_with_their_position() {
    let begun = Archive::of(&["User"]);
    let start = begun.0.len();
    let header =
        rawdoc! { "db": "meeshy", "collection": "User", "EOF": false, "CRC": 0_i64 }.as_bytes().len();
    let in_user = "`old.archive` (collection `User`), byte";
    let cases = [
        (
            begun.clone(),
            format!("{in_user} {start}: the collection has no end marker; the archive is incomplete"),
        ),
        (
            begun.clone().raw(&TERMINATOR),
            format!("`old.archive`, byte {start}: a block of the archive has no header"),
        ),
        (
            begun.clone().raw(&one()[0].as_bytes()[..3]),
            format!("`old.archive`, byte {}: unexpected end of data", start + 3),
        ),
        (
            begun.clone().raw(one()[0].as_bytes()),
            format!("`old.archive`, byte {start}: the archive header has no valid `EOF`"),
        ),
        (
            begun.clone().header("User", true, 7).raw(&TERMINATOR),
            format!(
                "{in_user} {}: checksum mismatch: the documents of the collection were changed after the dump",
                start + header
            ),
        ),
        (
            begun.clone().header("User", true, 0).raw(one()[0].as_bytes()),
            format!("{in_user} {}: documents follow the end-of-collection marker", start + header),
        ),
        (
            begun.clone().block("User", &[]).close("User", &[]).block("User", &one()),
            format!(
                "{in_user} {}: a block belongs to a collection that has already ended",
                start + 3 * header + 8
            ),
        ),
        (
            begun.clone().header("User", false, 0).raw(&[4, 0, 0, 0]),
            format!(
                "{in_user} {}: invalid document length 4: expected 5 to 16,777,216 bytes",
                start + header
            ),
        ),
        (
            begun.clone().header("User", false, 0).raw(&[6, 0, 0, 0, 0, 1]),
            format!("{in_user} {}: a document does not end where its length says", start + header),
        ),
        (
            begun.clone().header("User", false, 0).raw(&[8, 0, 0, 0, 0x22, b'a', 0, 0]),
            format!("{in_user} {}: unknown BSON type 0x22", start + header + 7),
        ),
        (Archive::of(&["User", ""]), "`old.archive`, byte".to_owned()),
    ];
    for (archive, expected) in cases {
        let error = archive.read().expect_err(&expected);
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
    let mut other = begun.0;
    other[0] = 0;
    let error = Archive(other).read().expect_err("no archive");
    assert_eq!(error, "`old.archive` is not a dump: it is neither an archive, nor a tar, nor a collection");
}

proptest! {
    /// Blocks of any size in any order yield the original documents, as long as those of one collection are
    /// in order.
    #[test]
    fn blocks_may_be_interleaved(blocks in prop::collection::vec((0..4_usize, 0..5_usize), 0..40)) {
        const NAMES: [&str; 4] = ["User", "Message", "Reaction", "Mention"];
        let mut expected: BTreeMap<&str, Vec<RawDocumentBuf>> = NAMES.iter().map(|name| (*name, Vec::new())).collect();
        let mut archive = Archive::of(&NAMES);
        for (at, (name, count)) in blocks.into_iter().enumerate() {
            let documents: Vec<_> =
                (0..count).map(|of| rawdoc! { "_id": i64::try_from(at * 100 + of).unwrap_or(0) }).collect();
            archive = archive.block(NAMES[name], &documents);
            if let Some(all) = expected.get_mut(NAMES[name]) {
                all.extend(documents);
            }
        }
        for (name, documents) in &expected {
            archive = archive.close(name, documents);
        }
        let read: BTreeMap<String, Vec<Vec<u8>>> =
            archive.read().expect("a sound archive").into_iter().map(|it| (it.name, it.documents)).collect();
        let expected = expected
            .into_iter()
            .map(|(name, all)| (name.to_owned(), all.into_iter().map(RawDocumentBuf::into_bytes).collect()))
            .collect();
        prop_assert_eq!(read, expected);
    }
}
