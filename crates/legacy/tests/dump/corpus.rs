//! The made-up old database.

use bson::oid::ObjectId;
use meeshy_legacy::corpus::{Anomaly, Corpus, DOCUMENTS, Kind, PASSWORD, PEOPLE};
use meeshy_legacy::dump::{self, Collection, Digest, Dump, Form, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn written(corpus: &Corpus, path: &Path) -> Dump {
    dump::write(path, Form::Folder, "meeshy", corpus.outgoing()).expect("a dump");
    dump::open(Source::path(path)).expect("a sound dump")
}

fn ids(collection: &Collection) -> Vec<ObjectId> {
    let documents = collection.read().expect("documents");
    documents.map(|it| it.expect("a document").raw.get_object_id("_id").expect("an id")).collect()
}

fn document(dump: &Dump, anomaly: &Anomaly) -> bson::Document {
    let collection = dump.collection(anomaly.collection).expect("a collection");
    let found = collection
        .read()
        .expect("documents")
        .map(|it| it.expect("a document").raw)
        .find(|it| it.get_object_id("_id").is_ok_and(|id| id == anomaly.id));
    found.expect("the document with the anomalies").try_into().expect("a document")
}

#[test]
fn the_old_database_has_its_counts_people_and_anomalies() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Corpus::new(1, 1);
    let dump = written(&corpus, &folder.path().join("dump"));
    let counts: BTreeMap<_, _> =
        dump.collections().iter().map(|it| (it.name(), it.documents() as usize)).collect();
    assert_eq!(counts, corpus.counts().collect());
    assert_eq!(counts.len(), 31);
    assert_eq!(counts.values().sum::<usize>(), DOCUMENTS);
    for (name, expected) in [
        ("Notification", 94_790),
        ("MessageStatus", 18_143),
        ("Message", 4_508),
        ("User", 207),
        ("Community", 8),
    ] {
        assert_eq!(counts[name], expected);
    }
    for collection in dump.collections() {
        let ids = ids(collection);
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len(), "ids of {} are unique", collection.name());
    }

    let users: Vec<bson::Document> = dump
        .collection("User")
        .expect("users")
        .read()
        .expect("documents")
        .map(|it| it.expect("a document").raw.try_into().expect("a document"))
        .collect();
    for name in PEOPLE {
        let id = corpus.person(name).expect("a known person");
        let user = users.iter().find(|it| it.get_object_id("_id").is_ok_and(|it| it == id)).expect("a user");
        assert_eq!(user.get_str("username").expect("a name"), name);
        let hash = user.get_str("password").expect("a hash");
        assert!(bcrypt::verify(PASSWORD, hash).expect("a hash of bcrypt"));
    }
    let versions: BTreeSet<_> =
        users.iter().map(|it| &it.get_str("password").expect("a hash")[..7]).collect();
    assert_eq!(versions, BTreeSet::from(["$2b$10$", "$2b$12$"]));

    let anomalies: Vec<Anomaly> = corpus.anomalies().collect();
    for anomaly in &anomalies {
        assert!(document(&dump, anomaly).contains_key("_id"), "{anomaly:?}");
    }
    let modo = anomalies.iter().find(|it| it.kind == Kind::RoleModo).expect("a MODO");
    assert_eq!(document(&dump, modo).get_str("role").expect("a role"), "MODO");
    let orphan = anomalies.iter().find(|it| it.kind == Kind::OrphanAttachment).expect("an orphan");
    assert_eq!(
        document(&dump, orphan).get_object_id("messageId").expect("an id"),
        ObjectId::from_bytes([0; 12])
    );
}

#[test]
fn the_corpus_depends_only_on_the_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let digest = |seed, name: &str| -> Digest {
        let corpus = Corpus::new(seed, 1);
        let only =
            corpus.outgoing().into_iter().filter(|it| it.name == "User" || it.name == "Message").collect();
        let path = folder.path().join(name);
        dump::write(&path, Form::Folder, "meeshy", only).expect("a dump");
        dump::open(Source::path(path)).expect("a sound dump").digest()
    };
    let one = digest(1, "one");
    assert_eq!(digest(1, "again"), one);
    assert_ne!(digest(2, "other"), one);
}

