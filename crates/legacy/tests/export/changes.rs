//! Rows written, changed and deleted here since the import.

use super::writes::use_chat;
use crate::support::{Exported, Small, change, documents, export, id, import, made, message, small, user};
use bson::{Bson, Document, doc};
use meeshy_chat::retention::{Retention, archive_notifications};
use meeshy_domain::Timestamp;
use meeshy_store::{Location, Value};
use meeshy_testkit::{Database, both_databases};
use std::time::Duration;

const PASSWORD: &str = "correct horse";

const DAY: u64 = 86_400;

/// A user with a password and with fields that no other document has.
fn person(number: u8, name: &str) -> Document {
    let mut person = user(number, name);
    person.extend(doc! {
        "phoneNumber": Bson::Null, "password": bcrypt::hash(PASSWORD, 4).unwrap(), "isOnline": true, "systemLanguage": "en",
        "regionalLanguage": "EN", "role": if number == 2 { "MODO" } else { "USER" },
        "avatar": "https://static.example.org/a.jpg", "favouriteColour": "blue",
    });
    person
}

fn member(number: u8, user: u8, role: &str) -> Document {
    doc! {
        "_id": id('p', number), "conversationId": id('c', 1), "userId": id('u', user), "role": role,
        "canSendMessage": true, "joinedAt": made(number), "isActive": true,
    }
}

fn translation(number: u8, message: u8, language: &str) -> Document {
    doc! {
        "_id": id('t', number), "messageId": id('m', message), "sourceLanguage": "fr", "targetLanguage": language,
        "translatedContent": format!("{language}: message {message}"), "translationModel": "basic",
        "cacheKey": format!("{}_fr_{language}", id('m', message)), "confidenceScore": 0.9, "createdAt": made(number),
        "updatedAt": made(number),
    }
}

fn cursor(number: u8, user: u8, message: u8) -> Document {
    doc! {
        "_id": id('s', number), "conversationId": id('c', 1), "messageId": id('m', message), "userId": id('u', user),
        "receivedAt": made(number), "readAt": made(number), "updatedAt": made(number),
    }
}

/// Alice and Bob in a conversation, with one membership twice.
fn old() -> Small {
    let conversation = doc! {
        "_id": id('c', 1), "identifier": "mshy_trip", "type": "group", "title": "Trip", "isActive": true,
        "lastMessageAt": made(3), "createdAt": made(1), "updatedAt": made(1),
    };
    let mut of_the_system = message(3, 1, 2);
    of_the_system.insert("messageType", "system");
    let mut with_map = message(4, 1, 2);
    with_map.insert(
        "translations",
        doc! { "en": { "text": "en: message 4", "translationModel": "basic", "createdAt": made(4), "updatedAt": made(4) } },
    );
    small(&[
        ("User", vec![person(1, "alice"), person(2, "bob"), person(3, "dora")]),
        ("Conversation", vec![conversation]),
        (
            "ConversationMember",
            vec![
                member(1, 1, "CREATOR"),
                member(2, 2, "USER"),
                member(3, 2, "ADMIN"),
                member(4, 3, "MEMBER"),
                member(5, 3, "MEMBER"),
            ],
        ),
        ("Message", vec![message(1, 1, 1), message(2, 1, 2), of_the_system, with_map]),
        ("MessageTranslation", vec![translation(1, 1, "en"), translation(2, 2, "en")]),
        ("MessageStatus", vec![cursor(1, 2, 1), cursor(2, 3, 1)]),
        ("call_sessions", Vec::new()),
    ])
}

/// The only new document.
fn new_one(back: &Exported, old: &Small, collection: &str, field: &str, value: &str) -> Document {
    let before = documents(&old.dump, collection);
    let mut all = back.documents(collection).into_iter();
    let found =
        all.find(|(id, it)| !before.contains_key(id) && it.get_str(field).is_ok_and(|it| it == value));
    found.unwrap_or_else(|| panic!("no new `{collection}` with `{field}` {value}")).1
}

/// The names of fields that differ between two documents, in the order of the second one.
fn changed<'d>(before: &'d Document, after: &'d Document) -> Vec<&'d str> {
    let gone = before.keys().filter(|name| !after.contains_key(name));
    let different =
        after.iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name);
    different.chain(gone).map(String::as_str).collect()
}

