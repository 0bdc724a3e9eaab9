//! Dumps that are not only truncated: changed bytes, wrong lengths, unknown types, exceeded limits.

use super::archives::Archive;
use super::support::{Read, database, read, tar_of, try_read, write};
use bson::{RawDocumentBuf, rawdoc};
use meeshy_legacy::dump::{DumpError, Form, Source};
use std::io::Cursor;
use std::path::{Path, PathBuf};

const LARGEST: usize = 16 * 1024 * 1024;

/// Positions of changes (`SplitMix64`), so that a failure can be reproduced.
struct Places(u64);

impl Places {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("a small number")
    }
}

fn files(root: &Path) -> Vec<PathBuf> {
    if root.is_file() {
        return vec![root.to_owned()];
    }
    let mut all: Vec<_> = std::fs::read_dir(root.join("meeshy"))
        .expect("a folder")
        .map(|it| it.expect("a file").path())
        .collect();
    all.sort();
    all
}

/// The result of opening a changed dump.
enum Outcome {
    Refused,
    Same,
    Different,
}

/// Opens a changed dump: it must be rejected with a position, or be valid.
fn outcome(root: &Path, expected: &Read, what: &str) -> Outcome {
    match try_read(Source::path(root)) {
        Ok(read) if read == *expected => Outcome::Same,
        Ok(_) => Outcome::Different,
        Err(DumpError::Damaged { place, position, .. }) => {
            assert!(!place.file.is_empty() && position < 100_000, "{what}");
            Outcome::Refused
        }
        Err(DumpError::Unreadable { name, cause }) => panic!("{what}: {name}: {cause:?}"),
        Err(_) => Outcome::Refused,
    }
}

#[test]
fn two_hundred_dumps_with_changed_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut places = Places(7);
    // Without the collection whose full name is only in its metadata.
    let database = database().into_iter().filter(|(name, _)| name.len() < 100).collect();
    let [mut refused, mut same, mut different] = [0; 3];
    for (form, rounds) in
        [(Form::Folder, 50), (Form::FolderGz, 40), (Form::Archive, 50), (Form::ArchiveGz, 30)]
    {
        let root = folder.path().join(format!("{form:?}"));
        write(&root, form, &database);
        let expected = read(Source::path(&root));
        for round in 0..rounds {
            let files = files(&root);
            let file = &files[places.below(files.len())];
            let whole = std::fs::read(file).expect("a file");
            let mut changed = whole.clone();
            for _ in 0..=round % 3 {
                let Some(last) = changed.len().checked_sub(1) else { break };
                changed[places.below(last + 1)] ^= 1 << places.below(8);
            }
            std::fs::write(file, &changed).expect("a file");
            match outcome(&root, &expected, &format!("{form:?}, change {round}")) {
                Outcome::Refused => refused += 1,
                Outcome::Same => same += 1,
                Outcome::Different if form == Form::Folder => different += 1,
                Outcome::Different => panic!("{form:?}, change {round}: a checksum must tell"),
            }
            std::fs::write(file, whole).expect("a file");
        }
    }
    let tar = folder.path().join("dump.tar.gz");
    tar_of(&folder.path().join("Folder"), &tar, true);
    let whole = std::fs::read(&tar).expect("a file");
    for round in 0..30 {
        let mut changed = whole.clone();
        changed[places.below(whole.len())] ^= 1 << places.below(8);
        std::fs::write(&tar, &changed).expect("a file");
        let expected = read(Source::path(folder.path().join("Folder")));
        match outcome(&tar, &expected, &format!("tar.gz, change {round}")) {
            Outcome::Refused => refused += 1,
            Outcome::Same => same += 1,
            Outcome::Different => panic!("tar.gz, change {round}: a checksum must tell"),
        }
    }
    assert_eq!(refused + same + different, 200);
    // A change in metadata or in the header of a compressed file leaves the documents the same.
    assert!(refused > 100 && different > 0, "{refused} refused, {same} the same, {different} different");
}

fn in_an_archive(document: &[u8]) -> Result<Read, String> {
    let document = RawDocumentBuf::from_bytes(document.to_vec()).expect("a document by its length");
    let documents = [document];
    let archive = Archive::of(&["User"]).block("User", &documents).close("User", &documents);
    try_read(Source::stream("old.archive", Cursor::new(archive.0))).map_err(|error| error.to_string())
}

