//! Duplicate documents, documents without an id and invalid text: each has its own outcome.

use crate::support::{
    Small, conversation, counts, differences, everything, export, id, import, made, message, one, small,
    small_raw, user, whole, with_bad_text,
};
use bson::{Bson, Document, RawDocumentBuf, doc};
use meeshy_legacy::import::{Report, find};
use meeshy_legacy::mapping::{Mapping, SOURCES, Shape};
use meeshy_store::{Exclusive, Location};
use meeshy_testkit::{Database, both_databases};

const UNKNOWN: &str = "SomethingElse";

/// A document of each collection, with unique keys.
pub(super) fn of_every_collection() -> Vec<(&'static str, Document)> {
    let mut all = Vec::new();
    for (number, source) in (1..).zip(SOURCES) {
        let document = match &source.shape {
            Shape::Archive(_) => doc! { "_id": id('d', number), "is": "kept" },
            shape => whole(of(shape), number).0,
        };
        let is_of_some_other = ["MessageStatus", "MessageReadStatus"].contains(&source.collection);
        if !is_of_some_other {
            all.push((source.collection, document));
        }
    }
    all.push((UNKNOWN, doc! { "_id": 1, "is": "kept" }));
    all
}

fn of(shape: &Shape) -> &'static Mapping {
    shape.mappings()[0]
}

/// Each document, with `is_doubled` followed by a slightly different copy, an identical one and so on.
fn dump(is_doubled: bool, second_name: bool) -> Small {
    let mut collections: Vec<(&str, Vec<Document>)> = Vec::new();
    for (name, document) in of_every_collection() {
        let mut other = document.clone();
        other.insert("unheardOf", true);
        let all = match is_doubled {
            true => vec![document.clone(), other.clone(), document, other],
            false => vec![document],
        };
        let source = SOURCES.iter().find(|source| source.collection == name);
        let second = source.and_then(|source| source.other_names.first());
        if let (true, Some(second)) = (second_name, second) {
            collections.push((*second, all.clone()));
        }
        collections.push((name, all));
    }
    small(&collections)
}

fn reasons(report: &Report, collection: &str) -> Vec<String> {
    let of = report.rejections.iter().filter(|it| it.collection == collection);
    of.map(|it| it.reason.clone()).collect()
}

#[both_databases]
fn a_duplicate_is_rejected_in_every_collection(database: Database) {
    let (once, twice) = (dump(false, false), dump(true, false));
    let at = database.location();
    let report = import(at, &twice.dump);
    for (name, _) in of_every_collection() {
        let [source, inserted, merged, archived, rejected] = counts(&report, name);
        assert_eq!((source, inserted + archived, merged, rejected), (4, 1, 1, 2), "{name}");
        let expected = ["a document with this id came earlier in the dump"; 2];
        assert_eq!(reasons(&report, name), expected, "{name}");
    }
    goes_and_comes(at, &twice);
    import(at, &once.dump);
    goes_and_comes(at, &once);
    import(at, &twice.dump);
    goes_and_comes(at, &twice);
}

#[both_databases]
fn a_document_under_two_names_is_kept_under_each(database: Database) {
    let twice = dump(true, true);
    let at = database.location();
    let report = import(at, &twice.dump);
    assert_eq!(counts(&report, "CallSession"), [8, 1, 3, 0, 4]);
    goes_and_comes(at, &twice);
}

