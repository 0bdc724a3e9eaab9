//! Old system, here, old system, here: changes on each side arrive at the other.

use crate::support::{
    Small, change, conversation, differences, export, id, import, made, message, one, says, small, small_raw,
    user, with_bad_text,
};
use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use meeshy_store::{Location, Value};
use meeshy_testkit::{Database, both_databases};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// A time after all dumped times.
const LATER: i64 = 1_790_000_000_000;
/// The number of messages, users and reactions that the old system has at first.
const FIRST: u8 = 4;

/// A change on one side, of the object with a number.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    Edit(u8),
    Delete(u8),
    Bio(u8),
    Write(u8),
    React(u8),
    TakeBack(u8),
    Read(u8),
    Password(u8),
    Translate(u8),
    ReadUpTo(u8),
}

/// A document that is damaged in the first dump of a stay and valid in the next.
#[derive(Debug, Clone, Copy)]
pub struct Spoiled {
    collection: &'static str,
    noun: char,
    number: u8,
    /// Whether the valid one follows in the same dump.
    is_copied: bool,
}

pub fn spoiled() -> impl Strategy<Value = Vec<Spoiled>> {
    let kinds = vec![
        ("User", 'u'),
        ("Conversation", 'c'),
        ("ConversationMember", 'k'),
        ("Message", 'm'),
        ("Reaction", 'e'),
    ];
    let one = (select(kinds), 1..=FIRST, any::<bool>());
    let one = one.prop_map(|((collection, noun), number, is_copied)| Spoiled {
        collection,
        noun,
        number,
        is_copied,
    });
    vec(one, 0..4)
}

/// The changes of one stay.
pub type Stay = Vec<Change>;

pub fn stay() -> impl Strategy<Value = Stay> {
    let number = 1..=FIRST;
    let change = (0..10_u8, number).prop_map(|(kind, number)| match kind {
        0 => Change::Edit(number),
        1 => Change::Delete(number),
        2 => Change::Bio(number),
        3 => Change::Write(number),
        4 => Change::React(number),
        5 => Change::TakeBack(number),
        6 => Change::Read(number),
        7 => Change::Translate(number),
        8 => Change::ReadUpTo(number),
        _ => Change::Password(number),
    });
    vec(change, 0..6)
}

fn reaction(number: u8, message: ObjectId, emoji: &str) -> Document {
    doc! {
        "_id": id('e', number), "messageId": message, "userId": id('u', number), "emoji": emoji,
        "createdAt": made(number), "updatedAt": made(number),
    }
}

fn notification(number: u8) -> Document {
    doc! {
        "_id": id('n', number), "userId": id('u', number), "type": "new_message", "title": "T", "content": "C",
        "isRead": false, "createdAt": DateTime::from_millis(1_769_300_000_000),
    }
}

fn first() -> Small {
    let members = (1..=FIRST).map(|number| {
        doc! {
            "_id": id('k', number), "conversationId": id('c', 1), "userId": id('u', number), "role": "MEMBER",
            "joinedAt": made(number), "isActive": true,
        }
    });
    small(&[
        ("User", (1..=FIRST).map(|number| user(number, &format!("user{number}"))).collect()),
        ("Conversation", vec![conversation(1)]),
        ("ConversationMember", members.collect()),
        ("Message", (1..=FIRST).map(|number| message(number, 1, number)).collect()),
        ("Reaction", (1..=FIRST).map(|number| reaction(number, id('m', number), "+")).collect()),
        ("Notification", (1..=FIRST).map(notification).collect()),
    ])
}

