//! Migrations of databases with rows.

mod deleted_accounts;

use super::*;
use crate::Value;
use std::collections::BTreeMap;

/// Why a statement of a migration does more than expand the schema, so that the program of the release before may
/// fail on it. `new_columns` are those that the migration adds; that program leaves them empty.
fn contracts(statement: &str, new_columns: &[String]) -> Option<&'static str> {
    let words: Vec<String> = statement.split_whitespace().map(str::to_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["CREATE", "TABLE" | "INDEX", ..] | ["DROP", "INDEX", ..] | ["INSERT" | "UPDATE", ..] => None,
        ["CREATE", "UNIQUE", "INDEX", _, "ON", _, column]
            if new_columns.iter().any(|new| column == format!("({new})")) =>
        {
            None
        }
        ["CREATE", "UNIQUE", ..] => Some("the release before may write what this forbids"),
        ["ALTER", "TABLE", _, "ADD", "COLUMN", ref column @ ..]
            if column.contains(&"NULL") && !column.contains(&"DEFAULT") =>
        {
            Some("the release before does not fill this column")
        }
        ["ALTER", "TABLE", _, "ADD", "COLUMN", ..] => None,
        _ => Some("the release before may use what this changes"),
    }
}

/// The column that a statement adds, if it can be empty.
fn added(statement: &str) -> Option<String> {
    let words: Vec<String> = statement.split_whitespace().map(str::to_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["ALTER", "TABLE", _, "ADD", "COLUMN", column, ref rest @ ..] if !rest.contains(&"NULL") => {
            Some(column.to_owned())
        }
        _ => None,
    }
}

/// The statements of a migration, without comments.
fn statements(sql: &str) -> Vec<String> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let sql: Vec<&str> = lines.collect();
    sql.join("\n").split(';').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
}

#[test]
fn a_release_only_expands_the_schema() {
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > WORKS_SINCE) {
        let statements = statements(migration.sql);
        let new_columns: Vec<String> = statements.iter().filter_map(|statement| added(statement)).collect();
        for statement in &statements {
            assert_eq!(contracts(statement, &new_columns), None, "{}: {statement}", migration.name);
        }
    }
    for allowed in
        ["CREATE INDEX a ON b (c)", "ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT ''", "DROP INDEX a"]
    {
        assert_eq!(contracts(allowed, &[]), None, "{allowed}");
    }
    for refused in [
        "DROP TABLE a",
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a ADD COLUMN b TEXT NOT NULL",
        "ALTER TABLE a RENAME TO b",
        "CREATE UNIQUE INDEX a ON b (c)",
        "DELETE FROM a",
    ] {
        assert!(contracts(refused, &["D".to_owned()]).is_some(), "{refused}");
    }
    assert_eq!(contracts("CREATE UNIQUE INDEX a ON b (c)", &["C".to_owned()]), None);
    assert!(WORKS_SINCE <= newest());
}

#[test]
fn rebuilt_tables_keep_their_rows_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, _lock) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    transaction(&mut session, prepare).unwrap();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number < 14) {
        transaction(&mut session, |tx| apply(tx, migration)).unwrap();
    }
    let fill = "
        INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, system_language,
          last_active_at, created_at, updated_at) VALUES ('u', 'lea', 'l@example.org', '', '', '', '', 'fr', 1, 1, 1);
        INSERT INTO notifications (id, user_id, type, title, content, data, created_at, call_session_id)
          VALUES ('n', 'u', 'system', 'title', 'content', '{}', 7, 'call');
        INSERT INTO conversations (id, identifier, kind, last_message_at, created_at, updated_at)
          VALUES ('c', 'c', 'group', 1, 1, 1);
        INSERT INTO messages (id, conversation_id, sequence, content, original_language, message_type, created_at, updated_at)
          VALUES ('m', 'c', 1, 'salut', 'fr', 'text', 1, 1);
        INSERT INTO message_statuses (id, message_id, conversation_id, user_id, read_at, created_at, updated_at)
          VALUES ('s', 'm', 'c', 'u', 5, 1, 9);
        INSERT INTO legacy_documents (collection, id, digest, outcome, note, kept_id) VALUES ('User', 'u', x'00', 'merged', 'why', 'k');
    ";
    session.batch(fill).unwrap();
    on(&mut session).unwrap();
    let kept = [
        "SELECT count(*) AS n FROM notifications WHERE id = 'n' AND data = '{}' AND created_at = 7 AND call_session_id = 'call'",
        "SELECT count(*) AS n FROM message_statuses WHERE id = 's' AND read_at = 5 AND updated_at = 9",
        "SELECT count(*) AS n FROM legacy_documents WHERE id = 'u' AND note = 'why' AND kept_id = 'k'",
        "SELECT count(*) AS n FROM pragma_foreign_key_list('message_statuses') WHERE \"table\" = 'messages'",
    ];
    for sql in kept {
        let rows: i64 = Tx::new(&mut session).fetch_one(sql, &[]).unwrap();
        assert_eq!(rows, 1, "{sql}");
    }
    for table in ["notifications", "message_statuses", "legacy_documents"] {
        let again = format!("INSERT INTO {table} SELECT * FROM {table}");
        assert!(session.execute(&again, &[]).is_err(), "{table} accepts a duplicate row");
    }
}