/// Exporting gives the same dump, and importing that again gives the same rows.
fn goes_and_comes(at: &Location, dump: &Small) {
    let back = export(at);
    assert_eq!(sorted(differences(&dump.dump, &back.dump)), Vec::<String>::new());
    let fresh = Database::sqlite();
    import(fresh.location(), &dump.dump);
    assert_eq!(everything(at), everything(fresh.location()));
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

#[both_databases]
fn copies_are_identified_by_id_and_position(database: Database) {
    let mut other = user(1, "ann");
    other.insert("bio", "another");
    let dump = small(&[("User", vec![user(1, "ann"), user(2, "bob"), user(1, "ann"), other])]);
    let at = database.location();
    let report = import(at, &dump.dump);
    let first = id('u', 1).to_hex();
    let [rejected] = report.rejections.as_slice() else { panic!("{:?}", report.rejections) };
    assert_eq!((rejected.collection.as_str(), rejected.id.clone()), ("User", format!("{first}@User#3")));
    let places: Vec<u64> =
        dump.dump.collection("User").unwrap().read().unwrap().map(|it| it.unwrap().position).collect();
    assert_eq!(rejected.position, places[3]);
    let mut alone = Exclusive::open(at).unwrap();
    let copy = find(&mut alone, "User", &rejected.id).unwrap().unwrap();
    assert_eq!((copy.outcome, &copy.rest.unwrap()["bio"]), ("rejected", &"another".into()));
    assert_eq!(find(&mut alone, "User", &first).unwrap().unwrap().outcome, "inserted");
}

#[both_databases]
fn ids_of_equal_value_are_the_same_id(database: Database) {
    let mut as_text = user(1, "ann");
    as_text.insert("_id", id('u', 1).to_hex().to_uppercase());
    let numbers = |values: [Bson; 3]| values.into_iter().map(|value| doc! { "_id": value }).collect();
    let dump = small(&[
        ("User", vec![user(1, "ann"), as_text]),
        (UNKNOWN, numbers([Bson::Int32(1), Bson::Int64(1), Bson::String("1".into())])),
    ]);
    let report = import(database.location(), &dump.dump);
    assert_eq!(counts(&report, "User"), [2, 1, 0, 0, 1]);
    assert_eq!(counts(&report, UNKNOWN), [3, 0, 0, 2, 1]);
    assert_eq!(export(database.location()).dump.digest(), dump.dump.digest());
}

#[both_databases]
fn a_valid_copy_replaces_an_invalid_first_document(database: Database) {
    let mut lost = message(1, 9, 1);
    lost.insert("content", "in no conversation");
    let mut answer = message(2, 1, 1);
    answer.insert("replyToId", id('m', 1));
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![answer, lost, message(1, 1, 1)]),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "Message"), [3, 2, 0, 0, 1]);
    let [rejected] = report.rejections.as_slice() else { panic!("{:?}", report.rejections) };
    assert_eq!(rejected.id, format!("{}@Message#1", id('m', 1)));
    assert!(rejected.reason.contains("refers to the missing `Conversation`"), "{}", rejected.reason);
    assert_eq!(
        one(at, "SELECT reply_to_id AS it FROM messages WHERE reply_to_id IS NOT NULL"),
        id('m', 1).to_hex(),
        "what it answers"
    );
    goes_and_comes(at, &dump);
}

/// A damaged document and a nearly empty one come first; then the document itself, twice.
fn spoiled_and_sound(second_name: bool) -> (Small, Small) {
    let raw = |document: &Document| RawDocumentBuf::try_from(document).unwrap();
    let (mut all, mut alone) = (Vec::new(), Vec::new());
    for (name, document) in of_every_collection() {
        let mut bad = document.clone();
        bad.insert("unheardOf", "what?");
        let bare = doc! { "_id": document.get("_id").unwrap() };
        let several = vec![with_bad_text(&bad), raw(&bare), raw(&document), raw(&document)];
        let source = SOURCES.iter().find(|source| source.collection == name);
        if let (true, Some(second)) = (second_name, source.and_then(|source| source.other_names.first())) {
            all.push(((*second).to_owned(), several.clone()));
            alone.push(((*second).to_owned(), vec![raw(&document)]));
        }
        all.push((name.to_owned(), several));
        alone.push((name.to_owned(), vec![raw(&document)]));
    }
    (small_raw(all), small_raw(alone))
}

#[both_databases]
fn a_damaged_first_copy_affects_no_other(database: Database) {
    for second_name in [false, true] {
        let (dump, alone) = spoiled_and_sound(second_name);
        let database = database.another();
        let at = database.location();
        let report = import(at, &dump.dump);
        let fresh = Database::sqlite();
        let expected = import(fresh.location(), &alone.dump);
        for (name, _) in of_every_collection() {
            let [_, inserted, merged, archived, _] = counts(&report, name);
            let [_, inserted_alone, merged_alone, archived_alone, _] = counts(&expected, name);
            assert_eq!(inserted, inserted_alone, "{name}");
            assert!(merged >= merged_alone && archived >= archived_alone, "{name}");
        }
        assert_eq!(tables(at), tables(fresh.location()));
        goes_and_comes(at, &dump);
        import(at, &alone.dump);
        goes_and_comes(at, &alone);
        import(at, &dump.dump);
        goes_and_comes(at, &dump);
    }
}

#[both_databases]
fn a_copy_is_accepted_if_the_first_has_the_key_of_another_document(database: Database) {
    let link = |number: u8, token: &str| {
        doc! {
            "_id": id('l', number), "token": token, "originalUrl": "https://example.org/", "shortUrl": "/l/abc",
            "createdBy": id('u', 1), "totalClicks": 0_i64, "uniqueClicks": 0_i64, "isActive": true,
            "createdAt": made(number), "updatedAt": made(number),
        }
    };
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("TrackingLink", vec![link(2, "abc"), link(1, "abc"), link(1, "def")]),
    ]);
    let at = database.location();
    let report = import(at, &dump.dump);
    assert_eq!(counts(&report, "TrackingLink"), [3, 2, 0, 0, 1]);
    assert_eq!(
        reasons(&report, "TrackingLink"),
        ["`token` has a unique value that another document already has"]
    );
    goes_and_comes(at, &dump);
}

