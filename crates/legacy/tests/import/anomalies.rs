//! The outcome of each kind of anomaly.

use crate::support::{
    conversation, counts, everything, export, id, import, made, message, one, options, small, try_import,
    user,
};
use bson::{Bson, DateTime, Document, doc};
use meeshy_legacy::import::ImportError;
use meeshy_store::{Ending, Exclusive, StoreError};
use meeshy_testkit::{Database, both_databases};

#[both_databases]
fn people_keep_their_names_their_roles_and_their_locks(database: Database) {
    let mut modo = user(1, "Modo");
    modo.insert("role", "MODO");
    modo.insert("twoFactorSecret", "JBSWY3DPEHPK3PXP");
    modo.insert("lockedUntil", DateTime::from_millis(1_800_000_000_000));
    modo.insert("isActive", false);
    modo.insert("deactivatedAt", made(9));
    modo.insert("shoeSize", 44);
    let mut unknown = user(2, "unknown");
    unknown.insert("role", "WIZARD");
    let twin = user(3, "mODO");
    let dump = small(&[("User", vec![modo, unknown, twin])]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "User"), [3, 2, 0, 0, 1]);
    assert!(report.rejections[0].reason.contains("`WIZARD` is not a known name"), "{report:?}");
    let row = |column: &str| one(at, &format!("SELECT {column} AS it FROM users WHERE username = 'Modo'"));
    assert_eq!(row("role"), "MODERATOR");
    assert_eq!(row("two_factor_secret"), "JBSWY3DPEHPK3PXP");
    assert_eq!(row("locked_until"), "1800000000000");
    assert_eq!(row("deactivated_at"), made(9).timestamp_millis().to_string());
    assert_eq!(row("display_name"), "", "an absent name is not invented");
    for consent in ["voice_profile_consent_at", "data_processing_consent_at", "email_verified_at"] {
        assert_eq!(row(consent), "null", "{consent}");
    }
    assert_eq!(row("name_twin"), "", "the older account has no mark");
    let twin = one(at, "SELECT name_twin AS it FROM users WHERE username = 'mODO'");
    assert_eq!(twin, id('u', 3).to_hex());
    let found = meeshy_legacy::import::find(&mut Exclusive::open(at).unwrap(), "User", &id('u', 1).to_hex());
    let rest = found.unwrap().unwrap().rest.unwrap();
    assert_eq!((&rest["shoeSize"], &rest["role"]), (&44.into(), &"MODO".into()));
}

#[both_databases]
fn names_that_differ_only_in_case_are_twins_and_are_found(database: Database) {
    let people = vec![user(1, "Le\u{301}a"), user(2, "L\u{c9}A"), user(3, "other")];
    let dump = small(&[("User", people)]);
    let at = database.location();
    assert_eq!(counts(&import(at, &dump.dump), "User"), [3, 3, 0, 0, 0]);
    let twin =
        |number: u8| one(at, &format!("SELECT name_twin AS it FROM users WHERE id = '{}'", id('u', number)));
    assert_eq!([twin(1), twin(2), twin(3)], [String::new(), id('u', 2).to_hex(), String::new()]);
    let found = |login: &'static str| {
        let find = move |tx: &mut meeshy_store::Tx<'_>| {
            let found = meeshy_store::users::find_by_login(tx, login)?;
            Ok::<_, StoreError>((found.map(|user| user.id.to_string()), Ending::Undo))
        };
        Exclusive::open(at).unwrap().transaction(find).unwrap()
    };
    for (login, number) in [("l\u{e9}a", 1), ("Le\u{301}a", 1), ("L\u{c9}A", 2), ("OTHER", 3)] {
        assert_eq!(found(login), Some(id('u', number).to_hex()), "{login}");
    }
}