/// Makes changes here, in the database. `stay` distinguishes this time from others.
fn here(at: &Location, changes: &[Change], stay: u8) {
    for (step, change_of) in (0..).zip(changes) {
        let now: Value = (LATER + i64::from(stay) * 1_000 + step).into();
        let hex = |noun: char, number: u8| Value::from(id(noun, number).to_hex());
        let new_id = Value::from(format!("{stay:02x}{step:022x}"));
        let text: Value = format!("here {stay} {step}").into();
        match *change_of {
            Change::Edit(n) => change(
                at,
                "UPDATE messages SET content = $1, revision = revision + 1, edited_at = $2, updated_at = $2 WHERE id = $3",
                &[text, now, hex('m', n)],
            ),
            Change::Delete(n) => change(
                at,
                "UPDATE messages SET deleted_at = $1, updated_at = $1 WHERE id = $2",
                &[now, hex('m', n)],
            ),
            Change::Bio(n) => {
                change(
                    at,
                    "UPDATE users SET bio = $1, updated_at = $2 WHERE id = $3",
                    &[text, now, hex('u', n)],
                );
            }
            Change::Write(n) => change(
                at,
                "INSERT INTO messages (id, conversation_id, sequence, sender_id, content, original_language, message_type, \
                   created_at, updated_at) SELECT $1, $2, max(sequence) + 1, $3, $4, 'fr', 'text', $5, $5 FROM messages",
                &[new_id, hex('c', 1), hex('u', n), text, now],
            ),
            Change::React(n) => change(
                at,
                "INSERT INTO reactions (id, message_id, user_id, emoji, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
                &[new_id, hex('m', n), hex('u', n), text, now],
            ),
            // It may be deleted already.
            Change::TakeBack(n) => quietly(at, "DELETE FROM reactions WHERE id = $1", &[hex('e', n)]),
            Change::Read(n) => quietly(
                at,
                "UPDATE notifications SET is_read = TRUE, read_at = $1 WHERE id = $2",
                &[now, hex('n', n)],
            ),
            Change::Translate(n) => change(
                at,
                "INSERT INTO translations (message_id, language, revision, state, content, engine, created_at, updated_at) \
                   SELECT id, 'es', revision, 'done', $1, 'test', $2, $2 FROM messages WHERE id = $3 \
                 ON CONFLICT (message_id, language) DO UPDATE SET revision = excluded.revision, content = excluded.content, \
                   updated_at = excluded.updated_at",
                &[text, now, hex('m', n)],
            ),
            Change::ReadUpTo(n) => quietly(
                at,
                "INSERT INTO read_cursors (user_id, conversation_id, read_sequence, read_at) \
                   SELECT $1, $2, max(sequence), $3 FROM messages WHERE TRUE \
                 ON CONFLICT (user_id, conversation_id) WHERE user_id IS NOT NULL DO UPDATE SET \
                   read_sequence = excluded.read_sequence, read_at = excluded.read_at, last_read_message_id = NULL \
                 WHERE read_cursors.read_sequence < excluded.read_sequence",
                &[hex('u', n), hex('c', 1), now],
            ),
            // Signing in replaces the hash.
            Change::Password(n) => change(
                at,
                "UPDATE users SET password_hash = $1, last_active_at = $2, updated_at = $2 WHERE id = $3",
                &[format!("$argon2id$same {n}").into(), now, hex('u', n)],
            ),
        }
    }
}

fn quietly(at: &Location, sql: &str, params: &[Value]) {
    use meeshy_store::{Ending, Exclusive, StoreError};
    let mut database = Exclusive::open(at).unwrap();
    database.transaction::<_, StoreError>(|tx| Ok((tx.execute(sql, params)?, Ending::Commit))).unwrap();
}

type Collections = BTreeMap<String, BTreeMap<String, Document>>;

fn documents(dump: &Small) -> Collections {
    let of = |name: &str| (name.to_owned(), crate::support::documents(&dump.dump, name));
    dump.dump.collections().iter().map(|collection| of(collection.name())).collect()
}

fn dumped(collections: &Collections) -> Small {
    let named: Vec<(&str, Vec<Document>)> =
        collections.iter().map(|(name, all)| (name.as_str(), all.values().cloned().collect())).collect();
    small(&named)
}

/// Makes changes in the old system, in the documents. `before` is the dump that was imported last.
fn there(collections: &mut Collections, before: &Collections, changes: &[Change], stay: u8) {
    for (step, change) in (0..).zip(changes) {
        let now = DateTime::from_millis(LATER + i64::from(stay) * 1_000 + step);
        let text = format!("there {stay} {step}");
        let mut bytes = [0; 12];
        (bytes[0], bytes[10], bytes[11]) = (0x99, stay, u8::try_from(step).unwrap());
        let new_id = ObjectId::from_bytes(bytes);
        let set = |collections: &mut Collections, name: &str, key: ObjectId, values: Document| {
            if let Some(document) = collections.get_mut(name).and_then(|all| all.get_mut(&key.to_hex())) {
                document.extend(values);
            }
        };
        match *change {
            Change::Edit(n) => {
                let values = doc! { "content": text, "isEdited": true, "editedAt": now, "updatedAt": now };
                set(collections, "Message", id('m', n), values);
                remove_one(collections, before, "MessageTranslation", "messageId", id('m', n));
            }
            Change::Delete(n) => {
                let values = doc! { "isDeleted": true, "deletedAt": now, "updatedAt": now };
                set(collections, "Message", id('m', n), values);
            }
            Change::Bio(n) => set(collections, "User", id('u', n), doc! { "bio": text, "updatedAt": now }),
            Change::Write(n) => {
                let mut written = message(n, 1, n);
                written.extend(doc! { "_id": new_id, "content": text, "createdAt": now, "updatedAt": now });
                collections.get_mut("Message").unwrap().insert(new_id.to_hex(), written);
            }
            Change::React(n) => {
                let mut written = reaction(n, id('m', n), &text);
                written.insert("_id", new_id);
                collections.get_mut("Reaction").unwrap().insert(new_id.to_hex(), written);
            }
            Change::TakeBack(n) => {
                let reactions = collections.get_mut("Reaction").unwrap();
                reactions.remove(&id('e', n).to_hex());
                // One written here may be chosen too, as long as another one shows that the export was
                // loaded.
                let mut ours: Vec<String> =
                    reactions.keys().filter(|key| key.starts_with('0')).cloned().collect();
                if let (FIRST, Some(last), true) = (n, ours.pop(), !ours.is_empty()) {
                    reactions.remove(&last);
                }
            }
            Change::Read(n) => {
                set(collections, "Notification", id('n', n), doc! { "isRead": true, "readAt": now });
            }
            Change::Translate(n) => {
                if let Some(all) = collections.get_mut("MessageTranslation") {
                    let of_message = all.values_mut().filter(|it| says(it, "messageId", id('m', n)));
                    of_message.for_each(|it| {
                        it.extend(
                            doc! { "translatedContent": &text, "translatedText": &text, "updatedAt": now },
                        );
                    });
                }
            }
            Change::ReadUpTo(n) => remove_one(collections, before, "MessageStatus", "userId", id('u', n)),
            Change::Password(n) => {
                let values = doc! { "password": format!("$2b$10$new {text}"), "lastPasswordChange": now, "updatedAt": now };
                set(collections, "User", id('u', n), values);
            }
        }
    }
}

