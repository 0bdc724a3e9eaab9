//! The key that signs tokens if none is configured.

use crate::{StoreError, Tx};
use meeshy_domain::Secret;

/// The key of this database. Stores `fresh` if there is none yet.
pub fn find_or_keep(tx: &mut Tx<'_>, fresh: &Secret) -> Result<Secret, StoreError> {
    tx.execute(
        "INSERT INTO signing_key (only_one, secret) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING",
        &[fresh.into()],
    )?;
    tx.fetch_one("SELECT secret FROM signing_key WHERE only_one = 1", &[])
}