#[both_databases]
fn memberships_of_one_user_are_merged_without_adding_permissions(database: Database) {
    let member = |number: u8, role: &str, more: bson::Document| {
        let mut member = doc! {
            "_id": id('k', number), "conversationId": id('c', 1), "userId": id('u', 1), "role": role, "joinedAt": made(number),
        };
        member.extend(more);
        member
    };
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        (
            "ConversationMember",
            vec![
                member(2, "ADMIN", doc! { "isActive": true, "canSendFiles": false }),
                member(1, "USER", doc! { "isActive": false, "leftAt": made(5), "canSendLinks": false }),
            ],
        ),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "ConversationMember"), [2, 1, 1, 0, 0]);
    let row = |column: &str| one(at, &format!("SELECT {column} AS it FROM members"));
    assert_eq!(row("id"), id('k', 1).to_hex(), "the earliest");
    let found =
        ["role", "is_active", "left_at", "can_send_files", "can_send_links", "can_send_message"].map(row);
    assert_eq!(found, ["ADMIN", "1", "null", "0", "0", "1"]);
    assert_eq!(one(at, "SELECT member_count AS it FROM conversations"), "1");
    let merged = meeshy_legacy::import::find(
        &mut Exclusive::open(at).unwrap(),
        "ConversationMember",
        &id('k', 2).to_hex(),
    );
    assert_eq!(merged.unwrap().unwrap().rest.unwrap()["role"], "ADMIN", "kept whole");
}

#[both_databases]
fn messages_are_numbered_by_time_and_deleted_ones_stay_deleted(database: Database) {
    let mut answer = message(4, 1, 1);
    answer.insert("replyToId", id('m', 9));
    let mut forward = message(2, 1, 1);
    forward.insert("replyToId", id('m', 3));
    let mut deleted = message(3, 1, 1);
    deleted.insert("isDeleted", true);
    let mut system = message(1, 1, 1);
    system.insert("messageType", "system");
    system.insert("originalLanguage", "xx");
    let lost = message(5, 7, 1);
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![answer, forward, deleted, system, lost]),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "Message"), [5, 4, 0, 0, 1]);
    let row = |number: u8, column: &str| {
        one(at, &format!("SELECT {column} AS it FROM messages WHERE id = '{}'", id('m', number)))
    };
    assert_eq!([1, 2, 3, 4].map(|number| row(number, "sequence")), ["1", "2", "3", "4"]);
    assert_eq!(row(2, "reply_to_id"), id('m', 3).to_hex(), "it comes later in the dump");
    assert_eq!(row(4, "reply_to_id"), "null", "it is missing");
    assert_eq!(row(3, "deleted_at"), made(3).timestamp_millis().to_string(), "it must not come back");
    assert_eq!(row(1, "message_source") + " " + &row(1, "message_type"), "system text");
    assert_eq!(row(1, "original_language"), "fr", "the default of the old system");
    let noticed: Vec<(&str, &str)> =
        report.notices.iter().map(|it| (it.field.as_str(), it.what.as_str())).collect();
    for expected in [
        ("isDeleted", "has no date, used the date of the last change"),
        ("originalLanguage", "invalid, treated as absent"),
        ("replyToId", "refers to a missing document, omitted"),
    ] {
        assert!(noticed.contains(&expected), "{noticed:?}");
    }
    assert!(report.rejections[0].reason.contains("refers to the missing `Conversation`"));
}

#[both_databases]
fn the_newest_translation_wins_embedded_or_not(database: Database) {
    let translation = |number: u8, language: &str, text: &str, updated: u8| {
        doc! {
            "_id": id('t', number), "messageId": id('m', 1), "sourceLanguage": "fr", "targetLanguage": language,
            "translatedContent": text, "translationModel": "basic", "cacheKey": number.to_string(),
            "confidenceScore": 0.9, "createdAt": made(number), "updatedAt": made(updated),
        }
    };
    let mut written = message(1, 1, 1);
    written.insert(
        "translations",
        doc! {
            "en": { "text": "inside, newer", "translationModel": "premium", "createdAt": made(8) },
            "es": { "text": "inside, older", "translationModel": "basic", "createdAt": "2025-01-01T00:00:00.000Z" },
            "pt": { "text": "only inside", "translationModel": "basic", "createdAt": made(8) },
            "x.y": { "text": "of no language", "createdAt": made(8) },
        },
    );
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![written]),
        (
            "MessageTranslation",
            vec![
                translation(1, "en", "outside", 2),
                translation(2, "es", "outside, newer", 9),
                translation(3, "de", "first", 3),
                translation(4, "de", "second", 4),
                translation(5, "$es", "of no language", 5),
            ],
        ),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "MessageTranslation"), [5, 2, 2, 0, 1]);
    let text = |language: &str| {
        one(
            at,
            &format!(
                "SELECT content || ' (' || state || ')' AS it FROM translations WHERE language = '{language}'"
            ),
        )
    };
    assert_eq!(text("en"), "inside, newer (done)");
    assert_eq!(text("es"), "outside, newer (done)");
    assert_eq!(text("pt"), "only inside (done)");
    assert_eq!(text("de"), "second (done)");
}