#[test]
fn a_token_replaced_before_a_migration_is_still_known() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, _lock) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    transaction(&mut session, prepare).unwrap();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number < 22) {
        transaction(&mut session, |tx| apply(tx, migration)).unwrap();
    }
    let fill = "
        INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, system_language,
          last_active_at, created_at, updated_at) VALUES ('u', 'lea', 'l@example.org', '', '', '', '', 'fr', 1, 1, 1);
        INSERT INTO sessions (id, user_id, token_hash, is_trusted, created_at, last_activity_at, expires_at, token_id,
          replaced_token_id, token_replaced_at) VALUES ('s', 'u', 'hash', FALSE, 1, 1, 9, 'new', 'old', 5);
        INSERT INTO sessions (id, user_id, token_hash, is_trusted, created_at, last_activity_at, expires_at, token_id)
          VALUES ('t', 'u', 'other', FALSE, 1, 1, 9, 'first');
    ";
    session.batch(fill).unwrap();
    on(&mut session).unwrap();
    let read = |row: &mut crate::Row| {
        Ok((row.take::<String>("session_id")?, row.take::<String>("token_id")?, row.take("replaced_at")?))
    };
    let kept: Vec<(String, String, i64)> =
        Tx::new(&mut session).query("SELECT * FROM replaced_tokens", &[], read).unwrap();
    assert_eq!(kept, [("s".to_owned(), "old".to_owned(), 5)]);
}

#[test]
fn users_blocked_before_a_migration_stay_blocked() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, _lock) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    transaction(&mut session, prepare).unwrap();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number < 26) {
        transaction(&mut session, |tx| apply(tx, migration)).unwrap();
    }
    let user = |id: &str, blocked: &str| {
        format!(
            "INSERT INTO users (id, username, email, password_hash, first_name, last_name, display_name, system_language, \
               last_active_at, created_at, updated_at, blocked_user_ids) \
             VALUES ('{id}', '{id}', '{id}', '', '', '', '', 'fr', 1, 1, 1, '{blocked}');"
        )
    };
    let people = [user("a", r#"["c","gone","b","c"]"#), user("b", r#"["a"]"#), user("c", "[]")];
    session.batch(&people.concat()).unwrap();
    on(&mut session).unwrap();
    let read = |row: &mut crate::Row| Ok((row.take::<String>("user_id")?, row.take::<String>("blocked_id")?));
    let rows: Vec<(String, String)> =
        Tx::new(&mut session).query("SELECT * FROM blocks ORDER BY user_id, blocked_id", &[], read).unwrap();
    let expected = [("a", "b"), ("a", "c"), ("b", "a")];
    assert_eq!(rows, expected.map(|(user, blocked)| (user.to_owned(), blocked.to_owned())));
}

/// Tables whose rows a migration removes, with its number: since then failed sign-ins are counted by name.
const REMOVED: [(i64, &str); 1] = [(22, "unknown_sign_ins")];

#[test]
fn every_migration_keeps_all_rows_and_is_applied_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, _lock) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    let (_model_folder, mut model) = model();
    migrate_with_rows(&mut model, &mut session);
}

#[test]
fn every_migration_keeps_all_rows_and_is_applied_once_on_postgres() {
    let url = meeshy_testkit::Database::postgres().location().to_string();
    let mut session = crate::engine::pg::open_exclusive(&url).unwrap();
    let (_model_folder, mut model) = model();
    migrate_with_rows(&mut model, &mut session);
}

/// A SQLite database that reports the declarations of its tables at each step.
fn model() -> (tempfile::TempDir, crate::engine::sqlite::Session) {
    let folder = tempfile::tempdir().unwrap();
    // Its lock can be released: nobody else knows the folder.
    let (session, _) = crate::engine::sqlite::open_exclusive(folder.path()).unwrap();
    (folder, session)
}

/// Applies one migration after the other to `tested`. Before each, every table has rows; after it, they are
/// still there.
fn migrate_with_rows(model: &mut dyn Connection, tested: &mut dyn Connection) {
    transaction(model, prepare).unwrap();
    transaction(tested, prepare).unwrap();
    for migration in MIGRATIONS {
        let before = counts(model, tested);
        transaction(model, |tx| apply(tx, migration)).unwrap();
        assert!(transaction(tested, |tx| apply(tx, migration)).unwrap(), "{} is applied", migration.name);
        let after = counts(model, tested);
        for (table, rows) in &before {
            let is_removed = REMOVED.contains(&(migration.number, table.as_str()));
            let kept = after.get(table).is_some_and(|kept| kept >= rows);
            assert!(kept || is_removed, "{} loses rows of {table}", migration.name);
        }
        fill(model, tested, migration.name);
    }
    let before = counts(model, tested);
    assert!(before.values().all(|rows| *rows > 0), "every table has rows: {before:?}");
    assert_eq!(on(tested).unwrap().applied, Vec::<&str>::new());
    let after = counts(model, tested);
    let lost = before.iter().filter(|(table, rows)| !table.contains("name_") && after[*table] < **rows);
    assert_eq!(lost.collect::<Vec<_>>(), [], "folded names are computed again, the rest stays");
    let again = MIGRATIONS.iter().map(|migration| transaction(tested, |tx| apply(tx, migration)).unwrap());
    assert!(again.into_iter().all(|applied| !applied), "no migration is applied twice");
}

