//! `meeshy export`: users who go back keep what they wrote here.

use crate::import::{sign_in, write};
use crate::kills::Kills;
use crate::server::{Server, command};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Dump, Source};
use meeshy_store::Location;
use meeshy_testkit::python::read_dump;
use meeshy_testkit::{Database, rows};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Instant;

/// The database is smaller without these, and no other collection refers to them.
const OMITTED: [&str; 2] = ["Notification", "MessageStatus"];

fn run(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(data, arguments, variables).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An export that must succeed, and its report.
fn export(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let output = run(data, &[&["export", "--json"], arguments].concat(), variables);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_go_back_with_what_they_wrote_on_sqlite() {
    go_back(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_go_back_with_what_they_wrote_on_postgresql() {
    let database = Database::postgres();
    let Location::Postgres { url, .. } = database.location() else { unreachable!() };
    go_back(&[("DATABASE_URL", url)]).await;
}

async fn go_back(variables: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let (data, old) = (folder.path().join("data"), folder.path().join("old"));
    let before = write(&Corpus::new(1, 1), &old, &OMITTED);
    let imported = run(&data, &["import", "--yes", old.to_str().unwrap()], variables);
    assert_eq!(imported.status.code(), Some(3), "{}", text(&imported.stderr));

    let untouched = folder.path().join("untouched");
    let report = export(&data, &[untouched.to_str().unwrap()], variables);
    assert_eq!(report["digest"], before.digest().to_string());
    assert_eq!((&report["notHeld"], &report["newPasswords"]), (&json!([]), &json!([])));

    let mut server = Server::start(&data, variables).await;
    let written = use_server(&server).await;
    let in_use = run(&data, &["export", folder.path().join("no").to_str().unwrap()], variables);
    assert_eq!(in_use.status.code(), Some(1));
    assert!(text(&in_use.stderr).contains("in use by another meeshy process"), "{}", text(&in_use.stderr));
    assert!(server.stop().await);

    let mut digests = Vec::new();
    for form in ["dir", "dir-gz", "archive", "archive-gz"] {
        let path = folder.path().join(form);
        let report = export(&data, &[path.to_str().unwrap(), "--form", form], variables);
        let dump = dump::open(Source::path(&path)).unwrap();
        another_reader_agrees(&dump, &path);
        written.is_in(&dump);
        what_is_not_held_is_listed(&report);
        digests.push(report["digest"].clone());
    }
    for form in ["archive", "archive-gz"] {
        let output = run(&data, &["export", "-", "--json", "--form", form], variables);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let path = folder.path().join(format!("{form} of a stream"));
        std::fs::write(&path, &output.stdout).unwrap();
        let report: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(report["digest"], dump::open(Source::path(&path)).unwrap().digest().to_string());
        digests.push(report["digest"].clone());
    }
    digests.dedup();
    assert_eq!(digests.len(), 1, "the same in every format: {digests:?}");
}

/// What was written here since the import.
struct Written {
    newcomer: String,
    alice: String,
    message: String,
}

async fn use_server(server: &Server) -> Written {
    let newcomer = server.sign_up("newcomer", "es").await;
    let alice = sign_in(server, "alice").await;
    assert_eq!(alice.patch("/users/me", json!({ "bio": "back soon" })).await.status, 200);
    let conversation = alice.group(&[&newcomer]).await;
    let body = json!({ "content": "See you there", "originalLanguage": "en", "clientMessageId": "1" });
    let message = alice.create(&format!("/conversations/{conversation}/messages"), body).await;
    Written { newcomer: newcomer.id, alice: alice.id, message }
}

impl Written {
    fn is_in(&self, dump: &Dump) {
        let text = |collection: &str, id: &str, field: &str| {
            let found = dump.collection(collection).unwrap().read().unwrap().map(Result::unwrap);
            let mut found = found.filter(|it| it.raw.get_object_id("_id").unwrap().to_hex() == id);
            found.next().unwrap().raw.get_str(field).unwrap().to_owned()
        };
        assert_eq!(text("User", &self.newcomer, "username"), "newcomer");
        assert_eq!(text("User", &self.newcomer, "systemLanguage"), "es");
        assert_eq!(text("User", &self.alice, "bio"), "back soon");
        assert_eq!(text("Message", &self.message, "content"), "See you there");
    }
}

fn another_reader_agrees(dump: &Dump, path: &Path) {
    let ours =
        dump.collections().iter().map(|it| (it.name().to_owned(), (it.documents(), it.digest().to_string())));
    let theirs = read_dump(env!("CARGO_TARGET_TMPDIR"), path).into_iter();
    let theirs = theirs.map(|(name, documents, digest)| (name, (documents, digest)));
    assert_eq!(theirs.collect::<BTreeMap<_, _>>(), ours.collect::<BTreeMap<_, _>>(), "{}", path.display());
}

fn what_is_not_held_is_listed(report: &Value) {
    let rows = |table: &str, column: &str| {
        let listed = report["notHeld"].as_array().unwrap().iter();
        let mut listed = listed.filter(|it| it["table"] == table && it["column"] == column);
        listed.next().map(|it| it["rows"].as_u64().unwrap())
    };
    assert_eq!(report["newPasswords"], json!(["newcomer"]));
    assert_eq!(rows("users", "password_hash"), Some(1));
    assert_eq!(rows("sessions", "sessions"), Some(2), "{report}");
    assert_eq!(rows("messages", "client_message_id"), Some(1));
    assert_eq!(rows("conversations", "created_by"), Some(1));
}

#[test]
fn nothing_is_overwritten_and_a_folder_is_not_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let export = || run(&data, &["export", folder.path().join("dump").to_str().unwrap()], &[]);
    let mistyped = export();
    assert_eq!(mistyped.status.code(), Some(1));
    assert!(text(&mistyped.stderr).contains("does not exist"), "{}", text(&mistyped.stderr));
    assert!(!data.exists());
    run(&data, &["migrate"], &[]);
    let empty = export();
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty.stderr).contains("the database has no accounts"), "{}", text(&empty.stderr));
    assert!(!folder.path().join("dump").exists());

    let old = folder.path().join("old");
    let corpus = Corpus::new(1, 1);
    let names: Vec<&str> = corpus.counts().map(|(name, _)| name).filter(|name| *name != "User").collect();
    write(&corpus, &old, &names);
    let imported = run(&data, &["import", "--yes", old.to_str().unwrap()], &[]);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    let precious = folder.path().join("precious");
    std::fs::write(&precious, "precious").unwrap();
    for form in ["dir", "dir-gz", "archive", "archive-gz"] {
        let refused = run(&data, &["export", precious.to_str().unwrap(), "--form", form], &[]);
        assert_eq!(refused.status.code(), Some(1), "{form}");
        assert!(text(&refused.stderr).contains("already exists"), "{}", text(&refused.stderr));
    }
    assert_eq!(std::fs::read(&precious).unwrap(), b"precious");
    let refused = run(&data, &["export", "-"], &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty() && text(&refused.stderr).contains("add `--form archive`"));
    let unknown = run(&data, &["export", "dump", "--form", "zip"], &[]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_killed_export_does_not_block_the_next_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    kill_exports(folder.path(), &Location::Folder(data), &[]);
}

#[test]
fn a_killed_export_does_not_block_the_next_on_postgresql() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::postgres());
    let Location::Postgres { url, .. } = database.location() else { unreachable!() };
    kill_exports(folder.path(), database.location(), &[("DATABASE_URL", url)]);
}

