//! What is left of a deleted account in any table of the schema, on both databases.

use super::{fill, model, references, tables};
use crate::deleted_accounts::{anonymise, remove_some};
use crate::engine::migrate;
use crate::engine::tx::Connection;
use crate::{Tx, Value};
use meeshy_domain::{Timestamp, UserId};
use std::collections::BTreeSet;

/// The columns that still name a deleted account, with the reason. docs/accounts.md says it to users.
const KEPT: &[(&str, &str, &str)] = &[
    ("users", "id", "others refer to the row"),
    ("users", "deleted_by", "its owner has deleted it"),
    ("messages", "sender_id", "messages stay in the conversations"),
    ("messages", "pinned_by", "the message stays pinned"),
    ("system_messages", "actor_id", "what happened in the conversation"),
    ("system_messages", "target_id", "what happened in the conversation"),
    ("attachments", "uploaded_by", "files stay with their messages"),
    ("reactions", "user_id", "reactions stay with their messages"),
    ("mentions", "user_id", "what others have written stays"),
    ("attachment_reactions", "user_id", "reactions stay with their messages"),
    ("attachment_statuses", "user_id", "who has received a message stays with it"),
    ("message_statuses", "user_id", "who has received a message stays with it"),
    ("read_cursors", "user_id", "who has read a message stays with it"),
    ("members", "user_id", "a conversation of two stays, and the log of the others"),
    ("community_members", "user_id", "left, so that a ban stays"),
    ("conversations", "created_by", "handed over by a job, but for those of two"),
    ("conversations", "encryption_enabled_by", "what happened in the conversation"),
    ("communities", "created_by", "handed over or deleted by a job"),
    ("conversation_shares", "shared_by", "the conversation stays in the community"),
    ("share_links", "created_by", "links into a conversation belong to it"),
    ("call_sessions", "initiator_id", "calls stay in the conversations"),
    ("call_participants", "user_id", "calls stay in the conversations"),
    ("call_transcriptions", "participant_id", "names a row of call_participants"),
    ("live_participants", "user_id", "ends with the call"),
    ("live_participants", "participant_id", "names a row of call_participants"),
    ("connected_users", "user_id", "ends with the connection"),
    ("glossary_terms", "created_by", "the glossary belongs to the conversation"),
    ("glossary_terms", "owner_id", "names a conversation or community"),
    ("glossary_proposals", "owner_id", "names a conversation or community"),
    ("translation_reports", "reporter_id", "whose judgement it is, without the comment"),
    ("reports", "reporter_id", "moderators decide about reports, without the name"),
    ("reports", "moderator_id", "who has decided"),
    ("reports", "reported_entity_id", "what others have reported"),
    ("audit_log", "user_id", "the log outlives the account, without names"),
    ("audit_log", "admin_id", "the log outlives the account, without addresses"),
    ("audit_log", "entity_id", "the log outlives the account, without names"),
    ("affiliate_tokens", "created_by", "the invitation is closed, and has no name"),
    ("tracking_links", "created_by", "short links in messages work on, without a name"),
    ("dma_pre_keys", "used_by", "a key of somebody else stays used"),
    ("server_encryption_keys", "user_id", "keys of the server, to read messages that stay"),
    ("legacy_documents", "id", "which document was imported, without its contents"),
    ("legacy_documents", "kept_id", "which document was imported, without its contents"),
    ("jobs", "claimed_by", "names a process"),
    ("text_requests", "claimed_by", "names a process"),
    ("translation_jobs", "claimed_by", "names a process"),
];

/// The ends of the names of columns that name users, if there is no foreign key.
const SOFT: &[&str] = &[
    "user_id",
    "admin_id",
    "sender_id",
    "creator_id",
    "author_id",
    "actor_id",
    "owner_id",
    "member_id",
    "reader_id",
    "reporter_id",
    "moderator_id",
    "initiator_id",
    "receiver_id",
    "participant_id",
    "uploader_id",
    "entity_id",
    "_by",
];

const DELETED: &str = "65f0000000000000000000d1";
const OTHER: &str = "65f0000000000000000000d2";
/// In every text of the row of a user.
const SECRET: &str = "secret";
/// In every number of that row.
const NUMBER: i64 = 7_777;

#[test]
fn nothing_else_is_left_of_a_deleted_account_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, _lock) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    delete_and_look(&mut session);
}

#[test]
fn nothing_else_is_left_of_a_deleted_account_on_postgres() {
    let url = meeshy_testkit::Database::postgres().location().to_string();
    let mut session = crate::engine::pg::open_exclusive(&url).unwrap();
    delete_and_look(&mut session);
}

