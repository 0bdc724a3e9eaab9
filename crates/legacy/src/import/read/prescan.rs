//! Collections that are read ahead because other documents depend on them.

use super::groups::merge_key_of;
use super::reader::Reader;
use super::unique_values::UniqueValues;
use crate::dump::{Collection, Document};
use crate::import::duplicates::Duplicates;
use crate::import::error::ImportError;
use crate::import::ids::{has_id, id_of};
use crate::mapping::{Destination, Draft, Source, attachments};
use bson::RawDocument;

impl Reader<'_> {
    /// Reads what later documents say about earlier ones.
    pub(super) fn prescan(&mut self) -> Result<(), ImportError> {
        let dump = self.input.dump;
        if let Some(copies) = dump.collection("MessageAttachment_backup_urls") {
            for document in copies.read()? {
                if let Some((id, addresses)) = attachments::addresses(&document?.raw) {
                    self.ids.add_addresses(id, addresses);
                }
            }
        }
        if let Some(stats) = dump.collection("UserStats") {
            for document in stats.read()? {
                let raw = document?.raw;
                if let (Ok(user), Ok(active)) =
                    (raw.get_object_id("userId"), raw.get_datetime("lastActiveAt"))
                {
                    self.ids.add_active(user, active.timestamp_millis());
                }
            }
        }
        Ok(())
    }

    /// Reads a collection ahead if documents may occur twice, have the same unique key or refer to each
    /// other. `source` is its declaration.
    pub(super) fn find_duplicates(
        &mut self,
        source: Option<&'static Source>,
        collections: &[&Collection],
    ) -> Result<Duplicates, ImportError> {
        let has_several_names = collections.len() > 1;
        let mut duplicates = Duplicates::of(has_several_names);
        let mappings = source.map_or(&[][..], |source| source.shape.mappings());
        let refers_to_itself = mappings.iter().any(|mapping| mapping.self_reference.is_some());
        let may_be_merged = mappings.iter().any(|mapping| !mapping.merge_key.is_empty());
        let is_in_order = collections.iter().all(|collection| collection.is_in_order());
        if !(refers_to_itself || may_be_merged || has_several_names) && is_in_order {
            return Ok(duplicates);
        }
        let mut unique_values = UniqueValues::default();
        for collection in collections {
            duplicates.begin_name(collection.name());
            let may_have_copies = has_several_names || !collection.is_in_order();
            for document in collection.read()? {
                let Document { raw, position, bad_text, .. } = document?;
                let id = id_of(&raw, position);
                if may_have_copies && !duplicates.note_id(&id) {
                    continue;
                }
                let mut preview =
                    if bad_text.is_none() { self.preview(source, &raw) } else { Preview::Rejected };
                if let Preview::Row(draft) = &preview
                    && may_have_copies
                    && !unique_values.would_claim(draft)
                {
                    preview = Preview::Rejected;
                }
                if may_have_copies {
                    duplicates.note_outcome(&id, !matches!(preview, Preview::Rejected));
                }
                match preview {
                    Preview::Row(draft) => {
                        if let Some(key) = merge_key_of(&draft) {
                            duplicates.note_merge_key(&key);
                        }
                        if refers_to_itself {
                            self.remember(&draft);
                        }
                    }
                    Preview::Archived => {}
                    Preview::Rejected if refers_to_itself => self.note_rejected(&id),
                    Preview::Rejected => {}
                }
            }
        }
        duplicates.finish();
        if let Some(source) = source.filter(|_| refers_to_itself) {
            self.remember_retained_rows(source)?;
        }
        Ok(duplicates)
    }
}

/// The expected outcome of a document.
enum Preview<'d> {
    Row(Draft<'d>),
    Archived,
    Rejected,
}

impl<'d> Reader<'d> {
    fn preview(&self, source: Option<&'static Source>, raw: &RawDocument) -> Preview<'d> {
        if !has_id(raw) {
            return Preview::Rejected;
        }
        let mappers = self.input.mappers;
        let Some(mapper) = source.and_then(|source| mappers.of_document(source, raw)) else {
            return Preview::Archived;
        };
        match mapper.map(raw, &self.ids) {
            Ok((draft, Destination::Row)) => Preview::Row(draft),
            Ok((_, Destination::Archive(_))) => Preview::Archived,
            Err(_) => Preview::Rejected,
        }
    }
}
