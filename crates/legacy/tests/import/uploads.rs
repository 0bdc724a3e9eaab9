//! Uploaded files.

use crate::support::{conversation, id, made, message, options, small, try_import, user};
use bson::{Document, doc};
use meeshy_legacy::dump::Dump;
use meeshy_legacy::import::{ImportError, Options, Uploads};
use meeshy_store::Location;
use meeshy_testkit::{Database, both_databases, rows};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn file(number: u8, path: &str, size: i64) -> Document {
    doc! {
        "_id": id('a', number), "messageId": id('m', 1), "fileName": "f", "originalName": "f", "mimeType": "text/plain",
        "fileSize": size, "filePath": path, "fileUrl": "", "uploadedBy": id('u', 1), "createdAt": made(number),
    }
}

/// A dump that names these files, each of five bytes.
fn dump(names: &[&str]) -> crate::support::Small {
    let files = names.iter().zip(1..).map(|(name, number)| file(number, name, 5));
    small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![message(1, 1, 1)]),
        ("MessageAttachment", files.collect()),
    ])
}

fn copy(at: &Location, dump: &Dump, folder: &Path, dry_run: bool) -> Result<Uploads, ImportError> {
    let uploads = Some((vec![folder.join("old")], folder.join("new")));
    let report = try_import(at, dump, &Options { uploads, dry_run, ..options() })?;
    Ok(report.uploads.unwrap())
}

#[test]
fn paths_outside_the_folder_are_listed_and_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::create_dir_all(old.join("2025/folder")).unwrap();
    fs::write(folder.path().join("secret"), "12345").unwrap();
    for (name, content) in [("2025/one", "12345"), ("2025/longer", "1234567")] {
        fs::write(old.join(name), content).unwrap();
    }
    symlink("one", old.join("2025/link")).unwrap();
    symlink("../../secret", old.join("2025/out")).unwrap();
    symlink("loop", old.join("2025/loop")).unwrap();
    let bad = ["2025/absent", "../secret", "2025/../../secret", "2025/out", "2025/loop", "2025/folder", "/"];
    let good = ["2025/one", "2025/longer", "2025/link"];
    let database = Database::sqlite();
    let dump = dump(&[&good[..], &bad].concat());

    let found = copy(database.location(), &dump.dump, folder.path(), true).unwrap();
    assert_eq!((found.copied, found.missing.len(), new.exists()), (0, bad.len(), false), "a dry run");
    let found = copy(database.location(), &dump.dump, folder.path(), false).unwrap();
    let report = json!({
        "named": 10, "copied": 3, "bytes": 17, "missing": bad, "ofAnotherSize": ["2025/longer"],
    });
    assert_eq!(json!(found), report);
    let copied = ["2025/one", "2025/longer", "2025/link"].map(|name| fs::read(new.join(name)).unwrap());
    assert_eq!(copied, [&b"12345"[..], b"1234567", b"12345"]);
    assert!(fs::symlink_metadata(new.join("2025/link")).unwrap().is_file(), "the target, not the link");
}

#[both_databases]
fn a_second_run_copies_only_what_was_missing(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::create_dir(&old).unwrap();
    fs::write(old.join("one"), "12345").unwrap();
    let dump = dump(&["one", "two"]);
    let copy = || copy(database.location(), &dump.dump, folder.path(), false).unwrap();
    let found = copy();
    assert_eq!((found.copied, found.missing), (1, vec!["two".to_owned()]));
    let again = copy();
    assert_eq!((again.copied, again.missing.len()), (0, 1));
    fs::write(old.join("two"), "12345").unwrap();
    // Half of it was copied when the machine was switched off.
    fs::write(new.join("one"), "12").unwrap();
    let again = copy();
    assert_eq!((again.copied, again.missing.len()), (2, 0));
    assert_eq!(fs::read(new.join("one")).unwrap(), b"12345");
    fs::remove_file(old.join("two")).unwrap();
    fs::remove_dir_all(&new).unwrap();
}

#[test]
fn an_unreadable_folder_fails_before_the_import_starts() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite();
    let dump = dump(&["one"]);
    for make in [|_: &Path| (), |path: &Path| fs::write(path, "a file").unwrap()] {
        make(&folder.path().join("old"));
        let error = copy(database.location(), &dump.dump, folder.path(), false).unwrap_err();
        assert!(error.to_string().starts_with("failed to read the folder of uploaded files `"), "{error}");
        let people = rows::read(database.location(), |tx| rows::lines(tx, "SELECT id FROM users", &["id"]));
        assert_eq!(people, Vec::<String>::new());
    }
}

#[both_databases]
fn pictures_are_found_in_any_folder(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "12345").unwrap();
    };
    // The folders of the gateway, of the front end, and of the tree before it.
    ["gateway/2025/private.jpg", "gateway/2025/10/g.png", "front/i/2025/10/f.jpg", "i/2025/09/o.jpg"]
        .into_iter()
        .for_each(write);
    let with =
        |document: Document, fields: Document| document.into_iter().chain(fields).collect::<Document>();
    let dump = small(&[
        (
            "User",
            vec![
                with(user(1, "ann"), doc! { "avatar": "https://static.example.org/u/i/2025/10/f.jpg" }),
                with(user(2, "ben"), doc! { "avatar": "https://old.example.org/i/2025/09/o.jpg" }),
                with(user(3, "cas"), doc! { "avatar": "https://static.example.org/u/i/2025/10/gone.jpg" }),
                with(user(5, "eve"), doc! { "avatar": "https://static.example.org/u/i/2025/private.jpg" }),
                with(user(4, "dan"), doc! { "avatar": "https://pictures.example.net/dan.jpg" }),
            ],
        ),
        (
            "Conversation",
            vec![with(
                conversation(1),
                doc! { "image": "https://gate.example.org/api/attachments/file/2025%2F10%2Fg.png" },
            )],
        ),
        ("Message", vec![message(1, 1, 1)]),
        ("MessageAttachment", vec![file(1, "2025/private.jpg", 5)]),
    ]);
    let from = ["gateway", "front", "i"].map(|name| folder.path().join(name)).to_vec();
    let new = folder.path().join("new");
    let uploads = Some((from, new.clone()));
    let report = try_import(database.location(), &dump.dump, &Options { uploads, ..options() }).unwrap();
    let found = report.uploads.unwrap();
    // A file of a message does not become public.
    let missing = ["u/i/2025/10/gone.jpg", "u/i/2025/private.jpg"];
    let missing = missing.map(|path| format!("https://static.example.org/{path}"));
    assert_eq!((found.named, found.copied), (6, 4), "{found:?}");
    assert!(missing.iter().all(|url| found.missing.contains(url)) && found.missing.len() == 2, "{found:?}");
    for copied in ["public/u/i/2025/10/f.jpg", "public/i/2025/09/o.jpg", "2025/10/g.png"] {
        assert_eq!(fs::read(new.join(copied)).unwrap(), b"12345", "{copied}");
    }
}