#[test]
fn references_are_valid_except_for_anomalies() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Corpus::new(3, 1);
    let dump = written(&corpus, &folder.path().join("dump"));
    let all: BTreeMap<&str, BTreeSet<ObjectId>> =
        dump.collections().iter().map(|it| (it.name(), ids(it).into_iter().collect())).collect();
    let dirty: BTreeSet<ObjectId> = corpus.anomalies().map(|anomaly| anomaly.id).collect();
    for (from, field, to) in [
        ("Message", "conversationId", "Conversation"),
        ("Message", "senderId", "User"),
        ("Message", "replyToId", "Message"),
        ("MessageTranslation", "messageId", "Message"),
        ("MessageStatus", "messageId", "Message"),
        ("MessageStatus", "conversationId", "Conversation"),
        ("Reaction", "messageId", "Message"),
        ("Mention", "mentionedUserId", "User"),
        ("Notification", "userId", "User"),
        ("Notification", "messageId", "Message"),
        ("Notification", "callSessionId", "call_sessions"),
        ("ConversationMember", "conversationId", "Conversation"),
        ("MessageAttachment_backup_urls", "_id", "MessageAttachment"),
        ("TrackingLinkClick", "trackingLinkId", "TrackingLink"),
        ("call_participants", "callSessionId", "call_sessions"),
        ("user_conversation_preferences", "categoryId", "user_conversation_categories"),
        ("CommunityMember", "communityId", "Community"),
        ("AffiliateRelation", "affiliateTokenId", "AffiliateToken"),
    ] {
        let mut seen = 0;
        for document in dump.collection(from).expect("a collection").read().expect("documents") {
            let raw = document.expect("a document").raw;
            let Ok(reference) = raw.get_object_id(field) else { continue };
            seen += 1;
            let id = raw.get_object_id("_id").expect("an id");
            assert!(all[to].contains(&reference) || dirty.contains(&id), "{from}.{field} of {id}");
        }
        assert!(seen > 0, "{from}.{field}");
    }
}

#[test]
fn a_larger_corpus_is_more_of_the_same() {
    let corpus = Corpus::new(1, 3);
    let counts: BTreeMap<_, _> = corpus.counts().collect();
    assert_eq!(counts.values().sum::<usize>(), 3 * DOCUMENTS);
    let folder = tempfile::tempdir().expect("a folder");
    let small = ["User", "Message", "ConversationMember"];
    let some = corpus.outgoing().into_iter().filter(|it| small.contains(&it.name.as_str())).collect();
    dump::write(&folder.path().join("dump"), Form::Archive, "meeshy", some).expect("a dump");
    let dump = dump::open(Source::path(folder.path().join("dump"))).expect("a sound dump");
    for collection in dump.collections() {
        assert_eq!(ids(collection).into_iter().collect::<BTreeSet<_>>().len(), counts[collection.name()]);
    }
}

#[test]
fn a_collection_can_exist_under_both_names() {
    let corpus = Corpus::new(1, 1).with_both_names();
    let mut of_calls: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for outgoing in corpus.outgoing() {
        if ["CallSession", "call_sessions"].contains(&outgoing.name.as_str()) {
            let documents = outgoing.documents.map(|it| it.expect("a document").into_bytes()).collect();
            of_calls.insert(outgoing.name, documents);
        }
    }
    let same = of_calls["CallSession"].intersection(&of_calls["call_sessions"]).count();
    assert_eq!(
        (of_calls["CallSession"].len(), same),
        (5, 3),
        "the third has anomalies, the fifth was changed"
    );
}

#[test]
fn every_attachment_has_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = Corpus::new(1, 1);
    corpus.write_uploads(folder.path()).expect("files");
    let attachments =
        corpus.outgoing().into_iter().find(|it| it.name == "MessageAttachment").expect("attachments");
    let mut right = 0;
    for attachment in attachments.documents {
        let attachment = attachment.expect("a document");
        let path = folder.path().join(attachment.get_str("filePath").expect("a path"));
        let length = std::fs::metadata(path).expect("a file").len();
        right += usize::from(attachment.get_i64("fileSize").is_ok_and(|size| size == length.cast_signed()));
    }
    assert_eq!(right, 702, "one has a size of another type and value");
}
