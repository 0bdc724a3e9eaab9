//! A rejected document is not a deletion: its row stays, and so do the rows that refer to it.

use super::copies::{of_every_collection, tables};
use crate::support::{
    Small, change, conversation, counts, export, id, import, made, message, one, small, small_raw, user,
    with_bad_text,
};
use bson::{Bson, Document, RawDocumentBuf, doc};
use meeshy_legacy::import::find;
use meeshy_store::{Exclusive, Location};
use meeshy_testkit::{Database, both_databases};

type Collections = Vec<(&'static str, Vec<Document>)>;
/// Makes a document of a dump invalid.
type Spoil = fn(&mut Collections);

fn member(number: u8, user: u8) -> Document {
    doc! {
        "_id": id('k', number), "conversationId": id('c', 1), "userId": id('u', user), "role": "MEMBER",
        "joinedAt": made(number), "isActive": true,
    }
}

fn link(number: u8, token: &str) -> Document {
    doc! {
        "_id": id('l', number), "token": token, "originalUrl": "https://example.org/", "shortUrl": "/l/abc",
        "createdBy": id('u', 1), "totalClicks": 0_i64, "uniqueClicks": 0_i64, "isActive": true,
        "createdAt": made(number), "updatedAt": made(number),
    }
}

fn first() -> Collections {
    vec![
        ("User", vec![user(1, "ann"), user(2, "bob")]),
        ("Conversation", vec![conversation(1)]),
        ("ConversationMember", vec![member(1, 1), member(2, 2)]),
        ("Message", vec![message(1, 1, 1), message(2, 1, 2)]),
        ("TrackingLink", vec![link(1, "abc"), link(2, "def")]),
    ]
}

/// A dump in which the texts `what?` are damaged.
fn dumped(collections: &Collections) -> Small {
    let raw = |document: &Document| match document.values().any(|value| value.as_str() == Some("what?")) {
        true => with_bad_text(document),
        false => RawDocumentBuf::try_from(document).unwrap(),
    };
    let named = collections.iter().map(|(name, all)| ((*name).to_owned(), all.iter().map(raw).collect()));
    small_raw(named.collect())
}

fn total(at: &Location, table: &str) -> String {
    one(at, &format!("SELECT count(*) AS it FROM {table}"))
}

#[both_databases]
fn a_damaged_document_removes_nothing_in_any_collection(database: Database) {
    let sound: Collections = of_every_collection().into_iter().map(|(name, it)| (name, vec![it])).collect();
    let mut spoiled = sound.clone();
    spoiled.iter_mut().for_each(|(_, all)| drop(all[0].insert("unheardOf", "what?")));
    let (sound, spoiled) = (dumped(&sound), dumped(&spoiled));
    let at = database.location();
    import(at, &sound.dump);
    let before = tables(at);
    let report = import(at, &spoiled.dump);
    assert_eq!(tables(at), before);
    let total = report.total();
    assert_eq!((total.rejected, total.removed), (total.source, 0));
    assert!(import(at, &spoiled.dump).unchanged);
    import(at, &sound.dump);
    assert_eq!(tables(at), before);
    assert_eq!(export(at).dump.digest(), sound.dump.digest(), "when it is repaired");
}

#[both_databases]
fn references_to_a_damaged_document_still_reach_its_row(database: Database) {
    let (before, mut later, mut repaired) = (first(), first(), first());
    later[0].1[1].insert("lastName", "what?");
    later[1].1[0].insert("title", "what?");
    later[3].1[0].insert("content", "what?");
    let mut answer = message(3, 1, 2);
    answer.insert("replyToId", id('m', 1));
    later[3].1.push(answer.clone());
    later[3].1[1].insert("content", "edited there");
    repaired[1].1[0].insert("title", "Trip");
    repaired[3].1.push(answer);
    repaired[3].1[1].insert("content", "edited there");
    let (before, later, repaired) = (dumped(&before), dumped(&later), dumped(&repaired));
    let at = database.location();
    import(at, &before.dump);
    change(at, "UPDATE users SET bio = 'written here' WHERE username = 'bob'", &[]);
    let report = import(at, &later.dump);
    let ids: Vec<(&str, String)> =
        report.rejections.iter().map(|it| (it.collection.as_str(), it.id.clone())).collect();
    let expected = [("User", id('u', 2)), ("Conversation", id('c', 1)), ("Message", id('m', 1))];
    assert_eq!(ids, expected.map(|(name, id)| (name, id.to_hex())));
    assert_eq!((report.total().removed, report.total().conflicts), (0, 0));
    let sql = "SELECT string_agg(content || ' ' || sender_id || ' ' || coalesce(reply_to_id, '-'), ', ' \
        ORDER BY sequence) AS it FROM messages";
    let line = |text: &str, user, reply: &str| format!("{text} {} {reply}", id('u', user).to_hex());
    let answered = id('m', 1).to_hex();
    let expected = [line("message 1", 1, "-"), line("edited there", 2, "-"), line("message 3", 2, &answered)];
    assert_eq!(one(at, sql), expected.join(", "));
    assert_eq!(total(at, "members"), "2");
    let shown = find(&mut Exclusive::open(at).unwrap(), "User", &id('u', 2).to_hex()).unwrap().unwrap();
    assert!(shown.note.unwrap().contains("not UTF-8"), "the reason for the rejection is recorded");

    let back = export(at);
    let bob = &back.documents("User")[&id('u', 2).to_hex()];
    let names = ["lastName", "bio"].map(|name| bob.get_str(name).unwrap().to_owned());
    assert_eq!(names, ["Test", "written here"]);

    let report = import(at, &repaired.dump);
    assert_eq!((report.conflicts, report.rejections), (vec![], vec![]));
    assert_eq!(one(at, "SELECT title AS it FROM conversations"), "Trip");
    assert_eq!(one(at, "SELECT bio AS it FROM users WHERE username = 'bob'"), "written here");
}

#[both_databases]
fn the_row_of_a_rejected_document_stays_for_every_reason(database: Database) {
    let wrong: [(&str, Spoil, &str, &str); 4] = [
        ("User", |it| drop(it[0].1[1].remove("username")), "is missing", "users"),
        ("User", |it| drop(it[0].1[1].insert("username", Bson::Array(vec![]))), "cannot be read", "users"),
        ("TrackingLink", |it| it[4].1[1] = link(2, "abc"), "another document already has", "tracking_links"),
        ("Message", |it| it[3].1[1] = message(2, 9, 2), "refers to the missing", "messages"),
    ];
    for (collection, spoil, reason, table) in wrong {
        let mut later = first();
        spoil(&mut later);
        let (before, later) = (dumped(&first()), dumped(&later));
        let database = database.another();
        let at = database.location();
        import(at, &before.dump);
        let rows = tables(at);
        let report = import(at, &later.dump);
        let [rejected] = report.rejections.as_slice() else { panic!("{:?}", report.rejections) };
        assert!(rejected.collection == collection && rejected.reason.contains(reason), "{rejected:?}");
        assert_eq!(tables(at), rows, "{table}");
        assert_eq!(export(at).dump.digest(), before.dump.digest());
    }
}

#[both_databases]
fn references_of_a_retained_row_stay_too(database: Database) {
    let stats = doc! {
        "_id": id('s', 1), "userId": id('u', 2), "messagesSent": 3_i64, "createdAt": made(1), "updatedAt": made(1),
    };
    let people = vec![user(1, "ann"), user(2, "bob")];
    let before = small(&[("User", people.clone()), ("UserStats", vec![stats.clone()])]);
    let later = small(&[("User", vec![user(1, "ann")]), ("UserStats", vec![stats])]);
    let gone = small(&[("User", vec![user(1, "ann")]), ("UserStats", vec![])]);
    let at = database.location();
    import(at, &before.dump);
    let report = import(at, &later.dump);
    let [conflict] = report.conflicts.as_slice() else { panic!("{:?}", report.conflicts) };
    assert_eq!((conflict.collection.as_str(), &conflict.id), ("User", &id('u', 2).to_hex()));
    assert!(conflict.what.contains("still referenced here"), "{}", conflict.what);
    assert_eq!(counts(&report, "UserStats"), [1, 0, 0, 0, 1]);
    assert_eq!((total(at, "users"), total(at, "user_stats")), ("2".into(), "1".into()));
    let report = import(at, &gone.dump);
    assert_eq!((report.conflicts.len(), report.total().removed), (0, 2));
    assert_eq!((total(at, "users"), total(at, "user_stats")), ("1".into(), "0".into()));
}
