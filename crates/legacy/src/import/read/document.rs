//! The outcome of one document: a row, the archive, or rejection.

use super::candidate::Candidate;
use super::groups::{Deferred, merge_key_of};
use super::reader::Reader;
use crate::dump::Document;
use crate::import::duplicates::Duplicates;
use crate::import::error::ImportError;
use crate::mapping::{Destination, Draft, Shape, Source};
use meeshy_store::legacy::Outcome;

impl Reader<'_> {
    /// Reads a document of a known collection.
    pub(super) fn document(
        &mut self,
        source: &'static Source,
        name: &str,
        document: &Document,
        duplicates: &Duplicates,
    ) -> Result<(), ImportError> {
        let mut candidate = Candidate::new(name, document, duplicates);
        if !self.admit(source.collection, &mut candidate, document.bad_text) {
            return Ok(());
        }
        let mappers = self.input.mappers;
        let Some(mapper) = mappers.of_document(source, candidate.raw) else {
            let reason = match &source.shape {
                Shape::Archive(reason) => reason,
                _ => "has an unknown structure",
            };
            self.keep(Outcome::Archived, candidate.ledger_only(reason.to_string()));
            return Ok(());
        };
        match mapper.map(candidate.raw, &self.ids) {
            Err(rejection) => self.reject(&candidate, &rejection),
            Ok((draft, _)) if candidate.copy_id.is_some() => {
                let conflict = self.unique_values.conflict(&draft).map(|conflict| conflict.to_string());
                let note = conflict.unwrap_or_else(|| "another document with this id was accepted".into());
                self.keep(Outcome::Rejected, candidate.ledger_only(note));
            }
            Ok((_, Destination::Archive(reason))) => {
                self.keep(Outcome::Archived, candidate.ledger_only(reason.into()));
            }
            Ok((draft, Destination::Row)) if self.may_be_merged(&draft, duplicates) => {
                let (collection, name) = (source.collection, name.to_owned());
                let (raw, digest, position) =
                    (candidate.raw.as_bytes().to_vec(), candidate.digest, candidate.position);
                self.deferred.push(Deferred { collection, name, draft, raw, digest, position });
            }
            Ok((draft, Destination::Row)) => self.accept(source.collection, draft, &candidate)?,
        }
        Ok(())
    }

    /// Whether another document of the dump may have the same unique key.
    fn may_be_merged(&self, draft: &Draft<'_>, duplicates: &Duplicates) -> bool {
        let mapping = draft.mapper.mapping;
        duplicates.has_id(&draft.id)
            || merge_key_of(draft).is_some_and(|key| duplicates.has_merge_key(&key))
            || (mapping.spans_collections && self.shared_tables.contains(mapping.table))
    }

    /// Reads a document of an unknown collection.
    pub(super) fn unknown_document(&mut self, name: &str, document: &Document, duplicates: &Duplicates) {
        let mut candidate = Candidate::new(name, document, duplicates);
        if self.admit(name, &mut candidate, document.bad_text) {
            let note = "unknown collection".into();
            self.keep(Outcome::Archived, candidate.ledger_only(note));
        }
    }
}
