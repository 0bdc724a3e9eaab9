//! A truncated dump is rejected, wherever it was truncated.

use super::support::{Read, database, read, tar_of, try_read, write};
use meeshy_legacy::dump::{self, DumpError, Flaw, Form, Source};
use std::path::Path;

/// Truncates a file at every byte and calls `look` each time; then restores it.
fn cut(file: &Path, mut look: impl FnMut(usize)) {
    let whole = std::fs::read(file).expect("a file");
    for length in 0..whole.len() {
        std::fs::write(file, &whole[..length]).expect("a file");
        look(length);
    }
    std::fs::write(file, whole).expect("a file");
}

fn refused(source: Source, what: &str) {
    match try_read(source) {
        Err(DumpError::Damaged { .. } | DumpError::NotADump { .. }) => {}
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn an_archive_truncated_anywhere_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in [Form::Archive, Form::ArchiveGz] {
        let path = folder.path().join(format!("{form:?}"));
        write(&path, form, &database());
        cut(&path, |length| refused(Source::path(&path), &format!("{form:?} cut at {length}")));
    }
}

#[test]
fn a_tar_truncated_anywhere_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    let database =
        database().into_iter().filter(|(name, _)| name == "User" || name == "TypingIndicator").collect();
    write(&root, Form::Folder, &database);
    for gzip in [false, true] {
        let path = folder.path().join(format!("{gzip}.tar"));
        tar_of(&root, &path, gzip);
        cut(&path, |length| refused(Source::path(&path), &format!("compressed: {gzip}, cut at {length}")));
    }
}

/// Metadata is not needed to read the documents, so truncated metadata only causes a warning.
fn told_of(root: &Path, expected: &Read, what: &str) {
    assert_eq!(read(Source::path(root)).digest, expected.digest, "{what}");
    let dump = dump::open(Source::path(root)).expect("a dump");
    assert!(!dump.warnings().is_empty(), "{what}");
}

#[test]
fn a_compressed_folder_with_a_truncated_file_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    let database = database().into_iter().filter(|(name, _)| name.len() < 100).collect();
    write(&root, Form::FolderGz, &database);
    let expected = read(Source::path(&root));
    for entry in std::fs::read_dir(root.join("meeshy")).expect("a folder") {
        let path = entry.expect("a file").path();
        cut(&path, |length| {
            let what = format!("{} cut at {length}", path.display());
            match path.to_string_lossy().contains(".metadata.") {
                true => told_of(&root, &expected, &what),
                false => refused(Source::path(&root), &what),
            }
        });
    }
}

/// A plain file of documents has neither a length nor a checksum: truncation between two documents cannot be
/// detected.
#[test]
fn a_folder_with_a_truncated_file_is_rejected_except_between_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    let database: Vec<_> = database().into_iter().filter(|(name, _)| name.len() < 100).collect();
    write(&root, Form::Folder, &database);
    for (name, documents) in &database {
        let path = root
            .join("meeshy")
            .join(format!("{}.bson", name.replace(' ', "+").replace('/', "%2F").replace('é', "%C3%A9")));
        let mut ends = vec![0];
        ends.extend(documents.iter().scan(0, |at, document| {
            *at += document.as_bytes().len();
            Some(*at)
        }));
        cut(&path, |length| match ends.iter().position(|end| *end == length) {
            Some(left) => {
                let dump = dump::open(Source::path(&root)).expect("a dump with fewer documents");
                assert_eq!(dump.collection(name).expect("a collection").documents(), left as u64);
            }
            None => match try_read(Source::path(&root)) {
                Err(DumpError::Damaged { place, position, flaw: Flaw::Cut }) => {
                    assert_eq!((place.collection.as_deref(), position), (Some(&**name), length as u64));
                }
                other => panic!("{name} cut at {length}: {other:?}"),
            },
        });
    }
}
