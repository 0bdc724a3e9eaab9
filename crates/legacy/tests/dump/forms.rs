//! Every format of a dump yields the same contents.

use super::support::{FORMS, Read, database, read, tar_of, write};
use meeshy_legacy::dump::{self, Form, Source, Warning};

#[test]
fn every_format_yields_the_same_documents_and_digests() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = write(&folder.path().join("plain"), Form::Folder, &database());
    let expected = read(Source::path(folder.path().join("plain")));
    let digests: Vec<_> = written.iter().map(|it| (it.name.as_str(), it.documents, it.digest)).collect();
    let found: Vec<_> =
        expected.collections.iter().map(|it| (it.name.as_str(), it.count, it.digest)).collect();
    assert_eq!(found, digests);
    for form in FORMS {
        let path = folder.path().join(format!("{form:?}"));
        write(&path, form, &database());
        assert_eq!(read(Source::path(&path)), expected, "{form:?}");
        for gzip in [false, true] {
            let tar = folder.path().join(format!("{form:?}.{gzip}.tar"));
            if path.is_dir() {
                tar_of(&path, &tar, gzip);
                assert_eq!(read(Source::path(&tar)), expected, "a tar of {form:?}, compressed: {gzip}");
            }
        }
        if path.is_file() {
            let stream = std::fs::File::open(&path).expect("an archive");
            assert_eq!(read(Source::stream("standard input", stream)), expected, "{form:?} as a stream");
        }
    }
}

#[test]
fn a_single_collection_is_a_dump() {
    let folder = tempfile::tempdir().expect("a folder");
    for (form, file) in [(Form::Folder, "User.bson"), (Form::FolderGz, "User.bson.gz")] {
        let root = folder.path().join(format!("{form:?}"));
        write(&root, form, &database());
        let whole = read(Source::path(&root));
        let Read { collections, .. } = read(Source::path(root.join("meeshy").join(file)));
        let user = whole.collections.iter().find(|it| it.name == "User").expect("users");
        assert_eq!(collections, std::slice::from_ref(user));
    }
}

#[test]
fn a_database_is_selected() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    write(&root.join("a"), Form::Folder, &database());
    for other in ["admin", "config"] {
        std::fs::create_dir(root.join("a").join(other)).expect("a folder");
        std::fs::write(root.join("a").join(other).join("x.bson"), "not read").expect("a file");
    }
    assert_eq!(dump::open(Source::path(root.join("a"))).expect("a dump").database(), Some("meeshy"));
    std::fs::rename(root.join("a/config"), root.join("a/staging")).expect("renamed");
    let several = dump::open(Source::path(root.join("a"))).expect_err("two databases").to_string();
    assert_eq!(
        several,
        "the dump contains several databases; select one with `--database`: `meeshy`, `staging`"
    );
    assert!(dump::open(Source::path(root.join("a")).database("meeshy")).is_ok());
    let none = dump::open(Source::path(root.join("a")).database("other")).expect_err("no such database");
    assert_eq!(
        none.to_string(),
        "the dump does not contain the database `other`, only `admin`, `meeshy`, `staging`"
    );
}

#[test]
fn a_folder_two_levels_down_is_not_a_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    for day in ["monday", "tuesday"] {
        write(&root.join(day), Form::Folder, &database());
    }
    let refused = dump::open(Source::path(root)).expect_err("two dumps").to_string();
    let (root, monday) = (root.display(), root.join("monday"));
    assert_eq!(
        refused,
        format!(
            "`{root}` is not a dump: the collections are in `monday/meeshy`, `tuesday/meeshy`; try `{}`",
            monday.display()
        )
    );
    let expected = read(Source::path(&monday));
    // Files within a database's folder are not mixed with it, whatever their name.
    for inner in ["meeshy", "old"] {
        let inner = monday.join("meeshy").join(inner);
        std::fs::create_dir(&inner).expect("a folder");
        std::fs::copy(monday.join("meeshy/User.bson"), inner.join("Other.bson")).expect("a copy");
    }
    assert_eq!(read(Source::path(&monday)), expected);
    let dump = dump::open(Source::path(&monday)).expect("a dump");
    let mut skipped: Vec<String> = dump.warnings().iter().map(ToString::to_string).collect();
    skipped.sort();
    let skip = |name: &str| format!("`meeshy/{name}` is not part of a dump and was skipped");
    assert_eq!(skipped, [skip("meeshy"), skip("old")]);
    let several = dump::open(Source::path(monday.join("meeshy"))).expect_err("two databases").to_string();
    assert_eq!(several, "the dump contains several databases; select one with `--database`: `meeshy`, `old`");
    let database = dump::open(Source::path(monday.join("meeshy")).database("meeshy")).expect("a dump");
    assert_eq!(database.digest(), expected.digest);
}