/// A document with one field of any type and value.
fn with(kind: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend([kind, b'a', 0]);
    bytes.extend(value);
    bytes.push(0);
    let length = i32::try_from(bytes.len()).expect("a short document");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn every_type_is_known_and_its_flaws_are_reported() {
    let document =
        |inner: &[u8]| [&[5 + u8::try_from(inner.len()).expect("short"), 0, 0, 0], inner, &[0]].concat();
    let sound: [(u8, Vec<u8>); 21] = [
        (0x01, vec![0; 8]),
        (0x02, vec![2, 0, 0, 0, b'x', 0]),
        (0x03, document(&[])),
        (0x04, document(&[10, b'0', 0])),
        (0x05, vec![1, 0, 0, 0, 0x80, 7]),
        (0x05, vec![5, 0, 0, 0, 2, 1, 0, 0, 0, 7]),
        (0x06, vec![]),
        (0x07, vec![1; 12]),
        (0x08, vec![1]),
        (0x09, vec![0xFF; 8]),
        (0x0A, vec![]),
        (0x0B, vec![b'x', 0, b'i', 0]),
        (0x0C, [&[1, 0, 0, 0, 0][..], &[1; 12]].concat()),
        (0x0D, vec![1, 0, 0, 0, 0]),
        (0x0E, vec![1, 0, 0, 0, 0]),
        (0x0F, [&[14, 0, 0, 0, 1, 0, 0, 0, 0][..], &document(&[])].concat()),
        (0x10, vec![0; 4]),
        (0x11, vec![0; 8]),
        (0x12, vec![0; 8]),
        (0x13, vec![0; 16]),
        (0xFF, vec![]),
    ];
    for (kind, value) in sound {
        in_an_archive(&with(kind, &value)).unwrap_or_else(|error| panic!("0x{kind:02X}: {error}"));
    }
    for (kind, value, expected) in [
        (0x14, &[][..], "unknown BSON type 0x14"),
        (0x01, &[0; 7], "a value is longer than its document"),
        (0x02, &[0, 0, 0, 0], "a value has the invalid length 0"),
        (0x02, &[0xFF, 0xFF, 0xFF, 0xFF], "a value has the invalid length -1"),
        (0x02, &[2, 0, 0, 0, b'x', b'y'], "a string does not end where its length says"),
        (0x02, &[0xFF, 0xFF, 0xFF, 0x7F, 0], "a value is longer than its document"),
        (0x03, &[4, 0, 0, 0, 0], "invalid document length 4"),
        (0x03, &[6, 0, 0, 0, 0], "a value is longer than its document"),
        (0x03, &[5, 0, 0, 0, 1], "a document does not end where its length says"),
        (0x05, &[4, 0, 0, 0, 2, 1, 0, 0, 0], "a value has the invalid length 1"),
        (0x05, &[0xF0, 0xFF, 0xFF, 0xFF, 0], "a value has the invalid length -16"),
        (0x05, &[3, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF], "a value has the invalid length -1"),
        (0x08, &[2], "invalid boolean 0x02"),
        (0x0B, &[b'x', 0, b'i'], "a value is longer than its document"),
        (0x0F, &[15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0], "a value has the invalid length 15"),
        (0x0A, &[0, 0], "a document does not end where its length says"),
    ] {
        let error = in_an_archive(&with(kind, value)).expect_err(expected);
        assert!(error.starts_with("`old.archive` (collection `User`), byte "), "{error}");
        assert!(error.contains(expected), "{error}\n{expected}");
    }
}

fn nested(levels: usize) -> Vec<u8> {
    let mut document = vec![5, 0, 0, 0, 0];
    for _ in 1..levels {
        document = with(0x03, &document);
    }
    document
}

#[test]
fn a_hundred_levels_are_accepted_and_no_more() {
    assert!(in_an_archive(&nested(100)).is_ok());
    for levels in [101, 20_000] {
        let error = in_an_archive(&nested(levels)).expect_err("too deep");
        assert!(error.contains("nested more than 100 levels"), "{error}");
    }
}

#[test]
fn sixteen_mebibytes_are_accepted_and_no_more() {
    let filled = |length: usize| rawdoc! { "a": "x".repeat(length - rawdoc! { "a": "" }.as_bytes().len()) };
    let largest = filled(LARGEST);
    assert_eq!(largest.as_bytes().len(), LARGEST);
    let read = in_an_archive(largest.as_bytes()).expect("the largest document");
    assert_eq!(read.collections[0].documents[0].len(), LARGEST);
    let error = in_an_archive(filled(LARGEST + 1).as_bytes()).expect_err("too large");
    assert!(error.contains("invalid document length 16777217"), "{error}");
}

#[test]
fn an_excessive_length_is_an_unexpected_end() {
    let begun = Archive::of(&["User"]).block("User", &[]);
    let claims = i32::try_from(LARGEST).expect("a length").to_le_bytes();
    let mut bytes = begun.0;
    bytes.truncate(bytes.len() - 4);
    bytes.extend(claims);
    let end = bytes.len();
    let error = try_read(Source::stream("old.archive", Cursor::new(bytes))).expect_err("cut").to_string();
    assert_eq!(error, format!("`old.archive` (collection `User`), byte {end}: unexpected end of data"));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_detected() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    write(&root, Form::Folder, &database());
    let dump = meeshy_legacy::dump::open(Source::path(&root)).expect("a dump");
    let file = root.join("meeshy/User.bson");
    let mut bytes = std::fs::read(&file).expect("a file");
    let at = bytes.windows(5).position(|it| it == b"alice").expect("alice");
    bytes[at] = b'A';
    std::fs::write(&file, bytes).expect("a file");
    let users = dump.collection("User").expect("users");
    let error = users.read().expect("a file").find_map(Result::err).expect("a change").to_string();
    assert_eq!(error, "`meeshy/User.bson` (collection `User`) changed while it was being read");
}
