//! Migrations: numbered SQL files, each applied once, in a transaction, and verified on every start.
//!
//! While several processes are upgraded one after the other, or when an upgrade is undone, the program of the
//! release before works on the new schema. A release therefore only expands: it adds tables, indexes, and columns
//! that may be empty or have a default. What the release before reads or writes is removed one release later, when
//! no process needs it any more.

use crate::engine::tx::Connection;
use crate::{StoreError, Tx, attachments, blocks, community_names, guests, names, privacy, search_index};
use sha2::{Digest, Sha256};
use std::fmt::Write;

type Step = fn(&mut Tx<'_>) -> Result<(), StoreError>;

/// The newest migration of the release before, whose program works on this schema. Set with each release.
const WORKS_SINCE: i64 = 31;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
    /// Runs after the SQL in the same transaction, for what portable SQL cannot express.
    then: Option<Step>,
}

macro_rules! migrations {
    ($($number:literal $name:literal $(then $then:path)?),* $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
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
    27 "0027_missing_indexes",
    28 "0028_jobs",
    30 "0030_unused_indexes",
    31 "0031_compatible_schemas",
    32 "0032_participants",
    33 "0033_glossary_proposals",
    34 "0034_grades",
    35 "0035_reactions_and_deletions",
    36 "0036_preferences" then privacy::follow_documents,
    37 "0037_profiles",
    38 "0038_memberships",
    39 "0039_community_members" then community_names::follow_rows,
    40 "0040_message_revisions",
    41 "0041_phone_codes",
    42 "0042_deleted_accounts",
    43 "0043_exports",
    45 "0045_live_calls",
    49 "0049_search" then search_index::create,
    50 "0050_pins",
    51 "0051_recovery",
    52 "0052_deletions",
    53 "0053_missing_participants",
    54 "0054_search_upkeep" then search_index::follow_log,
    55 "0055_calls_upkeep",
    56 "0056_replaced_addresses",
    57 "0057_system_messages",
    58 "0058_share_links",
    59 "0059_files_of_conversations" then attachments::follow_messages,
    60 "0060_push_devices",
    61 "0061_system_messages_apart",
    63 "0063_uploads",
    64 "0064_resumable_uploads",
    65 "0065_guests" then guests::follow_links,
    66 "0066_notification_queue",
    67 "0067_browsers",
];

/// The schema changes made when a database was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the applied migrations, in order.
    pub applied: Vec<&'static str>,
    /// The number of the newest migration.
    pub version: i64,
}

/// Brings the schema up to date on one connection.
pub(crate) fn on(connection: &mut dyn Connection) -> Result<Migrated, StoreError> {
    if let Schema::Newer { version } = transaction(connection, prepare)? {
        return Ok(Migrated { applied: Vec::new(), version });
    }
    let mut applied = Vec::new();
    for migration in MIGRATIONS {
        if transaction(connection, |tx| apply(tx, migration))? {
            tracing::info!(migration = migration.name, "Applied a migration");
            applied.push(migration.name);
        }
    }
    if transaction(connection, names::are_outdated)? {
        transaction(connection, community_names::fold_all)?;
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

/// The schema of a database, compared with the one of this program.
#[derive(Debug, PartialEq, Eq)]
enum Schema {
    /// This program migrates it, if necessary.
    Known,
    /// A newer program has migrated it to this version, and this one works on it.
    Newer {
        /// The number of its newest migration.
        version: i64,
    },
}

fn prepare(tx: &mut Tx<'_>) -> Result<Schema, StoreError> {
    tx.batch(
        "CREATE TABLE IF NOT EXISTS migrations (
            number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
        )",
    )?;
    let found: Option<i64> = tx.fetch_one("SELECT max(number) AS newest FROM migrations", &[])?;
    let Some(found) = found.filter(|found| *found > newest()) else { return Ok(Schema::Known) };
    let sql = "SELECT works_since FROM migrations WHERE number = $1";
    match tx.fetch_one::<Option<i64>>(sql, &[found.into()])? {
        Some(since) if since <= newest() => {
            tracing::warn!(found, known = newest(), "The schema of the database is newer, but compatible");
            Ok(Schema::Newer { version: found })
        }
        _ => Err(StoreError::NewerDatabase { found, known: newest() }),
    }
}

/// Says for the programs of earlier releases whether they work on this schema.
fn note_compatibility(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let note = "UPDATE migrations SET works_since = $2 WHERE number = $1";
    tx.execute(note, &[newest().into(), WORKS_SINCE.into()])?;
    Ok(())
}

/// Applies a migration unless it was applied before; returns whether it did.
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
            if migration.number == newest() {
                note_compatibility(tx)?;
            }
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
mod tests;