/// All rows except the ledger.
pub(super) fn tables(at: &Location) -> Vec<String> {
    everything(at).into_iter().filter(|line| !line.starts_with("legacy_documents ")).collect()
}

#[both_databases]
fn statuses_of_both_versions_are_merged(database: Database) {
    let status = |noun: char, number: u8| doc! { "_id": id(noun, number), "messageId": id('m', 1), "userId": id('u', 1) };
    let mut later = status('e', 1);
    later.insert("conversationId", id('c', 1));
    let dump = small(&[
        ("User", vec![user(1, "ann")]),
        ("Conversation", vec![conversation(1)]),
        ("Message", vec![message(1, 1, 1)]),
        ("MessageStatus", vec![status('s', 1)]),
        ("message_status_entries", vec![later]),
    ]);
    let report = import(database.location(), &dump.dump);
    let total = report.total();
    assert_eq!((total.inserted, total.merged, total.rejected), (4, 1, 0));
    assert_eq!(export(database.location()).dump.digest(), dump.dump.digest());
}

#[both_databases]
fn invalid_text_affects_only_its_document(database: Database) {
    let raw = |document: &Document| RawDocumentBuf::try_from(document).unwrap();
    let mut collections = Vec::new();
    for (name, document) in of_every_collection() {
        let [mut in_a_value, mut in_a_name, mut deep] = [8, 9, 10].map(|number| {
            let mut other = document.clone();
            other.insert("_id", id('x', number));
            other
        });
        in_a_value.insert("unheardOf", "what?");
        in_a_name.insert("what?", 1);
        deep.insert("unheardOf", doc! { "list": [1, { "a": "what?" }] });
        let mut all = vec![raw(&document)];
        all.extend([in_a_value, in_a_name, deep].iter().map(with_bad_text));
        collections.push((name.to_owned(), all));
    }
    let dump = small_raw(collections);
    let at = database.location();
    let report = import(at, &dump.dump);
    for (name, _) in of_every_collection() {
        let [source, inserted, _, archived, rejected] = counts(&report, name);
        assert_eq!((source, inserted + archived, rejected), (4, 1, 3), "{name}");
        let wrong = report.rejections.iter().filter(|it| it.collection == name);
        let wrong: Vec<_> = wrong.map(|it| (it.id.clone(), it.position > 0, &it.reason[..31])).collect();
        let expected =
            [8, 9, 10].map(|number| (id('x', number).to_hex(), true, "contains text that is not UTF-8, at"));
        let expected = expected.map(|(id, is_later, reason)| (id, is_later, &reason[..31]));
        assert_eq!(wrong, expected, "{name}");
    }
    assert_eq!(export(at).dump.digest(), dump.dump.digest());
    let shown = find(&mut Exclusive::open(at).unwrap(), "Message", &id('x', 8).to_hex()).unwrap().unwrap();
    assert_eq!(shown.rest.unwrap()["unheardOf"], "what\u{fffd}");
}

#[both_databases]
fn a_document_without_an_id_is_rejected_with_its_position(database: Database) {
    let without = |document: &Document| {
        let mut document = document.clone();
        document.remove("_id");
        document
    };
    let collections: Vec<(&str, Vec<Document>)> = of_every_collection()
        .iter()
        .map(|(name, document)| (*name, vec![document.clone(), without(document), without(document)]))
        .collect();
    let dump = small(&collections);
    let at = database.location();
    let report = import(at, &dump.dump);
    for (name, _) in of_every_collection() {
        let [source, inserted, _, archived, rejected] = counts(&report, name);
        assert_eq!((source, inserted + archived, rejected), (3, 1, 2), "{name}");
        assert_eq!(reasons(&report, name), ["has no `_id`"; 2], "{name}");
    }
    assert!(report.rejections.iter().all(|it| it.id == format!("#{}", it.position)));
    assert_eq!(export(at).dump.digest(), dump.dump.digest());
}

#[both_databases]
fn an_unstorable_id_affects_only_its_document(database: Database) {
    let key = |id: String| doc! { "_id": id, "is": "kept" };
    let odd = vec![key("a\0b".into()), key("é".repeat(5_000)), key("x".repeat(5_000))];
    let server_keys = odd.clone();
    let dump = small(&[("User", vec![user(1, "ann")]), (UNKNOWN, odd), ("ServerEncryptionKey", server_keys)]);
    let report = import(database.location(), &dump.dump);
    assert_eq!(counts(&report, UNKNOWN), [3, 0, 0, 3, 0]);
    assert_eq!(counts(&report, "ServerEncryptionKey"), [3, 0, 0, 0, 3]);
    assert_eq!(export(database.location()).dump.digest(), dump.dump.digest());
}
