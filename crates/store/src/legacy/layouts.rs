//! How documents of the old system were laid out: under which name, with which fields in which order.

use crate::record::record;
use crate::{StoreError, Tx};

record! {
    /// A layout.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Layout in legacy_layouts {
        /// Its number.
        pub number: i64,
        /// The name that the collection had in the dump.
        pub name: String,
        /// The fields in their order, as a JSON array.
        pub fields: String,
    }
}

/// Every layout.
///
/// # Errors
/// As the database says.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Layout>, StoreError> {
    tx.fetch_all(&format!("SELECT {} FROM legacy_layouts ORDER BY number", Layout::columns()), &[])
}

/// Removes the layouts of a collection that no document has.
///
/// # Errors
/// As the database says.
pub fn remove_unused(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM legacy_layouts WHERE name = $1 AND number NOT IN \
           (SELECT layout FROM legacy_documents WHERE layout IS NOT NULL)",
        &[name.into()],
    )?;
    Ok(())
}

/// Adds a layout.
///
/// # Errors
/// As the database says.
pub fn insert(tx: &mut Tx<'_>, layout: &Layout) -> Result<(), StoreError> {
    tx.insert(layout)
}