#[test]
fn a_tar_with_two_folders_of_one_name_is_two_dumps() {
    let folder = tempfile::tempdir().expect("a folder");
    let days = folder.path().join("days");
    for day in ["monday", "tuesday"] {
        write(&days.join(day), Form::Folder, &database());
    }
    let tar = folder.path().join("days.tar");
    tar_of(&days, &tar, false);
    let refused = dump::open(Source::path(&tar)).expect_err("two dumps").to_string();
    assert!(refused.starts_with("the database `meeshy` is in two folders, `dump/"), "{refused}");
}

#[test]
fn a_truncated_name_without_its_metadata_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    write(&root, Form::Folder, &database());
    for entry in std::fs::read_dir(root.join("meeshy")).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.to_string_lossy().contains(".metadata.") {
            std::fs::remove_file(path).expect("removed");
        }
    }
    let dump = dump::open(Source::path(&root)).expect("a dump");
    let names: Vec<&str> = dump.collections().iter().map(dump::Collection::name).collect();
    assert_eq!(names[1..], ["Message", "TypingIndicator", "User", "a b/é"], "{names:?}");
    assert_eq!(dump.warnings().len(), 1, "{:?}", dump.warnings());
}

#[test]
fn other_files_are_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("dump");
    write(&root, Form::Folder, &database());
    let expected = read(Source::path(&root));
    for (name, content) in [
        ("prelude.json", "{}"),
        ("oplog.bson", "not read"),
        ("README", "not read"),
        ("meeshy/$admin.system.users.bson", "not read"),
        ("meeshy/._User.bson", "not read"),
        ("meeshy/seen.metadata.json", r#"{"type":"view"}"#),
    ] {
        std::fs::write(root.join(name), content).expect("a file");
    }
    assert_eq!(read(Source::path(&root)), expected);
    let dump = dump::open(Source::path(&root)).expect("a dump");
    assert_eq!(
        dump.warnings(),
        [
            Warning::Skipped { file: "README".to_owned() },
            Warning::Skipped { file: "meeshy/._User.bson".to_owned() },
            Warning::Oplog,
            Warning::NoDocuments { collection: "seen".to_owned() },
        ]
    );
    std::fs::remove_file(root.join("meeshy/User.bson")).expect("removed");
    let error = dump::open(Source::path(&root)).expect_err("a collection is missing").to_string();
    let expected =
        "`meeshy/User.metadata.json` (collection `User`): the collection has metadata but no documents";
    assert_eq!(error, expected);
}

#[test]
fn an_archive_may_be_in_a_folder_and_names_must_match_contents() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("archive.gz");
    write(&path, Form::Archive, &database());
    assert_eq!(read(Source::path(folder.path())), read(Source::path(&path)));

    let root = folder.path().join("dump");
    write(&root, Form::Folder, &database());
    std::fs::rename(root.join("meeshy/User.bson"), root.join("meeshy/User.bson.gz")).expect("renamed");
    let error = dump::open(Source::path(&root)).expect_err("not compressed").to_string();
    assert_eq!(
        error,
        "`meeshy/User.bson.gz` (collection `User`), byte 0: the file name ends in .gz, but the content is not gzip"
    );
}

#[test]
fn no_temporary_files_are_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, spool) = (folder.path().join("archive"), folder.path().join("spool"));
    write(&path, Form::Archive, &database());
    let without = dump::open(Source::path(&path).spool_in(&spool)).expect_err("no such folder").to_string();
    assert!(without.starts_with("failed to write temporary files to `"), "{without}");
    std::fs::create_dir(&spool).expect("a folder");
    let dump = dump::open(Source::path(&path).spool_in(&spool)).expect("a dump");
    assert_eq!(std::fs::read_dir(&spool).expect("a folder").count(), 0);
    let users = dump.collection("User").expect("users");
    let (one, other) = (users.read().expect("users"), users.read().expect("users once more"));
    assert!(one.zip(other).all(|(one, other)| one.expect("a user").digest == other.expect("a user").digest));
}
