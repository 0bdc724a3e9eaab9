//! The acceptance checks of an import, on the whole synthetic old database.

use crate::support::{
    NOW, counts, documents, everything, import, one, options, rows, try_import, write_corpus,
};
use bson::RawDocumentBuf;
use meeshy_legacy::corpus::{Corpus, DOCUMENTS};
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use meeshy_legacy::import::Report;
use meeshy_store::{Ending, Exclusive, Location, StoreError};
use meeshy_testkit::rows::shown;
use meeshy_testkit::{Database, both_databases};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[both_databases]
fn the_whole_old_database_is_imported_correctly(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(1, 1);
    let dump = write_corpus(&corpus, &folder.path().join("dump"), Form::Folder);
    let at = database.location();
    let report = import(at, &dump);
    every_document_has_an_outcome(&report, &corpus);
    the_texts_are_the_same(at, &dump);
    nothing_is_widened(at, &dump);
    notifications_are_kept_or_archived_whole(at, &dump);
    assert!(import(at, &dump).unchanged);
    the_next_dump_brings_one_document(at, &corpus);
}

/// Checks 1 and 2.
fn every_document_has_an_outcome(report: &Report, corpus: &Corpus) {
    let found: BTreeMap<&str, u64> =
        report.collections.iter().map(|it| (it.collection.as_str(), it.source)).collect();
    let renamed = |name: &str| meeshy_legacy::mapping::source_of(name).unwrap().collection;
    let expected: BTreeMap<&str, u64> =
        corpus.counts().map(|(name, count)| (renamed(name), count as u64)).collect();
    assert_eq!(found, expected);
    assert_eq!(report.total().source, DOCUMENTS as u64);
    assert!(report.collections.iter().all(meeshy_legacy::import::Count::adds_up));
    assert_eq!(counts(report, "User"), [207, 207, 0, 0, 0], "{:?}", report.rejections);
    // One duplicate membership was planted, another one exists by chance.
    assert_eq!(counts(report, "ConversationMember"), [616, 614, 2, 0, 0]);
    // One duplicate translation was planted; two have newer embedded ones; one refers to no message; two have
    // no valid language.
    let found = counts(report, "MessageTranslation");
    assert_eq!(found, [2_787, 2_781, 3, 0, 3], "{:?}", report.rejections);
}

/// Check 4: one SHA-256 over all ids and texts, ordered by id.
fn the_texts_are_the_same(at: &Location, dump: &Dump) {
    let digest = |mut texts: Vec<(String, String)>| {
        texts.sort_unstable();
        texts
            .into_iter()
            .fold(Sha256::new(), |hash, (id, text)| hash.chain_update(id).chain_update(text))
            .finalize()
    };
    let kept = |table: &str| {
        let rows =
            rows(at, &format!("SELECT id, content FROM {table} WHERE id IS NOT NULL"), &["id", "content"]);
        rows.iter().map(|row| (shown(&row[0]), shown(&row[1]))).collect::<Vec<_>>()
    };
    let sent = |collection: &str, field: &str, only: &[(String, String)]| {
        let ids: std::collections::BTreeSet<&str> = only.iter().map(|(id, _)| id.as_str()).collect();
        let documents = documents(dump, collection).into_values();
        let texts = documents.map(|it| {
            let text = it.get_str(field).or(it.get_str("translatedText")).unwrap_or_default();
            (it.get_object_id("_id").unwrap().to_hex(), text.to_owned())
        });
        texts.filter(|(id, _)| ids.contains(id.as_str())).collect::<Vec<_>>()
    };
    let messages = kept("messages");
    assert_eq!(messages.len(), 4_508);
    assert_eq!(digest(sent("Message", "content", &messages)), digest(messages));
    let translations = kept("translations");
    assert!(translations.iter().all(|(_, text)| !text.is_empty()));
    assert_eq!(digest(sent("MessageTranslation", "translatedContent", &translations)), digest(translations));
}