#[both_databases]
fn both_shapes_of_a_status_are_recognised_and_give_unread_counts(database: Database) {
    let dump = small(&[
        ("User", vec![user(1, "ann"), user(2, "bob"), user(3, "cat")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", (1..=6).map(|number| message(number, 1, 1)).collect()),
        (
            "MessageStatus",
            vec![
                doc! { "_id": id('s', 1), "messageId": id('m', 2), "userId": id('u', 2), "receivedAt": made(7), "answer": id('m', 3) },
                doc! { "_id": id('s', 2), "messageId": id('m', 2), "userId": id('u', 2), "readAt": made(8) },
                doc! { "_id": id('s', 3), "conversationId": id('c', 1), "messageId": id('m', 4), "userId": id('u', 3),
                "receivedAt": made(8), "readAt": made(8), "updatedAt": made(8) },
            ],
        ),
        (
            "MessageReadStatus",
            vec![
                doc! { "_id": id('r', 1), "conversationId": id('c', 1), "userId": id('u', 3), "lastReadMessageId": id('m', 5), "readAt": made(9) },
                doc! { "_id": id('r', 2), "messageId": id('m', 5), "userId": id('u', 3), "readAt": made(9) },
            ],
        ),
        (
            "old_message_status",
            vec![doc! { "_id": id('o', 1), "messageId": id('m', 1), "userId": id('u', 2) }],
        ),
        ("TypingIndicator", vec![]),
        ("SomethingElse", vec![doc! { "_id": "a key", "is": "kept" }, doc! { "no": "id" }]),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "MessageStatus"), [3, 1, 2, 0, 0]);
    assert_eq!(counts(&report, "MessageReadStatus"), [2, 1, 0, 1, 0]);
    assert_eq!(counts(&report, "old_message_status"), [1, 0, 0, 1, 0]);
    assert_eq!(counts(&report, "SomethingElse"), [2, 0, 0, 1, 1]);
    let cursor = |user: u8| {
        one(at, &format!("SELECT read_sequence AS it FROM read_cursors WHERE user_id = '{}'", id('u', user)))
    };
    assert_eq!([cursor(1), cursor(2), cursor(3)], ["6", "2", "5"], "own, by status, furthest cursor");
    let dates = one(at, "SELECT received_at || ' ' || read_at AS it FROM message_statuses");
    assert_eq!(dates, format!("{} {}", made(7).timestamp_millis(), made(8).timestamp_millis()));
}

#[both_databases]
fn files_are_found_and_unattached_ones_are_kept(database: Database) {
    let file = |number: u8, more: bson::Document| {
        let mut file = doc! {
            "_id": id('f', number), "messageId": id('m', 1), "fileName": "a.m4a", "originalName": "a.m4a", "mimeType": "audio/mp4",
            "fileSize": 96_000_i64, "filePath": "2025/10/x/a.m4a", "fileUrl": "/api/attachments/file/a.m4a",
            "uploadedBy": id('u', 1), "isAnonymous": false, "createdAt": made(number),
        };
        file.extend(more);
        file
    };
    let zero = bson::oid::ObjectId::from_bytes([0; 12]);
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![message(1, 1, 1)]),
        (
            "MessageAttachment",
            vec![
                file(
                    1,
                    doc! { "messageId": zero, "fileUrl": "https://gate.meeshy.me/api/attachments/file/a.m4a" },
                ),
                file(2, doc! { "fileUrl": "", "duration": 12_i64 }),
                file(
                    3,
                    doc! { "duration": 12_000_i64, "bitrate": 64_000_i64, "fileSize": 96_000_i32, "codec": "M4A" },
                ),
                file(4, doc! { "fileSize": "large" }),
            ],
        ),
        (
            "MessageAttachment_backup_urls",
            vec![doc! { "_id": id('f', 2), "fileUrl": "http://localhost:3000/api/attachments/file/b" }],
        ),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "MessageAttachment"), [4, 3, 0, 0, 1]);
    let row = |number: u8, column: &str| {
        one(at, &format!("SELECT {column} AS it FROM attachments WHERE id = '{}'", id('f', number)))
    };
    assert_eq!((row(1, "message_id"), row(1, "is_legacy_orphan")), ("null".into(), "1".into()));
    assert_eq!(row(1, "file_url"), "/api/attachments/file/a.m4a");
    assert_eq!(row(1, "original_url"), "https://gate.meeshy.me/api/attachments/file/a.m4a");
    assert_eq!(row(2, "file_url"), "/api/attachments/file/b", "from the backup");
    assert_eq!((row(2, "duration"), row(2, "codec")), ("12000".into(), "null".into()), "was seconds");
    assert_eq!((row(3, "duration"), row(3, "codec")), ("12000".into(), "aac".into()), "was milliseconds");
}

