//! `meeshy import`: the old system's users continue where they were, and no import is ever half done.

use crate::kills::Kills;
use crate::server::{Server, command};
use bson::oid::ObjectId;
use bson::{Document, RawDocumentBuf, doc};
use meeshy_legacy::corpus::{Corpus, DOCUMENTS, PASSWORD};
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use meeshy_store::Location;
use meeshy_testkit::{Database, Person, rows};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// The exit code if documents were rejected.
const INCOMPLETE: i32 = 3;
/// How many imports are killed; `MEESHY_KILLS` overrides it.
const KILLS: usize = 20;

pub fn write(corpus: &Corpus, path: &Path, but: &[&str]) -> Dump {
    let mut outgoing = corpus.outgoing();
    outgoing.retain(|collection| !but.contains(&collection.name.as_str()));
    dump::write(path, Form::Folder, "meeshy", outgoing).unwrap();
    dump::open(Source::path(path)).unwrap()
}

fn meeshy(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (Output, String) {
    let output = command(data, &[&["import"], arguments].concat(), variables).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_the_old_system_continue_on_sqlite() {
    go_on(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_the_old_system_continue_on_postgresql() {
    let database = Database::postgres();
    let Location::Postgres { url, .. } = database.location() else { unreachable!() };
    go_on(&[("DATABASE_URL", url)]).await;
}

async fn go_on(variables: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let (data, path) = (folder.path().join("data"), folder.path().join("dump"));
    let corpus = Corpus::new(1, 1);
    let dump = write(&corpus, &path, &[]);
    let path = path.to_str().unwrap();

    let (checked, text) = meeshy(&data, &["check", path], variables);
    assert!(checked.status.success() && text.contains("the dump is valid"), "{text}");
    let (dry, _) = meeshy(&data, &[path, "--dry-run", "--json"], variables);
    let (real, text) = meeshy(&data, &[path, "--yes", "--json"], variables);
    assert_eq!(real.status.code(), Some(INCOMPLETE), "{text}");
    assert_eq!(dry.status.code(), Some(INCOMPLETE));
    let [dry, real]: [Value; 2] = [dry, real].map(|output| serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(dry["report"], real["report"]);
    let sources =
        real["report"]["collections"].as_array().unwrap().iter().map(|it| it["source"].as_u64().unwrap());
    assert_eq!(sources.sum::<u64>(), DOCUMENTS as u64);
    let (shown, text) =
        meeshy(&data, &["show", "old_message_status", &first_id(&dump, "old_message_status")], variables);
    assert!(shown.status.success() && text.contains("\"outcome\": \"archived\""), "{text}");

    let server = Server::start(&data, variables).await;
    let (in_use, text) = meeshy(&data, &[path, "--yes"], variables);
    assert!(in_use.status.code() == Some(1) && text.contains("in use by another meeshy process"), "{text}");
    let alice = sign_in(&server, "alice").await;
    assert_eq!(alice.id, corpus.person("alice").unwrap().to_hex());
    sees_the_imported_messages(&alice, &dump).await;
}

/// A dump of users, one of them twice, all but five without required fields.
fn dirty(path: &Path, people: u16) {
    let person = |number: u16| {
        let [high, low] = number.to_be_bytes();
        let id = ObjectId::from_bytes([0x68, 0xf0, high, low, 0, 0, 0, 0, 0, 0, high, low]);
        let mut person = doc! {
            "_id": id, "username": format!("user{number}"), "firstName": "A", "lastName": "B", "bio": "",
            "email": format!("user{number}@example.org"), "password": "$2b$10$0000000000000000000000",
            "systemLanguage": "fr", "role": "USER",
        };
        if number > 5 {
            person.remove("role");
        }
        rawdoc(&person)
    };
    let mut people: Vec<RawDocumentBuf> = (1..=people).map(person).collect();
    people.push(person(1));
    let users = Outgoing {
        name: "User".into(),
        indexes: Vec::new(),
        documents: Box::new(people.into_iter().map(Ok)),
    };
    dump::write(path, Form::Folder, "meeshy", vec![users]).unwrap();
}

fn rawdoc(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap()
}

#[test]
fn the_report_has_totals_and_the_report_file_lists_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (data, path) = (folder.path().join("data"), folder.path().join("dump"));
    dirty(&path, 30);
    let path = path.to_str().unwrap();
    let (real, _) = meeshy(&data, &[path, "--yes"], &[]);
    assert_eq!(real.status.code(), Some(INCOMPLETE));
    let screen = String::from_utf8(real.stdout).unwrap();
    let list = screen
        .lines()
        .find_map(|line| line.strip_prefix("all rejections, conflicts and missing files are listed in `"));
    let list = list.and_then(|list| list.strip_suffix('`')).unwrap();
    let lines = |list: &Path| -> Vec<Value> {
        let text = std::fs::read_to_string(list).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = lines(Path::new(list));
    assert_eq!(all.len(), 25);
    assert_eq!(all[0]["what"], "rejected");
    assert_eq!((&all[0]["collection"], &all[0]["reason"]), (&json!("User"), &json!("`role` is missing")));
    assert!(all[0]["position"].as_u64().unwrap() > 0 && all[0]["id"].as_str().unwrap().len() == 24);

    let shown = screen.replace(data.to_str().unwrap(), "[DATA]");
    let shown: Vec<&str> = shown.lines().filter(|line| !line.starts_with("imported, in ")).collect();
    insta::assert_snapshot!(shown.join("\n"));

    let other = folder.path().join("list.jsonl");
    let data = folder.path().join("other");
    let (dry, _) = meeshy(&data, &[path, "--dry-run", "--json", "--report", other.to_str().unwrap()], &[]);
    let answer: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!((&answer["list"], &answer["truncated"]), (&json!(other), &json!(false)));
    let count = &answer["report"]["collections"][0];
    assert_eq!(
        (&count["rejected"], &count["merged"], &count["conflicts"]),
        (&json!(25), &json!(1), &json!(0))
    );
    assert_eq!(lines(&other), all);
}

#[test]
fn a_json_report_says_that_it_is_truncated_and_names_the_report_file() {
    let folder = tempfile::tempdir().unwrap();
    let (data, path) = (folder.path().join("data"), folder.path().join("dump"));
    dirty(&path, 1_205);
    let import = |more: &[&str]| -> Value {
        let (done, text) = meeshy(&data, &[&[path.to_str().unwrap(), "--json"], more].concat(), &[]);
        assert_eq!(done.status.code(), Some(INCOMPLETE), "{text}");
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let elsewhere = folder.path().join("list.jsonl");
    let first = import(&["--yes"]);
    for answer in [&first, &import(&["--yes", "--report", elsewhere.to_str().unwrap()])] {
        assert_eq!((&answer["truncated"], &answer["list"]), (&json!(true), &first["list"]));
        assert_eq!(answer["report"]["rejections"].as_array().unwrap().len(), 1_000);
        for count in [&answer["total"], &answer["report"]["collections"][0]] {
            assert_eq!((&count["source"], &count["rejected"]), (&json!(1_206), &json!(1_200)));
        }
        let whole = std::fs::read_to_string(answer["list"].as_str().unwrap()).unwrap();
        assert_eq!(whole.lines().count(), 1_200);
    }
    std::fs::remove_file(first["list"].as_str().unwrap()).unwrap();
    assert_eq!(import(&["--yes"])["list"], Value::Null, "the file was deleted");
}

fn first_id(dump: &Dump, collection: &str) -> String {
    let first = dump.collection(collection).unwrap().read().unwrap().next().unwrap().unwrap();
    first.raw.get_object_id("_id").unwrap().to_hex()
}

pub async fn sign_in(server: &Server, username: &str) -> Person {
    let answer = server.log_in(username, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.person(&answer)
}

/// Checks that every message of the user's conversations is there, in order, with its translations.
async fn sees_the_imported_messages(person: &Person, dump: &Dump) {
    let conversations = person.get("/conversations?limit=50").await.body;
    let conversations = conversations["data"].as_array().unwrap();
    let text = |raw: &meeshy_legacy::dump::Document, field: &str| {
        raw.raw.get_str(field).unwrap_or_default().to_owned()
    };
    let mut translated = 0;
    for conversation in conversations {
        let id = conversation["id"].as_str().unwrap();
        let mut expected = Vec::new();
        for message in dump.collection("Message").unwrap().read().unwrap() {
            let message = message.unwrap();
            let is_here = message.raw.get_object_id("conversationId").unwrap().to_hex() == id;
            if is_here && !message.raw.get_bool("isDeleted").unwrap_or(false) {
                expected
                    .push((message.raw.get_object_id("_id").unwrap().to_hex(), text(&message, "content")));
            }
        }
        let history = person.history(id).await;
        let found: Vec<(String, String)> = history
            .iter()
            .map(|it| {
                (it["id"].as_str().unwrap().to_owned(), it["originalContent"].as_str().unwrap().to_owned())
            })
            .collect();
        let sorted = |mut messages: Vec<(String, String)>| {
            messages.sort_unstable();
            messages
        };
        assert_eq!(sorted(found), sorted(expected), "{id}");
        let times: Vec<&str> = history.iter().map(|it| it["createdAt"].as_str().unwrap()).collect();
        assert!(times.is_sorted(), "{id}");
        let unread = conversation["unreadCount"].as_i64().unwrap();
        let newest = history.last().map_or(0, |it| it["sequence"].as_i64().unwrap());
        assert!((0..=newest).contains(&unread), "{id}: {unread} of {newest}");
        let done =
            |it: &&Value| it["state"] == "done" && !it["translatedContent"].as_str().unwrap().is_empty();
        let translations = history.iter().flat_map(|it| it["translations"].as_array().unwrap());
        translated += translations.filter(done).count();
    }
    assert!(
        conversations.len() >= 3 && translated > 20,
        "{} conversations, {translated} translations",
        conversations.len()
    );
}

/// Every row of every table, except the times of migrations and imports.
fn state(location: &Location) -> Vec<String> {
    rows::all(location, &["legacy_imports", "migrations"])
}

#[test]
fn a_killed_import_leaves_all_or_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    kill_imports(|round| Place {
        location: Location::Folder(folder.path().join(round.to_string())),
        _database: None,
    });
}

#[test]
fn a_killed_import_leaves_all_or_nothing_on_postgresql() {
    kill_imports(|_| {
        let database = Database::postgres();
        Place { location: database.location().clone(), _database: Some(database) }
    });
}

/// A database to import into.
struct Place {
    location: Location,
    _database: Option<Database>,
}

impl Place {
    fn import(&self, folder: &Path, dump: &str) -> Command {
        let (data, url) = match &self.location {
            Location::Folder(data) => (data.clone(), None),
            Location::Postgres { url, .. } => (folder.join("data"), Some(("DATABASE_URL", url.as_str()))),
        };
        command(&data, &["import", dump, "--yes", "--json"], url.as_slice())
    }
}

fn kill_imports(place: impl Fn(u32) -> Place) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("dump");
    write(&Corpus::new(1, 1), &path, &["Notification", "MessageStatus"]);
    let dump = path.to_str().unwrap();
    let whole = place(u32::MAX);
    let nothing = state(&whole.location);
    let begun = Instant::now();
    let output = whole.import(folder, dump).output().unwrap();
    let duration = begun.elapsed();
    assert_eq!(output.status.code(), Some(INCOMPLETE), "{}", String::from_utf8_lossy(&output.stderr));
    let everything = state(&whole.location);

    let mut kills = Kills::new(KILLS, duration);
    while let Some(round) = kills.next_round() {
        let place = place(round);
        kills.kill(place.import(folder, dump).stdout(Stdio::null()).spawn().unwrap());
        let found = state(&place.location);
        assert!(found == nothing || found == everything, "round {round}: {} rows", found.len());
        if round % 5 == 0 {
            let again = place.import(folder, dump).output().unwrap();
            assert_eq!(again.status.code(), Some(INCOMPLETE), "round {round}");
            assert!(state(&place.location) == everything, "round {round}");
        }
    }
}