#[both_databases]
fn rows_written_here_are_exported(database: Database) {
    let (at, old) = (database.location(), old());
    import(at, &old.dump);
    assert_eq!(export(at).dump.digest(), old.dump.digest());
    use_chat(&database, PASSWORD, "mshy_trip");
    let back = export(at);
    people(&back, &old);
    messages(&back, &old);
    cursors(&back, &old);
    calls(&back, &old);

    let again = database.another();
    import(again.location(), &back.dump);
    let third = export(again.location());
    assert_eq!(third.dump.digest(), back.dump.digest(), "importing it again loses nothing");
    assert_eq!(third.not_held("sessions", "sessions"), 0);
}

fn calls(back: &Exported, old: &Small) {
    let call = new_one(back, old, "call_sessions", "status", "ended");
    assert_eq!(call.get("mode"), Some(&Bson::from("p2p")));
    assert_eq!(call.get("initiatorId"), Some(&Bson::from(id('u', 1))));
    assert_eq!(call.get("duration"), Some(&Bson::Int64(0)));
    assert_eq!(call.get("metadata"), Some(&Bson::from(bson::doc! { "type": "audio" })));
    assert!(["startedAt", "answeredAt", "endedAt"].iter().all(|field| call.get_datetime(field).is_ok()));
    for (role, user) in [("initiator", 1), ("participant", 2)] {
        let participant = new_one(back, old, "call_participants", "role", role);
        assert_eq!(participant.get("callSessionId"), call.get("_id"));
        assert_eq!(participant.get("userId"), Some(&Bson::from(id('u', user))));
        assert_eq!(participant.get("isVideoEnabled"), Some(&Bson::from(false)));
        assert!(participant.get_datetime("leftAt").is_ok());
    }
}

fn people(back: &Exported, old: &Small) {
    let (before, after) = (documents(&old.dump, "User"), back.documents("User"));
    let alice = id('u', 1).to_hex();
    // Her hash was replaced here; the export contains the one that the old system knows.
    assert_eq!(changed(&before[&alice], &after[&alice]), ["updatedAt"]);
    let bob = id('u', 2).to_hex();
    assert_eq!(after[&bob].get("role"), Some(&Bson::from("MODO")), "as it was called there");
    let dora = id('u', 3).to_hex();
    assert_eq!(after[&dora], before[&dora]);

    let carol = new_one(back, old, "User", "username", "carol");
    assert_eq!(carol.get("isOnline"), Some(&Bson::from(false)));
    assert_eq!(carol.get("role"), Some(&Bson::from("USER")));
    assert!(carol.get_str("password").unwrap().starts_with("$argon2id$"));
    assert!(!carol.contains_key("avatar"), "unset fields are absent");
    assert!(carol.get_datetime("createdAt").is_ok() && carol.get_object_id("_id").is_ok());
    assert_eq!(back.report.new_passwords, ["carol"]);
    assert_eq!(back.not_held("users", "password_hash"), 1);
    assert_eq!(back.not_held("sessions", "sessions"), 3);
}

fn messages(back: &Exported, old: &Small) {
    assert_eq!(back.count("Message"), [6, 4, 0, 2, 0]);
    let written = new_one(back, old, "Message", "content", "guten Abend zusammen");
    for (field, expected) in [
        ("senderId", Bson::ObjectId(id('u', 1))),
        ("conversationId", Bson::ObjectId(id('c', 1))),
        ("originalLanguage", "de".into()),
        ("messageType", "text".into()),
        ("messageSource", "user".into()),
        ("isEdited", false.into()),
        ("isDeleted", false.into()),
        ("validatedMentions", Bson::Array(Vec::new())),
        ("readCount", Bson::Int64(0)),
    ] {
        assert_eq!(written.get(field), Some(&expected), "{field}");
    }
    assert!(!written.contains_key("replyToId"));
    assert_eq!(back.not_held("messages", "client_message_id"), 2);

    let message = written.get_object_id("_id").unwrap();
    let translation =
        new_one(back, old, "MessageTranslation", "translatedContent", "en: guten Abend zusammen");
    assert_eq!(translation.get("messageId"), Some(&Bson::from(message)));
    assert_eq!(translation.get("sourceLanguage"), Some(&Bson::from("de")));
    assert_eq!(translation.get("targetLanguage"), Some(&Bson::from("en")));
    assert_eq!(translation.get("cacheKey"), Some(&Bson::from(format!("{message}_de_en"))));
    assert_eq!(translation.get("confidenceScore"), Some(&Bson::from(0.5)));
    // There were two and one was made here; the embedded one stays embedded; one failed.
    assert_eq!(back.count("MessageTranslation"), [3, 2, 0, 1, 0]);
    assert_eq!(back.not_held("translations", "state"), 1);

    let conversation = &back.documents("Conversation")[&id('c', 1).to_hex()];
    let last = new_one(back, old, "Message", "content", "?");
    assert_eq!(conversation.get("lastMessageAt"), last.get("createdAt"));
}

