//! Counts the data that the old format cannot represent.

use super::error::ExportError;
use super::report::NotHeld;
use meeshy_store::Tx;
use std::collections::BTreeMap;

/// Losses found while documents are written.
#[derive(Default)]
pub(super) struct Losses {
    /// Users whose passwords the old system cannot verify.
    pub(super) new_passwords: Vec<String>,
    /// Documents that were merged into rows that were changed or deleted here.
    pub(super) outdated: BTreeMap<String, u64>,
    /// Documents that an anonymised import did not store, or that belonged to an account that was deleted.
    pub(super) unkept: BTreeMap<String, u64>,
}

/// Table, column, consequence, and the SQL that counts the rows.
const LOSSES: &[(&str, &str, &str, &str)] = &[
    (
        "sessions",
        "sessions",
        "signed in here; users have to sign in again",
        "SELECT count(*) AS total FROM sessions t WHERE t.revoked_at IS NULL AND NOT EXISTS \
           (SELECT 1 FROM legacy_documents d WHERE d.collection = 'UserSession' AND d.id = t.id)",
    ),
    (
        "messages",
        "client_message_id",
        "a client that resends such a message would create a duplicate",
        "SELECT count(*) AS total FROM messages WHERE client_key IS NOT NULL",
    ),
    (
        "messages",
        "revision",
        "were edited; the number of edits is lost",
        "SELECT count(*) AS total FROM messages WHERE revision > 1",
    ),
    (
        "conversations",
        "created_by",
        "the creator of the conversation is lost",
        "SELECT count(*) AS total FROM conversations WHERE created_by IS NOT NULL",
    ),
    (
        "translations",
        "state",
        "the translation failed; there is no text",
        "SELECT count(*) AS total FROM translations WHERE content IS NULL",
    ),
    (
        "translations",
        "revision",
        "belong to a text that was edited since",
        "SELECT count(*) AS total FROM translations t JOIN messages m ON m.id = t.message_id \
         WHERE t.content IS NOT NULL AND t.revision <> m.revision",
    ),
    (
        "translation_jobs",
        "translation_jobs",
        "are waiting for translation",
        "SELECT count(*) AS total FROM translation_jobs",
    ),
    (
        "read_cursors",
        "guest_id",
        "read positions of guests",
        "SELECT count(*) AS total FROM read_cursors t WHERE t.guest_id IS NOT NULL AND NOT EXISTS \
           (SELECT 1 FROM legacy_documents d WHERE d.collection = 'ConversationReadCursor' AND d.id = t.id)",
    ),
];

/// All data that the old format cannot represent.
pub(super) fn all(tx: &mut Tx<'_>, losses: &Losses) -> Result<Vec<NotHeld>, ExportError> {
    let mut all = Vec::new();
    let mut add = |table: &str, column: &str, what: &str, rows: u64| {
        if rows > 0 {
            all.push(NotHeld { table: table.into(), column: column.into(), what: what.into(), rows });
        }
    };
    for (table, column, what, sql) in LOSSES {
        let rows: i64 = tx.fetch_one(sql, &[])?;
        add(table, column, what, rows.cast_unsigned());
    }
    let passwords = losses.new_passwords.len() as u64;
    add(
        "users",
        "password_hash",
        "have to set a new password: the old system only supports bcrypt",
        passwords,
    );
    let outdated = "were merged into a row that was changed or deleted here";
    for (collection, rows) in &losses.outdated {
        add("legacy_documents", collection, outdated, *rows);
    }
    for (collection, rows) in &losses.unkept {
        add(
            "legacy_documents",
            collection,
            "only their ids are stored: by an anonymised import, or because an account was deleted",
            *rows,
        );
    }
    Ok(all)
}
