//! The layouts of the old system's documents: their collection, their fields and the order of these.

use crate::engine::record::record;
use crate::{StoreError, Tx};

record! {
    /// A layout.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Layout in legacy_layouts {
        /// Its number.
        pub number: i64,
        /// The name of the collection in the dump.
        pub name: String,
        /// The fields in order, as a JSON array.
        pub fields: String,
    }
}

/// Every layout.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Layout>, StoreError> {
    tx.fetch_all(&format!("SELECT {} FROM legacy_layouts ORDER BY number", Layout::columns()), &[])
}

/// Removes the layouts of a collection that no document has.
pub fn remove_unused(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM legacy_layouts WHERE name = $1 AND number NOT IN \
           (SELECT layout FROM legacy_documents WHERE layout IS NOT NULL)",
        &[name.into()],
    )?;
    Ok(())
}

/// Adds a layout.
pub fn insert(tx: &mut Tx<'_>, layout: &Layout) -> Result<(), StoreError> {
    tx.insert(layout)
}
