//! Changes made here and in the old system are merged column by column.

use crate::export::writes::signs_in;
use crate::support::{change, conversation, counts, export, id, import, made, message, one, small, user};
use bson::{DateTime, Document, doc};
use meeshy_store::Value;
use meeshy_testkit::{Database, both_databases};

const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

fn person(password: &str) -> Document {
    let mut person = user(1, "ann");
    person.insert("password", bcrypt::hash(password, 4).unwrap());
    person
}

fn later(number: i64) -> DateTime {
    DateTime::from_millis(1_790_000_000_000 + number)
}

#[both_databases]
fn a_password_changed_there_is_imported_after_a_sign_in_here(database: Database) {
    let first = small(&[("User", vec![person(OLD)])]);
    let mut changed = person(NEW);
    changed.insert("bio", "written there");
    changed.insert("lastPasswordChange", later(0));
    let second = small(&[("User", vec![changed])]);
    let at = database.location();
    import(at, &first.dump);
    assert!(signs_in(&database, "ann", OLD));
    let hash = one(at, "SELECT password_hash AS it FROM users");
    assert!(hash.starts_with("$argon2"), "{hash}");
    change(at, "UPDATE users SET avatar = 'chosen here'", &[]);
    let report = import(at, &second.dump);
    assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
    assert_eq!(one(at, "SELECT bio AS it FROM users"), "written there");
    assert_eq!(one(at, "SELECT avatar AS it FROM users"), "chosen here");
    let open = "SELECT count(*) AS it FROM sessions WHERE revoked_at IS NULL";
    assert_eq!(one(at, open), "0", "sessions of the old one end");
    assert!(!signs_in(&database, "ann", OLD), "the old one");
    assert!(signs_in(&database, "ann", NEW), "the new one");
}

#[both_databases]
fn a_change_on_both_sides_is_reported_and_the_newer_one_wins(database: Database) {
    let dump = |bio: &str, name: &str, updated: i64| {
        let mut person = user(1, "ann");
        person.insert("bio", bio);
        person.insert("displayName", name);
        person.insert("updatedAt", later(updated));
        small(&[("User", vec![person])])
    };
    let at = database.location();
    import(at, &dump("first", "Ann", 0).dump);
    let here = |bio: &str, updated: i64| {
        let values: [Value; 2] = [bio.into(), later(updated).timestamp_millis().into()];
        change(at, "UPDATE users SET bio = $1, updated_at = $2, timezone = 'UTC'", &values);
    };
    let shown = || one(at, "SELECT bio || ', ' || display_name || ', ' || timezone AS it FROM users");
    for (here_at, there_at, bio, what) in [
        (5, 4, "here 5", "changed in both systems; kept the value here"),
        (6, 7, "there 7", "changed in both systems; took the newer value of the old system"),
    ] {
        here(&format!("here {here_at}"), here_at);
        let there = dump(&format!("there {there_at}"), &format!("Ann {there_at}"), there_at);
        let report = import(at, &there.dump);
        let [conflict] = report.conflicts.as_slice() else { panic!("{:?}", report.conflicts) };
        assert_eq!((conflict.collection.as_str(), &conflict.id), ("User", &id('u', 1).to_hex()));
        assert_eq!((conflict.column.as_deref(), conflict.what.as_str()), (Some("bio"), what));
        assert_eq!(report.total().conflicts, 1);
        assert_eq!(shown(), format!("{bio}, Ann {there_at}, UTC"));
        let back = export(at).documents("User").remove(&id('u', 1).to_hex()).unwrap();
        assert_eq!(back.get_str("bio").unwrap(), bio, "the export agrees");
    }
}

#[both_databases]
fn a_message_edited_here_keeps_its_text_and_gets_other_changes_from_there(database: Database) {
    let dump = |pinned: bool, content: &str| {
        let mut written = message(1, 1, 1);
        written.insert("content", content);
        if pinned {
            written.insert("pinnedAt", later(1));
        }
        small(&[
            ("User", vec![user(1, "ann")]),
            ("Conversation", vec![conversation(1)]),
            ("Message", vec![written, message(2, 1, 1)]),
        ])
    };
    let at = database.location();
    import(at, &dump(false, "first").dump);
    let edit = "UPDATE messages SET content = 'edited here', revision = 2, edited_at = $1, updated_at = $1 WHERE id = $2";
    change(at, edit, &[later(2).timestamp_millis().into(), id('m', 1).to_hex().into()]);
    let of =
        |column: &str| one(at, &format!("SELECT {column} AS it FROM messages WHERE id = '{}'", id('m', 1)));
    let report = import(at, &dump(true, "first").dump);
    assert_eq!(report.conflicts, []);
    assert_eq!(of("content"), "edited here");
    assert_eq!(of("pinned_at"), later(1).timestamp_millis().to_string());

    let report = import(at, &dump(true, "edited there").dump);
    let named: Vec<&str> = report.conflicts.iter().filter_map(|it| it.column.as_deref()).collect();
    assert_eq!(named, ["content"]);
    assert_eq!((of("content"), of("revision")), ("edited here".into(), "2".into()));
}

#[both_databases]
fn server_updated_columns_do_not_keep_a_row_deleted_there(database: Database) {
    let link = doc! {
        "_id": id('l', 1), "token": "abc", "originalUrl": "https://example.org/", "shortUrl": "/l/abc", "createdBy": id('u', 1),
        "totalClicks": 1_i64, "uniqueClicks": 1_i64, "isActive": true, "createdAt": made(1), "updatedAt": made(1),
    };
    let with = small(&[("User", vec![user(1, "ann")]), ("TrackingLink", vec![link])]);
    let without = small(&[("User", vec![user(1, "ann")]), ("TrackingLink", vec![])]);
    let at = database.location();
    assert_eq!(counts(&import(at, &with.dump), "TrackingLink"), [1, 1, 0, 0, 0]);
    change(at, "UPDATE tracking_links SET total_clicks = 9, last_clicked_at = 9", &[]);
    assert_eq!(import(at, &without.dump).conflicts, []);
    assert_eq!(one(at, "SELECT count(*) AS it FROM tracking_links"), "0");
}
