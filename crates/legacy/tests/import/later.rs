//! A second dump: it brings only the changes, and keeps what was written here.

use crate::support::{
    change, conversation, counts, everything, export, id, import, made, message, one, options, rows, small,
    try_import, user,
};
use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use meeshy_domain::{Timestamp, UserId};
use meeshy_legacy::import::{ImportError, Options};
use meeshy_store::{Ending, Exclusive, StoreError, Tx, Value, deleted_accounts};
use meeshy_testkit::{Database, both_databases};

fn stats(number: u8, user: u8, sent: i64) -> Document {
    doc! { "_id": id('s', number), "userId": id('u', user), "messagesSent": sent, "createdAt": made(number), "updatedAt": made(number) }
}

fn first() -> Vec<(&'static str, Vec<Document>)> {
    vec![
        ("User", vec![user(1, "ann"), user(2, "bob")]),
        ("Conversation", vec![conversation(1), conversation(2)]),
        ("Message", vec![message(1, 1, 1), message(2, 1, 2), message(3, 1, 1)]),
        ("UserStats", vec![stats(1, 1, 1), stats(2, 1, 2), stats(3, 2, 3)]),
    ]
}

#[both_databases]
fn the_same_dump_again_changes_nothing(database: Database) {
    let dump = small(&first());
    let at = database.location();
    import(at, &dump.dump);
    let before = everything(at);
    let again = import(at, &dump.dump);
    assert!(again.unchanged && again.total().written == 0);
    assert_eq!(everything(at), before);
}

#[both_databases]
fn a_dry_run_reports_the_same_and_leaves_nothing(database: Database) {
    let dump = small(&first());
    let at = database.location();
    let dry = try_import(at, &dump.dump, &Options { dry_run: true, ..options() }).unwrap();
    assert!(everything(at).is_empty());
    assert_eq!(import(at, &dump.dump), dry);
}

#[both_databases]
fn a_second_dump_brings_additions_changes_and_deletions(database: Database) {
    let mut later = first();
    later[0].1[0].insert("bio", "now with a bio");
    later[2].1.remove(0);
    later[2].1.push(message(4, 2, 2));
    later[3].1.remove(1);
    let (first, later) = (small(&first()), small(&later));
    let at = database.location();
    import(at, &first.dump);
    let sent = format!("SELECT messages_sent AS it FROM user_stats WHERE user_id = '{}'", id('u', 1));
    assert_eq!(one(at, &sent), "2", "the newest of two");
    let report = import(at, &later.dump);
    assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
    assert_eq!(counts(&report, "Message"), [3, 3, 0, 0, 0]);
    let message = report.collections.iter().find(|count| count.collection == "Message").unwrap();
    assert_eq!((message.written, message.removed), (1, 1));
    let fresh = Database::sqlite();
    import(fresh.location(), &later.dump);
    assert_eq!(everything(at), everything(fresh.location()), "as if imported at once");
}

#[both_databases]
fn rows_written_here_are_kept(database: Database) {
    let mut later = first();
    later[0].1[0].insert("bio", "changed there");
    later[0].1[1].insert("bio", "changed there too");
    later[2].1.remove(2);
    later[2].1.remove(0);
    let (first, later) = (small(&first()), small(&later));
    let at = database.location();
    import(at, &first.dump);
    let (ann, third) = (id('u', 1).to_hex(), id('m', 3).to_hex());
    change(
        at,
        &format!("UPDATE users SET bio = 'changed here', updated_at = 1900000000000 WHERE id = '{ann}'"),
        &[],
    );
    change(
        at,
        &format!(
            "INSERT INTO messages (id, conversation_id, sequence, sender_id, content, original_language, message_type, \
               reply_to_id, created_at, updated_at) VALUES ('ffffffffffffffffffffffff', '{}', 4, '{ann}', 'new', 'fr', \
               'text', '{third}', 1900000000000, 1900000000000)",
            id('c', 1)
        ),
        &[],
    );
    let report = import(at, &later.dump);
    let conflicts: Vec<(&str, Option<&str>, &str)> =
        report.conflicts.iter().map(|it| (it.id.as_str(), it.column.as_deref(), it.what.as_str())).collect();
    assert_eq!(
        conflicts,
        [
            (ann.as_str(), Some("bio"), "changed in both systems; kept the value here"),
            (third.as_str(), None, "deleted in the old system, but still referenced here; kept"),
        ]
    );
    assert_eq!(one(at, &format!("SELECT bio AS it FROM users WHERE id = '{ann}'")), "changed here");
    let numbers = "SELECT sequence AS it FROM messages WHERE content = 'new'";
    assert_eq!(one(at, numbers), "3", "without a gap for the deleted first one");
    assert_eq!(
        one(at, &format!("SELECT read_sequence AS it FROM read_cursors WHERE user_id = '{ann}'")),
        "3",
        "the cursor stays at its message"
    );
}

#[both_databases]
fn an_anonymised_import_contains_no_names_and_mixes_with_no_other(database: Database) {
    let dump = small(&first());
    let at = database.location();
    let anonymised = Options { anonymise: true, ..options() };
    let report = try_import(at, &dump.dump, &anonymised).unwrap();
    assert_eq!(report.total().rejected, 0);
    let told = everything(at).join("\n");
    for name in ["ann", "bob", "example.org/ann", "message 1", "$2b$10$"] {
        assert!(!told.contains(name), "{name}");
    }
    assert!(matches!(try_import(at, &dump.dump, &options()), Err(ImportError::OtherKind(_))));
}

