//! Documents with the same unique key: one of each group is accepted, the others are merged into it.

use super::candidate::{Candidate, LedgerOnly};
use super::groups::{self, Deferred, Group};
use super::reader::Reader;
use crate::import::duplicates::Duplicates;
use crate::import::error::ImportError;
use bson::RawDocument;
use meeshy_store::legacy::Outcome;

impl Reader<'_> {
    /// Merges what was deferred.
    pub(super) fn merge_deferred(&mut self) -> Result<(), ImportError> {
        let deferred = std::mem::take(&mut self.deferred);
        for Group { kept, merged } in groups::merge(deferred) {
            for other in merged {
                let is_shared = other.draft.id == kept.draft.id && other.collection == kept.collection;
                let note = format!("into {} {}", kept.collection, kept.draft.id);
                let kept = Some((kept.collection.to_owned(), kept.draft.id.clone()));
                let Deferred { name, raw, digest, draft, position, .. } = &other;
                let (id, digest, position) = (draft.id.clone(), digest.clone(), *position);
                let document = LedgerOnly { id, is_shared, name, raw, digest, note, position, kept };
                self.keep(Outcome::Merged, document);
                self.output.flush(other.collection)?;
            }
            let Deferred { collection, name, draft, raw, digest, position } = kept;
            let raw = RawDocument::from_bytes(&raw)
                .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
            let duplicates = &Duplicates::default();
            let candidate = Candidate { name: &name, raw, digest, position, duplicates, copy_id: None };
            self.accept(collection, draft, &candidate)?;
            self.output.flush(collection)?;
        }
        Ok(())
    }
}
