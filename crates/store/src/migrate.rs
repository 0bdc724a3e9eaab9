//! Migrations: numbered SQL files, forward only, each applied once, in a transaction, and checked ever after.

use crate::tx::Connection;
use crate::{StoreError, Tx, blocks, names};
use sha2::{Digest, Sha256};
use std::fmt::Write;

type Step = fn(&mut Tx<'_>) -> Result<(), StoreError>;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
    /// Runs after the SQL, in the same transaction: for what the SQL of both databases cannot express.
    then: Option<Step>,
}

macro_rules! migrations {
    ($($number:literal $name:literal $(then $then:path)?),* $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("migrations/", $name, ".sql")),
            then: migrations!(@then $($then)?),
        }),*]
    };
    (@then) => { None };
    (@then $then:path) => { Some($then) };
}

const MIGRATIONS: &[Migration] = migrations![
    1 "0001_first_conversation",
    2 "0002_translators",
    3 "0003_people",
    4 "0004_communities",
    5 "0005_around_messages",
    6 "0006_calls_and_notices",
    7 "0007_links_and_oversight",
    8 "0008_security",
    9 "0009_old_system",
    10 "0010_notification_archive",
    11 "0011_files",
    12 "0012_second_factor",
    13 "0013_glossaries_and_reports",
    14 "0014_keys_made_later",
    15 "0015_folded_names",
    16 "0016_identity",
    17 "0017_storage",
    18 "0018_import_columns",
    19 "0019_data_set",
    20 "0020_reason_codes",
    21 "0021_conversation_languages",
    22 "0022_replaced_tokens",
    23 "0023_conversation_events",
    24 "0024_gateways",
    26 "0026_blocks" then blocks::follow_lists,
];

/// What opening a database changed in its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the migrations applied just now, in order.
    pub applied: Vec<&'static str>,
    /// The number of the newest migration, which the database now has.
    pub version: i64,
}

/// Brings the schema up to date on one connection.
pub(crate) fn on(connection: &mut dyn Connection) -> Result<Migrated, StoreError> {
    transaction(connection, prepare)?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS {
        if transaction(connection, |tx| apply(tx, migration))? {
            tracing::info!(migration = migration.name, "Applied a migration");
            applied.push(migration.name);
        }
    }
    while transaction(connection, names::fold_some)? {}
    Ok(Migrated { applied, version: newest() })
}

fn transaction<T>(
    connection: &mut dyn Connection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.batch("BEGIN")?;
    let outcome = work(&mut Tx::new(connection));
    connection.batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    outcome
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

fn prepare(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.batch(
        "CREATE TABLE IF NOT EXISTS migrations (
            number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
        )",
    )?;
    let found: Option<i64> = tx.fetch_one("SELECT max(number) AS newest FROM migrations", &[])?;
    match found {
        Some(found) if found > newest() => Err(StoreError::NewerDatabase { found, known: newest() }),
        _ => Ok(()),
    }
}

/// Applies one migration unless it has been; says whether it did.
fn apply(tx: &mut Tx<'_>, migration: &Migration) -> Result<bool, StoreError> {
    let checksum = checksum(migration.sql);
    let found: Option<String> =
        tx.fetch_optional("SELECT checksum FROM migrations WHERE number = $1", &[migration.number.into()])?;
    match found {
        Some(found) if found == checksum => Ok(false),
        Some(_) => Err(StoreError::ChangedMigration(migration.number)),
        None => {
            tx.batch(migration.sql)?;
            migration.then.map_or(Ok(()), |then| then(tx))?;
            tx.execute(
                "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)",
                &[migration.number.into(), migration.name.into(), checksum.into()],
            )?;
            Ok(true)
        }
    }
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_made_anew_keep_their_rows_and_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let (mut session, _lock) = crate::sqlite::open_exclusive(folder.path()).unwrap();
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
            let rows: i64 = Tx::new(&mut session).query_one(sql, &[], |row| row.take("n")).unwrap();
            assert_eq!(rows, 1, "{sql}");
        }
        for table in ["notifications", "message_statuses", "legacy_documents"] {
            let again = format!("INSERT INTO {table} SELECT * FROM {table}");
            assert!(session.execute(&again, &[]).is_err(), "{table} takes a row twice");
        }
    }

    #[test]
    fn a_token_that_was_replaced_before_a_migration_is_still_known() {
        let folder = tempfile::tempdir().unwrap();
        let (mut session, _lock) = crate::sqlite::open_exclusive(folder.path()).unwrap();
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
    fn people_who_were_blocked_before_a_migration_still_are() {
        let folder = tempfile::tempdir().unwrap();
        let (mut session, _lock) = crate::sqlite::open_exclusive(folder.path()).unwrap();
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
        let read =
            |row: &mut crate::Row| Ok((row.take::<String>("user_id")?, row.take::<String>("blocked_id")?));
        let rows: Vec<(String, String)> = Tx::new(&mut session)
            .query("SELECT * FROM blocks ORDER BY user_id, blocked_id", &[], read)
            .unwrap();
        let expected = [("a", "b"), ("a", "c"), ("b", "a")];
        assert_eq!(rows, expected.map(|(user, blocked)| (user.to_owned(), blocked.to_owned())));
    }
}