/// Check 5: protections are unchanged, and no consent was added.
fn nothing_is_widened(at: &Location, dump: &Dump) {
    let same = |collection: &str, table: &str, pairs: &[(&str, &str)]| {
        let columns: Vec<&str> =
            std::iter::once("id").chain(pairs.iter().map(|(_, column)| *column)).collect();
        let rows = rows(at, &format!("SELECT {} FROM {table}", columns.join(", ")), &columns);
        let rows: BTreeMap<String, Vec<String>> =
            rows.iter().map(|row| (shown(&row[0]), row[1..].iter().map(shown).collect())).collect();
        for document in documents(dump, collection).into_values() {
            let id = document.get_object_id("_id").unwrap().to_hex();
            let Some(row) = rows.get(&id) else { continue };
            for ((field, column), found) in pairs.iter().zip(row) {
                let expected = match document.get(field) {
                    Some(bson::Bson::Boolean(on)) => i64::from(*on).to_string(),
                    Some(bson::Bson::DateTime(at)) => at.timestamp_millis().to_string(),
                    Some(bson::Bson::Int64(number)) => number.to_string(),
                    Some(bson::Bson::String(text)) => text.clone(),
                    _ => continue,
                };
                assert_eq!(*found, expected, "{collection} {id} {column}");
            }
        }
    };
    same("Community", "communities", &[("isPrivate", "is_private")]);
    same(
        "User",
        "users",
        &[
            ("password", "password_hash"),
            ("isActive", "is_active"),
            ("deactivatedAt", "deactivated_at"),
            ("emailVerifiedAt", "email_verified_at"),
            ("phoneVerifiedAt", "phone_verified_at"),
            ("twoFactorEnabledAt", "two_factor_enabled_at"),
            ("twoFactorSecret", "two_factor_secret"),
            ("failedLoginAttempts", "failed_login_attempts"),
            ("lockedUntil", "locked_until"),
            ("lockedReason", "locked_reason"),
            ("createdAt", "created_at"),
            ("autoTranslateEnabled", "auto_translate_enabled"),
        ],
    );
    let permissions = [
        ("canSendMessage", "can_send_message"),
        ("canSendFiles", "can_send_files"),
        ("canSendImages", "can_send_images"),
        ("canSendVideos", "can_send_videos"),
        ("canSendAudios", "can_send_audios"),
        ("canSendLocations", "can_send_locations"),
        ("canSendLinks", "can_send_links"),
    ];
    same("ConversationMember", "members", &permissions);
    let consents = "coalesce(voice_profile_consent_at, voice_data_consent_at, data_processing_consent_at, \
        voice_cloning_enabled_at, age_verified_at)";
    assert_eq!(one(at, &format!("SELECT count(*) AS it FROM users WHERE {consents} IS NOT NULL")), "0");
    assert_eq!(
        one(at, "SELECT count(*) AS it FROM messages WHERE deleted_at IS NULL"),
        (4_508 - deleted(dump)).to_string()
    );
}

fn deleted(dump: &Dump) -> usize {
    documents(dump, "Message").values().filter(|it| it.get_bool("isDeleted").unwrap_or(false)).count()
}

/// Check 7.
fn notifications_are_kept_or_archived_whole(at: &Location, dump: &Dump) {
    let kept: u64 = one(at, "SELECT count(*) AS it FROM notifications").parse().unwrap();
    let mut database = Exclusive::open(at).unwrap();
    let mut archived = 0_u64;
    database
        .transaction::<_, StoreError>(|tx| {
            for document in dump.collection("Notification").unwrap().read().unwrap() {
                let raw = document.unwrap().raw;
                let is_old =
                    raw.get_datetime("createdAt").unwrap().timestamp_millis() < NOW.millis() - 2_592_000_000;
                if !is_old || !raw.get_bool("isRead").unwrap() {
                    continue;
                }
                let id = raw.get_object_id("_id").unwrap().to_hex();
                let entry = meeshy_store::legacy::find(tx, "Notification", &id)?.unwrap();
                if entry.outcome == meeshy_store::legacy::Outcome::Archived {
                    assert_eq!(entry.rest.as_deref(), Some(raw.as_bytes()), "{id}");
                    archived += 1;
                }
            }
            Ok(((), Ending::Undo))
        })
        .unwrap();
    assert_eq!(kept + archived, 94_789, "all but the one of nobody");
}

/// Check 2, past the digest of the whole dump: every document is compared, one is written.
fn the_next_dump_brings_one_document(at: &Location, corpus: &Corpus) {
    let folder = tempfile::tempdir().unwrap();
    let mut outgoing: Vec<Outgoing<'_>> = corpus.outgoing();
    let people = outgoing.iter_mut().find(|it| it.name == "User").unwrap();
    let more = std::mem::replace(&mut people.documents, Box::new(std::iter::empty()));
    let new = bson::rawdoc! {
        "_id": bson::oid::ObjectId::from_bytes([0x69; 12]), "username": "newcomer", "firstName": "N", "lastName": "C",
        "email": "newcomer@example.org", "password": "-", "role": "USER",
    };
    people.documents = Box::new(more.chain(std::iter::once(Ok::<RawDocumentBuf, _>(new))));
    let path = folder.path().join("dump");
    dump::write(&path, Form::Archive, "meeshy", outgoing).unwrap();
    let report = import(at, &dump::open(Source::path(&path)).unwrap());
    assert!(!report.unchanged && report.conflicts.is_empty(), "{:?}", report.conflicts);
    assert_eq!((report.total().written, report.total().removed), (1, 0));
}

/// Check 6: all forms of a dump give the same result.
#[test]
fn all_forms_of_a_dump_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(2, 1);
    let mut first = None;
    for (name, form) in [
        ("dir", Form::Folder),
        ("gz", Form::FolderGz),
        ("archive", Form::Archive),
        ("archive.gz", Form::ArchiveGz),
    ] {
        let dump = write_corpus(&corpus, &folder.path().join(name), form);
        let database = Database::sqlite();
        let mut report = try_import(database.location(), &dump, &options()).unwrap();
        // The offset of a document differs between a file of its own and an archive.
        report.rejections.iter_mut().for_each(|rejected| rejected.position = 0);
        let found = (everything(database.location()), report);
        match &first {
            None => first = Some(found),
            Some(first) => assert!(*first == found, "{name}"),
        }
    }
}
