//! An account that was deleted here, and later dumps with more of it: nothing personal comes back.

use crate::support::{
    Exported, conversation, everything, export, id, import, made, message, one, small, small_raw, user,
    with_bad_text, write_corpus,
};
use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use meeshy_domain::{Timestamp, UserId};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use meeshy_legacy::mapping::source_of;
use meeshy_store::{Ending, Exclusive, Location, StoreError, Tx, deleted_accounts};
use meeshy_testkit::{Database, both_databases};

/// In everything personal of the later dumps.
const SECRET: &str = "zz-secret";

/// Deletes an account as the server does; the job that leaves its conversations has not run yet.
fn delete(at: &Location, who: ObjectId) {
    let delete = |tx: &mut Tx<'_>| {
        let user: UserId = who.to_string().parse().unwrap();
        deleted_accounts::anonymise(tx, user, "deleted-1", Timestamp::from_millis(1_900_000_000_000))?;
        while deleted_accounts::remove_some(tx, user, 10)? {}
        Ok(((), Ending::Commit))
    };
    Exclusive::open(at).unwrap().transaction::<_, StoreError>(delete).unwrap();
}

/// Where the secret is in the database, apart from what is written of others.
fn leaks(at: &Location) -> Vec<String> {
    let bytes = format!("{:?}", SECRET.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    let mut all = everything(at);
    all.retain(|line| line.contains(SECRET) || line.contains(bytes));
    all
}

fn exported_leaks(exported: &Exported) -> Vec<String> {
    let mut found = Vec::new();
    for collection in exported.dump.collections() {
        let documents = collection.read().unwrap().map(|document| document.unwrap().raw);
        let has_secret = |raw: &RawDocumentBuf| {
            raw.as_bytes().windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes())
        };
        found.extend(documents.filter(has_secret).map(|raw| format!("{} {raw:?}", collection.name())));
    }
    found
}

fn count(at: &Location, what: &str) -> String {
    one(at, &format!("SELECT CAST(count(*) AS TEXT) AS it FROM {what}"))
}

fn notice(number: u8, to: u8, text: &str) -> Document {
    doc! {
        "_id": id('n', number), "userId": id('u', to), "type": "system", "title": text, "content": "what?",
        "isRead": false, "createdAt": made(number),
    }
}

fn request(number: u8, from: u8, to: u8, text: &str) -> Document {
    doc! {
        "_id": id('f', number), "senderId": id('u', from), "receiverId": id('u', to), "message": text,
        "status": "pending", "createdAt": made(number), "updatedAt": made(number),
    }
}

fn member(number: u8, conversation: u8, user: u8) -> Document {
    doc! {
        "_id": id('k', number), "conversationId": id('c', conversation), "userId": id('u', user), "role": "MEMBER",
        "joinedAt": made(number), "isActive": true,
    }
}

type Collections = Vec<(&'static str, Vec<Document>)>;

fn first() -> Collections {
    vec![
        ("User", vec![user(1, "ann"), user(2, "bob")]),
        ("Conversation", vec![conversation(1), conversation(2)]),
        ("ConversationMember", vec![member(1, 1, 1), member(2, 1, 2)]),
        ("Message", vec![message(1, 1, 1), message(2, 1, 2)]),
        ("Notification", vec![notice(1, 1, "first"), notice(2, 2, "of bob"), notice(3, 1, "third")]),
        ("FriendRequest", vec![request(1, 1, 2, "hello")]),
    ]
}

/// With changed and new documents of ann: rows, archived, rejected and merged ones.
fn later() -> Vec<(String, Vec<RawDocumentBuf>)> {
    let mut all = first();
    let (changed, now) = (DateTime::from_millis(1_990_000_000_000), "updatedAt");
    for (key, value) in [("bio", SECRET), ("nick", SECRET)] {
        all[0].1[0].insert(key, value);
    }
    all[0].1[0].insert(now, changed);
    all[2].1[0].insert("nickname", SECRET);
    all[2].1[0].insert("colour", SECRET);
    all[2].1.push(member(3, 2, 1));
    all[3].1.push(message(3, 1, 1));
    // Nothing in its row changes.
    all[4].1[0].insert("extra", SECRET);
    // It goes to the archive now.
    all[4].1[2].insert("title", SECRET);
    all[4].1[2].insert("isRead", true);
    all[4].1.push(notice(4, 1, SECRET));
    let mut about = notice(5, 2, SECRET);
    about.insert("senderId", id('u', 1));
    all[4].1.push(about);
    all[5].1[0].insert("message", SECRET);
    all[5].1[0].insert(now, changed);
    all[5].1.extend([request(2, 2, 1, SECRET), request(3, 2, 1, SECRET)]);
    let setting = doc! {
        "_id": id('s', 1), "userId": id('u', 1), "key": "font", "value": SECRET, "createdAt": made(1), "updatedAt": made(1),
    };
    all.push(("UserPreference", vec![setting]));
    let heart = doc! { "_id": id('r', 1), "messageId": id('m', 2), "userId": id('u', 1), "emoji": "❤️", "createdAt": made(1) };
    all.push(("Reaction", vec![heart]));
    let raw = |it: &Document| RawDocumentBuf::try_from(it).unwrap();
    let mut raw: Vec<(String, Vec<RawDocumentBuf>)> =
        all.iter().map(|(name, all)| ((*name).to_owned(), all.iter().map(raw).collect())).collect();
    raw[4].1.push(with_bad_text(&notice(6, 1, SECRET)));
    raw
}

#[both_databases]
fn a_later_dump_brings_nothing_of_a_deleted_account_back(database: Database) {
    let (first, later) = (small(&first()), small_raw(later()));
    let (at, ann) = (database.location(), id('u', 1));
    import(at, &first.dump);
    delete(at, ann);
    let anonymous = one(at, &format!("SELECT display_name || username AS it FROM users WHERE id = '{ann}'"));
    assert_eq!(anonymous, "Deleted accountdeleted-1");
    for _ in 0..2 {
        import(at, &later.dump);
        assert_eq!(leaks(at), Vec::<String>::new());
        let hidden =
            format!("users WHERE id = '{ann}' AND hides_profile AND username = 'deleted-1' AND bio = ''");
        assert_eq!(count(at, &hidden), "1");
        assert_eq!(count(at, &format!("name_words WHERE user_id = '{ann}'")), "0");
        for (table, column) in
            [("notifications", "user_id"), ("friend_requests", "receiver_id"), ("user_settings", "user_id")]
        {
            assert_eq!(count(at, &format!("{table} WHERE {column} = '{ann}'")), "0", "{table}");
        }
    }
    // What she has written stays, by the deleted account, and bob has lost nothing.
    assert_eq!(count(at, &format!("messages WHERE sender_id = '{ann}'")), "2");
    assert_eq!(count(at, &format!("reactions WHERE user_id = '{ann}'")), "1");
    assert_eq!(count(at, "notifications WHERE title = 'of bob'"), "1");
    // The server leaves the conversations again.
    assert_eq!(count(at, &format!("jobs WHERE kind = 'delete-account' AND key = '{ann}'")), "1");
    assert_eq!(exported_leaks(&export(at)), Vec::<String>::new());
}

#[both_databases]
fn an_export_brings_nothing_of_a_deleted_account_back(database: Database) {
    let before = small_raw(later());
    let at = database.location();
    import(at, &before.dump);
    assert!(!leaks(at).is_empty() && !exported_leaks(&export(at)).is_empty());
    let delete = |tx: &mut Tx<'_>| {
        let user: UserId = id('u', 1).to_string().parse().unwrap();
        // The job has not run yet.
        deleted_accounts::anonymise(tx, user, "deleted-1", Timestamp::from_millis(1_900_000_000_000))?;
        Ok(((), Ending::Commit))
    };
    Exclusive::open(at).unwrap().transaction::<_, StoreError>(delete).unwrap();
    let exported = export(at);
    assert_eq!(exported_leaks(&exported), Vec::<String>::new());
    // Nor does it come back with the dump, or with the old one.
    import(at, &exported.dump);
    assert_eq!(leaks(at), Vec::<String>::new());
    let mut again = later();
    again[0].1[1] = RawDocumentBuf::try_from(
        &doc! { "_id": id('u', 2), "username": "bob", "email": "bob@example.org", "bio": "new" },
    )
    .unwrap();
    import(at, &small_raw(again).dump);
    assert_eq!(leaks(at), Vec::<String>::new());
}