/// Rows added to a table, unless its declaration allows only one.
const ROWS: i64 = 2;

/// The number of rows in each table of the program.
fn counts(model: &mut dyn Connection, tested: &mut dyn Connection) -> BTreeMap<String, i64> {
    let count = |table: String| {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows = Tx::new(tested).fetch_one(&sql, &[]).unwrap();
        (table, rows)
    };
    tables(model).into_iter().map(count).collect()
}

/// Without the index of grams, which is another kind of table on each database.
fn tables(model: &mut dyn Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
        AND name NOT LIKE 'search_grams%' AND name <> 'migrations'";
    Tx::new(model).fetch_all(sql, &[]).unwrap()
}

/// Adds rows to every empty table, referenced tables first.
fn fill(model: &mut dyn Connection, tested: &mut dyn Connection, after: &str) {
    let mut empty = tables(model);
    empty.retain(|table| rows_of(model, table) == 0);
    while !empty.is_empty() {
        let ready = |table: &String, model: &mut dyn Connection| {
            references(model, table).values().all(|(parent, _)| parent == table || rows_of(model, parent) > 0)
        };
        let at = empty.iter().position(|table| ready(table, model)).expect("no circle of references");
        let table = empty.swap_remove(at);
        let is_single = declaration(model, &table).contains(" = 1)");
        for row in 0..if is_single { 1 } else { ROWS } {
            let values = row_of(model, &table, row);
            Tx::new(model).insert_into(&table, values.clone()).unwrap();
            let outcome = Tx::new(tested).insert_into(&table, values);
            outcome.unwrap_or_else(|error| panic!("{table} after {after}: {error}"));
        }
    }
}

fn rows_of(model: &mut dyn Connection, table: &str) -> i64 {
    Tx::new(model).fetch_one(&format!("SELECT count(*) FROM {table}"), &[]).unwrap()
}

fn declaration(model: &mut dyn Connection, table: &str) -> String {
    Tx::new(model).fetch_one("SELECT sql FROM sqlite_master WHERE name = $1", &[table.into()]).unwrap()
}

/// The columns of a table that refer to others, each with the other table and its column.
fn references(model: &mut dyn Connection, table: &str) -> BTreeMap<String, (String, String)> {
    let sql =
        format!("SELECT \"from\", \"table\", coalesce(\"to\", 'id') FROM pragma_foreign_key_list('{table}')");
    let found: Vec<(String, String, String)> = Tx::new(model).fetch_all(&sql, &[]).unwrap();
    found.into_iter().map(|(from, parent, to)| (from, (parent, to))).collect()
}

/// Values for all columns without a default, by their declarations.
fn row_of(model: &mut dyn Connection, table: &str, row: i64) -> Vec<(&'static str, Value)> {
    let references = references(model, table);
    let declared = declaration(model, table);
    let columns: Vec<(String, String)> = Tx::new(model)
        .fetch_all(
            &format!("SELECT name, type FROM pragma_table_info('{table}') WHERE dflt_value IS NULL"),
            &[],
        )
        .unwrap();
    let value = |(name, kind): &(String, String), model: &mut dyn Connection| {
        // A row belongs to a user or to a guest.
        if name == "guest_id" && declared.contains("guest_id IS NULL") {
            return Value::Null;
        }
        if let Some((parent, column)) = references.get(name) {
            if parent == table {
                return Value::Null;
            }
            let sql = format!("SELECT {column} FROM {parent} ORDER BY {column} LIMIT 1 OFFSET $1");
            let key: Option<Value> = Tx::new(model).fetch_optional(&sql, &[row.into()]).unwrap();
            return key.unwrap_or(Value::Null);
        }
        let choice = format!("({name} IN ('");
        if let Some(at) = declared.find(&choice) {
            let rest = &declared[at + choice.len()..];
            return rest[..rest.find('\'').unwrap_or_default()].into();
        }
        match kind.as_str() {
            "BIGINT" => (row + 1).into(),
            "BOOLEAN" => false.into(),
            "DOUBLE PRECISION" => 0.5.into(),
            "BYTEA" => vec![u8::try_from(row).unwrap_or_default()].into(),
            _ => format!("{name}-{row}").into(),
        }
    };
    let named = columns.iter().map(|column| (&*column.0.clone().leak(), value(column, model)));
    named.collect()
}