fn cursors(back: &Exported, old: &Small) {
    let (before, after) = (documents(&old.dump, "MessageStatus"), back.documents("MessageStatus"));
    let (bob, dora) = (id('s', 1).to_hex(), id('s', 2).to_hex());
    let last = new_one(back, old, "Message", "content", "?");
    assert_eq!(after[&bob].get("messageId"), last.get("_id"));
    assert!(after[&bob].get_datetime("readAt").unwrap() > before[&bob].get_datetime("readAt").unwrap());
    assert_eq!(after[&bob].get("updatedAt"), after[&bob].get("readAt"));
    assert_eq!(after[&dora], before[&dora]);
    // Alice has none: she has read what she wrote.
    assert_eq!(after.len(), 2);
}

#[both_databases]
fn changes_made_here_win(database: Database) {
    let (at, old) = (database.location(), old());
    import(at, &old.dump);
    changes(at);
    let back = export(at);

    let (before, after) = (documents(&old.dump, "User"), back.documents("User"));
    let user = |number| (&before[&id('u', number).to_hex()], &after[&id('u', number).to_hex()]);
    let (before, after) = user(1);
    assert_eq!(changed(before, after), ["phoneNumber", "regionalLanguage", "banner"]);
    let (before, after) = user(2);
    assert_eq!(changed(before, after), ["role"]);
    assert_eq!(after.get("role"), Some(&Bson::from("ADMIN")));
    let (_, after) = user(3);
    assert!(after.get_str("password").unwrap().starts_with("$argon2"), "a new password");
    assert_eq!(back.report.new_passwords, ["dora"]);

    edited_and_deleted(&back, &old);

    // Documents merged into a membership that changed here would restore revoked permissions.
    assert_eq!(back.count("ConversationMember"), [4, 2, 1, 0, 1]);
    assert_eq!(back.not_held("legacy_documents", "ConversationMember"), 1);
    let member = &back.documents("ConversationMember")[&id('p', 2).to_hex()];
    assert_eq!(member.get("role"), Some(&Bson::from("MEMBER")));
}

fn changes(at: &Location) {
    const LATER: i64 = 1_780_000_000_000;
    let hex = |noun, number| Value::from(id(noun, number).to_hex());
    change(
        at,
        "UPDATE users SET phone_number = '+33123', regional_language = 'fr', banner = 'b' WHERE id = $1",
        &[hex('u', 1)],
    );
    change(at, "UPDATE users SET role = 'ADMIN' WHERE id = $1", &[hex('u', 2)]);
    change(
        at,
        "UPDATE users SET password_hash = $2, last_password_change = $3 WHERE id = $1",
        &[hex('u', 3), "$argon2id$v=19$x".into(), LATER.into()],
    );
    change(at, "UPDATE members SET role = 'MEMBER' WHERE id = $1", &[hex('p', 2)]);
    change(
        at,
        "UPDATE messages SET content = 'edited', revision = 2, edited_at = $1 WHERE id IN ($2, $3)",
        &[LATER.into(), hex('m', 1), hex('m', 4)],
    );
    change(at, "UPDATE messages SET deleted_at = $1 WHERE id = $2", &[LATER.into(), hex('m', 3)]);
    change(at, "DELETE FROM translations WHERE id = $1", &[hex('t', 2)]);
}

