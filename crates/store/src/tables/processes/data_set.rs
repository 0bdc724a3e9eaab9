//! The id of the data in a database.

use crate::{StoreError, Tx};

/// The id of this data. Stores `fresh` if there is none yet.
pub fn id(tx: &mut Tx<'_>, fresh: &str) -> Result<String, StoreError> {
    tx.execute(
        "INSERT INTO data_set (only_one, id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING",
        &[fresh.into()],
    )?;
    tx.fetch_one("SELECT id FROM data_set WHERE only_one = 1", &[])
}