#[both_databases]
fn a_negative_zero_does_not_count_as_a_change(database: Database) {
    let dump = |title: &str| {
        let file = doc! {
            "_id": id('a', 1), "fileName": "f", "originalName": "f", "mimeType": "video/mp4", "fileSize": 5_i64,
            "filePath": "f", "fps": -0.0, "title": title, "uploadedBy": id('u', 1), "createdAt": made(1),
        };
        small(&[("User", vec![user(1, "ann")]), ("MessageAttachment", vec![file])])
    };
    for title in ["one", "two"] {
        let dump = dump(title);
        assert_eq!(import(database.location(), &dump.dump).conflicts, []);
        assert_eq!(export(database.location()).dump.digest(), dump.dump.digest());
    }
}

#[both_databases]
fn an_account_with_the_address_of_another_keeps_it_with_a_mark(database: Database) {
    let people = |bob: &str| {
        let mut bob_now = user(2, "bob");
        bob_now.insert("email", bob);
        small(&[("User", vec![user(1, "ann"), bob_now])])
    };
    let at = database.location();
    let mark = || one(at, &format!("SELECT name_twin AS it FROM users WHERE id = '{}'", id('u', 2)));
    for (address, expected) in [
        ("bob@example.org", String::new()),
        ("ANN@example.org", id('u', 2).to_hex()),
        ("b@example.org", String::new()),
    ] {
        let report = import(at, &people(address).dump);
        assert_eq!(report.conflicts, []);
        assert_eq!(mark(), expected, "{address}");
    }
}

#[both_databases]
fn a_changed_message_loses_its_translations(database: Database) {
    let dump = |content: &str, inside: &[(&str, &str)]| {
        let mut changed = message(1, 1, 1);
        changed.insert("content", content);
        let entry = |(language, text): &(&str, &str)| {
            ((*language).to_owned(), doc! { "text": *text, "createdAt": made(1) }.into())
        };
        changed.insert("translations", Document::from_iter(inside.iter().map(entry)));
        small(&[
            ("User", vec![user(1, "ann")]),
            ("Conversation", vec![conversation(1)]),
            ("Message", vec![changed]),
        ])
    };
    let first = dump("Hello", &[("es", "Hola"), ("fr", "Bonjour")]);
    let less = dump("Hello", &[("es", "Hola")]);
    let edited = dump("Goodbye", &[("es", "Adiós")]);
    let at = database.location();
    let known = || {
        let sql = "SELECT language, content FROM translations ORDER BY language";
        let of_row = |row: Vec<Value>| match <[Value; 2]>::try_from(row).unwrap() {
            [Value::Text(language), Value::Text(content)] => format!("{language} {content}"),
            other => panic!("{other:?}"),
        };
        rows(at, sql, &["language", "content"]).into_iter().map(of_row).collect::<Vec<_>>()
    };
    import(at, &first.dump);
    assert_eq!(known(), ["es Hola", "fr Bonjour"]);
    let german = format!(
        "INSERT INTO translations (message_id, language, revision, state, content, engine, created_at, updated_at) \
         VALUES ('{}', 'de', 1, 'done', 'Hallo', 'apertium', 1900000000000, 1900000000000)",
        id('m', 1)
    );
    change(at, &german, &[]);
    for (dump, expected) in [
        (&less, vec!["de Hallo", "es Hola"]),
        (&first, vec!["de Hallo", "es Hola", "fr Bonjour"]),
        (&edited, vec!["es Adiós"]),
    ] {
        assert_eq!(import(at, &dump.dump).conflicts, []);
        assert_eq!(known(), expected);
    }
    assert_eq!(export(at).dump.digest(), edited.dump.digest());
}

#[both_databases]
fn an_account_deleted_here_stays_deleted(database: Database) {
    let (ann, bob) = (id('u', 1), id('u', 2));
    let mut users = vec![user(1, "ann"), user(2, "bob")];
    users[0].insert("blockedUserIds", vec![bob]);
    users[1].insert("blockedUserIds", vec![ann]);
    let first = small(&[("User", users.clone())]);
    users[0].insert("bio", "written there");
    users[0].insert("updatedAt", DateTime::from_millis(1_990_000_000_000));
    users[1].insert("bio", "written there");
    let later = small(&[("User", users)]);
    let at = database.location();
    import(at, &first.dump);
    let delete = |tx: &mut Tx<'_>| {
        let user: UserId = ann.to_string().parse().unwrap();
        deleted_accounts::anonymise(tx, user, "deleted-1", Timestamp::from_millis(1_900_000_000_000))?;
        while deleted_accounts::remove_some(tx, user, 10)? {}
        Ok(((), Ending::Commit))
    };
    Exclusive::open(at).unwrap().transaction::<_, StoreError>(delete).unwrap();
    let report = import(at, &later.dump);
    let conflicts: Vec<_> = report.conflicts.iter().map(|conflict| conflict.what.as_str()).collect();
    assert_eq!(conflicts, ["changed in the old system, but the account was deleted here; stays deleted"]);
    let read =
        |column: &str, of: ObjectId| one(at, &format!("SELECT {column} AS it FROM users WHERE id = '{of}'"));
    assert_eq!((read("username", ann), read("bio", ann)), ("deleted-1".into(), String::new()));
    assert_eq!(read("bio", bob), "written there");
    assert_eq!(read("blocked_user_ids", bob), "[]");
    assert_eq!(one(at, "SELECT CAST(count(*) AS TEXT) AS it FROM blocks"), "0");
    let kept = format!(
        "SELECT CAST(count(*) AS TEXT) AS it FROM legacy_documents WHERE id = '{ann}' AND rest IS NOT NULL"
    );
    assert_eq!(one(at, &kept), "0");
}
