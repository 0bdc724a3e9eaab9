//! The base of a three-way merge: the last state that both sides agreed on.

use super::returned::Returned;
use super::rows;
use crate::export::filled;
use crate::import::error::ImportError;
use crate::mapping::{Mapper, Mappers};
use meeshy_domain::Timestamp;
use meeshy_store::Tx;
use meeshy_store::legacy::exported::Exported;
use meeshy_store::legacy::{Entry, Outcome};
use std::collections::HashMap;

/// The input for changes of a collection.
pub(super) struct ChangeContext<'a> {
    /// The collection.
    pub(super) collection: &'a str,
    pub(super) mappers: &'a Mappers,
    /// The exports that the dump descends from.
    pub(super) returned: Option<&'a Returned>,
    pub(super) now: Timestamp,
}

impl ChangeContext<'_> {
    /// What the newest of these exports wrote for some documents.
    pub(super) fn exported(
        &self,
        tx: &mut Tx<'_>,
        collection: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, Exported>, ImportError> {
        self.returned.map_or_else(|| Ok(HashMap::new()), |returned| returned.of(tx, collection, ids))
    }
}

/// The last state that both sides agreed on.
pub(super) struct Base<'a> {
    /// The digest of the document.
    pub(super) document: &'a [u8],
    /// The digest of the row, if it was imported.
    pub(super) row: Option<&'a [u8]>,
    /// The digests of its columns.
    pub(super) columns: Option<&'a [u8]>,
    /// The row may have no id yet, because an export wrote it.
    pub(super) is_returned: bool,
}

impl<'a> Base<'a> {
    /// The state that an export wrote, or else that of the last import.
    pub(super) fn of(prior: Option<&'a Entry>, returned: Option<&'a Exported>) -> Option<Self> {
        if let Some(Exported { digest, column_digests, .. }) = returned {
            return Some(Self {
                document: digest,
                row: None,
                columns: Some(column_digests),
                is_returned: true,
            });
        }
        let Entry { digest, row_digest, column_digests, outcome, .. } = prior?;
        let (row, columns) = (row_digest.as_deref(), column_digests.as_deref());
        // A rejected document has a row only if an export wrote it.
        Some(Self { document: digest, row, columns, is_returned: *outcome != Outcome::Inserted })
    }

    /// Whether a row is unchanged since that state.
    pub(super) fn is_unchanged_row(
        &self,
        tx: &mut Tx<'_>,
        collection: &str,
        mapper: &Mapper,
        id: &str,
    ) -> Result<bool, ImportError> {
        let filled = if self.is_returned { filled(collection, mapper.mapping.table) } else { &[] };
        let here = rows::find(tx, mapper, filled, &["id"], &[id.into()])?;
        Ok(here.is_some_and(|here| rows::is_unchanged(&here, self.row, self.columns)))
    }
}