/// The dump of the corpus in which each personal document of a user has a secret, and occurs once more under another id.
fn with_secrets(corpus: &Corpus, path: &std::path::Path, who: ObjectId) -> Dump {
    const TEXTS: [&str; 8] =
        ["bio", "nickname", "reporterName", "name", "title", "content", "message", "deviceName"];
    let outgoing = corpus.outgoing().into_iter().map(|Outgoing { name, indexes, documents }| {
        let model = source_of(&name).map_or("", |source| source.collection);
        let personal =
            deleted_accounts::personal_collections().filter(|(collection, ..)| *collection == model);
        let fields: Vec<&str> = personal
            .flat_map(|(_, table, column)| {
                let mappings = source_of(model).unwrap().shape.mappings().iter();
                let fields = mappings.filter(move |mapping| mapping.table == table).flat_map(|it| it.fields);
                let of_column =
                    fields.filter(move |field| field.column_name() == column).map(|field| field.name);
                of_column.chain((column == "id").then_some("_id"))
            })
            .collect();
        let is_user = model == "User";
        let documents = documents.flat_map(move |raw| {
            let raw = raw.unwrap();
            let mut document: Document = (&*raw).try_into().unwrap();
            let is_personal = fields.iter().any(|field| document.get(field) == Some(&Bson::ObjectId(who)));
            if !is_personal {
                return vec![Ok(raw)];
            }
            document.insert("leak", SECRET);
            for text in TEXTS {
                if document.contains_key(text) {
                    document.insert(text, SECRET);
                }
            }
            document.insert("updatedAt", DateTime::from_millis(1_990_000_000_000));
            let mut all = vec![Ok(RawDocumentBuf::try_from(&document).unwrap())];
            if !is_user {
                let mut id = document.get_object_id("_id").unwrap().bytes();
                id[0] = 0x70;
                document.insert("_id", ObjectId::from_bytes(id));
                all.push(Ok(RawDocumentBuf::try_from(&document).unwrap()));
            }
            all
        });
        Outgoing { name, indexes, documents: Box::new(documents) }
    });
    dump::write(path, Form::Folder, "meeshy", outgoing.collect()).unwrap();
    dump::open(Source::path(path)).unwrap()
}

#[both_databases]
fn no_collection_brings_a_deleted_account_back(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::new(1, 1);
    let dump = write_corpus(&corpus, &folder.path().join("first"), Form::Folder);
    let at = database.location();
    import(at, &dump);
    // Who is most likely to have something of everything.
    let busiest =
        "SELECT user_id AS it FROM notifications GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 1";
    let who = ObjectId::parse_str(one(at, busiest)).unwrap();
    delete(at, who);
    let later = with_secrets(&corpus, &folder.path().join("later"), who);
    import(at, &later);
    assert_eq!(leaks(at), Vec::<String>::new());
    assert_eq!(exported_leaks(&export(at)), Vec::<String>::new());
}