/// Deletes a document there. One that an export has just brought stays if it is the last of these, as they
/// show that the export was loaded.
fn remove_one(collections: &mut Collections, before: &Collections, name: &str, field: &str, of: ObjectId) {
    let Some(all) = collections.get_mut(name) else { return };
    let is_new = |key: &String| !before.get(name).is_some_and(|known| known.contains_key(key));
    let Some(key) = all.iter().find(|(_, it)| says(it, field, of)).map(|(key, _)| key.clone()) else {
        return;
    };
    if !is_new(&key) || all.keys().filter(|key| is_new(key)).count() > 1 {
        all.remove(&key);
    }
}

/// A dump with some damaged documents, and their number. Only documents with rows here are damaged.
fn damaged(collections: &Collections, known: &Collections, spoiled: &[Spoiled]) -> (Small, u64) {
    let mut count = 0;
    let raw = |document: &Document| RawDocumentBuf::try_from(document).unwrap();
    let mut all = Vec::new();
    for (name, documents) in collections {
        let mut written = Vec::new();
        for (key, document) in documents {
            let of = |it: &&Spoiled| it.collection == name && id(it.noun, it.number).to_hex() == *key;
            match spoiled.iter().find(of).filter(|_| known[name].contains_key(key)) {
                Some(how) => {
                    count += 1;
                    let mut bad = document.clone();
                    bad.insert("unheardOf", "what?");
                    written.push(with_bad_text(&bad));
                    written.extend(how.is_copied.then(|| raw(document)));
                }
                None => written.push(raw(document)),
            }
        }
        all.push((name.clone(), written));
    }
    (small_raw(all), count)
}

/// `changes` are those of four stays: here, there, here, there.
pub fn there_and_back(changes: &[Stay; 4], spoiled: &[Vec<Spoiled>; 2], database: fn() -> Database) {
    let database = database();
    let at = database.location();
    import(at, &first().dump);
    let mut before = documents(&first());
    for ((round, stays), spoiled) in (0..).zip(changes.chunks(2)).zip(spoiled) {
        // A document that only an export can have brought shows that it was loaded.
        here(at, &[&[Change::Write(1)][..], &stays[0]].concat(), 2 * round + 1);
        let back = export(at);
        let exported = Small::of(back);
        let mut collections = documents(&exported);
        let known = collections.clone();
        there(&mut collections, &before, &stays[1], 2 * round + 2);
        let (bad, rejected) = damaged(&collections, &known, spoiled);
        let report = import(at, &bad.dump);
        assert_eq!((report.conflicts.as_slice(), report.total().rejected), (&[][..], rejected));
        for (name, table) in [("User", "users"), ("Message", "messages"), ("Reaction", "reactions")] {
            let rows = one(at, &format!("SELECT count(*) AS it FROM {table}"));
            assert_eq!(rows, collections[name].len().to_string(), "{name}");
        }
        let returned = dumped(&collections);
        comes_back(at, &returned);
        // Nothing happened meanwhile: the exported documents come back unchanged.
        comes_back(at, &Small::of(export(at)));
        before = collections;
    }
}

