//! Which set of data a database holds.

use crate::{StoreError, Tx};

/// The id of this set of data; `fresh` becomes it where it has none.
///
/// # Errors
/// As the database says.
pub fn id(tx: &mut Tx<'_>, fresh: &str) -> Result<String, StoreError> {
    tx.execute(
        "INSERT INTO data_set (only_one, id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING",
        &[fresh.into()],
    )?;
    tx.fetch_one("SELECT id FROM data_set WHERE only_one = 1", &[])
}
