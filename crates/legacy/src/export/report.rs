//! The result of an export.

use serde::Serialize;

/// What an export wrote, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The digest of the dump: that of the imported one, if nothing was changed since.
    pub digest: String,
    /// The collections, under their names in the dump.
    pub collections: Vec<Count>,
    /// Data that the old format cannot represent.
    pub not_held: Vec<NotHeld>,
    /// Users whose passwords the old system cannot verify, and who have to set new ones there.
    pub new_passwords: Vec<String>,
}

/// The documents of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Its name in the dump.
    pub name: String,
    /// How many were written.
    pub documents: u64,
    /// How many of them from unchanged imported rows.
    pub unchanged: u64,
    /// From imported rows that were changed here.
    pub changed: u64,
    /// From rows that were written here.
    pub new: u64,
    /// From the ledger: documents without a row.
    pub archived: u64,
}

/// Data that the old format cannot represent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotHeld {
    /// The table.
    pub table: String,
    /// The column, or the table's name again for whole rows.
    pub column: String,
    /// The consequence for users who go back to the old system.
    pub what: String,
    /// The number of rows.
    pub rows: u64,
}

impl Report {
    /// The totals of all collections.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = Count { name: "total".into(), ..Count::default() };
        for count in &self.collections {
            total.documents += count.documents;
            total.unchanged += count.unchanged;
            total.changed += count.changed;
            total.new += count.new;
            total.archived += count.archived;
        }
        total
    }
}
