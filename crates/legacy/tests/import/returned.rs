//! Rows written here that were exported to the old system and come back changed or deleted.

use crate::support::{
    Exported, Small, change, conversation, differences, export, id, import, message, one, says, small, user,
};
use bson::{DateTime, Document, doc};
use meeshy_legacy::import::Report;
use meeshy_store::{Location, Value};
use meeshy_testkit::{Database, both_databases};

const LATER: i64 = 1_790_000_000_000;

fn first() -> Small {
    small(&[
        ("User", vec![user(1, "ann"), user(2, "bob"), user(3, "chen")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![message(1, 1, 1), message(2, 1, 1)]),
    ])
}

/// A translation of a message, as the server writes it.
fn translate(at: &Location, message: u8, language: &str, text: &str) {
    change(
        at,
        "INSERT INTO translations (message_id, language, revision, state, content, engine, score, created_at, updated_at) \
         SELECT id, $2, revision, 'done', $3, 'test', 0.5, $4, $4 FROM messages WHERE id = $1 \
         ON CONFLICT (message_id, language) DO UPDATE SET revision = excluded.revision, content = excluded.content, \
           updated_at = excluded.updated_at",
        &[id('m', message).to_hex().into(), language.into(), text.into(), LATER.into()],
    );
}

/// A user reads up to a message; the number of a message is its position.
fn read(at: &Location, user: u8, message: u8) {
    change(
        at,
        "INSERT INTO read_cursors (user_id, conversation_id, read_sequence, read_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, conversation_id) WHERE user_id IS NOT NULL DO UPDATE \
           SET read_sequence = excluded.read_sequence, read_at = excluded.read_at, last_read_message_id = NULL",
        &[
            id('u', user).to_hex().into(),
            id('c', 1).to_hex().into(),
            i64::from(message).into(),
            (LATER + i64::from(message)).into(),
        ],
    );
}

/// An export as dumped again by the old system, after some changes there.
fn given_back(back: &Exported, happens: impl Fn(&str, &mut Vec<Document>)) -> Small {
    let collections: Vec<(&str, Vec<Document>)> = back
        .dump
        .collections()
        .iter()
        .map(|collection| {
            let mut all = back.documents(collection.name()).into_values().collect();
            happens(collection.name(), &mut all);
            (collection.name(), all)
        })
        .collect();
    small(&collections)
}

fn edit(name: &str, all: &mut [Document]) {
    if let ("Message", Some(edited)) = (name, all.first_mut()) {
        let now = DateTime::from_millis(LATER + 9);
        edited
            .extend(doc! { "content": "edited there", "isEdited": true, "editedAt": now, "updatedAt": now });
    }
}

fn is_clean(report: &Report) {
    assert_eq!((&report.conflicts, &report.rejections), (&vec![], &vec![]));
}

fn translations(at: &Location) -> String {
    one(
        at,
        "SELECT coalesce(string_agg(language || ' ' || content || ' ' || revision, ', ' ORDER BY message_id, language), '') \
         AS it FROM translations",
    )
}

#[both_databases]
fn an_unchanged_exported_document_is_recognised(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    translate(at, 1, "es", "mensaje");
    read(at, 2, 1);
    let back = export(at);
    is_clean(&import(at, &back.dump));
    let again = export(at);
    assert_eq!(differences(&back.dump, &again.dump), Vec::<String>::new());
    let changed: u64 = again.report.collections.iter().map(|it| it.changed + it.new).sum();
    assert_eq!(changed, 0, "nothing was changed since");
}

#[both_databases]
fn an_edit_there_removes_exported_translations_of_the_old_text(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    translate(at, 1, "es", "mensaje 1");
    translate(at, 2, "es", "mensaje 2");
    let back = export(at);
    is_clean(&import(at, &back.dump));
    let edited = given_back(&back, |name, all| {
        edit(name, all);
        if name == "MessageTranslation" {
            all.retain(|it| !says(it, "messageId", id('m', 1)));
        }
    });
    let report = import(at, &edited.dump);
    is_clean(&report);
    assert_eq!(report.total().removed, 1);
    assert_eq!(translations(at), "es mensaje 2 1");
    assert_eq!(differences(&edited.dump, &export(at).dump), Vec::<String>::new());
}

#[both_databases]
fn an_edit_there_removes_a_translation_made_again_here(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    translate(at, 1, "es", "mensaje 1");
    let back = export(at);
    is_clean(&import(at, &back.dump));
    let both = [(LATER + 1).into(), id('m', 1).to_hex().into()];
    change(
        at,
        "UPDATE messages SET content = 'edited here', revision = 2, edited_at = $1, updated_at = $1 WHERE id = $2",
        &both,
    );
    translate(at, 1, "es", "corregido");
    let edited = given_back(&back, |name, all| edit(name, all));
    let report = import(at, &edited.dump);
    let columns: Vec<_> = report.conflicts.iter().filter_map(|it| it.column.as_deref()).collect();
    assert_eq!(columns, ["content", "edited_at"], "the edit there is newer");
    assert_eq!(translations(at), "", "made again when somebody reads it");
}

#[both_databases]
fn cursors_written_here_and_deleted_there_are_removed(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    read(at, 2, 1);
    read(at, 3, 2);
    let back = export(at);
    let of = |user: u8| {
        move |name: &str, all: &mut Vec<Document>| {
            if name == "MessageStatus" {
                all.retain(|it| !says(it, "userId", id('u', user)));
            }
        }
    };
    let report = import(at, &given_back(&back, of(2)).dump);
    is_clean(&report);
    assert_eq!(report.total().removed, 1);
    let cursors = "SELECT count(*) AS it FROM read_cursors WHERE user_id <> $1"
        .replace("$1", &format!("'{}'", id('u', 1)));
    assert_eq!(one(at, &cursors), "1");
    let last = export(at);
    let report = import(at, &given_back(&last, of(3)).dump);
    is_clean(&report);
    assert_eq!((report.total().removed, one(at, &cursors)), (1, "0".into()));
}

#[both_databases]
fn a_row_deleted_there_and_changed_here_is_reported_once(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    translate(at, 1, "es", "mensaje 1");
    translate(at, 2, "es", "mensaje 2");
    let back = export(at);
    is_clean(&import(at, &back.dump));
    translate(at, 1, "es", "mejor");
    let gone = given_back(&back, |name, all| {
        if name == "MessageTranslation" {
            all.clear();
        }
    });
    let report = import(at, &gone.dump);
    let [conflict] = report.conflicts.as_slice() else { panic!("{:?}", report.conflicts) };
    assert_eq!(conflict.what, "deleted in the old system, but changed here; kept");
    assert_eq!((report.total().conflicts, report.total().removed), (1, 1));
    assert_eq!(translations(at), "es mejor 1");
}

#[both_databases]
fn a_damaged_exported_document_removes_nothing_written_here(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    let values: [Value; 2] = [id('m', 8).to_hex().into(), LATER.into()];
    change(
        at,
        "INSERT INTO messages (id, conversation_id, sequence, sender_id, content, original_language, message_type, \
           created_at, updated_at) SELECT $1, conversation_id, 3, sender_id, 'new', 'fr', 'text', $2, $2 \
         FROM messages WHERE sequence = 1",
        &values,
    );
    translate(at, 8, "es", "nuevo");
    let back = export(at);
    let bare = given_back(&back, |name, all| {
        all.iter_mut().filter(|it| says(it, "_id", id('m', 8))).for_each(|it| {
            assert_eq!(name, "Message");
            it.remove("conversationId");
        });
    });
    let report = import(at, &bare.dump);
    assert_eq!((report.total().rejected, report.total().removed, report.conflicts.len()), (1, 0, 0));
    assert_eq!(translations(at), "es nuevo 1");
    assert_eq!(differences(&back.dump, &export(at).dump), Vec::<String>::new(), "the row is removed, once");
    let edited = given_back(&back, |name, all| {
        let new = all.iter_mut().filter(|it| name == "Message" && says(it, "_id", id('m', 8)));
        new.for_each(|it| drop(it.insert("content", "edited there")));
    });
    is_clean(&import(at, &edited.dump));
    let sql = "SELECT content AS it FROM messages WHERE sequence = 3";
    assert_eq!(one(at, sql), "edited there");
}