/// Kills exports at random; the worst moment is after the database has recorded the export and before the
/// dump is renamed to its final name.
fn kill_exports(folder: &Path, location: &Location, variables: &[(&str, &str)]) {
    let (data, old) = (folder.join("data"), folder.join("old"));
    write(&Corpus::new(1, 1), &old, &OMITTED);
    let imported = run(&data, &["import", "--yes", old.to_str().unwrap()], variables);
    assert_eq!(imported.status.code(), Some(3), "{}", text(&imported.stderr));
    // A user who exists in the old system only through exports.
    let password = folder.join("password");
    std::fs::write(&password, "correct horse").unwrap();
    let newcomer = [
        "user",
        "add",
        "newcomer",
        "--email",
        "newcomer@example.org",
        "--password-file",
        password.to_str().unwrap(),
    ];
    let added = run(&data, &newcomer, &[variables, &[("HASHING_MEMORY_KIB", "64")]].concat());
    assert!(added.status.success(), "{}", text(&added.stderr));
    let begun = Instant::now();
    let whole = folder.join("whole");
    let digest = export(&data, &[whole.to_str().unwrap()], variables)["digest"].clone();
    let duration = begun.elapsed();

    let (mut kills, back) = (Kills::new(4, duration), folder.join("back"));
    let is_whole = |path: &Path| digest == dump::open(Source::path(path)).unwrap().digest().to_string();
    while let Some(round) = kills.next_round() {
        let mut exporting = command(&data, &["export", back.to_str().unwrap()], variables);
        kills.kill(exporting.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        if back.exists() {
            assert!(is_whole(&back), "round {round}: it has its final name but is incomplete");
            std::fs::remove_dir_all(&back).unwrap();
        }
    }

    // The rename is the last step of an export.
    let partial = folder.join("back.partial");
    let _ = std::fs::remove_dir_all(&partial);
    std::fs::rename(&whole, &partial).unwrap();
    let report = export(&data, &[back.to_str().unwrap()], variables);
    assert!(report["digest"] == digest && is_whole(&back) && !partial.exists(), "{report}");

    // Except for the ledgers: the newcomer's read positions get the ids of the old system, and members are
    // counted.
    let but = [
        "legacy_imports",
        "legacy_documents",
        "legacy_layouts",
        "legacy_exports",
        "legacy_exported",
        "migrations",
        "read_cursors",
        "conversations",
    ];
    let before = rows::all(location, &but);
    let output = run(&data, &["import", "--yes", "--json", back.to_str().unwrap()], variables);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&answer["total"]["conflicts"], &answer["total"]["removed"], &answer["report"]["unchanged"]),
        (&json!(0), &json!(0), &json!(false)),
        "{answer}"
    );
    assert!(rows::all(location, &but) == before, "an import of the export yields the same database");
}