fn edited_and_deleted(back: &Exported, old: &Small) {
    let (before, after) = (documents(&old.dump, "Message"), back.documents("Message"));
    let differ = |number| {
        let id = id('m', number).to_hex();
        changed(&before[&id], &after[&id]).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(differ(1), ["content", "isEdited", "editedAt"]);
    assert_eq!(differ(2), [""; 0]);
    assert_eq!(differ(3), ["isDeleted", "deletedAt"]);
    assert_eq!(after[&id('m', 3).to_hex()].get("messageType"), Some(&Bson::from("system")));
    assert_eq!(differ(4), ["content", "isEdited", "editedAt", "translations"]);
    assert!(!after[&id('m', 4).to_hex()].contains_key("translations"));
    // One belonged to a text that was edited, the other was deleted.
    assert_eq!(back.count("MessageTranslation"), [0; 5]);
    assert_eq!(back.not_held("translations", "revision"), 2);
}

#[both_databases]
fn exported_counts_of_members_and_reactions_are_current(database: Database) {
    const LATER: i64 = 4_000_000_000_000;
    let hex = |noun, number| Value::from(id(noun, number).to_hex());
    let (mut conversation, mut first) = (crate::support::conversation(1), message(1, 1, 1));
    conversation.insert("memberCount", 2);
    first.insert("reactionCount", 0);
    let old = small(&[
        ("User", vec![user(1, "alice"), user(2, "bob")]),
        ("Conversation", vec![conversation]),
        ("ConversationMember", vec![member(1, 1, "CREATOR"), member(2, 2, "MEMBER")]),
        ("Message", vec![first]),
    ]);
    let at = database.location();
    import(at, &old.dump);
    let sql = "INSERT INTO reactions (id, message_id, user_id, emoji, created_at, updated_at) VALUES ($1, $2, $3, '+', $4, $4)";
    change(at, sql, &[hex('e', 1), hex('m', 1), hex('u', 2), LATER.into()]);
    let sql = "UPDATE members SET is_active = FALSE, left_at = $1 WHERE user_id = $2";
    change(at, sql, &[LATER.into(), hex('u', 2)]);
    let back = export(at);
    let count = |collection: &str, id: bson::oid::ObjectId, field: &str| {
        let value = back.documents(collection)[&id.to_hex()].get(field).cloned().unwrap();
        value.as_i64().or(value.as_i32().map(i64::from))
    };
    assert_eq!(count("Conversation", id('c', 1), "memberCount"), Some(1));
    assert_eq!(count("Message", id('m', 1), "reactionCount"), Some(1));
}

#[both_databases]
fn a_cursor_in_both_collections_is_exported_to_both(database: Database) {
    let of_older_code = doc! {
        "_id": id('r', 1), "conversationId": id('c', 1), "userId": id('u', 2), "lastReadMessageId": id('m', 1),
        "readAt": made(1), "updatedAt": made(1),
    };
    let in_order = [("s", 1), ("s", 9)];
    for (noun, number) in in_order {
        let noun = noun.chars().next().unwrap();
        let dump = small(&[
            ("User", vec![user(1, "alice"), user(2, "bob")]),
            ("Conversation", vec![crate::support::conversation(1)]),
            ("Message", (1..=3).map(|number| message(number, 1, 1)).collect()),
            (
                "MessageStatus",
                vec![{
                    let mut cursor = cursor(number, 2, 2);
                    cursor.insert("_id", id(noun, number));
                    cursor
                }],
            ),
            ("MessageReadStatus", vec![of_older_code.clone()]),
        ]);
        let database = database.another();
        let at = database.location();
        import(at, &dump.dump);
        assert_eq!(export(at).dump.digest(), dump.dump.digest());
        let sql = "UPDATE read_cursors SET read_sequence = 3, last_read_message_id = NULL, read_at = $1 WHERE user_id = $2";
        change(at, sql, &[made(20).timestamp_millis().into(), id('u', 2).to_hex().into()]);
        let back = export(at);
        let found = &back.documents("MessageStatus")[&id(noun, number).to_hex()];
        assert_eq!(found.get("messageId"), Some(&Bson::from(id('m', 3))));
        assert_eq!(found.get("readAt"), Some(&Bson::from(made(20))));
        let found = &back.documents("MessageReadStatus")[&id('r', 1).to_hex()];
        assert_eq!(found.get("lastReadMessageId"), Some(&Bson::from(id('m', 3))));
        assert_eq!(back.not_held("legacy_documents", "MessageStatus"), 0);
        assert_eq!(back.not_held("legacy_documents", "MessageReadStatus"), 0);
        let report = import(at, &back.dump);
        assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
        let again = export(at);
        assert_eq!(crate::support::differences(&back.dump, &again.dump), Vec::<String>::new());
    }
}

/// Bob, who only has a cursor of older code, reads on here.
#[both_databases]
fn reading_on_exports_a_cursor_that_the_old_code_reads(database: Database) {
    let of_older_code = |number: u8, user: u8| {
        doc! {
            "_id": id('r', number), "conversationId": id('c', 1), "userId": id('u', user), "lastReadMessageId": id('m', 1),
            "readAt": made(1), "updatedAt": made(1),
        }
    };
    let dump = small(&[
        ("User", vec![user(1, "alice"), user(2, "bob"), user(3, "dora")]),
        ("Conversation", vec![crate::support::conversation(1)]),
        ("Message", (1..=4).map(|number| message(number, 1, 1)).collect()),
        ("MessageReadStatus", vec![of_older_code(1, 2), of_older_code(2, 3)]),
    ]);
    let at = database.location();
    import(at, &dump.dump);
    assert_eq!(export(at).dump.digest(), dump.dump.digest());
    for (read, when) in [(3, 20), (4, 30)] {
        let sql = "UPDATE read_cursors SET read_sequence = $1, last_read_message_id = NULL, read_at = $2 WHERE user_id = $3";
        let read_at = made(when).timestamp_millis();
        change(at, sql, &[i64::from(read).into(), read_at.into(), id('u', 2).to_hex().into()]);
        let back = export(at);
        let cursors = back.documents("MessageStatus");
        assert_eq!(cursors.len(), 1, "Dora has read nothing here");
        let cursor = cursors.values().next().unwrap();
        for (field, expected) in [
            ("conversationId", Bson::from(id('c', 1))),
            ("userId", id('u', 2).into()),
            ("messageId", id('m', read).into()),
            ("readAt", made(when).into()),
        ] {
            assert_eq!(cursor.get(field), Some(&expected), "{field}");
        }
        let older = &back.documents("MessageReadStatus")[&id('r', 1).to_hex()];
        assert_eq!(older.get("lastReadMessageId"), Some(&Bson::from(id('m', read))));
        let report = import(at, &back.dump);
        assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
        assert_eq!(crate::support::differences(&back.dump, &export(at).dump), Vec::<String>::new());
    }
}

#[test]
fn archived_notifications_are_exported_and_found_by_a_later_dump() {
    let notification = |number: u8, title: &str| {
        doc! {
            "_id": id('n', number), "userId": id('u', 1), "type": "new_message", "title": title,
            "content": "…", "priority": "normal", "isRead": false, "emailSent": false, "pushSent": false,
            "createdAt": made(number),
        }
    };
    let dump = |titles: &[&str]| {
        let all = titles.iter().zip(1..).map(|(title, number)| notification(number, title)).collect();
        small(&[("User", vec![user(1, "alice")]), ("Notification", all)])
    };
    for database in [Database::sqlite(), Database::postgres()] {
        let (at, old) = (database.location(), dump(&["one", "two", "three", "four"]));
        import(at, &old.dump);
        let retention = Retention { age: Duration::from_secs(30 * DAY), unread_kept: 1 };
        let archive = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let store = database.open().await.unwrap();
                let now = Timestamp::from_millis(made(9).timestamp_millis() + 90 * 86_400_000);
                archive_notifications(&store, retention, now).await.unwrap()
            })
        };
        assert_eq!((archive().moved, archive().archived), (3, 3));
        assert_eq!(export(at).dump.digest(), old.dump.digest(), "as if nothing had been archived");
        assert_eq!(archive().moved, 0, "an export changes nothing");

        // The second one was changed there, the last two were deleted.
        let later = dump(&["one", "deux"]);
        let report = import(at, &later.dump);
        assert_eq!(report.conflicts, [], "nobody changed them here");
        assert_eq!(export(at).dump.digest(), later.dump.digest());
    }
}
