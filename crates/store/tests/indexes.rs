//! The six indexes that were measured in the old system exist and are used, on both databases.

use meeshy_store::{Ending, Exclusive, Location, StoreError};
use meeshy_testkit::Database;

/// A query of the program, and the index that serves it.
const MEASURED: [(&str, &str); 6] = [
    ("SELECT conversation_id FROM members WHERE user_id = 'u' AND is_active = TRUE", "members_active"),
    (
        "SELECT id FROM messages WHERE conversation_id = 'c' AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 20",
        "messages_live",
    ),
    (
        "SELECT id FROM conversations WHERE is_active = TRUE ORDER BY last_message_at DESC LIMIT 20",
        "conversations_active",
    ),
    (
        "SELECT read_sequence FROM read_cursors WHERE user_id = 'u' AND conversation_id = 'c'",
        "read_cursors_user",
    ),
    (
        "SELECT id FROM conversation_preferences WHERE user_id = 'u' AND conversation_id = 'c'",
        "conversation_preferences",
    ),
    (
        "SELECT id FROM conversations WHERE kind = 'group' AND is_active = TRUE ORDER BY last_message_at DESC LIMIT 20",
        "conversations_kind",
    ),
];

#[test]
fn the_measured_queries_use_their_indexes() {
    for (kind, database) in Database::both() {
        let mut alone = Exclusive::open(database.location()).unwrap();
        let (explain, column) = match database.location() {
            Location::Folder(_) => ("EXPLAIN QUERY PLAN", "detail"),
            Location::Postgres { .. } => ("EXPLAIN", "QUERY PLAN"),
        };
        let plans = alone.transaction::<_, StoreError>(|tx| {
            if column == "QUERY PLAN" {
                // The tables are empty, and scanning them would be cheaper than any index.
                tx.execute("SET LOCAL enable_seqscan = off", &[])?;
                tx.execute("SET LOCAL enable_sort = off", &[])?;
            }
            let plan = |(sql, _): &(&str, &str)| {
                let lines: Vec<String> =
                    tx.query(&format!("{explain} {sql}"), &[], |row| row.take(column))?;
                Ok::<_, StoreError>(lines.join("\n"))
            };
            Ok((MEASURED.iter().map(plan).collect::<Result<Vec<_>, _>>()?, Ending::Undo))
        });
        for ((sql, index), plan) in MEASURED.iter().zip(plans.unwrap()) {
            assert!(plan.contains(index), "{kind}: {sql}\n{plan}");
        }
    }
}