/// The whole dump is accepted, and the rows match it.
fn comes_back(at: &Location, dump: &Small) {
    let report = import(at, &dump.dump);
    assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
    let back = export(at);
    assert_eq!(differences(&dump.dump, &back.dump), Vec::<String>::new());
    let visible = collection_of(dump, "Message");
    let visible = visible.values().filter(|it| it.get("isDeleted") != Some(&Bson::from(true))).count();
    let shown = one(at, "SELECT count(*) AS it FROM messages WHERE deleted_at IS NULL");
    assert_eq!(shown, visible.to_string());
}

fn collection_of(dump: &Small, name: &str) -> BTreeMap<String, Document> {
    crate::support::documents(&dump.dump, name)
}

/// Both sides change different objects at the same time: users with even numbers here, the others there.
pub fn side_by_side(changes: &[Stay; 2], database: fn() -> Database) {
    let database = database();
    let at = database.location();
    import(at, &first().dump);
    here(at, &[Change::Write(1), Change::React(2), Change::React(3)], 1);
    let mut collections = documents(&Small::of(export(at)));
    let [here_too, there_too] = changes;
    let is_even = |change: &&Change| number_of(**change).is_multiple_of(2);
    let ours: Vec<Change> = here_too.iter().filter(is_even).copied().collect();
    let theirs: Vec<Change> = there_too.iter().filter(|change| !is_even(change)).copied().collect();
    here(at, &ours, 3);
    there(&mut collections, &documents(&first()), &theirs, 4);
    let report = import(at, &dumped(&collections).dump);
    assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));

    // As if the old system had seen the final changes here.
    let after = documents(&Small::of(export(at)));
    for (name, document) in after.iter().flat_map(|(name, all)| all.values().map(move |it| (name, it))) {
        let key = document.get_object_id("_id").unwrap().to_hex();
        let Some(there) = collections.get(name).and_then(|all| all.get(&key)) else { continue };
        let number = u8::from_str_radix(&key[22..], 16).unwrap();
        if key.starts_with("68f0") && !number.is_multiple_of(2) {
            assert_eq!(document, there, "{name} {key}");
        }
    }
    for change in &ours {
        match change {
            Change::TakeBack(n) => assert!(!after["Reaction"].contains_key(&id('e', *n).to_hex())),
            Change::Bio(n) => {
                let bio = after["User"][&id('u', *n).to_hex()].get_str("bio").unwrap().to_owned();
                assert!(bio.starts_with("here 3"), "{bio}");
            }
            Change::Edit(n) => {
                let message = &after["Message"][&id('m', *n).to_hex()];
                assert!(message.get_str("content").unwrap().starts_with("here 3"));
            }
            _ => {}
        }
    }
    for change in &theirs {
        if let Change::TakeBack(n) = change {
            assert!(!after["Reaction"].contains_key(&id('e', *n).to_hex()));
        }
    }
}

fn number_of(change: Change) -> u8 {
    match change {
        Change::Edit(n)
        | Change::Delete(n)
        | Change::Bio(n)
        | Change::Write(n)
        | Change::React(n)
        | Change::TakeBack(n)
        | Change::Read(n)
        | Change::Translate(n)
        | Change::ReadUpTo(n)
        | Change::Password(n) => n,
    }
}

/// An export that was never loaded removes nothing here.
#[both_databases]
fn an_export_that_was_never_loaded_changes_nothing(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    here(at, &[Change::Write(1), Change::Edit(2), Change::React(3)], 1);
    export(at);
    let mut collections = documents(&first());
    there(&mut collections, &documents(&first()), &[Change::Bio(1)], 2);
    let report = import(at, &dumped(&collections).dump);
    assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
    assert_eq!(report.collections.iter().map(|count| count.removed).sum::<u64>(), 0);
    let content = format!("SELECT content AS it FROM messages WHERE id = '{}'", id('m', 2));
    assert_eq!(one(at, &content), "here 1 1");
    assert_eq!(one(at, "SELECT count(*) AS it FROM messages"), "5");
    assert_eq!(one(at, "SELECT count(*) AS it FROM reactions"), "5");
}

/// Exported documents that are gone there are not removed here while nothing shows that they were there; this
/// is reported.
#[both_databases]
fn a_collection_that_lost_all_exported_documents_is_reported(database: Database) {
    let at = database.location();
    import(at, &first().dump);
    here(at, &[Change::Write(1), Change::React(3)], 1);
    let total = one(at, "SELECT count(*) AS it FROM reactions");
    let mut collections = documents(&Small::of(export(at)));
    let before = documents(&first());
    collections.get_mut("Reaction").unwrap().retain(|id, _| before["Reaction"].contains_key(id));
    let report = import(at, &dumped(&collections).dump);
    let told: Vec<&str> = report.conflicts.iter().map(|it| it.collection.as_str()).collect();
    assert_eq!((told.as_slice(), report.total().conflicts), (&["Reaction"][..], 1));
    assert_eq!(one(at, "SELECT count(*) AS it FROM reactions"), total);
}