fn delete_and_look(tested: &mut dyn Connection) {
    let (_folder, mut model) = model();
    migrate::on(&mut model).unwrap();
    migrate::on(tested).unwrap();
    for user in [DELETED, OTHER] {
        let row = user_row(&mut model, user);
        Tx::new(&mut model).insert_into("users", row.clone()).unwrap();
        Tx::new(tested).insert_into("users", row).unwrap();
    }
    fill(&mut model, tested, "the newest migration");
    for (table, column) in soft_references(&mut model) {
        let sql = format!("UPDATE {table} SET {column} = $1");
        let outcome = Tx::new(tested).execute(&sql, &[DELETED.into()]);
        outcome.unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
    }
    Tx::new(tested).execute("DELETE FROM blocks", &[]).unwrap();
    for (user, blocked) in [(DELETED, OTHER), (OTHER, DELETED)] {
        let row = vec![("user_id", user.into()), ("blocked_id", blocked.into())];
        Tx::new(tested).insert_into("blocks", row).unwrap();
    }
    import_documents(tested);

    let user: UserId = DELETED.parse().unwrap();
    anonymise(&mut Tx::new(tested), user, "deleted-1", Timestamp::from_millis(9_000)).unwrap();
    let mut steps = 0;
    while remove_some(&mut Tx::new(tested), user, 1).unwrap() {
        steps += 1;
    }
    assert!((2..20).contains(&steps), "{steps} steps");

    let decided: BTreeSet<_> =
        KEPT.iter().map(|(table, column, _)| ((*table).to_owned(), (*column).to_owned())).collect();
    let left = columns_with(&mut model, tested, DELETED);
    let undecided: Vec<_> = left.difference(&decided).collect();
    assert!(undecided.is_empty(), "decide what becomes of these when an account is deleted: {undecided:?}");
    let stale: Vec<_> = decided.difference(&left).collect();
    assert!(stale.is_empty(), "these no longer name a deleted account: {stale:?}");

    // The row itself, and that of somebody else.
    let columns = columns_of(&mut model, "users");
    for (column, _) in columns {
        let sql = format!("SELECT CAST({column} AS TEXT) FROM users WHERE id = $1");
        let value: Option<String> = Tx::new(tested).fetch_one(&sql, &[DELETED.into()]).unwrap();
        let value = value.unwrap_or_default();
        let is_personal =
            value.contains(SECRET) || value.contains(&NUMBER.to_string()) || value.contains(OTHER);
        assert!(!is_personal || column == "created_at", "{column} is still {value}");
    }
    let sql = "SELECT username, blocked_user_ids FROM users WHERE id = $1";
    let row: (String, String) = Tx::new(tested).fetch_one(sql, &[OTHER.into()]).unwrap();
    assert_eq!(row, (format!("{SECRET}-username-{OTHER}"), "[]".to_owned()));
    for table in ["sessions", "push_tokens", "user_settings"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE user_id = $1");
        assert_eq!(Tx::new(tested).fetch_one::<i64>(&sql, &[OTHER.into()]).unwrap(), 1, "{table}");
    }
    let kept = "SELECT id FROM legacy_documents WHERE rest IS NOT NULL OR instead IS NOT NULL";
    assert_eq!(Tx::new(tested).fetch_all::<String>(kept, &[]).unwrap(), ["of-other"]);
}

/// Everything that a user can have in the row.
fn user_row(model: &mut dyn Connection, user: &str) -> Vec<(&'static str, Value)> {
    let other = if user == DELETED { OTHER } else { DELETED };
    let value = |column: &str, kind: &str| match (column, kind) {
        ("id", _) => user.into(),
        ("role", _) => "USER".into(),
        ("blocked_user_ids", _) => format!("[\"{other}\"]").into(),
        ("username_history" | "two_factor_backup_codes", _) => format!("[\"{SECRET}\"]").into(),
        (_, "BIGINT") => NUMBER.into(),
        (_, "BOOLEAN") => true.into(),
        _ => format!("{SECRET}-{column}-{user}").into(),
    };
    let columns = columns_of(model, "users").into_iter();
    columns.map(|(column, kind)| (&*column.clone().leak(), value(&column, &kind))).collect()
}

/// Documents of a user, a copy that was rejected, of a report by that user, of one that was merged into that of the user, and of somebody else.
fn import_documents(tested: &mut dyn Connection) {
    let report: String = Tx::new(tested).fetch_one("SELECT min(id) FROM reports", &[]).unwrap();
    Tx::new(tested).execute("DELETE FROM legacy_documents", &[]).unwrap();
    let rejected = format!("{DELETED}@User#1");
    for (collection, id, kept) in [
        ("User", DELETED, None),
        ("User", rejected.as_str(), None),
        ("User", "copy", Some(DELETED)),
        ("Report", report.as_str(), None),
        ("User", "of-other", None),
    ] {
        let rest = || Value::from(SECRET.as_bytes().to_vec());
        let row = vec![
            ("collection", collection.into()),
            ("id", id.into()),
            ("digest", rest()),
            ("outcome", if kept.is_some() { "merged" } else { "inserted" }.into()),
            ("rest", rest()),
            ("instead", rest()),
            ("kept_collection", kept.map(|_| "User").into()),
            ("kept_id", kept.into()),
        ];
        Tx::new(tested).insert_into("legacy_documents", row).unwrap();
    }
}

/// The columns of a table, and their types.
fn columns_of(model: &mut dyn Connection, table: &str) -> Vec<(String, String)> {
    let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
    Tx::new(model).fetch_all(&sql, &[]).unwrap()
}

/// The text columns of all tables.
fn texts(model: &mut dyn Connection) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in tables(model) {
        let texts = columns_of(model, &table).into_iter().filter(|(_, kind)| kind == "TEXT");
        found.extend(texts.map(|(column, _)| (table.clone(), column)));
    }
    found
}

/// The columns that name users by their name only.
fn soft_references(model: &mut dyn Connection) -> Vec<(String, String)> {
    let mut found = texts(model);
    found.retain(|(table, column)| {
        let is_soft = SOFT.iter().any(|end| column.ends_with(end));
        is_soft && table != "users" && !references(model, table).contains_key(column)
    });
    found
}

/// The text columns in which `text` occurs.
fn columns_with(
    model: &mut dyn Connection,
    tested: &mut dyn Connection,
    text: &str,
) -> BTreeSet<(String, String)> {
    let mut found = texts(model);
    found.retain(|(table, column)| {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} LIKE $1");
        Tx::new(tested).fetch_one::<i64>(&sql, &[format!("%{text}%").into()]).unwrap() > 0
    });
    found.into_iter().collect()
}