#[both_databases]
fn old_read_notifications_are_archived_and_can_be_looked_up(database: Database) {
    let notice = |number: u8, is_read: bool, at: DateTime| {
        doc! {
            "_id": id('n', number), "userId": id('u', 1), "type": "new_message", "title": "T", "content": "C", "data": Bson::Null,
            "isRead": is_read, "createdAt": at, "messageId": id('m', 77),
        }
    };
    let recent = DateTime::from_millis(crate::support::NOW.millis() - 86_400_000);
    let documents = vec![notice(1, true, made(1)), notice(2, false, made(1)), notice(3, true, recent)];
    let dump = small(&[("User", vec![user(1, "ann")]), ("Notification", documents.clone())]);
    let at = database.location();
    assert_eq!(counts(&import(at, &dump.dump), "Notification"), [3, 2, 0, 1, 0]);
    let entry = Exclusive::open(at).unwrap().transaction::<_, StoreError>(|tx| {
        let id = id('n', 1).to_hex();
        Ok((meeshy_store::legacy::find(tx, "Notification", &id)?, Ending::Undo))
    });
    let whole = bson::Document::from_reader(entry.unwrap().unwrap().rest.unwrap().as_slice()).unwrap();
    assert_eq!(whole, documents[0]);
}

#[both_databases]
fn a_database_with_its_own_users_rejects_an_import(database: Database) {
    let dump = small(&[("User", vec![user(1, "ann")])]);
    let nobody = small(&[("User", vec![])]);
    let at = database.location();
    let refused = try_import(at, &nobody.dump, &options()).unwrap_err();
    assert!(matches!(refused, ImportError::NoPeople), "{refused}");
    let write = |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(
            "INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, \
               system_language, last_active_at, created_at, updated_at) \
             VALUES ('000000000000000000000001', 'own', 'own@x', '-', '', '', '', 'fr', 1, 1, 1)",
            &[],
        )
    };
    Exclusive::open(at).unwrap().transaction::<_, StoreError>(|tx| Ok((write(tx)?, Ending::Commit))).unwrap();
    let refused = try_import(at, &dump.dump, &options()).unwrap_err();
    assert!(matches!(refused, ImportError::NotEmpty(1)), "{refused}");
}

#[both_databases]
fn documents_with_one_id_under_two_names_each_have_an_outcome(database: Database) {
    let call = |number: u8, status: &str, updated: u8| {
        doc! {
            "_id": id('k', number), "conversationId": id('c', 1), "initiatorId": id('u', 1), "status": status,
            "startedAt": made(number), "updatedAt": made(updated),
        }
    };
    let broken = |number: u8| doc! { "_id": id('k', number), "status": "ended" };
    let dump = |collections: &[(&str, Vec<Document>)]| {
        let parents = [("User", vec![user(1, "ann")]), ("Conversation", vec![conversation(1)])];
        small(&[&parents, collections].concat())
    };
    let both = [
        ("CallSession", vec![broken(1), call(2, "ended", 2), broken(3)]),
        ("call_sessions", vec![broken(1), call(2, "missed", 3), call(3, "ended", 3)]),
    ];
    let one = [("CallSession", vec![broken(1), call(2, "ended", 2), call(3, "ended", 3)])];
    let dumps =
        [(dump(&both), [6, 2, 1, 0, 3]), (dump(&one), [3, 2, 0, 0, 1]), (dump(&both), [6, 2, 1, 0, 3])];
    let at = database.location();
    for (step, (dump, expected)) in dumps.iter().enumerate() {
        let report = import(at, &dump.dump);
        assert_eq!(counts(&report, "CallSession"), *expected, "{step}");
        assert_eq!(export(at).dump.digest(), dump.dump.digest(), "{step}");
        let fresh = Database::sqlite();
        import(fresh.location(), &dump.dump);
        assert_eq!(everything(at), everything(fresh.location()), "{step}");
    }
}
